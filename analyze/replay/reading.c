/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/replay/reading.h"

#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "analyze/spill/scratch.h"
#include "protocols/cipher/keylog.h"
#include "protocols/protobuf/schema.h"

/* More problems than this are only counted. */
#define PROBLEMS_TOLD 10

#define SECOND_NS 1000000000ll

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * SECOND_NS + t.tv_nsec;
}

static void clear_progress(struct reading *r)
{
	if (r->told)
		fputs("\r\033[K", stderr);
	r->told = 0;
}

/* What came through a pipe, or is made of a capture, is in a file without a name. */
static const char *name_of(const char *path)
{
	return scratch_is_path(path) ? "the input" : path;
}

void reading_problem(void *context, const char *path, const struct problem *problem)
{
	struct reading *r = context;

	r->lost_events += problem->lost_events;
	if (r->problems++ >= PROBLEMS_TOLD || r->again)
		return;
	clear_progress(r);
	fprintf(stderr,
		"socktape %s: %s: at offset %" PRIu64 ": %s: %s; %" PRIu64
		" bytes could not be used",
		r->command, name_of(path), problem->offset, problem->what,
		problem->system ? strerror(problem->system) : tape_error_text(problem->error),
		problem->bytes);
	if (problem->lost_events)
		fprintf(stderr, " (%" PRIu64 " events)", problem->lost_events);
	fputc('\n', stderr);
}

static void progress(void *context, const struct recording_status *status)
{
	struct reading *r = context;
	int64_t time;

	if (++r->skipped < 16384 || (r->hushed && *r->hushed))
		return;
	r->skipped = 0;
	time = now();
	if (time - (r->told ? r->told : r->started) < (r->told ? SECOND_NS / 5 : SECOND_NS))
		return;
	r->told = time;
	fprintf(stderr, "\r\033[Kreading: %3.0f %%  %" PRIu64 " of %" PRIu64 " MB",
		status->bytes_total
			? 100.0 * (double)status->bytes_read / (double)status->bytes_total
			: 0.0,
		status->bytes_read / 1000000, status->bytes_total / 1000000);
}

static enum tape_error open_any(struct reading *r, const char *path,
				const struct replay_options *options, bool rows)
{
	enum tape_error error;

	if (!rows)
		return replay_new(path, options, &r->replay);
	error = rows_open(path, options, &r->rows);
	if (!error)
		r->replay = rows_replay(r->rows);
	return error;
}

static int start(struct reading *r, const char *path, const struct replay_options *options,
		 bool rows)
{
	struct replay_options with = *options;
	enum tape_error error;

	r->started = now();
	r->keylog = options->keylog;
	r->protobuf = options->protobuf;
	with.problem = reading_problem;
	with.problem_context = r;
	if (!options->follow && isatty(STDERR_FILENO) && (r->to_file || !isatty(STDOUT_FILENO))) {
		with.progress = progress;
		with.progress_context = r;
	}
	errno = 0;
	error = open_any(r, path, &with, rows);
	if (!error)
		return STATUS_DONE;
	if (error == TAPE_ERROR_IO && errno)
		return command_fail(r->command, "%s: %s", name_of(path), strerror(errno));
	return command_fail(r->command, "%s: %s", name_of(path), tape_error_text(error));
}

int reading_open(struct reading *r, const char *command, const char *path,
		 const struct replay_options *options)
{
	*r = (struct reading){
		.to_file = r->to_file, .again = r->again, .hushed = r->hushed, .command = command};
	return start(r, path, options, false);
}

int reading_open_rows(struct reading *r, const char *command, const char *path,
		      const struct replay_options *options)
{
	*r = (struct reading){.to_file = r->to_file,
			      .again = r->again,
			      .hushed = r->hushed,
			      .enough = r->enough,
			      .enough_context = r->enough_context,
			      .piped = options->pipe != NULL,
			      .command = command};
	return start(r, path, options, true);
}

/* The next reading begins anew, and what this one had lies in pieces that it may not fit into. */
static void give_back(void)
{
	malloc_trim(0);
}

int reading_again(struct reading *r, const char *path, const struct replay_options *options)
{
	replay_free(r->replay);
	give_back();
	*r = (struct reading){.to_file = r->to_file, .command = r->command, .again = true};
	return start(r, path, options, false);
}

/* Segments without an end are normal while recording goes on; say so once. */
static int tell_incomplete(const struct reading *r, const struct recording_status *status)
{
	if (r->problems > PROBLEMS_TOLD && !r->again)
		command_warn(r->command, "%" PRIu64 " more problems of this kind",
			     r->problems - PROBLEMS_TOLD);
	/* Who goes while it is being recorded knows that. */
	if (r->seen_enough && !r->problems)
		return STATUS_DONE;
	if (status->incomplete && !r->problems && !r->again)
		command_warn(r->command,
			     "%" PRIu64 " of %" PRIu64
			     " segments were not completed: still recording, or it was killed",
			     status->incomplete, status->segments);
	if (r->problems && !status->segments)
		return STATUS_USAGE;
	return r->problems || status->incomplete ? STATUS_DAMAGED : STATUS_DONE;
}

static int finish(struct reading *r, enum tape_error error)
{
	uint64_t refused = replay_refused_bytes(r->replay);

	clear_progress(r);
	if (error) {
		command_warn(r->command, "reading ended early: %s", tape_error_text(error));
		return STATUS_DAMAGED;
	}
	if (replay_file_error(r->replay))
		command_warn(r->command,
			     "what is idle could not be put aside in a file in TMPDIR: %s",
			     strerror(replay_file_error(r->replay)));
	if (replay_given_up(r->replay))
		command_warn(r->command,
			     "%" PRIu64 " connections were ended before their end: memory limit; "
			     "--memory allows more",
			     replay_given_up(r->replay));
	if (refused)
		command_warn(r->command,
			     "%" PRIu64 " bytes of open messages were not kept: memory limit",
			     refused);
	if (replay_refused_secrets(r->replay))
		command_warn(r->command,
			     "%" PRIu64 " TLS secrets were not kept: memory limit; --memory allows "
			     "more",
			     replay_refused_secrets(r->replay));
	if (r->keylog && !r->again && !keylog_was_used(r->keylog))
		command_warn(r->command,
			     "no secret of --keylog belongs to a TLS connection that was read");
	if (r->protobuf && !r->again && !protobuf_schema_was_used(r->protobuf))
		command_warn(r->command, "no gRPC call of a method of --proto was read");
	return tell_incomplete(r, replay_status(r->replay));
}

int reading_run(struct reading *r)
{
	return finish(r, replay_run(r->replay));
}

struct row *reading_row(struct reading *r)
{
	struct row *row = rows_next(r->rows);

	while (r->enough && (row || rows_waits(r->rows))) {
		if (!r->seen_enough && r->enough(r->enough_context, !row)) {
			r->seen_enough = true;
			rows_follow_no_more(r->rows);
			if (row && !r->piped)
				return NULL;
		}
		if (row)
			break;
		row = rows_next(r->rows);
	}
	return row;
}

int reading_end(struct reading *r)
{
	rows_stop(r->rows);
	return finish(r, rows_error(r->rows));
}

void reading_close(struct reading *r)
{
	if (r->rows)
		rows_close(r->rows);
	else
		replay_free(r->replay);
	give_back();
}
