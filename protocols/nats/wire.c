/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/nats/wire.h"
#include "protocols/value/ascii.h"

#include <strings.h>

/* Arguments of the longest line, and one too many. */
#define ARGS_MAX 6

enum {
	FROM_CLIENT = 1 << SIDE_CLIENT,
	FROM_SERVER = 1 << SIDE_SERVER,
};

enum shape {
	SHAPE_ALONE,   /* no arguments */
	SHAPE_TEXT,    /* the rest of the line */
	SHAPE_WORDS,   /* arguments */
	SHAPE_PAYLOAD, /* the last one is a length */
	SHAPE_HEADERS, /* the last two are */
};

static const struct verb {
	const char *name;
	uint8_t sides;
	uint8_t shape;
	uint8_t least, most; /* arguments */
} verbs[NATS_VERBS] = {
	[NATS_INFO] = {"INFO", FROM_SERVER, SHAPE_TEXT, 0, 0},
	[NATS_CONNECT] = {"CONNECT", FROM_CLIENT, SHAPE_TEXT, 0, 0},
	[NATS_PUB] = {"PUB", FROM_CLIENT, SHAPE_PAYLOAD, 2, 3},
	[NATS_HPUB] = {"HPUB", FROM_CLIENT, SHAPE_HEADERS, 3, 4},
	[NATS_SUB] = {"SUB", FROM_CLIENT, SHAPE_WORDS, 2, 3},
	[NATS_UNSUB] = {"UNSUB", FROM_CLIENT, SHAPE_WORDS, 1, 2},
	[NATS_MSG] = {"MSG", FROM_SERVER, SHAPE_PAYLOAD, 3, 4},
	[NATS_HMSG] = {"HMSG", FROM_SERVER, SHAPE_HEADERS, 4, 5},
	[NATS_PING] = {"PING", FROM_CLIENT | FROM_SERVER, SHAPE_ALONE, 0, 0},
	[NATS_PONG] = {"PONG", FROM_CLIENT | FROM_SERVER, SHAPE_ALONE, 0, 0},
	[NATS_OK] = {"+OK", FROM_SERVER, SHAPE_ALONE, 0, 0},
	[NATS_ERR] = {"-ERR", FROM_SERVER, SHAPE_TEXT, 0, 0},
};

const char *nats_verb_name(enum nats_verb verb)
{
	return verbs[verb].name;
}

/* The verb that DATA begins with; NATS_VERBS: none. *MAY_BE: it is too short to tell. */
static enum nats_verb verb_of(struct span data, enum side side, bool *may_be)
{
	*may_be = false;
	for (int v = 0; v < NATS_VERBS; v++) {
		size_t len = strlen(verbs[v].name), seen = data.len < len ? data.len : len;

		if (!(verbs[v].sides & 1 << side) ||
		    strncasecmp(data.data, verbs[v].name, seen) != 0)
			continue;
		*may_be |= data.len <= len;
		if (data.len > len && ascii_is_blank_or_end(data.data[len]))
			return (enum nats_verb)v;
	}
	return NATS_VERBS;
}

/* ---- arguments ---- */

/* Splits REST; false: too many, or with characters that no argument has. */
static bool split(struct span rest, struct span args[static ARGS_MAX], unsigned *count)
{
	size_t at = 0;

	*count = 0;
	for (;;) {
		size_t from;

		while (at < rest.len && ascii_is_blank(rest.data[at]))
			at++;
		if (at == rest.len)
			return true;
		if (*count == ARGS_MAX)
			return false;
		for (from = at; at < rest.len && !ascii_is_blank(rest.data[at]); at++)
			if ((uint8_t)rest.data[at] < ' ' || rest.data[at] == 0x7f)
				return false;
		args[(*count)++] = span_of(rest.data + from, at - from);
	}
}

static bool read_number(struct span text, uint32_t *number)
{
	uint64_t n = 0;

	if (!text.len || text.len > 10)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		n = n * 10 + (uint64_t)(text.data[i] - '0');
	}
	*number = (uint32_t)n;
	return n <= NATS_PAYLOAD_MAX;
}

/* The lengths, which are the last arguments. */
static bool take_lengths(struct nats_line *line, const struct span *args, unsigned *count)
{
	bool headers = verbs[line->verb].shape == SHAPE_HEADERS;

	line->has_payload = true;
	if (!read_number(args[--*count], &line->total))
		return false;
	if (!headers)
		return true;
	return read_number(args[--*count], &line->header_len) && line->header_len <= line->total;
}

/* What is left of the arguments, which take different places in different verbs. */
static bool take_words(struct nats_line *line, const struct span *args, unsigned count)
{
	switch (line->verb) {
	case NATS_PUB:
	case NATS_HPUB:
		line->subject = args[0];
		line->reply = count > 1 ? args[1] : (struct span){0};
		return true;
	case NATS_MSG:
	case NATS_HMSG:
		line->subject = args[0];
		line->sid = args[1];
		line->reply = count > 2 ? args[2] : (struct span){0};
		return true;
	case NATS_SUB:
		line->subject = args[0];
		line->queue = count > 2 ? args[1] : (struct span){0};
		line->sid = args[count - 1];
		return true;
	case NATS_UNSUB:
		line->sid = args[0];
		line->has_max = count > 1;
		return count < 2 || read_number(args[1], &line->max);
	default:
		return true;
	}
}

static bool read_arguments(struct nats_line *line, struct span rest)
{
	const struct verb *verb = &verbs[line->verb];
	struct span args[ARGS_MAX] = {0};
	unsigned count;

	while (rest.len && ascii_is_blank(rest.data[rest.len - 1]))
		rest.len--;
	while (rest.len && ascii_is_blank(rest.data[0]))
		rest = span_of(rest.data + 1, rest.len - 1);
	if (verb->shape == SHAPE_TEXT) {
		line->text = rest;
		/* One of JSON begins so: "CONNECT example.com:443 HTTP/1.1" doesn't. */
		return line->verb == NATS_ERR || (rest.len && rest.data[0] == '{');
	}
	if (!split(rest, args, &count) || count < verb->least || count > verb->most)
		return false;
	if (verb->shape >= SHAPE_PAYLOAD && !take_lengths(line, args, &count))
		return false;
	return take_words(line, args, count);
}

enum frame_status nats_line_read(struct span data, enum side side, size_t *scanned,
				 struct nats_line *line)
{
	size_t most, seen, from = *scanned;
	const char *end;
	bool may_be;

	*line = (struct nats_line){.verb = verb_of(data, side, &may_be)};
	if (line->verb == NATS_VERBS)
		return may_be ? FRAME_MORE : FRAME_BAD;
	most = verbs[line->verb].shape == SHAPE_TEXT ? FRAME_HEAD_MAX : NATS_LINE_MAX;
	seen = data.len < most ? data.len : most;
	end = from < seen ? memchr(data.data + from, '\n', seen - from) : NULL;
	if (!end) {
		*scanned = seen;
		return seen == most ? FRAME_BAD : FRAME_MORE;
	}
	line->len = (size_t)(end - data.data) + 1;
	seen = line->len - 1;
	if (data.data[seen - 1] == '\r')
		seen--;
	from = strlen(verbs[line->verb].name);
	return read_arguments(line, span_of(data.data + from, seen - from)) ? FRAME_DONE
									    : FRAME_BAD;
}
