#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# tools/new-protocol, twice in a row in a copy of the project: each protocol compiles, passes its
# test, and is one that the analyzer knows.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

have clang-format || skip_all "there is no clang-format"

copy=$work/copy
mkdir "$copy"
git ls-files -z 2>/dev/null | xargs -0 cp -a --parents -t "$copy" 2>/dev/null
[ -e "$copy/Makefile" ] || skip_all "the project's files are not known without git"
# What is built already need not be built again.
mkdir -p "$copy/build"
cp -a build/obj build/*.a "$copy/build/" 2>/dev/null
cd "$copy" || exit 1

scaffold() {
	check "new-protocol $1" tools/new-protocol "$1"
	check "$1 compiles" make -s SKIP_BPF=1 build/socktape "build/tests/unit/$1_test"
	check "$1 passes its test" "build/tests/unit/$1_test"
}

scaffold first
scaffold second
for name in first second; do
	check "$name is registered" sh -c "build/socktape schema | grep -q '\\b$name\\b'"
done
check "what it wrote is formatted" sh -c \
	'clang-format --dry-run -Werror protocols/first/*.[ch] protocols/second/*.[ch] \
		protocols/registry.c tests/unit/first_test.c tests/fuzz/second_fuzz.c'
again=$(tools/new-protocol first 2>&1)
is "a name that is taken is refused" "$? $again" \
	"1 new-protocol: protocols/first is there already"
tools/new-protocol Bad-Name >/dev/null 2>&1
is "a name that is none is refused" $? 1
is "each stands in the registry once" "$(grep -c '&protocol_\(first\|second\),' protocols/registry.c)" 2

finish
