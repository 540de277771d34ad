/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What becomes of events at the borders of what may be written, and of a sink that fails at any
 * moment: held by tests/unit/format_writing_sweep.txt, as tests/unit/held.h says. Nothing of it
 * depends on how well a version of zstd compresses.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdlib.h>

#include "format/codec.h"
#include "tests/unit/event_text.h"
#include "tests/unit/fnv.h"
#include "tests/unit/held.h"
#include "tests/unit/memory_tape.h"
#include "tests/unit/sample_events.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void digest(struct buffer *out, const char *what, uint64_t which, struct buffer *text)
{
	assert_false(text->failed);
	buffer_printf(out, "%s %" PRIu64 " %016" PRIx64 "\n", what, which,
		      fnv_bytes(FNV_BEGIN, buffer_span(text)));
	buffer_clear(text);
}

/* ---- events at their borders ---- */

static void stats_text(struct buffer *text, const struct codec_stats *s)
{
	buffer_printf(text, "%u %u %" PRId64 " %" PRId64 " %" PRId64 " %" PRIu64 " %" PRIu64,
		      s->event_count, s->snapshot_count, s->ts_base, s->ts_min, s->ts_max,
		      s->data_events, s->data_bytes);
	buffer_printf(text, " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %x %" PRId64,
		      s->plaintext.events, s->plaintext.bytes, s->lost_events, s->lost_bytes,
		      s->event_types, s->clock_offset);
	for (size_t i = 0; i < CODEC_CUTS; i++)
		buffer_printf(text, " %" PRIu64, s->cut_bytes[i]);
	for (size_t i = 0; i < CODEC_CAUSES; i++)
		buffer_printf(text, " %" PRIu64 " %" PRIu64, s->lost[i].events, s->lost[i].bytes);
	for (size_t i = 0; i < CODEC_FILTER_WORDS; i++)
		buffer_printf(text, " %" PRIx64 " %" PRIx64, s->conn_filter[i],
			      s->process_filter[i]);
	buffer_append_char(text, '\n');
}

/* A block of some events, as bytes and read again. */
static void try_events(struct buffer *text, const struct event *events, size_t count)
{
	struct encoder e = {0};
	struct decoder d = {0};
	struct event event;

	for (size_t i = 0; i < count; i++)
		buffer_printf(text, "%d ", (int)encoder_event(&e, &events[i]));
	stats_text(text, &e.stats);
	buffer_printf(text, "%zu %016" PRIx64 "\n", e.raw.len,
		      fnv_bytes(FNV_BEGIN, buffer_span(&e.raw)));
	decoder_begin(&d, buffer_span(&e.raw), e.stats.ts_base);
	while (decoder_next(&d, &event)) {
		event_text(text, &event);
		buffer_printf(text, "next %" PRIu64 "\n", decoder_coming(&d));
	}
	decoder_free(&d);
	encoder_free(&e);
}

#define FIELD(sample, member)                                                                      \
	{                                                                                          \
		sample, #member, offsetof(struct event, member),                                   \
			sizeof(((struct event *)NULL)->member)                                     \
	}

/* Numbers of the sample that has such an event. */
static const struct field {
	uint64_t sample;
	const char *name;
	size_t at;
	size_t size;
} fields[] = {
	FIELD(1, ts),
	FIELD(0, clock.realtime),
	FIELD(0, clock.boottime),
	FIELD(0, ts),
	FIELD(2, process.start_ts),
	FIELD(2, process.pid),
	FIELD(3, process_exit.pid),
	FIELD(4, conn.conn),
	FIELD(4, conn.opened_ts),
	FIELD(4, conn.state_ts),
	FIELD(4, conn.established_ts),
	FIELD(4, conn.transport),
	FIELD(4, conn.role),
	FIELD(4, conn.origin),
	FIELD(4, conn.state),
	FIELD(4, conn.state_by),
	FIELD(4, conn.local.family),
	FIELD(5, close.conn),
	FIELD(6, data.conn),
	FIELD(6, data.offset),
	FIELD(6, data.len),
	FIELD(7, data.conn),
	FIELD(7, data.offset),
	FIELD(7, data.len),
	FIELD(7, data.call),
	FIELD(7, data.direction),
	FIELD(7, data.layer),
	FIELD(7, data.cut),
	FIELD(7, data.peer.family),
	FIELD(7, data.begin_ts),
	FIELD(8, loss.conn),
	FIELD(8, loss.bytes),
	FIELD(8, loss.position),
	FIELD(8, loss.since),
	FIELD(8, loss.cause),
	FIELD(8, loss.direction),
	FIELD(8, loss.layer),
	FIELD(9, state.conn),
	FIELD(9, state.state),
	FIELD(9, state.by),
	FIELD(12, tls.conn),
	FIELD(12, tls.tie),
	FIELD(12, tls.pid),
	FIELD(13, library.kind),
	FIELD(13, library.hook),
	FIELD(13, library.pid),
	FIELD(14, secret.conn),
};

static const uint64_t borders[] = {0,
				   1,
				   2,
				   3,
				   4,
				   5,
				   6,
				   7,
				   8,
				   9,
				   10,
				   11,
				   12,
				   13,
				   14,
				   15,
				   16,
				   17,
				   24,
				   32,
				   33,
				   40,
				   63,
				   64,
				   100,
				   255,
				   256,
				   INT64_MAX - 108,
				   INT64_MAX - 107,
				   INT64_MAX - 7,
				   INT64_MAX - 1,
				   INT64_MAX,
				   (uint64_t)INT64_MAX + 1,
				   UINT64_MAX,
				   EVENT_TIME_MAX - 1,
				   EVENT_TIME_MAX,
				   (uint64_t)EVENT_TIME_MAX + 1,
				   1014000,
				   1014001};

static void hold_fields(struct buffer *out)
{
	struct buffer text = {0};

	for (size_t i = 0; i < COUNT(fields); i++) {
		const struct field *f = &fields[i];

		for (size_t b = 0; b < COUNT(borders); b++)
			for (uint64_t round = 0; round < 3; round++) {
				struct event events[2] = {sample_event(5)};
				uint64_t value = borders[b];

				events[1] = sample_event(f->sample + round * SAMPLE_EVENTS);
				/* What doesn't fit is nothing that a caller could say. */
				if (f->size < sizeof(value) && value > 200)
					continue;
				memcpy((char *)&events[1] + f->at, &value, f->size);
				try_events(&text, events, 2);
			}
		digest(out, f->name, f->sample, &text);
	}
	buffer_free(&text);
}

#define STRING(sample, member)                                                                     \
	{                                                                                          \
		sample, #member, offsetof(struct event, member), 0                                 \
	}

static void hold_strings(struct buffer *out)
{
	static const struct field strings[] = {
		STRING(1, host.hostname),    STRING(1, host.kernel),
		STRING(1, host.machine),     STRING(1, host.boot_id),
		STRING(1, host.recorder),    STRING(1, host.options),
		STRING(2, process.name),     STRING(2, process.exe),
		STRING(2, process.cmdline),  STRING(2, process.user),
		STRING(2, process.cgroup),   STRING(2, process.container),
		STRING(4, conn.local_path),  STRING(4, conn.remote_path),
		STRING(13, library.path),    STRING(13, library.build_id),
		STRING(13, library.version), STRING(13, library.note),
		STRING(14, secret.line)};
	static const size_t lens[] = {0, 1, 7, 8, 9, 65534, 65535, 65536, 65537, 131071};
	char *noise = malloc(131071);
	struct buffer text = {0};

	assert_non_null(noise);
	for (size_t i = 0; i < 131071; i++)
		noise[i] = (char)(i * 7 % 251);
	for (size_t i = 0; i < COUNT(strings); i++) {
		for (size_t l = 0; l < COUNT(lens); l++) {
			struct event event = sample_event(strings[i].sample);
			const struct span s = span_of(noise, lens[l]);

			memcpy((char *)&event + strings[i].at, &s, sizeof(s));
			try_events(&text, &event, 1);
		}
		digest(out, strings[i].name, 0, &text);
	}
	free(noise);
	buffer_free(&text);
}

/* Payload and key log lines of the largest size, times that jump, flows that go on or don't. */
static void hold_sequences(struct buffer *out)
{
	static const int64_t jumps[] = {0,
					1,
					-1,
					INT32_MAX - 1ll,
					INT32_MAX,
					INT32_MAX + 1ll,
					INT32_MIN + 1ll,
					INT32_MIN,
					INT32_MIN - 1ll,
					EVENT_TIME_MAX / 2,
					-EVENT_TIME_MAX};
	char *large = calloc(1, CODEC_PAYLOAD_MAX + 1);
	struct buffer text = {0};
	struct event events[3];

	assert_non_null(large);
	for (size_t by = 0; by < 2; by++) {
		events[0] = sample_event(14);
		events[0].secret.line = span_of(large, CODEC_PAYLOAD_MAX + by);
		events[1] = sample_event(7);
		events[1].data.payload = events[0].secret.line;
		events[1].data.len = CODEC_PAYLOAD_MAX + 1;
		try_events(&text, events, 2);
		digest(out, "large", by, &text);
	}
	free(large);
	for (uint64_t i = 0; i < COUNT(jumps) * COUNT(jumps); i++) {
		for (int k = 0; k < 3; k++)
			events[k] = sample_event(7);
		events[0].ts = INT64_C(1) << 40;
		events[1].ts = events[0].ts + jumps[i / COUNT(jumps)];
		events[2].ts = events[1].ts + jumps[i % COUNT(jumps)];
		events[1].data.begin_ts = i % 2 ? events[1].ts : events[1].ts + 1;
		events[1].data.offset += events[0].data.len + (i % 3 ? 0 : 1);
		events[2].data.offset = events[1].data.offset + events[1].data.len;
		if (i % 4 == 0) {
			events[2].data.len = 0;
			events[2].data.payload.len = 0;
		}
		events[2].data.fd += i % 5 == 0;
		events[2].data.tid += i % 7 == 0;
		try_events(&text, events, 3);
		digest(out, "jump", i, &text);
	}
	buffer_free(&text);
}

/* ---- sinks that fail ---- */

struct failing_sink {
	struct buffer bytes;
	struct buffer *text;
	unsigned writes_left;
	unsigned reserves_left;
	uint64_t reserved;
	enum tape_error error;
};

static enum tape_error write_failing(void *context, const void *data, size_t len)
{
	struct failing_sink *s = context;

	/* How much was reserved beyond what is written: what the end will take. */
	buffer_printf(s->text, "+%" PRId64 " ", s->reserved ? (int64_t)(s->reserved - len) : 0);
	s->reserved = 0;
	if (!s->writes_left)
		return s->error;
	s->writes_left--;
	buffer_append(&s->bytes, data, len);
	return TAPE_OK;
}

static enum tape_error reserve_failing(void *context, uint64_t len)
{
	struct failing_sink *s = context;

	s->reserved = len;
	if (!s->reserves_left)
		return s->error;
	s->reserves_left--;
	return TAPE_OK;
}

static void totals_text(struct buffer *text, const struct writer_totals *t)
{
	buffer_printf(text, "%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64,
		      t->raw_bytes, t->events, t->data_events, t->data_bytes, t->stored_events);
	buffer_printf(text, " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRId64 " %" PRIu64,
		      t->stored_data_events, t->stored_data_bytes, t->stored_plaintext.events,
		      t->stored_until, t->blocks);
	for (size_t i = 0; i < WRITER_CUTS; i++)
		buffer_printf(text, " %" PRIu64, t->stored_cut_bytes[i]);
	for (size_t i = 0; i < WRITER_CAUSES; i++)
		buffer_printf(text, " %" PRIu64, t->stored_lost[i].bytes);
	buffer_append_char(text, '\n');
}

static void read_back(struct buffer *text, struct span bytes)
{
	const struct reader_options options = {0};
	struct event event;
	struct reader *r;

	if (reader_new(memory_tape_source(&bytes), &options, &r))
		return;
	while (reader_next(r, &event))
		event_text(text, &event);
	buffer_printf(text, "%d\n", reader_info(r)->complete);
	reader_free(r);
}

/* Twelve events, a block that was made elsewhere, and the end, or last words. */
static void write_all(struct writer *w, struct failing_sink *sink)
{
	struct block_maker *maker = block_maker_new();
	const struct event words[] = {sample_event(8), sample_event(10)};
	struct block *block;

	for (uint64_t i = 1; i <= 12; i++) {
		const struct event event = sample_event(i);

		buffer_printf(sink->text, "%d ", (int)writer_event(w, &event));
		if (i % 4 == 0)
			writer_set_level(w, (int)(i / 4));
		assert_int_equal(block_maker_event(maker, &event), TAPE_OK);
		buffer_printf(sink->text, "%zu %zu ", block_maker_len(maker),
			      block_maker_count(maker));
	}
	buffer_printf(sink->text, "flush %d ", (int)writer_flush(w));
	block = block_maker_take(maker);
	for (int again = 0; again < 2; again++)
		buffer_printf(sink->text, "block %d ", (int)writer_block(w, block));
	buffer_printf(sink->text, "finish %d\n", (int)writer_finish(w));
	sink->writes_left = sink->reserves_left = 2;
	if (!sink->bytes.failed && sink->error)
		buffer_printf(sink->text, "words %d ",
			      (int)writer_last_words(w, words, COUNT(words)));
	block_free(block);
	block_maker_free(maker);
}

static void hold_sinks(struct buffer *out)
{
	static const enum tape_error errors[] = {TAPE_ERROR_IO, TAPE_ERROR_DISK_FULL,
						 TAPE_ERROR_FILE_SIZE};
	static const uint32_t lens[] = {0, 1, 200, 463, 464, 465, 33554431, 33554432};
	struct buffer text = {0};

	for (size_t i = 0; i < COUNT(errors) * COUNT(lens); i++) {
		for (unsigned n = 0; n < 20; n++) {
			struct failing_sink sink = {.text = &text,
						    .writes_left = n < 10 ? n : 100,
						    .reserves_left = n < 10 ? 100 : n - 10,
						    .error = errors[i / COUNT(lens)]};
			const struct writer_options options = {
				.block_len = lens[i % COUNT(lens)],
				.level = (int)n % 4,
				.segment = 1,
				.created_realtime = 1790000000000000000};
			struct writer *w;

			if (writer_new((struct sink){write_failing, reserve_failing, &sink},
				       &options, &w) == TAPE_OK) {
				write_all(w, &sink);
				totals_text(&text, writer_totals(w));
				writer_free(w);
			}
			read_back(&text, buffer_span(&sink.bytes));
			buffer_free(&sink.bytes);
		}
		digest(out, "sink", i, &text);
	}
	buffer_free(&text);
}

int main(void)
{
	static const struct held_section sections[] = {{"fields", hold_fields},
						       {"strings", hold_strings},
						       {"sequences", hold_sequences},
						       {"sinks", hold_sinks}};

	return held_run("format_writing_sweep", sections, COUNT(sections));
}
