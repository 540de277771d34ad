/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "protocols/value/utf8.h"
#include "protocols/websocket/state.h"

/*
 * WebSocket begins behind an upgrade, which hands over by name; it is inferred only where that was
 * not seen. Two bytes of head leave much to chance: it takes frames in a row in both directions,
 * masked one way and readable the other.
 */
enum {
	SCORE_BOTH = 82,
	SCORE_ONE = 60,
};

#define FRAMES_MIN 3

struct finding {
	unsigned frames;
	unsigned texts; /* of UTF-8 */
	bool bad;
};

static bool is_masked_text(const struct websocket_head *head, struct span data)
{
	char plain[128];
	size_t len = data.len < sizeof(plain) ? data.len : sizeof(plain);

	for (size_t i = 0; i < len; i++)
		plain[i] = (char)((uint8_t)data.data[i] ^ head->mask[i & 3]);
	/* A sequence may be cut at the end of it: of four bytes at most. */
	for (size_t cut = 0; len + cut == sizeof(plain) && cut < 4; cut++)
		if (plain[len - 1] & 0x80)
			len--;
	return utf8_is_text(span_of(plain, len));
}

static struct finding look(struct span bytes, enum side side)
{
	struct finding found = {0};

	while (bytes.len) {
		struct websocket_head head;
		struct span data;

		switch (websocket_head_read(bytes, side, &head)) {
		case WEBSOCKET_MORE:
			return found;
		case WEBSOCKET_IS_NOT:
			found.bad = true;
			return found;
		case WEBSOCKET_IS:
			break;
		}
		if (head.odd) {
			found.bad = true;
			return found;
		}
		found.frames++;
		data = span_of(bytes.data + head.head_len, bytes.len - head.head_len);
		if (head.len > data.len)
			return found;
		data.len = (size_t)head.len;
		if (head.opcode == WEBSOCKET_TEXT && !head.compressed && data.len) {
			if (!(head.masked ? is_masked_text(&head, data) : utf8_is_text(data))) {
				found.bad = true;
				return found;
			}
			found.texts++;
		}
		bytes = span_of(data.data + data.len, bytes.len - head.head_len - data.len);
	}
	return found;
}

void websocket_infer(const struct sample *sample, struct verdict *verdict)
{
	for (int client = 0; client < 2; client++) {
		struct finding asked = look(sample->bytes[client], SIDE_CLIENT);
		struct finding answered = look(sample->bytes[!client], SIDE_SERVER);
		unsigned frames = asked.frames + answered.frames;

		if (asked.bad || answered.bad || !asked.frames || frames < FRAMES_MIN ||
		    !(asked.texts + answered.texts))
			continue;
		verdict->score = answered.frames && asked.texts && answered.texts ? SCORE_BOTH
										  : SCORE_ONE;
		verdict->role = client == DIRECTION_SENT ? ROLE_CLIENT : ROLE_SERVER;
		snprintf(verdict->reason, sizeof(verdict->reason),
			 "%u frames in a row, masked one way, %u of them text", frames,
			 asked.texts + answered.texts);
		return;
	}
}
