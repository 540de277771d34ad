/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "protocols/redis/command.h"
#include "protocols/redis/redis.h"
#include "protocols/redis/scan.h"
#include "protocols/redis/state.h"

/*
 * Redis is told by structure: a request is an array of bulk strings, whose lengths must agree.
 * Lines of words (inline commands) and one-line replies prove little: NATS, POP3, memcached and
 * others have them too. So the sides are graded apart, and the score follows from both grades.
 */

/* What a client's bytes look like. */
enum asked {
	ASKED_NOTHING, /* there are none */
	ASKED_WRONG,   /* not Redis */
	ASKED_LINES,   /* lines of words, not all of them commands */
	ASKED_INLINE,  /* lines of words that are all commands of Redis */
	ASKED_HEADER,  /* the headers of a request and of its first word */
	ASKED_ARRAYS,  /* whole requests */
	ASKED_KNOWN,   /* whole requests that are all commands of Redis */
	ASKED_COUNT
};

/* What a server's bytes look like. */
enum said {
	SAID_NOTHING,
	SAID_WRONG,
	SAID_LINE,	/* one-line replies, as others have them */
	SAID_TELLTALE,	/* one-line replies that only Redis gives */
	SAID_STRUCTURE, /* strings with their length, arrays, maps */
	SAID_COUNT
};

static const uint8_t scores[ASKED_COUNT][SAID_COUNT] = {
	/*                  nothing wrong line telltale structure */
	[ASKED_NOTHING] = {0, 0, 20, 40, 80},  [ASKED_WRONG] = {0, 0, 0, 0, 0},
	[ASKED_LINES] = {0, 0, 10, 40, 70},    [ASKED_INLINE] = {25, 0, 55, 85, 90},
	[ASKED_HEADER] = {55, 20, 80, 85, 90}, [ASKED_ARRAYS] = {78, 40, 92, 94, 96},
	[ASKED_KNOWN] = {97, 45, 98, 99, 100},
};

/* A longer first word isn't a command. */
#define COMMAND_LEN_MAX 64

/* Added on a port of Redis to what is neither hopeless nor sure. */
#define PORT_BONUS 10

/* Lines that are answered by lines, as others have them, prove less where the beginning is missing.
 */
#define LINES_MIDSTREAM 40

/* Taken off when the recorder saw the other side open the connection. */
#define ROLE_MALUS 20

/*
 * Arrays of strings in one direction alone, none of them a known command, may be requests as well
 * as replies. The server never speaks first; in the middle of a connection replies are likelier.
 */
#define AMBIGUOUS	   70
#define AMBIGUOUS_LIKELIER 75

struct grade {
	struct span first; /* the first frame's first word or line, for the reason */
	unsigned frames;
	unsigned known; /* requests whose command Redis knows */
	unsigned lines;
	unsigned arrays;
	unsigned acks; /* REPLCONF ACK, which only replicas send */
	unsigned telltales;
	unsigned structures;
	bool header;
	bool mixed;   /* lines behind arrays: others quote arrays between their lines */
	bool damaged; /* what isn't Redis stands behind requests that are */
	bool wrong;
};

/* ---- the client's side ---- */

/* The first word of a request; false when not even its length is there. NULL until it is whole. */
static bool first_bulk(struct span data, struct span *word)
{
	const uint8_t *at = (const uint8_t *)data.data;
	struct resp_token token = {0};
	size_t head;

	*word = span_of(NULL, 0);
	if (resp_token(at, data.len, &token) != FRAME_DONE)
		return false;
	head = (size_t)token.size;
	if (head > data.len || resp_token(at + head, data.len - head, &token) != FRAME_DONE)
		return false;
	if (token.text.len == (uint64_t)token.number)
		*word = token.text;
	return true;
}

/* "GET / HTTP/1.1" and "INFO sip:x SIP/2.0" begin with words that are commands here too. */
static bool is_http_like(struct span line)
{
	while (line.len && (uint8_t)line.data[line.len - 1] <= ' ')
		line.len--;
	if (line.len < 8)
		return false;
	line = span_of(line.data + line.len - 8, 8);
	return memcmp(line.data, "HTTP/1.", 7) == 0 || memcmp(line.data + 1, "SIP/2.0", 7) == 0 ||
	       memcmp(line.data, "RTSP/1.0", 8) == 0;
}

/* A command of Redis, or of a module, which has a dot: JSON.SET. */
static bool is_known(struct span word)
{
	return redis_command_known(word) ||
	       (word.len < COMMAND_LEN_MAX && memchr(word.data, '.', word.len));
}

/* REPLCONF ACK, in the spelling of every replica. */
static bool is_ack(struct span data, struct span word)
{
	static const char rest[] = "\r\n$3\r\nACK\r\n";
	const char *behind = word.data + word.len;

	return span_is(word, "REPLCONF") &&
	       (size_t)(data.data + data.len - behind) >= sizeof(rest) - 1 &&
	       memcmp(behind, rest, sizeof(rest) - 1) == 0;
}

static void grade_array(struct grade *g, struct span data)
{
	struct span word;

	g->header |= first_bulk(data, &word);
	if (!word.data)
		return;
	g->arrays++;
	g->frames++;
	g->known += is_known(word);
	g->acks += is_ack(data, word);
	g->first = g->first.len ? g->first : word;
}

static void grade_line(struct grade *g, struct span data)
{
	struct span word = redis_first_word(data);

	g->frames++;
	g->lines++;
	g->mixed |= g->arrays > 0;
	g->known += redis_command_known(word) != NULL;
	g->wrong |= is_http_like(data);
	g->first = g->first.len ? g->first : word;
}

static void grade_request(struct grade *g, const struct frame *frame, struct span data)
{
	if (redis_kind_of(frame) == REDIS_INLINE)
		grade_line(g, data);
	else if (redis_kind_of(frame) == REDIS_REQUEST)
		grade_array(g, data);
}

static enum asked asked_of(const struct grade *g, size_t len)
{
	if (!len)
		return ASKED_NOTHING;
	if (g->wrong)
		return ASKED_WRONG;
	if (g->arrays && !g->mixed)
		return g->known == g->frames && !g->damaged ? ASKED_KNOWN : ASKED_ARRAYS;
	if (g->header && !g->mixed)
		return ASKED_HEADER;
	if (g->lines)
		return g->known == g->frames ? ASKED_INLINE : ASKED_LINES;
	return ASKED_NOTHING;
}

/* ---- the server's side ---- */

/* Codes that stand at the beginning of errors of Redis alone. */
static bool is_telltale(struct span line)
{
	static const char *const codes[] = {
		"+PONG",	"+QUEUED",     "+RESET",    "+FULLRESYNC", "+CONTINUE",
		"-WRONGTYPE",	"-NOAUTH",     "-MOVED",    "-ASK",	   "-WRONGPASS",
		"-CLUSTERDOWN", "-CROSSSLOT",  "-LOADING",  "-NOSCRIPT",   "-READONLY",
		"-EXECABORT",	"-MASTERDOWN", "-TRYAGAIN", "-NOPERM",	   "-BUSYGROUP",
		"-NOGROUP",	"-DENIED",     "-MISCONF",  "-NOPROTO",	   "-OOM",
	};
	struct span word = redis_first_word(line);

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (span_is(word, codes[i]))
			return true;
	return false;
}

/* Control characters stand in no one-line reply. */
static bool is_one_line(struct span line)
{
	for (size_t i = 0; i < line.len; i++)
		if ((uint8_t)line.data[i] < ' ' && line.data[i] != '\t')
			return false;
	return true;
}

static void grade_reply(struct grade *g, const struct frame *frame, struct span data)
{
	struct resp_token token;

	if (redis_kind_of(frame) == REDIS_EMPTY)
		return;
	g->frames++;
	g->first = g->first.len ? g->first : redis_first_word(data);
	if (redis_kind_of(frame) != REDIS_REPLY ||
	    resp_token((const uint8_t *)data.data, data.len, &token) != FRAME_DONE)
		return;
	if (token.type == RESP_SIMPLE || token.type == RESP_ERROR) {
		g->wrong |= !is_one_line(token.text);
		g->telltales += is_telltale(data);
	} else if (token.null || token.type == RESP_BOOLEAN || token.type == RESP_DOUBLE) {
		g->telltales++;
	} else if (token.type == RESP_BULK || token.type == RESP_VERBATIM) {
		/* The length must have been seen to be true. */
		g->structures += data.len >= token.size;
	} else if (resp_is_aggregate(token.type)) {
		g->structures += data.len == frame->len && data.len > token.size;
	}
}

/* The beginning of a frame of which more is to come: what is there was found to be in order. */
static void grade_unfinished(struct grade *g, enum side side, const struct frame *frame,
			     struct span data)
{
	struct resp_token token;

	if (side == SIDE_CLIENT) {
		if (data.data[0] == RESP_ARRAY)
			grade_array(g, data);
	} else if (resp_token((const uint8_t *)data.data, data.len, &token) == FRAME_DONE &&
		   frame->scanned > token.size && frame->scanned <= data.len) {
		g->frames++;
		g->structures++;
		g->first = g->first.len ? g->first : redis_first_word(data);
	}
}

static enum said said_of(const struct grade *g, size_t len)
{
	if (!len)
		return SAID_NOTHING;
	if (g->wrong)
		return SAID_WRONG;
	if (g->structures)
		return SAID_STRUCTURE;
	if (g->telltales)
		return SAID_TELLTALE;
	return g->frames ? SAID_LINE : SAID_NOTHING;
}

/* ---- a direction ---- */

/* After +FULLRESYNC, or where its first bytes are there: no CRLF stands behind a snapshot. */
static bool is_snapshot(struct span bytes)
{
	static const char magic[] = "\r\nREDIS00";
	size_t seen = bytes.len < 32 ? bytes.len : 32;

	return bytes.data[0] == RESP_BULK &&
	       memmem(bytes.data, seen, magic, sizeof(magic) - 1) != NULL;
}

/*
 * Whole commands of Redis and nothing else came first: what is wrong behind them is damage. Where
 * the connection BEGINS, that is: from the middle on another protocol may quote them.
 */
static void grade_wrong(struct grade *g, enum side side, bool begins)
{
	if (begins && side == SIDE_CLIENT && g->arrays && !g->lines && g->known == g->frames)
		g->damaged = true;
	else
		g->wrong = true;
}

/*
 * Cuts all frames that the sample holds. Only bytes from the middle of a connection may begin with
 * something else.
 */
static void grade_side(struct grade *g, enum side side, struct span bytes, bool midstream)
{
	struct redis_scan scan = {.side = side};
	struct cursor in = cursor_of(bytes.data, bytes.len);
	struct resp_walk memo;
	bool begins = !midstream;

	while (cursor_left(&in)) {
		struct frame frame = {.memo = &memo};
		struct span data = cursor_rest(&in);
		enum frame_status status;

		if (side == SIDE_SERVER && scan.rdb == RDB_NONE && is_snapshot(data))
			scan.rdb = RDB_EXPECTED;
		status = redis_scan_frame(&scan, in.pos, data.len, &frame);
		if (status == FRAME_BAD && midstream && !g->frames) {
			midstream = false;
			redis_scan_lost(&scan);
			cursor_skip(&in, 1);
			if (redis_scan_resync(&scan, &in))
				continue;
			return;
		}
		if (status == FRAME_BAD)
			grade_wrong(g, side, begins);
		if (status == FRAME_MORE)
			grade_unfinished(g, side, &frame, data);
		if (status != FRAME_DONE)
			return;
		if (frame.len < data.len)
			data.len = (size_t)frame.len;
		frame.data = in.pos;
		frame.available = data.len;
		redis_scan_take(&scan, &frame);
		if (side == SIDE_CLIENT)
			grade_request(g, &frame, data);
		else
			grade_reply(g, &frame, data);
		cursor_skip(&in, data.len);
	}
}

/* ---- the verdict ---- */

static const char *const asked_texts[ASKED_COUNT] = {
	[ASKED_NOTHING] = "no requests",
	[ASKED_WRONG] = "requests that are not Redis",
	[ASKED_LINES] = "lines of words",
	[ASKED_INLINE] = "inline commands",
	[ASKED_HEADER] = "the head of an array of strings",
	[ASKED_ARRAYS] = "requests as arrays of strings",
	[ASKED_KNOWN] = "known commands as arrays of strings",
};

static const char *const said_texts[SAID_COUNT] = {
	[SAID_NOTHING] = "no replies",
	[SAID_WRONG] = "replies that are not RESP",
	[SAID_LINE] = "one-line replies",
	[SAID_TELLTALE] = "one-line replies of Redis",
	[SAID_STRUCTURE] = "replies whose lengths agree",
};

/* For a person: printable, and not too long. */
static const char *quote(struct span word, char text[static 24])
{
	size_t len = word.len < 20 ? word.len : 20;

	if (!word.len)
		return "";
	text[0] = ' ';
	text[1] = '"';
	for (size_t i = 0; i < len; i++) {
		uint8_t c = (uint8_t)word.data[i];

		text[i + 2] = (char)(c > ' ' && c < 0x7f && c != '"' ? c : '.');
	}
	text[len + 2] = '"';
	text[len + 3] = '\0';
	return text;
}

static bool is_redis_port(uint16_t port)
{
	for (const uint16_t *p = protocol_redis.ports; *p; p++)
		if (*p == port)
			return true;
	return false;
}

static int score_of(enum asked asked, enum said said, const struct sample *sample,
		    struct span replies)
{
	struct grade other = {0};

	if (asked == ASKED_ARRAYS && said == SAID_NOTHING)
		return sample->midstream ? AMBIGUOUS : AMBIGUOUS_LIKELIER;
	/* A master sends commands, too: in the middle the other side has to be heard. */
	if (asked == ASKED_KNOWN && said == SAID_NOTHING && sample->midstream)
		return AMBIGUOUS_LIKELIER;
	if (sample->midstream && asked == ASKED_INLINE && said == SAID_LINE)
		return LINES_MIDSTREAM;
	if (said != SAID_STRUCTURE || (asked > ASKED_LINES && asked < ASKED_KNOWN))
		return scores[asked][said];
	grade_side(&other, SIDE_CLIENT, replies, sample->midstream);
	if (asked_of(&other, replies.len) < ASKED_ARRAYS)
		return scores[asked][said];
	/* What looks like a server sends what only a replica does: it is the client. */
	if (other.acks && other.acks == other.frames)
		return scores[ASKED_LINES][SAID_LINE];
	if (asked == ASKED_KNOWN)
		return scores[asked][said];
	if (asked != ASKED_NOTHING)
		return scores[asked][SAID_LINE];
	return sample->midstream ? AMBIGUOUS_LIKELIER : AMBIGUOUS;
}

/*
 * Whether it is something else that looks alike: a Redis server that speaks first has nothing to
 * say but an error, and behind what nothing recognised, lines are no evidence.
 */
static bool is_quoted(const struct sample *sample, enum direction asks, enum asked asked,
		      enum said said, struct span replies)
{
	if (sample->began && sample->first != asks && replies.len &&
	    (sample->resampled || replies.data[0] != RESP_ERROR))
		return true;
	return sample->resampled && (asked < ASKED_ARRAYS || said == SAID_NOTHING);
}

/* What the sample is worth when the recorded process has this role. */
static void judge(const struct sample *sample, enum role role, struct verdict *verdict)
{
	enum direction asks = role == ROLE_CLIENT ? DIRECTION_SENT : DIRECTION_RECEIVED;
	struct span requests = sample->bytes[asks];
	struct span replies = sample->bytes[direction_opposite(asks)];
	struct grade client = {0}, server = {0};
	char first[24], second[24];
	enum asked asked;
	enum said said;

	grade_side(&client, SIDE_CLIENT, requests, sample->midstream);
	grade_side(&server, SIDE_SERVER, replies, sample->midstream);
	asked = asked_of(&client, requests.len);
	said = said_of(&server, replies.len);
	verdict->role = role;
	verdict->score = score_of(asked, said, sample, replies);
	if (is_quoted(sample, asks, asked, said, replies)) {
		verdict->score = 0;
		return;
	}
	if (verdict->score > ROLE_MALUS && sample->role == ROLE_CLIENT + ROLE_SERVER - role)
		verdict->score -= ROLE_MALUS;
	if (verdict->score && verdict->score < INFER_CERTAIN &&
	    is_redis_port(role == ROLE_CLIENT ? sample->remote_port : sample->local_port))
		verdict->score += PORT_BONUS;
	snprintf(verdict->reason, sizeof(verdict->reason), "%s%s, %s%s", asked_texts[asked],
		 quote(client.first, first), said_texts[said], quote(server.first, second));
}

void redis_infer(const struct sample *sample, struct verdict *verdict)
{
	struct verdict server;
	bool tie;

	judge(sample, ROLE_CLIENT, verdict);
	judge(sample, ROLE_SERVER, &server);
	tie = verdict->score == server.score;
	if (server.score > verdict->score ||
	    (tie && (sample->role == ROLE_SERVER || is_redis_port(sample->local_port))))
		*verdict = server;
	if (tie && sample->role == ROLE_UNKNOWN && !is_redis_port(sample->local_port) &&
	    !is_redis_port(sample->remote_port))
		verdict->role = ROLE_UNKNOWN;
}
