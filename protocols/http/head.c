/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/http/head.h"

#include <strings.h>

#include "protocols/content/notes.h"
#include "protocols/value/json.h"

#define BUCKETS 64

/* A buffer that grew beyond this is not kept for the next head. */
#define KEPT_MEMORY_MAX (64u << 10)

struct http_field {
	struct span name;
	struct span value;
	/* Indexes plus one into the list; 0: none. */
	uint16_t same_bucket; /* an earlier one that may have the same name */
	uint16_t next_same;   /* the next one with the same name */
	uint16_t last_same;   /* in the first of a name: the last one so far */
	bool repeat;	      /* not the first of its name */
};

static struct http_field *field_at(const struct http_fields *fields, unsigned index)
{
	return (struct http_field *)fields->list.data + index;
}

/* ---- what single fields mean for framing ---- */

/* Takes the next element of a comma-separated list; false at its end. */
static bool next_element(struct span *list, struct span *element)
{
	const char *comma;

	if (!list->len)
		return false;
	comma = memchr(list->data, ',', list->len);
	element->data = list->data;
	element->len = comma ? (size_t)(comma - list->data) : list->len;
	list->data += element->len + (comma != NULL);
	list->len -= element->len + (comma != NULL);
	*element = http_trim(*element);
	return true;
}

static void take_host(struct http_head *head, struct span value)
{
	if (!head->host.len)
		head->host = value;
}

/* One of the protocols that the client offered, when it is a response (RFC 9110, section 7.8). */
static void take_upgrade(struct http_head *head, struct span value)
{
	if (!head->upgrade.len)
		head->upgrade = value;
}

static void set_length(struct http_head *head, enum http_length kind, uint64_t length)
{
	if (head->length_kind == HTTP_LENGTH_NONE) {
		head->length_kind = kind;
		head->length = length;
	} else if (head->length_kind == kind && head->length == length) {
		head->notes |= HTTP_NOTE_LENGTH_REPEATED;
	} else {
		head->notes |= HTTP_NOTE_LENGTH_CONFLICT;
	}
}

/* Only digits count: "+5", "-5", "0x5" and "5 bytes" are refused by careful receivers. */
static void take_expect(struct http_head *head, struct span value)
{
	head->expects |= http_same_word(value, "100-continue");
}

static void take_length_element(struct http_head *head, struct span digits)
{
	uint64_t length = 0;

	for (size_t i = 0; i < digits.len; i++) {
		unsigned digit = (unsigned)digits.data[i] - '0';

		if (digit > 9) {
			head->notes |= HTTP_NOTE_LENGTH_BAD;
			return;
		}
		if (length > ((uint64_t)INT64_MAX - digit) / 10) {
			head->notes |= HTTP_NOTE_LENGTH_HUGE;
			set_length(head, HTTP_LENGTH_HUGE, 0);
			return;
		}
		length = length * 10 + digit;
	}
	set_length(head, HTTP_LENGTH_KNOWN, length);
}

/*
 * A list of equal numbers is what became of repeated lines (RFC 9112, section 6.3); empty elements
 * of a list are ignored (RFC 9110, section 5.6.1).
 */
static void take_length(struct http_head *head, struct span value)
{
	struct span element;

	bool any = false, empty = false;

	while (next_element(&value, &element)) {
		any |= element.len > 0;
		empty |= !element.len;
		if (element.len)
			take_length_element(head, element);
	}
	if (!any)
		head->notes |= HTTP_NOTE_LENGTH_BAD;
	else if (empty)
		head->notes |= HTTP_NOTE_LENGTH_LIST;
}

static void take_connection(struct http_head *head, struct span value)
{
	struct span element;

	while (next_element(&value, &element))
		head->closes |= http_same_word(element, "close");
}

static void add_coding(uint8_t *codings, unsigned *count, enum http_coding coding)
{
	if (*count < HTTP_CODINGS_MAX)
		codings[(*count)++] = (uint8_t)coding;
}

/* The name of a coding, without parameters and whatever else follows. */
static struct span coding_name(struct span element)
{
	size_t n = 0;

	while (n < element.len && http_is_token((uint8_t)element.data[n]))
		n++;
	return span_of(element.data, n);
}

static void take_content_encoding(struct http_head *head, struct span value)
{
	struct span element;

	while (next_element(&value, &element))
		if (element.len)
			add_coding(head->codings, &head->coding_count,
				   http_coding_find(coding_name(element)));
}

static void take_transfer_encoding(struct http_head *head, struct span value)
{
	struct span element;

	while (next_element(&value, &element)) {
		struct span name = coding_name(element);
		enum http_coding coding = http_coding_find(name);

		if (http_same_word(name, "chunked"))
			head->chunked = true;
		else if (coding == HTTP_CODING_UNKNOWN && element.len)
			head->notes |= HTTP_NOTE_TRANSFER_UNKNOWN;
		else if (coding != HTTP_CODING_UNKNOWN)
			add_coding(head->transfer_codings, &head->transfer_coding_count, coding);
		/* "identity" is none; RFC 2616 had it, and it is still sent. */
		head->transfer_encoded |= element.len && coding != HTTP_CODING_IDENTITY;
	}
}

static void take_meaning(struct http_head *head, const struct http_field *field)
{
	static const struct {
		struct span name;
		void (*take)(struct http_head *head, struct span value);
	} known[] = {
		{{"Host", 4}, take_host},
		{{"Expect", 6}, take_expect},
		{{"Upgrade", 7}, take_upgrade},
		{{"Connection", 10}, take_connection},
		{{"Content-Length", 14}, take_length},
		{{"Content-Encoding", 16}, take_content_encoding},
		{{"Transfer-Encoding", 17}, take_transfer_encoding},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (field->name.len == known[i].name.len &&
		    strncasecmp(field->name.data, known[i].name.data, field->name.len) == 0)
			known[i].take(head, field->value);
}

/* ---- lines to fields ---- */

static unsigned bucket_of(struct span name)
{
	if (!name.len)
		return 0;
	return ((unsigned)name.len * 7 ^ (unsigned)(name.data[0] | 0x20) * 5 ^
		(unsigned)(name.data[name.len - 1] | 0x20)) %
	       BUCKETS;
}

/* Joins a field to the earlier ones of its name. INDEX is its own plus one. */
static void link_same(struct http_fields *fields, uint16_t *bucket, uint16_t index)
{
	struct http_field *field = field_at(fields, index - 1u);

	for (uint16_t i = *bucket; i; i = field_at(fields, i - 1u)->same_bucket) {
		struct http_field *first = field_at(fields, i - 1u);

		if (first->name.len != field->name.len ||
		    strncasecmp(first->name.data, field->name.data, field->name.len) != 0)
			continue;
		field_at(fields, first->last_same - 1u)->next_same = index;
		first->last_same = index;
		field->repeat = true;
		return;
	}
	field->last_same = index;
	field->same_bucket = *bucket;
	*bucket = index;
}

/* "Name: value" (RFC 9112, section 5); a line without a colon is all name. */
static void split_line(struct span line, struct http_field *field, struct http_head *head)
{
	const char *colon = memchr(line.data, ':', line.len);

	*field = (struct http_field){.name = line};
	if (colon) {
		field->name.len = (size_t)(colon - line.data);
		field->value = http_trim(span_of(colon + 1, line.len - field->name.len - 1));
	}
	while (field->name.len && (field->name.data[field->name.len - 1] == ' ' ||
				   field->name.data[field->name.len - 1] == '\t'))
		field->name.len--;
	if (!colon || !field->name.len)
		head->notes |= HTTP_NOTE_HEADER_ODD;
}

/* A line that begins with a blank continues the one before it (RFC 9112, section 5.2). */
static bool is_fold(const char *line_end, const char *end)
{
	return line_end + 1 < end && (line_end[1] == ' ' || line_end[1] == '\t');
}

/* A copy in which every fold is as many spaces as it had bytes. */
static struct span unfold(struct http_fields *fields, struct span lines)
{
	struct buffer *copy = &fields->unfolded;
	char *end, *at;

	buffer_append_span(copy, lines);
	if (copy->failed)
		return span_text("");
	end = copy->data + copy->len;
	for (at = copy->data; (at = memchr(at, '\n', (size_t)(end - at))) != NULL; at++) {
		if (!is_fold(at, end))
			continue;
		if (at > copy->data && at[-1] == '\r')
			at[-1] = ' ';
		*at = ' ';
	}
	return buffer_span(copy);
}

static bool add_line(struct http_fields *fields, uint16_t *buckets, struct span line,
		     struct http_head *head)
{
	struct http_field *field;

	if (fields->count == HTTP_FIELDS_MAX ||
	    !buffer_reserve(&fields->list, sizeof(struct http_field))) {
		head->notes |= HTTP_NOTE_HEADERS_MANY;
		return false;
	}
	fields->list.len += sizeof(struct http_field);
	field = field_at(fields, fields->count++);
	split_line(line, field, head);
	link_same(fields, &buckets[bucket_of(field->name)], fields->count);
	take_meaning(head, field);
	return true;
}

/* False when a fold was met, which only a copy can show. */
static bool add_lines(struct http_fields *fields, struct span lines, struct http_head *head)
{
	const char *at = lines.data, *end = lines.data + lines.len;
	uint16_t buckets[BUCKETS] = {0};

	buffer_clear(&fields->list);
	fields->count = 0;
	while (at < end) {
		const char *line_end = memchr(at, '\n', (size_t)(end - at));
		const char *stop = line_end ? line_end : end;
		struct span line = span_of(at, (size_t)(stop - at));

		if (line_end && is_fold(line_end, end))
			return false;
		at = stop + 1;
		if (line.len && line.data[line.len - 1] == '\r')
			line.len--;
		if (line.len && !add_line(fields, buckets, line, head))
			break;
	}
	return true;
}

/* ---- fields to text ---- */

static void append_values(const struct http_fields *fields, const struct http_field *field,
			  struct buffer *out)
{
	buffer_append_char(out, '[');
	for (;;) {
		json_append_string(out, field->value);
		if (!field->next_same)
			break;
		buffer_append_char(out, ',');
		field = field_at(fields, field->next_same - 1u);
	}
	buffer_append_char(out, ']');
}

static void append_json(const struct http_fields *fields, struct buffer *out)
{
	char before = '{';

	if (!fields->count)
		buffer_append_char(out, before);
	for (unsigned i = 0; i < fields->count; i++) {
		const struct http_field *field = field_at(fields, i);

		if (field->repeat)
			continue;
		buffer_append_char(out, before);
		before = ',';
		json_append_string(out, field->name);
		buffer_append_char(out, ':');
		if (field->next_same)
			append_values(fields, field, out);
		else
			json_append_string(out, field->value);
	}
	buffer_append_char(out, '}');
}

/* ---- a whole head ---- */

static void trim(struct buffer *b)
{
	if (b->capacity > KEPT_MEMORY_MAX)
		buffer_free(b);
	buffer_clear(b);
}

static void parse(struct http_fields *fields)
{
	struct span lines = fields->lines.failed ? span_text("") : buffer_span(&fields->lines);
	struct http_head *head = &fields->head;

	*head = (struct http_head){0};
	if (!add_lines(fields, lines, head)) {
		*head = (struct http_head){0};
		add_lines(fields, unfold(fields, lines), head);
	}
	if (head->transfer_encoded && head->length_kind != HTTP_LENGTH_NONE)
		head->notes |= HTTP_NOTE_LENGTH_IGNORED;
}

bool http_fields_read(struct http_fields *fields, struct span lines)
{
	if (lines.len && lines.len == http_fields_repeated(fields, lines))
		return false;
	trim(&fields->lines);
	trim(&fields->unfolded);
	trim(&fields->list);
	trim(&fields->json);
	buffer_append_span(&fields->lines, lines);
	parse(fields);
	append_json(fields, &fields->json);
	return true;
}

void http_fields_text(const struct http_fields *fields, struct buffer *out)
{
	for (unsigned i = 0; i < fields->count; i++) {
		const struct http_field *field = field_at(fields, i);

		if (i)
			buffer_append(out, ", ", 2);
		buffer_append_span(out, field->name);
		buffer_append(out, ": ", 2);
		buffer_append_span(out, field->value);
	}
}

void http_fields_free(struct http_fields *fields)
{
	buffer_free(&fields->lines);
	buffer_free(&fields->unfolded);
	buffer_free(&fields->list);
	buffer_free(&fields->json);
}
