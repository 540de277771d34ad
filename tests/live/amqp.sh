#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# RabbitMQ with pika (Python) and librabbitmq's tools (C): what each says that it did is what the
# recording shows at both ends, methods and messages; Qpid Proton's AMQP 1.0 is known by its name.
# Prints TAP.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"

needs tcpdump ss amqp-publish
python_needs pika proton
[ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] ||
	skip_all "rabbitmq-server is not installed (tools/install-deps --test)"

port=5672
mkdir "$work/rabbit"
echo "[rabbitmq_amqp1_0]." >"$work/rabbit/plugins"
env -i PATH="$PATH" HOME="$work/rabbit" LANG=C.UTF-8 SOCKTAPE_TEST_SCRIPT="$work" \
	RABBITMQ_NODENAME=rabbit@localhost RABBITMQ_NODE_PORT=$port RABBITMQ_DIST_PORT=25672 \
	ERL_EPMD_PORT=4369 RABBITMQ_MNESIA_BASE="$work/rabbit" RABBITMQ_LOG_BASE="$work/rabbit" \
	RABBITMQ_PID_FILE="$work/rabbit/pid" RABBITMQ_NODE_IP_ADDRESS=127.0.0.1 \
	RABBITMQ_ENABLED_PLUGINS_FILE="$work/rabbit/plugins" RABBITMQ_CONFIG_FILE="$work/rabbit/none" \
	/usr/lib/rabbitmq/bin/rabbitmq-server >"$work/server" 2>&1 &
wait_for 60 listening $port || not_ok "it starts" "$(tail -20 "$work/server")"

# Clients write what they know of methods to $ledger, of messages and of AMQP 1.0 here.
export messages=$work/messages named=$work/named

record_begin
for client in pika tools proton; do
	check "$client" "$python" "tests/live/clients/amqp_$client.py" $port
done
record_end $port
judge "RabbitMQ, methods" $port amqp
mv "$messages" "$ledger"
judge "RabbitMQ, messages" $port amqp_messages
mv "$named" "$ledger"
judge "RabbitMQ, AMQP 1.0" $port amqp1
exports_are_read amqp

# A connection that is there before.
"$python" tests/live/clients/amqp_attached.py $port "$work/ready" "$work/go" >"$work/attached" 2>&1 &
attached=$!
wait_for 30 test -e "$work/ready" || not_ok "a client is there" "$(cat "$work/attached")"
rm -rf "$work/rec" "$ledger"
record_begin
touch "$work/go"
wait $attached
is "a client goes on" $? 0
record_end $port
mv "$messages" "$ledger"
judge "RabbitMQ, messages of a connection from before" $port amqp_messages

finish
