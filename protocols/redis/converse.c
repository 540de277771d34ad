/* SPDX-License-Identifier: BSD-2-Clause */
#include <strings.h>

#include "protocols/redis/state.h"

/* Kinds of subscriptions; the first two are counted together. */
#define SUBSCRIPTION_SHARD 2
/* More than any server has. */
#define SUBSCRIPTIONS_MAX 1000000000

/*
 * Which reply belongs to which request. Redis answers in order, with one reply for each request;
 * this file knows the exceptions.
 */

/* ---- requests ---- */

static bool args_begin(const struct redis_message *m, const char *text)
{
	struct span args = request_args(m);
	size_t len = strlen(text);

	return args.len >= len && strncasecmp(args.data, text, len) == 0;
}

/* CLIENT REPLY ON|OFF|SKIP: only ON is answered. */
static const char *take_client_reply(struct redis *r, const struct redis_message *m,
				     const char *unanswered)
{
	if (!span_is(request_command(m), "CLIENT REPLY"))
		return unanswered;
	if (args_begin(m, "[\"ON\"]")) {
		r->replies_off = false;
		return NULL;
	}
	if (args_begin(m, "[\"OFF\"]")) {
		r->replies_off = true;
		return "CLIENT REPLY OFF is not answered";
	}
	if (args_begin(m, "[\"SKIP\"]")) {
		r->skip_next = !r->replies_off;
		return "CLIENT REPLY SKIP is not answered";
	}
	return unanswered;
}

/* Why the request gets no reply; NULL when it does. */
static const char *reply_expected(struct redis *r, const struct redis_message *m)
{
	const char *unanswered = NULL;

	if (r->replies_off)
		unanswered = "replies are off (CLIENT REPLY OFF)";
	else if (r->skip_next)
		unanswered = "no reply was wanted (CLIENT REPLY SKIP)";
	r->skip_next = false;
	switch (m->trait) {
	case TRAIT_CLIENT:
		return r->transaction ? unanswered : take_client_reply(r, m, unanswered);
	case TRAIT_RESET:
		r->replies_off = false;
		r->transaction = false;
		return NULL;
	case TRAIT_MULTI:
		r->transaction = true;
		break;
	case TRAIT_EXEC:
		r->transaction = false;
		break;
	case TRAIT_MONITOR:
		r->monitor = true;
		break;
	case TRAIT_SYNC:
		r->scan[SIDE_SERVER].rdb = RDB_EXPECTED;
		break;
	case TRAIT_REPLCONF:
		if (args_begin(m, "[\"ACK\",")) {
			r->replica = true;
			return "a replica's REPLCONF ACK is not answered";
		}
		break;
	default:
		break;
	}
	return unanswered;
}

static unsigned kind_of(enum redis_trait trait)
{
	return (unsigned)(trait - TRAIT_SUBSCRIBE) % SUBSCRIPTION_KINDS;
}

static bool is_subscription(enum redis_trait trait)
{
	return trait >= TRAIT_SUBSCRIBE && trait <= TRAIT_SUNSUBSCRIBE;
}

/* So many confirmations a request gets: one for each channel; UNSUBSCRIBE alone means them all. */
static int64_t confirmations_of(const struct redis *r, const struct redis_message *request)
{
	int64_t all = r->subscribed[kind_of(request->trait)];

	if (request->words > 1)
		return (int64_t)request->words - 1;
	return all > 0 ? all : 1;
}

/* In a transaction a subscription is confirmed in the array that answers EXEC. */
static void take_transaction(struct redis *r, struct redis_message *m)
{
	if (m->trait == TRAIT_MULTI) {
		r->uncounted = 0;
		r->asks_secret = false;
	} else if (m->trait == TRAIT_EXEC) {
		m->uncounted = r->uncounted;
		r->counted_short |= m->uncounted > 0;
		if (r->asks_secret)
			m->secret.rule = SECRET_REPLY;
	} else if (r->transaction && m->secret.rule >= SECRET_PAIRS) {
		r->asks_secret = true;
	} else if (r->transaction && is_subscription(m->trait)) {
		r->uncounted += (uint64_t)confirmations_of(r, m) - 1;
	}
}

void redis_take_request(struct redis *r, struct redis_message *m)
{
	r->doubt = DOUBT_NONE;
	r->asked = true;
	take_transaction(r, m);
	m->unanswered = reply_expected(r, m);
	if (m->unanswered)
		matcher_push(r->matcher, &m->base);
	else
		matcher_request(r->matcher, &m->base);
}

/* ---- what the server sends unasked ---- */

struct push {
	const char *name;	   /* its first element */
	int64_t count;		   /* of elements */
	enum redis_trait confirms; /* the request that it is one of the confirmations of */
};

/* "Pub/sub: format of pushed messages". */
static const struct push pushes[] = {
	{"message", 3, TRAIT_NONE},
	{"pmessage", 4, TRAIT_NONE},
	{"smessage", 3, TRAIT_NONE},
	{"subscribe", 3, TRAIT_SUBSCRIBE},
	{"psubscribe", 3, TRAIT_PSUBSCRIBE},
	{"ssubscribe", 3, TRAIT_SSUBSCRIBE},
	{"unsubscribe", 3, TRAIT_UNSUBSCRIBE},
	{"punsubscribe", 3, TRAIT_PUNSUBSCRIBE},
	{"sunsubscribe", 3, TRAIT_SUNSUBSCRIBE},
};

/* The plain string with which an array begins; empty when it begins with something else. */
static struct span first_element(const struct redis_message *m)
{
	struct span json = span_of(m->base.text.data, m->split);
	const char *end;

	if (json.len < 4 || json.data[0] != '[' || json.data[1] != '"')
		return span_of(NULL, 0);
	end = memchr(json.data + 2, '"', json.len - 2);
	if (!end || memchr(json.data, '\\', (size_t)(end - json.data)))
		return span_of(NULL, 0);
	return span_of(json.data + 2, (size_t)(end - json.data) - 2);
}

static const struct push *find_push(const struct redis_message *m, int64_t count)
{
	struct span name = first_element(m);

	for (size_t i = 0; i < sizeof(pushes) / sizeof(pushes[0]); i++)
		if (pushes[i].count == count && span_is(name, pushes[i].name))
			return &pushes[i];
	return NULL;
}

static const struct redis_message *oldest(const struct redis *r)
{
	return (const struct redis_message *)matcher_oldest(r->matcher);
}

uint64_t redis_uncounted_of_oldest(const struct redis *r)
{
	const struct redis_message *request = oldest(r);

	return request && request->trait == TRAIT_EXEC ? request->uncounted : 0;
}

static bool is_subscribed(const struct redis *r)
{
	return r->subscribed[0] || r->subscribed[1] || r->subscribed[2];
}

/*
 * RESP2 has no type for pushes. An array that looks like one is a push unless a request waits
 * that may well be answered with such an array: while subscribed, few commands are allowed.
 */
static bool may_be_push(const struct redis *r)
{
	const struct redis_message *request = oldest(r);

	return is_subscribed(r) || !request ||
	       (request->trait >= TRAIT_SUBSCRIBE && request->trait <= TRAIT_RESET);
}

/* "1339518083.107412 [0 127.0.0.1:60866] "keys" "*"" */
static bool is_monitor_line(const struct redis_message *m)
{
	struct span json = span_of(m->base.text.data, m->split);
	size_t at = 1;

	while (at < json.len && json.data[at] >= '0' && json.data[at] <= '9')
		at++;
	if (at == 1 || at == json.len || json.data[at++] != '.')
		return false;
	while (at < json.len && json.data[at] >= '0' && json.data[at] <= '9')
		at++;
	return json.len - at > 2 && memcmp(json.data + at, " [", 2) == 0;
}

static void send_push(struct redis *r, struct redis_message *m, struct span name)
{
	m->push = name.len ? name : span_text("push");
	matcher_push(r->matcher, &m->base);
}

/* ---- confirmations of (P|S)(UN)SUBSCRIBE ---- */

/* The last element counts what is subscribed: shard channels apart, channels and patterns as one.
 */
static void count_subscriptions(struct redis *r, const struct redis_message *m,
				enum redis_trait trait)
{
	const char *json = m->base.text.data;
	unsigned kind = kind_of(trait);
	int64_t others = kind == SUBSCRIPTION_SHARD ? 0 : r->subscribed[1 - kind];
	int64_t total = 0, scale = 1;

	for (size_t at = m->split - 1; at && scale < SUBSCRIPTIONS_MAX; at--, scale *= 10) {
		char digit = json[at - 1];

		if (digit < '0' || digit > '9')
			break;
		total += (digit - '0') * scale;
	}
	r->subscribed[kind] = total > others ? total - others : 0;
}

/*
 * The first confirmation answers the request; the others are shown as pushes, so that every
 * channel has its record.
 */
static void take_confirmation(struct redis *r, struct redis_message *m, const struct push *push)
{
	const struct redis_message *request = oldest(r);
	bool answers = false;

	if (r->confirmations > 0 && r->confirming == push->confirms) {
		r->confirmations--;
	} else if (request && request->trait == push->confirms) {
		r->confirming = push->confirms;
		r->confirmations = confirmations_of(r, request) - 1;
		answers = true;
	}
	count_subscriptions(r, m, push->confirms);
	if (answers)
		matcher_response(r->matcher, &m->base);
	else
		send_push(r, m, span_text(push->name));
}

/* ---- replies ---- */

/*
 * From the middle on, before anything was asked: an array of strings that begins with a command is
 * what a master sends its replicas.
 */
static bool is_replicated(const struct redis *r, const struct redis_message *m)
{
	return !r->asked && session_midstream(r->session) && redis_command_known(first_element(m));
}

/* True when the message was a push, and is given out. */
static bool take_push(struct redis *r, struct redis_message *m)
{
	const struct push *push;

	if (r->render.type == RESP_ARRAY && (r->replica || is_replicated(r, m))) {
		send_push(r, m, span_text("replication"));
		return true;
	}
	if (r->render.type == RESP_SIMPLE && is_monitor_line(m) && (r->monitor || !oldest(r))) {
		send_push(r, m, span_text("monitor"));
		return true;
	}
	if (r->render.type != RESP_PUSH && (r->render.type != RESP_ARRAY || !may_be_push(r)))
		return false;
	push = find_push(m, r->render.count);
	if (push && push->confirms)
		take_confirmation(r, m, push);
	else if (push || r->render.type == RESP_PUSH)
		send_push(r, m, first_element(m));
	else
		return false;
	return true;
}

static bool reply_begins(const struct redis_message *m, const char *text)
{
	size_t len = strlen(text);

	return m->split > len && memcmp(m->base.text.data + 1, text, len) == 0;
}

/* PSYNC is answered +FULLRESYNC, and a snapshot follows, or +CONTINUE; then come commands. */
static void take_sync_reply(struct redis *r, const struct redis_message *m)
{
	const struct redis_message *request = oldest(r);
	bool full = reply_begins(m, "FULLRESYNC ");

	if (m->error)
		r->scan[SIDE_SERVER].rdb = RDB_NONE;
	if (r->render.type != RESP_SIMPLE || (request && request->trait != TRAIT_PSYNC))
		return;
	if (full)
		r->scan[SIDE_SERVER].rdb = RDB_EXPECTED;
	if (full || (request && reply_begins(m, "CONTINUE")))
		r->replica = true;
}

/* Pushes end when the server says so, not when the client asks for it. */
static void take_reset_reply(struct redis *r)
{
	const struct redis_message *request = oldest(r);

	if (!request || request->trait != TRAIT_RESET)
		return;
	r->monitor = false;
	memset(r->subscribed, 0, sizeof(r->subscribed));
}

static void take_snapshot(struct redis *r, struct redis_message *m)
{
	const struct redis_message *request = oldest(r);

	r->replica = true;
	if (request && request->trait == TRAIT_SYNC)
		matcher_response(r->matcher, &m->base);
	else
		send_push(r, m, span_text("rdb"));
}

void redis_take_reply(struct redis *r, struct redis_message *m)
{
	if (m->snapshot) {
		take_snapshot(r, m);
		return;
	}
	if (take_push(r, m))
		return;
	if (m->error && !r->asked && !session_midstream(r->session)) {
		/* Turned away before it could ask: too many clients, protected mode. */
		send_push(r, m, span_text("error"));
		return;
	}
	r->asked = true; /* or else this reply would not be */
	take_sync_reply(r, m);
	take_reset_reply(r);
	if (r->doubt == DOUBT_REST) {
		matcher_discard(r->matcher, &m->base);
		return;
	}
	if (r->doubt == DOUBT_FIRST) {
		m->base.partial = true;
		r->doubt = DOUBT_REST;
	}
	matcher_response(r->matcher, &m->base);
}
