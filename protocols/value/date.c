/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/value/date.h"

#define SECOND_NS 1000000000
#define DAY_S	  86400

static char *put_two(char *to, unsigned value)
{
	to[0] = (char)('0' + value / 10);
	to[1] = (char)('0' + value % 10);
	return to + 2;
}

struct date {
	int64_t year;
	unsigned month;
	unsigned day;
};

/* Howard Hinnant's civil_from_days: eras of 400 years, which begin in March. */
static struct date date_of(int64_t days)
{
	int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097;
	unsigned doe = (unsigned)(z - era * 146097);
	unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
	unsigned month = mp < 10 ? mp + 3 : mp - 9;

	return (struct date){
		.year = (int64_t)yoe + era * 400 + (month <= 2),
		.month = month,
		.day = doy - (153 * mp + 2) / 5 + 1,
	};
}

/* A year of four digits. */
static char *put_date(char *to, const struct date *date)
{
	to = put_two(to, (unsigned)date->year / 100);
	to = put_two(to, (unsigned)date->year % 100);
	*to++ = '-';
	to = put_two(to, date->month);
	*to++ = '-';
	return put_two(to, date->day);
}

void date_append(struct buffer *out, int64_t days)
{
	struct date date = date_of(days);
	char *to;

	if (date.year < 0 || date.year > 9999) {
		buffer_printf(out, "%05lld-%02u-%02u", (long long)date.year, date.month, date.day);
		return;
	}
	to = buffer_reserve(out, 10);
	if (to)
		out->len = (size_t)(put_date(to, &date) - out->data);
}

/* The point, and nine digits: those of a number that has a one in the point's place. */
static char *put_part(char to[static U64_DIGITS], unsigned ns)
{
	char *end = buffer_put_u64(to, (uint64_t)SECOND_NS + ns);

	*to = '.';
	return end;
}

char *date_put_clock(char to[static DATE_CLOCK_ROOM], uint64_t ns, unsigned digits)
{
	unsigned seconds = (unsigned)(ns / SECOND_NS);

	to = put_two(to, seconds / 3600);
	*to++ = ':';
	to = put_two(to, seconds / 60 % 60);
	*to++ = ':';
	to = put_two(to, seconds % 60);
	put_part(to, (unsigned)(ns % SECOND_NS));
	return to + 1 + digits;
}

static void begin_second(struct date_second *to, int64_t second)
{
	int64_t days = second / DAY_S, rest = second % DAY_S;
	char text[10 + 1 + DATE_CLOCK_ROOM];
	struct date date;

	if (rest < 0) {
		rest += DAY_S;
		days--;
	}
	date = date_of(days);
	*put_date(text, &date) = 'T';
	date_put_clock(text + 11, (uint64_t)rest * SECOND_NS, 1);
	*to = (struct date_second){.known = true, .second = second};
	memcpy(to->text, text, sizeof(to->text));
}

static void know_second(struct date_second *last, int64_t second)
{
	if (!last->known || last->second != second)
		begin_second(last, second);
}

char *date_put_parts(char to[static DATE_MOMENT_ROOM], int64_t second,
		     const char part[static DATE_PART_LEN], struct date_second *last)
{
	know_second(last, second);
	memcpy(to, last->text, DATE_SECOND_LEN);
	memcpy(to + DATE_SECOND_LEN, part, DATE_PART_LEN);
	to[DATE_SECOND_LEN + DATE_PART_LEN] = 'Z';
	return to + DATE_SECOND_LEN + DATE_PART_LEN + 1;
}

char *date_put_moment(char to[static DATE_MOMENT_ROOM], int64_t ns, struct date_second *last)
{
	int64_t second = ns / SECOND_NS, part = ns % SECOND_NS;

	if (part < 0) {
		part += SECOND_NS;
		second--;
	}
	know_second(last, second);
	memcpy(to, last->text, sizeof(last->text));
	to = put_part(to + DATE_SECOND_LEN - 1, (unsigned)part);
	*to = 'Z';
	return to + 1;
}
