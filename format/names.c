/* SPDX-License-Identifier: BSD-2-Clause */
#include "format/names.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "format/recording.h"

#define NS_PER_S 1000000000

void name_segment(uint64_t segment, int64_t realtime, bool partial, char name[NAME_SEGMENT_MAX])
{
	time_t seconds = (time_t)(realtime / NS_PER_S);
	char utc[24] = "";
	struct tm tm;

	if (gmtime_r(&seconds, &tm))
		strftime(utc, sizeof(utc), "%Y%m%dT%H%M%SZ", &tm);
	snprintf(name, NAME_SEGMENT_MAX, "%s-%06" PRIu64 "%s%s", utc, segment, RECORDING_SUFFIX,
		 partial ? RECORDING_PARTIAL : "");
}

/* Takes SUFFIX off the end of a name of *LEN characters. */
static bool strip(const char *name, size_t *len, const char *suffix)
{
	size_t n = strlen(suffix);

	if (*len < n || memcmp(name + *len - n, suffix, n) != 0)
		return false;
	*len -= n;
	return true;
}

bool name_parse(const char *name, uint64_t *segment, bool *partial)
{
	size_t len = strlen(name);
	const char *dash;

	*segment = 0;
	*partial = strip(name, &len, RECORDING_PARTIAL);
	if (!strip(name, &len, RECORDING_SUFFIX))
		return false;
	dash = memrchr(name, '-', len);
	if (dash && dash[1] >= '0' && dash[1] <= '9')
		*segment = strtoull(dash + 1, NULL, 10);
	return true;
}
