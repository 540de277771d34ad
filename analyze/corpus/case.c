/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/corpus/case.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyze/capture/capture.h"
#include "analyze/output/target.h"
#include "analyze/replay/record.h"
#include "analyze/replay/rows.h"
#include "protocols/cipher/keylog.h"
#include "protocols/cursor.h"
#include "protocols/protobuf/schema.h"

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

static void print_rows(struct rows *rows, struct output *out)
{
	struct row *row;

	while ((row = rows_next(rows)) != NULL)
		record_print_expected(out, row);
}

struct run_context {
	struct rows *rows;
	struct output *out;
};

static enum tape_error feed(void *context, const struct event *event)
{
	struct run_context *run = context;

	rows_event(run->rows, event);
	print_rows(run->rows, run->out);
	return TAPE_OK;
}

static bool is_damage(enum tape_error error)
{
	return error == TAPE_ERROR_TRUNCATED || error == TAPE_ERROR_DAMAGED ||
	       error == TAPE_ERROR_LINK_TYPE;
}

static enum tape_error run_capture(const char *path, const struct case_aids *aids,
				   struct output *out)
{
	const struct replay_options options = {
		.resolve = true, .keylog = aids->keylog, .protobuf = aids->protobuf};
	struct run_context run = {.rows = rows_open_fed(&options), .out = out};
	struct capture_sink sink = {.event = feed, .context = &run};
	struct capture_totals totals;
	enum tape_error error;

	if (!run.rows)
		return TAPE_ERROR_MEMORY;
	do {
		error = capture_read(path, &sink, &totals);
	} while (rows_again(run.rows));
	rows_end(run.rows);
	print_rows(run.rows, out);
	if (!error || is_damage(error))
		error = rows_error(run.rows);
	rows_close(run.rows);
	return error;
}

static enum tape_error run_segments(const char *folder, const struct case_aids *aids,
				    struct output *out)
{
	const struct replay_options options = {.keylog = aids->keylog, .protobuf = aids->protobuf};
	struct rows *rows;
	enum tape_error error = rows_open(folder, &options, &rows);

	if (error)
		return error;
	print_rows(rows, out);
	error = rows_error(rows);
	rows_close(rows);
	return error;
}

/* NULL where the case has none; *ERROR where it can't be read. */
static struct keylog *read_keylog(const char *folder, enum tape_error *error)
{
	struct keylog *keylog = NULL;
	struct buffer text = {0};
	char path[PATH_MAX];
	struct cursor c;

	*error = TAPE_OK;
	if (!exists(folder, CASE_KEYLOG, path))
		return NULL;
	*error = case_read(folder, CASE_KEYLOG, &text);
	if (!*error) {
		keylog = keylog_new(NULL, NULL);
		*error = keylog ? TAPE_OK : TAPE_ERROR_MEMORY;
	}
	c = cursor_of(text.data, text.len);
	while (keylog && cursor_left(&c)) {
		struct span line = cursor_until(&c, '\n');

		if (keylog_add(keylog, line, 0) == KEYLOG_NO_LINE)
			*error = TAPE_ERROR_DAMAGED;
	}
	buffer_free(&text);
	return keylog;
}

/* NULL where the case has none; *ERROR where it can't be read. */
static struct protobuf_schema *read_protobuf(const char *folder, enum tape_error *error)
{
	struct protobuf_schema *schema = NULL;
	struct buffer set = {0};
	char path[PATH_MAX];

	if (!exists(folder, CASE_PROTO, path))
		return NULL;
	*error = case_read(folder, CASE_PROTO, &set);
	if (!*error) {
		schema = protobuf_schema_new();
		if (!schema)
			*error = TAPE_ERROR_MEMORY;
		else if (protobuf_schema_add(schema, buffer_span(&set)) != PROTOBUF_SCHEMA_TAKEN)
			*error = TAPE_ERROR_DAMAGED;
	}
	buffer_free(&set);
	return schema;
}

enum tape_error case_aids_read(const char *folder, struct case_aids *aids)
{
	enum tape_error error;

	*aids = (struct case_aids){.keylog = read_keylog(folder, &error)};
	if (!error)
		aids->protobuf = read_protobuf(folder, &error);
	return error;
}

void case_aids_free(struct case_aids *aids)
{
	keylog_free(aids->keylog);
	protobuf_schema_free(aids->protobuf);
}

bool case_capture(const char *folder, char path[PATH_MAX])
{
	for (size_t i = 0; captures[i]; i++)
		if (exists(folder, captures[i], path))
			return true;
	return false;
}

static enum tape_error run(const char *folder, const struct case_aids *aids, struct buffer *records)
{
	struct output *out = output_new_into(OUTPUT_JSON, records);
	enum tape_error error;
	char path[PATH_MAX];

	if (!out)
		return TAPE_ERROR_MEMORY;
	error = case_capture(folder, path) ? run_capture(path, aids, out)
					   : run_segments(folder, aids, out);
	if (!output_free(out) || records->failed)
		error = TAPE_ERROR_MEMORY;
	return error;
}

enum tape_error case_run(const char *folder, struct buffer *records)
{
	struct case_aids aids;
	enum tape_error error = case_aids_read(folder, &aids);

	if (!error)
		error = run(folder, &aids, records);
	case_aids_free(&aids);
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
