/* SPDX-License-Identifier: BSD-2-Clause */
#include <endian.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <zstd.h>

#include "format/codec.h"
#include "format/frame.h"
#include "tests/unit/memory_tape.h"
#include "tests/unit/sample_events.h"

#define BLOCKS	     4
#define BLOCK_EVENTS 12
#define EVENTS	     (BLOCKS * BLOCK_EVENTS)

struct segment {
	struct buffer bytes;
	size_t block_begin[BLOCKS]; /* of its header */
	size_t body_begin[BLOCKS];
	size_t blocks_end;
};

static const struct writer_options options = {
	.recording_id = "0123456789abcde",
	.segment = 3,
	.created_monotonic = 1000,
	.created_realtime = 1790000000000000000,
};

/* A small complete segment, the events numbered from 1. */
static struct segment segment_make(void)
{
	struct segment s = {0};
	struct writer *w;

	assert_int_equal(writer_new(memory_tape_sink(&s.bytes), &options, &w), TAPE_OK);
	for (uint64_t i = 1; i <= EVENTS; i++) {
		struct event event = sample_event(i);

		if (i % BLOCK_EVENTS == 1) {
			s.block_begin[i / BLOCK_EVENTS] = s.bytes.len;
			s.body_begin[i / BLOCK_EVENTS] = s.bytes.len +
							 sizeof(struct tape_block_header);
		}
		assert_int_equal(writer_event(w, &event), TAPE_OK);
		if (i % BLOCK_EVENTS == 0)
			assert_int_equal(writer_flush(w), TAPE_OK);
	}
	s.blocks_end = s.bytes.len;
	assert_int_equal(writer_totals(w)->blocks, BLOCKS);
	assert_int_equal(writer_finish(w), TAPE_OK);
	assert_int_equal(writer_totals(w)->file_bytes, s.bytes.len);
	assert_int_equal(writer_totals(w)->events, EVENTS);
	writer_free(w);
	return s;
}

/* What reading gave. */
struct result {
	enum tape_error error; /* of reader_new() */
	bool seen[EVENTS + 1];
	size_t count;
	size_t strange; /* events that aren't as they were written */
	size_t problems;
	uint64_t lost;
	struct problem last;
	struct segment_info info;
};

static void note_problem(void *context, const struct problem *problem)
{
	struct result *result = context;

	result->problems++;
	result->lost += problem->lost_events;
	result->last = *problem;
}

static void note_event(struct result *result, const struct event *event)
{
	uint64_t i = (uint64_t)(event->ts - 1000000) / 1000;
	struct event sample = sample_event(i);

	result->count++;
	if (i < 1 || i > EVENTS || result->seen[i] || !sample_equal(event, &sample))
		result->strange++;
	else
		result->seen[i] = true;
}

static struct result read_source(struct source source)
{
	struct result result = {0};
	struct reader_options ropts = {.problem = note_problem, .context = &result};
	struct reader *r;
	struct event event;

	result.error = reader_new(source, &ropts, &r);
	if (result.error)
		return result;
	while (reader_next(r, &event))
		note_event(&result, &event);
	assert_int_equal(reader_error(r), TAPE_OK);
	result.info = *reader_info(r);
	reader_free(r);
	return result;
}

static struct result read_bytes(const void *data, size_t len)
{
	struct span bytes = span_of(data, len);

	return read_source(memory_tape_source(&bytes));
}

static bool has_block(const struct result *result, size_t block)
{
	for (size_t i = 1; i <= BLOCK_EVENTS; i++)
		if (!result->seen[block * BLOCK_EVENTS + i])
			return false;
	return true;
}

static void a_complete_segment_comes_back(void **state)
{
	struct segment s = segment_make();
	struct result result = read_bytes(s.bytes.data, s.bytes.len);

	(void)state;
	assert_int_equal(result.count, EVENTS);
	assert_int_equal(result.strange, 0);
	assert_int_equal(result.problems, 0);
	assert_true(result.info.complete);
	assert_true(result.info.head_readable);
	assert_int_equal(result.info.segment, 3);
	assert_memory_equal(result.info.recording_id, options.recording_id, 16);
	assert_int_equal(result.info.created_monotonic, options.created_monotonic);
	assert_int_equal(result.info.created_realtime, options.created_realtime);
	assert_int_equal(result.info.blocks, BLOCKS);
	assert_int_equal(result.info.bytes_read, s.bytes.len);
	buffer_free(&s.bytes);
}

/*
 * The segment S as the first version wrote it, whose block headers and index entries were shorter.
 */
static void append_older(struct buffer *to, const struct segment *s)
{
	struct tape_index_header index = {.entry_len = htole32(TAPE_INDEX_ENTRY_MIN),
					  .entry_count = htole64(BLOCKS)};
	struct tape_skippable seek = {.magic = htole32(TAPE_SKIPPABLE_SEEK)};
	struct tape_seek_footer footer = {.frames = htole32(2 * BLOCKS + 2),
					  .magic = htole32(TAPE_SEEKABLE_MAGIC)};
	struct tape_seek_entry frames[2 * BLOCKS + 2] = {
		{htole32(sizeof(struct tape_segment_header)), 0}};
	struct buffer entries = {0};

	buffer_append(to, s->bytes.data, s->block_begin[0]);
	buffer_append(&entries, &index, sizeof(index));
	for (size_t i = 0; i < BLOCKS; i++) {
		size_t end = i + 1 < BLOCKS ? s->block_begin[i + 1] : s->blocks_end;
		uint64_t offset = htole64(to->len);
		struct tape_block_header header;

		memcpy(&header, s->bytes.data + s->block_begin[i], sizeof(header));
		frame_seal(&header, TAPE_BLOCK_HEADER_MIN, TAPE_MAGIC_BLOCK);
		buffer_append(to, &header, TAPE_BLOCK_HEADER_MIN);
		buffer_append(to, s->bytes.data + s->body_begin[i], end - s->body_begin[i]);
		buffer_append(&entries, &offset, sizeof(offset));
		buffer_append(&entries, &header, TAPE_BLOCK_HEADER_MIN);
		frames[1 + 2 * i].compressed_len = htole32(TAPE_BLOCK_HEADER_MIN);
		frames[2 + 2 * i] = (struct tape_seek_entry){header.compressed_len, header.raw_len};
	}
	frame_seal(entries.data, entries.len, TAPE_MAGIC_INDEX);
	frames[2 * BLOCKS + 1].compressed_len = htole32((uint32_t)entries.len);
	buffer_append_span(to, buffer_span(&entries));
	seek.len = htole32(sizeof(frames) + sizeof(footer));
	buffer_append(to, &seek, sizeof(seek));
	buffer_append(to, frames, sizeof(frames));
	buffer_append(to, &footer, sizeof(footer));
	buffer_free(&entries);
}

static void an_older_segment_comes_back(void **state)
{
	struct segment s = segment_make();
	struct buffer older = {0};
	struct result result;

	(void)state;
	append_older(&older, &s);
	result = read_bytes(older.data, older.len);
	assert_int_equal(result.count, EVENTS);
	assert_int_equal(result.strange, 0);
	assert_int_equal(result.problems, 0);
	assert_true(result.info.complete);
	/* A block header is damaged, and only the index knows how much that costs. */
	older.data[s.block_begin[0] + 40] ^= 1;
	result = read_bytes(older.data, older.len);
	assert_int_equal(result.count, EVENTS - BLOCK_EVENTS);
	assert_int_equal(result.lost, BLOCK_EVENTS);
	buffer_free(&older);
	buffer_free(&s.bytes);
}

/* What a block header says of the events behind it, from which a reader can tell what to skip. */
static void a_block_header_tells_what_is_in_its_block(void **state)
{
	const struct event clock = {
		.type = EVENT_CLOCK, .ts = 5000, .clock.realtime = 1800000000000000000};
	const struct event conn = {.type = EVENT_CONN, .ts = 6000, .conn = {.conn = 300, .pid = 5}};
	const struct event data = {
		.type = EVENT_DATA, .ts = 7000, .data = {.conn = 301, .pid = 1000, .tid = 1001}};
	struct buffer bytes = {0};
	struct tape_block_header header;
	struct writer *w;
	size_t at[2];

	(void)state;
	assert_int_equal(writer_new(memory_tape_sink(&bytes), &options, &w), TAPE_OK);
	at[0] = bytes.len;
	assert_int_equal(writer_event(w, &clock), TAPE_OK);
	assert_int_equal(writer_event(w, &conn), TAPE_OK);
	assert_int_equal(writer_flush(w), TAPE_OK);
	at[1] = bytes.len;
	assert_int_equal(writer_event(w, &data), TAPE_OK);
	assert_int_equal(writer_finish(w), TAPE_OK);
	memcpy(&header, bytes.data + at[0], sizeof(header));
	assert_int_equal(le32toh(header.event_types), 1 << EVENT_CLOCK | 1 << EVENT_CONN);
	assert_int_equal(le32toh((uint32_t)header.level), 1);
	assert_int_equal(le64toh(header.process_filter[0]), 1 << 5);
	assert_int_equal(le64toh((uint64_t)header.realtime_base),
			 options.created_realtime + 5000 - options.created_monotonic);
	memcpy(&header, bytes.data + at[1], sizeof(header));
	assert_int_equal(le32toh(header.event_types), 1 << EVENT_DATA);
	assert_int_equal(le64toh(header.process_filter[0]), 0);
	assert_int_equal(le64toh(header.process_filter[1000 % 256 / 64]), UINT64_C(1) << 1000 % 64);
	assert_int_equal(le64toh(header.conn_filter[0]), UINT64_C(1) << 301 % 64);
	assert_int_equal(le64toh((uint64_t)header.realtime_base), 1800000000000002000);
	writer_free(w);
	buffer_free(&bytes);
}

static void an_empty_segment_is_complete(void **state)
{
	struct buffer bytes = {0};
	struct result result;
	struct writer *w;

	(void)state;
	assert_int_equal(writer_new(memory_tape_sink(&bytes), &options, &w), TAPE_OK);
	assert_int_equal(writer_finish(w), TAPE_OK);
	writer_free(w);
	result = read_bytes(bytes.data, bytes.len);
	assert_int_equal(result.error, TAPE_OK);
	assert_int_equal(result.problems, 0);
	assert_true(result.info.complete);
	buffer_free(&bytes);
}

/* The stock tool prints the events as they were encoded, and nothing else. */
static void zstd_prints_the_raw_events(void **state)
{
	struct segment s = segment_make();
	struct encoder e = {0};
	struct buffer expected = {0};
	char path[] = "/tmp/socktape-segment-XXXXXX";
	char command[128];
	char printed[65536];
	size_t len;
	FILE *f;

	(void)state;
	if (system("zstd --version >/dev/null 2>&1") != 0) {
		print_message("no zstd program\n");
		skip();
	}
	for (uint64_t i = 1; i <= EVENTS; i++) {
		struct event event = sample_event(i);

		assert_int_equal(encoder_event(&e, &event), TAPE_OK);
		if (i % BLOCK_EVENTS == 0) {
			buffer_append_span(&expected, buffer_span(&e.raw));
			encoder_reset(&e);
		}
	}
	f = fdopen(mkstemp(path), "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(s.bytes.data, 1, s.bytes.len, f), s.bytes.len);
	fclose(f);
	snprintf(command, sizeof(command), "zstd -q -t %s && zstd -q -dc %s", path, path);
	f = popen(command, "r");
	assert_non_null(f);
	len = fread(printed, 1, sizeof(printed), f);
	assert_int_equal(pclose(f), 0);
	assert_int_equal(len, expected.len);
	assert_memory_equal(printed, expected.data, len);
	unlink(path);
	encoder_free(&e);
	buffer_free(&expected);
	buffer_free(&s.bytes);
}

/* zstd's seekable format 0.1.0, checked against the frames as zstd itself finds them. */
static void the_seek_table_lists_every_frame(void **state)
{
	struct segment s = segment_make();
	const char *end = s.bytes.data + s.bytes.len;
	struct tape_seek_footer footer;
	const char *entry_at;
	size_t at = 0;

	(void)state;
	memcpy(&footer, end - sizeof(footer), sizeof(footer));
	assert_int_equal(le32toh(footer.magic), 0x8F92EAB1u);
	assert_int_equal(footer.descriptor, 0);
	entry_at = end - sizeof(footer) - le32toh(footer.frames) * sizeof(struct tape_seek_entry);
	for (uint32_t i = 0; i < le32toh(footer.frames); i++) {
		size_t len = ZSTD_findFrameCompressedSize(s.bytes.data + at, s.bytes.len - at);
		struct tape_seek_entry entry;
		uint32_t magic;

		memcpy(&entry, entry_at + i * sizeof(entry), sizeof(entry));
		memcpy(&magic, s.bytes.data + at, sizeof(magic));
		assert_int_equal(le32toh(entry.compressed_len), len);
		assert_int_equal(le32toh(entry.raw_len),
				 le32toh(magic) == ZSTD_MAGICNUMBER
					 ? ZSTD_getFrameContentSize(s.bytes.data + at, len)
					 : 0);
		at += len;
	}
	assert_ptr_equal(s.bytes.data + at + 8, entry_at);
	buffer_free(&s.bytes);
}

static void a_cut_gives_every_whole_block_before_it(void **state)
{
	struct segment s = segment_make();

	(void)state;
	for (size_t len = 0; len < s.bytes.len; len++) {
		char *copy = malloc(len ? len : 1);
		struct result result;
		size_t whole = 0;

		memcpy(copy, s.bytes.data, len);
		result = read_bytes(copy, len);
		free(copy);
		if (len < sizeof(struct tape_segment_header)) {
			assert_int_equal(result.error, TAPE_ERROR_NOT_A_TAPE);
			continue;
		}
		for (size_t i = 0; i < BLOCKS; i++)
			whole += len >= (i + 1 < BLOCKS ? s.block_begin[i + 1] : s.blocks_end);
		assert_int_equal(result.error, TAPE_OK);
		assert_int_equal(result.count, whole * BLOCK_EVENTS);
		assert_int_equal(result.strange, 0);
		assert_false(result.info.complete);
		if (whole < BLOCKS && len == s.block_begin[whole]) {
			assert_int_equal(result.problems, 0);
			continue;
		}
		if (len == s.blocks_end)
			continue;
		if (result.problems == 0) /* the end of the index, no seek table */
			assert_int_equal(len, s.bytes.len - 8 - 9 - 8 * (2 * BLOCKS + 2));
		else
			assert_int_equal(result.last.error, TAPE_ERROR_TRUNCATED);
		if (whole < BLOCKS && len > s.body_begin[whole])
			assert_int_equal(result.lost, BLOCK_EVENTS);
	}
	buffer_free(&s.bytes);
}

/* Damage at any byte costs one block at most, and is told. */
static void a_flipped_byte_costs_its_block_alone(void **state)
{
	struct segment s = segment_make();

	(void)state;
	for (size_t at = 0; at < s.bytes.len; at++) {
		struct result result;

		s.bytes.data[at] ^= 0x55;
		result = read_bytes(s.bytes.data, s.bytes.len);
		s.bytes.data[at] ^= 0x55;
		assert_int_equal(result.strange, 0);
		for (size_t i = 0; i < BLOCKS; i++) {
			size_t end = i + 1 < BLOCKS ? s.block_begin[i + 1] : s.blocks_end;

			if (at < s.block_begin[i] || at >= end)
				assert_true(has_block(&result, i));
			else
				assert_int_equal(result.count, EVENTS - BLOCK_EVENTS);
		}
		assert_true(result.problems > 0);
		assert_int_equal(result.count + result.lost, EVENTS);
	}
	buffer_free(&s.bytes);
}

/* Bytes that are gone move all that follows. */
static void missing_bytes_cost_their_blocks_alone(void **state)
{
	struct segment s = segment_make();

	(void)state;
	for (size_t from = s.block_begin[1]; from < s.block_begin[2]; from += 3) {
		struct buffer copy = {0};
		struct result result;

		buffer_append(&copy, s.bytes.data, from);
		buffer_append(&copy, s.bytes.data + from + 20, s.bytes.len - from - 20);
		result = read_bytes(copy.data, copy.len);
		assert_int_equal(result.strange, 0);
		assert_true(has_block(&result, 0));
		assert_true(has_block(&result, 3));
		if (from + 20 <= s.block_begin[2])
			assert_true(has_block(&result, 2));
		assert_true(result.problems > 0);
		buffer_free(&copy);
	}
	buffer_free(&s.bytes);
}

static void blocks_that_are_gone_or_repeated_are_told(void **state)
{
	struct segment s = segment_make();
	struct buffer copy = {0};
	struct result result;

	(void)state;
	buffer_append(&copy, s.bytes.data, s.block_begin[1]);
	buffer_append(&copy, s.bytes.data + s.block_begin[2], s.bytes.len - s.block_begin[2]);
	result = read_bytes(copy.data, copy.len);
	assert_int_equal(result.count, EVENTS - BLOCK_EVENTS);
	assert_int_equal(result.lost, BLOCK_EVENTS);

	buffer_clear(&copy);
	buffer_append(&copy, s.bytes.data, s.block_begin[2]);
	buffer_append(&copy, s.bytes.data + s.block_begin[1], s.bytes.len - s.block_begin[1]);
	result = read_bytes(copy.data, copy.len);
	assert_int_equal(result.count, EVENTS);
	assert_int_equal(result.strange, 0);
	assert_int_equal(result.problems, 1);
	assert_int_equal(result.last.bytes, s.block_begin[2] - s.block_begin[1]);
	buffer_free(&copy);
	buffer_free(&s.bytes);
}

static void positions_after_a_lost_block_are_exact(void **state)
{
	struct result unused = {0};
	struct reader_options ropts = {.problem = note_problem, .context = &unused};
	struct buffer bytes = {0};
	struct event event = {.type = EVENT_DATA};
	size_t begin[3];
	struct span span;
	struct reader *r;
	struct writer *w;

	(void)state;
	assert_int_equal(writer_new(memory_tape_sink(&bytes), &options, &w), TAPE_OK);
	for (uint64_t i = 0; i < 30; i++) {
		event.ts = (int64_t)i;
		event.data = (struct event_data){
			.conn = 1, .offset = i * 5, .len = 5, .payload = span_text("12345")};
		if (i % 10 == 0)
			begin[i / 10] = bytes.len;
		assert_int_equal(writer_event(w, &event), TAPE_OK);
		if (i % 10 == 9)
			assert_int_equal(writer_flush(w), TAPE_OK);
	}
	assert_int_equal(writer_finish(w), TAPE_OK);
	writer_free(w);
	bytes.data[begin[2] - 1] ^= 1;
	span = buffer_span(&bytes);
	assert_int_equal(reader_new(memory_tape_source(&span), &ropts, &r), TAPE_OK);
	for (uint64_t i = 0; i < 30; i++) {
		if (i >= 10 && i < 20)
			continue;
		assert_true(reader_next(r, &event));
		assert_int_equal(event.ts, i);
		assert_int_equal(event.data.offset, i * 5);
	}
	assert_false(reader_next(r, &event));
	assert_int_equal(unused.lost, 10);
	reader_free(r);
	buffer_free(&bytes);
}

/*
 * Somebody copies a segment over a recorded socket; then the recording itself is cut. Among bytes
 * that don't compress, zstd leaves the copy as it is.
 */
static void a_segment_inside_a_payload_is_not_read(void **state)
{
	struct segment inner = segment_make();
	const char *inner_block = inner.bytes.data + inner.block_begin[2];
	struct event event = {.type = EVENT_DATA, .ts = 7};
	struct writer_options outer = options;
	struct buffer payload = {0};
	struct buffer bytes = {0};
	uint32_t random = 1;
	struct result result;
	struct writer *w;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		random = random * 1664525 + 1013904223;
		buffer_append_char(&payload, (char)(random >> 24));
	}
	buffer_append(&payload, inner_block, inner.block_begin[3] - inner.block_begin[2]);
	outer.segment++;
	assert_int_equal(writer_new(memory_tape_sink(&bytes), &outer, &w), TAPE_OK);
	event.data = (struct event_data){
		.conn = 1, .len = payload.len, .payload = buffer_span(&payload)};
	assert_int_equal(writer_event(w, &event), TAPE_OK);
	assert_int_equal(writer_flush(w), TAPE_OK);
	writer_free(w);
	assert_non_null(memmem(bytes.data, bytes.len, inner_block,
			       inner.block_begin[3] - inner.block_begin[2]));
	result = read_bytes(bytes.data, bytes.len - 1);
	assert_int_equal(result.count, 0);
	assert_int_equal(result.lost, 1);
	assert_int_equal(result.last.error, TAPE_ERROR_TRUNCATED);
	buffer_free(&bytes);
	buffer_free(&payload);
	buffer_free(&inner.bytes);
}

static int64_t read_little(void *context, uint64_t offset, void *data, size_t len)
{
	return memory_tape_read(context, offset, data, len > 7 ? 7 : len);
}

static int64_t read_fails(void *context, uint64_t offset, void *data, size_t len)
{
	return offset > 500 ? -1 : memory_tape_read(context, offset, data, len);
}

static void short_reads_change_nothing(void **state)
{
	struct segment s = segment_make();
	struct span bytes = buffer_span(&s.bytes);
	struct source source = memory_tape_source(&bytes);
	struct result result;

	(void)state;
	source.read = read_little;
	result = read_source(source);
	assert_int_equal(result.count, EVENTS);
	assert_int_equal(result.problems, 0);
	assert_true(result.info.complete);
	source.size += 1000; /* the file is shorter than it was */
	result = read_source(source);
	assert_int_equal(result.count, EVENTS);
	buffer_free(&s.bytes);
}

static void an_error_of_the_source_is_told(void **state)
{
	struct segment s = segment_make();
	struct span bytes = buffer_span(&s.bytes);
	struct source source = memory_tape_source(&bytes);
	const struct reader_options silent = {0};
	struct event event;
	struct reader *r;

	(void)state;
	source.read = read_fails;
	assert_int_equal(reader_new(source, &silent, &r), TAPE_OK);
	while (reader_next(r, &event))
		;
	assert_int_equal(reader_error(r), TAPE_ERROR_IO);
	reader_free(r);
	buffer_free(&s.bytes);
}

static void reseal(char *frame, size_t len)
{
	char magic[8];

	memcpy(magic, frame + 8, sizeof(magic));
	frame_seal(frame, len, magic);
}

static void a_newer_format_is_refused(void **state)
{
	struct segment s = segment_make();
	struct tape_segment_header *head = (struct tape_segment_header *)s.bytes.data;

	(void)state;
	head->compatible_features = htole32(0x80000000u);
	reseal(s.bytes.data, sizeof(*head));
	assert_int_equal(read_bytes(s.bytes.data, s.bytes.len).count, EVENTS);
	head->incompatible_features = htole32(0x80000000u);
	reseal(s.bytes.data, sizeof(*head));
	assert_int_equal(read_bytes(s.bytes.data, s.bytes.len).error, TAPE_ERROR_VERSION);
	head->incompatible_features = 0;
	head->version = htole16(2);
	reseal(s.bytes.data, sizeof(*head));
	assert_int_equal(read_bytes(s.bytes.data, s.bytes.len).error, TAPE_ERROR_VERSION);
	buffer_free(&s.bytes);
}

/* A newer writer's head and block headers are longer, and it has frames of other kinds. */
static void longer_headers_and_unknown_frames_are_skipped(void **state)
{
	struct segment s = segment_make();
	struct buffer copy = {0};
	size_t from[BLOCKS + 1];
	struct result result;
	char frame[300] = {0};

	(void)state;
	memcpy(frame, s.bytes.data, s.block_begin[0]);
	frame_seal(frame, s.block_begin[0] + 16, TAPE_MAGIC_SEGMENT);
	buffer_append(&copy, frame, s.block_begin[0] + 16);
	memcpy(from, s.block_begin, sizeof(s.block_begin));
	from[BLOCKS] = s.blocks_end;
	for (size_t i = 0; i < BLOCKS; i++) {
		memset(frame, 1, sizeof(frame));
		frame_seal(frame, sizeof(frame), "STNEWER\n");
		buffer_append(&copy, frame, sizeof(frame));
		memcpy(frame, s.bytes.data + from[i], sizeof(struct tape_block_header));
		frame_seal(frame, sizeof(struct tape_block_header) + 24, TAPE_MAGIC_BLOCK);
		buffer_append(&copy, frame, sizeof(struct tape_block_header) + 24);
		buffer_append(&copy, s.bytes.data + s.body_begin[i], from[i + 1] - s.body_begin[i]);
	}
	result = read_bytes(copy.data, copy.len);
	assert_int_equal(result.count, EVENTS);
	assert_int_equal(result.problems, 0);
	buffer_free(&copy);
	buffer_free(&s.bytes);
}

/* Sizes that lie, behind a right checksum. */
static void lying_sizes_are_refused(void **state)
{
	static const struct {
		uint32_t compressed_len, raw_len;
		enum tape_error error;
	} lies[] = {
		{TAPE_BLOCK_MAX + 1, 100, TAPE_ERROR_LIMIT},
		{100, TAPE_BLOCK_MAX + 1, TAPE_ERROR_LIMIT},
		{UINT32_MAX, UINT32_MAX, TAPE_ERROR_LIMIT},
		{TAPE_BLOCK_MAX, 100, TAPE_ERROR_DAMAGED},
		{0, 0, TAPE_ERROR_DAMAGED},
	};
	struct segment s = segment_make();
	char *at = s.bytes.data + s.block_begin[1];
	struct tape_block_header saved;

	(void)state;
	memcpy(&saved, at, sizeof(saved));
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		struct tape_block_header header = saved;
		struct result result;

		header.compressed_len = htole32(lies[i].compressed_len);
		header.raw_len = htole32(lies[i].raw_len);
		frame_seal(&header, sizeof(header), TAPE_MAGIC_BLOCK);
		memcpy(at, &header, sizeof(header));
		result = read_bytes(s.bytes.data, s.bytes.len);
		assert_int_equal(result.count, EVENTS - BLOCK_EVENTS);
		assert_int_equal(result.lost, BLOCK_EVENTS);
		assert_int_equal(result.problems, 1);
		assert_int_equal(result.last.error, lies[i].error);
		assert_int_equal(result.last.offset, s.block_begin[1]);
	}
	for (int by = -1; by <= 1; by += 2) { /* right checksums, but not what zstd gives */
		struct tape_block_header header = saved;
		struct result result;

		header.raw_len = htole32(le32toh(saved.raw_len) + (uint32_t)by);
		frame_seal(&header, sizeof(header), TAPE_MAGIC_BLOCK);
		memcpy(at, &header, sizeof(header));
		result = read_bytes(s.bytes.data, s.bytes.len);
		assert_int_equal(result.count, EVENTS - BLOCK_EVENTS);
		assert_int_equal(result.lost, BLOCK_EVENTS);
	}
	buffer_free(&s.bytes);
}

static void a_malformed_event_costs_the_rest_of_its_block(void **state)
{
	struct segment s = segment_make();
	size_t body_len = s.block_begin[2] - s.body_begin[1];
	char raw[8192];
	char body[8192];
	struct tape_block_header header;
	struct tape_event first;
	struct buffer copy = {0};
	struct result result;
	size_t len;

	(void)state;
	memcpy(&header, s.bytes.data + s.block_begin[1], sizeof(header));
	len = ZSTD_decompress(raw, sizeof(raw), s.bytes.data + s.body_begin[1], body_len);
	assert_int_equal(len, le32toh(header.raw_len));
	/* The second event of block 1 gets a bad head. */
	memcpy(&first, raw, sizeof(first));
	raw[((le32toh(first.len) + 7) & ~7u) + offsetof(struct tape_event, head)] = 1;
	len = ZSTD_compress(body, sizeof(body), raw, len, 1);
	header.compressed_len = htole32((uint32_t)len);
	header.compressed_crc = htole32(frame_crc_add(0, body, len));
	frame_seal(&header, sizeof(header), TAPE_MAGIC_BLOCK);
	buffer_append(&copy, s.bytes.data, s.block_begin[1]);
	buffer_append(&copy, &header, sizeof(header));
	buffer_append(&copy, body, len);
	buffer_append(&copy, s.bytes.data + s.block_begin[2], s.blocks_end - s.block_begin[2]);
	result = read_bytes(copy.data, copy.len);
	assert_int_equal(result.count, EVENTS - BLOCK_EVENTS + 1);
	assert_int_equal(result.lost, BLOCK_EVENTS - 1);
	assert_int_equal(result.problems, 1);
	assert_int_equal(result.last.offset, s.block_begin[1]);
	buffer_free(&copy);
	buffer_free(&s.bytes);
}

/* Headers that all claim the rest of the file: reading must not become quadratic. */
static int64_t read_and_count(void *context, uint64_t offset, void *data, size_t len)
{
	struct {
		struct span bytes;
		uint64_t read;
	} *counted = context;
	int64_t n = memory_tape_read(&counted->bytes, offset, data, len);

	counted->read += (uint64_t)n;
	return n;
}

static void overlapping_blocks_are_not_read_again_and_again(void **state)
{
	const size_t count = 20000;
	const size_t len = count * sizeof(struct tape_block_header);
	struct tape_block_header *headers = calloc(count, sizeof(*headers));
	struct {
		struct span bytes;
		uint64_t read;
	} counted = {.bytes = span_of(headers, len)};
	struct result result;

	(void)state;
	for (size_t i = 0; i < count; i++) {
		headers[i].compressed_len = htole32((uint32_t)(len - (i + 1) * sizeof(*headers)));
		headers[i].block = htole64(i);
		headers[i].event_count = htole32(1);
		frame_seal(&headers[i], sizeof(*headers), TAPE_MAGIC_BLOCK);
	}
	result = read_source(
		(struct source){.read = read_and_count, .size = len, .context = &counted});
	assert_int_equal(result.count, 0);
	assert_true(result.problems > 0);
	assert_true(counted.read < 3 * (len + TAPE_BLOCK_MAX));
	free(headers);
}

struct small_disk {
	struct buffer bytes;
	size_t room;
};

static enum tape_error small_disk_write(void *context, const void *data, size_t len)
{
	struct small_disk *disk = context;

	if (len > disk->room - disk->bytes.len)
		len = disk->room - disk->bytes.len;
	buffer_append(&disk->bytes, data, len);
	return disk->bytes.len == disk->room ? TAPE_ERROR_DISK_FULL : TAPE_OK;
}

static void a_sink_that_fails_leaves_a_readable_segment(void **state)
{
	(void)state;
	for (size_t room = 72; room < 3000; room += 61) {
		struct small_disk disk = {.room = room};
		struct sink sink = {.write = small_disk_write, .context = &disk};
		enum tape_error error = TAPE_OK;
		struct result result;
		struct writer *w;
		size_t flushed = 0;

		if (writer_new(sink, &options, &w)) {
			assert_true(room <= sizeof(struct tape_segment_header));
			buffer_free(&disk.bytes);
			continue;
		}
		for (uint64_t i = 1; i <= EVENTS && !error; i++) {
			struct event event = sample_event(i);

			error = writer_event(w, &event);
			if (!error && i % BLOCK_EVENTS == 0)
				error = writer_flush(w);
			if (!error && i % BLOCK_EVENTS == 0)
				flushed = i;
		}
		if (error)
			assert_int_equal(writer_flush(w), TAPE_ERROR_DISK_FULL);
		writer_free(w);
		result = read_bytes(disk.bytes.data, disk.bytes.len);
		assert_int_equal(result.strange, 0);
		assert_true(result.count >= flushed);
		buffer_free(&disk.bytes);
	}
}

static void other_files_are_refused(void **state)
{
	static const char text[] = "this is no tape, though it is long enough to be one "
				   "SOCKTAPE STBLOCK\n STINDEX\n and so on and so forth";

	(void)state;
	assert_int_equal(read_bytes("", 0).error, TAPE_ERROR_NOT_A_TAPE);
	assert_int_equal(read_bytes(text, sizeof(text)).error, TAPE_ERROR_NOT_A_TAPE);
	for (size_t len = 0; len < 300; len++) {
		char zeros[300] = {0};

		assert_int_equal(read_bytes(zeros, len).error, TAPE_ERROR_NOT_A_TAPE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_complete_segment_comes_back),
		cmocka_unit_test(an_older_segment_comes_back),
		cmocka_unit_test(a_block_header_tells_what_is_in_its_block),
		cmocka_unit_test(an_empty_segment_is_complete),
		cmocka_unit_test(zstd_prints_the_raw_events),
		cmocka_unit_test(the_seek_table_lists_every_frame),
		cmocka_unit_test(a_cut_gives_every_whole_block_before_it),
		cmocka_unit_test(a_flipped_byte_costs_its_block_alone),
		cmocka_unit_test(missing_bytes_cost_their_blocks_alone),
		cmocka_unit_test(blocks_that_are_gone_or_repeated_are_told),
		cmocka_unit_test(positions_after_a_lost_block_are_exact),
		cmocka_unit_test(a_segment_inside_a_payload_is_not_read),
		cmocka_unit_test(short_reads_change_nothing),
		cmocka_unit_test(an_error_of_the_source_is_told),
		cmocka_unit_test(a_newer_format_is_refused),
		cmocka_unit_test(longer_headers_and_unknown_frames_are_skipped),
		cmocka_unit_test(lying_sizes_are_refused),
		cmocka_unit_test(a_malformed_event_costs_the_rest_of_its_block),
		cmocka_unit_test(overlapping_blocks_are_not_read_again_and_again),
		cmocka_unit_test(a_sink_that_fails_leaves_a_readable_segment),
		cmocka_unit_test(other_files_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
