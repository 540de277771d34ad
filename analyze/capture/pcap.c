/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/capture/file_private.h"

/* The pcap format: draft-ietf-opsawg-pcap, sections 4 (file header) and 5 (packet record). */

#define FILE_HEADER_LEN 24u
#define MAX_DISTANCE	86400u /* seconds between packets, when searching for one after damage */

static const struct {
	uint32_t magic;
	uint32_t fractions;
	uint32_t record_header_len;
} variants[] = {
	{0xa1b2c3d4, 1000000, 16},
	{0xa1b23c4d, 1000000000, 16},
	{0xa1b2cd34, 1000000,
	 24}, /* Kuznetzov's: interface, protocol and type follow the lengths */
};

struct record_header {
	uint32_t seconds;
	uint32_t fraction;
	uint32_t captured;
	uint32_t len;
};

static struct record_header record_header(const struct capture_file *file, const uint8_t *p)
{
	return (struct record_header){file_u32(file, p), file_u32(file, p + 4),
				      file_u32(file, p + 8), file_u32(file, p + 12)};
}

/* What some writer may really have written. */
static bool acceptable(const struct record_header *h)
{
	return h->captured <= CAPTURE_PACKET_MAX;
}

/* What every sane writer writes: to find a header among other bytes. */
static bool plausible(const struct capture_file *file, const struct record_header *h)
{
	uint32_t distance = h->seconds - file->pcap.last_seconds;

	if (file->pcap.has_last && distance + MAX_DISTANCE > 2 * MAX_DISTANCE)
		return false;
	return h->fraction < file->pcap.fractions && h->captured > 0 && h->captured <= h->len &&
	       h->len <= CAPTURE_PACKET_MAX;
}

/* A whole record stands here, and another one or the end of the file behind it. */
static bool fits(const struct capture_file *file)
{
	uint32_t header_len = file->pcap.record_header_len;
	const uint8_t *p = capture_input_peek(file->in, header_len);
	struct record_header h;
	size_t record_len;

	if (!p)
		return false;
	h = record_header(file, p);
	if (!plausible(file, &h))
		return false;
	record_len = header_len + h.captured;
	p = capture_input_peek(file->in, record_len + header_len);
	if (!p)
		return capture_input_peek(file->in, record_len) &&
		       !capture_input_peek(file->in, record_len + 1);
	h = record_header(file, p + record_len);
	return plausible(file, &h);
}

static bool resync(struct capture_file *file, const char *what)
{
	bool first = !file->damage.what;
	bool found = capture_file_resync(file, what, fits);

	if (first && !found)
		file->damage.only_the_end = true;
	return found;
}

/* The next record's header and bytes, past any damage; NULL at the end. */
static const uint8_t *next_record(struct capture_file *file, struct record_header *h)
{
	uint32_t header_len = file->pcap.record_header_len;

	while (capture_input_peek(file->in, 1)) {
		const char *wrong = "packet header";
		const uint8_t *p = capture_input_peek(file->in, header_len);

		if (p) {
			*h = record_header(file, p);
			if (acceptable(h)) {
				p = capture_input_peek(file->in, header_len + h->captured);
				if (p)
					return p;
				wrong = "packet";
			}
		}
		if (!resync(file, wrong))
			break;
	}
	return NULL;
}

static bool pcap_next(struct capture_file *file, struct capture_item *item)
{
	uint32_t header_len = file->pcap.record_header_len;
	struct record_header h;
	const uint8_t *p = next_record(file, &h);

	if (!p)
		return false;
	file->pcap.has_last = true;
	file->pcap.last_seconds = h.seconds;
	item->kind = CAPTURE_PACKET;
	item->ts = h.seconds * INT64_C(1000000000) +
		   (int64_t)h.fraction * (1000000000 / file->pcap.fractions);
	item->link_type = file->pcap.link_type;
	/* Some writers swap or forget the length on the wire. */
	item->data = (struct slice){p + header_len, h.captured,
				    h.len > h.captured ? h.len : h.captured};
	capture_input_skip(file->in, header_len + h.captured);
	return true;
}

bool pcap_recognise(struct capture_file *file, const uint8_t head[static 12])
{
	const uint8_t *header;

	for (size_t i = 0; i < sizeof(variants) / sizeof(variants[0]); i++) {
		if (load_le32(head) != variants[i].magic && load_be32(head) != variants[i].magic)
			continue;
		header = capture_input_peek(file->in, FILE_HEADER_LEN);
		if (!header)
			return false;
		file->swapped = load_be32(header) == variants[i].magic;
		file->pcap.fractions = variants[i].fractions;
		file->pcap.record_header_len = variants[i].record_header_len;
		/* The upper half tells the length of frame check sequences, which IP doesn't need.
		 */
		file->pcap.link_type = (uint16_t)file_u32(file, header + 20);
		file->next = pcap_next;
		capture_input_skip(file->in, FILE_HEADER_LEN);
		return true;
	}
	return false;
}
