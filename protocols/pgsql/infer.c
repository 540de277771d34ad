/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "protocols/pgsql/state.h"

enum {
	SCORE_STARTUP = 98,
	SCORE_SSL = 96,	 /* eight bytes that nobody else begins with */
	SCORE_BOTH = 90, /* messages in a row, both ways */
	SCORE_MANY = 84, /* messages in a row, one way */
	SCORE_ONE = 62	 /* one message that is as it should be */
};

#define MESSAGES_MIN 3
/* Four letters read as a length are more than that. */
#define LEN_LIKELY_MAX (1u << 24)

struct finding {
	unsigned messages;
	unsigned telling; /* whose payloads leave little to chance */
	bool bad;
	uint8_t first;
	bool first_whole;
};

/* The beginning of a startup packet at least, whose parameters have the user among them. */
static bool begins_startup(struct span bytes)
{
	struct cursor c = cursor_of(bytes.data, bytes.len);
	uint32_t len = cursor_be32(&c), code = cursor_be32(&c);

	if (c.failed || code >> 16 != PGSQL_STARTUP_3 >> 16 || len > PGSQL_STARTUP_MAX || len < 9)
		return false;
	return memmem(c.pos, cursor_left(&c), "user", 5) || len > bytes.len;
}

static uint32_t first_code(struct span bytes)
{
	struct cursor c = cursor_of(bytes.data, bytes.len);
	uint32_t len = cursor_be32(&c), code = cursor_be32(&c);

	if (c.failed)
		return 0;
	if ((len == 8 && (code == PGSQL_SSL || code == PGSQL_GSS)) ||
	    (len >= PGSQL_CANCEL_MIN && len <= PGSQL_CANCEL_MAX && code == PGSQL_CANCEL))
		return code;
	return 0;
}

/* Types whose payloads are checked to their end. */
static bool is_telling(enum side side, uint8_t type)
{
	return strchr(side == SIDE_CLIENT ? "QPB" : "TDECZ", type) != NULL;
}

static struct finding look(struct span bytes, enum side side)
{
	struct finding found = {0};

	while (bytes.len >= PGSQL_HEADER_LEN) {
		struct cursor c = cursor_of(bytes.data, bytes.len);
		uint8_t type = cursor_u8(&c);
		uint32_t len = cursor_be32(&c);
		size_t left = cursor_left(&c);
		bool whole = len >= 4 && left >= len - 4;

		if (!pgsql_may_be(side, type, len) || (!whole && len > LEN_LIKELY_MAX) ||
		    !pgsql_looks_like(side, type, span_of(c.pos, whole ? len - 4 : left), whole)) {
			found.bad = true;
			return found;
		}
		if (!found.messages++) {
			found.first = type;
			found.first_whole = whole;
		}
		found.telling += is_telling(side, type) && (whole || left > 16);
		if (!whole)
			break;
		bytes = span_of(c.pos + (len - 4), left - (len - 4));
	}
	return found;
}

static void tell(struct verdict *verdict, int score, int client, const char *reason)
{
	if (score <= verdict->score)
		return;
	verdict->score = score;
	verdict->role = client == DIRECTION_SENT ? ROLE_CLIENT : ROLE_SERVER;
	snprintf(verdict->reason, sizeof(verdict->reason), "%s", reason);
}

static void look_at_messages(const struct sample *sample, struct verdict *verdict, int client)
{
	struct finding asked = look(sample->bytes[client], SIDE_CLIENT);
	struct finding answered = look(sample->bytes[!client], SIDE_SERVER);
	bool both = asked.messages && answered.messages;
	char reason[96];

	if (asked.bad || answered.bad || !(asked.telling + answered.telling))
		return;
	snprintf(reason, sizeof(reason), "messages in a row: %u of a client, %u of a server",
		 asked.messages, answered.messages);
	if (both && asked.telling && answered.telling)
		tell(verdict, SCORE_BOTH, client, reason);
	else if (both || asked.messages + answered.messages >= MESSAGES_MIN)
		tell(verdict, SCORE_MANY, client, reason);
	else if (asked.telling && (asked.first == 'Q' || asked.first == 'P') &&
		 (asked.first_whole || !sample->midstream))
		tell(verdict, SCORE_ONE, client, reason);
}

void pgsql_infer(const struct sample *sample, struct verdict *verdict)
{
	for (int client = 0; client < 2; client++) {
		struct span asked = sample->bytes[client];

		if (sample->midstream ? pgsql_is_startup(asked) : begins_startup(asked))
			tell(verdict, SCORE_STARTUP, client, "a startup packet of protocol 3");
		else if (!sample->midstream && first_code(asked))
			tell(verdict, SCORE_SSL, client, "a request for TLS, GSS or a cancel");
		else
			look_at_messages(sample, verdict, client);
	}
}
