/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/value/date.h"

static char *put_two(char *to, unsigned value)
{
	to[0] = (char)('0' + value / 10);
	to[1] = (char)('0' + value % 10);
	return to + 2;
}

/* Howard Hinnant's civil_from_days: eras of 400 years, which begin in March. */
void date_append(struct buffer *out, int64_t days)
{
	int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097, year;
	unsigned doe = (unsigned)(z - era * 146097);
	unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
	unsigned month = mp < 10 ? mp + 3 : mp - 9;
	char *to;

	year = (int64_t)yoe + era * 400 + (month <= 2);
	if (year < 0 || year > 9999) {
		buffer_printf(out, "%05lld-%02u-%02u", (long long)year, month,
			      doy - (153 * mp + 2) / 5 + 1);
		return;
	}
	to = buffer_reserve(out, 10);
	if (!to)
		return;
	to = put_two(to, (unsigned)year / 100);
	to = put_two(to, (unsigned)year % 100);
	*to++ = '-';
	to = put_two(to, month);
	*to++ = '-';
	put_two(to, doy - (153 * mp + 2) / 5 + 1);
	out->len += 10;
}
