/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "protocols/http2/state.h"

/* How sure the bytes of one direction make. */
enum {
	SCORE_PREFACE = 100,	 /* "PRI * HTTP/2.0": made to be mistaken for nothing else */
	SCORE_SETTINGS = 92,	 /* the frame that each end begins with */
	SCORE_HEADERS = 88,	 /* frames in a row, and header fields that read as such */
	SCORE_FRAMES = 70,	 /* frames in a row */
	SCORE_PREFACE_FRONT = 55 /* the front of the preface */
};

/* In the middle the first frame may begin anywhere; as many as this have to follow each other. */
#define CHAIN_MIDDLE 4
#define CHAIN_START  2
/* Frames of any type and length are found in any bytes with zeroes in them; these are not. */
#define TELLING_MIDDLE 2
#define TELLING_START  1
/* Streams are counted from 1 on: one that is higher than that is chance. */
#define STREAM_LIKELY_MAX (1u << 20)

struct finding {
	int score;
	enum side side; /* that sends such bytes */
	bool side_known;
	size_t at; /* where the first frame begins */
	unsigned frames;
	unsigned telling; /* of these, the ones that leave little room for chance */
	const char *what;
};

static bool is_setting(uint16_t id)
{
	/* RFC 9113 6.5.2; RFC 8441, RFC 9218 (8, 9); gRPC's and others' own ones are 0x10 and up.
	 */
	return (id >= 1 && id <= 9) || id >= 0x10;
}

static bool are_settings(struct span payload)
{
	struct cursor c = cursor_of(payload.data, payload.len);

	while (cursor_left(&c) >= 6) {
		if (!is_setting(cursor_be16(&c)))
			return false;
		cursor_skip(&c, 4);
	}
	return true;
}

struct fields_seen {
	bool request;
	bool response;
	bool odd; /* a name that no field has */
};

static bool is_name(struct span name)
{
	for (size_t i = 0; i < name.len; i++)
		if (name.data[i] <= ' ' || (name.data[i] >= 'A' && name.data[i] <= 'Z') ||
		    name.data[i] >= 0x7f)
			return false;
	return name.len > 0;
}

static void look_at_field(void *context, const struct hpack_field *field)
{
	struct fields_seen *seen = context;

	if (field->name_unknown)
		return;
	seen->odd |= !is_name(field->name);
	seen->request |= span_is(field->name, ":method") || span_is(field->name, ":path") ||
			 span_is(field->name, ":scheme");
	seen->response |= span_is(field->name, ":status");
}

/* The fields of a HEADERS frame that is there as a whole. */
static void look_at_headers(const struct http2_header *h, struct span payload,
			    struct fields_seen *seen)
{
	struct hpack hpack = {.size_max = HPACK_TABLE_MAX, .older = true};
	struct cursor c = cursor_of(payload.data, payload.len);
	size_t padding = h->flags & HTTP2_FLAG_PADDED ? cursor_u8(&c) : 0;
	struct fields_seen found = {0};

	if (h->flags & HTTP2_FLAG_PRIORITY)
		cursor_skip(&c, 5);
	if (!(h->flags & HTTP2_FLAG_END_HEADERS) || padding > cursor_left(&c))
		return;
	if (hpack_decode(&hpack, span_of(c.pos, cursor_left(&c) - padding), look_at_field,
			 &found) &&
	    !found.odd && found.request != found.response) {
		seen->request |= found.request;
		seen->response |= found.response;
	}
	hpack_free(&hpack);
}

/* Of one length only, and on a stream that there may well be. PAYLOAD is whole. */
static bool is_telling(const struct http2_header *h, struct span payload)
{
	struct cursor c = cursor_of(payload.data, payload.len);

	if (h->stream > STREAM_LIKELY_MAX)
		return false;
	if (h->type == HTTP2_WINDOW_UPDATE)
		return cursor_be32(&c) - 1 < INT32_MAX;
	return h->type == HTTP2_PING || h->type == HTTP2_SETTINGS;
}

/* Frames from AT on, as far as the bytes go. False: something else comes. */
static bool follow(struct span bytes, size_t at, struct finding *found, struct fields_seen *seen)
{
	while (bytes.len - at >= HTTP2_HEADER_LEN) {
		struct http2_header h = http2_header_read((const uint8_t *)bytes.data + at);
		size_t left = bytes.len - at - HTTP2_HEADER_LEN;
		struct span payload = span_of(bytes.data + at + HTTP2_HEADER_LEN, left);

		if (!http2_header_valid(&h, false))
			return false;
		found->frames++;
		if (h.len > left)
			return true;
		payload.len = h.len;
		if (h.type == HTTP2_SETTINGS && !are_settings(payload))
			return false;
		if (h.type == HTTP2_HEADERS)
			look_at_headers(&h, payload, seen);
		found->telling += is_telling(&h, payload);
		at += HTTP2_HEADER_LEN + h.len;
	}
	return true;
}

/* The frame that each end begins with. In the middle, nine bytes of which eight are zero aren't
 * one. */
static bool is_beginning(const struct http2_header *h, const struct finding *found, bool midstream)
{
	if (h->type != HTTP2_SETTINGS || h->flags & HTTP2_FLAG_ACK)
		return false;
	return !midstream || (h->len > 0 && found->telling > 0);
}

static struct finding frames_at(struct span bytes, size_t at, bool start, bool midstream)
{
	struct finding found = {.at = at, .what = "frames in a row"};
	struct fields_seen seen = {0};
	struct http2_header first = http2_header_read((const uint8_t *)bytes.data + at);
	unsigned chain = start ? CHAIN_START : CHAIN_MIDDLE;

	if (!follow(bytes, at, &found, &seen))
		return (struct finding){0};
	if (seen.request != seen.response) {
		found.side_known = true;
		found.side = seen.request ? SIDE_CLIENT : SIDE_SERVER;
	}
	if (start && is_beginning(&first, &found, midstream)) {
		found.score = SCORE_SETTINGS;
		found.what = "SETTINGS first";
		/* A client would have sent the preface before. */
		found.side_known = true;
		found.side = SIDE_SERVER;
	} else if (found.side_known && found.frames >= (start ? 1 : CHAIN_MIDDLE - 1)) {
		found.score = SCORE_HEADERS;
		found.what = seen.request ? "header fields of a request"
					  : "header fields of a response";
	} else if (found.frames >= chain &&
		   found.telling >= (start ? TELLING_START : TELLING_MIDDLE)) {
		found.score = SCORE_FRAMES;
	}
	return found;
}

static struct finding look(struct span bytes, bool midstream)
{
	size_t len = bytes.len < HTTP2_PREFACE_LEN ? bytes.len : HTTP2_PREFACE_LEN;
	struct finding found = {0};

	if (len >= 3 && !memcmp(bytes.data, HTTP2_PREFACE, len)) {
		found.score = len == HTTP2_PREFACE_LEN ? SCORE_PREFACE : SCORE_PREFACE_FRONT;
		found.what = "the connection preface";
		found.side_known = true;
		found.side = SIDE_CLIENT;
		return found;
	}
	for (size_t at = 0; at + HTTP2_HEADER_LEN <= bytes.len; at++) {
		found = frames_at(bytes, at, at == 0, midstream);
		if (found.score || !midstream)
			return found;
	}
	return (struct finding){0};
}

/* Something else comes from there: what the other direction seemed to be is chance. */
static bool disagrees(const struct finding *found, struct span bytes)
{
	return !found->score && bytes.len >= HTTP2_HEADER_LEN;
}

static enum role role_of(enum direction sender, const struct finding *found)
{
	bool sends = sender == DIRECTION_SENT;

	return (found->side == SIDE_CLIENT) == sends ? ROLE_CLIENT : ROLE_SERVER;
}

void http2_infer(const struct sample *sample, struct verdict *verdict)
{
	struct finding found[2];
	const struct finding *best;
	enum direction d;

	for (int i = 0; i < 2; i++)
		found[i] = look(sample->bytes[i], sample->midstream);
	d = found[1].score > found[0].score ? (enum direction)1 : (enum direction)0;
	best = &found[d];
	if (!best->score)
		return;
	verdict->score = best->score;
	if (best->score < SCORE_PREFACE && disagrees(&found[!d], sample->bytes[!d]) &&
	    !sample->midstream)
		verdict->score = best->score / 2;
	/* Frames both ways make it sure. */
	if (best->score == SCORE_FRAMES && found[!d].score >= SCORE_FRAMES)
		verdict->score = SCORE_HEADERS;
	for (int i = 0; i < 2; i++)
		if (found[i].side_known && (verdict->role == ROLE_UNKNOWN || i == (int)d))
			verdict->role = role_of((enum direction)i, &found[i]);
	snprintf(verdict->reason, sizeof(verdict->reason), "%s at byte %zu of what was %s%s",
		 best->what, best->at, d == DIRECTION_SENT ? "sent" : "received",
		 best->frames > 1 ? ", frames follow each other" : "");
}
