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

/* What every sane writer writes. Some round a fraction up to a whole second. */
static bool sane(const struct capture_file *file, const struct record_header *h)
{
	return h->fraction <= file->pcap.fractions && h->captured <= h->len &&
	       h->len <= CAPTURE_PACKET_MAX;
}

/* Good enough to tell a header from other bytes. */
static bool plausible(const struct capture_file *file, const struct record_header *h)
{
	uint32_t distance = h->seconds - file->pcap.last_seconds;

	if (file->pcap.has_last && distance + MAX_DISTANCE > 2 * MAX_DISTANCE)
		return false;
	return sane(file, h) && h->captured > 0;
}

/* A whole record stands AT bytes from here, and another one or the end of the file behind it. */
static bool fits_at(const struct capture_file *file, size_t at)
{
	uint32_t header_len = file->pcap.record_header_len;
	const uint8_t *p = capture_input_peek(file->in, at + header_len);
	struct record_header h;
	size_t end;

	if (!p)
		return false;
	h = record_header(file, p + at);
	if (!plausible(file, &h))
		return false;
	end = at + header_len + h.captured;
	p = capture_input_peek(file->in, end + header_len);
	if (!p)
		return capture_input_peek(file->in, end) && !capture_input_peek(file->in, end + 1);
	h = record_header(file, p + end);
	return plausible(file, &h);
}

static bool fits(const struct capture_file *file)
{
	return fits_at(file, 0);
}

static bool resync(struct capture_file *file, const char *what)
{
	bool first = !file->damage.what;
	bool found = capture_file_resync(file, what, fits);

	if (first && !found)
		file->damage.only_the_end = true;
	return found;
}

/*
 * A wrong length may look right, and swallow the packets behind it. So where it leads to nothing
 * sane, a record inside of it tells that; 0 when there is none.
 */
static size_t record_inside(const struct capture_file *file, size_t record_len)
{
	uint32_t header_len = file->pcap.record_header_len;
	const uint8_t *p = capture_input_peek(file->in, record_len + header_len);
	struct record_header next;

	if (!p)
		return 0;
	next = record_header(file, p + record_len);
	if (sane(file, &next))
		return 0;
	for (size_t at = 1; at < record_len; at++) {
		if (fits_at(file, at))
			return at;
	}
	return 0;
}

/* The record that seems to stand here; NULL, with the reason in *WRONG, when there is none. */
static const uint8_t *read_record(const struct capture_file *file, struct record_header *h,
				  const char **wrong)
{
	uint32_t header_len = file->pcap.record_header_len;
	const uint8_t *p = capture_input_peek(file->in, header_len);

	*wrong = "packet header";
	if (!p)
		return NULL;
	*h = record_header(file, p);
	if (!acceptable(h) || record_inside(file, header_len + h->captured))
		return NULL;
	*wrong = "packet";
	return capture_input_peek(file->in, header_len + h->captured);
}

/* The next record's header and bytes, past any damage; NULL at the end. */
static const uint8_t *next_record(struct capture_file *file, struct record_header *h)
{
	while (capture_input_peek(file->in, 1)) {
		const char *wrong;
		const uint8_t *p = read_record(file, h, &wrong);

		if (p)
			return p;
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
