/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is made of words that people type, and the words for them: held by
 * tests/unit/format_words_sweep.txt, as tests/unit/held.h says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "format/completion.h"
#include "format/error.h"
#include "format/event.h"
#include "format/names.h"
#include "format/nearest.h"
#include "format/size.h"
#include "tests/unit/held.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void hold_addresses(struct buffer *out)
{
	static const char *const texts[] = {
		"",
		":",
		":0",
		":1",
		":65535",
		":65536",
		":80x",
		"1.2.3.4",
		"1.2.3.4:",
		"1.2.3.4:80",
		"1.2.3.4:065535",
		"1.2.3.4:65536",
		"1.2.3",
		"1.2.3.4.5",
		"256.1.1.1",
		"127.0.0.1",
		"128.0.0.1",
		"224.0.0.1",
		"239.255.255.255",
		"240.0.0.0",
		"223.1.1.1",
		"255.255.255.255",
		"255.255.255.254",
		"::",
		"::1",
		"::2",
		"[::1]",
		"[::1]:80",
		"[::1]:",
		"[::1]80",
		"[::1",
		"::1]",
		"[]:80",
		"ff02::1",
		"fe80::1%2",
		"[fe80::1%2]:80",
		"fe80::1%3",
		"fe80::1%",
		"fe80::1%x",
		"fe80::1%2x",
		"::ffff:1.2.3.4",
		"[::ffff:1.2.3.4]:80",
		"[::ffff:127.0.0.1]:80",
		"::fffe:1.2.3.4",
		"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255",
		"localhost:80",
		"a:b:c",
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		" 1.2.3.4",
		"1.2.3.4 ",
		"[1.2.3.4]:5",
		"[::1]:65535",
		"[::1]:0",
		"[fe80::1%4294967295]:65535"};
	struct address addresses[COUNT(texts)];

	for (size_t i = 0; i < COUNT(texts); i++) {
		bool parsed = address_parse(texts[i], &addresses[i]);
		struct address plain;
		char text[ADDRESS_TEXT_MAX];

		if (!parsed)
			addresses[i] = (struct address){0};
		plain = address_plain(&addresses[i]);
		address_text(&addresses[i], text);
		buffer_printf(out, "%s: %d %s %d %d", texts[i], parsed, text,
			      address_is_loopback(&plain), address_is_group(&plain));
		address_text(&plain, text);
		buffer_printf(out, " %d %s", (int)plain.family, text);
		for (size_t k = 0; k < i; k++)
			buffer_append_char(
				out, (char)('0' + address_matches(&addresses[i], &addresses[k]) +
					    2 * address_matches(&addresses[k], &addresses[i]) +
					    4 * address_equal(&addresses[i], &addresses[k])));
		buffer_append_char(out, '\n');
	}
}

static void hold_sizes(struct buffer *out)
{
	static const char *const texts[] = {"",
					    "0",
					    "1",
					    "1 ",
					    " 1",
					    "-1",
					    "+1",
					    "18446744073709551615",
					    "18446744073709551616",
					    "99999999999999999999",
					    "1B",
					    "1b",
					    "1k",
					    "1K",
					    "1kB",
					    "1Ki",
					    "1KiB",
					    "1kib",
					    "1ki b",
					    "1M",
					    "1Mi",
					    "1G",
					    "1Gi",
					    "1T",
					    "1Ti",
					    "1TiB",
					    "1P",
					    "1kBB",
					    "1Bk",
					    "1i",
					    "18446744T",
					    "18446745T",
					    "16777215Ti",
					    "16777216Ti",
					    "18014398509481983Ki",
					    "18014398509481984Ki",
					    "1s",
					    "1.5",
					    "1.5s",
					    "0.000000001",
					    "0.0000000001",
					    "1.123456789",
					    "1.1234567891",
					    "1.",
					    ".5",
					    ".",
					    "1h30m",
					    "1h 30m",
					    "1 h 30 m",
					    "1d2s",
					    "1 d 2 s",
					    "1min",
					    "1minx",
					    "1ms",
					    "1us",
					    "1\xc2\xb5s",
					    "1ns",
					    "1.5ns",
					    "0.5ns",
					    "2.5us",
					    "1m1",
					    "1 1",
					    "1s1s",
					    "9223372036",
					    "9223372036.854775806",
					    "9223372036.854775807",
					    "9223372036.854775808",
					    "9223372037",
					    "106751d",
					    "106752d",
					    "2562047h",
					    "2562048h",
					    "153722867m",
					    "153722868m",
					    "1x",
					    "s",
					    "1sx",
					    "1 ",
					    "9223372036854775807ns",
					    "9223372036854775806ns",
					    "9223372036854775808ns",
					    "9223372036s854775806ns",
					    "9223372036s854775807ns",
					    "9223372036s854775808ns",
					    "1h,30m",
					    "1H",
					    "1S",
					    "1D",
					    "1 ms "};
	char text[SIZE_TEXT_MAX];

	for (size_t i = 0; i < COUNT(texts); i++) {
		uint64_t number = 7, bytes = 7, ns = 7;
		bool is_number = size_parse_number(texts[i], &number);
		bool is_size = size_parse(texts[i], &bytes);
		bool is_duration = size_parse_duration(texts[i], &ns);

		buffer_printf(out, "%s: %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", texts[i],
			      is_number ? number : UINT64_MAX, is_size ? bytes : UINT64_MAX,
			      is_duration ? ns : UINT64_MAX);
	}
	for (uint64_t power = 1, n = 0; n < 20; n++, power *= 10)
		for (uint64_t by = 0; by < 12; by++) {
			static const uint64_t parts[] = {0,  1,	 4,  5,	 9,   10,
							 49, 50, 95, 99, 500, 999};
			uint64_t value = n > 2 ? power - 500 * (power / 1000) + parts[by]
					       : power + parts[by];

			size_text(value, text);
			buffer_printf(out, "%" PRIu64 " %s", value, text);
			size_text(power - by - 1, text);
			buffer_printf(out, " %s", text);
			size_text_exact(value, text);
			buffer_printf(out, " %s\n", text);
		}
}

static void hold_words(struct buffer *out)
{
	static const char *const words[] = {
		"",
		"a",
		"b",
		"ab",
		"ba",
		"abc",
		"acb",
		"bca",
		"show",
		"shwo",
		"sho",
		"shows",
		"snow",
		"--limit",
		"--limits",
		"-limit",
		"--timil",
		"--liimt",
		"connections",
		"conections",
		"connectoins",
		"conns",
		"export",
		"import",
		"port",
		"expotr",
		"a-very-long-word-that-nobody-types-at-all-but-for-a-test-of-its-length-x",
		"a-very-long-word-that-nobody-types-at-all-but-for-a-test-of-its-length-xy",
		"a-very-long-word-that-nobody-types-at-all-but-for-a-test"};
	static const char *const names[] = {"20260101T000000Z-000001.tape.zst",
					    "20260101T000000Z-000001.tape.zst.partial",
					    "20260101T000000Z-1000000.tape.zst",
					    "x-7.tape.zst",
					    "-7.tape.zst",
					    "7.tape.zst",
					    "x-.tape.zst",
					    "x-0.tape.zst",
					    "x-7x.tape.zst",
					    "x-18446744073709551615.tape.zst",
					    "x-18446744073709551616.tape.zst",
					    ".tape.zst",
					    ".tape.zst.partial",
					    "x.tape.zst.part",
					    "x-1.tape.zst.partial.partial",
					    "x-1.tape",
					    "tape.zst",
					    ".partial",
					    "",
					    "a-b-12.tape.zst"};
	char name[NAME_SEGMENT_MAX];

	for (size_t i = 0; i < COUNT(words); i++) {
		for (size_t k = 0; k < COUNT(words); k++) {
			struct nearest n = {.text = words[i]};

			nearest_try(&n, words[k]);
			buffer_printf(out, "%s%zu ", n.word ? "" : "-", n.distance);
		}
		buffer_append_char(out, '\n');
	}
	for (size_t i = 0; i < COUNT(names); i++) {
		uint64_t segment = 0;
		bool partial = false;
		bool parsed = name_parse(names[i], &segment, &partial);

		buffer_printf(out, "%s: %d %" PRIu64 " %d\n", names[i], parsed, segment, partial);
	}
	for (uint64_t i = 1; i < UINT64_MAX / 10; i *= 10) {
		name_segment(i, (int64_t)(i * 3 / 4), i % 4 == 0, name);
		buffer_printf(out, "%s\n", name);
	}
	for (int i = 0; i < 40; i++)
		buffer_printf(out, "%s %s %s %s %s %s %s %s %s\n",
			      transport_text((enum transport)i), role_text((enum role)i),
			      direction_text((enum direction)i), layer_text((enum layer)i),
			      call_text((enum call)i), cut_text((enum cut)i),
			      loss_cause_text((enum loss_cause)i), conn_error_text((uint16_t)i),
			      tape_error_text((enum tape_error)i));
}

static const char *argument_words(void *context, const char *argument)
{
	(void)context;
	if (strcmp(argument, "FILE") == 0)
		return "";
	return strcmp(argument, "SIDE") == 0 ? "client server" : NULL;
}

static void hold_completion(struct buffer *out)
{
	static const struct completion_option options[] = {
		{"help", 'h', NULL, "says this"},
		{"output", 'o', "FILE", "where it's written: 'here' [or there]"},
		{"side", 0, "SIDE...", "one of both"},
		{"limit", 'n', "N", "so many; \"all\" without $it"}};
	static const struct completion_command commands[] = {
		{"one", "the first: it's [one]", options, 2},
		{"two", "the second", options, 4},
		{"none", "", NULL, 0}};
	static const struct completion_command only = {NULL, NULL, options, 4};
	const struct completion kinds[] = {{"program-x", commands, 3, argument_words, NULL},
					   {"other", &only, 1, argument_words, NULL}};
	static const char *const shells[] = {"bash", "zsh", "fish", "sh", ""};

	for (size_t i = 0; i < COUNT(kinds) * COUNT(shells); i++) {
		char *text = NULL;
		size_t len = 0;
		FILE *file = open_memstream(&text, &len);

		assert_non_null(file);
		buffer_printf(out, "%s %d\n", shells[i / 2],
			      completion_print(&kinds[i % 2], shells[i / 2], file));
		assert_int_equal(fclose(file), 0);
		buffer_append(out, text, len);
		free(text);
	}
}

int main(void)
{
	static const struct held_section sections[] = {{"addresses", hold_addresses},
						       {"sizes", hold_sizes},
						       {"words", hold_words},
						       {"completion", hold_completion}};

	return held_run("format_words_sweep", sections, COUNT(sections));
}
