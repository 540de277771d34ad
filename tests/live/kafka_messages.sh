#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Every request and response of Kafka in every version, as two releases of its Java client encode them,
# is read as they say. Prints TAP. The clients are downloads: only with LIVE_ALL=1 (tools/check --all).
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
. tests/live/clients/kafka.bash

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
kafka_fetch
failed=0
for release in 3.9.1 4.1.1; do
	classes="$kafka/clients-$release/kafka-clients-$release.jar:$kafka/jars/*"
	mkdir "$work/$release"
	java -cp "$classes" tests/live/clients/KafkaMessages.java >"$work/lines" 2>"$work/error" ||
		sed 's/^/# /' "$work/error" | head -5
	python3 tests/live/clients/kafka_messages.py build/socktape "$work/$release" "Kafka $release" \
		<"$work/lines" || failed=1
done
exit $failed
