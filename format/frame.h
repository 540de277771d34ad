/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_FORMAT_FRAME_H
#define SOCKTAPE_FORMAT_FRAME_H

/* The skippable frames of socktape's own (struct tape_frame). Internal to format/. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/tape.h"

/* Fills in skippable header, magic and CRC of a frame of LEN bytes. */
void frame_seal(void *frame, size_t len, const char *magic);

/* The CRC that a frame must have, computed piecewise: FIRST holds a whole struct tape_frame. */
uint32_t frame_crc_begin(const void *first, size_t len);
uint32_t frame_crc_add(uint32_t crc, const void *next, size_t len);

/* Whether a frame says that it is one of ours; with MAGIC not NULL, that one. */
bool frame_is(const struct tape_frame *frame, const char *magic);

/* Size of the whole frame, as it says itself. */
uint64_t frame_len(const struct tape_frame *frame);

/* The frame is whole in LEN bytes, has MAGIC and its CRC is right. */
bool frame_valid(const void *frame, size_t len, const char *magic);

/*
 * What a structure of LEN bytes says, as this version knows it: SIZE bytes into TO, zero where the
 * structure is shorter.
 */
void frame_copy(const void *from, size_t len, void *to, size_t size);

#endif
