/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/recording.h"
#include "tests/unit/tape_build.h"

#define STEP_NS 1000000ll

void tape_build_begin(struct tape_build *b, const char *dir)
{
	struct recording_writer_options options = {
		.path = b->path,
		.level = 1,
		.start_monotonic = 0,
		.start_realtime = TAPE_BUILD_REALTIME,
	};

	*b = (struct tape_build){0};
	snprintf(b->path, sizeof(b->path), "%s/rec", dir);
	assert_int_equal(recording_writer_new(&options, &b->writer), TAPE_OK);
	tape_build_event(b, (struct event){
				    .type = EVENT_CLOCK,
				    .clock = {.realtime = TAPE_BUILD_REALTIME},
			    });
	tape_build_event(b, (struct event){
				    .type = EVENT_HOST,
				    .host = {.hostname = span_text("box"),
					     .kernel = span_text("6.1.0"),
					     .machine = span_text("x86_64"),
					     .recorder = span_text("socktape-record 0")},
			    });
}

void tape_build_event(struct tape_build *b, struct event event)
{
	event.ts = b->ts;
	b->ts += STEP_NS;
	assert_int_equal(recording_writer_event(b->writer, &event), TAPE_OK);
}

void tape_build_process(struct tape_build *b, uint32_t pid, const char *name)
{
	char cmdline[64];
	int len = snprintf(cmdline, sizeof(cmdline), "/usr/bin/%s%c--flag", name, '\0');

	tape_build_event(b, (struct event){
				    .type = EVENT_PROCESS,
				    .process = {.pid = pid,
						.name = span_text(name),
						.cmdline = span_of(cmdline, (size_t)len + 1)},
			    });
}

struct address tape_build_address(const char *text)
{
	struct address address = {0};
	char ip[64];
	unsigned port;

	if (sscanf(text, "[%63[^]]]:%u", ip, &port) == 2) {
		address.family = ADDRESS_INET6;
		assert_int_equal(inet_pton(AF_INET6, ip, address.ip), 1);
	} else {
		assert_int_equal(sscanf(text, "%63[^:]:%u", ip, &port), 2);
		address.family = ADDRESS_INET4;
		assert_int_equal(inet_pton(AF_INET, ip, address.ip), 1);
	}
	address.port = (uint16_t)port;
	return address;
}

static void set_end(const char *text, struct address *address, struct span *path)
{
	if (!text)
		return;
	if (strncmp(text, "unix:", 5) != 0) {
		*address = tape_build_address(text);
		return;
	}
	address->family = ADDRESS_UNIX;
	*path = span_text(text + 5);
}

void tape_build_conn(struct tape_build *b, const struct tape_conn_spec *spec)
{
	struct event event = {
		.type = EVENT_CONN,
		.conn = {.conn = spec->id,
			 .opened_ts = b->ts,
			 .netns = 1,
			 .pid = spec->pid,
			 .fd = -1,
			 .transport = spec->transport,
			 .role = spec->role,
			 .origin = spec->origin ? spec->origin : ORIGIN_OPENED},
	};

	set_end(spec->local, &event.conn.local, &event.conn.local_path);
	set_end(spec->remote, &event.conn.remote, &event.conn.remote_path);
	tape_build_event(b, event);
}

void tape_build_data(struct tape_build *b, const struct event_data *data)
{
	struct event event = {.type = EVENT_DATA, .data = *data};

	event.data.fd = -1;
	event.data.tid = data->pid;
	tape_build_event(b, event);
}

void tape_build_text(struct tape_build *b, uint64_t conn, uint32_t pid, enum direction direction,
		     uint64_t offset, const char *text)
{
	tape_build_data(b, &(struct event_data){
				   .conn = conn,
				   .offset = offset,
				   .len = strlen(text),
				   .payload = span_text(text),
				   .pid = pid,
				   .direction = direction,
			   });
}

void tape_build_close(struct tape_build *b, uint64_t conn, uint64_t sent, uint64_t received)
{
	tape_build_event(b, (struct event){.type = EVENT_CLOSE, .close = {conn, sent, received}});
}

void tape_build_end(struct tape_build *b)
{
	assert_int_equal(recording_writer_finish(b->writer), TAPE_OK);
	recording_writer_free(b->writer);
}

char *scratch_new(void)
{
	char *dir = strdup("/tmp/socktape-test-XXXXXX");

	assert_non_null(dir);
	assert_non_null(mkdtemp(dir));
	return dir;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

void scratch_remove(char *dir)
{
	assert_int_equal(nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
	free(dir);
}
