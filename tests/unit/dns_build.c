/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/dns_build.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

void dns_build_hex(struct buffer *b, const char *hex)
{
	for (; *hex; hex += 2) {
		unsigned byte;

		assert_int_equal(sscanf(hex, "%2x", &byte), 1);
		buffer_append_char(b, (char)byte);
	}
}

void dns_build_u16(struct buffer *b, unsigned value)
{
	buffer_append_char(b, (char)(value >> 8));
	buffer_append_char(b, (char)value);
}

void dns_build_header(struct buffer *b, unsigned id, unsigned flags, const unsigned counts[4])
{
	dns_build_u16(b, id);
	dns_build_u16(b, flags);
	for (int i = 0; i < 4; i++)
		dns_build_u16(b, counts[i]);
}

void dns_build_name(struct buffer *b, const char *name)
{
	while (*name) {
		size_t len = strcspn(name, ".");

		buffer_append_char(b, (char)len);
		buffer_append(b, name, len);
		name += len + (name[len] == '.');
	}
	buffer_append_char(b, 0);
}

void dns_build_question(struct buffer *b, const char *name, unsigned type)
{
	dns_build_name(b, name);
	dns_build_u16(b, type);
	dns_build_u16(b, 1);
}

void dns_build_rr(struct buffer *b, const char *name, unsigned type, unsigned ttl,
		  const char *rdata_hex)
{
	dns_build_question(b, name, type);
	dns_build_u16(b, ttl >> 16);
	dns_build_u16(b, ttl);
	dns_build_u16(b, (unsigned)strlen(rdata_hex) / 2);
	dns_build_hex(b, rdata_hex);
}

void dns_build_query(struct buffer *b, unsigned id, const char *name, unsigned type)
{
	dns_build_header(b, id, 0x0100, (const unsigned[]){1, 0, 0, 0});
	dns_build_question(b, name, type);
}

void dns_build_response(struct buffer *b, unsigned id, unsigned flags, const char *name,
			unsigned type, const char *address_hex)
{
	dns_build_header(b, id, 0x8180 | flags, (const unsigned[]){1, address_hex ? 1 : 0, 0, 0});
	dns_build_question(b, name, type);
	if (address_hex)
		dns_build_rr(b, name, 1, 60, address_hex);
}

struct feed_message dns_build_message(struct buffer *b, enum direction direction, bool stream)
{
	if (stream) {
		struct buffer body = *b;

		*b = (struct buffer){0};
		dns_build_u16(b, (unsigned)body.len);
		buffer_append_span(b, buffer_span(&body));
		buffer_free(&body);
	}
	assert_false(b->failed);
	return (struct feed_message){.direction = direction, .data = b->data, .len = b->len};
}

/* Whether LINE has every part of WANTED. */
static void expect_record(const char *line, const char *wanted)
{
	char part[512];

	while (*wanted) {
		const char *end = strstr(wanted, " | ");
		size_t len = end ? (size_t)(end - wanted) : strlen(wanted);

		assert_in_range(len, 1, sizeof(part) - 1);
		for (size_t i = 0; i < len; i++)
			part[i] = wanted[i] == '\'' ? '"' : wanted[i];
		part[len] = '\0';
		if (!strstr(line, part))
			fail_msg("%s\nis not in\n%s", part, line);
		wanted += len + (end ? 3 : 0);
	}
}

void dns_expect(const struct feed *feed, const char *const *records)
{
	struct buffer out = {0};
	char *line;

	feed_run(feed, &out);
	line = out.data;
	for (; *records; records++) {
		char *end = strchr(line, '\n');

		if (!end)
			fail_msg("no record for %s", *records);
		*end = '\0';
		expect_record(line, *records);
		line = end + 1;
	}
	assert_string_equal(line, "");
	buffer_free(&out);
}
