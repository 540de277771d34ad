/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/value/real.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Every number of so many digits is told from all others of as many. */
#define DIGITS 15

/* From here to 10^DIGITS numbers are written without an exponent, as printf does. */
#define LEAST 1e-4

#define PLACES_MAX (DIGITS + 3)

/* Longest text, in any form. */
#define TEXT_MAX 40

static const double powers[PLACES_MAX + 1] = {1e0,  1e1,  1e2,	1e3,  1e4,  1e5,  1e6,
					      1e7,  1e8,  1e9,	1e10, 1e11, 1e12, 1e13,
					      1e14, 1e15, 1e16, 1e17, 1e18};

/* Digits behind the point of MAGNITUDE when it is written with DIGITS of them. */
static unsigned places_of(double magnitude)
{
	unsigned places = DIGITS;

	while (places > 0 && magnitude >= powers[DIGITS - places])
		places--;
	while (places >= DIGITS && places < PLACES_MAX &&
	       magnitude * powers[places + 1] < powers[DIGITS])
		places++;
	return places;
}

/* NUMBER, of which PLACES digits stand behind the point. */
static char *put_decimal(char *to, uint64_t number, unsigned places)
{
	uint64_t unit = (uint64_t)powers[places];
	uint64_t part = number % unit;

	to = buffer_put_u64(to, number / unit);
	if (!part)
		return to;
	*to++ = '.';
	for (; part; part %= unit) {
		unit /= 10;
		*to++ = (char)('0' + part / unit);
	}
	return to;
}

/*
 * Whether NUMBER, of which PLACES digits stand behind the point, is MAGNITUDE: when the quotient,
 * which is rounded correctly as both operands are exact, is the number itself.
 */
static bool is_with(double magnitude, unsigned places, uint64_t *number)
{
	*number = (uint64_t)(magnitude * powers[places] + 0.5);
	return (double)*number / powers[places] == magnitude;
}

/* Most have few digits behind the point. */
#define FEW 3

static bool find_places(double magnitude, unsigned *places, uint64_t *number)
{
	for (*places = 0; *places <= FEW && magnitude < powers[DIGITS - *places]; ++*places)
		if (is_with(magnitude, *places, number))
			return true;
	*places = places_of(magnitude);
	return is_with(magnitude, *places, number);
}

/* A number of DIGITS at most, as nearly all are that people wrote. False: it isn't. */
static bool append_short(struct buffer *out, double real)
{
	double magnitude = fabs(real);
	uint64_t number;
	unsigned places;
	char *to;

	if (!(magnitude >= LEAST && magnitude < powers[DIGITS]))
		return false;
	if (!find_places(magnitude, &places, &number))
		return false;
	to = buffer_reserve(out, TEXT_MAX);
	if (!to)
		return true;
	if (real < 0)
		*to++ = '-';
	out->len = (size_t)(put_decimal(to, number, places) - out->data);
	return true;
}

void real_append(struct buffer *out, double real)
{
	char text[TEXT_MAX];

	if (append_short(out, real))
		return;
	for (int digits = DIGITS; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, real);
		if (strtod(text, NULL) == real)
			break;
	}
	buffer_append_text(out, text);
}

void real_append_float(struct buffer *out, float real)
{
	char text[TEXT_MAX];

	for (int digits = 6; digits <= 9; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, (double)real);
		if (strtof(text, NULL) == real)
			break;
	}
	buffer_append_text(out, text);
}
