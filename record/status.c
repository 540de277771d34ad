/* SPDX-License-Identifier: BSD-2-Clause */
#include "record/status.h"

#include <sys/ioctl.h>

#include "format/buffer.h"
#include "record/clock.h"
#include "format/size.h"

/* To the line's begin, and erase what is there (ECMA-48 EL). */
#define ERASE_LINE "\r\033[K"
#define CUT_MARK   "..."

static uint64_t per_second(uint64_t now, uint64_t before, int64_t ns)
{
	return ns > 0 ? (uint64_t)((double)(now - before) * CLOCK_SECOND / (double)ns) : 0;
}

/* Columns of the terminal; 80 where it doesn't tell. */
static size_t width_of(FILE *out)
{
	struct winsize size = {0};

	if (ioctl(fileno(out), TIOCGWINSZ, &size) != 0 || !size.ws_col)
		return 80;
	return size.ws_col;
}

/* No character takes more columns than it has bytes (UTF-8), so LINE fits in WIDTH then. */
static void cut_to(struct buffer *line, size_t width)
{
	size_t end = width > sizeof(CUT_MARK) ? width - (sizeof(CUT_MARK) - 1) : 0;

	if (line->len <= width)
		return;
	while (end && ((unsigned char)line->data[end] & 0xc0) == 0x80)
		end--;
	line->len = end;
	buffer_append_text(line, end ? CUT_MARK : "");
}

static void describe(const struct status *status, const struct progress *progress,
		     struct buffer *line)
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
	buffer_printf(line, "%6lld s  %11s events/s  %8s/s  %8s written  %s lost",
		      (long long)(progress->elapsed / CLOCK_SECOND), events, rate, file, calls);
	if (account_cut(&progress->account)) {
		size_text(account_cut(&progress->account), cut);
		buffer_printf(line, "  %s left out", cut);
	}
}

void status_show(struct status *status, const struct progress *progress, struct span filters,
		 FILE *out)
{
	const struct store_sums *given = &progress->store.given;
	struct buffer line = {0};

	describe(status, progress, &line);
	if (filters.len) {
		buffer_append_text(&line, "  ");
		buffer_append_span(&line, filters);
	}
	/* What fills the last column may already begin a new line. */
	cut_to(&line, width_of(out) - 1);
	fprintf(out, ERASE_LINE "%.*s", (int)line.len, line.len ? line.data : "");
	fflush(out);
	buffer_free(&line);
	*status = (struct status){true, progress->elapsed, given->events, given->payload};
}

void status_clear(struct status *status, FILE *out)
{
	if (status->shown)
		fputs(ERASE_LINE, out);
	status->shown = false;
}
