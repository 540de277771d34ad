/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/corpus/case.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyze/capture/capture.h"
#include "analyze/output/target.h"
#include "analyze/replay/record.h"
#include "analyze/replay/replay.h"

static const char *const captures[] = {"capture.pcap", "capture.pcapng", NULL};

static bool path_in(const char *folder, const char *name, char path[PATH_MAX])
{
	int len = snprintf(path, PATH_MAX, "%s/%s", folder, name);

	return len > 0 && len < PATH_MAX;
}

static bool exists(const char *folder, const char *name, char path[PATH_MAX])
{
	return path_in(folder, name, path) && access(path, R_OK) == 0;
}

bool case_is(const char *folder)
{
	char path[PATH_MAX];

	return exists(folder, CASE_ABOUT, path);
}

/* ---- running ---- */

struct run_context {
	struct replay *replay;
	struct output *out;
	struct record_printer *printer;
};

static void on_record(void *context, const struct connection *conn, const struct session *s,
		      const struct record *record)
{
	struct run_context *run = context;

	record_print(run->printer, conn, s, record);
}

static enum tape_error feed(void *context, const struct event *event)
{
	struct run_context *run = context;

	replay_event(run->replay, event);
	return TAPE_OK;
}

static bool is_damage(enum tape_error error)
{
	return error == TAPE_ERROR_TRUNCATED || error == TAPE_ERROR_DAMAGED ||
	       error == TAPE_ERROR_LINK_TYPE;
}

static enum tape_error run_capture(const char *path, struct run_context *run,
				   const struct replay_options *options)
{
	struct capture_sink sink = {.event = feed, .context = run};
	struct capture_totals totals;
	enum tape_error error, at_end;

	run->replay = replay_new_fed(options);
	run->printer = run->replay ? record_printer_new(run->out, run->replay) : NULL;
	if (!run->printer)
		return TAPE_ERROR_MEMORY;
	error = capture_read(path, &sink, &totals);
	at_end = replay_end(run->replay);
	return error && !is_damage(error) ? error : at_end;
}

static enum tape_error run_segments(const char *folder, struct run_context *run,
				    const struct replay_options *options)
{
	enum tape_error error = replay_new(folder, options, &run->replay);

	if (error)
		return error;
	run->printer = record_printer_new(run->out, run->replay);
	return run->printer ? replay_run(run->replay) : TAPE_ERROR_MEMORY;
}

enum tape_error case_run(const char *folder, struct buffer *records)
{
	struct run_context run = {.out = output_new_into(OUTPUT_JSON, records)};
	struct replay_options options = {.handlers = {.record = on_record, .context = &run}};
	char path[PATH_MAX];
	const char *capture = NULL;
	enum tape_error error;

	if (!run.out)
		return TAPE_ERROR_MEMORY;
	for (size_t i = 0; captures[i] && !capture; i++)
		if (exists(folder, captures[i], path))
			capture = path;
	error = capture ? run_capture(capture, &run, &options)
			: run_segments(folder, &run, &options);
	record_printer_free(run.printer);
	if (!output_free(run.out) || records->failed)
		error = TAPE_ERROR_MEMORY;
	replay_free(run.replay);
	return error;
}

/* ---- files ---- */

enum tape_error case_read(const char *folder, const char *name, struct buffer *text)
{
	char path[PATH_MAX], part[65536];
	FILE *file;
	size_t n;
	bool failed;

	if (!path_in(folder, name, path)) {
		errno = ENAMETOOLONG;
		return TAPE_ERROR_IO;
	}
	file = fopen(path, "rb");
	if (!file)
		return TAPE_ERROR_IO;
	while ((n = fread(part, 1, sizeof(part), file)) > 0)
		buffer_append(text, part, n);
	failed = ferror(file);
	fclose(file);
	if (failed)
		return TAPE_ERROR_IO;
	return text->failed ? TAPE_ERROR_MEMORY : TAPE_OK;
}

enum tape_error case_write_expected(const char *folder, struct span records)
{
	char path[PATH_MAX];
	struct target target;
	enum tape_error error;
	struct sink sink;

	if (!path_in(folder, CASE_EXPECT, path)) {
		errno = ENAMETOOLONG;
		return TAPE_ERROR_IO;
	}
	error = target_open(&target, path, 0666);
	if (error)
		return error;
	sink = target_sink(&target);
	error = sink.write(sink.context, records.data, records.len);
	if (!error)
		return target_complete(&target);
	target_abandon(&target);
	return error;
}
