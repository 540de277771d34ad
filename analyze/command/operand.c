/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/command/operand.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyze/capture/file.h"
#include "analyze/command/capture_tell.h"
#include "analyze/command/command.h"
#include "format/recording.h"
#include "format/writer.h"

#define COPY_LEN 65536

static void name_made(struct operand *o)
{
	scratch_path(&o->made, o->made_path);
	o->path = o->made_path;
}

/* ---- pipes ---- */

/* As many bytes as there are, LEN at most. False: see errno. */
static bool read_begin(struct operand *o, int fd)
{
	ssize_t n;

	o->pipe.begin = span_of(o->begin, 0);
	do {
		n = read(fd, o->begin + o->pipe.begin.len, sizeof(o->begin) - o->pipe.begin.len);
		if (n > 0)
			o->pipe.begin.len += (size_t)n;
	} while ((n > 0 && o->pipe.begin.len < sizeof(o->begin)) || (n < 0 && errno == EINTR));
	return n >= 0;
}

/* The frame with which every segment begins. */
static bool is_segment(struct span begin)
{
	uint32_t magic;

	if (begin.len < sizeof(magic))
		return false;
	memcpy(&magic, begin.data, sizeof(magic));
	return le32toh(magic) == TAPE_SKIPPABLE_OWN;
}

/* All that comes out of FD into a file, where it can be read again. False: see errno. */
static bool copy(struct scratch *to, int fd, struct span begin)
{
	char data[COPY_LEN];
	ssize_t n;

	if (begin.len && !scratch_write(to, 0, begin.data, begin.len))
		return false;
	do {
		n = read(fd, data, sizeof(data));
		if (n > 0 && !scratch_write(to, to->len, data, (size_t)n))
			return false;
	} while (n > 0 || (n < 0 && errno == EINTR));
	return n == 0;
}

static int take_pipe(struct operand *o, const char *command, const char *text)
{
	int fd = strcmp(text, "-") == 0 ? STDIN_FILENO : open(text, O_RDONLY | O_CLOEXEC);
	bool good;

	if (fd == STDIN_FILENO && isatty(fd))
		return command_fail(command, "standard input is a terminal; give a recording, or "
					     "pipe one in");
	good = fd >= 0 && read_begin(o, fd);
	if (good && o->stream && is_segment(o->pipe.begin)) {
		o->pipe.fd = fd;
		return STATUS_DONE;
	}
	good = good && copy(&o->made, fd, o->pipe.begin);
	if (!good)
		command_fail(command, "%s: %s", text, strerror(errno));
	if (fd > STDIN_FILENO)
		close(fd);
	if (!good)
		return STATUS_USAGE;
	if (!o->made.len)
		return command_fail(command, "%s: there is nothing in it", text);
	name_made(o);
	return STATUS_DONE;
}

/* ---- captures ---- */

/* Whether an import would read it. */
static bool is_capture(const char *path)
{
	struct capture_input *in;
	struct capture_file *file;
	bool is;

	if (capture_input_open(path, &in))
		return false;
	is = capture_file_new(in, &file) == TAPE_OK;
	capture_file_free(file);
	return is;
}

struct making {
	struct scratch file;
	struct writer *writer; /* from the first event on */
	enum tape_error error; /* what stopped the writing */
	int number;	       /* errno of it */
};

static enum tape_error write_file(void *context, const void *data, size_t len)
{
	struct making *m = context;

	return scratch_write(&m->file, m->file.len, data, len) ? TAPE_OK : TAPE_ERROR_IO;
}

static void begin(struct making *m, int64_t ts)
{
	const struct sink sink = {.write = write_file, .context = m};
	const struct writer_options options = {
		.segment = 1,
		.created_monotonic = ts,
		.created_realtime = ts,
	};

	m->error = writer_new(sink, &options, &m->writer);
}

static enum tape_error write_event(void *context, const struct event *event)
{
	struct making *m = context;

	errno = 0;
	if (!m->writer)
		begin(m, event->ts);
	if (!m->error)
		m->error = writer_event(m->writer, event);
	m->number = errno;
	return m->error;
}

static int take_capture(struct operand *o, const char *command, const char *text, uint64_t memory)
{
	struct making m = {0};
	struct capture_progress progress;
	struct capture_sink sink = {
		.event = write_event, .context = &m, .memory = memory, .name = text};
	struct capture_totals totals;
	enum tape_error error;
	int number, status;

	scratch_init(&m.file);
	capture_progress_begin(&progress, &sink);
	errno = 0;
	error = capture_read(o->path, &sink, &totals);
	number = errno;
	capture_progress_end(&progress);
	if (!m.error && capture_is_readable(error, &totals)) {
		errno = 0;
		if (!m.writer)
			begin(&m, 0);
		if (!m.error)
			m.error = writer_finish(m.writer);
		m.number = errno;
	}
	writer_free(m.writer);
	if (m.error)
		status = command_fail(
			command, "%s: what was read of it could not be kept: %s", text,
			m.error == TAPE_ERROR_IO ? strerror(m.number) : tape_error_text(m.error));
	else
		status = capture_tell_error(command, text, error, number, &totals);
	if (status != STATUS_USAGE)
		capture_tell_skipped(command, text, &totals);
	scratch_close(&o->made);
	o->made = m.file;
	if (status != STATUS_USAGE)
		name_made(o);
	return status;
}

/* ---- the interface ---- */

int operand_open(struct operand *o, const char *command, const char *text, uint64_t memory)
{
	struct stat st = {0};
	bool dash = strcmp(text, "-") == 0;
	/* What isn't there, whoever reads it tells. */
	bool known = (dash ? fstat(STDIN_FILENO, &st) : stat(text, &st)) == 0;
	int status = STATUS_DONE;

	*o = (struct operand){.path = text, .stream = o->stream, .pipe.fd = -1};
	scratch_init(&o->made);
	if (known && S_ISREG(st.st_mode)) {
		o->device = st.st_dev;
		o->inode = st.st_ino;
	}
	if (dash || (known && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode))))
		status = take_pipe(o, command, text);
	if (status || o->pipe.fd >= 0 || S_ISDIR(st.st_mode) || !is_capture(o->path))
		return status;
	o->status = take_capture(o, command, text, memory);
	return o->status == STATUS_USAGE ? STATUS_USAGE : STATUS_DONE;
}

/* A directory is known by its segments. */
static bool has_file(const struct operand *o, const struct stat *st)
{
	struct recording *rec;
	bool has;

	if (o->inode)
		return o->device == st->st_dev && o->inode == st->st_ino;
	if (o->pipe.fd >= 0 || recording_open(o->path, NULL, NULL, &rec))
		return false;
	has = recording_has_file(rec, st);
	recording_free(rec);
	return has;
}

int operand_refuse_output(const struct operand *o, const char *command, const char *output)
{
	bool to_stdout = strcmp(output, "-") == 0;
	struct stat st;

	if ((to_stdout ? fstat(STDOUT_FILENO, &st) : stat(output, &st)) != 0 ||
	    !S_ISREG(st.st_mode) || !has_file(o, &st))
		return STATUS_DONE;
	return command_fail(command,
			    "%s is part of the recording that is read; choose another file",
			    to_stdout ? "standard output" : output);
}

int operand_close(struct operand *o, int status)
{
	scratch_close(&o->made);
	if (o->pipe.fd > STDIN_FILENO)
		close(o->pipe.fd);
	return command_worse(o->status, status);
}
