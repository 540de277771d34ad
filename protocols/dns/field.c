/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/dns/field.h"

#include "protocols/dns/name.h"
#include "protocols/dns/number.h"
#include "protocols/dns/schema.h"
#include "protocols/dns/text.h"

static struct span rest(struct cursor *c)
{
	return cursor_span(c, cursor_left(c));
}

bool dns_list(struct cursor *c, struct buffer *out, dns_field *element, char separator)
{
	for (bool first = true; cursor_left(c) > 0; first = false) {
		struct cursor before = *c;
		size_t len = out->len;

		if (!first)
			buffer_append_char(out, separator);
		if (!element(c, out)) {
			*c = before;
			out->len = len;
			break;
		}
	}
	return true;
}

/* ---- numbers ---- */

bool dns_u8(struct cursor *c, struct buffer *out)
{
	buffer_append_u64(out, cursor_u8(c));
	return !c->failed;
}

bool dns_u16(struct cursor *c, struct buffer *out)
{
	buffer_append_u64(out, cursor_be16(c));
	return !c->failed;
}

bool dns_u32(struct cursor *c, struct buffer *out)
{
	buffer_append_u64(out, cursor_be32(c));
	return !c->failed;
}

bool dns_u48(struct cursor *c, struct buffer *out)
{
	uint64_t high = cursor_be16(c);

	buffer_append_u64(out, high << 32 | cursor_be32(c));
	return !c->failed;
}

bool dns_u64(struct cursor *c, struct buffer *out)
{
	buffer_append_u64(out, cursor_be64(c));
	return !c->failed;
}

bool dns_u8_list(struct cursor *c, struct buffer *out)
{
	return dns_list(c, out, dns_u8, ',');
}

bool dns_u16_list(struct cursor *c, struct buffer *out)
{
	return dns_list(c, out, dns_u16, ',');
}

bool dns_optional_u32(struct cursor *c, struct buffer *out)
{
	return cursor_left(c) == 0 || dns_u32(c, out);
}

bool dns_time(struct cursor *c, struct buffer *out)
{
	dns_append_time(out, cursor_be32(c));
	return !c->failed;
}

bool dns_error(struct cursor *c, struct buffer *out)
{
	dns_number_append(out, &dns_rcodes, cursor_be16(c));
	return !c->failed;
}

bool dns_type(struct cursor *c, struct buffer *out)
{
	dns_schema_append_name(out, &dns_types, cursor_be16(c));
	return !c->failed;
}

bool dns_type_list(struct cursor *c, struct buffer *out)
{
	return dns_list(c, out, dns_type, ',');
}

/* ---- names and strings ---- */

bool dns_name(struct cursor *c, struct buffer *out)
{
	return dns_name_read(c, out);
}

bool dns_names(struct cursor *c, struct buffer *out)
{
	return dns_list(c, out, dns_name, ' ');
}

bool dns_string(struct cursor *c, struct buffer *out)
{
	dns_append_quoted(out, cursor_span(c, cursor_u8(c)));
	return !c->failed;
}

bool dns_strings(struct cursor *c, struct buffer *out)
{
	return dns_list(c, out, dns_string, ' ');
}

bool dns_word(struct cursor *c, struct buffer *out)
{
	struct span word = cursor_span(c, cursor_u8(c));

	dns_append_label(out, (const uint8_t *)word.data, word.len);
	return !c->failed;
}

bool dns_text(struct cursor *c, struct buffer *out)
{
	dns_append_quoted(out, rest(c));
	return true;
}

/* ---- bytes ---- */

static void append_or_dash(struct buffer *out, struct span bytes,
			   void (*append)(struct buffer *, struct span))
{
	if (bytes.len > 0)
		append(out, bytes);
	else
		buffer_append_char(out, '-');
}

bool dns_hex(struct cursor *c, struct buffer *out)
{
	append_or_dash(out, rest(c), dns_append_hex);
	return true;
}

bool dns_base64(struct cursor *c, struct buffer *out)
{
	append_or_dash(out, rest(c), dns_append_base64);
	return true;
}

bool dns_short_hex(struct cursor *c, struct buffer *out)
{
	append_or_dash(out, cursor_span(c, cursor_u8(c)), dns_append_hex);
	return !c->failed;
}

bool dns_short_base32hex(struct cursor *c, struct buffer *out)
{
	append_or_dash(out, cursor_span(c, cursor_u8(c)), dns_append_base32hex);
	return !c->failed;
}

bool dns_counted_base64(struct cursor *c, struct buffer *out)
{
	size_t len = cursor_be16(c);
	struct span bytes = cursor_span(c, len);

	buffer_append_u64(out, len);
	if (len > 0)
		buffer_append_char(out, ' ');
	dns_append_base64(out, bytes);
	return !c->failed;
}

/* ---- addresses ---- */

bool dns_ipv4(struct cursor *c, struct buffer *out)
{
	const uint8_t *address = cursor_take(c, 4);

	if (address)
		dns_append_ipv4(out, address);
	return address;
}

bool dns_ipv6(struct cursor *c, struct buffer *out)
{
	const uint8_t *address = cursor_take(c, 16);

	if (address)
		dns_append_ipv6(out, address);
	return address;
}

bool dns_ipv4_list(struct cursor *c, struct buffer *out)
{
	return dns_list(c, out, dns_ipv4, ',');
}

bool dns_ipv6_list(struct cursor *c, struct buffer *out)
{
	return dns_list(c, out, dns_ipv6, ',');
}

/* ---- sets of types ---- */

/* The types whose bits are set in MAP; the first bit is that of FIRST. False: there are none. */
static bool append_types(struct buffer *out, struct span map, unsigned first)
{
	bool any = false;

	for (size_t i = 0; i < map.len * 8; i++) {
		if (!((uint8_t)map.data[i / 8] & 0x80 >> i % 8))
			continue;
		if (any)
			buffer_append_char(out, ' ');
		any = true;
		dns_schema_append_name(out, &dns_types, (uint16_t)(first + i));
	}
	return any;
}

static bool type_window(struct cursor *c, struct buffer *out)
{
	unsigned window = cursor_u8(c);
	size_t len = cursor_u8(c);
	struct span map = cursor_span(c, len);

	return !c->failed && len <= 32 && append_types(out, map, window << 8);
}

bool dns_type_windows(struct cursor *c, struct buffer *out)
{
	return dns_list(c, out, type_window, ' ');
}

bool dns_type_bits(struct cursor *c, struct buffer *out)
{
	struct span map = rest(c);

	return map.len <= 16 && append_types(out, map, 0);
}
