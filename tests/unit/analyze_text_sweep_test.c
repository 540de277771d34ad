/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Words, cells, JSON, shapes of statements and quantiles over everything at their borders, held by
 * tests/unit/analyze_text_sweep.txt: checksums (CRC-32) of what came out. With SOCKTAPE_UPDATE in
 * the environment it is written anew. A checksum that differs says that something became another,
 * not which is right.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

#include "analyze/output/escape.h"
#include "analyze/output/json_text.h"
#include "analyze/output/text.h"
#include "analyze/shape/statement.h"
#include "analyze/stat/quantile.h"
#include "tests/unit/held.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* The checksum of TEXT, which is emptied. */
static void hold(struct buffer *out, const char *what, struct buffer *text)
{
	buffer_printf(out, "%s %zu %08lx\n", what, text->len,
		      text->len ? crc32_z(0, (const Bytef *)text->data, text->len) : 0);
	assert_false(text->failed);
	buffer_clear(text);
}

/* ---- statements ---- */

static const char *const fragments[] = {
	"SELECT",
	"select",
	"1",
	"-1",
	"+ 1",
	"1.5e-3",
	".5",
	"0x1F",
	"'a'",
	"'a''b'",
	"'a\\'b'",
	"\"a\"",
	"\"a\\\"b\"",
	"`a`",
	"E'a\\'b'",
	"$1",
	"$tag$x$tag$",
	"$$x$$",
	"?",
	":name",
	"@name",
	"@@name",
	"a.b",
	"t1",
	"t_22",
	"(",
	")",
	",",
	"(1, 2)",
	"IN (1,2)",
	"VALUES (1)",
	"(?)",
	"-- c\n",
	"# c\n",
	"/* c */",
	"/*! c */",
	"/* /* */",
	"--",
	"a--b",
	"=",
	"<>",
	"::int",
	"->>",
	"#>",
	"~*",
	"NULL",
	"true",
	"INTERVAL '1'",
	";",
	"'open",
	"`open",
	"$t$open",
	"\xc3\xa4",
	"x'41'",
	"b'01'",
	"N'x'",
	"LIMIT 10",
	"AS x",
	"00000000-0000-0000-0000-000000000000",
	"a=a+1",
	"*",
	"\\",
	"{a: 1}",
	"[1, 2]",
	"\t\n",
	"_utf8'x'",
	"1a",
	"a1b22",
};

/* All that two fragments make together, and some of three. */
static void hold_statements(struct buffer *out)
{
	const enum dialect dialects[] = {DIALECT_PGSQL, DIALECT_MYSQL, DIALECT_CQL};
	struct buffer statement = {0}, text = {0};

	for (size_t i = 0; i < COUNT(fragments); i++) {
		for (size_t j = 0; j < COUNT(fragments) * 6; j++) {
			static const char *const third[] = {"", "1", "'x'", ", 2", "a", ")"};
			const char *second = fragments[j / 6];

			buffer_clear(&statement);
			buffer_printf(&statement, "%s%s%s%s%s", fragments[i], j % 2 ? " " : "",
				      second, j % 4 < 2 ? " " : "", third[j % 6]);
			for (size_t d = 0; d < COUNT(dialects); d++) {
				statement_shape(&text, dialects[d], buffer_span(&statement));
				buffer_append_char(&text, '\n');
			}
		}
		buffer_clear(&statement);
		buffer_printf(&statement, "%zu", i);
		buffer_append_char(&statement, '\0');
		hold(out, statement.data, &text);
	}
	buffer_free(&statement);
	buffer_free(&text);
}

/* A list, rows, and a name of each length about the longest shape. */
static void hold_long_statements(struct buffer *out)
{
	struct buffer statement = {0}, text = {0};

	for (size_t len = STATEMENT_SHAPE_MAX - 20; len < STATEMENT_SHAPE_MAX + 4; len++) {
		buffer_clear(&statement);
		for (size_t i = 0; i < len; i++)
			buffer_append_char(&statement, 'a');
		statement_shape(&text, DIALECT_PGSQL, buffer_span(&statement));
		buffer_append_char(&text, '\n');
		buffer_append_text(&statement, " = 1");
		statement_shape(&text, DIALECT_MYSQL, buffer_span(&statement));
		hold(out, "long", &text);
	}
	buffer_free(&statement);
	buffer_free(&text);
}

/* ---- numbers ---- */

static void append_numbers(struct buffer *b, uint64_t n)
{
	text_append_bytes(b, n);
	buffer_append_char(b, ' ');
	text_append_count(b, n);
	buffer_append_char(b, ' ');
	text_append_duration(b, (int64_t)n);
	buffer_append_char(b, ' ');
	text_append_duration(b, -(int64_t)(n % INT64_MAX));
	buffer_append_char(b, ' ');
	text_append_time(b, (int64_t)n);
	text_append_day(b, (int64_t)n);
	text_append_time_of_day(b, (int64_t)n);
	text_append_time_utc(b, (int64_t)n);
	text_append_time_utc(b, -(int64_t)(n % INT64_MAX));
	buffer_append_char(b, '\n');
}

static void hold_numbers(struct buffer *out)
{
	static const uint64_t others[] = {60, 120, 3600, 7200, 86400, 172800, 31536000, 1024};
	struct buffer text = {0};
	uint64_t power = 1;

	for (int digits = 1; digits <= 19; digits++, power *= 10) {
		for (uint64_t part = 9940; part <= 10010; part++)
			append_numbers(&text, power / 1000 * part / 10);
		for (uint64_t first = 1; first < 10; first++)
			for (int64_t by = -2; by <= 2; by++)
				append_numbers(&text, power * first + (uint64_t)by);
		hold(out, "power", &text);
	}
	for (size_t i = 0; i < COUNT(others); i++) {
		for (uint64_t unit = 1; unit <= 1000000000; unit *= 1000)
			for (uint64_t times = 1; times < 100; times += times < 3 ? 1 : 48)
				for (int64_t by = -2; by <= 2; by++)
					append_numbers(&text,
						       others[i] * unit * times + (uint64_t)by);
		hold(out, "unit", &text);
	}
	buffer_free(&text);
}

/* ---- cells ---- */

static const char *const texts[] = {
	"",
	"a",
	"ab",
	"abcdefghij",
	"/usr/lib/a long path/with parts/and a number-0123456789.log",
	"\xc3\xa4\xc3\xb6\xc3\xbc",
	"\xe4\xb8\xad\xe6\x96\x87 wide",
	"e\xcc\x81 combined",
	"\x1b[31m red",
	"tab\tline\nreturn\r",
	"\x80\xff no text",
	"\xf0\x9f\x98\x80 smile",
	"\xe2\x80\xae turned",
	"\x7f\x01\x1f ~",
	"\xc3",
	"a\xe2\x80",
};

static void hold_cells(struct buffer *out)
{
	struct buffer text = {0};

	for (size_t i = 0; i < COUNT(texts); i++) {
		for (int width = 0; width < 48; width++)
			for (int kind = 0; kind < 12; kind++) {
				struct text_layout layout = {
					.width = kind % 2 ? width : 0,
					.limit = kind % 2 ? 0 : width,
					.right = kind / 2 % 2,
					.cut = (enum text_cut)(kind / 4),
				};
				int columns = text_append_cell(&text, span_text(texts[i]), &layout);

				buffer_printf(&text, "|%d\n", columns);
			}
		escape_append(&text, span_text(texts[i]));
		escape_append_lines(&text, span_text(texts[i]));
		escape_append_markup(&text, span_text(texts[i]));
		buffer_printf(&text, "%zu", escape_plain(span_text(texts[i])));
		text_append_utf8(&text, span_text(texts[i]));
		hold(out, "cell", &text);
		escape_append_lines(&text, span_text(texts[i]));
		text_to_ascii(&text);
		hold(out, "ascii", &text);
	}
	/* Every character of two bytes, and what begins longer ones. */
	for (unsigned c = 0; c < 0x3000; c++) {
		char utf8[4] = {(char)(0xe0 | c >> 12), (char)(0x80 | (c >> 6 & 63)),
				(char)(0x80 | (c & 63)), '\0'};

		if (c < 0x80)
			escape_append(&text, span_of(&(char){(char)c}, 1));
		else if (c < 0x800)
			escape_append(&text, span_of((char[]){(char)(0xc0 | c >> 6),
							      (char)(0x80 | (c & 63))},
						     2));
		else
			escape_append(&text, span_of(utf8, 3));
		if (c % 256 == 255)
			hold(out, "characters", &text);
	}
	buffer_free(&text);
}

/* ---- JSON ---- */

static const char *const parts[] = {
	"{",
	"}",
	"[",
	"]",
	",",
	":",
	"\"a\"",
	"\"\"",
	"1",
	"-1.5e3",
	"true",
	"null",
	" ",
	"\"\\n\"",
	"\"\\u0041\"",
	"\"\\ud83d\\ude00\"",
	"\"\\ud83d\"",
	"\"\\\\x0f\"",
	"\"\\\\x00\"",
	"\"\\\\xf0\"",
	"\"\\\\x8\"",
	"\"\\\\xzz\"",
	"\"\\\"\"",
	"\"open",
	"[]",
	"{}",
	"[1,2]",
	"{\"k\":1}",
	"{\"k\":[1,{\"l\":2}],\"m\":\"n\"}",
	"\"\xc3\xa4\"",
	"\"\x01\"",
	"[\"a\",\"b\"]",
	"{\"a\":\"x\",\"a\":\"y\"}",
	"12345678901234567890",
	"tru",
};

static void hold_json(struct buffer *out)
{
	struct buffer text = {0}, json = {0};

	for (size_t i = 0; i < COUNT(parts); i++) {
		for (size_t j = 0; j < COUNT(parts) * 4; j++) {
			static const char *const around[][2] = {
				{"", ""}, {"[", "]"}, {"{\"x\":", "}"}, {"[[{\"y\":", "}]]"}};

			buffer_clear(&json);
			buffer_printf(&json, "%s%s%s%s%s", around[j % 4][0], parts[i],
				      j % 8 < 4 ? "," : "", parts[j / 4], around[j % 4][1]);
			json_append_indented(&text, buffer_span(&json));
			buffer_append_char(&text, '\n');
			json_append_flat(&text, buffer_span(&json));
			buffer_append_char(&text, '\n');
			json_append_fields(&text, buffer_span(&json));
			escape_append_json(&text, buffer_span(&json));
		}
		hold(out, "json", &text);
	}
	buffer_free(&json);
	buffer_free(&text);
}

/* ---- quantiles ---- */

static void append_quantiles(struct buffer *text, struct quantiles *q)
{
	static const double asked[] = {0, 0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 1};

	buffer_printf(text, "%" PRIu64, quantiles_count(q));
	for (size_t i = 0; i < COUNT(asked); i++)
		buffer_printf(text, " %.6g", quantiles_count(q) ? quantiles_at(q, asked[i]) : 0);
	buffer_printf(text, " %" PRIu64 " %" PRIu64 "\n", quantiles_above(q, 50),
		      quantiles_above(q, 1000));
}

static void hold_quantiles(struct buffer *out)
{
	static const double edges[] = {0,    1e-10, 1e-9, 1.1e-9, 2e-9, -1,	-1e-9, -1e-10,
				       1e18, 1e19,  1e20, -1e20,  50,	50.001, 1000};
	struct buffer text = {0};

	for (size_t exact = 0; exact <= 64; exact += exact < 4 ? 1 : 20)
		for (unsigned count = 0; count <= 600; count += count < 80 ? 1 : 111) {
			struct quantiles *q = exact ? quantiles_new_small(exact) : quantiles_new();
			struct quantiles *other = quantiles_new_small(exact + 1);

			assert_true(q && other);
			for (unsigned i = 0; i < count; i++) {
				assert_true(quantiles_add(q, (double)(i * 7919 % 1013)));
				if (i % 3 == 0)
					assert_true(
						quantiles_add(other, edges[i / 3 % COUNT(edges)]));
			}
			append_quantiles(&text, q);
			append_quantiles(&text, other);
			assert_true(quantiles_merge(q, other));
			append_quantiles(&text, q);
			assert_true(quantiles_merge(other, q));
			append_quantiles(&text, other);
			quantiles_free(q);
			quantiles_free(other);
			if (count % 20 == 0 || count > 80)
				hold(out, "quantiles", &text);
		}
	buffer_free(&text);
}

/* ---- all of them ---- */

static const struct held_section sections[] = {
	{"statements", hold_statements},
	{"long statements", hold_long_statements},
	{"numbers", hold_numbers},
	{"cells", hold_cells},
	{"json", hold_json},
	{"quantiles", hold_quantiles},
};

int main(void)
{
	return held_run("analyze_text_sweep", sections, COUNT(sections));
}
