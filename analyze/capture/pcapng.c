/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/capture/file_private.h"

#include <stdlib.h>
#include <string.h>

#include "format/event.h"

/* The pcapng format: draft-ietf-opsawg-pcapng, section 4 (the blocks). */

#define BLOCK_OVERHEAD	 12u /* type and length before, length behind the body */
#define BYTE_ORDER_MAGIC 0x1a2b3c4du
#define SECRETS_TLS	 0x544c534bu
#define MAX_INTERFACES	 65536u

enum block_type {
	BLOCK_SECTION = 0x0a0d0d0a,
	BLOCK_INTERFACE = 1,
	BLOCK_PACKET = 2, /* obsolete, still met */
	BLOCK_SIMPLE_PACKET = 3,
	BLOCK_NAMES = 4,
	BLOCK_STATISTICS = 5,
	BLOCK_ENHANCED_PACKET = 6,
	BLOCK_SECRETS = 10,
};

enum option_code {
	OPTION_END = 0,
	OPTION_TSRESOL = 9,
	OPTION_TSOFFSET = 14
};

enum block_verdict {
	BLOCK_NOTHING,
	BLOCK_ITEM,
	BLOCK_BAD
};

/* A body in its place, with a reader for the section's byte order. */
struct block {
	uint32_t type;
	uint32_t total_len;
	const uint8_t *body;
	uint32_t body_len;
};

/* A section header tells its byte order in its body, before its length can be read. */
static bool section_byte_order(const uint8_t *p, bool *swapped)
{
	*swapped = load_be32(p + 8) == BYTE_ORDER_MAGIC;
	return *swapped || load_le32(p + 8) == BYTE_ORDER_MAGIC;
}

/* Looks at the block that begins here; false when its frame is wrong or the input ends in it. */
static bool peek_block(const struct capture_file *file, bool *swapped, struct block *block)
{
	const uint8_t *p = capture_input_peek(file->in, BLOCK_OVERHEAD);

	if (!p)
		return false;
	*swapped = file->swapped;
	block->type = load_le32(p);
	if (block->type == BLOCK_SECTION && !section_byte_order(p, swapped))
		return false;
	block->type = *swapped ? load_be32(p) : load_le32(p);
	block->total_len = *swapped ? load_be32(p + 4) : load_le32(p + 4);
	if (block->total_len < BLOCK_OVERHEAD || block->total_len % 4 ||
	    block->total_len > CAPTURE_BLOCK_MAX)
		return false;
	p = capture_input_peek(file->in, block->total_len);
	if (!p || memcmp(p + 4, p + block->total_len - 4, 4) != 0)
		return false;
	block->body = p + 8;
	block->body_len = block->total_len - BLOCK_OVERHEAD;
	return true;
}

/* A block stands here whose type is known: to find one among other bytes. */
static bool fits(const struct capture_file *file)
{
	struct block block;
	bool swapped;

	if (!peek_block(file, &swapped, &block))
		return false;
	switch ((enum block_type)block.type) {
	case BLOCK_SECTION:
	case BLOCK_INTERFACE:
	case BLOCK_PACKET:
	case BLOCK_SIMPLE_PACKET:
	case BLOCK_NAMES:
	case BLOCK_STATISTICS:
	case BLOCK_ENHANCED_PACKET:
	case BLOCK_SECRETS:
		return true;
	}
	return false;
}

static void read_interface_options(const struct capture_file *file, const struct block *block,
				   struct pcapng_interface *interface)
{
	uint32_t at = 8;

	while (block->body_len - at >= 4) {
		uint16_t code = file_u16(file, block->body + at);
		uint16_t len = file_u16(file, block->body + at + 2);
		const uint8_t *value = block->body + at + 4;

		if (code == OPTION_END || len > block->body_len - at - 4)
			return;
		if (code == OPTION_TSRESOL && len == 1) {
			interface->resolution = value[0];
		} else if (code == OPTION_TSOFFSET && len == 8) {
			uint64_t low = file_u32(file, value + (file->swapped ? 4 : 0));
			uint64_t high = file_u32(file, value + (file->swapped ? 0 : 4));

			interface->ts_offset = (int64_t)(high << 32 | low);
		}
		at += 4 + ((len + 3u) & ~3u);
		if (at > block->body_len)
			return;
	}
}

static enum block_verdict read_interface(struct capture_file *file, const struct block *block)
{
	struct pcapng_state *ng = &file->pcapng;
	struct pcapng_interface *interface;

	if (block->body_len < 8 || ng->interface_count >= MAX_INTERFACES)
		return BLOCK_BAD;
	if (ng->interface_count == ng->interface_capacity) {
		size_t capacity = ng->interface_capacity ? 2 * ng->interface_capacity : 8;
		void *grown = realloc(ng->interfaces, capacity * sizeof(*ng->interfaces));

		if (!grown)
			return BLOCK_BAD;
		ng->interfaces = grown;
		ng->interface_capacity = capacity;
	}
	interface = &ng->interfaces[ng->interface_count++];
	*interface = (struct pcapng_interface){
		.link_type = file_u16(file, block->body),
		.snaplen = file_u32(file, block->body + 4),
		.resolution = 6,
	};
	read_interface_options(file, block, interface);
	return BLOCK_NOTHING;
}

/* Within what events may have. */
static int64_t clamp(__int128 value)
{
	if (value > EVENT_TIME_MAX)
		return EVENT_TIME_MAX;
	return value < 0 ? 0 : (int64_t)value;
}

/* UNITS of the interface's resolution since the epoch, as nanoseconds. */
static int64_t nanoseconds(const struct pcapng_interface *interface, uint64_t units)
{
	uint8_t exponent = interface->resolution & 0x7f;
	__int128 offset = (__int128)interface->ts_offset * 1000000000;
	__int128 ns = units;

	if (interface->resolution & 0x80) {
		ns = exponent < 64 ? ns * 1000000000 >> exponent : 0;
	} else {
		for (; exponent < 9; exponent++)
			ns *= 10;
		for (; exponent > 9 && ns; exponent--)
			ns /= 10;
	}
	return clamp(ns + offset);
}

/* A packet of CAPTURED bytes at AT in the body. */
static enum block_verdict packet_item(struct capture_file *file, const struct block *block,
				      uint32_t interface, uint32_t at, uint32_t captured,
				      uint32_t len, struct capture_item *item)
{
	if (interface >= file->pcapng.interface_count || captured > block->body_len - at ||
	    captured > CAPTURE_PACKET_MAX)
		return BLOCK_BAD;
	item->kind = CAPTURE_PACKET;
	item->link_type = file->pcapng.interfaces[interface].link_type;
	item->data = (struct slice){block->body + at, captured, len > captured ? len : captured};
	return BLOCK_ITEM;
}

/* Enhanced Packet Block, and the obsolete Packet Block, whose first word is two halves. */
static enum block_verdict read_packet(struct capture_file *file, const struct block *block,
				      struct capture_item *item)
{
	const uint8_t *p = block->body;
	enum block_verdict verdict;
	uint32_t interface;
	uint64_t units;

	if (block->body_len < 20)
		return BLOCK_BAD;
	interface = block->type == BLOCK_PACKET ? file_u16(file, p) : file_u32(file, p);
	units = (uint64_t)file_u32(file, p + 4) << 32 | file_u32(file, p + 8);
	verdict = packet_item(file, block, interface, 20, file_u32(file, p + 12),
			      file_u32(file, p + 16), item);
	if (verdict == BLOCK_ITEM) {
		item->ts = nanoseconds(&file->pcapng.interfaces[interface], units);
		file->pcapng.last_ts = item->ts;
	}
	return verdict;
}

/* It has neither time nor captured length, and belongs to the first interface. */
static enum block_verdict read_simple_packet(struct capture_file *file, const struct block *block,
					     struct capture_item *item)
{
	uint32_t len;
	uint32_t captured;

	if (block->body_len < 4 || file->pcapng.interface_count == 0)
		return BLOCK_BAD;
	len = file_u32(file, block->body);
	captured = block->body_len - 4 < len ? block->body_len - 4 : len;
	if (file->pcapng.interfaces[0].snaplen && captured > file->pcapng.interfaces[0].snaplen)
		captured = file->pcapng.interfaces[0].snaplen;
	item->ts = file->pcapng.last_ts;
	return packet_item(file, block, 0, 4, captured, len, item);
}

static enum block_verdict read_secrets(struct capture_file *file, const struct block *block,
				       struct capture_item *item)
{
	uint32_t len;

	if (block->body_len < 8)
		return BLOCK_BAD;
	len = file_u32(file, block->body + 4);
	if (len > block->body_len - 8)
		return BLOCK_BAD;
	if (file_u32(file, block->body) != SECRETS_TLS)
		return BLOCK_NOTHING;
	item->kind = CAPTURE_SECRETS;
	item->data = (struct slice){block->body + 8, len, len};
	return BLOCK_ITEM;
}

static enum block_verdict read_block(struct capture_file *file, const struct block *block,
				     struct capture_item *item)
{
	switch (block->type) {
	case BLOCK_SECTION:
		file->pcapng.interface_count = 0; /* they belong to their section */
		return BLOCK_NOTHING;
	case BLOCK_INTERFACE:
		return read_interface(file, block);
	case BLOCK_PACKET:
	case BLOCK_ENHANCED_PACKET:
		return read_packet(file, block, item);
	case BLOCK_SIMPLE_PACKET:
		return read_simple_packet(file, block, item);
	case BLOCK_SECRETS:
		return read_secrets(file, block, item);
	default:
		return BLOCK_NOTHING;
	}
}

/* A block whose frame is whole but whose body is wrong costs only itself. */
static void note_bad_block(struct capture_file *file, const struct block *block)
{
	if (!file->damage.what) {
		file->damage.what = "body of a block";
		file->damage.offset = capture_input_offset(file->in);
	}
	file->damage.bytes += block->total_len;
}

static bool pcapng_next(struct capture_file *file, struct capture_item *item)
{
	while (capture_input_peek(file->in, 1)) {
		enum block_verdict verdict;
		struct block block;
		bool swapped;

		if (!peek_block(file, &swapped, &block)) {
			bool first = !file->damage.what;

			if (capture_file_resync(file, "block", fits))
				continue;
			file->damage.only_the_end = first;
			return false;
		}
		file->swapped = swapped;
		verdict = read_block(file, &block, item);
		if (verdict == BLOCK_BAD)
			note_bad_block(file, &block);
		capture_input_skip(file->in, block.total_len);
		if (verdict == BLOCK_ITEM)
			return true;
	}
	return false;
}

bool pcapng_recognise(struct capture_file *file, const uint8_t head[static 12])
{
	bool swapped;

	if (load_le32(head) != BLOCK_SECTION || !section_byte_order(head, &swapped))
		return false;
	file->next = pcapng_next;
	return true;
}
