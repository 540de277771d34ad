/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "protocols/kafka/state.h"

/*
 * A request proves itself: read by the schema of its api and version it ends just where its length
 * says. Responses don't say what they answer, so they only confirm.
 */
enum {
	SCORE_WHOLE = 95,	/* a request, and its response if there is one */
	SCORE_WHOLE_ALONE = 88, /* a request; what the other end says doesn't fit */
	SCORE_FRONT = 65,	/* the header of one that is longer than the sample */
	SCORE_MIDDLE = 84,	/* two whole requests, not at the front */
};

static void ignore_value(void *context, const struct kafka_value *value)
{
	(void)context;
	(void)value;
}

static void ignore_array(void *context, const struct kafka_field *field, uint32_t count)
{
	(void)context;
	(void)field;
	(void)count;
}

static void ignore_field(void *context, const struct kafka_field *field)
{
	(void)context;
	(void)field;
}

static void ignore_tag(void *context, uint32_t tag, struct span bytes)
{
	(void)context;
	(void)tag;
	(void)bytes;
}

enum match {
	MATCH_NO,
	MATCH_FRONT, /* the header fits, the rest isn't there */
	MATCH_WHOLE
};

struct request {
	struct kafka_request_header header;
	size_t len;
};

static enum match match_request(struct span bytes, struct request *request)
{
	static const struct kafka_visitor nobody = {
		.value = ignore_value,
		.array = ignore_array,
		.enter = ignore_field,
		.leave = ignore_field,
		.unknown_tag = ignore_tag,
	};
	struct cursor all = cursor_of(bytes.data, bytes.len);
	uint32_t len = cursor_be32(&all);
	struct cursor c;

	if (all.failed || len < KAFKA_REQUEST_MIN - 2 || len > KAFKA_REQUEST_MAX)
		return MATCH_NO;
	request->len = KAFKA_LENGTH_LEN + (size_t)len;
	c = cursor_of(all.pos, len < cursor_left(&all) ? len : cursor_left(&all));
	if (!kafka_request_header_read(&c, &request->header) || !request->header.has_client_id)
		return MATCH_NO;
	/* So little of it proves nothing without a name: zeroes would be one, too. */
	if (len > cursor_left(&all))
		return request->header.client_id.len ? MATCH_FRONT : MATCH_NO;
	if (!request->header.schema)
		return MATCH_NO;
	return kafka_read(request->header.schema, request->header.version, &c, &nobody) &&
			       kafka_request_ends(&c, &request->header)
		       ? MATCH_WHOLE
		       : MATCH_NO;
}

/* The response that comes first is to the first request. */
static bool answers(struct span bytes, const struct request *request)
{
	struct cursor c = cursor_of(bytes.data, bytes.len);
	uint32_t len = cursor_be32(&c);
	uint32_t id = cursor_be32(&c);

	return !c.failed && len >= 4 && len <= INT32_MAX &&
	       id == (uint32_t)request->header.correlation_id;
}

/* Two whole requests in a row, from anywhere. */
static bool find_in_middle(struct span bytes, size_t *at, struct request *request)
{
	if (!bytes.data)
		return false;
	for (*at = 1; *at + KAFKA_LENGTH_LEN + KAFKA_REQUEST_MIN < bytes.len; ++*at) {
		struct span rest = span_of(bytes.data + *at, bytes.len - *at);
		struct request second;

		/* Lengths below 16 MiB: most places are passed at once. */
		if (rest.data[0] != 0 || match_request(rest, request) != MATCH_WHOLE)
			continue;
		rest = span_of(rest.data + request->len, rest.len - request->len);
		if (match_request(rest, &second) == MATCH_WHOLE)
			return true;
	}
	return false;
}

static void tell(struct verdict *verdict, int score, int client, const struct request *request,
		 size_t at)
{
	verdict->score = score;
	verdict->role = client == DIRECTION_SENT ? ROLE_CLIENT : ROLE_SERVER;
	snprintf(verdict->reason, sizeof(verdict->reason),
		 "a %s request of version %d at byte %zu%s", kafka_api_name(request->header.api),
		 request->header.version, at,
		 score == SCORE_FRONT ? ", not whole yet" : ", as its schema wants it");
}

void kafka_infer(const struct sample *sample, struct verdict *verdict)
{
	for (int client = 0; client < 2; client++) {
		struct span asked = sample->bytes[client], answered = sample->bytes[!client];
		struct request request = {0};
		size_t at = 0;
		enum match match = match_request(asked, &request);
		int score = 0;

		if (match == MATCH_WHOLE)
			score = answered.len >= 8 && !answers(answered, &request) &&
						!sample->midstream
					? SCORE_WHOLE_ALONE
					: SCORE_WHOLE;
		else if (match == MATCH_FRONT && answers(answered, &request))
			score = SCORE_WHOLE_ALONE;
		else if (match == MATCH_FRONT && !answered.len && !sample->midstream)
			score = SCORE_FRONT;
		else if (sample->midstream && find_in_middle(asked, &at, &request))
			score = SCORE_MIDDLE;
		if (score > verdict->score)
			tell(verdict, score, client, &request, at);
	}
}
