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

/* Octets of the name at NAME, its end included, when it is whole there, without pointers; else 0.
 */
static size_t plain_len(const uint8_t *name, size_t left)
{
	size_t at = 0;

	while (at < left && name[at] > 0 && name[at] <= 63)
		at += (size_t)name[at] + 1;
	return at < left && at < DNS_NAME_MAX && name[at] == 0 ? at + 1 : 0;
}

static void append_plain(struct buffer *out, const uint8_t *name)
{
	if (!*name)
		buffer_append_char(out, '.');
	for (const uint8_t *label = name; *label; label += *label + 1) {
		if (label != name)
			buffer_append_char(out, '.');
		dns_append_label(out, label + 1, *label);
	}
}

/* What nearly all names are: labels alone, or a pointer to such. False: it is something else. */
static bool read_plain(struct cursor *c, struct buffer *out)
{
	size_t left = cursor_left(c), passed;
	const uint8_t *name = c->pos;

	if (c->failed || !left)
		return false;
	if (*name >= 0xc0) {
		size_t target = left > 1 ? (size_t)(*name & 0x3f) << 8 | name[1] : 0;

		if (target < DNS_HEADER_LEN || target >= cursor_position(c))
			return false;
		name = c->start + target;
		left = (size_t)(c->end - name);
		passed = plain_len(name, left) ? 2 : 0;
	} else {
		passed = plain_len(name, left);
	}
	if (!passed)
		return false;
	if (out)
		append_plain(out, name);
	c->pos += passed;
	return true;
}

/* Whatever it is, step by step. */
static bool read_any(struct cursor *c, struct buffer *out)
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

bool dns_name_loops(struct cursor c)
{
	/* What comes next depends on the place alone: with more steps than places one came twice.
	 */
	size_t steps = (size_t)(c.end - c.start);

	for (; steps && !c.failed; steps--) {
		uint8_t octet = cursor_u8(&c);
		size_t target;

		if (octet < 0xc0) {
			if (!octet || octet > 63)
				return false;
			cursor_skip(&c, octet);
			continue;
		}
		target = (size_t)(octet & 0x3f) << 8 | cursor_u8(&c);
		if (target >= (size_t)(c.end - c.start))
			return false;
		c.pos = c.start + target;
	}
	return !c.failed;
}

bool dns_name_read(struct cursor *c, struct buffer *out)
{
	return read_plain(c, out) || read_any(c, out);
}
