/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/command/options.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "format/size.h"
#include "protocols/engine/session.h"

#define SECOND_NS 1000000000ll
/* Years 1970 to 2262 fit into 63 bits of nanoseconds. */
#define SECONDS_MAX (INT64_MAX / SECOND_NS)

bool option_number(const char *text, uint64_t max, uint64_t *number)
{
	return size_parse_number(text, number) && *number <= max;
}

bool option_size(const char *text, uint64_t *bytes)
{
	static const char units[] = "kMG";
	const char *unit = *text ? strchr(units, text[strlen(text) - 1]) : NULL;
	unsigned shift = unit ? 10 * (unsigned)(unit - units + 1) : 0;
	char digits[24];
	size_t len = strlen(text) - (unit != NULL);

	if (len >= sizeof(digits))
		return false;
	memcpy(digits, text, len);
	digits[len] = '\0';
	if (!option_number(digits, UINT64_MAX >> shift, bytes))
		return false;
	*bytes <<= shift;
	return true;
}

bool option_keep(const char *text, size_t *keep)
{
	uint64_t bytes;

	if (strcmp(text, "none") == 0 || strcmp(text, "0") == 0) {
		*keep = SESSION_KEEP_NONE;
	} else if (strcmp(text, "all") == 0) {
		*keep = SESSION_KEEP_ALL;
	} else {
		if (!option_size(text, &bytes) || !bytes)
			return false;
		/* One byte is as good as none; the two have the same number. */
		*keep = bytes < SESSION_KEEP_ALL ? (size_t)bytes : SESSION_KEEP_ALL;
	}
	return true;
}

/* Up to nine digits after a point, as nanoseconds; *TEXT moves behind them. */
static int64_t fraction(const char **text)
{
	int64_t ns = 0, unit = SECOND_NS / 10;

	if (**text != '.')
		return 0;
	for (++*text; isdigit((unsigned char)**text); ++*text, unit /= 10)
		ns += (**text - '0') * unit;
	return ns;
}

/* Numbers from here on are nanoseconds: as seconds they would be far away. */
#define NANOSECONDS_MIN 100000000000000000ll

static bool epoch_time(const char *text, int64_t *ns)
{
	int64_t number = 0;

	if (!isdigit((unsigned char)*text))
		return false;
	for (; isdigit((unsigned char)*text); text++)
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, *text - '0', &number))
			return false;
	if (number >= NANOSECONDS_MIN) {
		*ns = number;
		return *text == '\0';
	}
	if (number > SECONDS_MAX - 1)
		return false;
	*ns = number * SECOND_NS + fraction(&text);
	return *text == '\0';
}

/* "Z", "+01:00", "-0530": seconds to take away to come to UTC. */
static bool zone(const char *text, int64_t *seconds)
{
	int sign = *text == '-' ? -1 : 1;
	struct tm tm = {0};
	const char *end;

	*seconds = 0;
	if (strcmp(text, "Z") == 0 || strcmp(text, "z") == 0)
		return true;
	if (*text != '+' && *text != '-')
		return false;
	end = strptime(text + 1, strchr(text, ':') ? "%H:%M" : "%H%M", &tm);
	*seconds = sign * (tm.tm_hour * 3600ll + tm.tm_min * 60ll);
	return end && *end == '\0';
}

/* "10:00", "10:00:05", "10:00:05.25" at *TEXT, which moves behind them. */
static bool take_clock(const char **text, struct tm *tm, int64_t *part)
{
	const char *at = strptime(*text, "%H:%M", tm);

	*part = 0;
	if (at && *at == ':') {
		at = strptime(at + 1, "%S", tm);
		if (at)
			*part = fraction(&at);
	}
	if (at)
		*text = at;
	return at;
}

bool option_time_of_day(const char *text, int64_t *ns)
{
	struct tm tm = {0};
	int64_t part;

	if (!take_clock(&text, &tm, &part) || *text)
		return false;
	*ns = (tm.tm_hour * 3600ll + tm.tm_min * 60ll + tm.tm_sec) * SECOND_NS + part;
	return true;
}

bool option_time(const char *text, int64_t *ns)
{
	struct tm tm = {0};
	const char *at = strptime(text, "%Y-%m-%d", &tm);
	int64_t part = 0, offset = 0, seconds;

	if (!at)
		return epoch_time(text, ns);
	if (*at == 'T' || *at == 't' || *at == ' ') {
		at++;
		if (!take_clock(&at, &tm, &part))
			return false;
	}
	if (*at && !zone(at, &offset))
		return false;
	tm.tm_isdst = -1;
	seconds = *at ? (int64_t)timegm(&tm) - offset : (int64_t)mktime(&tm);
	if (seconds < 0 || seconds > SECONDS_MAX - 1)
		return false;
	*ns = seconds * SECOND_NS + part;
	return true;
}

void option_use_utc(void)
{
	setenv("TZ", "UTC0", 1);
	tzset();
}

bool option_format(const char *text, enum output_format *format)
{
	static const char *const names[] = {
		[OUTPUT_TEXT] = "text",
		[OUTPUT_JSON] = "json",
		[OUTPUT_CSV] = "csv",
	};

	for (int i = 0; i < 3; i++) {
		if (strcmp(text, names[i]) == 0) {
			*format = (enum output_format)i;
			return true;
		}
	}
	return false;
}

#define MEMORY_MIN (UINT64_C(1) << 20)

bool option_memory(const char *text, uint64_t *bytes)
{
	return size_parse(text, bytes) && *bytes >= MEMORY_MIN;
}
