/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is read of a segment with any byte changed, with its sums as they were and made good, of any
 * part of it, in any order, and while it grows: events and problems, held by
 * tests/unit/format_sweep.txt, which says with SOCKTAPE_UPDATE in the environment what is read now.
 * A line has a place and a digest of what was read with all changes of 16 bytes there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <endian.h>
#include <inttypes.h>

#include "format/codec.h"
#include "format/frame.h"
#include "tests/unit/event_text.h"
#include "tests/unit/fnv.h"
#include "tests/unit/held.h"
#include "tests/unit/memory_tape.h"
#include "tests/unit/sample_events.h"
#include "tests/unit/stored_segment.h"

#define COUNT(a)     (sizeof(a) / sizeof((a)[0]))
#define BLOCKS	     3
#define BLOCK_EVENTS 15
#define PLACE	     16 /* bytes that have one line */

static void make(struct stored_segment *s)
{
	static const struct writer_options options = {
		.recording_id = "0123456789abcde",
		.segment = 3,
		.created_monotonic = 1000,
		.created_realtime = 1790000000000000000,
	};
	struct buffer written = {0};
	struct writer *w;

	assert_int_equal(writer_new(memory_tape_sink(&written), &options, &w), TAPE_OK);
	for (uint64_t i = 1; i <= (uint64_t)BLOCKS * BLOCK_EVENTS; i++) {
		struct event event = sample_event(i);

		event.snapshot |= i <= BLOCK_EVENTS && event.type != EVENT_DATA;
		assert_int_equal(writer_event(w, &event), TAPE_OK);
		if (i % BLOCK_EVENTS == 0)
			assert_int_equal(writer_flush(w), TAPE_OK);
	}
	assert_int_equal(writer_finish(w), TAPE_OK);
	writer_free(w);
	stored_make(s, buffer_span(&written));
	assert_int_equal(s->count, BLOCKS);
	buffer_free(&written);
}

/* ---- reading ---- */

static void note_problem(void *context, const struct problem *p)
{
	buffer_printf(context, "! %d at %" PRIu64 ", %" PRIu64 " bytes, %" PRIu64 " events: %s\n",
		      (int)p->error, p->offset, p->bytes, p->lost_events, p->what);
}

static void note_end(struct buffer *text, const struct reader *r)
{
	const struct segment_info *info = reader_info(r);

	buffer_printf(text, "= %d %d %d %d", (int)reader_error(r), info->version,
		      info->head_readable, info->complete);
	buffer_append_span(text, span_of(info->recording_id, sizeof(info->recording_id)));
	buffer_printf(text, " %" PRIu64 " %" PRId64 " %" PRId64, info->segment,
		      info->created_monotonic, info->created_realtime);
	buffer_printf(text, " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64, info->file_bytes,
		      info->bytes_read, info->blocks, info->passed);
	for (size_t i = 0; i < info->levels.count; i++)
		buffer_printf(text, ", %" PRId32 " %" PRIu64 " %" PRIu64 " %" PRIu64,
			      info->levels.of[i].level, info->levels.of[i].blocks,
			      info->levels.of[i].raw_bytes, info->levels.of[i].compressed_bytes);
	buffer_append_char(text, '\n');
}

/* How one reading goes; zero-initialised: all that there is. */
struct reading {
	struct buffer *text;
	const struct stored_segment *segment;
	unsigned wanted;  /* bit n: block n; with NOT_ALL */
	unsigned asked;	  /* blocks so far */
	int64_t begin_at; /* 0: the beginning */
	size_t step;	  /* not 0: the source grows by so many */
	struct span bytes;
	size_t there;
	uint64_t forgotten;
};
#define NOT_ALL 0x100u

static bool wants(void *context, const struct block_info *info)
{
	struct reading *reading = context;

	buffer_printf(reading->text, "? %" PRId64 " %" PRId64 " %" PRId64 " %d %d", info->ts_min,
		      info->ts_max, info->realtime, info->data_alone, info->secrets);
	for (int i = 0; i < 4; i++)
		buffer_printf(reading->text, " %" PRIx64 " %" PRIx64, info->conns[i],
			      info->processes[i]);
	buffer_append_char(reading->text, '\n');
	return reading->wanted >> reading->asked++ & 1;
}

static void tell(void *context, const struct problem *problem)
{
	note_problem(((struct reading *)context)->text, problem);
}

static int64_t read_some(void *context, uint64_t offset, void *data, size_t len)
{
	const struct reading *reading = context;
	struct span there = span_of(reading->bytes.data, reading->there);

	assert_true(offset >= reading->forgotten);
	return memory_tape_read(&there, offset, data, len);
}

static bool grow(void *context, uint64_t *size)
{
	struct reading *reading = context;

	*size = reading->there;
	return reading->there < reading->bytes.len;
}

static void forget(void *context, uint64_t offset)
{
	((struct reading *)context)->forgotten = offset;
}

static void take_events(struct reading *reading, struct reader *r)
{
	struct event event;

	while (reader_next(r, &event)) {
		event_text(reading->text, &event);
		buffer_printf(reading->text, "next %" PRIu64 "\n", reader_coming(r));
	}
}

/* Appends to the reading's text what BYTES give. */
static void read_bytes(struct reading *reading, struct span bytes)
{
	const struct reader_options options = {
		.wanted = reading->wanted ? wants : NULL,
		.problem = tell,
		.context = reading,
	};
	struct source source = {.read = read_some, .context = reading, .size = bytes.len};
	enum tape_error error;
	struct reader *r;

	reading->bytes = bytes;
	reading->there = bytes.len;
	reading->forgotten = 0;
	if (reading->step) {
		source.grow = grow;
		source.forget = forget;
		source.size = reading->there = sizeof(struct tape_segment_header);
	}
	error = reader_new(source, &options, &r);
	if (error) {
		buffer_printf(reading->text, "error %d\n", (int)error);
		return;
	}
	if (reading->begin_at)
		reader_begin_at(r, reading->begin_at);
	take_events(reading, r);
	while (reader_is_dry(r)) {
		buffer_printf(reading->text, "dry\n");
		reading->there = reading->there + reading->step < bytes.len
					 ? reading->there + reading->step
					 : bytes.len;
		take_events(reading, r);
	}
	note_end(reading->text, r);
	reader_free(r);
}

static void digest(struct buffer *out, size_t place, struct buffer *text)
{
	assert_false(text->failed);
	buffer_printf(out, "%zu %016" PRIx64 "\n", place, fnv_bytes(FNV_BEGIN, buffer_span(text)));
	buffer_clear(text);
}

/* ---- bytes ---- */

static const struct {
	uint8_t flip;
	uint8_t add;
} changes[] = {{1, 0}, {0x80, 0}, {0, 1}, {0, 0xff}, {0, 8}, {0, 0xf8}, {0xff, 0}};

static void mend_nothing(const struct stored_segment *s, struct buffer *bytes, size_t block)
{
	(void)s;
	(void)bytes;
	(void)block;
}

static void mend_head(const struct stored_segment *s, struct buffer *bytes, size_t at)
{
	(void)s;
	stored_mend_frame(bytes, at);
}

/* So many changes of the bytes from FROM to TO, mended with WHAT. */
static void sweep_bytes(struct buffer *out, const struct stored_segment *s, size_t from, size_t to,
			size_t count,
			void (*mend)(const struct stored_segment *, struct buffer *, size_t),
			size_t what)
{
	struct buffer bytes = {0}, text = {0};
	struct reading reading = {.text = &text};

	for (size_t at = from; at < to; at++) {
		for (size_t i = 0; i < count; i++) {
			buffer_clear(&bytes);
			buffer_append_span(&bytes, buffer_span(&s->bytes));
			bytes.data[at] = (char)((bytes.data[at] ^ changes[i].flip) +
						changes[i].add);
			mend(s, &bytes, what);
			read_bytes(&reading, buffer_span(&bytes));
		}
		if (at % PLACE == PLACE - 1 || at == to - 1)
			digest(out, at / PLACE * PLACE, &text);
	}
	buffer_free(&bytes);
	buffer_free(&text);
}

static void hold_bytes(struct buffer *out)
{
	struct stored_segment s;

	make(&s);
	sweep_bytes(out, &s, 0, s.bytes.len, 2, mend_nothing, 0);
	buffer_free(&s.bytes);
}

static void hold_events(struct buffer *out)
{
	struct stored_segment s;

	make(&s);
	for (size_t i = 0; i < BLOCKS; i++)
		sweep_bytes(out, &s, s.events[i], s.end[i], COUNT(changes), stored_mend_block, i);
	buffer_free(&s.bytes);
}

/* The parts of a header that don't hold its length and sum; of those the length is a case itself.
 */
static void hold_heads(struct buffer *out)
{
	struct stored_segment s;

	make(&s);
	sweep_bytes(out, &s, 0, s.block[0], COUNT(changes), mend_head, 0);
	for (size_t i = 0; i < BLOCKS; i++)
		sweep_bytes(out, &s, s.block[i], s.events[i] - STORED_HEAD, COUNT(changes),
			    mend_head, s.block[i]);
	sweep_bytes(out, &s, s.end[BLOCKS - 1], s.seek, COUNT(changes), mend_head,
		    s.end[BLOCKS - 1]);
	buffer_free(&s.bytes);
}

/* ---- numbers of headers at their borders ---- */

static const struct number {
	const char *name;
	size_t at;  /* in a block's header */
	size_t len; /* 4 or 8 bytes */
	uint64_t border;
} numbers[] = {
	{"length", 4, 4, TAPE_BLOCK_HEADER_MIN - 8},
	{"length", 4, 4, sizeof(struct tape_frame) - 8},
	{"length", 4, 4, TAPE_HEADER_MAX - 8},
	{"compressed", offsetof(struct tape_block_header, compressed_len), 4, TAPE_BLOCK_MAX},
	{"raw", offsetof(struct tape_block_header, raw_len), 4, TAPE_BLOCK_MAX},
	{"count", offsetof(struct tape_block_header, event_count), 4, BLOCK_EVENTS},
	{"types", offsetof(struct tape_block_header, event_types), 4, 1u << TAPE_DATA},
	{"types", offsetof(struct tape_block_header, event_types), 4, 1u << TAPE_SECRET},
	{"segment", offsetof(struct tape_block_header, segment), 8, 3},
	{"block", offsetof(struct tape_block_header, block), 8, 1},
	{"base", offsetof(struct tape_block_header, ts_base), 8, EVENT_TIME_MAX},
	{"base", offsetof(struct tape_block_header, ts_base), 8, 0},
	{"base", offsetof(struct tape_block_header, ts_base), 8, 1016000},
	{"min", offsetof(struct tape_block_header, ts_min), 8, EVENT_TIME_MAX},
	{"min", offsetof(struct tape_block_header, ts_min), 8, 0},
	{"max", offsetof(struct tape_block_header, ts_max), 8, EVENT_TIME_MAX},
	{"realtime", offsetof(struct tape_block_header, realtime_base), 8, EVENT_TIME_MAX},
	{"realtime", offsetof(struct tape_block_header, realtime_base), 8, 0},
};

static void put_number(struct buffer *bytes, size_t at, size_t len, uint64_t value)
{
	value = htole64(value);
	memcpy(bytes->data + at, &value, len);
}

/* Whether blocks are wanted or not: what a header says is told before it is asked for. */
static void hold_numbers(struct buffer *out)
{
	struct buffer bytes = {0}, text = {0};
	struct stored_segment s;

	make(&s);
	for (size_t i = 0; i < COUNT(numbers); i++) {
		const struct number *n = &numbers[i];

		for (int by = -1; by <= 1; by++)
			for (unsigned wanted = 0; wanted <= NOT_ALL; wanted += NOT_ALL) {
				struct reading reading = {.text = &text, .wanted = wanted};

				buffer_clear(&bytes);
				buffer_append_span(&bytes, buffer_span(&s.bytes));
				put_number(&bytes, s.block[1] + n->at, n->len,
					   n->border + (uint64_t)(int64_t)by);
				stored_mend_frame(&bytes, s.block[1]);
				read_bytes(&reading, buffer_span(&bytes));
			}
		buffer_printf(out, "%s ", n->name);
		digest(out, i, &text);
	}
	buffer_free(&bytes);
	buffer_free(&text);
	buffer_free(&s.bytes);
}

/* ---- parts ---- */

static void hold_cuts(struct buffer *out)
{
	struct buffer text = {0};
	struct reading reading = {.text = &text};
	struct stored_segment s;

	make(&s);
	for (size_t len = 0; len <= s.bytes.len; len++) {
		read_bytes(&reading, span_of(s.bytes.data, len));
		/* And its beginning away. */
		read_bytes(&reading, span_of(s.bytes.data + len, s.bytes.len - len));
		if (len % PLACE == PLACE - 1 || len == s.bytes.len)
			digest(out, len / PLACE * PLACE, &text);
	}
	buffer_free(&text);
	buffer_free(&s.bytes);
}

/* From every place some bytes are gone, or some are too many. */
static void hold_holes(struct buffer *out)
{
	static const size_t lens[] = {1, 8, 23, 24, 25, 207, 208, 209, 600};
	struct buffer bytes = {0}, text = {0};
	struct reading reading = {.text = &text};
	struct stored_segment s;

	make(&s);
	for (size_t i = 0; i < COUNT(lens); i++)
		for (size_t at = 0; at < s.bytes.len; at += at < 100 ? 1 : 13) {
			size_t end = at + lens[i] < s.bytes.len ? at + lens[i] : s.bytes.len;

			buffer_clear(&bytes);
			buffer_append(&bytes, s.bytes.data, at);
			buffer_append(&bytes, s.bytes.data + end, s.bytes.len - end);
			read_bytes(&reading, buffer_span(&bytes));
			buffer_clear(&bytes);
			buffer_append(&bytes, s.bytes.data, end);
			buffer_append(&bytes, s.bytes.data + at, s.bytes.len - at);
			read_bytes(&reading, buffer_span(&bytes));
			if (at % 100 > 86 || end == s.bytes.len)
				digest(out, lens[i], &text);
		}
	buffer_free(&bytes);
	buffer_free(&text);
	buffer_free(&s.bytes);
}

/* Head, blocks, index and seek table in any order of four, with something strange before one. */
static void hold_orders(struct buffer *out)
{
	static const char *const strange[] = {"",
					      "S",
					      "STBLOCK\n",
					      "12345678STBLOCK\n12345678",
					      "SSSSSSSSSTINDEX\n1234567",
					      "\x53\x2a\x4d\x18\x10\0\0\0STBLOCK\n12345678",
					      "\x5e\x2a\x4d\x18\x09\0\0\0"};
	static const size_t lens[] = {0, 1, 8, 24, 23, 24, 8};
	struct buffer bytes = {0}, text = {0};
	struct reading reading = {.text = &text};
	struct stored_segment s;
	size_t borders[BLOCKS + 4];

	make(&s);
	borders[0] = 0;
	memcpy(borders + 1, s.block, BLOCKS * sizeof(*borders));
	borders[BLOCKS + 1] = s.end[BLOCKS - 1];
	borders[BLOCKS + 2] = s.seek;
	borders[BLOCKS + 3] = s.bytes.len;
	for (size_t order = 0; order < 6u * 6 * 6 * 6; order++) {
		size_t rest = order;

		buffer_clear(&bytes);
		for (size_t i = 0; i < 4; i++, rest /= 6) {
			const size_t *part = &borders[rest % 6];
			const size_t odd = order % COUNT(strange);

			if (i == order % 5)
				buffer_append(&bytes, strange[odd], lens[odd]);
			buffer_append(&bytes, s.bytes.data + part[0], part[1] - part[0]);
		}
		read_bytes(&reading, buffer_span(&bytes));
		if (order % PLACE == PLACE - 1)
			digest(out, order, &text);
	}
	buffer_free(&bytes);
	buffer_free(&text);
	buffer_free(&s.bytes);
}

/* ---- what is wanted, and what grows ---- */

static void hold_wanted(struct buffer *out)
{
	const int64_t clock = 1790000000000000000;
	struct buffer text = {0};
	struct stored_segment s;

	make(&s);
	for (unsigned blocks = 0; blocks < 8; blocks++)
		for (int64_t at = -1; at < 40; at++) {
			struct reading reading = {.text = &text, .wanted = NOT_ALL | blocks};

			/* Around a second behind each block's begin. */
			reading.begin_at =
				at < 0 ? 0 : clock + 999999999 + at % 4 + (at / 4 - 1) * 15000;
			read_bytes(&reading, buffer_span(&s.bytes));
			digest(out, blocks, &text);
		}
	buffer_free(&text);
	buffer_free(&s.bytes);
}

static void hold_growing(struct buffer *out)
{
	static const size_t steps[] = {1, 7, 24, 100, 208, 1000};
	struct buffer text = {0}, bytes = {0};
	struct stored_segment s;

	make(&s);
	for (size_t i = 0; i < COUNT(steps); i++)
		for (size_t damaged = 0; damaged < s.bytes.len;
		     damaged += steps[i] < 100 ? 500 : 40) {
			struct reading reading = {.text = &text, .step = steps[i]};

			buffer_clear(&bytes);
			buffer_append_span(&bytes, buffer_span(&s.bytes));
			bytes.data[damaged] ^= damaged ? 0x40 : 0;
			read_bytes(&reading, buffer_span(&bytes));
			digest(out, steps[i], &text);
		}
	buffer_free(&text);
	buffer_free(&bytes);
	buffer_free(&s.bytes);
}

/* ---- events of other lengths ---- */

/* Each event alone, from its header on cut, and with a fixed part of any size. */
static void hold_lengths(struct buffer *out)
{
	struct buffer text = {0}, raw = {0};
	struct encoder e = {0};
	struct decoder d = {0};
	struct event event;

	for (uint64_t i = 1; i <= 2 * SAMPLE_EVENTS; i++) {
		event = sample_event(i);
		encoder_reset(&e);
		assert_int_equal(encoder_event(&e, &event), TAPE_OK);
		for (size_t len = 0; len <= e.raw.len; len++)
			for (int head = -1; head < 32; head++) {
				/* Its own memory, where a sanitizer sees what is read behind it. */
				buffer_free(&raw);
				buffer_append(&raw, e.raw.data, len);
				if (head >= 0 && len >= sizeof(struct tape_event))
					raw.data[offsetof(struct tape_event, head)] = (char)head;
				if (len >= sizeof(struct tape_event) && len % 2)
					put_number(&raw, offsetof(struct tape_event, len), 4, len);
				decoder_begin(&d, buffer_span(&raw), 1000000);
				while (decoder_next(&d, &event))
					event_text(&text, &event);
				buffer_printf(&text, "%d\n", (int)d.error);
				decoder_begin(&d, buffer_span(&raw), 1000000);
				buffer_printf(&text, "%" PRIu64 "\n", decoder_coming(&d));
			}
		digest(out, i, &text);
	}
	encoder_free(&e);
	decoder_free(&d);
	buffer_free(&raw);
	buffer_free(&text);
}

int main(void)
{
	static const struct held_section sections[] = {
		{"bytes", hold_bytes},	   {"events", hold_events}, {"heads", hold_heads},
		{"numbers", hold_numbers}, {"cuts", hold_cuts},	    {"holes", hold_holes},
		{"orders", hold_orders},   {"wanted", hold_wanted}, {"growing", hold_growing},
		{"lengths", hold_lengths},
	};

	return held_run("format_sweep", sections, COUNT(sections));
}
