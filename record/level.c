/* SPDX-License-Identifier: BSD-2-Clause */
#include "record/level.h"

/*
 * MB/s of one core and how much is left, measured with zstd 1.5.4 on programs' code: 650 and 28 %,
 * 890 and 42 %, 1500 and 64 %, 3350 and 89 %. RISE is the part of the backlog, in 1/16, that
 * makes it go to this step; it goes back when half of that is left.
 */
static const struct {
	int level;
	unsigned int rise;
} steps[] = {{1, 0}, {-5, 2}, {-20, 4}, {-100, 8}};

#define STEPS (sizeof(steps) / sizeof(steps[0]))

static uint64_t smooth(uint64_t average, uint64_t next)
{
	return average - average / 4 + next / 4;
}

/* Then larger files would only make it worse. */
static bool waits_for_disk(const struct level_control *control)
{
	return control->write_ns / 2 > control->compress_ns;
}

int level_choose(struct level_control *control, const struct level_situation *now)
{
	uint64_t part = now->limit ? now->limit / 16 : 1;
	uint64_t fill = now->waiting / (part ? part : 1);

	control->compress_ns = smooth(control->compress_ns, now->compress_ns);
	control->write_ns = smooth(control->write_ns, now->write_ns);
	if (waits_for_disk(control)) {
		control->step = 0;
		return steps[0].level;
	}
	while (control->step + 1 < STEPS && fill >= steps[control->step + 1].rise)
		control->step++;
	while (control->step && fill < (steps[control->step].rise + 1) / 2)
		control->step--;
	return steps[control->step].level;
}
