/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is made of conversations in which one thing is as long, as deep or as often as may be, and a
 * little more: tests/unit/protocols_sizes_sweep.txt has a line for each of them, with each size and
 * the hash of what was answered. Held as in record_sweep_test.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>

#include "tests/unit/fnv.h"
#include "tests/unit/held.h"
#include "tests/unit/stretch.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Powers of two, what limits are made of beside them, and one more and less. */
static const size_t sizes[] = {
	0,     1,     2,     3,	    4,	    5,	   6,	 7,    8,     9,     10,    11,	   12,
	13,    14,    15,    16,    17,	    18,	   19,	 20,   21,    22,    23,    24,	   25,
	26,    30,    31,    32,    33,	    34,	   35,	 36,   39,    40,    41,    42,	   48,
	58,    59,    60,    61,    62,	    63,	   64,	 65,   66,    67,    79,    80,	   81,
	99,    100,   101,   106,   107,    108,   119,	 120,  121,   125,   126,   127,   128,
	129,   130,   199,   200,   201,    253,   254,	 255,  256,   257,   258,   264,   300,
	301,   511,   512,   513,   514,    999,   1000, 1001, 1023,  1024,  1025,  1026,  2047,
	2048,  2049,  4095,  4096,  4097,   4098,  8192, 9999, 10000, 16383, 16384, 16385, 16386,
	32768, 65535, 65536, 65537, 262144, 262145};

/* Bodies are not kept, cut, and kept. */
static const size_t keeps[] = {0, 100, 1u << 20};

static void hold_one(const struct stretch *stretch, struct buffer *out)
{
	buffer_printf(out, "%s:", stretch->name);
	for (size_t i = 0; i < COUNT(sizes) && sizes[i] <= stretch->most; i++) {
		uint64_t hash = FNV_BEGIN;
		struct speech s = {0};
		struct feed feed;

		stretch->make(&s, sizes[i]);
		feed = speech_feed(&s, stretch->protocol);
		feed.lose = stretch->lose;
		/*
		 * The second time put aside after each message, the last time as the middle of a
		 * connection of which nobody knows the roles.
		 */
		for (size_t k = 0; k < COUNT(keeps); k++) {
			struct buffer answer = {0};

			feed.keep = keeps[k];
			feed.described = k < 2;
			feed.aside = k == 1;
			feed.midstream = k == 2;
			feed.role = k == 2 ? ROLE_UNKNOWN : ROLE_CLIENT;
			feed_answer(&feed, &answer);
			assert_false(answer.failed);
			hash = fnv_bytes(hash, buffer_span(&answer));
			buffer_free(&answer);
		}
		buffer_printf(out, " %zu/%08" PRIx32, sizes[i], (uint32_t)(hash ^ hash >> 32));
		speech_free(&s);
	}
	buffer_append_text(out, "\n");
}

static void hold_all(const struct stretch *stretch, struct buffer *out)
{
	for (; stretch->name; stretch++)
		hold_one(stretch, out);
}

static void hold_text(struct buffer *out)
{
	hold_all(stretches_of_text, out);
}

static void hold_bytes(struct buffer *out)
{
	hold_all(stretches_of_bytes, out);
}

static void hold_databases(struct buffer *out)
{
	hold_all(stretches_of_databases, out);
}

static void hold_losses(struct buffer *out)
{
	hold_all(stretches_of_losses, out);
}

static const struct held_section sections[] = {
	{"text", hold_text},
	{"bytes", hold_bytes},
	{"databases", hold_databases},
	{"losses", hold_losses},
};

int main(void)
{
	return held_run("protocols_sizes_sweep", sections, COUNT(sections));
}
