/* SPDX-License-Identifier: BSD-2-Clause */
#include <ctype.h>
#include <stdio.h>

#include "protocols/http/sequel.h"
#include "protocols/http/state.h"

/* How sure the first bytes of one direction make. */
enum {
	SCORE_START_LINE = 95,	    /* a whole start line */
	SCORE_ODD_METHOD = 85,	    /* the same, but the method is nobody's */
	SCORE_BEHIND_OTHERS = 75,   /* a start line, but not first, in mid-stream */
	SCORE_OTHER_DISAGREES = 60, /* the other direction begins with something else */
	SCORE_DAMAGED = 60,	    /* a start line, and what should follow does not */
	SCORE_BLANKS = 60,	    /* a request line with blanks in its target */
	SCORE_FRONT = 55,  /* the front of a line with a known method, or of a status line */
	SCORE_SIMPLE = 52, /* a whole request of HTTP/0.9 */
	SCORE_QUOTED =
		40, /* a start line behind others, and nothing of HTTP in the other direction */
	SCORE_HINT = 20, /* nothing speaks against it yet */
};

struct finding {
	int score;
	bool request; /* a start line, or its front, of a request; else of a response */
	struct span line;
	enum http_sequel sequel; /* in mid-stream, of a whole line: whether it is spoken */
};

static struct span first_line(struct span bytes)
{
	const char *end = bytes.len ? memchr(bytes.data, '\n', bytes.len) : NULL;

	if (end)
		bytes.len = (size_t)(end - bytes.data);
	return http_strip_line_end(bytes);
}

/* A known method, a blank and what begins like a target: hardly any other protocol does. */
static int front_score(struct span bytes, size_t len)
{
	struct span method = http_method_of(bytes);
	const char *target = method.data + method.len + 1;

	if (method.len + 1 >= len || !http_method_known(method))
		return SCORE_HINT;
	return strchr("/*[", *target) || isalnum((unsigned char)*target) ? SCORE_FRONT : SCORE_HINT;
}

/* Somebody's own method is a word; the number of an SMTP reply is a token too. */
static int line_score(struct span bytes)
{
	struct span method = http_method_of(bytes);

	if (http_method_known(method))
		return SCORE_START_LINE;
	return isalpha((unsigned char)*method.data) ? SCORE_ODD_METHOD : 0;
}

/*
 * How sure a whole line makes that is no exact one. Clients that don't encode blanks in targets are
 * many, and servers answer them (RFC 9112, section 3).
 */
static int sloppy_score(struct span line)
{
	struct http_start_line start;

	if (!http_request_line(line, &start))
		return 0;
	if (start.simple)
		return SCORE_SIMPLE;
	if (!start.version.len || !start.target.len || start.target.data[0] != '/')
		return 0;
	for (size_t i = 0; i < start.target.len; i++)
		if ((uint8_t)start.target.data[i] < ' ' && start.target.data[i] != '\t')
			return 0;
	return http_method_known(start.method) ? SCORE_BLANKS : 0;
}

static struct finding look_at_start(struct span bytes)
{
	struct finding found = {.request = true};
	size_t len = 0;

	found.line = first_line(bytes);
	switch (http_request_match(bytes, &len)) {
	case HTTP_MATCH_YES:
		found.score = line_score(bytes);
		return found;
	case HTTP_MATCH_PREFIX:
		found.score = front_score(bytes, len);
		break;
	case HTTP_MATCH_NO:
		if (found.line.len < bytes.len)
			found.score = sloppy_score(found.line);
		break;
	}
	/* "HTTP/1." can still become the method of nothing that exists. */
	switch (http_status_match(bytes, &len)) {
	case HTTP_MATCH_YES:
		return (struct finding){.score = SCORE_START_LINE, .line = found.line};
	case HTTP_MATCH_PREFIX:
		return (struct finding){.score = len > 7 ? SCORE_FRONT : SCORE_HINT,
					.line = found.line};
	case HTTP_MATCH_NO:
		break;
	}
	return found;
}

/* Empty lines before a start line are tolerated (RFC 9112, section 2.2). */
static struct span skip_empty_lines(struct span bytes)
{
	while (bytes.len && (*bytes.data == '\r' || *bytes.data == '\n')) {
		bytes.data++;
		bytes.len--;
	}
	return bytes;
}

/* The same where it need not be the beginning of anything. */
static struct finding look_at_line(struct span bytes)
{
	struct finding found = look_at_start(bytes);

	if (found.score >= SCORE_ODD_METHOD)
		found.sequel = http_sequel_of(bytes, found.request);
	else if (found.score == SCORE_SIMPLE)
		found.score = 0; /* nothing comes before a request of HTTP/0.9 */
	return found;
}

/*
 * In mid-stream the sample begins with the rest of something. A line that is quoted makes of others
 * quotations, too, but for those that are surely spoken: a body may quote.
 */
static struct finding look_behind_others(struct span bytes, struct finding quoted)
{
	for (;;) {
		const char *end = bytes.len ? memchr(bytes.data, '\n', bytes.len) : NULL;
		struct finding found;

		if (!end)
			return quoted;
		bytes.len -= (size_t)(end + 1 - bytes.data);
		bytes.data = end + 1;
		found = look_at_line(bytes);
		if (found.score < SCORE_ODD_METHOD)
			continue;
		found.score = SCORE_BEHIND_OTHERS;
		if (found.sequel == HTTP_SEQUEL_RIGHT || (!found.sequel && !quoted.score))
			return found;
		/* Who goes on talking on a connection tells where bodies end. */
		if (found.sequel == HTTP_SEQUEL_ENDLESS)
			found.sequel = HTTP_SEQUEL_WRONG;
		if (found.sequel == HTTP_SEQUEL_WRONG)
			quoted = found;
	}
}

static struct finding look(const struct sample *sample, enum direction direction)
{
	struct span bytes = skip_empty_lines(sample->bytes[direction]);
	struct finding found = {0};

	if (!bytes.len)
		return found;
	if (!sample->midstream)
		return look_at_start(bytes);
	found = look_at_line(bytes);
	if (found.sequel == HTTP_SEQUEL_ENDLESS)
		found.sequel = HTTP_SEQUEL_UNKNOWN;
	if (!found.score || found.sequel == HTTP_SEQUEL_WRONG)
		found = look_behind_others(bytes, found);
	return found;
}

/* What a line shows to a person: printable, and not all of a long one. */
static void explain(struct verdict *verdict, const struct finding *found, enum direction direction)
{
	char text[48];
	size_t n = found->line.len < sizeof(text) - 1 ? found->line.len : sizeof(text) - 1;

	for (size_t i = 0; i < n; i++)
		text[i] = found->line.data[i] >= ' ' && found->line.data[i] < 0x7f
				  ? found->line.data[i]
				  : '.';
	text[n] = '\0';
	snprintf(verdict->reason, sizeof(verdict->reason), "%s %s \"%s%s\"",
		 direction_text(direction),
		 found->score == SCORE_BEHIND_OTHERS ? "holds a line" : "begins with", text,
		 n < found->line.len ? "..." : "");
}

static enum role role_of(const struct finding *found, enum direction direction)
{
	bool client = found->request == (direction == DIRECTION_SENT);

	return client ? ROLE_CLIENT : ROLE_SERVER;
}

/* The first that is seen of a connection is the beginning of a message, and nothing else is. */
static bool is_alone(const struct sample *sample, const struct finding *found, enum direction best)
{
	return found->score == SCORE_START_LINE && !sample->resampled &&
	       !sample->bytes[direction_opposite(best)].len;
}

/*
 * Whether lines of HTTP are only quoted by something else: a server that speaks first says nothing
 * but a response (408), and behind what nothing recognised one line is no evidence.
 */
static bool is_quoted(const struct sample *sample, const struct finding *found, enum direction best)
{
	enum direction server = found[best].request ? direction_opposite(best) : best;
	const struct finding *other = &found[direction_opposite(best)];

	if (sample->began && sample->first == server &&
	    (sample->resampled || found[server].request || !found[server].score))
		return true;
	/* What else is said shows that they are spoken, or that they are not. */
	if (found[best].sequel == HTTP_SEQUEL_RIGHT || other->sequel == HTTP_SEQUEL_RIGHT)
		return false;
	if (found[best].sequel == HTTP_SEQUEL_WRONG || other->sequel == HTTP_SEQUEL_WRONG)
		return !is_alone(sample, &found[best], best);
	return sample->resampled && (!other->score || other->request == found[best].request);
}

/*
 * Whether BYTES hold what may be the end of a request line (REQUEST), or the beginning of a status
 * line: behind a body it may stand anywhere.
 */
static bool holds_version(struct span bytes, bool request)
{
	static const char version[] = "HTTP/1.";
	const size_t len = sizeof(version) - 1;
	const char *at;

	while ((at = memmem(bytes.data, bytes.len, version, len)) != NULL) {
		bytes.len -= (size_t)(at - bytes.data) + len;
		bytes.data = at + len;
		if (bytes.len < 2)
			return true;
		if (request == (bytes.data[1] == '\r' || bytes.data[1] == '\n'))
			return true;
	}
	return false;
}

void http_infer(const struct sample *sample, struct verdict *verdict)
{
	struct finding found[2] = {look(sample, DIRECTION_SENT), look(sample, DIRECTION_RECEIVED)};
	enum direction best = found[DIRECTION_RECEIVED].score > found[DIRECTION_SENT].score
				      ? DIRECTION_RECEIVED
				      : DIRECTION_SENT;
	const struct finding *other = &found[direction_opposite(best)];

	if (!found[best].score)
		return;
	verdict->score = found[best].score;
	/* The other direction must be empty or be the other half; in mid-stream it may be a body.
	 */
	if (sample->bytes[direction_opposite(best)].len &&
	    (!other->score || other->request == found[best].request)) {
		if (verdict->score == SCORE_BEHIND_OTHERS &&
		    !holds_version(sample->bytes[direction_opposite(best)], !found[best].request))
			verdict->score = SCORE_QUOTED;
		else if (!sample->midstream && verdict->score > SCORE_OTHER_DISAGREES)
			verdict->score = SCORE_OTHER_DISAGREES;
	}
	if (found[best].sequel == HTTP_SEQUEL_WRONG)
		verdict->score = SCORE_DAMAGED;
	if (verdict->score > SCORE_HINT)
		verdict->role = role_of(&found[best], best);
	if (is_quoted(sample, found, best)) {
		verdict->score = 0;
		return;
	}
	explain(verdict, &found[best], best);
}
