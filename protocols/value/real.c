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

/* A number of DIGITS at most, as nearly all are that people wrote. 0: it isn't. */
static size_t put_short(char *to, double real)
{
	double magnitude = fabs(real);
	uint64_t number;
	unsigned places;
	char *at = to;

	if (!(magnitude >= LEAST && magnitude < powers[DIGITS]))
		return 0;
	if (!find_places(magnitude, &places, &number))
		return 0;
	if (real < 0)
		*at++ = '-';
	return (size_t)(put_decimal(at, number, places) - to);
}

size_t real_put(char *to, double real)
{
	size_t len = put_short(to, real);

	for (int digits = DIGITS; !len && digits <= 17; digits++) {
		int n = snprintf(to, REAL_TEXT_MAX, "%.*g", digits, real);

		if (digits == 17 || strtod(to, NULL) == real)
			len = (size_t)n;
	}
	return len;
}

size_t real_put_float(char *to, float real)
{
	size_t len = 0;

	for (int digits = 6; !len && digits <= 9; digits++) {
		int n = snprintf(to, REAL_TEXT_MAX, "%.*g", digits, (double)real);

		if (digits == 9 || strtof(to, NULL) == real)
			len = (size_t)n;
	}
	return len;
}

void real_append(struct buffer *out, double real)
{
	char *to = buffer_reserve(out, REAL_TEXT_MAX);

	if (to)
		out->len += real_put(to, real);
}

void real_append_float(struct buffer *out, float real)
{
	char *to = buffer_reserve(out, REAL_TEXT_MAX);

	if (to)
		out->len += real_put_float(to, real);
}

/* ---- any number ---- */

static void append_word(struct buffer *out, double real)
{
	buffer_append_text(out, isnan(real) ? "\"NaN\""
				: real > 0  ? "\"Infinity\""
					    : "\"-Infinity\"");
}

void real_append_bits64(struct buffer *out, uint64_t bits)
{
	double real;

	memcpy(&real, &bits, sizeof(real));
	if (isfinite(real))
		real_append(out, real);
	else
		append_word(out, real);
}

void real_append_bits32(struct buffer *out, uint32_t bits)
{
	float real;

	memcpy(&real, &bits, sizeof(real));
	if (isfinite(real))
		real_append_float(out, real);
	else
		append_word(out, (double)real);
}
