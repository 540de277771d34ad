/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/command/capture_tell.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "analyze/command/command.h"
#include "format/buffer.h"

#define SECOND_NS INT64_C(1000000000)

static int64_t monotonic_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * SECOND_NS + t.tv_nsec;
}

static void show(void *context, const struct capture_totals *totals)
{
	struct capture_progress *p = context;
	int64_t now = monotonic_now();

	if (now - (p->told ? p->told : p->started) < (p->told ? SECOND_NS / 5 : SECOND_NS))
		return;
	p->told = now;
	fprintf(stderr, "\r\033[Kreading: ");
	if (totals->file_size)
		fprintf(stderr, "%3.0f %%  ",
			100.0 * (double)totals->file_bytes / (double)totals->file_size);
	fprintf(stderr, "%" PRIu64 " MB, %" PRIu64 " packets", totals->file_bytes / 1000000,
		totals->packets);
}

void capture_progress_begin(struct capture_progress *p, struct capture_sink *sink)
{
	*p = (struct capture_progress){.started = monotonic_now()};
	if (!isatty(STDERR_FILENO))
		return;
	sink->progress = show;
	sink->progress_context = p;
}

void capture_progress_end(struct capture_progress *p)
{
	if (p->told)
		fputs("\r\033[K", stderr);
	p->told = 0;
}

bool capture_is_readable(enum tape_error error, const struct capture_totals *totals)
{
	uint64_t used = totals->packets - totals->skipped[CAPTURE_SKIP_LINK_TYPE];

	return !error || ((error == TAPE_ERROR_LINK_TYPE || totals->damage) && used);
}

int capture_tell_error(const char *command, const char *from, enum tape_error error, int number,
		       const struct capture_totals *totals)
{
	if (error == TAPE_OK)
		return STATUS_DONE;
	if (error == TAPE_ERROR_LINK_TYPE &&
	    totals->packets != totals->skipped[CAPTURE_SKIP_LINK_TYPE])
		command_warn(command,
			     "%s: %" PRIu64 " packets of link type %" PRIu32 " passed over: %s",
			     from, totals->skipped[CAPTURE_SKIP_LINK_TYPE], totals->link_type,
			     tape_error_text(error));
	else if (error == TAPE_ERROR_LINK_TYPE)
		return command_fail(command, "%s: link type %" PRIu32 ": %s", from,
				    totals->link_type, tape_error_text(error));
	else if (totals->damage)
		command_warn(command,
			     "%s: at offset %" PRIu64 ": %s: %s; %" PRIu64
			     " bytes could not be used",
			     from, totals->damage_offset, totals->damage, tape_error_text(error),
			     totals->damaged_bytes);
	else
		return command_fail(command, "%s: %s", from,
				    error == TAPE_ERROR_IO && number ? strerror(number)
								     : tape_error_text(error));
	return capture_is_readable(error, totals) ? STATUS_DAMAGED : STATUS_USAGE;
}

void capture_tell_skipped(const char *command, const char *from,
			  const struct capture_totals *totals)
{
	struct buffer why = {0};

	for (int i = CAPTURE_SKIP_TRANSPORT + 1; i < CAPTURE_SKIP_COUNT; i++)
		if (totals->skipped[i])
			buffer_printf(&why, "%s%" PRIu64 " %s", why.len ? ", " : "",
				      totals->skipped[i], capture_skip_text((enum capture_skip)i));
	buffer_append_char(&why, '\0');
	if (why.len > 1 && !why.failed)
		command_warn(command, "%s: packets that gave nothing: %s", from, why.data);
	buffer_free(&why);
}
