#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Completion of the command line, asked of the shells themselves; and what make install installs.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

export PATH=$PWD/build:$PATH
programs=(socktape)
[ -x "$recorder" ] && programs+=(socktape-record)
print() { # print PROGRAM SHELL
	if [ "$1" = socktape ]; then "$socktape" completion "$2"; else "$recorder" --completion "$2"; fi
}
for shell in bash zsh fish; do
	mkdir -p "$work/$shell"
	for program in "${programs[@]}"; do print "$program" $shell >"$work/$shell/_$program"; done
done
is "a shell that there isn't" "$("$socktape" completion csh 2>&1; echo $?)" \
	"socktape completion: wants a shell: bash, zsh or fish
1"

# ---- bash ----

# The words that bash offers for the last of WORDS.
bash_words() { # bash_words FUNCTION WORDS...
	bash --norc -c '
		compopt() { :; }
		for file in "$1"/*; do . "$file"; done
		shift
		function=$1
		shift
		COMP_WORDS=("$@")
		COMP_CWORD=$(($# - 1))
		"$function"
		printf "%s\n" "${COMPREPLY[@]}"' bash "$work/bash" "$@" | sort | tr '\n' ' '
}
if have shellcheck; then
	check "bash: the scripts are well made" shellcheck -s bash "$work/bash"/*
fi
is "bash: commands" "$(bash_words _socktape socktape fo)" "follow "
is "bash: options" "$(bash_words _socktape socktape show rec --li)" "--limit "
is "bash: an option's words" "$(bash_words _socktape socktape conns rec --format '')" "csv json text "
is "bash: by its letter, too" "$(bash_words _socktape socktape conns rec -f j)" "json "
is "bash: protocols" "$(bash_words _socktape socktape show rec --protocol red)" "redis "
is "bash: all options of each command" "$(for command in info conns events show follow grep sql why schema export import test; do
	diff <(bash_words _socktape socktape $command rec -- | tr ' ' '\n' | sort) \
		<("$socktape" $command --help | grep -oE '^ +(-[a-zA-Z], )? *--[a-z-]+' | grep -oE -- '--[a-z-]+' | sort) |
		grep '^>'
done)" ""
is "bash: files" "$(cd "$work" && touch some-file && bash_words _socktape socktape info some-)" "some-file "

# ---- fish ----

if have fish; then
	fish_words() { HOME=$work fish --private -c "for f in $work/fish/*; source \$f; end; complete -C '$1'" | cut -f1 | sort | tr '\n' ' '; }
	is "fish: commands" "$(fish_words 'socktape fo')" "follow "
	is "fish: options" "$(fish_words 'socktape show rec --li')" "--limit "
	is "fish: an option's words" "$(fish_words 'socktape conns rec --format ')" "csv json text "
else
	skip "fish" "it is not installed"
fi

# ---- zsh ----

# What zsh shows after a tab behind a line.
zsh_shows() {
	# shellcheck disable=SC2016 # zsh expands
	HOME=$work ZDOTDIR=$work TERM=dumb timeout 60 zsh -f -c '
		zmodload zsh/zpty
		zpty z zsh -f -i
		zpty -w z "PS1=; stty -echo; fpath=($1 \$fpath); autoload -Uz compinit && compinit -u -D; LISTMAX=1000; echo READY"
		zpty -r -m z line "*READY*READY*" || zpty -r -m z line "*READY*"
		zpty -n -w z "$2"$'"'\t\t'"'
		for i in {1..100}; do
			zpty -r -t z line && print -rn -- "$line"
			sleep 0.05
		done
		zpty -d z' zsh "$work/zsh" "$1" 2>/dev/null
}
if have zsh; then
	for program in "${programs[@]}"; do
		check "zsh: $program's script is one" zsh -n "$work/zsh/_$program"
	done
	check "zsh: commands" grep -q "schema.*every table and column" <(zsh_shows 'socktape s')
	check "zsh: an option's words" grep -q "csv.*json.*text" <(zsh_shows 'socktape conns rec --format ' | tr '\r\n' '  ')
else
	skip "zsh" "it is not installed"
fi

if [ -x "$recorder" ]; then
	is "bash: the recorder's options" "$(bash_words _socktape_record socktape-record --b)" "--background --backlog --buffer "
	is "bash: the recorder's words" "$(bash_words _socktape_record socktape-record --completion z)" "zsh "
fi

# ---- install ----

check "make install" make -s install DESTDIR="$work/install" PREFIX=/usr
for file in bash-completion/completions/socktape zsh/site-functions/_socktape fish/vendor_completions.d/socktape.fish; do
	check "$file is installed" test -s "$work/install/usr/share/$file"
done
if [ -x "$recorder" ]; then
	unit=$work/install/usr/lib/systemd/system/socktape-record@.service
	check "a unit is installed, which starts the installed program" grep -q "exec /usr/sbin/socktape-record -q" "$unit"
	if have systemd-analyze; then
		check "systemd understands it" bash -c "! systemd-analyze verify --man=no '$unit' 2>&1 | grep -v 'is not executable' | grep -q socktape-record@"
	fi
fi
finish
