/* SPDX-License-Identifier: BSD-2-Clause */
#include "record/status.h"

#include "record/clock.h"
#include "format/size.h"

/* To the line's begin, and erase what is there (ECMA-48 EL). */
#define ERASE_LINE "\r\033[K"

static uint64_t per_second(uint64_t now, uint64_t before, int64_t ns)
{
	return ns > 0 ? (uint64_t)((double)(now - before) * CLOCK_SECOND / (double)ns) : 0;
}

void status_show(struct status *status, const struct progress *progress, FILE *out)
{
	int64_t since = progress->elapsed - status->elapsed;
	const struct store_sums *given = &progress->store.given;
	struct loss_sum lost = loss_sum_all(progress->account.lost);
	char events[SIZE_TEXT_MAX];
	char rate[SIZE_TEXT_MAX];
	char file[SIZE_TEXT_MAX];
	char calls[SIZE_TEXT_MAX];
	char cut[SIZE_TEXT_MAX];

	size_text_exact(per_second(given->events, status->events, since), events);
	size_text(per_second(given->payload, status->bytes, since), rate);
	size_text(progress->store.written.file_bytes, file);
	size_text_exact(lost.events, calls);
	fprintf(out, ERASE_LINE "%6lld s  %11s events/s  %8s/s  %8s written  %s lost",
		(long long)(progress->elapsed / CLOCK_SECOND), events, rate, file, calls);
	if (account_cut(&progress->account)) {
		size_text(account_cut(&progress->account), cut);
		fprintf(out, "  %s left out", cut);
	}
	fflush(out);
	*status = (struct status){true, progress->elapsed, given->events, given->payload};
}

void status_clear(struct status *status, FILE *out)
{
	if (status->shown)
		fputs(ERASE_LINE, out);
	status->shown = false;
}
