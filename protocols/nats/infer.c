/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "protocols/nats/state.h"
#include "protocols/value/json_read.h"

/*
 * INFO and CONNECT carry JSON with members that only NATS has. Of other lines those count that a
 * payload follows, which must end where its length says. PING and PONG prove little: IRC and Redis
 * have them too, but not both as lines of one word.
 */
enum {
	SCORE_HELLO = 98,
	SCORE_PAYLOADS = 92, /* two with payloads, or one and what belongs to it */
	SCORE_PAYLOAD = 84,
	SCORE_FRONT = 65, /* one whose payload isn't whole, subscriptions */
	SCORE_PINGS = 60, /* PING one way, PONG the other */
	SCORE_PING = 30,
};

struct finding {
	unsigned lines, payloads, fronts, subscriptions, pings, pongs;
	bool hello;
	bool wrong;
	bool skipped; /* what stands before the first line may be anything's: a word, too */
	enum nats_verb first;
};

static bool is_hello(const struct nats_line *line)
{
	static const char *const info[] = {"server_id", "max_payload", "proto", NULL};
	static const char *const connect[] = {"verbose", "pedantic", "lang", "protocol", NULL};
	const char *const *names = line->verb == NATS_INFO ? info : connect;
	struct span value;

	for (; *names; names++)
		if (json_find(line->text, *names, &value))
			return true;
	return false;
}

/* INFO of many servers is longer than what is shown. */
static bool begins_hello(struct span rest, enum side side)
{
	static const char info[] = "INFO {\"server_id\":";

	return side == SIDE_SERVER && rest.len >= sizeof(info) &&
	       memcmp(rest.data, info, sizeof(info) - 1) == 0;
}

/* Clients number their subscriptions. */
static bool is_number(struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
	return true;
}

static void take_line(struct finding *f, const struct nats_line *line, struct span rest)
{
	uint64_t len = nats_frame_len(line);

	if (!f->lines++)
		f->first = line->verb;
	switch (line->verb) {
	case NATS_INFO:
	case NATS_CONNECT:
		f->hello |= is_hello(line);
		break;
	case NATS_SUB:
	case NATS_UNSUB:
		f->subscriptions++;
		break;
	case NATS_PING:
		f->pings++;
		break;
	case NATS_PONG:
		f->pongs++;
		break;
	default:
		break;
	}
	if (!line->has_payload)
		return;
	/* MSN Messenger has MSG with three words, too, the last one a length. */
	if (len > rest.len)
		f->fronts += is_number(line->sid);
	else if (memcmp(rest.data + len - 2, "\r\n", 2) == 0)
		f->payloads++;
	else
		f->wrong = true;
}

/* Where in the middle of a stream the first line may begin. */
static struct span skip_to_line(struct span bytes, enum side side)
{
	while (bytes.len) {
		struct nats_line line;
		size_t scanned = 0;
		const char *end;

		if (nats_line_read(bytes, side, &scanned, &line) == FRAME_DONE)
			return bytes;
		end = memchr(bytes.data, '\n', bytes.len);
		if (!end)
			break;
		bytes = span_of(end + 1, bytes.len - (size_t)(end - bytes.data) - 1);
	}
	return (struct span){0};
}

static struct finding look(struct span bytes, enum side side, bool midstream)
{
	struct finding f = {0};

	if (midstream) {
		size_t len = bytes.len;

		bytes = skip_to_line(bytes, side);
		f.skipped = bytes.len < len;
	}
	while (bytes.len && !f.wrong) {
		struct nats_line line;
		size_t scanned = 0;

		switch (nats_line_read(bytes, side, &scanned, &line)) {
		case FRAME_DONE:
			break;
		case FRAME_MORE:
			f.hello |= begins_hello(bytes, side);
			return f;
		default:
			f.wrong = true;
			return f;
		}
		/* Servers understand a line feed alone, but nobody sends it. */
		if (line.len < 2 || bytes.data[line.len - 2] != '\r') {
			f.wrong = true;
			return f;
		}
		take_line(&f, &line, bytes);
		if (nats_frame_len(&line) >= bytes.len)
			return f;
		bytes = span_of(bytes.data + nats_frame_len(&line),
				bytes.len - (size_t)nats_frame_len(&line));
	}
	return f;
}

static int score_of(const struct finding *client, const struct finding *server, bool midstream)
{
	unsigned payloads = client->payloads + server->payloads;
	bool wrong = client->wrong || server->wrong;

	/* TLS may follow where they greet each other; in the middle greetings are quoted. */
	if ((client->hello || server->hello) && !(midstream && wrong))
		return SCORE_HELLO;
	if (wrong)
		return 0;
	if (payloads > 1 || (payloads && client->lines + server->lines > 1))
		return SCORE_PAYLOADS;
	if (payloads)
		return SCORE_PAYLOAD;
	if (client->skipped || server->skipped)
		return client->lines + server->lines ? SCORE_PING : 0;
	if (client->fronts || server->fronts || client->subscriptions > 1)
		return SCORE_FRONT;
	if ((client->pings && server->pongs) || (server->pings && client->pongs))
		return SCORE_PINGS;
	return client->lines + server->lines ? SCORE_PING : 0;
}

static void judge(const struct sample *sample, enum role role, struct verdict *verdict)
{
	enum direction sends = role == ROLE_CLIENT ? DIRECTION_SENT : DIRECTION_RECEIVED;
	struct finding client = look(sample->bytes[sends], SIDE_CLIENT, sample->midstream);
	struct finding server = look(sample->bytes[direction_opposite(sends)], SIDE_SERVER,
				     sample->midstream);
	int score = score_of(&client, &server, sample->midstream);
	const struct finding *told = client.lines ? &client : &server;

	if (score <= verdict->score)
		return;
	/* Pings alone don't tell who is who. */
	verdict->role = score > SCORE_PINGS ? role : sample->role;
	verdict->score = score;
	snprintf(verdict->reason, sizeof(verdict->reason),
		 "lines of NATS from %s first, %u with a payload as long as they say",
		 told->lines ? nats_verb_name(told->first) : "INFO",
		 client.payloads + server.payloads);
}

void nats_infer(const struct sample *sample, struct verdict *verdict)
{
	judge(sample, ROLE_CLIENT, verdict);
	judge(sample, ROLE_SERVER, verdict);
	if (sample->resampled && verdict->score < SCORE_PAYLOAD)
		verdict->score = 0;
}
