/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_FORMAT_NAMES_H
#define SOCKTAPE_FORMAT_NAMES_H

/* File names of segments: <YYYYMMDDTHHMMSSZ>-<000001>.tape.zst[.partial]. Internal to format/. */

#include <stdbool.h>
#include <stdint.h>

#define NAME_SEGMENT_MAX 64

/* REALTIME is ns since the epoch. */
void name_segment(uint64_t segment, int64_t realtime, bool partial, char name[NAME_SEGMENT_MAX]);

/* Whether NAME ends as a segment's does; *SEGMENT is 0 when it tells no number. */
bool name_parse(const char *name, uint64_t *segment, bool *partial);

#endif
