#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Runs each recipe of docs/for-programs.md: it works, prints JSON that says something, and nothing that
# the page doesn't promise. And holds the schema against what the commands print.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

rec=$PWD/corpora/http/live-demo
top=$PWD
page=docs/for-programs.md
cp -r "$rec" "$work/REC2"
cd "$work" || exit 1
ln -s "$rec" REC
# shellcheck disable=SC2317 # the recipes call it
socktape() { "$socktape" "$@"; }

# Recipes that find nothing in this recording: there was nothing of the kind.
is_quiet() { case $1 in *'socktape diff'*|*repeats*|*"'failed', 'reset'"*|*what_was_lost*|*'FROM kafka_'*) return 0 ;; esac; return 1; }

count=0
while IFS= read -r recipe; do
	count=$((count + 1))
	eval "$recipe" >out 2>err </dev/null
	status=$?
	name=${recipe:0:90}
	if [ $status -ne 0 ]; then
		not_ok "$name" "exit status $status" "$(cat err)"
	elif [[ $recipe == *--json* ]] && ! jq -e . <out >/dev/null 2>&1 && ! { is_quiet "$recipe" && [ ! -s out ]; }; then
		not_ok "$name" "no JSON" "$(head -3 out)" "$(cat err)"
	elif [[ $recipe == *" -o "* ]] && [ ! -s "$(grep -oP ' -o \K[^ ]+' <<<"$recipe")" ]; then
		not_ok "$name" "it wrote nothing"
	else
		ok "$name"
	fi
done < <(sed -n 's/^    \(socktape .*\)/\1/p' "$top/$page")
is "there are recipes" "$((count >= 15))" 1

is "the recipe in Python" "$(sed -n '/^    import sqlite3/,$p' "$top/$page" | sed 's/^    //' | sed "s|\"libsocktape\"|\"$top/build/libsocktape\"|" |
	/usr/bin/python3 - | grep -c "('GET /', 4)")" 1

# ---- what the page promises ----

socktape show REC --columns nothing >out 2>err
is "wrong usage is 1, a line that begins with the command, and nothing else" "$? $(wc -c <out) $(grep -c '^socktape show: ' err) $(wc -l <err)" "1 0 1 1"
cp -rL REC damaged && truncate -s -20 damaged/*.tape.zst
socktape show damaged --json >out 2>err
is "damage is 2, with all that could be read" "$? $(jq -s length out)" "2 76"
socktape show REC --json --pid 4711 >out 2>err
is "nothing found is 0, and is told" "$? $(wc -c <out) $(wc -l <err)" "0 0 1"

# ---- the schema ----

schema() { socktape schema "$@" --json; }
is "every column has a type and a meaning" "$(schema | jq -c 'select((.type | length) == 0 or (.meaning | length) == 0)')" ""
for table in http redis dns; do
	is "$table: the schema is what show prints" \
		"$( (schema records; schema $table) | jq -r .column | grep -v '^shape$' | sort)" \
		"$(socktape show REC $table --json --limit 1 | jq -r 'del(.time) | keys[]' | sort)"
done
is "every table that SQL has is in it" \
	"$(socktape sql REC --json "SELECT name FROM pragma_module_list" | jq -r .name | grep -vE '^(json|pragma|fts|rtree|dbstat|sqlite|bytecode|tables_used|geopoly|generate)' | sort -u)" \
	"$(schema | jq -r .table | sort -u)"

cd "$top" || exit 1
finish
