/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/dns/name.h"

#include "protocols/dns/text.h"
#include "protocols/dns/wire.h"

/* A name has 127 labels at most, so a longer chain of pointers only costs time. */
#define JUMPS_MAX 127

struct walk {
	struct cursor at;
	struct buffer *out;
	size_t start;  /* of the part that is being read: pointers must lead before it */
	size_t octets; /* of the name so far, without its end */
	unsigned jumps;
	bool sound;
};

static void read_label(struct walk *w, size_t len)
{
	const uint8_t *label = cursor_take(&w->at, len);

	if (!label)
		return;
	w->octets += len + 1;
	if (w->octets >= DNS_NAME_MAX)
		w->sound = false;
	if (!w->out || !w->sound)
		return;
	if (w->octets > len + 1)
		buffer_append_char(w->out, '.');
	dns_append_label(w->out, label, len);
}

/* Goes where the pointer leads that begins with the octet HIGH; false when that is forbidden. */
static bool follow(struct walk *w, uint8_t high)
{
	size_t target = (size_t)(high & 0x3f) << 8 | cursor_u8(&w->at);

	if (w->at.failed || target < DNS_HEADER_LEN || target >= w->start ||
	    w->jumps++ == JUMPS_MAX)
		return false;
	w->start = target;
	w->at.pos = w->at.start + target;
	return true;
}

bool dns_name_read(struct cursor *c, struct buffer *out)
{
	struct walk w = {.at = *c, .out = out, .start = cursor_position(c), .sound = true};

	for (;;) {
		uint8_t octet = cursor_u8(&w.at);

		if (octet >= 0xc0) {
			bool first = w.jumps == 0;
			struct cursor behind = w.at;

			cursor_skip(&behind, 1);
			if (first)
				*c = behind;
			if (!follow(&w, octet))
				return false;
		} else if (octet > 63) {
			w.at.failed = true;
		} else if (octet > 0) {
			read_label(&w, octet);
		}
		if (w.at.failed || octet == 0)
			break;
		if (!w.sound && w.jumps > 0)
			return false;
	}
	if (w.jumps == 0)
		*c = w.at;
	if (out && w.octets == 0 && !w.at.failed)
		buffer_append_char(out, '.');
	return w.sound && !w.at.failed;
}
