/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the recorder makes of conversations over TLS by chance: connections with and without a
 * ClientHello, libraries' objects that are known by each of the signs there are, plaintext that
 * agrees with the wire, is more or is less; and what waits, at the borders of what may. Held by
 * tests/unit/record_tls_sweep.txt as in record_sweep_test.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <linux/types.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/event.h"
#include "record/tls_secret.h"
#include "record/tls_tie.h"
#include "record/tls_wire.h"
#include "tests/unit/event_text.h"
#include "tests/unit/fnv.h"
#include "tests/unit/held.h"

#define COUNT(a)       (sizeof(a) / sizeof((a)[0]))
#define SECOND	       INT64_C(1000000000)
#define LINES	       3
#define STEPS	       70
#define RECORD_LEN_MAX (TLS_HEADER_LEN + 20000)

/* By which sign an object's connection is known. */
enum sign {
	BY_RANDOM,
	BY_SOCKET,
	BY_NAME,
	BY_OWN_NAME,
	BY_RECORD,
	BY_ORDER,
	SIGNS
};

/* A connection, and the object whose plaintext it carries. */
struct line {
	uint64_t conn;
	uint32_t pid;
	enum sign sign;
	bool client;
	bool has_hello; /* else it is older than the recording */
	bool nested;	/* calls use the socket themselves */
	uint8_t seed;	/* of the client random */
	uint8_t added;	/* by the cipher to each record */
	size_t hello_at;
	uint64_t wire[2];
	uint64_t plain[2];
	uint64_t sessions[2]; /* 0: there is none yet */
	uint8_t tag;	      /* of the last record */
};

struct world {
	struct tls_ties *ties;
	struct line lines[LINES];
	struct buffer text;
	uint64_t hash;
	uint32_t random;
	int64_t now;
	uint64_t sessions;
	bool all_hooked;
	bool silent; /* what is told isn't looked at */
};

/* Less than END, which is small. */
static uint32_t chance(struct world *w, uint32_t end)
{
	w->random = w->random * 1664525 + 1013904223;
	return (w->random >> 12) % end;
}

static void note(struct world *w, uint64_t number)
{
	w->hash = fnv_bytes(w->hash, span_of(&number, sizeof(number)));
}

static void take(void *context, const struct event *event)
{
	struct world *w = context;

	if (w->silent)
		return;
	buffer_clear(&w->text);
	event_text(&w->text, event);
	w->hash = fnv_bytes(w->hash, buffer_span(&w->text));
}

static void tied(void *context, uint64_t conn, enum direction direction, bool yes)
{
	note(context, conn << 3 | (uint64_t)direction << 1 | yes);
}

static void uses(void *context, uint32_t pid, int64_t ts)
{
	note(context, pid);
	note(context, (uint64_t)ts);
}

static bool is_hooked(void *context, uint32_t pid)
{
	const struct world *w = context;

	return w->all_hooked || pid % 2;
}

static void calls(void *context, uint32_t pid, uint32_t library, int64_t ts)
{
	note(context, (uint64_t)library << 32 | pid);
	note(context, (uint64_t)ts);
}

/* ---- what happens ---- */

static void wire(struct world *w, const struct line *l, enum direction d, uint64_t at,
		 const char *bytes, size_t captured, size_t len)
{
	const struct event event = {
		.type = EVENT_DATA,
		.ts = w->now += 1000,
		.data = {.conn = l->conn,
			 .offset = at,
			 .len = len,
			 .payload = span_of(bytes, captured),
			 .pid = l->pid,
			 .tid = l->pid + l->seed % 2,
			 .fd = 5,
			 .direction = d,
			 .begin_ts = at % 3 ? 0 : w->now - 1,
			 .cut = captured < len ? CUT_PRESSURE : CUT_NONE},
	};

	tls_tie_event(w->ties, &event);
}

static void hello(struct world *w, struct line *l)
{
	char bytes[64] = {22, 3, 1, 0, 59, 1, 0, 0, 55, 3, 3};
	size_t len = chance(w, 2) ? sizeof(bytes) - l->hello_at
				  : 1 + chance(w, (uint32_t)(sizeof(bytes) - l->hello_at));
	enum direction d = l->client ? DIRECTION_SENT : DIRECTION_RECEIVED;

	memset(bytes + 11, l->seed, EVENT_RANDOM_LEN);
	/* Sometimes it is none after all, or a part of it is missing. */
	if (chance(w, 24) == 0)
		bytes[l->hello_at + chance(w, (uint32_t)len)] ^= 0x40;
	wire(w, l, d, l->wire[d], bytes + l->hello_at, chance(w, 24) ? len : len / 2, len);
	l->hello_at += len;
	l->wire[d] += len;
}

/* A record of TYPE with a body of LEN bytes, in pieces, or not all of it copied. */
static void record(struct world *w, struct line *l, enum direction d, uint8_t type, size_t len)
{
	static char bytes[RECORD_LEN_MAX];
	size_t whole = len + TLS_HEADER_LEN, pieces = chance(w, 4) ? 1 : 1 + chance(w, 3);

	assert_true(whole <= sizeof(bytes));
	memset(bytes, 'x', whole);
	memcpy(bytes, (char[]){(char)type, 3, 3, (char)(len >> 8), (char)len}, TLS_HEADER_LEN);
	l->tag++;
	if (len >= TLS_TAG_LEN)
		memset(bytes + whole - TLS_TAG_LEN, l->tag, TLS_TAG_LEN);
	for (size_t at = 0, i = 0; i < pieces; i++) {
		size_t n = i + 1 == pieces
				   ? whole - at
				   : chance(w, (uint32_t)(whole - at < 40 ? whole - at : 40));
		size_t captured = chance(w, 10) ? n : chance(w, (uint32_t)n + 1);

		wire(w, l, d, l->wire[d], bytes + at, captured, n);
		l->wire[d] += n;
		at += n;
	}
}

static void plain(struct world *w, struct line *l, enum direction d, size_t len)
{
	static char bytes[RECORD_LEN_MAX];
	const struct event event = {
		.type = EVENT_DATA,
		.ts = w->now += 1000,
		.data = {.conn = l->sessions[d],
			 .offset = l->plain[d],
			 .len = len,
			 .payload = span_of(bytes, len),
			 .pid = l->pid,
			 .tid = l->pid + l->seed % 2,
			 .fd = -1,
			 .call = d == DIRECTION_SENT ? CALL_SSL_WRITE : CALL_SSL_READ,
			 .direction = d,
			 .layer = LAYER_TLS},
	};

	memset(bytes, 'p', len);
	l->plain[d] += len;
	if (l->sessions[d])
		tls_tie_event(w->ties, &event);
}

/* The object of a direction is seen, by L's sign; or again, when more is known of it. */
static void sight(struct world *w, struct line *l, enum direction d)
{
	bool by_record = l->sign == BY_RECORD;
	struct tls_sight s = {
		.ts = w->now += 1000,
		.object = 0x1000 * (l->conn + (by_record ? 10 * (uint64_t)d : 0)),
		.sent = l->plain[DIRECTION_SENT],
		.received = l->plain[DIRECTION_RECEIVED],
		.pid = l->pid,
		.tid = l->pid,
		.library = l->seed,
		.hooked = chance(w, 3) ? 0 : w->now - (int64_t)chance(w, 5000),
		.conn = l->sign == BY_SOCKET || l->sign == BY_NAME || l->sign == BY_OWN_NAME
				? l->conn
				: 0,
		.named = l->sign == BY_NAME || l->sign == BY_OWN_NAME,
		.own = l->sign == BY_OWN_NAME,
		.client = l->client && chance(w, 2),
		.server = !l->client && chance(w, 2),
		.one_way = by_record,
		.by_record = by_record,
		.way = d,
	};

	if (!l->sessions[d] || chance(w, 8) == 0)
		s.session = KERNEL_TLS_SESSION_FIRST + ++w->sessions;
	else
		s.session = l->sessions[d];
	if (by_record)
		memset(s.random, l->tag + (d == DIRECTION_SENT), TLS_TAG_LEN);
	else if (l->sign != BY_SOCKET || chance(w, 2))
		memset(s.random, l->seed, sizeof(s.random));
	l->sessions[d] = s.session;
	if (!by_record)
		l->sessions[!d] = s.session;
	tls_tie_sight(w->ties, &s);
}

/* A call of the library, as it should be, or with something that nobody has seen. */
static void call(struct world *w, struct line *l, enum direction d)
{
	static const size_t lens[] = {0, 1, 2, 3, 10, 40, 100, 100, 100, 300, 16383, 16384, 16385};
	size_t len = lens[chance(w, COUNT(lens))], part = len;
	bool late = d == DIRECTION_SENT && !l->nested, unseen = chance(w, 12) == 0;

	if (!l->sessions[d] && chance(w, 4))
		sight(w, l, d);
	if (chance(w, 16) == 0) /* the pool had no room */
		l->plain[d] += 1 + chance(w, 50);
	if (chance(w, 40) == 0)
		l->wire[d] += 1 + chance(w, 50);
	if (!late && chance(w, 20))
		record(w, l, d, 23, len + l->added);
	if (!unseen && d == DIRECTION_RECEIVED && len && chance(w, 3) == 0) {
		part = chance(w, (uint32_t)len);
		plain(w, l, d, len - part);
	}
	if (!unseen)
		plain(w, l, d, part);
	if (late && chance(w, 20))
		record(w, l, d, 23, len + l->added);
}

static void by_kernel(struct world *w, struct line *l, enum direction d)
{
	const struct event event = {
		.type = EVENT_DATA,
		.ts = w->now += 1000,
		.data = {.conn = l->conn,
			 .offset = l->wire[d],
			 .len = chance(w, 3) ? 5 : 0,
			 .pid = l->pid,
			 .direction = d,
			 .layer = LAYER_TLS},
	};
	struct event given = event;

	given.data.payload = span_of("hello", event.data.len);
	l->wire[d] += event.data.len;
	tls_tie_event(w->ties, &given);
}

static void secret(struct world *w, const struct line *l)
{
	struct tls_secret s = {
		.ts = w->now += 1000, .pid = l->pid + (chance(w, 3) == 0), .library = 3};

	memset(s.random, l->seed, sizeof(s.random));
	note(w, tls_tie_secret(w->ties, &s));
}

static void leave(struct world *w, struct line *l, bool process)
{
	const struct event gone = {
		.type = EVENT_PROCESS_EXIT, .ts = w->now += 1000, .process_exit = {.pid = l->pid}};
	const struct event end = {
		.type = EVENT_CLOSE, .ts = w->now += 1000, .close = {.conn = l->conn}};

	tls_tie_event(w->ties, process ? &gone : &end);
	if (process)
		return;
	l->conn += LINES;
	l->hello_at = 0;
	memset(l->wire, 0, sizeof(l->wire));
	/* The object goes on with another connection, or is gone. */
	if (chance(w, 2))
		memset(l->sessions, 0, sizeof(l->sessions));
}

static void step(struct world *w)
{
	struct line *l = &w->lines[chance(w, LINES)];
	enum direction d = chance(w, 2) ? DIRECTION_SENT : DIRECTION_RECEIVED;
	uint32_t what = chance(w, 100);

	if (l->has_hello && l->hello_at < 64 && chance(w, 8))
		hello(w, l);
	else if (what < 70)
		call(w, l, d);
	else if (what < 80)
		record(w, l, d, (uint8_t)(20 + chance(w, 6)), chance(w, 30));
	else if (what < 84)
		sight(w, l, d);
	else if (what < 88)
		secret(w, l);
	else if (what < 91)
		by_kernel(w, l, d);
	else if (what < 94)
		record(w, l, d, 23, 2u + l->added);
	else if (what < 96)
		tls_tie_turn(w->ties, w->now += SECOND * chance(w, 8));
	else
		leave(w, l, what > 98);
}

static void note_totals(struct world *w)
{
	const struct tls_tie_totals *t = tls_tie_totals(w->ties);
	const uint64_t all[] = {t->tied,  t->untied, t->dropped,  t->refused,
				t->calls, t->bytes,  t->inferred, t->missed_bytes};

	for (size_t i = 0; i < COUNT(all); i++)
		note(w, all[i]);
}

static void begin(struct world *w, uint32_t number)
{
	static const uint8_t added[] = {17, 24, 16, 9, 17, 17, 24, 33};
	struct tls_tie_options options = {
		.cut_wire = number & 1,
		.cut_all_wire = (number & 7) == 3,
		.drop_untied = (number & 15) == 8,
		.context = w,
		.tied = tied,
		.emit = take,
		.uses = number % 7 ? uses : NULL,
		.is_hooked = number % 5 ? is_hooked : NULL,
		.calls = number % 11 ? calls : NULL,
	};

	*w = (struct world){.hash = FNV_BEGIN, .random = number * 2654435761u, .now = SECOND};
	w->all_hooked = number % 3;
	w->ties = tls_tie_new(&options);
	assert_non_null(w->ties);
	for (size_t i = 0; i < LINES; i++) {
		struct line *l = &w->lines[i];

		*l = (struct line){.conn = i + 1, .pid = 100 + 2 * chance(w, 2)};
		l->sign = (enum sign)((number / 2 + (chance(w, 3) ? 0 : chance(w, SIGNS))) % SIGNS);
		l->client = chance(w, 2);
		/* Of a ClientHello that wasn't seen nothing but the order of calls tells. */
		l->has_hello = l->sign == BY_ORDER ? chance(w, 8) == 0 : chance(w, 6) != 0;
		l->nested = chance(w, 3);
		l->seed = (uint8_t)(1 + chance(w, 4));
		l->added = added[chance(w, COUNT(added))];
		l->tag = (uint8_t)(80 * i);
	}
}

static void hold_ties(struct buffer *out)
{
	struct world w;

	for (uint32_t number = 0; number < 2000; number++) {
		begin(&w, number);
		for (int i = 0; i < STEPS; i++)
			step(&w);
		tls_tie_end(w.ties, w.now);
		note_totals(&w);
		tls_tie_free(w.ties);
		buffer_free(&w.text);
		buffer_printf(out, "%08" PRIx32 "%c", (uint32_t)(w.hash ^ w.hash >> 32),
			      number % 10 == 9 ? '\n' : ' ');
	}
}

/* ---- how many may wait, and be told apart ---- */

static void tell_totals(struct world *w, const char *what, uint64_t count, struct buffer *out)
{
	const struct tls_tie_totals *t = tls_tie_totals(w->ties);

	buffer_printf(out,
		      "%s %" PRIu64 ": tied %" PRIu64 " untied %" PRIu64 " refused %" PRIu64
		      " calls %" PRIu64 " inferred %" PRIu64 "\n",
		      what, count, t->tied, t->untied, t->refused, t->calls, t->inferred);
	tls_tie_free(w->ties);
	buffer_free(&w->text);
}

static struct line *begin_alone(struct world *w, enum sign sign)
{
	begin(w, 0);
	w->silent = true;
	w->lines[0] = (struct line){
		.conn = 1, .pid = 100, .sign = sign, .client = true, .seed = 2, .added = 17};
	return &w->lines[0];
}

/* COUNT objects that nothing tells the connection of. */
static void wait_for_nothing(uint64_t count, struct buffer *out)
{
	struct world w;
	struct line *l = begin_alone(&w, BY_ORDER);

	for (uint64_t i = 0; i < count; i++) {
		l->conn = i + 1; /* by which its object is another one */
		l->sessions[0] = 0;
		sight(&w, l, DIRECTION_SENT);
	}
	tell_totals(&w, "objects", count, out);
}

/* COUNT calls of LEN bytes each, by so many OBJECTS. */
static void hold_back(uint64_t objects, uint64_t count, size_t len, struct buffer *out)
{
	struct world w;
	struct line *l = begin_alone(&w, BY_ORDER);

	for (uint64_t k = 0; k < objects; k++) {
		l->conn = k + 1;
		l->sessions[DIRECTION_RECEIVED] = 0;
		l->plain[DIRECTION_RECEIVED] = 0;
		sight(&w, l, DIRECTION_RECEIVED);
		for (uint64_t i = 0; i < count; i++)
			plain(&w, l, DIRECTION_RECEIVED, len);
	}
	buffer_printf(out, "%" PRIu64 " x %zu by ", count, len);
	tell_totals(&w, "objects", objects, out);
}

/* A record that was received, and COUNT others before its object is seen. */
static void remember(uint64_t count, struct buffer *out)
{
	char bytes[TLS_HEADER_LEN + 40] = {23, 3, 3, 0, 40};
	struct tls_sight s = {.session = KERNEL_TLS_SESSION_FIRST,
			      .object = 7,
			      .pid = 100,
			      .one_way = true,
			      .way = DIRECTION_RECEIVED,
			      .by_record = true};
	struct world w;
	struct line *l = begin_alone(&w, BY_RECORD);

	for (uint64_t i = 0; i <= count; i++) {
		memcpy(bytes + sizeof(bytes) - TLS_TAG_LEN, &i, sizeof(i));
		wire(&w, l, DIRECTION_RECEIVED, i * sizeof(bytes), bytes, sizeof(bytes),
		     sizeof(bytes));
	}
	s.ts = w.now;
	tls_tie_sight(w.ties, &s);
	tell_totals(&w, "records", count, out);
}

static void receive_as(struct world *w, struct line *l, uint32_t tid)
{
	char bytes[TLS_HEADER_LEN + 100 + 17] = {23, 3, 3, 0, 117};
	const struct event event = {.type = EVENT_DATA,
				    .ts = w->now += 1000,
				    .data = {.conn = l->conn,
					     .offset = l->wire[DIRECTION_RECEIVED],
					     .len = sizeof(bytes),
					     .payload = span_of(bytes, sizeof(bytes)),
					     .pid = l->pid,
					     .tid = tid,
					     .direction = DIRECTION_RECEIVED}};

	l->wire[DIRECTION_RECEIVED] += sizeof(bytes);
	tls_tie_event(w->ties, &event);
}

/* What a thread has read last, and COUNT others before the plaintext comes. */
static void order_threads(uint32_t count, struct buffer *out)
{
	struct world w;
	struct line *l = begin_alone(&w, BY_ORDER);

	sight(&w, l, DIRECTION_RECEIVED);
	for (int i = 0; i < 2; i++) {
		receive_as(&w, l, l->pid);
		for (uint32_t k = 0; i && k < count; k++)
			receive_as(&w, l, 1000 + k);
		plain(&w, l, DIRECTION_RECEIVED, 100);
	}
	tell_totals(&w, "threads", count, out);
}

/* COUNT connections of TLS, of which the last one's object names it. */
static void follow(uint64_t count, struct buffer *out)
{
	struct world w;
	struct line *l = begin_alone(&w, BY_NAME);

	for (l->conn = 1; l->conn <= count; l->conn++) {
		l->wire[DIRECTION_SENT] = 0;
		record(&w, l, DIRECTION_SENT, 23, 40);
	}
	l->conn = count;
	sight(&w, l, DIRECTION_SENT);
	tell_totals(&w, "connections", count, out);
}

/* An object that has waited for so long. */
static void wait_until(int64_t later, struct buffer *out)
{
	struct world w;
	struct line *l = begin_alone(&w, BY_ORDER);

	sight(&w, l, DIRECTION_SENT);
	tls_tie_turn(w.ties, w.now + later);
	tell_totals(&w, "ns", (uint64_t)later, out);
}

static void hold_limits(struct buffer *out)
{
	for (uint64_t i = 0; i < 3; i++) {
		wait_for_nothing(1023 + i, out);
		wait_for_nothing((64 << 10) - 1 + i, out);
		hold_back(1, 31 + i, 10, out);
		hold_back(1, 16, 16383 + i, out);
		hold_back(1, 17, 16383 + i, out);
		hold_back(63 + i, 16, 16384, out);
		hold_back(65, 16, 16383 + i, out);
		remember(1022 + i, out);
		order_threads((16 << 10) - 2 + (uint32_t)i, out);
		follow((128 << 10) - 1 + i, out);
		wait_until(5 * SECOND - 1 + (int64_t)i, out);
	}
}

static const struct held_section sections[] = {
	{"ties", hold_ties},
	{"limits", hold_limits},
};

int main(void)
{
	return held_run("record_tls_sweep", sections, COUNT(sections));
}
