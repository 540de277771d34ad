/* SPDX-License-Identifier: BSD-2-Clause */
#include "format/size.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char prefixes[] = "kMGTPE";

/* Reads digits at *TEXT and moves it behind them. */
bool size_take_digits(const char **text, uint64_t *value)
{
	const char *at = *text;

	*value = 0;
	for (; isdigit((unsigned char)*at); at++)
		if (__builtin_mul_overflow(*value, 10, value) ||
		    __builtin_add_overflow(*value, (uint64_t)(*at - '0'), value))
			return false;
	if (at == *text)
		return false;
	*text = at;
	return true;
}

bool size_parse_number(const char *text, uint64_t *value)
{
	return size_take_digits(&text, value) && !*text;
}

bool size_parse(const char *text, uint64_t *bytes)
{
	const char *prefix = NULL;
	uint64_t unit = 1000;

	if (!size_take_digits(&text, bytes))
		return false;
	for (const char *p = prefixes; *p; p++)
		if (*text && tolower((unsigned char)*text) == tolower((unsigned char)*p))
			prefix = p;
	if (prefix) {
		text++;
		if (*text == 'i' || *text == 'I') {
			unit = 1024;
			text++;
		}
		for (const char *p = prefixes; p <= prefix; p++)
			if (__builtin_mul_overflow(*bytes, unit, bytes))
				return false;
	}
	if (*text == 'B' || *text == 'b')
		text++;
	return !*text;
}

static const struct {
	const char *name;
	uint64_t ns;
} units[] = {
	/* The longer one of those that begin alike comes first. */
	{"ns", 1},	    {"us", 1000},	  {"µs", 1000},
	{"ms", 1000000},    {"s", 1000000000},	  {"min", 60000000000},
	{"m", 60000000000}, {"h", 3600000000000}, {"d", 86400000000000},
};

/* The unit at *TEXT, which moves behind it; 0: none. */
static uint64_t unit_take(const char **text)
{
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		size_t len = strlen(units[i].name);

		if (strncmp(*text, units[i].name, len) != 0)
			continue;
		*text += len;
		return units[i].ns;
	}
	return 0;
}

/* Up to nine decimals at *TEXT, in billionths; *TEXT moves behind all there are. */
static uint64_t decimals_take(const char **text)
{
	uint64_t digit = 1000000000, sum = 0;

	if (**text != '.')
		return 0;
	for (++*text; isdigit((unsigned char)**text); ++*text) {
		digit /= 10;
		sum += digit * (uint64_t)(**text - '0');
	}
	return sum;
}

/* A number and its unit at *TEXT, added to *NS. */
static bool part_take(const char **text, bool alone, uint64_t *ns)
{
	uint64_t number, part, unit;

	if (!size_take_digits(text, &number))
		return false;
	part = decimals_take(text);
	*text += **text == ' ';
	unit = alone && !**text ? 1000000000 : unit_take(text);
	*text += **text == ' ';
	/* What is too small for a nanosecond is left out: the product never has more than 77 bits.
	 */
	return unit && !__builtin_mul_overflow(number, unit, &number) &&
	       !__builtin_add_overflow(
		       number, (uint64_t)((unsigned __int128)part * unit / 1000000000), &number) &&
	       !__builtin_add_overflow(*ns, number, ns) && *ns <= INT64_MAX;
}

bool size_parse_duration(const char *text, uint64_t *ns)
{
	bool alone = true;

	*ns = 0;
	do {
		if (!part_take(&text, alone, ns))
			return false;
		alone = false;
	} while (*text);
	return true;
}

void size_text(uint64_t bytes, char text[static SIZE_TEXT_MAX])
{
	double value = (double)bytes;
	int prefix = -1;

	/* 999.5 would be printed as "1000". */
	while (value >= 999.5 && prefixes[prefix + 1]) {
		value /= 1000;
		prefix++;
	}
	if (prefix < 0)
		snprintf(text, SIZE_TEXT_MAX, "%" PRIu64 " B", bytes);
	else
		snprintf(text, SIZE_TEXT_MAX, "%.*f %cB",
			 value < 9.995 ? 2 : (value < 99.95 ? 1 : 0), value, prefixes[prefix]);
}

void size_text_exact(uint64_t value, char text[static SIZE_TEXT_MAX])
{
	char digits[SIZE_TEXT_MAX];
	int len = snprintf(digits, sizeof(digits), "%" PRIu64, value);
	char *to = text;

	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			*to++ = ',';
		*to++ = digits[i];
	}
	*to = '\0';
}
