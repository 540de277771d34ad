/* SPDX-License-Identifier: BSD-2-Clause */
#include <math.h>
#include <stdio.h>

#include "protocols/mysql/state.h"
#include "protocols/value/json.h"
#include "protocols/value/utf8.h"

/* ---- reading ---- */

static void set_small(struct mysql_value *value, int len)
{
	size_t most = sizeof(value->small) - 1;

	value->text = span_of(value->small, len < 0 ? 0 : (size_t)len < most ? (size_t)len : most);
}

static void set_integer(struct mysql_value *value, struct mysql_type_of type, uint64_t raw,
			unsigned bits)
{
	/* The sign goes on upwards. */
	int64_t integer = (int64_t)(raw << (64 - bits)) >> (64 - bits);

	value->kind = MYSQL_VALUE_NUMBER;
	set_small(value, type.is_unsigned ? snprintf(value->small, sizeof(value->small), "%llu",
						     (unsigned long long)raw)
					  : snprintf(value->small, sizeof(value->small), "%lld",
						     (long long)integer));
}

static void set_double(struct mysql_value *value, uint64_t bits)
{
	double real;

	memcpy(&real, &bits, sizeof(real));
	value->kind = isfinite(real) ? MYSQL_VALUE_NUMBER : MYSQL_VALUE_NULL;
	value->text = span_of(value->small, real_put(value->small, real));
}

static void set_float(struct mysql_value *value, uint32_t bits)
{
	float real;

	memcpy(&real, &bits, sizeof(real));
	value->kind = isfinite(real) ? MYSQL_VALUE_NUMBER : MYSQL_VALUE_NULL;
	value->text = span_of(value->small, real_put_float(value->small, real));
}

/* Length, then year, month, day, time, microseconds, as many as there are. */
static void set_date(struct mysql_value *value, struct cursor *c, bool has_time)
{
	size_t len = cursor_u8(c);
	struct cursor in = cursor_part(c, len);
	unsigned year = cursor_le16(&in), month = cursor_u8(&in), day = cursor_u8(&in);
	unsigned hour = len > 4 ? cursor_u8(&in) : 0, minute = len > 4 ? cursor_u8(&in) : 0;
	unsigned second = len > 4 ? cursor_u8(&in) : 0;
	uint32_t micro = len > 7 ? cursor_le32(&in) : 0;
	int n;

	if (!len)
		year = month = day = 0;
	value->kind = MYSQL_VALUE_TEXT;
	n = snprintf(value->small, sizeof(value->small), "%04u-%02u-%02u", year, month, day);
	if (has_time)
		n += snprintf(value->small + n, sizeof(value->small) - (size_t)n, " %02u:%02u:%02u",
			      hour, minute, second);
	if (micro && has_time)
		n += snprintf(value->small + n, sizeof(value->small) - (size_t)n, ".%06u",
			      micro % 1000000);
	set_small(value, n);
}

static void set_time(struct mysql_value *value, struct cursor *c)
{
	size_t len = cursor_u8(c);
	struct cursor in = cursor_part(c, len);
	bool negative = len && cursor_u8(&in);
	uint64_t days = len ? cursor_le32(&in) : 0;
	unsigned hour = len ? cursor_u8(&in) : 0, minute = len ? cursor_u8(&in) : 0;
	unsigned second = len ? cursor_u8(&in) : 0;
	uint32_t micro = len > 8 ? cursor_le32(&in) : 0;
	int n;

	value->kind = MYSQL_VALUE_TEXT;
	n = snprintf(value->small, sizeof(value->small), "%s%02llu:%02u:%02u", negative ? "-" : "",
		     (unsigned long long)days * 24 + hour, minute, second);
	if (micro)
		n += snprintf(value->small + n, sizeof(value->small) - (size_t)n, ".%06u",
			      micro % 1000000);
	set_small(value, n);
}

static bool is_json_number(struct span text)
{
	size_t at = text.len && *text.data == '-', digits = 0, point = 0;

	if (at + 1 < text.len && text.data[at] == '0' && text.data[at + 1] != '.')
		return false;
	for (; at < text.len; at++) {
		if (text.data[at] == '.' && digits && !point)
			point = at;
		else if (text.data[at] < '0' || text.data[at] > '9')
			return false;
		else
			digits++;
	}
	return digits && point + 1 < text.len + !point;
}

static bool is_number_type(uint8_t type)
{
	return type <= MYSQL_TYPE_DOUBLE || type == MYSQL_TYPE_LONGLONG ||
	       type == MYSQL_TYPE_INT24 || type == MYSQL_TYPE_YEAR || type == MYSQL_TYPE_NEWDECIMAL;
}

void mysql_text_value(struct mysql_type_of type, struct span text, struct mysql_value *value)
{
	value->kind = is_number_type(type.type) && is_json_number(text) ? MYSQL_VALUE_NUMBER
									: MYSQL_VALUE_TEXT;
	value->text = text;
}

void mysql_binary_value(struct mysql_type_of type, struct cursor *c, struct mysql_value *value)
{
	switch (type.type) {
	case MYSQL_TYPE_NULL:
		value->kind = MYSQL_VALUE_NULL;
		break;
	case MYSQL_TYPE_TINY:
		set_integer(value, type, cursor_u8(c), 8);
		break;
	case MYSQL_TYPE_SHORT:
	case MYSQL_TYPE_YEAR:
		set_integer(value, type, cursor_le16(c), 16);
		break;
	case MYSQL_TYPE_LONG:
	case MYSQL_TYPE_INT24:
		set_integer(value, type, cursor_le32(c), 32);
		break;
	case MYSQL_TYPE_LONGLONG:
		set_integer(value, type, cursor_le64(c), 64);
		break;
	case MYSQL_TYPE_FLOAT:
		set_float(value, cursor_le32(c));
		break;
	case MYSQL_TYPE_DOUBLE:
		set_double(value, cursor_le64(c));
		break;
	case MYSQL_TYPE_DATE:
		set_date(value, c, false);
		break;
	case MYSQL_TYPE_DATETIME:
	case MYSQL_TYPE_TIMESTAMP:
		set_date(value, c, true);
		break;
	case MYSQL_TYPE_TIME:
		set_time(value, c);
		break;
	default:
		mysql_text_value(type, mysql_lenenc_span(c), value);
		break;
	}
}

/* ---- writing ---- */

void mysql_value_json(const struct mysql_value *value, struct buffer *out)
{
	switch (value->kind) {
	case MYSQL_VALUE_NULL:
		buffer_append_text(out, "null");
		break;
	case MYSQL_VALUE_NUMBER:
		buffer_append_span(out, value->text);
		break;
	case MYSQL_VALUE_TEXT:
		json_append_string(out, value->text);
		break;
	}
}

static void append_quoted(struct span text, struct buffer *out)
{
	buffer_append_char(out, '\'');
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] == '\'' || text.data[i] == '\\')
			buffer_append_char(out, text.data[i]);
		buffer_append_char(out, text.data[i]);
	}
	buffer_append_char(out, '\'');
}

static void append_hex(struct span bytes, struct buffer *out)
{
	static const char digits[] = "0123456789ABCDEF";

	buffer_append_text(out, "x'");
	for (size_t i = 0; i < bytes.len; i++) {
		buffer_append_char(out, digits[(uint8_t)bytes.data[i] >> 4]);
		buffer_append_char(out, digits[bytes.data[i] & 15]);
	}
	buffer_append_char(out, '\'');
}

void mysql_value_sql(const struct mysql_value *value, struct buffer *out)
{
	switch (value->kind) {
	case MYSQL_VALUE_NULL:
		buffer_append_text(out, "NULL");
		break;
	case MYSQL_VALUE_NUMBER:
		buffer_append_span(out, value->text);
		break;
	case MYSQL_VALUE_TEXT:
		if (utf8_is_text(value->text))
			append_quoted(value->text, out);
		else
			append_hex(value->text, out);
		break;
	}
}
