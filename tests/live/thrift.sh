#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# A Thrift server with clients in Python and Perl, plain, framed and with headers, binary and compact,
# several services on a connection: what each says that it did is what the recording shows at both ends. Prints TAP.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"

needs thrift perl tcpdump ss
python_needs thrift
perl -MThrift::BinaryProtocol -MClass::Accessor -e 1 2>/dev/null ||
	skip_all "libthrift-perl, libbit-vector-perl or libclass-accessor-perl is not installed (tools/install-deps --test)"

port=9090
mkdir "$work/gen"
check "the code is made" thrift -out "$work/gen" --gen py --gen perl tests/live/clients/shop.thrift
export PYTHONPATH=$work/gen
python_variants="plain,binary framed,binary plain,compact framed,compact framed,compact,multiplexed"
python_variants="$python_variants headers,binary headers,compact headers,binary,zlib"
perl_variants="plain,binary framed,binary"
# shellcheck disable=SC2086 # words
"$python" tests/live/clients/thrift_server.py $port $python_variants $perl_variants \
	>"$work/server" 2>&1 &
server=$!
wait_for 20 listening $port || not_ok "it starts" "$(cat "$work/server")"

record_begin
# shellcheck disable=SC2086 # words
check "Python" timeout 60 "$python" tests/live/clients/thrift_python.py $port $python_variants
# shellcheck disable=SC2086 # words
check "Perl" timeout 60 perl -I"$work/gen" tests/live/clients/thrift_perl.pl $port $perl_variants
record_end $port
kill $server 2>/dev/null
wait $server
judge Thrift $port thrift
exports_are_read thrift

finish
