/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the recorder makes of what the kernel gives it: records of every kind, size and byte,
 * counters, cgroups and their memory, at their borders. Held by tests/unit/record_kernel_sweep.txt
 * as in record_sweep_test.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <linux/types.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bpf/event.h"
#include "record/account.h"
#include "record/container.h"
#include "record/memory.h"
#include "record/process.h"
#include "record/translate.h"
#include "tests/unit/event_text.h"
#include "tests/unit/fnv.h"
#include "tests/unit/held.h"
#include "tests/unit/tape_build.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define KINDS	 14
#define TAIL	 200 /* behind the fixed part of a record */

/* A record of any kind, with what follows it. */
union any {
	struct kernel_record record;
	struct kernel_data data;
	struct kernel_conn conn;
	struct kernel_close close;
	struct kernel_process process;
	struct kernel_exit exit;
	struct kernel_state state;
	struct kernel_unseen unseen;
	struct kernel_tls tls;
	struct kernel_secret secret;
	uint8_t bytes[sizeof(struct kernel_process) + TAIL];
};

static size_t fixed_len(uint16_t kind)
{
	static const size_t lens[KINDS] = {
		[KERNEL_DATA] = sizeof(struct kernel_data),
		[KERNEL_CONN] = sizeof(struct kernel_conn),
		[KERNEL_CLOSE] = sizeof(struct kernel_close),
		[KERNEL_PROCESS] = sizeof(struct kernel_process),
		[KERNEL_EXIT] = sizeof(struct kernel_exit),
		[KERNEL_STATE] = sizeof(struct kernel_state),
		[KERNEL_UNSEEN] = sizeof(struct kernel_unseen),
		[KERNEL_TLS] = sizeof(struct kernel_tls),
		[KERNEL_SECRET] = sizeof(struct kernel_secret),
	};

	return kind < KINDS && lens[kind] ? lens[kind] : sizeof(struct kernel_next);
}

/* One that makes sense, with another value in each byte as far as it may have one. */
static size_t make(union any *any, uint16_t kind)
{
	size_t len = fixed_len(kind);

	for (size_t i = 0; i < sizeof(any->bytes); i++)
		any->bytes[i] = (uint8_t)(1 + i % 3);
	any->record = (struct kernel_record){.ts = 5000, .len = (uint32_t)len, .kind = kind};
	if (kind == KERNEL_DATA) {
		any->data.len = TAIL + 7;
		any->data.captured = TAIL - sizeof(struct kernel_address) - 8;
	}
	if (kind == KERNEL_CONN) {
		any->conn.local_path_len = 3;
		any->conn.remote_path_len = KERNEL_PATH_LEN;
	}
	if (kind == KERNEL_PROCESS) {
		any->process.exe_len = KERNEL_EXE_LEN - 2;
		any->process.args_len = KERNEL_ARGS_LEN - 1;
	}
	if (kind == KERNEL_SECRET)
		any->secret.len = 32;
	return kind == KERNEL_DATA ? len + TAIL : len;
}

static void sight_text(struct buffer *out, const struct tls_sight *s)
{
	buffer_printf(out,
		      "sight %" PRIx64 " %" PRIx64 " %" PRIx64 " %" PRIx64 " %" PRIx64 " %" PRIx64
		      " %u %u %u %d%d%d%d%d%d %d %02x\n",
		      (uint64_t)s->ts, s->session, s->object, s->conn, s->sent, s->received, s->pid,
		      s->tid, s->library, s->server, s->client, s->named, s->own, s->one_way,
		      s->by_record, (int)s->way, s->random[31]);
}

static void secret_text(struct buffer *out, const struct tls_secret *s)
{
	buffer_printf(out, "secret %" PRIx64 " %u %u %u %d %u %02x %.33s %02x\n", (uint64_t)s->ts,
		      s->pid, s->tid, s->library, s->older, s->len, s->random[31], s->label,
		      s->bytes[47]);
}

/* What a record of LEN bytes is. */
static void ask(struct buffer *out, const union any *any, size_t len)
{
	struct process_gaps gaps = {0};
	struct tls_secret secret;
	struct tls_sight sight;
	struct event event = {0};

	if (translate_sight(any, len, &sight)) {
		sight_text(out, &sight);
	} else if (translate_secret(any, len, &secret)) {
		secret_text(out, &secret);
	} else if (translate_record(any, len, &event, &gaps)) {
		event_text(out, &event);
		buffer_printf(out, "gaps %" PRIx64 " %d %d\n", gaps.cgroup_id, gaps.args_cut,
			      gaps.exe_cut);
	} else {
		buffer_append_text(out, "nothing\n");
	}
}

static void append_hash(struct buffer *out, struct buffer *text)
{
	buffer_printf(out, " %016" PRIx64, fnv_bytes(FNV_BEGIN, buffer_span(text)));
	buffer_clear(text);
}

static void hold_records(struct buffer *out)
{
	struct buffer text = {0};
	union any any;

	for (uint16_t kind = 0; kind < KINDS; kind++) {
		size_t len = make(&any, kind);

		buffer_printf(out, "kind %u\n", kind);
		ask(out, &any, len);
		for (size_t n = 0; n <= len + 3 && n <= sizeof(any); n++)
			ask(&text, &any, n);
		append_hash(out, &text);
		for (size_t at = 0; at < fixed_len(kind); at++) {
			uint8_t was = any.bytes[at];

			for (unsigned value = 0; value < 256; value += at < 400 ? 1 : 85) {
				any.bytes[at] = (uint8_t)value;
				ask(&text, &any, len);
			}
			any.bytes[at] = was;
			if (at % 16 == 15 || at + 1 == fixed_len(kind))
				append_hash(out, &text);
		}
		buffer_append_text(out, "\n");
	}
	buffer_free(&text);
}

/* Lengths in records, around what there is room for. */
static void hold_lengths(struct buffer *out)
{
	union any any;
	size_t len;

	for (uint16_t flags = 0; flags < 4; flags++)
		for (uint32_t captured = TAIL - 34; captured <= TAIL + 1; captured++) {
			len = make(&any, KERNEL_DATA);
			any.record.flags = flags;
			any.data.captured = captured;
			any.data.len = captured % 5 ? captured : captured - captured % 2;
			/* When it had to wait: as long ago as there is time, or longer. */
			memset(any.bytes + sizeof(any.data), 0, TAIL);
			any.bytes[sizeof(any.data) + (flags & 1 ? 25 : 1)] = captured % 2 ? 19 : 20;
			ask(out, &any, len);
		}
	for (size_t left = 0; left < 34; left++)
		for (uint16_t flags = 0; flags < 4; flags++) {
			make(&any, KERNEL_DATA);
			any.record.flags = flags;
			any.data.captured = 0;
			memset(any.bytes + sizeof(any.data), 0, TAIL);
			ask(out, &any, sizeof(any.data) + left);
		}
	for (uint16_t n = KERNEL_PATH_LEN - 1; n <= KERNEL_PATH_LEN + 1; n++) {
		len = make(&any, KERNEL_CONN);
		any.conn.local_path_len = n;
		ask(out, &any, len);
		any.conn.local_path_len = 0;
		any.conn.remote_path_len = n;
		ask(out, &any, len);
	}
	for (uint16_t n = 0; n < 5; n++) {
		len = make(&any, KERNEL_PROCESS);
		any.process.exe_len = (uint16_t)(KERNEL_EXE_LEN - 3 + n);
		ask(out, &any, len);
		any.process.exe_len = 0;
		any.process.args_len = (uint16_t)(KERNEL_ARGS_LEN - 3 + n);
		ask(out, &any, len);
		len = make(&any, KERNEL_SECRET);
		any.secret.len = (uint16_t)(KERNEL_SECRET_LEN - 3 + n);
		ask(out, &any, len);
	}
	for (uint32_t flags = 0; flags < 64; flags++) {
		len = make(&any, KERNEL_TLS);
		any.tls.flags = flags;
		ask(out, &any, len);
	}
}

/* ---- counters, and the account of them ---- */

static void tally_text(struct buffer *out, const struct tally *t)
{
	buffer_printf(out, "%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64,
		      t->data_records, t->data_bytes, t->moved_bytes, t->connections, t->delayed,
		      t->elsewhere);
	for (size_t i = 0; i < TALLY_CAUSES; i++)
		buffer_printf(out, " %" PRIu64 "/%" PRIu64, t->lost[i].events, t->lost[i].bytes);
	for (size_t i = 0; i < TALLY_CUTS; i++)
		buffer_printf(out, " %" PRIu64, t->cut[i]);
	buffer_printf(out, " plain %" PRIu64 "/%" PRIu64 "\n", t->lost_plain.events,
		      t->lost_plain.bytes);
}

static void account_text(struct buffer *out, const struct account *a)
{
	struct event event;

	account_event(a, 99, &event);
	event_text(out, &event);
	buffer_printf(out, "  cut %" PRIu64 " left out %" PRIu64 " plain %" PRIu64 "/%" PRIu64,
		      account_cut(a), account_left_out(a), a->plaintext.events, a->plaintext.bytes);
	for (size_t i = 0; i < TALLY_CAUSES; i++)
		buffer_printf(out, " %" PRIu64 "/%" PRIu64, a->lost[i].events, a->lost[i].bytes);
	buffer_printf(out, " elsewhere %" PRIu64 "\n", a->elsewhere);
}

static struct store_status store_of(uint64_t scale)
{
	struct store_status s = {0};

	s.given.events = 100 * scale;
	s.given.payload = 10000 * scale;
	s.given.plaintext = (struct loss_sum){7 * scale, 900 * scale};
	s.written.stored_data_events = 90 * scale;
	s.written.stored_data_bytes = 8000 * scale;
	s.written.stored_plaintext = (struct loss_sum){6 * scale, 500 * scale};
	for (size_t i = 0; i < TALLY_CUTS; i++) {
		s.given.cut[i] = (1000 + i * i) * scale;
		s.written.stored_cut_bytes[i] = (500 + i) * scale;
	}
	return s;
}

static void hold_counters(struct buffer *out)
{
	struct kernel_counters k;
	struct loss_sum seen[TALLY_CAUSES];
	struct tally tally;

	for (uint64_t scale = 0; scale < 3; scale++) {
		struct store_status store = store_of(scale);
		struct loss_sum lost = store_unwritten(&store);

		for (size_t i = 0; i < sizeof(k) / 8; i++) {
			uint64_t number = scale * (1000 + i * i * 7);

			memcpy((char *)&k + 8 * i, &number, 8);
		}
		translate_counters(&k, &tally);
		tally.elsewhere = scale;
		tally_text(out, &tally);
		for (size_t i = 0; i < TALLY_CAUSES; i++)
			seen[i] = (struct loss_sum){scale * i, scale * 100 * i};
		for (int final = 0; final < 2; final++) {
			struct account account;

			account_make(&account, &tally, seen, &store, final);
			account_text(out, &account);
		}
		buffer_printf(out, "unwritten %" PRIu64 "/%" PRIu64 "\n", lost.events, lost.bytes);
	}
}

/* ---- cgroups ---- */

static void span_text_of(struct buffer *out, struct span s)
{
	buffer_append_char(out, ' ');
	buffer_append_span(out, s);
}

static void hold_paths(struct buffer *out)
{
	static const char *const lines[] = {"0::/\n",
					    "0::/a\n",
					    "0::/a",
					    "0::\n",
					    "0::",
					    "1:name=systemd:/longer/path\n",
					    "1:memory:/\n",
					    "2:cpu,cpuacct:/bb\n",
					    "\n",
					    "0:/\n",
					    ""};

	for (size_t i = 0; i < COUNT(lines) * COUNT(lines) * COUNT(lines); i++) {
		char text[128];
		size_t len = (size_t)snprintf(text, sizeof(text), "%s%s%s", lines[i % COUNT(lines)],
					      lines[i / COUNT(lines) % COUNT(lines)],
					      lines[i / COUNT(lines) / COUNT(lines)]);

		span_text_of(out, process_cgroup_choose(span_of(text, len)));
		if (i % COUNT(lines) == COUNT(lines) - 1)
			buffer_append_text(out, "\n");
	}
}

/* What stands before, in and behind a container's id. */
static void hold_ids(struct buffer *out)
{
	static const char *const before[] = {"",	"/",	     "/a-",	    "/a_",
					     "/x:",	"/g",	     "/conmon-",    "/xconmon-",
					     "/onmon-", "/conmon-a", "/crio-conmon"};
	static const char after[] = {'\0', '/', '.', '-', 'g', '0', ':', '_', '@', '`', 'f'};
	static const char digits[] = "09afAFg/:`";

	for (size_t i = 0; i < COUNT(before); i++)
		for (size_t len = CONTAINER_ID_LEN - 1; len <= CONTAINER_ID_LEN + 1; len++)
			for (size_t k = 0; k < COUNT(after) * (sizeof(digits) - 1); k++) {
				char text[128], id[CONTAINER_ID_LEN + 2];

				memset(id, '5', sizeof(id));
				id[len] = '\0';
				id[k % 7 * 9] = digits[k / COUNT(after)];
				snprintf(text, sizeof(text), "%s%s%c", before[i], id,
					 after[k % COUNT(after)]);
				buffer_printf(out, "%zu ", container_id(span_text(text)).len);
			}
	buffer_append_text(out, "\n");
}

static void put_file(const char *folder, const char *name, const char *text)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void hold_memory(struct buffer *out)
{
	static const char *const limits[] = {"max\n",
					     "100\n",
					     "99\n",
					     "101\n",
					     "0\n",
					     "",
					     "4611686018427387903\n",
					     "4611686018427387904\n"};
	static const char *const stats[] = {
		"",
		"inactive_file 10\nactive_file 1\ntotal_inactive_file 5\n",
		"total_inactive_file 20\ntotal_active_file 2\nactive_file 7\n",
		"active_file 100\n",
		"active_file 99\n",
		"active_file x\n",
	};
	static const char *const paths[] = {"/a/b", "/a", "/", "", "/a/c", "/nothing", "/a/b/"};
	char *top = scratch_new(), folder[128], below[136];

	snprintf(folder, sizeof(folder), "%s/a", top);
	assert_int_equal(mkdir(folder, 0700), 0);
	snprintf(below, sizeof(below), "%s/b", folder);
	assert_int_equal(mkdir(below, 0700), 0);
	for (size_t i = 0; i < COUNT(limits) * COUNT(stats) * 4; i++) {
		const char *limit = limits[i % COUNT(limits)];
		bool first = i / 4 % 2;

		put_file(top, "memory.max", i % 5 ? "max\n" : "60\n");
		put_file(top, "memory.current", "7\n");
		put_file(below, "memory.max", i % 3 ? "max\n" : "40\n");
		put_file(below, "memory.current", "1\n");
		put_file(folder, "memory.max", first ? "max\n" : limit);
		put_file(folder, "memory.current", i % 11 ? "100\n" : "");
		put_file(folder, "memory.limit_in_bytes", first ? limit : "");
		put_file(folder, "memory.usage_in_bytes", "100\n");
		put_file(folder, "memory.stat", stats[i / COUNT(limits) % COUNT(stats)]);
		for (size_t k = 0; k < COUNT(paths); k++)
			buffer_printf(out, " %" PRId64, (int64_t)memory_left_of(top, paths[k]));
		buffer_append_text(out, "\n");
	}
	scratch_remove(top);
}

static const struct held_section sections[] = {
	{"records", hold_records}, {"lengths", hold_lengths}, {"counters", hold_counters},
	{"paths", hold_paths},	   {"ids", hold_ids},	      {"memory", hold_memory},
};

int main(void)
{
	return held_run("record_kernel_sweep", sections, COUNT(sections));
}
