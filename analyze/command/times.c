/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/command/times.h"

#include <string.h>
#include <time.h>

#include "analyze/command/options.h"
#include "format/recording.h"
#include "format/size.h"
#include "format/span.h"

#define SECOND_NS 1000000000ll
#define DAY_NS	  (86400 * SECOND_NS)

struct range {
	struct times *times;
	struct recording *recording;
};

/* No block is needed: their headers tell. */
static bool look(void *context, const struct block_info *info)
{
	struct range *range = context;
	struct times *times = range->times;
	int64_t from = info->realtime ? info->realtime
				      : recording_realtime(range->recording, info->ts_min);
	int64_t to = from + (info->ts_max - info->ts_min);

	if (!times->first || from < times->first)
		times->first = from;
	if (to > times->last)
		times->last = to;
	return false;
}

static void read_range(struct times *times)
{
	struct range range = {.times = times};
	struct event event;

	if (times->read)
		return;
	times->read = true;
	/* Whoever reads it tells what is wrong with it. */
	if (recording_open(times->path, NULL, NULL, &range.recording))
		return;
	recording_restrict(range.recording, INT64_MIN, look, &range);
	while (recording_next(range.recording, &event))
		;
	recording_free(range.recording);
}

/* That time of day on the day of MOMENT, DAYS later. */
static int64_t on_day(int64_t moment, int days, int64_t of_day)
{
	time_t seconds = (time_t)(moment / SECOND_NS);
	struct tm tm;

	localtime_r(&seconds, &tm);
	tm.tm_mday += days;
	tm.tm_sec = (int)(of_day / SECOND_NS % 60);
	tm.tm_min = (int)(of_day / SECOND_NS / 60 % 60);
	tm.tm_hour = (int)(of_day / SECOND_NS / 3600);
	tm.tm_isdst = -1;
	return (int64_t)mktime(&tm) * SECOND_NS + of_day % SECOND_NS;
}

/* The recording's own day, unless only a later one has that time in the recording. */
static bool find_of_day(struct times *times, int64_t of_day, int64_t *ns)
{
	int64_t next;

	read_range(times);
	if (!times->last)
		return false;
	*ns = on_day(times->first, 0, of_day);
	next = on_day(times->first, 1, of_day);
	if (*ns < times->first && next <= times->last) {
		*ns = next;
		next = on_day(times->first, 2, of_day);
	}
	times->several |= *ns >= times->first && next <= times->last;
	return true;
}

bool times_find(struct times *times, const char *text, int64_t *ns)
{
	uint64_t distance;
	int64_t of_day;

	if (*text != '+' && *text != '-')
		return option_time_of_day(text, &of_day) ? find_of_day(times, of_day, ns)
							 : option_time(text, ns);
	if (!size_parse_duration(text + 1, &distance))
		return false;
	read_range(times);
	if (!times->last)
		return false;
	*ns = *text == '+' ? times->first + (int64_t)(distance < (uint64_t)DAY_NS * 36500
							      ? distance
							      : (uint64_t)DAY_NS * 36500)
			   : times->last - (int64_t)distance;
	/* 0 stands for no time. */
	if (*ns < 1)
		*ns = 1;
	return true;
}

/* The moment that only a part of a text is. */
static bool find_part(struct times *times, struct span part, int64_t *ns)
{
	char moment[64];

	if (part.len >= sizeof(moment))
		return false;
	memcpy(moment, part.data, part.len);
	moment[part.len] = '\0';
	return times_find(times, moment, ns);
}

bool times_around(struct times *times, const char *text, int64_t *since, int64_t *until)
{
	const char *comma = strchr(text, ',');
	uint64_t distance = SECOND_NS;
	size_t len = comma ? (size_t)(comma - text) : strlen(text);
	int64_t ns;

	if (comma && !size_parse_duration(comma + 1, &distance))
		return false;
	if (!find_part(times, span_of(text, len), &ns))
		return false;
	*since = ns > (int64_t)distance ? ns - (int64_t)distance : 1;
	*until = ns < INT64_MAX - (int64_t)distance ? ns + (int64_t)distance : INT64_MAX;
	return true;
}

bool times_span(struct times *times, const char *text, int64_t *since, int64_t *until)
{
	const char *dots = strstr(text, "..");

	*since = *until = 0;
	if (!dots || strlen(text) == 2)
		return false;
	if (dots > text && !find_part(times, span_of(text, (size_t)(dots - text)), since))
		return false;
	return !dots[2] || times_find(times, dots + 2, until);
}
