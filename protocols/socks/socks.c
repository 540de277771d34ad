/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/socks/socks.h"

#include <stdio.h>
#include <stdlib.h>

#include "format/pack.h"
#include "protocols/engine/budget.h"

#define SOCKS_COLUMNS(X)                                                                           \
	X(VERSION, "version", "BIGINT", "", "4 or 5")                                              \
	X(COMMAND, "command", "TEXT", "", "connect, bind or udp_associate; null when unknown")     \
	X(TARGET, "target", "TEXT", "", "where to, as the client said: an address or a name")      \
	X(METHOD, "method", "TEXT", "", "version 5: how the client was authenticated")             \
	X(USER, "user", "TEXT", "", "the user's name, where it was sent in clear")                 \
	X(CODE, "code", "BIGINT", "", "of the reply")                                              \
	X(REPLY, "reply", "TEXT", "", "what it means")                                             \
	X(BOUND, "bound", "TEXT", "", "the proxy's own end of the connection to the target")

enum {
#define SOCKS_COLUMN_ENUM(id, name, sql, unit, help) SOCKS_COLUMN_##id,
	SOCKS_COLUMNS(SOCKS_COLUMN_ENUM)
#undef SOCKS_COLUMN_ENUM
	SOCKS_COLUMN_COUNT
};

static const struct column columns[] = {
#define SOCKS_COLUMN_ROW(id, name, sql, unit, help) {name, sql, unit, help},
	SOCKS_COLUMNS(SOCKS_COLUMN_ROW)
#undef SOCKS_COLUMN_ROW
};

/* What a name or a path may have: a length of one byte, and the same with its port. */
#define NAME_MAX_LEN	255
#define TARGET_TEXT	(NAME_MAX_LEN + 8)
#define V4_USER_MAX	512
#define METHOD_OPEN	0
#define METHOD_NONE	0xff
#define METHOD_USER	2
#define V4_GRANTED	90
#define COMMAND_CONNECT 1
#define COMMAND_BIND	2

/* What comes next; the two sides take turns. */
enum step {
	STEP_HELLO,  /* the client's methods, or a request of version 4 */
	STEP_METHOD, /* the server's choice */
	STEP_USER,   /* name and password */
	STEP_USER_REPLY,
	STEP_REQUEST,
	STEP_REPLY,
	STEP_OVER, /* nothing more of this protocol */
};

struct socks_state {
	struct session *session;
	enum step step;
	bool asked;	 /* a request, or its beginning, was seen: a record will tell of it */
	bool bound_once; /* BIND has two replies */
	unsigned version;
	unsigned command;
	int method; /* -1: none yet */
	int64_t first;
	int64_t last;
	uint64_t position;
	char target[TARGET_TEXT];
	char user[V4_USER_MAX];
};

static void describe(const struct value *values, struct buffer *out)
{
	buffer_append_text(out, "SOCKS ");
	buffer_append_span(out, values[SOCKS_COLUMN_COMMAND].text);
	buffer_append_char(out, ' ');
	buffer_append_span(out, values[SOCKS_COLUMN_TARGET].text);
	if (values[SOCKS_COLUMN_REPLY].type == VALUE_TEXT) {
		buffer_append_text(out, " -> ");
		buffer_append_span(out, values[SOCKS_COLUMN_REPLY].text);
	}
}

static const struct table socks_table = {
	.name = "socks",
	.summary = "requests to SOCKS proxies, before connections of other protocols",
	.columns = columns,
	.column_count = SOCKS_COLUMN_COUNT,
	.describe = describe,
};

/* ---- the parts of messages ---- */

/* An address and a port (RFC 1928, section 5), as text. False when it is none. */
static bool take_address(struct cursor *c, char text[static TARGET_TEXT])
{
	struct address a = {0};
	struct span name;
	const uint8_t *ip;

	switch (cursor_u8(c)) {
	case 1:
		a.family = ADDRESS_INET4;
		ip = cursor_take(c, 4);
		if (ip)
			memcpy(a.ip, ip, 4);
		break;
	case 3:
		name = cursor_span(c, cursor_u8(c));
		snprintf(text, TARGET_TEXT, "%.*s:%u", (int)name.len, name.data, cursor_be16(c));
		return true;
	case 4:
		a.family = ADDRESS_INET6;
		ip = cursor_take(c, 16);
		if (ip)
			memcpy(a.ip, ip, 16);
		break;
	default:
		return c->failed;
	}
	a.port = cursor_be16(c);
	address_text(&a, text);
	return true;
}

/* A request of version 4 behind its first byte; 4A has a name where the address is 0.0.0.x. */
static bool take_v4(struct cursor *c, struct socks_state *st)
{
	struct address a = {.family = ADDRESS_INET4};
	const uint8_t *ip;
	struct span user, name;
	bool named;

	st->command = cursor_u8(c);
	a.port = cursor_be16(c);
	ip = cursor_take(c, 4);
	if (!ip)
		return false;
	memcpy(a.ip, ip, 4);
	user = cursor_until(c, 0);
	snprintf(st->user, sizeof(st->user), "%.*s", (int)user.len, user.len ? user.data : "");
	named = !a.ip[0] && !a.ip[1] && !a.ip[2] && a.ip[3];
	name = named ? cursor_until(c, 0) : (struct span){0};
	if (named)
		snprintf(st->target, sizeof(st->target), "%.*s:%u", (int)name.len,
			 name.len ? name.data : "", a.port);
	else
		address_text(&a, st->target);
	return (st->command == COMMAND_CONNECT || st->command == COMMAND_BIND) &&
	       user.len < V4_USER_MAX && name.len <= NAME_MAX_LEN;
}

/* Reads what is expected from SIDE; false when it is something else. C fails when it isn't whole.
 */
static bool take(struct cursor *c, struct socks_state *st, enum side side, unsigned *code,
		 char bound[static TARGET_TEXT])
{
	unsigned version = cursor_u8(c);
	struct span text;

	switch (st->step) {
	case STEP_HELLO:
		st->version = version;
		if (version == 4)
			return take_v4(c, st);
		text = cursor_span(c, cursor_u8(c));
		return version == 5 && (text.len || c->failed);
	case STEP_METHOD:
		st->method = cursor_u8(c);
		return version == 5;
	case STEP_USER:
		text = cursor_span(c, cursor_u8(c));
		snprintf(st->user, sizeof(st->user), "%.*s", (int)text.len,
			 text.len ? text.data : "");
		cursor_span(c, cursor_u8(c));
		return version == 1;
	case STEP_USER_REPLY:
		*code = cursor_u8(c);
		return version == 1;
	case STEP_REQUEST:
		st->command = cursor_u8(c);
		cursor_u8(c);
		return take_address(c, st->target) && version == 5;
	case STEP_REPLY:
		*code = cursor_u8(c);
		if (st->version == 5) {
			cursor_u8(c);
			return take_address(c, bound) && version == 5;
		}
		cursor_skip(c, 6);
		return version == 0;
	case STEP_OVER:
		break;
	}
	(void)side;
	return false;
}

static enum side speaker(enum step step)
{
	return step == STEP_HELLO || step == STEP_USER || step == STEP_REQUEST ? SIDE_CLIENT
									       : SIDE_SERVER;
}

/* ---- records ---- */

static const char *reply_text(unsigned version, unsigned code)
{
	static const char *const v5[] = {
		"succeeded",	       "general failure",	"not allowed by rules",
		"network unreachable", "host unreachable",	"connection refused",
		"TTL expired",	       "command not supported", "address type not supported",
	};
	static const char *const v4[] = {"granted", "rejected or failed", "no identd at the client",
					 "identd says another user"};

	if (version == 5)
		return code < sizeof(v5) / sizeof(v5[0]) ? v5[code] : "unassigned";
	return code >= V4_GRANTED && code < V4_GRANTED + 4 ? v4[code - V4_GRANTED] : "unassigned";
}

static struct value method_value(int method)
{
	switch (method) {
	case -1:
		return (struct value){0};
	case METHOD_OPEN:
		return value_text(span_text("none"));
	case 1:
		return value_text(span_text("gssapi"));
	case METHOD_USER:
		return value_text(span_text("user_password"));
	case METHOD_NONE:
		return value_text(span_text("none_acceptable"));
	default:
		return value_text(span_text("other"));
	}
}

/* FRAME: the reply, or NULL. */
static void emit(struct socks_state *st, const struct frame *frame, enum outcome outcome,
		 const unsigned *code, const char *bound)
{
	static const char *const commands[] = {"", "connect", "bind", "udp_associate"};
	struct value values[SOCKS_COLUMN_COUNT] = {0};
	const struct record record = {
		.table = &socks_table,
		.outcome = outcome,
		.request_first = st->first,
		.request_last = st->last,
		.response_first = frame ? frame->ts_first : TIME_UNKNOWN,
		.response_last = frame ? frame->ts_last : TIME_UNKNOWN,
		.side = SIDE_CLIENT,
		.position = st->position,
		.values = values,
	};

	values[SOCKS_COLUMN_VERSION] = value_int(st->version);
	if (st->command >= 1 && st->command <= 3)
		values[SOCKS_COLUMN_COMMAND] = value_text(span_text(commands[st->command]));
	if (*st->target)
		values[SOCKS_COLUMN_TARGET] = value_text(span_text(st->target));
	values[SOCKS_COLUMN_METHOD] = method_value(st->method);
	if (*st->user)
		values[SOCKS_COLUMN_USER] = value_text(span_text(st->user));
	if (code) {
		values[SOCKS_COLUMN_CODE] = value_int(*code);
		values[SOCKS_COLUMN_REPLY] = value_text(span_text(reply_text(st->version, *code)));
	}
	if (bound && *bound)
		values[SOCKS_COLUMN_BOUND] = value_text(span_text(bound));
	session_emit(st->session, &record);
	st->asked = false;
}

/* ---- what the engine calls ---- */

static void *open_state(struct session *s)
{
	struct socks_state *st = calloc(1, sizeof(*st));

	if (!st)
		return NULL;
	budget_add(session_budget(s), sizeof(*st));
	st->session = s;
	st->method = -1;
	return st;
}

static void close_state(void *state)
{
	struct socks_state *st = state;

	budget_give(session_budget(st->session), sizeof(*st));
	free(st);
}

static enum frame_status frame(const void *state, enum side side, const struct cursor *in,
			       struct frame *frame)
{
	struct socks_state copy = *(const struct socks_state *)state;
	struct cursor c = *in;
	char bound[TARGET_TEXT];
	unsigned code;
	bool fits;

	if (copy.step != STEP_OVER && side != speaker(copy.step))
		return FRAME_HOLD;
	fits = take(&c, &copy, side, &code, bound);
	if (c.failed)
		return cursor_left(in) > V4_USER_MAX + NAME_MAX_LEN + 16 ? FRAME_BAD : FRAME_MORE;
	frame->len = cursor_position(&c);
	return fits ? FRAME_DONE : FRAME_BAD;
}

static bool resync(void *state, enum side side, struct cursor *in)
{
	(void)state;
	(void)side;
	in->pos = in->end;
	return false;
}

/* The proxy has answered the request. */
static void take_reply(struct socks_state *st, const struct frame *frame, unsigned code,
		       const char *bound)
{
	bool good = code == (st->version == 5 ? 0 : V4_GRANTED);
	bool again = good && st->command == COMMAND_BIND && !st->bound_once;

	if (again) {
		st->bound_once = true;
		st->step = STEP_REPLY;
		return;
	}
	emit(st, frame, good ? OUTCOME_OK : OUTCOME_ERROR, &code, bound);
	session_switch(st->session, NULL);
}

static void message(void *state, const struct frame *frame)
{
	struct socks_state *st = state;
	struct cursor c = cursor_of(frame->data, frame->available);
	char bound[TARGET_TEXT] = "";
	enum step step = st->step;
	unsigned code = 0;

	if (!st->asked) {
		st->asked = true;
		st->first = frame->ts_first;
		st->position = frame->offset;
	}
	if (frame->side == SIDE_CLIENT)
		st->last = frame->ts_last;
	if (!take(&c, st, frame->side, &code, bound) || c.failed) {
		st->step = STEP_OVER;
		return;
	}
	switch (step) {
	case STEP_HELLO:
		st->step = st->version == 4 ? STEP_REPLY : STEP_METHOD;
		break;
	case STEP_METHOD:
		st->step = st->method == METHOD_USER ? STEP_USER : STEP_REQUEST;
		if (st->method == METHOD_NONE)
			emit(st, frame, OUTCOME_ERROR, NULL, NULL);
		break;
	case STEP_USER:
		st->step = STEP_USER_REPLY;
		break;
	case STEP_USER_REPLY:
		st->step = STEP_REQUEST;
		if (code)
			emit(st, frame, OUTCOME_ERROR, NULL, NULL);
		break;
	case STEP_REQUEST:
		st->step = STEP_REPLY;
		break;
	case STEP_REPLY:
		take_reply(st, frame, code, bound);
		break;
	case STEP_OVER:
		break;
	}
}

/* The turns are lost: what comes next is anybody's guess. */
static void lost(void *state, enum side side, uint64_t missing)
{
	struct socks_state *st = state;

	(void)side;
	(void)missing;
	if (st->asked)
		emit(st, NULL, OUTCOME_PARTIAL, NULL, NULL);
	st->step = STEP_OVER;
	session_switch(st->session, NULL);
}

static void finish(void *state)
{
	struct socks_state *st = state;
	/* What other methods say, and how they hide what comes behind, isn't read. */
	bool hidden = st->step == STEP_REQUEST && st->method != METHOD_OPEN &&
		      st->method != METHOD_USER;

	if (st->asked)
		emit(st, NULL, hidden ? OUTCOME_PARTIAL : OUTCOME_UNANSWERED, NULL, NULL);
}

/* ---- putting aside ---- */

static bool pack(const void *state, struct buffer *out)
{
	struct socks_state copy = *(const struct socks_state *)state;

	copy.session = NULL;
	buffer_append(out, &copy, sizeof(copy));
	return true;
}

static bool unpack(void *state, struct unpack *in)
{
	struct socks_state *st = state;
	struct session *session = st->session;

	unpack_bytes(in, st, sizeof(*st));
	st->session = session;
	return true;
}

/* ---- inference ---- */

/* RFC 1928 3 and its registry: 0x0a to 0x7f are nobody's yet, from 0x80 on they are private. */
static bool is_assigned(uint8_t method)
{
	return method < 0x0a || method >= 0x80;
}

/* Both sides' first messages, or the client's alone. */
static int score_of(struct span asks, struct span answers)
{
	struct socks_state st = {.method = -1};
	struct cursor c = cursor_of(asks.data, asks.len);
	char bound[TARGET_TEXT];
	unsigned code;

	if (!take(&c, &st, SIDE_CLIENT, &code, bound) || c.failed)
		return 0;
	/* The client waits: nothing may follow its first message before the answer. */
	if (!answers.len)
		return cursor_left(&c) ? 0 : 40;
	if (st.version == 4)
		return answers.len >= 2 && answers.data[0] == 0 &&
				       (uint8_t)answers.data[1] >= V4_GRANTED &&
				       (uint8_t)answers.data[1] < V4_GRANTED + 4
			       ? 90
			       : 0;
	if (answers.data[0] != 5)
		return 0;
	if (answers.len < 2)
		return 40;
	if ((uint8_t)answers.data[1] == METHOD_NONE)
		return INFER_CERTAIN;
	if (!is_assigned((uint8_t)answers.data[1]))
		return 0;
	return memchr(asks.data + 2, answers.data[1], (uint8_t)asks.data[1]) ? 90 : 0;
}

static void infer(const struct sample *sample, struct verdict *verdict)
{
	if (!sample->began || sample->resampled)
		return;
	verdict->score = score_of(sample->bytes[sample->first],
				  sample->bytes[direction_opposite(sample->first)]);
	if (!verdict->score)
		return;
	verdict->role = sample->first == DIRECTION_SENT ? ROLE_CLIENT : ROLE_SERVER;
	snprintf(verdict->reason, sizeof(verdict->reason), "begins with a message of SOCKS %d%s",
		 sample->bytes[sample->first].data[0],
		 verdict->score > 40 ? ", and its answer" : "");
}

static const struct table *const tables[] = {&socks_table, NULL};
static const uint16_t ports[] = {1080, 0};

const struct protocol protocol_socks = {
	.name = "socks",
	.summary = "SOCKS 4, 4A and 5, in front of other protocols",
	.tables = tables,
	.ports = ports,
	.stream = true,
	.infer = infer,
	.open = open_state,
	.close = close_state,
	.framing =
		{
			.frame = frame,
			.resync = resync,
			.message = message,
			.lost = lost,
		},
	.finish = finish,
	.pack = pack,
	.unpack = unpack,
};
