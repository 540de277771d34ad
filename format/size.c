/* SPDX-License-Identifier: BSD-2-Clause */
#include "format/size.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char prefixes[] = "kMGTPE";

/* Reads digits at *TEXT and moves it behind them. */
static bool digits_take(const char **text, uint64_t *value)
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
	return digits_take(&text, value) && !*text;
}

bool size_parse(const char *text, uint64_t *bytes)
{
	const char *prefix = NULL;
	uint64_t unit = 1000;

	if (!digits_take(&text, bytes))
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

bool size_parse_seconds(const char *text, uint64_t *ns)
{
	uint64_t digit = 1000000000;

	if (!digits_take(&text, ns) || __builtin_mul_overflow(*ns, digit, ns))
		return false;
	if (*text == '.')
		while (isdigit((unsigned char)*++text) && digit > 1) {
			digit /= 10;
			if (__builtin_add_overflow(*ns, digit * (uint64_t)(*text - '0'), ns))
				return false;
		}
	return !*text;
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
