/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the recorder takes for records of TLS, which secrets it writes, and how long those wait
 * whose connection isn't known: heads with each byte changed, bodies of every length in pieces.
 * Held by tests/unit/record_tls_wire_sweep.txt as in record_sweep_test.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "record/tls_due.h"
#include "record/tls_secret.h"
#include "record/tls_wire.h"
#include "tests/unit/fnv.h"
#include "tests/unit/held.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define SECOND	 INT64_C(1000000000)

/* ---- records ---- */

static void hold_heads(struct buffer *out)
{
	static const char good[] = {22, 3, 1, 0, 59, 1, 0, 0, 55, 3, 3, 7};

	for (size_t len = 0; len <= sizeof(good); len++)
		for (size_t at = 0; at < sizeof(good); at++) {
			char bytes[sizeof(good)];
			uint64_t hash = FNV_BEGIN;

			memcpy(bytes, good, sizeof(good));
			for (int value = 0; value < 256; value++) {
				bool is;

				bytes[at] = (char)value;
				is = tls_is_hello(bytes, len);
				hash = fnv_bytes(hash, span_of(&is, sizeof(is)));
			}
			buffer_printf(out, "%016" PRIx64 "%c", hash, at % 6 == 5 ? '\n' : ' ');
		}
	for (uint64_t added = 0; added < 70; added++)
		buffer_printf(out, "%d", tls_added_known(added));
	buffer_append_text(out, "\n");
}

static uint64_t add_stream(uint64_t hash, const struct tls_stream *s)
{
	const uint64_t all[] = {s->at,	       s->body,		s->header_len, s->type,	  s->synced,
				s->data_bytes, s->data_records, s->data_len,   s->tag_len};

	hash = fnv_bytes(hash, span_of(all, sizeof(all)));
	return fnv_bytes(hash, span_of(s->tag, sizeof(s->tag)));
}

/* One after the other: a header, and bodies of these lengths, in pieces of PIECE, some missing. */
static uint64_t follow_stream(const char *bytes, size_t len, size_t piece, size_t missing)
{
	uint64_t hash = FNV_BEGIN;
	struct tls_stream s;

	tls_stream_begin(&s, 1000);
	for (size_t at = 0, i = 0; at < len; i++) {
		size_t n = len - at < piece ? len - at : piece, taken = 0;
		bool body = false;

		if (missing && i % missing == missing - 1)
			tls_stream_skip(&s, n);
		else
			taken = tls_stream_next(&s, bytes + at, n, &body);
		hash = add_stream(hash, &s) * 31 + taken * 2 + body;
		at += taken ? taken : n;
	}
	tls_stream_skip(&s, 0);
	return add_stream(hash, &s);
}

static void hold_streams(struct buffer *out)
{
	static const size_t lens[] = {0, 1, 15, 16, 17, 18, 40, 18431, 18432, 18433};
	char *bytes = malloc(200000);

	assert_non_null(bytes);
	for (int type = 19; type <= 25; type++)
		for (int version = 0; version < 6; version++) {
			size_t len = 0;

			for (size_t i = 0; i < COUNT(lens); i++) {
				bytes[len++] = (char)(i % 3 ? 23 : type);
				bytes[len++] = (char)(version == 5 && i == 4 ? 2 : 3);
				bytes[len++] = (char)version;
				bytes[len++] = (char)(lens[i] >> 8);
				bytes[len++] = (char)lens[i];
				for (size_t k = 0; k < lens[i]; k++)
					bytes[len++] = (char)(k * 7 + i);
			}
			buffer_printf(out, "%d %d:", type, version);
			for (size_t piece = 1; piece < 24; piece += 3)
				for (size_t missing = 0; missing < 8; missing += 7)
					buffer_printf(out, " %016" PRIx64,
						      follow_stream(bytes, piece < 4 ? 200 : len,
								    piece, missing));
			buffer_printf(out, " %016" PRIx64 "\n", follow_stream(bytes, len, len, 0));
		}
	free(bytes);
}

/* ---- secrets ---- */

static void hold_lines(struct buffer *out)
{
	static const char *const labels[] = {"",
					     "CLIENT_RANDOM",
					     "CLIENT_EARLY_TRAFFIC_SECRET",
					     "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
					     "SERVER_HANDSHAKE_TRAFFIC_SECRET",
					     "CLIENT_TRAFFIC_SECRET_0",
					     "SERVER_TRAFFIC_SECRET_0",
					     "SERVER_RANDOM",
					     "EXPORTER_SECRET",
					     "CLIENT_RANDO",
					     "CLIENT_RANDOM_"};
	static const uint8_t lens[] = {0, 1, 31, 32, 47, 48};

	for (size_t i = 0; i < COUNT(labels) * COUNT(lens) * 3; i++) {
		struct tls_secret s = {.len = lens[i % COUNT(lens)]};
		char line[TLS_SECRET_LINE_MAX] = "nothing";
		size_t kind = i / COUNT(lens) % 3;

		strcpy(s.label, labels[i / COUNT(lens) / 3]);
		for (size_t k = 0; k < sizeof(s.bytes); k++)
			s.bytes[k] = (uint8_t)(0x9a + 37 * k);
		/* All of the random is known, or its last byte, or nothing. */
		memset(s.random, kind == 0 ? 0xf0 : 0, sizeof(s.random));
		s.random[sizeof(s.random) - 1] = kind < 2;
		buffer_printf(out, "%d ", tls_secret_line(&s, line));
		buffer_printf(out, "%s\n", line);
	}
}

static void found(void *context, const struct tls_secret *secret, uint64_t conn)
{
	buffer_printf(context, " %u/%" PRIu64, secret->bytes[0], conn);
}

static void due_event(struct tls_due *due, uint32_t what, uint32_t tid)
{
	const char bytes[] = {(char)(what % 3 ? 23 : 22), 3, 3, 0, 9, 0};
	const struct event event = {
		.type = EVENT_DATA,
		.data = {.conn = what,
			 .tid = tid,
			 .payload = span_of(bytes, what / 3 % 3 + 4),
			 .layer = what / 9 % 4 ? LAYER_WIRE : LAYER_TLS,
			 .direction = what / 36 % 4 ? DIRECTION_SENT : DIRECTION_RECEIVED}};

	tls_due_event(due, &event);
}

/* COUNT secrets of a few threads, then what tells of them, in all ways. */
static void hold_due(struct buffer *out)
{
	static const uint32_t counts[] = {0, 1, 7, 511, 512, 513, 600};

	for (size_t i = 0; i < COUNT(counts); i++)
		for (uint32_t what = 0; what<144; what += counts[i]> 7 ? 29 : 1) {
			struct tls_due *due = tls_due_new(found, out);

			assert_non_null(due);
			buffer_printf(out, "%u %u:", counts[i], what);
			for (uint32_t k = 0; k < counts[i]; k++) {
				const struct tls_secret s = {
					.ts = SECOND + k / 2, .tid = k % 5, .bytes = {(uint8_t)k}};

				tls_due_add(due, &s);
			}
			due_event(due, what, 1);
			buffer_append_text(out, " |");
			for (int64_t later = -1; later < 3; later++) {
				tls_due_turn(due, 2 * SECOND + later);
				buffer_append_text(out, " |");
			}
			due_event(due, 37, 2);
			tls_due_turn(due, INT64_MAX);
			buffer_append_text(out, "\n");
			tls_due_free(due);
		}
}

static const struct held_section sections[] = {
	{"heads", hold_heads},
	{"streams", hold_streams},
	{"lines", hold_lines},
	{"due", hold_due},
};

int main(void)
{
	return held_run("record_tls_wire_sweep", sections, COUNT(sections));
}
