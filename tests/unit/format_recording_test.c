/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <dirent.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "format/recording.h"
#include "tests/unit/sample_events.h"

#define START_MONOTONIC INT64_C(1000000000)
#define START_REALTIME	INT64_C(1790000000000000000) /* 2026-09-21T14:13:20Z */

struct place {
	char root[64];
	char path[80]; /* of the recording */
};

static int make_place(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	snprintf(place->root, sizeof(place->root), "/tmp/socktape-recording-XXXXXX");
	if (!mkdtemp(place->root))
		return -1;
	snprintf(place->path, sizeof(place->path), "%s/rec", place->root);
	*state = place;
	return 0;
}

static void empty_directory(const char *path)
{
	DIR *directory = opendir(path);
	struct dirent *entry;

	while (directory && (entry = readdir(directory)))
		unlinkat(dirfd(directory), entry->d_name, 0);
	if (directory)
		closedir(directory);
	rmdir(path);
}

static int remove_place(void **state)
{
	struct place *place = *state;

	umount2(place->path, MNT_DETACH); /* what a failed test left */
	empty_directory(place->path);
	empty_directory(place->root);
	free(place);
	return 0;
}

static struct recording_writer_options options_at(const char *path)
{
	return (struct recording_writer_options){
		.path = path, .start_monotonic = START_MONOTONIC, .start_realtime = START_REALTIME};
}

static struct recording_writer *writer_at(const struct recording_writer_options *options)
{
	struct recording_writer *w;

	assert_int_equal(recording_writer_new(options, &w), TAPE_OK);
	return w;
}

static void add(struct recording_writer *w, struct event event)
{
	assert_int_equal(recording_writer_event(w, &event), TAPE_OK);
}

static struct event process_event(uint32_t pid, const char *name)
{
	return (struct event){.type = EVENT_PROCESS,
			      .ts = START_MONOTONIC,
			      .process = {.pid = pid, .name = span_text(name)}};
}

static struct event conn_event(uint64_t conn, uint32_t pid)
{
	return (struct event){.type = EVENT_CONN,
			      .ts = START_MONOTONIC,
			      .conn = {.conn = conn,
				       .pid = pid,
				       .opened_ts = START_MONOTONIC,
				       .local_path = span_text("/run/socket"),
				       .remote = {ADDRESS_INET4, 6379, 0, {10, 0, 0, 1}}}};
}

/* Payload that doesn't compress, so that files grow. */
static struct event data_event(uint64_t conn, uint64_t number)
{
	static char noise[1000];
	static uint32_t random = 1;

	for (size_t i = 0; i < sizeof(noise); i++) {
		random = random * 1664525 + 1013904223;
		noise[i] = (char)(random >> 24);
	}
	return (struct event){.type = EVENT_DATA,
			      .ts = START_MONOTONIC + (int64_t)number * 1000000,
			      .data = {.conn = conn,
				       .offset = number * sizeof(noise),
				       .len = sizeof(noise),
				       .payload = span_of(noise, sizeof(noise)),
				       .pid = 77}};
}

static size_t list(const char *path, struct dirent ***entries)
{
	int n = scandir(path, entries, NULL, alphasort);
	size_t count = 0;

	assert_true(n >= 0);
	for (int i = 0; i < n; i++) {
		if ((*entries)[i]->d_name[0] == '.')
			free((*entries)[i]);
		else
			(*entries)[count++] = (*entries)[i];
	}
	return count;
}

static void free_list(struct dirent **entries, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(entries[i]);
	free(entries);
}

static void count_problem(void *context, const char *path, const struct problem *problem)
{
	(void)path;
	assert_non_null(problem->what);
	++*(size_t *)context;
}

static void one_segment_comes_back(void **state)
{
	struct place *place = *state;
	struct recording_writer_options options = options_at(place->path);
	struct recording_writer *w = writer_at(&options);
	struct dirent **entries;
	struct recording *rec;
	struct event event;
	size_t problems = 0;
	struct stat st;
	size_t count;

	assert_non_null(
		strstr(recording_writer_path(w), "/20260921T141320Z-000001.tape.zst.partial"));
	for (uint64_t i = 1; i <= 200; i++)
		add(w, sample_event(i));
	assert_int_equal(recording_writer_finish(w), TAPE_OK);
	assert_int_equal(recording_writer_totals(w).events, 200);
	count = list(place->path, &entries);
	assert_int_equal(count, 1);
	assert_string_equal(entries[0]->d_name, "20260921T141320Z-000001.tape.zst");
	free_list(entries, count);
	assert_int_equal(stat(recording_writer_path(w), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(recording_writer_totals(w).kept_bytes, st.st_size);
	assert_int_equal(stat(place->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	recording_writer_free(w);

	assert_int_equal(recording_open(place->path, count_problem, &problems, &rec), TAPE_OK);
	for (int pass = 0; pass < 2; pass++) {
		for (uint64_t i = 1; i <= 200; i++) {
			struct event sample = sample_event(i);

			assert_true(recording_next(rec, &event));
			assert_true(sample_equal(&event, &sample));
		}
		assert_false(recording_next(rec, &event));
		assert_int_equal(recording_status(rec)->segments, 1);
		assert_int_equal(recording_status(rec)->incomplete, 0);
		assert_int_equal(recording_status(rec)->bytes_read,
				 recording_status(rec)->bytes_total);
		assert_int_equal(recording_rewind(rec), TAPE_OK);
	}
	assert_int_equal(problems, 0);
	recording_free(rec);
}

static uint64_t conn_of(const struct event *event)
{
	return event->type == EVENT_DATA ? event->data.conn : 0;
}

/* Of the data whose flow is known it is told whose comes, and nothing of what doesn't come. */
static void whose_data_comes_is_told(void **state)
{
	struct place *place = *state;
	struct recording_writer_options options = options_at(place->path);
	struct recording_writer *w = writer_at(&options);
	struct recording *rec;
	struct event event = {.type = EVENT_DATA, .ts = START_MONOTONIC};

	event.data.payload = span_text("abc");
	event.data.len = 3;
	for (uint64_t i = 0; i < 100; i++) {
		event.data.conn = 1 + i % 7;
		event.data.offset = i / 7 * 3;
		add(w, event);
	}
	assert_int_equal(recording_writer_finish(w), TAPE_OK);
	recording_writer_free(w);
	for (int ahead = 0; ahead < 2; ahead++) {
		uint64_t i = 0;

		assert_int_equal(recording_open(place->path, NULL, NULL, &rec), TAPE_OK);
		if (ahead)
			recording_read_ahead(rec);
		while (recording_next(rec, &event)) {
			uint64_t comes = i + RECORDING_COMING, coming;

			if (!conn_of(&event))
				continue;
			assert_int_equal(conn_of(&event), 1 + i % 7);
			coming = recording_coming(rec);
			/* The flows of what comes second are known once they came first. */
			if (coming || i >= 7)
				assert_int_equal(coming, comes < 100 ? 1 + comes % 7 : 0);
			i++;
		}
		assert_int_equal(i, 100);
		assert_int_equal(recording_coming(rec), 0);
		recording_free(rec);
	}
}

static void wall_clock_follows_the_last_clock_event(void **state)
{
	struct place *place = *state;
	struct recording_writer_options options = options_at(place->path);
	struct recording_writer *w = writer_at(&options);
	struct event event = {.type = EVENT_CLOCK,
			      .ts = START_MONOTONIC + 100,
			      .clock.realtime = START_REALTIME + 5000};
	struct recording *rec;

	add(w, process_event(1, "init"));
	add(w, event);
	assert_int_equal(recording_writer_finish(w), TAPE_OK);
	recording_writer_free(w);
	assert_int_equal(recording_open(place->path, NULL, NULL, &rec), TAPE_OK);
	assert_true(recording_next(rec, &event));
	assert_int_equal(recording_realtime(rec, START_MONOTONIC + 7), START_REALTIME + 7);
	assert_true(recording_next(rec, &event));
	assert_int_equal(recording_realtime(rec, START_MONOTONIC + 7), START_REALTIME + 4907);
	recording_free(rec);
}

/* Many segments of noise on connection 1, with the world around it changing. */
static void write_segments(const char *path, uint64_t keep_len, uint64_t events,
			   struct recording_writer_totals *totals)
{
	struct recording_writer_options options = options_at(path);
	struct recording_writer *w;

	options.segment_len = 300000;
	options.keep_len = keep_len;
	w = writer_at(&options);
	add(w, (struct event){.type = EVENT_HOST,
			      .ts = START_MONOTONIC,
			      .host = {.cpus = 2, .hostname = span_text("box")}});
	add(w, process_event(77, "noise"));
	add(w, process_event(78, "short"));
	add(w, process_event(79, "parent"));
	add(w, conn_event(1, 77));
	add(w, conn_event(2, 78));
	add(w, conn_event(3, 79));
	add(w, (struct event){.type = EVENT_PROCESS_EXIT,
			      .ts = START_MONOTONIC,
			      .process_exit = {.pid = 78, .status = 0}});
	add(w, (struct event){.type = EVENT_PROCESS_EXIT,
			      .ts = START_MONOTONIC,
			      .process_exit = {.pid = 79, .status = 256}});
	add(w, (struct event){.type = EVENT_CLOSE, .ts = START_MONOTONIC, .close = {.conn = 2}});
	for (uint64_t i = 0; i < events; i++) {
		add(w, data_event(1, i));
		if (i % 100 == 99)
			assert_int_equal(recording_writer_flush(w), TAPE_OK);
	}
	assert_int_equal(recording_writer_finish(w), TAPE_OK);
	*totals = recording_writer_totals(w);
	recording_writer_free(w);
}

/* What the snapshot at the head of a segment tells. */
struct snapshot {
	size_t clocks, hosts, processes, exits, conns;
	uint64_t sent; /* by connection 1 */
	uint64_t first_offset;
	size_t data;
};

static void note(struct snapshot *s, const struct event *event)
{
	if (event->type == EVENT_DATA && s->data++ == 0)
		s->first_offset = event->data.offset;
	if (!event->snapshot)
		return;
	s->clocks += event->type == EVENT_CLOCK;
	s->hosts += event->type == EVENT_HOST;
	s->processes += event->type == EVENT_PROCESS;
	s->exits += event->type == EVENT_PROCESS_EXIT;
	s->conns += event->type == EVENT_CONN;
	if (event->type == EVENT_CONN && event->conn.conn == 1) {
		s->sent = event->conn.sent;
		assert_int_equal(event->conn.opened_ts, START_MONOTONIC);
		assert_int_equal(event->conn.remote.port, 6379);
		assert_true(span_is(event->conn.local_path, "/run/socket"));
	}
	if (event->type == EVENT_PROCESS && event->process.pid == 77)
		assert_true(span_is(event->process.name, "noise"));
}

static void segments_follow_each_other(void **state)
{
	struct place *place = *state;
	struct recording_writer_totals totals;
	struct snapshot snapshot = {0};
	struct recording *rec;
	struct event event;
	size_t problems = 0;
	uint64_t next = 0;

	write_segments(place->path, 0, 2000, &totals);
	assert_int_equal(totals.segments, 7);
	assert_int_equal(totals.events, 10 + 2000);
	assert_int_equal(totals.data_bytes, 2000 * 1000);
	assert_int_equal(totals.deleted_segments, 0);
	assert_int_equal(recording_open(place->path, count_problem, &problems, &rec), TAPE_OK);
	while (recording_next(rec, &event)) {
		note(&snapshot, &event);
		if (event.type != EVENT_DATA)
			continue;
		assert_int_equal(event.data.offset, next);
		next += event.data.len;
	}
	assert_int_equal(next, 2000 * 1000);
	assert_int_equal(snapshot.clocks, 6);
	assert_int_equal(snapshot.hosts, 6);
	assert_int_equal(snapshot.conns, 6 * 2);
	/* 78 is gone with its connection; 79 has left one behind. */
	assert_int_equal(snapshot.processes, 6 * 2);
	assert_int_equal(snapshot.exits, 6);
	assert_int_equal(recording_status(rec)->segments, 7);
	assert_int_equal(recording_status(rec)->segment_count, 7);
	assert_int_equal(recording_status(rec)->incomplete, 0);
	assert_int_equal(problems, 0);
	recording_free(rec);
}

static void a_later_segment_alone_tells_its_names(void **state)
{
	struct place *place = *state;
	struct recording_writer_totals totals;
	struct snapshot snapshot = {0};
	struct dirent **entries;
	struct recording *rec;
	struct event event;
	char path[512];
	size_t count;

	write_segments(place->path, 0, 2000, &totals);
	count = list(place->path, &entries);
	snprintf(path, sizeof(path), "%s/%s", place->path, entries[4]->d_name);
	free_list(entries, count);
	assert_int_equal(recording_open(path, NULL, NULL, &rec), TAPE_OK);
	while (recording_next(rec, &event))
		note(&snapshot, &event);
	assert_int_equal(snapshot.clocks, 1);
	assert_int_equal(snapshot.hosts, 1);
	assert_int_equal(snapshot.processes, 2);
	assert_int_equal(snapshot.conns, 2);
	assert_true(snapshot.sent > 0);
	assert_int_equal(snapshot.sent, snapshot.first_offset);
	assert_int_equal(recording_realtime(rec, START_MONOTONIC + 5), START_REALTIME + 5);
	recording_free(rec);
}

static void the_oldest_segments_make_room(void **state)
{
	struct place *place = *state;
	struct recording_writer_totals totals;
	struct recording *rec;
	struct event event;
	uint64_t first = 0;
	uint64_t next = 0;
	size_t problems = 0;
	bool begun = false;

	write_segments(place->path, 1000000, 3000, &totals);
	assert_true(totals.deleted_segments > 0);
	assert_true(totals.kept_bytes <= 1000000);
	assert_true(totals.kept_bytes > 500000);
	assert_true(totals.file_bytes > 3000000);
	assert_int_equal(recording_open(place->path, count_problem, &problems, &rec), TAPE_OK);
	while (recording_next(rec, &event)) {
		if (event.type != EVENT_DATA)
			continue;
		if (!begun)
			first = next = event.data.offset;
		begun = true;
		assert_int_equal(event.data.offset, next);
		next += event.data.len;
	}
	assert_true(first > 0);
	assert_int_equal(next, 3000 * 1000);
	assert_int_equal(recording_status(rec)->segments,
			 totals.segments - totals.deleted_segments);
	assert_int_equal(problems, 0);
	recording_free(rec);
}

/* However little may be kept: the last segment is what happened last. */
static void the_last_segment_stays(void **state)
{
	struct place *place = *state;
	struct recording_writer_totals totals;
	struct recording *rec;
	struct event event;
	uint64_t next = 0;

	write_segments(place->path, 1000, 2000, &totals);
	assert_int_equal(totals.deleted_segments, totals.segments - 1);
	assert_int_equal(recording_open(place->path, NULL, NULL, &rec), TAPE_OK);
	while (recording_next(rec, &event))
		if (event.type == EVENT_DATA)
			next = event.data.offset + event.data.len;
	assert_int_equal(next, 2000 * 1000);
	assert_int_equal(recording_status(rec)->segments, 1);
	recording_free(rec);
}

/* A snapshot as large as a segment may be: half a segment of what is new follows all the same. */
static void a_large_snapshot_does_not_make_a_segment_of_every_block(void **state)
{
	struct place *place = *state;
	struct recording_writer_options options = options_at(place->path);
	struct recording_writer *w;
	uint64_t before;

	options.segment_len = 20000;
	w = writer_at(&options);
	for (uint64_t i = 0; i < 9000; i++)
		add(w, conn_event(1 + i * 7919, 77));
	assert_int_equal(recording_writer_flush(w), TAPE_OK);
	before = recording_writer_totals(w).segments;
	for (uint64_t i = 0; i < 100; i++) {
		add(w, data_event(1, i)); /* a kilobyte of noise */
		assert_int_equal(recording_writer_flush(w), TAPE_OK);
	}
	assert_int_equal(recording_writer_finish(w), TAPE_OK);
	assert_true(recording_writer_totals(w).file_bytes > 20000);
	/* At least ten kilobytes of what is new are in each: seven blocks or more. */
	assert_in_range(recording_writer_totals(w).segments - before, 3, 100 / 7);
	recording_writer_free(w);
}

static void a_recorder_that_died_leaves_what_it_flushed(void **state)
{
	struct place *place = *state;
	struct recording_writer_options options = options_at(place->path);
	struct recording_writer *w = writer_at(&options);
	struct recording *rec;
	struct event event;
	size_t problems = 0;
	size_t count = 0;

	for (uint64_t i = 0; i < 50; i++)
		add(w, data_event(1, i));
	assert_int_equal(recording_writer_flush(w), TAPE_OK);
	add(w, data_event(1, 50));
	recording_writer_free(w);
	assert_int_equal(recording_open(place->path, count_problem, &problems, &rec), TAPE_OK);
	while (recording_next(rec, &event))
		count++;
	assert_int_equal(count, 50);
	assert_int_equal(recording_status(rec)->incomplete, 1);
	recording_free(rec);
}

static void a_directory_with_segments_is_refused(void **state)
{
	struct place *place = *state;
	struct recording_writer_options options = options_at(place->path);
	struct recording_writer *w = writer_at(&options);
	struct recording_writer *second;

	assert_int_equal(recording_writer_new(&options, &second), TAPE_ERROR_IO);
	assert_int_equal(errno, EEXIST);
	assert_null(second);
	recording_writer_free(w);
}

/* To the user who asked for it; root may give to anybody, others keep what is theirs. */
static void a_recording_is_given_to_its_user(void **state)
{
	struct place *place = *state;
	struct recording_writer_options options = options_at(place->path);
	struct recording_writer *w;
	struct stat st;

	options.owner = getuid() ? getuid() : 65534;
	options.group = getuid() ? getgid() : 65534;
	w = writer_at(&options);
	assert_int_equal(stat(recording_writer_path(w), &st), 0);
	assert_int_equal(st.st_uid, options.owner);
	assert_int_equal(st.st_gid, options.group);
	assert_int_equal(stat(place->path, &st), 0);
	assert_int_equal(st.st_uid, options.owner);
	recording_writer_free(w);
}

static void what_is_not_there_is_told(void **state)
{
	struct place *place = *state;
	struct recording *rec;
	char path[128];
	int fd;

	assert_int_equal(recording_open(place->path, NULL, NULL, &rec), TAPE_ERROR_IO);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(recording_open(place->root, NULL, NULL, &rec), TAPE_ERROR_EMPTY);
	assert_int_equal(recording_open("/dev/null", NULL, NULL, &rec), TAPE_ERROR_NOT_A_TAPE);
	snprintf(path, sizeof(path), "%s/text", place->root);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	assert_int_equal(write(fd, "text", 4), 4);
	close(fd);
	assert_int_equal(recording_open(path, NULL, NULL, &rec), TAPE_ERROR_NOT_A_TAPE);
}

static void copy_file(const char *from, const char *to)
{
	char bytes[65536];
	FILE *in = fopen(from, "rb");
	FILE *out = fopen(to, "wb");
	size_t len = fread(bytes, 1, sizeof(bytes), in);

	assert_int_equal(fwrite(bytes, 1, len, out), len);
	fclose(in);
	fclose(out);
}

/* A copy, another recording's segment, and a file that only has the name: told, the rest is read.
 */
static void what_does_not_belong_is_left_out(void **state)
{
	struct place *place = *state;
	struct recording_writer_options options = options_at(place->path);
	struct recording_writer *w = writer_at(&options);
	struct recording *rec;
	struct event event;
	size_t problems = 0;
	size_t count = 0;
	char other[160];
	char copy[160];

	add(w, data_event(1, 0));
	assert_int_equal(recording_writer_finish(w), TAPE_OK);
	snprintf(copy, sizeof(copy), "%s/copy.tape.zst.partial", place->path);
	copy_file(recording_writer_path(w), copy);
	recording_writer_free(w);
	options.path = place->root;
	w = writer_at(&options);
	add(w, data_event(1, 0));
	assert_int_equal(recording_writer_finish(w), TAPE_OK);
	snprintf(other, sizeof(other), "%s/z-000002.tape.zst", place->path);
	assert_int_equal(rename(recording_writer_path(w), other), 0);
	recording_writer_free(w);
	snprintf(other, sizeof(other), "%s/z-000003.tape.zst", place->path);
	close(open(other, O_CREAT | O_WRONLY, 0600));

	assert_int_equal(recording_open(place->path, count_problem, &problems, &rec), TAPE_OK);
	while (recording_next(rec, &event))
		count++;
	assert_int_equal(count, 1);
	assert_int_equal(problems, 3);
	assert_int_equal(recording_status(rec)->problems, 3);
	assert_int_equal(recording_status(rec)->segments, 1);
	recording_free(rec);
}

#define FILL_EVENTS 10000

/* How a recording came back that ended because there was no more room. */
struct rest {
	uint64_t data_bytes; /* in a row from the begin */
	uint64_t lost_bytes; /* told in the recording itself */
	size_t segments;
	size_t incomplete;
};

static struct rest read_rest(const char *path)
{
	struct rest rest = {0};
	struct recording *rec;
	struct event event;
	size_t problems = 0;

	assert_int_equal(recording_open(path, count_problem, &problems, &rec), TAPE_OK);
	while (recording_next(rec, &event)) {
		if (event.type == EVENT_LOSS) {
			assert_int_equal(event.loss.cause, LOSS_WRITE_FAILED);
			rest.lost_bytes += event.loss.bytes;
		} else if (event.type == EVENT_DATA) {
			assert_int_equal(event.data.offset, rest.data_bytes);
			rest.data_bytes += event.data.len;
		}
	}
	assert_int_equal(problems, 0);
	rest.segments = (size_t)recording_status(rec)->segments;
	rest.incomplete = (size_t)recording_status(rec)->incomplete;
	recording_free(rec);
	return rest;
}

/* Writes until it fails with EXPECTED, then says how much that cost. FLUSH: in how many events. */
static struct rest fill(const char *path, uint64_t flush, enum tape_error expected)
{
	struct recording_writer_options options = options_at(path);
	struct recording_writer *w = writer_at(&options);
	enum tape_error error = TAPE_OK;
	struct event loss = {.type = EVENT_LOSS, .loss.cause = LOSS_WRITE_FAILED};
	struct event event;

	for (uint64_t i = 0; i < FILL_EVENTS; i++) {
		event = data_event(1, i);
		error = recording_writer_event(w, &event);
		if (!error && i % flush == flush - 1)
			error = recording_writer_flush(w);
	}
	assert_int_equal(error, expected);
	assert_int_equal(recording_writer_finish(w), expected);
	loss.ts = event.ts;
	loss.loss.bytes = FILL_EVENTS * 1000 - recording_writer_totals(w).stored_data_bytes;
	assert_int_equal(recording_writer_last_words(w, &loss, 1), TAPE_OK);
	recording_writer_free(w);
	return read_rest(path);
}

/* In whole blocks of whatever size, what fits is kept, and the file says itself what isn't. */
static void assert_full(const struct rest *rest, uint64_t room)
{
	assert_int_equal(rest->data_bytes + rest->lost_bytes, FILL_EVENTS * 1000);
	assert_in_range(rest->data_bytes, room - 40000, room);
	assert_int_equal(rest->segments, 1);
	assert_int_equal(rest->incomplete, 0);
}

/* In a namespace of this process's own: whatever happens, the host never has this mount. */
static void mount_small_disk(const char *path)
{
	mkdir(path, 0700);
	if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("none", path, "tmpfs", 0, "size=1m") != 0) {
		print_message("no right to mount a small disk\n");
		skip();
	}
}

static void a_full_disk_keeps_what_fits_and_says_what_does_not(void **state)
{
	struct place *place = *state;

	for (uint64_t flush = 100; flush <= FILL_EVENTS; flush *= 100) {
		char path[128];
		struct rest rest;

		mount_small_disk(place->path);
		snprintf(path, sizeof(path), "%s/rec", place->path);
		rest = fill(path, flush, TAPE_ERROR_DISK_FULL);
		assert_full(&rest, 1 << 20);
		assert_int_equal(umount2(place->path, MNT_DETACH), 0);
	}
}

/* A disk that is too full for the next segment: the one before tells. */
static void a_disk_that_is_full_at_rotation_ends_in_the_last_segment(void **state)
{
	struct place *place = *state;
	struct recording_writer_options options;
	struct event loss = {.type = EVENT_LOSS, .loss.cause = LOSS_WRITE_FAILED};
	enum tape_error error = TAPE_OK;
	struct recording_writer *w;
	struct event event;
	struct rest rest;
	char path[128];

	mount_small_disk(place->path);
	snprintf(path, sizeof(path), "%s/rec", place->path);
	options = options_at(path);
	options.segment_len = 200000;
	w = writer_at(&options);
	for (uint64_t i = 0; i < FILL_EVENTS; i++) {
		event = data_event(1, i);
		error = recording_writer_event(w, &event);
		if (!error && i % 50 == 49)
			error = recording_writer_flush(w);
	}
	assert_int_equal(error, TAPE_ERROR_DISK_FULL);
	loss.ts = event.ts;
	loss.loss.bytes = FILL_EVENTS * 1000 - recording_writer_totals(w).stored_data_bytes;
	assert_int_equal(recording_writer_last_words(w, &loss, 1), TAPE_OK);
	recording_writer_free(w);
	rest = read_rest(path);
	assert_int_equal(rest.data_bytes + rest.lost_bytes, FILL_EVENTS * 1000);
	assert_true(rest.data_bytes > 900000);
	assert_true(rest.segments > 3);
	assert_int_equal(rest.incomplete, 0);
	assert_int_equal(umount2(place->path, MNT_DETACH), 0);
}

static struct rlimit limit_file_size(rlim_t size)
{
	struct rlimit saved, limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &saved), 0);
	limit = (struct rlimit){.rlim_cur = size, .rlim_max = saved.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	return saved;
}

/* SIGXFSZ, which would kill, never comes: nothing is written beyond the limit. */
static void a_file_size_limit_keeps_what_fits(void **state)
{
	struct place *place = *state;
	struct rlimit saved = limit_file_size(777777);
	struct rest rest = fill(place->path, 100, TAPE_ERROR_FILE_SIZE);

	assert_full(&rest, 777777);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &saved), 0);
}

/* Where another segment may follow, nothing is lost. */
static void a_file_size_limit_makes_more_segments(void **state)
{
	struct place *place = *state;
	struct recording_writer_options options = options_at(place->path);
	struct rlimit saved = limit_file_size(150000);
	struct recording_writer *w;
	struct dirent **entries;
	struct rest rest;
	struct stat st;
	char path[512];
	size_t count;

	options.segment_len = 100000000;
	w = writer_at(&options);
	for (uint64_t i = 0; i < 3000; i++)
		add(w, data_event(1, i));
	assert_int_equal(recording_writer_finish(w), TAPE_OK);
	recording_writer_free(w);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &saved), 0);
	count = list(place->path, &entries);
	for (size_t i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "%s/%s", place->path, entries[i]->d_name);
		assert_int_equal(stat(path, &st), 0);
		assert_in_range(st.st_size, 1, 150000);
		assert_true(st.st_blocks * 512 < 150000 + 16384); /* no room is kept behind */
	}
	free_list(entries, count);
	rest = read_rest(place->path);
	assert_int_equal(rest.data_bytes, 3000 * 1000);
	assert_int_equal(rest.segments, count);
	assert_int_equal(rest.incomplete, 0);
}

/* A block whose last event is larger than what is left is kept up to there. */
static void a_large_event_does_not_take_the_small_ones_with_it(void **state)
{
	struct place *place = *state;
	struct recording_writer_options options = options_at(place->path);
	struct rlimit saved = limit_file_size(50000);
	struct recording_writer *w = writer_at(&options);
	struct event event = data_event(1, 1);
	struct rest rest;
	char *noise = malloc(100000);

	for (size_t i = 0; i < 100000; i += 1000)
		memcpy(noise + i, data_event(1, i).data.payload.data, 1000);
	add(w, data_event(1, 0));
	event.data.len = event.data.payload.len = 100000;
	event.data.payload.data = noise;
	add(w, event);
	assert_int_equal(recording_writer_flush(w), TAPE_ERROR_FILE_SIZE);
	assert_int_equal(recording_writer_last_words(w, NULL, 0), TAPE_OK);
	recording_writer_free(w);
	rest = read_rest(place->path);
	assert_int_equal(rest.data_bytes, 1000);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &saved), 0);
	free(noise);
}

/* Blocks that another thread could have made are the same as events one by one. */
static void blocks_are_written_in_their_order(void **state)
{
	struct place *place = *state;
	struct recording_writer_options options = options_at(place->path);
	struct recording_writer *w = writer_at(&options);
	struct block_maker *maker = block_maker_new();
	struct recording *rec;
	struct event event;

	assert_null(block_maker_take(maker));
	for (uint64_t i = 1; i <= 300; i++) {
		event = sample_event(i);
		if (i <= 100)
			add(w, event);
		else
			assert_int_equal(block_maker_event(maker, &event), TAPE_OK);
		if (i == 200 || i == 300) {
			struct block *block = block_maker_take(maker);

			assert_non_null(block);
			assert_true(block_memory(block) > 1000);
			assert_int_equal(block_maker_len(maker), 0);
			recording_writer_set_level(w, i == 200 ? -5 : 3);
			assert_int_equal(recording_writer_block(w, block), TAPE_OK);
			block_maker_reuse(maker, block);
		}
	}
	assert_int_equal(recording_writer_totals(w).events, 300);
	assert_int_equal(recording_writer_totals(w).stored_events, 300);
	assert_int_equal(recording_writer_finish(w), TAPE_OK);
	recording_writer_free(w);
	block_maker_free(maker);
	assert_int_equal(recording_open(place->path, NULL, NULL, &rec), TAPE_OK);
	for (uint64_t i = 1; i <= 300; i++) {
		struct event sample = sample_event(i);

		assert_true(recording_next(rec, &event));
		assert_true(sample_equal(&event, &sample));
	}
	assert_false(recording_next(rec, &event));
	assert_int_equal(recording_status(rec)->levels.count, 2); /* the first 100 came with -5 */
	assert_int_equal(recording_status(rec)->levels.of[0].level, -5);
	assert_int_equal(recording_status(rec)->levels.of[1].level, 3);
	recording_free(rec);
}

static void snapshots_tell_how_connections_stand(void **state)
{
	struct place *place = *state;
	struct recording_writer_options options = options_at(place->path);
	struct recording_writer *w;
	struct recording *rec;
	struct event event;
	size_t found = 0;

	options.segment_len = 300000;
	w = writer_at(&options);
	add(w, conn_event(1, 77));
	add(w, (struct event){.type = EVENT_STATE,
			      .ts = START_MONOTONIC + 70,
			      .state = {1, CONN_ESTABLISHED, END_UNKNOWN, 0}});
	add(w, (struct event){.type = EVENT_STATE,
			      .ts = START_MONOTONIC + 90,
			      .state = {1, CONN_CLOSING, END_REMOTE, 0}});
	for (uint64_t i = 0; i < 500; i++) {
		add(w, data_event(1, i));
		if (i % 100 == 99)
			assert_int_equal(recording_writer_flush(w), TAPE_OK);
	}
	assert_int_equal(recording_writer_finish(w), TAPE_OK);
	recording_writer_free(w);
	assert_int_equal(recording_open(place->path, NULL, NULL, &rec), TAPE_OK);
	while (recording_next(rec, &event)) {
		if (event.type != EVENT_CONN || !event.snapshot)
			continue;
		found++;
		assert_int_equal(event.conn.state, CONN_CLOSING);
		assert_int_equal(event.conn.state_by, END_REMOTE);
		assert_int_equal(event.conn.state_ts, START_MONOTONIC + 90);
		assert_int_equal(event.conn.established_ts, START_MONOTONIC + 70);
	}
	assert_int_equal(found, 1);
	recording_free(rec);
}

/* What the snapshot of a later segment says of TLS in PID's process; counts in FOUND by type. */
static void snapshot_check(const struct event *event, uint64_t conn, size_t found[])
{
	if (!event->snapshot)
		return;
	if (event->type == EVENT_TLS) {
		found[0]++;
		assert_int_equal(event->tls.conn, conn);
		assert_int_equal(event->tls.tie, TLS_TIE_RANDOM);
		assert_int_equal(event->tls.random[31], 9);
		assert_true(event->tls.sent > 3000);
		assert_int_equal(event->tls.received, 5);
	} else if (event->type == EVENT_LIBRARY) {
		found[1]++;
		assert_int_equal(event->library.library, 3);
		assert_true(span_equal(event->library.path, span_text("/lib/libssl.so")));
		assert_true(span_equal(event->library.note, span_text("why")));
	}
}

static void snapshots_repeat_libraries_and_plaintext(void **state)
{
	struct place *place = *state;
	struct recording_writer_options options = options_at(place->path);
	struct recording_writer *w;
	struct recording *rec;
	struct event event = {.type = EVENT_PROCESS, .ts = START_MONOTONIC, .process = {.pid = 77}};
	size_t found[2] = {0};

	options.segment_len = 300000;
	w = writer_at(&options);
	add(w, event);
	add(w, (struct event){.type = EVENT_LIBRARY,
			      .ts = START_MONOTONIC,
			      .library = {3, 77, TLS_LIBRARY_OPENSSL, TLS_HOOK_PLAINTEXT,
					  span_text("/lib/libssl.so"), span_text("ab"),
					  span_text("3.0"), span_text("why")}});
	add(w, conn_event(1, 77));
	add(w, conn_event(2, 77));
	for (uint64_t conn = 1; conn <= 2; conn++)
		add(w, (struct event){
			       .type = EVENT_TLS,
			       .ts = START_MONOTONIC + 70,
			       .tls = {conn, 0x1000, 3000, 5, 77, 3, TLS_TIE_RANDOM, {[31] = 9}}});
	add(w, (struct event){.type = EVENT_CLOSE, .ts = START_MONOTONIC + 80, .close = {2, 0, 0}});
	for (uint64_t i = 0; i < 500; i++) {
		event = data_event(1, i);
		event.data.layer = LAYER_TLS;
		event.data.offset += 3000;
		add(w, event);
		if (i % 100 == 99)
			assert_int_equal(recording_writer_flush(w), TAPE_OK);
	}
	assert_int_equal(recording_writer_finish(w), TAPE_OK);
	recording_writer_free(w);
	assert_int_equal(recording_open(place->path, NULL, NULL, &rec), TAPE_OK);
	while (recording_next(rec, &event))
		snapshot_check(&event, 1, found);
	assert_int_equal(found[0], 1);
	assert_int_equal(found[1], 1);
	recording_free(rec);
}

/* ---- while it grows ---- */

/* All events that there are now. */
static size_t drain(struct recording *rec)
{
	struct event event;
	size_t count = 0;

	while (recording_next(rec, &event))
		count++;
	return count;
}

static void put(int fd, const char *data, size_t len)
{
	assert_int_equal(write(fd, data, len), len);
}

/* Cut at each byte, it gives what is whole and waits for the rest. */
static void a_pipe_gives_whole_blocks(void **state)
{
	struct place *place = *state;
	struct recording_writer_options options = options_at(place->path);
	struct recording_writer *w;
	char data[8192];
	size_t len, problems = 0, first, before = 0;
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	options.stream = ends[1];
	w = writer_at(&options);
	for (uint64_t i = 1; i <= 3; i++) {
		add(w, conn_event(i, 77));
		assert_int_equal(recording_writer_flush(w), TAPE_OK);
	}
	assert_int_equal(recording_writer_finish(w), TAPE_OK);
	assert_string_equal(recording_writer_path(w), "standard output");
	recording_writer_free(w);
	close(ends[1]);
	len = (size_t)read(ends[0], data, sizeof(data));
	close(ends[0]);
	assert_in_range(len, 500, sizeof(data) - 1);
	assert_int_not_equal(access(place->path, F_OK), 0);

	for (size_t cut = 80; cut < len; cut++) {
		struct recording *rec;

		assert_int_equal(pipe(ends), 0);
		put(ends[1], data + 4, cut - 4);
		assert_int_equal(recording_open_stream(ends[0], span_of(data, 4), count_problem,
						       &problems, &rec),
				 TAPE_OK);
		first = drain(rec);
		assert_true(recording_waits(rec));
		assert_true(first >= before);
		before = first;
		put(ends[1], data + cut, len - cut);
		close(ends[1]);
		assert_int_equal(first + drain(rec), 3);
		assert_false(recording_waits(rec));
		assert_int_equal(recording_status(rec)->incomplete, 0);
		recording_free(rec);
		close(ends[0]);
	}
	assert_int_equal(before, 3);
	assert_int_equal(problems, 0);
}

/* One that ends in the middle of a block says so. */
static void a_pipe_that_breaks_is_told(void **state)
{
	struct place *place = *state;
	struct recording_writer_options options = options_at(place->path);
	struct recording *rec;
	size_t problems = 0;
	char data[8192];
	struct recording_writer *w;
	int ends[2], again[2];

	assert_int_equal(pipe(ends), 0);
	options.stream = ends[1];
	w = writer_at(&options);
	add(w, conn_event(1, 77));
	assert_int_equal(recording_writer_finish(w), TAPE_OK);
	recording_writer_free(w);
	assert_true(read(ends[0], data, sizeof(data)) > 300);
	assert_int_equal(pipe(again), 0);
	put(again[1], data, 300);
	close(again[1]);
	assert_int_equal(
		recording_open_stream(again[0], span_of(NULL, 0), count_problem, &problems, &rec),
		TAPE_OK);
	assert_int_equal(drain(rec), 0);
	assert_false(recording_waits(rec));
	assert_int_equal(problems, 1);
	assert_int_equal(recording_status(rec)->incomplete, 1);
	recording_free(rec);
	close(again[0]);
	close(ends[0]);
	close(ends[1]);
}

static void a_recording_is_followed_into_the_next_segment(void **state)
{
	struct place *place = *state;
	struct recording_writer_options options = options_at(place->path);
	struct recording_writer *w;
	size_t problems = 0, seen = 0, written = 0;
	struct recording *rec;
	struct event event;

	options.segment_len = 20000;
	w = writer_at(&options);
	add(w, data_event(1, written++));
	assert_int_equal(recording_writer_flush(w), TAPE_OK);
	assert_int_equal(recording_open(place->path, count_problem, &problems, &rec), TAPE_OK);
	recording_follow(rec);
	while (written < 100) {
		while (recording_next(rec, &event))
			seen += event.type == EVENT_DATA;
		assert_true(recording_waits(rec));
		assert_int_equal(seen, written);
		for (int i = 0; i < 9; i++)
			add(w, data_event(1, written++));
		assert_int_equal(recording_writer_flush(w), TAPE_OK);
	}
	assert_int_equal(recording_writer_finish(w), TAPE_OK);
	recording_writer_free(w);
	while (recording_next(rec, &event))
		seen += event.type == EVENT_DATA;
	assert_false(recording_waits(rec));
	assert_int_equal(seen, written);
	assert_true(recording_status(rec)->segments > 3);
	assert_int_equal(recording_status(rec)->incomplete, 0);
	assert_int_equal(problems, 0);
	recording_free(rec);
}

/* Who has seen enough isn't told that a block is half written. */
static void following_can_be_given_up(void **state)
{
	struct place *place = *state;
	struct recording_writer_options options = options_at(place->path);
	struct recording_writer *w = writer_at(&options);
	struct recording *rec;
	size_t problems = 0;
	int fd;

	add(w, conn_event(1, 77));
	assert_int_equal(recording_writer_flush(w), TAPE_OK);
	assert_int_equal(recording_open(place->path, count_problem, &problems, &rec), TAPE_OK);
	recording_follow(rec);
	fd = open(recording_writer_path(w), O_WRONLY | O_APPEND);
	assert_true(fd >= 0);
	put(fd, "S*M\x18", 4);
	close(fd);
	assert_int_equal(drain(rec), 1);
	assert_true(recording_waits(rec));
	recording_follow_no_more(rec);
	assert_int_equal(drain(rec), 0);
	assert_false(recording_waits(rec));
	assert_int_equal(problems, 0);
	recording_free(rec);
	recording_writer_free(w);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_place, remove_place)
	const struct CMUnitTest tests[] = {
		TEST(one_segment_comes_back),
		TEST(whose_data_comes_is_told),
		TEST(wall_clock_follows_the_last_clock_event),
		TEST(segments_follow_each_other),
		TEST(a_later_segment_alone_tells_its_names),
		TEST(the_oldest_segments_make_room),
		TEST(the_last_segment_stays),
		TEST(a_large_snapshot_does_not_make_a_segment_of_every_block),
		TEST(a_recorder_that_died_leaves_what_it_flushed),
		TEST(a_directory_with_segments_is_refused),
		TEST(a_recording_is_given_to_its_user),
		TEST(what_is_not_there_is_told),
		TEST(what_does_not_belong_is_left_out),
		TEST(a_full_disk_keeps_what_fits_and_says_what_does_not),
		TEST(a_disk_that_is_full_at_rotation_ends_in_the_last_segment),
		TEST(a_file_size_limit_keeps_what_fits),
		TEST(a_file_size_limit_makes_more_segments),
		TEST(a_large_event_does_not_take_the_small_ones_with_it),
		TEST(blocks_are_written_in_their_order),
		TEST(snapshots_tell_how_connections_stand),
		TEST(snapshots_repeat_libraries_and_plaintext),
		TEST(a_pipe_gives_whole_blocks),
		TEST(a_pipe_that_breaks_is_told),
		TEST(a_recording_is_followed_into_the_next_segment),
		TEST(following_can_be_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
