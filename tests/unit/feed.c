/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/feed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "format/pack.h"
#include "protocols/engine/knowledge.h"
#include "protocols/value/json.h"

#define MESSAGE_NS 1000000

/* The first of them byte by byte, then with pieces of up to 2, 4, 8 ... bytes. */
#define RANDOM_CHUNKINGS 10

/* Where records go: what feed.h promises, and where each stands, which no expectation repeats. */
struct feed_output {
	struct buffer *out;
	struct buffer positions;
	bool described;
	bool varied; /* what was answered may not be whole, and an answer stand in for another */
	/* How the bytes were understood, which pieces may change. */
	struct session_counts counts;
	const struct protocol *protocol;
	enum role role;
};

static void append_record(void *context, struct session *s, const struct record *record)
{
	struct feed_output *output = context;
	struct buffer *out = output->out;
	const struct table *table = record->table;
	bool known = record->request_first != TIME_UNKNOWN && record->response_last != TIME_UNKNOWN;

	(void)s;
	buffer_printf(&output->positions, "%d %llu\n", record->side,
		      (unsigned long long)record->position);
	buffer_printf(out, "{\"outcome\":\"%s\"", outcome_text(record->outcome));
	if (known && !output->varied)
		assert_true(record->response_last >= record->request_first);
	for (size_t i = 0; i < table->column_count; i++) {
		bool first = false;

		json_append_key(out, table->columns[i].name, &first);
		json_append_value(out, &record->values[i]);
	}
	buffer_append_text(out, ",\"note\":");
	json_append_string(out, record->note);
	buffer_append_text(out, "}\n");
	if (output->described) {
		table->describe(record->values, out);
		buffer_append_char(out, '\n');
	}
}

/* How messages are cut into events: in pieces of at most so many bytes; 0: not at all. */
struct chunks {
	size_t max;
	uint32_t random; /* state of the generator; 0: all pieces as long as they may be */
	bool aside;	 /* the session is put aside after each, and taken up again */
};

static size_t next_chunk(struct chunks *c, size_t left)
{
	size_t len = c->max && c->max < left ? c->max : left;

	if (!c->random)
		return len;
	c->random ^= c->random << 13;
	c->random ^= c->random >> 17;
	c->random ^= c->random << 5;
	return 1 + c->random % len;
}

static void give(struct session *s, const struct feed_message *m, enum layer layer, size_t from,
		 size_t len, uint64_t position[2], int64_t ts)
{
	struct event_data data = {
		.conn = 1,
		.layer = layer,
		.offset = position[m->direction],
		.len = len,
		.payload = span_of((const char *)m->data + from, len),
		.direction = m->direction,
		.fd = 3,
	};
	/* A copy of the exact size lets the sanitizer see a read beyond the end. */
	char *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	memcpy(copy, data.payload.data, len);
	data.payload.data = copy;
	session_data(s, &data, ts);
	free(copy);
	position[m->direction] += len;
}

/* The rest of a message that was cut: LEN bytes of which none is there. */
static void give_cut(struct session *s, const struct feed_message *m, enum layer layer, size_t len,
		     const uint64_t position[2], int64_t ts)
{
	const struct event_data data = {
		.conn = 1,
		.layer = layer,
		.offset = position[m->direction],
		.len = len,
		.direction = m->direction,
		.fd = 3,
		.cut = CUT_SNAPLEN,
	};

	session_data(s, &data, ts);
}

/* What goes on with what was packed of S; S itself where it can't be put aside. */
static struct session *put_aside(struct session *s, const struct session_options *options)
{
	const struct address client = *session_client(s);
	struct buffer packed = {0};
	struct unpack in;

	if (session_pack(s, &packed)) {
		session_drop(s);
		/* But for what it taught others. */
		assert_int_equal(options->budget->used, options->knowledge->used);
		in = unpack_begin(buffer_span(&packed));
		s = session_unpack(options, &in);
		assert_non_null(s);
		assert_ptr_equal(in.at, in.end);
		assert_memory_equal(session_client(s), &client, sizeof(client));
	}
	buffer_free(&packed);
	return s;
}

static void assert_packs(struct session *s)
{
	struct buffer packed = {0};

	assert_true(session_pack(s, &packed));
	buffer_free(&packed);
}

static void run(const struct feed *feed, size_t messages, size_t last_len, struct chunks chunks,
		struct feed_output *output)
{
	struct budget budget = {.limit = 256 << 20};
	struct knowledge knowledge = {.budget = &budget, .once = true};
	struct session_options options = {
		.transport = feed->transport ? feed->transport : TRANSPORT_TCP,
		.role = feed->role,
		.midstream = feed->midstream,
		.decode_as = feed->decode_as,
		.keep = feed->keep,
		.wanted = feed->wanted,
		.budget = &budget,
		.knowledge = &knowledge,
		.record = append_record,
		.context = output,
	};
	struct session *s = session_new(&options);
	bool datagram = transport_is_datagram(options.transport);
	const struct spoken *spoken;
	uint64_t positions[2][2] = {{0}};

	assert_non_null(s);
	buffer_clear(output->out);
	buffer_clear(&output->positions);
	for (size_t i = 0; i < messages; i++) {
		const struct feed_message *m = &feed->messages[i];
		size_t len = i + 1 == messages && last_len < m->len ? last_len : m->len;
		size_t end = feed->lose == i + 1 ? feed->lose_from : len;
		int64_t ts = (int64_t)(i + 1) * MESSAGE_NS;
		enum layer layer = i < 64 && feed->plaintext >> i & 1 ? LAYER_TLS : LAYER_WIRE;
		uint64_t *position = positions[layer];

		if (feed->snap && feed->snap < end)
			end = feed->snap;
		if (end > len)
			end = len;
		for (size_t at = 0, n; at < end; at += n) {
			n = datagram ? end : next_chunk(&chunks, end - at);
			give(s, m, layer, at, n, position, ts + (int64_t)at);
			if (chunks.aside)
				s = put_aside(s, &options);
		}
		if (feed->snap && end < len)
			give_cut(s, m, layer, len - end, position, ts + (int64_t)end);
		position[m->direction] += len - end;
	}
	if (feed->packs && chunks.aside)
		assert_packs(s);
	session_finish(s);
	output->counts = session_counts(s);
	output->protocol = session_spoken(s, &spoken) ? spoken[0].protocol : NULL;
	output->role = session_role(s);
	session_free(s);
	knowledge_free(&knowledge);
	assert_int_equal(budget.used, 0);
	buffer_append_char(output->out, '\0');
	buffer_append_char(&output->positions, '\0');
	assert_false(output->out->failed);
	output->out->len--;
}

void feed_run(const struct feed *feed, struct buffer *out)
{
	struct feed_output output = {.out = out};

	run(feed, feed->count, SIZE_MAX, (struct chunks){.max = feed->byte_by_byte}, &output);
	buffer_free(&output.positions);
}

const struct protocol *feed_answer(const struct feed *feed, struct buffer *answer)
{
	struct buffer records = {0};
	struct feed_output output = {.out = &records, .varied = true, .described = feed->described};

	run(feed, feed->count, SIZE_MAX, (struct chunks){.aside = feed->aside}, &output);
	buffer_append_span(answer, buffer_span(&records));
	buffer_append(answer, output.positions.data, output.positions.len - 1);
	buffer_printf(answer, "%s role=%s frames=%llu bad=%llu lost=%llu skipped=%llu\n",
		      output.protocol ? output.protocol->name : "unknown", role_text(output.role),
		      (unsigned long long)output.counts.frames,
		      (unsigned long long)output.counts.bad,
		      (unsigned long long)output.counts.lost_bytes,
		      (unsigned long long)output.counts.skipped_bytes);
	buffer_free(&records);
	buffer_free(&output.positions);
	return output.protocol;
}

void feed_check(const struct feed *feed, const char *expected)
{
	struct buffer text[2] = {{0}, {0}};
	struct feed_output whole = {.out = &text[0]}, other = {.out = &text[1]};

	run(feed, feed->count, SIZE_MAX, (struct chunks){0}, &whole);
	if (expected)
		assert_string_equal(whole.out->data, expected);
	for (uint32_t seed = 0; seed < 2 * RANDOM_CHUNKINGS; seed++) {
		struct chunks chunks = {
			.max = seed / 2 ? 1u << seed / 2 : 1,
			.random = seed / 2 * 2654435761u,
			.aside = seed % 2,
		};

		run(feed, feed->count, SIZE_MAX, chunks, &other);
		assert_string_equal(other.out->data, whole.out->data);
		assert_string_equal(other.positions.data, whole.positions.data);
	}
	for (size_t i = 1; i <= feed->count; i++)
		for (size_t len = 0; len < feed->messages[i - 1].len; len++)
			run(feed, i, len, (struct chunks){0}, &other);
	feed_variations_check(feed);
	for (int i = 0; i < 2; i++)
		buffer_free(&text[i]);
	buffer_free(&whole.positions);
	buffer_free(&other.positions);
}
