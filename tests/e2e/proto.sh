#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# gRPC's messages with their names: --proto with a .proto, with a descriptor set, and what is said where it can't help.
# The messages are protoc's own.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

have jq || skip_all "jq is not installed"
have protoc || skip_all "protoc is not installed (protobuf-compiler; tools/install-deps --test)"

mkdir -p "$work/api/shop" "$work/api/google/rpc"
cat >"$work/api/shop/types.proto" <<'END'
syntax = "proto3";
package shop.v1;
enum State { UNKNOWN = 0; OPEN = 1; }
message Money { string currency = 1; sint64 units = 2; }
END
cat >"$work/api/shop/orders.proto" <<'END'
syntax = "proto3";
package shop.v1;
import "shop/types.proto";
message Order {
	int64 id = 1;
	string customer_name = 2;
	repeated int32 sizes = 3;
	map<string, Money> prices = 4;
	bytes body = 5;
	oneof how { string card = 6; bool cash = 7; }
	Order parent = 8;
	float share = 9;
}
message Reply { int64 id = 1; State state = 2; }
service Orders {
	rpc Get(Order) returns (Reply);
	rpc Fail(Order) returns (Reply);
}
END
cat >"$work/api/google/rpc/status.proto" <<'END'
syntax = "proto3";
package google.rpc;
import "google/protobuf/any.proto";
message Status { int32 code = 1; string message = 2; repeated google.protobuf.Any details = 3; }
END

encode() { protoc -I"$work/api" --encode="$1" "$2" >"$3"; }
encode shop.v1.Order shop/orders.proto "$work/order" <<'END'
id: -5 customer_name: "b\303\251" sizes: [1, 300] prices { key: "net" value { currency: "EUR" units: -3 } }
body: "\000\377" cash: true parent { id: 7 } share: 0.1
END
echo 'id: 9 state: OPEN' | encode shop.v1.Reply shop/orders.proto "$work/reply"
encode google.rpc.Status google/rpc/status.proto "$work/status" <<'END'
code: 5 message: "no such order" details { type_url: "type.googleapis.com/shop.v1.Reply" value: "\010\003" }
END
python3 tests/e2e/grpc_capture.py "$work/x.pcap" /shop.v1.Orders/Get "$work/order" "$work/reply" - \
	/shop.v1.Orders/Fail "$work/reply" - "$work/status" /other.Service/Get "$work/reply" "$work/reply" -
"$socktape" import -q "$work/x.pcap" -o "$work/rec" || not_ok "import"
protoc -I"$work/api" --include_imports --descriptor_set_out="$work/shop.pb" shop/orders.proto google/rpc/status.proto

order='{"id":-5,"customer_name":"bé","sizes":[1,300],"prices":{"net":{"currency":"EUR","units":-3}},"body":"AP8=",'
order+='"cash":true,"parent":{"id":7},"share":0.1}'
is "without it: by number" "$("$socktape" show "$work/rec" grpc --json | head -1 | jq -c .responses)" '[{"1":9,"2":1}]'
is "a .proto, and what it imports" \
	"$("$socktape" show "$work/rec" grpc --json --proto "$work/api/shop/orders.proto" | head -1 | jq -c '.requests, .responses')" \
	"[$order]
[{\"id\":9,\"state\":\"OPEN\"}]"
is "one that is below the current folder" \
	"$(cd "$work" && "$socktape" show rec grpc --json --proto api/shop/orders.proto | head -1 | jq -c .requests)" "[$order]"
is "a descriptor set" \
	"$("$socktape" show "$work/rec" grpc --json --proto "$work/shop.pb" | jq -c '[.method, .requests[0].id, .responses[0].id]')" \
	'["Get",-5,9]
["Fail",9,null]
["Get",null,null]'
is "what it doesn't declare: by number" \
	"$("$socktape" show "$work/rec" grpc --json --proto "$work/shop.pb" | tail -1 | jq -c .requests)" '[{"1":9,"2":1}]'
is "details of an error, with what Any holds" \
	"$("$socktape" show "$work/rec" grpc --json --proto "$work/shop.pb" | jq -c 'select(.method == "Fail").details')" \
	'{"code":5,"message":"no such order","details":[{"@type":"type.googleapis.com/shop.v1.Reply","id":3}]}'
is "several" \
	"$("$socktape" show "$work/rec" grpc --json --proto "$work/api/google/rpc/status.proto" \
		--proto "$work/api/shop/orders.proto" | jq -c '[.requests[0].customer_name, .details.code]' | head -2)" \
	'["bé",null]
[null,5]'
is "sql" \
	"$("$socktape" sql "$work/rec" --proto "$work/shop.pb" --format csv "SELECT json_extract(requests, '\$[0].customer_name')
		FROM grpc WHERE method = 'Get' AND service = 'shop.v1.Orders'" | tail -1)" "bé"
is "in a case of the corpora" "$(mkdir "$work/case" && cp "$work/x.pcap" "$work/case/capture.pcap" &&
	cp "$work/shop.pb" "$work/case/descriptors.pb" && echo "purpose: x" >"$work/case/case.txt" &&
	"$socktape" test --update "$work/case" >/dev/null && jq -c '.requests[0].id' "$work/case/expect.json" | head -1)" -5

# ---- what it can't do ----

complains() { # complains NAME STATUS PATTERN COMMAND...
	local name=$1 expected=$2 pattern=$3 got
	shift 3
	"$@" >"$work/out" 2>"$work/err"
	got=$?
	if [ $got = "$expected" ] && grep -q -- "$pattern" "$work/err"; then
		ok "$name"
	else
		not_ok "$name" "exit status $got, expected $expected" "$(cat "$work/err")"
	fi
}
complains "no such file" 1 "nothing.proto: " "$socktape" show "$work/rec" --proto "$work/nothing.proto"
complains "a descriptor set that is none" 1 "neither a .proto nor a descriptor set" \
	"$socktape" show "$work/rec" --proto "$work/x.pcap"
echo 'message {' >"$work/wrong.proto"
complains "a .proto that protoc refuses" 1 "protoc could not read it" "$socktape" show "$work/rec" --proto "$work/wrong.proto"
complains "without protoc" 1 "protobuf-compiler" env PATH="$work" "$socktape" show "$work/rec" --proto \
	"$work/api/shop/orders.proto"
printf 'syntax = "proto3";\nmessage M { int32 a = 1; }\n' >"$work/other.proto"
complains "one that nothing is of" 0 "no gRPC call of a method of --proto" \
	"$socktape" show "$work/rec" --proto "$work/other.proto"

finish
