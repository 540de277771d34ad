/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the recorder's parts make of everything at their borders, held by
 * tests/unit/record_sweep.txt: words where they say something, checksums (CRC-32) where it is too
 * much. With SOCKTAPE_UPDATE in the environment that is written anew: read what changed, before you
 * commit it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include "record/elf_file.h"
#include "record/level.h"
#include "record/loss.h"
#include "record/options.h"
#include "record/status.h"
#include "record/summary.h"
#include "record/tls_find.h"
#include "record/tls_layout.h"
#include "record/x86.h"
#include "tests/unit/held.h"

/* Libraries are looked into on x86-64 alone. */
#if defined(__x86_64__)
#define ONLY_X86
#else
#define ONLY_X86 __attribute__((unused))
#endif

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- the command line ---- */

static const char *const command_lines[] = {
	"",
	"-o",
	"-o rec",
	"-o rec extra",
	"-o rec -- true",
	"-o rec -- true -x --y",
	"-o -",
	"-o - -- true",
	"-o rec --background",
	"-o - --background",
	"--background",
	"-o rec --background -q",
	"-o rec --background -- true",
	"--stop rec",
	"--stop",
	"--stop rec -o rec",
	"--probe",
	"--probe -v",
	"--list-tls",
	"--list-tls -p 1",
	"--help",
	"-h",
	"--version",
	"--completion bash",
	"--completion",
	"--completion csh",
	"--nothing",
	"-o rec --nothing",
	"-o rec -p 0",
	"-o rec -p 1",
	"-o rec -p 4194304",
	"-o rec -p 2147483647",
	"-o rec -p 2147483648",
	"-o rec -p 4294967295",
	"-o rec -p 4294967296",
	"-o rec -p -1",
	"-o rec -p x",
	"-o rec -p",
	"-o rec -p 1,2",
	"-o rec -p 1 -p 1",
	"-o rec -p 1 --follow",
	"-o rec --follow",
	"-o rec --follow -e nginx",
	"-o rec --follow --port 1",
	"-o rec -e nginx",
	"-o rec -e 123456789012345",
	"-o rec -e 1234567890123456",
	"-o rec -e a -e b -e c -e d -e e -e f -e g -e h -e i -e j -e k -e l -e m -e n -e o -e p",
	"-o rec -e a -e b -e c -e d -e e -e f -e g -e h -e i -e j -e k -e l -e m -e n -e o -e p -e "
	"q",
	"-o rec --port 0",
	"-o rec --port 1",
	"-o rec --port 65535",
	"-o rec --port 65536",
	"-o rec --port http",
	"-o rec --port 80 --port 443",
	"-o rec --cgroup /a",
	"-o rec --cgroup",
	"-o rec --unix",
	"-o rec -s 0",
	"-o rec -s 1",
	"-o rec -s 4294967294",
	"-o rec -s 4294967295",
	"-o rec -s 4294967296",
	"-o rec -s 1k",
	"-o rec -s all",
	"-o rec -C 65535",
	"-o rec -C 65536",
	"-o rec -C 64KiB",
	"-o rec -C 64k",
	"-o rec -C 1T",
	"-o rec -C 0",
	"-o rec --keep 1",
	"-o rec --keep 1G",
	"-o rec --keep 256M",
	"-o rec --keep 255999999",
	"-o rec --keep 512000000",
	"-o rec --keep 511999999",
	"-o rec --keep 0",
	"-o rec --keep 131072 -C 65536",
	"-o rec --keep 131071 -C 65536",
	"-o - --keep 1G",
	"-o - -C 1G",
	"-o rec --buffer 262143",
	"-o rec --buffer 262144",
	"-o rec --buffer 2GiB",
	"-o rec --buffer 2147483649",
	"-o rec --backlog 4194303",
	"-o rec --backlog 4MiB",
	"-o rec --backlog 1TiB",
	"-o rec --backlog 1099511627777",
	"-o rec -z 0",
	"-o rec -z 1",
	"-o rec -z 19",
	"-o rec -z 20",
	"-o rec -z -1",
	"-o rec -d 0",
	"-o rec -d 1",
	"-o rec -d 0.001",
	"-o rec -d 1.5",
	"-o rec -d 1.0000000001",
	"-o rec -d 9223372036",
	"-o rec -d 9223372037",
	"-o rec -d 1m",
	"-o rec -d 2h",
	"-o rec -d x",
	"-o rec --tls off",
	"-o rec --tls keys",
	"-o rec --tls plaintext",
	"-o rec --tls=slow",
	"-o rec --tls nothing",
	"-o rec --tls keys --wire none",
	"-o rec --tls off --wire all",
	"-o rec --wire all",
	"-o rec --wire handshake",
	"-o rec --wire none",
	"-o rec --wire nothing",
	"-o rec --tls-slow",
	"-o rec -q -v",
	"-o rec -v",
	"-o rec -q",
	"-o rec --compat",
	"-o rec -p 1 -- true",
	"-o rec --follow -- true",
	"-o rec -e nginx --port 80 --cgroup /x -p 7 --unix -s 100 -d 3",
	"-o rec -o rec2",
	"-o rec -z 3 -z 4",
	"-o rec -d 1 -d 2",
	"-o ''",
	"-orec -p1 -enginx -z3",
	"--output=rec --pid=1 --name=x --level=3",
};

static void append_list(struct buffer *out, const struct options *o)
{
	for (size_t i = 0; i < o->pid_count; i++)
		buffer_printf(out, " pid %" PRIu32, o->pids[i]);
	for (size_t i = 0; i < o->name_count; i++)
		buffer_printf(out, " name %s", o->names[i]);
	for (size_t i = 0; i < o->cgroup_count; i++)
		buffer_printf(out, " cgroup %s", o->cgroups[i]);
	for (size_t i = 0; i < o->port_count; i++)
		buffer_printf(out, " port %u", o->ports[i]);
	for (char **word = o->command; word && *word; word++)
		buffer_printf(out, " word %s", *word);
}

static void append_options(struct buffer *out, const struct options *o)
{
	struct buffer words = {0};

	buffer_printf(out, "  action %d, to %s%s, %d%d%d%d%d%d%d%d%d, filtered %d:", o->action,
		      o->directory ? o->directory : "nothing", o->stream ? " (stream)" : "",
		      o->follow, o->unix_sockets, o->tls_slow, o->wire_given, o->background,
		      o->quiet, o->verbose, o->compat, o->shell != NULL, options_filtered(o));
	append_list(out, o);
	buffer_printf(out,
		      "\n  snaplen %" PRIu32 " segment %" PRIu64 " keep %" PRIu64 " ring %" PRIu64
		      " backlog %" PRIu64 " duration %" PRIu64 " level %d tls %d wire %d\n  ",
		      o->snaplen, o->segment_len, o->keep_len, o->ring_len, o->backlog_len,
		      o->duration, o->level, o->tls, o->wire);
	options_describe(o, &words);
	buffer_append_span(out, buffer_span(&words));
	buffer_clear(&words);
	options_filters(o, &words);
	buffer_append_text(out, " | ");
	buffer_append_span(out, buffer_span(&words));
	buffer_append_text(out, "\n");
	buffer_free(&words);
}

static void hold_options(struct buffer *out)
{
	for (size_t i = 0; i < COUNT(command_lines); i++) {
		char *line = strdup(command_lines[i]), *words[64] = {"socktape-record"};
		struct options *o = calloc(1, sizeof(*o));
		struct buffer problem = {0};
		int count = 1;

		assert_true(line && o);
		for (char *w = strtok(line, " "); w; w = strtok(NULL, " "))
			words[count++] = strcmp(w, "''") == 0 ? "" : w;
		buffer_printf(out, "$ %s\n", command_lines[i]);
		if (options_parse(count, words, o, &problem)) {
			append_options(out, o);
		} else {
			buffer_append_text(out, "  ");
			buffer_append_span(out, buffer_span(&problem));
			buffer_append_text(out, "\n");
		}
		buffer_free(&problem);
		free(o);
		free(line);
	}
}

/* ---- what it tells while it records, and at the end ---- */

static const uint64_t amounts[] = {0,
				   1,
				   2,
				   9,
				   10,
				   99,
				   999,
				   1000,
				   1001,
				   9994,
				   9995,
				   10000,
				   99949,
				   99950,
				   99999,
				   999499,
				   999500,
				   999999,
				   1000000,
				   9995000,
				   999999999,
				   1u << 30,
				   999999999999,
				   UINT64_C(1) << 40,
				   UINT64_C(1) << 62};

static void begin_text(FILE **file, char **text, size_t *len)
{
	*file = open_memstream(text, len);
	assert_non_null(*file);
}

static void end_text(FILE *file, char *const *text, struct buffer *out)
{
	assert_int_equal(fclose(file), 0);
	for (const char *c = *text; *c; c++)
		buffer_append_char(out, *c == '\r' || *c == '\033' ? '~' : *c);
	buffer_append_text(out, "\n");
	free(*text);
}

/* What --help and --completion print. */
static void hold_help(struct buffer *out)
{
	static const char *const shells[] = {"bash", "zsh", "fish", "csh", ""};
	FILE *file;
	char *text;
	size_t len;

	begin_text(&file, &text, &len);
	options_help(file);
	end_text(file, &text, out);
	for (size_t i = 0; i < COUNT(shells); i++) {
		begin_text(&file, &text, &len);
		fprintf(file, "%d\n", options_completion(shells[i], file));
		end_text(file, &text, out);
	}
}

/* Every amount in one member, which the rest of the account has in another. */
static struct progress progress_of(uint64_t amount, unsigned which)
{
	struct progress p = {.elapsed = (int64_t)(amount % 4000000000000)};

	p.account.moved_bytes = which % 2 ? amount : 2 * (amount / 2);
	p.account.kept_bytes = amount / 2;
	p.account.data_events = amount / 3;
	p.account.connections = amount;
	p.account.elsewhere = which == 3 ? amount : 0;
	p.account.plaintext = (struct loss_sum){.events = which == 2 ? amount : 0, .bytes = amount};
	if (which < TALLY_CAUSES)
		p.account.lost[which] = (struct loss_sum){.events = amount, .bytes = amount / 2};
	if (which < TALLY_CUTS)
		p.account.cut[which] = amount;
	p.tally.connections = amount;
	p.tally.delayed = which == 4 ? amount : 0;
	p.tally.lost_plain = (struct loss_sum){.events = which == 5 ? amount : 0};
	p.store.written.file_bytes = amount;
	p.store.given = (struct store_sums){.events = amount, .payload = amount / 2};
	p.store.refused = which == 6 ? amount : 0;
	p.store.waiting_most = amount;
	p.drained.malformed = which == 7 ? amount : 0;
	p.tls.libraries = (uint32_t)(amount % 5);
	p.tls.hooked = (uint32_t)(amount % 3);
	p.tls.secrets = which == 8 ? amount : 0;
	p.tls.secrets_left_out = which == 9 ? amount : 0;
	return p;
}

static void hold_words(struct buffer *out)
{
	struct status status = {0};

	for (unsigned which = 0; which < 16; which++)
		for (size_t i = 0; i < COUNT(amounts); i++) {
			struct progress p = progress_of(amounts[i], which);
			struct summary s = {.progress = p,
					    .directory = i % 2 ? "rec" : NULL,
					    .blind = i % 4 ? 0 : 1u << which,
					    .reason = "interrupted"};
			size_t len;
			char *text;
			FILE *file;

			begin_text(&file, &text, &len);
			status_show(&status, &p, span_text(i % 3 ? "" : "-e nginx -p 12"), file);
			status_clear(&status, file);
			fputs("\n", file);
			summary_print_losses(&s, file);
			if (i % 3 == which % 3) {
				if (s.directory)
					summary_print(&s, file);
				summary_print_blind(s.blind, file);
			}
			end_text(file, &text, out);
		}
}

/* ---- who moved how much ---- */

static void tell(struct talkers *t, uint64_t conn, uint32_t pid, uint64_t len, enum layer layer)
{
	struct event event = {.type = EVENT_DATA,
			      .data = {.conn = conn, .pid = pid, .len = len, .layer = layer}};

	talkers_event(t, &event);
}

static void name(struct talkers *t, uint32_t pid, const char *text)
{
	struct event event = {.type = EVENT_PROCESS,
			      .process = {.pid = pid, .name = span_text(text)}};

	talkers_event(t, &event);
}

static void open_conn(struct talkers *t, uint64_t conn, uint16_t port)
{
	struct event event = {
		.type = EVENT_CONN,
		.conn = {.conn = conn,
			 .local = {.family = ADDRESS_INET4, .ip = {10, 0, 0, 1}, .port = port},
			 .remote = {.family = ADDRESS_INET4, .ip = {10, 0, 0, 2}, .port = 80}}};

	talkers_event(t, &event);
}

/* COUNT processes with a connection each, of which each third moves as much as the one before. */
static void hold_talkers_of(unsigned count, struct buffer *out)
{
	struct talkers *t = talkers_new();
	size_t len;
	char *text;
	FILE *file;

	assert_non_null(t);
	for (unsigned i = 1; i <= count; i++) {
		const char *const names[] = {"",
					     "a",
					     "123456789012345",
					     "1234567890123456",
					     "12345678901234567",
					     "a\tb\x1f\x7f z",
					     "\xc3\xa4"};

		name(t, i, names[i % COUNT(names)]);
		open_conn(t, 1000 + i, (uint16_t)(i % 65536));
		tell(t, 1000 + i, i, 10 * (i - (i % 3 == 0)), LAYER_WIRE);
		if (i % 2)
			tell(t, 2000000 + i, i, i % 7, LAYER_WIRE);
		tell(t, 1000 + i, i, 1000000, LAYER_TLS);
		if (i % 5 == 0)
			tell(t, 1000 + i, i + 1, 1, LAYER_WIRE);
	}
	tell(t, 5, 0, count, LAYER_WIRE);
	begin_text(&file, &text, &len);
	fprintf(file, "%u\n", count);
	talkers_print(t, file);
	end_text(file, &text, out);
	talkers_free(t);
}

static void hold_talkers(struct buffer *out)
{
	const unsigned counts[] = {0, 1, 2, 9, 10, 11, 12, 100, 16383, 16384, 16385, 40000};

	for (size_t i = 0; i < COUNT(counts); i++)
		hold_talkers_of(counts[i], out);
}

/* ---- losses, and levels of compression ---- */

static void hold_losses(struct buffer *out)
{
	for (unsigned i = 0; i < 256; i++) {
		struct loss_sum lost[TALLY_CAUSES] = {0}, told[TALLY_CAUSES] = {0};
		struct event events[TALLY_CAUSES];
		size_t count;

		for (unsigned cause = 0; cause < TALLY_CAUSES; cause++) {
			lost[cause] = (struct loss_sum){.events = 5 + (i >> cause % 8 & 1),
							.bytes = 50 + (i >> (cause + 3) % 8 & 1)};
			told[cause] = (struct loss_sum){.events = 5, .bytes = 50};
		}
		count = loss_events(lost, told, 7, 9, events);
		buffer_printf(out, "%u:", i);
		for (size_t j = 0; j < count; j++)
			buffer_printf(out, " %d/%" PRIu64 "/%" PRIu64, events[j].loss.cause,
				      events[j].loss.events, events[j].loss.bytes);
		buffer_append_text(out, "\n");
	}
}

static void hold_levels(struct buffer *out)
{
	const uint64_t limits[] = {0, 1, 15, 16, 17, 1600, 512u << 20};

	for (size_t i = 0; i < COUNT(limits); i++)
		for (unsigned disk = 0; disk < 3; disk++) {
			struct level_control control = {0};

			buffer_printf(out, "%" PRIu64 " %u:", limits[i], disk);
			for (unsigned step = 0; step <= 64; step++) {
				/* Up to all of it, in 32ths, and down again. */
				uint64_t part = step <= 32 ? step : 64 - step;
				struct level_situation now = {
					.waiting = limits[i] / 32 * part + (step & 1),
					.limit = limits[i],
					.ending = step == 64,
					.compress_ns = 1000,
					.write_ns = 1999 + disk,
				};

				buffer_printf(out, " %d", level_choose(&control, &now));
			}
			buffer_append_text(out, "\n");
		}
}

/* ---- machine code ---- */

static uint32_t add_number(uint32_t sum, uint64_t number)
{
	return (uint32_t)crc32_z(sum, (const Bytef *)&number, sizeof(number));
}

static uint32_t add_instruction(uint32_t sum, const uint8_t *code, size_t len)
{
	struct x86_instruction one = {0};
	size_t at = 0;
	bool branch = false;

	sum = add_number(sum, x86_read(code, len, &one));
	sum = add_number(sum, one.len);
	sum = add_number(sum, (uint64_t)one.flow);
	sum = add_number(sum, (uint64_t)one.target);
	sum = add_number(sum, (uint64_t)one.emulated << 2 | (uint64_t)one.moves_stack << 1 |
				      one.loads_constant);
	sum = add_number(sum, (uint64_t)one.copies << 2 | (uint64_t)one.pushes << 1 | one.calls);
	sum = add_number(sum, one.copies || one.pushes ? one.from : 0);
	sum = add_number(sum, one.writes);
	sum = add_number(sum, one.loads_constant ? one.constant : 0);
	sum = add_number(sum, x86_place(code, len, &at));
	sum = add_number(sum, x86_go_place(code, len, &at, &branch));
	sum = add_number(sum, branch);
	sum = add_number(sum, x86_place_arguments(code, len, &at));
	return add_number(sum, at);
}

/* Every opcode of a map behind every prefix that counts, with every ModRM byte, cut everywhere. */
static void hold_opcode(struct buffer *out, const uint8_t *prefix, size_t prefix_len,
			uint8_t opcode)
{
	uint8_t code[24] = {0};
	uint32_t sum = 0;

	for (unsigned modrm = 0; modrm < 256; modrm++) {
		size_t at = prefix_len;

		memcpy(code, prefix, prefix_len);
		code[at++] = opcode;
		code[at++] = (uint8_t)modrm;
		for (uint8_t i = 0; at < sizeof(code); i++)
			code[at++] = (uint8_t)(0x25 + 0x1d * i + modrm);
		for (size_t len = modrm % 8 ? 14 : 0; len <= 16; len++)
			sum = add_instruction(sum, code, len);
	}
	buffer_printf(out, " %08" PRIx32, sum);
}

ONLY_X86 static void hold_code(struct buffer *out)
{
	static const struct {
		uint8_t bytes[4];
		size_t len;
	} prefixes[] = {{{0}, 0},
			{{0x66}, 1},
			{{0xf2}, 1},
			{{0xf3}, 1},
			{{0x48}, 1},
			{{0x41}, 1},
			{{0x4f}, 1},
			{{0x64}, 1},
			{{0x0f}, 1},
			{{0x66, 0x0f}, 2},
			{{0xf3, 0x0f}, 2},
			{{0x48, 0x0f}, 2},
			{{0xf2, 0x49, 0x0f}, 3},
			{{0x0f, 0x38}, 2},
			{{0x0f, 0x3a}, 2},
			{{0x55}, 1},
			{{0xf3, 0x0f, 0x1e, 0xfa}, 4}};

	for (size_t i = 0; i < COUNT(prefixes); i++)
		for (unsigned opcode = 0; opcode < 256; opcode++) {
			if (opcode % 8 == 0) {
				buffer_append_text(out, opcode || i ? "\n" : "");
				for (size_t j = 0; j < prefixes[i].len; j++)
					buffer_printf(out, "%02x ", prefixes[i].bytes[j]);
				buffer_printf(out, "%02x:", opcode);
			}
			hold_opcode(out, prefixes[i].bytes, prefixes[i].len, (uint8_t)opcode);
		}
	buffer_append_text(out, "\n");
}

/* ---- layouts of libraries' objects ---- */

static void hold_layouts(struct buffer *out)
{
	static const char *const odd[] = {"",
					  "3",
					  "3.",
					  "3.0",
					  "OpenSSL 3.0.9 30 May 2023",
					  "go1.21",
					  "go1.22.5",
					  "GnuTLS 3.7.9",
					  "x",
					  "99999999999.1.1",
					  "3.0.x",
					  "v3.0.9999999999"};
	const enum tls_library kinds[] = {TLS_LIBRARY_OPENSSL, TLS_LIBRARY_GNUTLS, TLS_LIBRARY_GO};

	for (size_t k = 0; k < COUNT(kinds); k++)
		for (unsigned i = 0; i < 5 * 27 * 20 + COUNT(odd); i++) {
			char version[64];
			struct tls_layout layout;
			size_t n = 0;

			if (i < 5 * 27 * 20)
				snprintf(version, sizeof(version), "%u.%u.%u", i / 540, i / 20 % 27,
					 i % 20 == 19 ? 99 : i % 20);
			else
				snprintf(version, sizeof(version), "%s", odd[i - 5 * 27 * 20]);
			for (; memset(&layout, 0, sizeof(layout)),
			       tls_layout_find(kinds[k], span_text(version), n, &layout);
			     n++)
				buffer_printf(out, "%d %s %08lx\n", kinds[k], version,
					      crc32_z(0, (const Bytef *)&layout, sizeof(layout)));
		}
}

/* ---- files of others ---- */

/* An ELF file with what is looked for: symbols of both tables, a build id, versions, data. */
struct image {
	uint8_t bytes[4096];
	size_t len;
};

static void put(struct image *f, size_t at, uint64_t value, size_t len)
{
	assert_true(at + len <= sizeof(f->bytes));
	memcpy(f->bytes + at, &value, len);
	if (at + len > f->len)
		f->len = at + len;
}

static void put_text(struct image *f, size_t at, const char *text, size_t len)
{
	assert_true(at + len <= sizeof(f->bytes));
	memcpy(f->bytes + at, text, len);
	if (at + len > f->len)
		f->len = at + len;
}

enum {
	PHDRS = 0x40,
	TEXT = 0x200,
	RODATA = 0x300,
	NOTE = 0x380,
	STRINGS = 0x400,
	SYMBOLS = 0x480,
	LOCALS = 0x540,
	DATA = 0x600,
	NAMES = 0x680,
	SECTIONS = 0x700
};

static void put_segment(struct image *f, size_t i, uint32_t type, uint32_t flags, uint64_t at,
			uint64_t len)
{
	size_t to = PHDRS + 56 * i;

	put(f, to, type, 4);
	put(f, to + 4, flags, 4);
	put(f, to + 8, at, 8);
	put(f, to + 16, 0x400000 + at, 8);
	put(f, to + 24, 0x400000 + at, 8);
	put(f, to + 32, len, 8);
	put(f, to + 40, len, 8);
	put(f, to + 48, 16, 8);
}

static void put_section(struct image *f, size_t i, uint32_t name_at, uint32_t type, uint64_t at,
			uint64_t len, uint32_t link, uint64_t each)
{
	size_t to = SECTIONS + 64 * i;

	put(f, to, name_at, 4);
	put(f, to + 4, type, 4);
	put(f, to + 8, type == 1 && at == TEXT ? 6 : 2, 8);
	put(f, to + 16, 0x400000 + at, 8);
	put(f, to + 24, at, 8);
	put(f, to + 32, len, 8);
	put(f, to + 40, link, 4);
	put(f, to + 48, 8, 8);
	put(f, to + 56, each, 8);
}

static void put_symbol(struct image *f, size_t at, uint32_t name_at, uint8_t info, uint16_t section,
		       uint64_t address, uint64_t len)
{
	put(f, at, name_at, 4);
	put(f, at + 4, info, 1);
	put(f, at + 6, section, 2);
	put(f, at + 8, address, 8);
	put(f, at + 16, len, 8);
}

static void make_image(struct image *f)
{
	static const char strings[] = "\0SSL_read\0SSL_write\0local_one\0SSL_write_ex\0gone";
	static const char names[] = "\0.dynsym\0.dynstr\0.text\0.rodata\0.note.gnu.build-id\0"
				    ".symtab\0.data\0.shstrtab";
	static const uint8_t head[] = {0x7f, 'E', 'L', 'F', 2, 1, 1};

	*f = (struct image){0};
	memcpy(f->bytes, head, sizeof(head));
	put(f, 16, 3, 2);
	put(f, 18, 62, 2);
	put(f, 20, 1, 4);
	put(f, 32, PHDRS, 8);
	put(f, 40, SECTIONS, 8);
	put(f, 52, 64, 2);
	put(f, 54, 56, 2);
	put(f, 56, 4, 2);
	put(f, 58, 64, 2);
	put(f, 60, 9, 2);
	put(f, 62, 8, 2);
	put_segment(f, 0, 1, 5, TEXT, 0x100);
	put_segment(f, 1, 1, 4, RODATA, 0x100);
	put_segment(f, 2, 1, 6, DATA, 0x80);
	put_segment(f, 3, 4, 4, NOTE, 0x24);
	for (size_t i = 0; i < 4; i++)
		put_text(f, TEXT + 0x40 * i,
			 "\xf3\x0f\x1e\xfa\x55\x48\x89\xe5\x48\x83\xec\x10\xc9\xc3", 14);
	put_text(f, RODATA, "nothing\0OpenSSL 3.0.9 30 May 2023\0OpenSSL x", 44);
	put(f, NOTE, 4, 4);
	put(f, NOTE + 4, 20, 4);
	put(f, NOTE + 8, 3, 4);
	put_text(f, NOTE + 12,
		 "GNU\0"
		 "ABCDEFGHIJKLMNOPQRST",
		 24);
	put_text(f, STRINGS, strings, sizeof(strings));
	put_symbol(f, SYMBOLS + 24, 1, 0x12, 3, 0x400000 + TEXT, 0x40);
	put_symbol(f, SYMBOLS + 48, 10, 0x12, 3, 0x400000 + TEXT + 0x40, 0x40);
	put_symbol(f, SYMBOLS + 72, 43, 0x12, 0, 0, 0);
	put_symbol(f, LOCALS + 24, 20, 0x02, 3, 0x400000 + TEXT + 0x80, 0x40);
	put_symbol(f, LOCALS + 48, 30, 0x02, 3, 0x400000 + TEXT + 0xc0, 0x40);
	put_symbol(f, LOCALS + 72, 1, 0x01, 7, 0x400000 + DATA, 8);
	put_text(f, DATA, "some data that is written to", 28);
	put_text(f, NAMES, names, sizeof(names));
	put_section(f, 1, 1, 11, SYMBOLS, 96, 2, 24);
	put_section(f, 2, 9, 3, STRINGS, sizeof(strings), 0, 0);
	put_section(f, 3, 17, 1, TEXT, 0x100, 0, 0);
	put_section(f, 4, 23, 1, RODATA, 0x60, 0, 0);
	put_section(f, 5, 31, 7, NOTE, 0x24, 0, 0);
	put_section(f, 6, 50, 2, LOCALS, 96, 2, 24);
	put_section(f, 7, 58, 1, DATA, 0x80, 0, 0);
	put_section(f, 8, 64, 3, NAMES, sizeof(names), 0, 0);
}

static uint32_t add_text(uint32_t sum, const struct buffer *text)
{
	sum = add_number(sum, text->len);
	return text->len ? (uint32_t)crc32_z(sum, (const Bytef *)text->data, text->len) : sum;
}

static bool add_function(void *context, const struct elf_symbol *symbol)
{
	uint32_t *sum = context;

	*sum = (uint32_t)crc32_z(*sum, (const Bytef *)symbol->name, strlen(symbol->name));
	*sum = add_number(add_number(*sum, symbol->address), symbol->size);
	return *sum % 5 != 0;
}

static uint32_t add_parts(uint32_t sum, struct elf_file *file)
{
	static const char *const sections[] = {".text", ".data", ".rodata", ".nothing"};

	for (size_t i = 0; i < COUNT(sections); i++)
		for (uint64_t max = 0x60; max <= 0x100; max += 0xa0) {
			struct elf_part part = {0};

			sum = add_number(sum, elf_file_has_section(file, sections[i]));
			if (elf_file_section(file, sections[i], max, &part)) {
				sum = add_number(sum, part.address);
				sum = (uint32_t)crc32_z(sum, part.data, part.len);
				free(part.data);
			}
		}
	for (size_t i = 0; i < 3; i++) {
		struct elf_part part = {0};

		if (elf_file_data(file, i, 0x80 - i, &part)) {
			sum = add_number(add_number(sum, part.address), part.len);
			sum = (uint32_t)crc32_z(sum, part.data, part.len);
			free(part.data);
		}
	}
	return sum;
}

/* All that is asked of it. */
static uint32_t ask_image(int fd)
{
	static const uint64_t places[] = {0x4001ff, 0x400200, 0x400201,	 0x4002fe,
					  0x4002ff, 0x400300, 0x400600,	 0x40067f,
					  0x400680, 0,	      UINT64_MAX};
	struct elf_symbol symbols[] = {{.name = "SSL_read"}, {.name = "SSL_write"},
				       {.name = "gone"},     {.name = "local_one"},
				       {.name = "SSL_writ"}, {.name = ""}};
	struct elf_file *file = elf_file_open(fd);
	struct buffer text = {0};
	uint32_t sum = 1;

	if (!file)
		return 0;
	sum = add_number(sum, elf_file_is_native(file));
	sum = add_number(sum, elf_file_symbols(file, symbols, COUNT(symbols)));
	for (size_t i = 0; i < COUNT(symbols); i++)
		sum = add_number(add_number(sum, symbols[i].address), symbols[i].size);
	elf_file_each_function(file, add_function, &sum);
	for (size_t i = 0; i < COUNT(places); i++) {
		uint8_t bytes[16];
		uint64_t offset = 0;
		size_t len = elf_file_read(file, places[i], bytes, sizeof(bytes));

		sum = add_number(sum, elf_file_code_offset(file, places[i], &offset));
		sum = add_number(add_number(sum, offset), len);
		sum = (uint32_t)crc32_z(sum, bytes, len);
	}
	elf_file_build_id(file, &text);
	sum = add_text(sum, &text);
	buffer_clear(&text);
	sum = add_number(sum, elf_file_version(file, "OpenSSL ", &text));
	sum = add_text(sum, &text);
	buffer_free(&text);
	sum = add_parts(sum, file);
	elf_file_close(file);
	return sum;
}

static uint32_t find_in(int fd)
{
	const enum tls_hook hooks[] = {TLS_HOOK_PLAINTEXT, TLS_HOOK_KEYS, TLS_HOOK_OFF};
	uint32_t sum = 1;

	for (size_t i = 0; i < COUNT(hooks); i++) {
		struct tls_found found = {0};

		sum = add_number(sum, tls_find(fd, (struct tls_wanted){.hook = hooks[i]}, &found));
		sum = add_number(add_number(sum, (uint64_t)found.kind), (uint64_t)found.hook);
		sum = add_text(add_text(add_text(sum, &found.version), &found.build_id),
			       &found.note);
		for (size_t j = 0; j < found.point_count; j++) {
			sum = add_number(sum, found.points[j].offset);
			sum = add_number(sum, (uint64_t)found.points[j].kind << 32 |
						      found.points[j].shape);
		}
		sum = add_number(sum, found.wants_crypto);
		tls_found_free(&found);
	}
	return sum;
}

/* Each byte made another in several ways, and the file cut there. */
ONLY_X86 static void hold_images(struct buffer *out)
{
	int fd = memfd_create("image", MFD_CLOEXEC);
	struct image f;
	uint32_t sum = 0;

	assert_true(fd >= 0);
	make_image(&f);
	assert_int_equal(pwrite(fd, f.bytes, f.len, 0), (ssize_t)f.len);
	buffer_printf(out, "whole %08" PRIx32 " %08" PRIx32 "\n", ask_image(fd), find_in(fd));
	for (size_t at = 0; at < f.len; at++) {
		const uint8_t others[] = {(uint8_t)(f.bytes[at] + 1), (uint8_t)(f.bytes[at] - 1), 0,
					  0xff, (uint8_t)(f.bytes[at] ^ 0x80)};

		for (size_t i = 0; i < COUNT(others); i++) {
			assert_int_equal(pwrite(fd, &others[i], 1, (off_t)at), 1);
			sum = add_number(add_number(sum, ask_image(fd)), i < 2 ? find_in(fd) : 0);
		}
		assert_int_equal(pwrite(fd, &f.bytes[at], 1, (off_t)at), 1);
		if (at % 8 == 7) {
			assert_int_equal(ftruncate(fd, (off_t)at), 0);
			sum = add_number(add_number(sum, ask_image(fd)), find_in(fd));
			assert_int_equal(pwrite(fd, f.bytes + at, f.len - at, (off_t)at),
					 (ssize_t)(f.len - at));
			buffer_printf(out, "%zx %08" PRIx32 "\n", at - 7, sum);
			sum = 0;
		}
	}
	close(fd);
}

/* ---- all of them ---- */

static const struct held_section sections[] = {
	{"options", hold_options}, {"help", hold_help},	    {"words", hold_words},
	{"talkers", hold_talkers}, {"losses", hold_losses}, {"levels", hold_levels},
	{"layouts", hold_layouts},
#if defined(__x86_64__)
	{"code", hold_code},	   {"images", hold_images},
#endif
};

int main(void)
{
	return held_run("record_sweep", sections, COUNT(sections));
}
