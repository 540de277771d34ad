/* SPDX-License-Identifier: BSD-2-Clause */
#include "format/frame.h"

#include <endian.h>
#include <string.h>
#include <zlib.h>

uint32_t frame_crc_begin(const void *first, size_t len)
{
	struct tape_frame frame;
	uint32_t crc;

	memcpy(&frame, first, sizeof(frame));
	frame.crc = 0;
	crc = (uint32_t)crc32_z(0, (const Bytef *)&frame, sizeof(frame));
	return frame_crc_add(crc, (const char *)first + sizeof(frame), len - sizeof(frame));
}

uint32_t frame_crc_add(uint32_t crc, const void *next, size_t len)
{
	return (uint32_t)crc32_z(crc, next, len);
}

void frame_seal(void *frame, size_t len, const char *magic)
{
	struct tape_frame *head = frame;

	head->skippable.magic = htole32(TAPE_SKIPPABLE_OWN);
	head->skippable.len = htole32((uint32_t)(len - sizeof(head->skippable)));
	memcpy(head->magic, magic, sizeof(head->magic));
	head->crc = htole32(frame_crc_begin(frame, len));
}

bool frame_is(const struct tape_frame *frame, const char *magic)
{
	return le32toh(frame->skippable.magic) == TAPE_SKIPPABLE_OWN &&
	       (!magic || memcmp(frame->magic, magic, sizeof(frame->magic)) == 0);
}

uint64_t frame_len(const struct tape_frame *frame)
{
	return sizeof(frame->skippable) + (uint64_t)le32toh(frame->skippable.len);
}

bool frame_valid(const void *frame, size_t len, const char *magic)
{
	struct tape_frame head;

	if (len < sizeof(head))
		return false;
	memcpy(&head, frame, sizeof(head));
	return frame_is(&head, magic) && frame_len(&head) >= sizeof(head) &&
	       frame_len(&head) <= len &&
	       frame_crc_begin(frame, (size_t)frame_len(&head)) == le32toh(head.crc);
}

void frame_copy(const void *from, size_t len, void *to, size_t size)
{
	memset(to, 0, size);
	memcpy(to, from, len < size ? len : size);
}
