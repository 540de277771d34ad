/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/dns/schema.h"

#include "protocols/dns/text.h"

const struct dns_schema *dns_schema_find(const struct dns_registry *registry, uint16_t number)
{
	size_t low = 0, high = registry->count;

	/* Where they are numbered from 1 on, without gaps, each stands in its own place. */
	if (number && number <= registry->count && registry->schemas[number - 1].number == number)
		return &registry->schemas[number - 1];
	while (low < high) {
		size_t middle = (low + high) / 2;

		if (registry->schemas[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < registry->count && registry->schemas[low].number == number)
		return &registry->schemas[low];
	return NULL;
}

void dns_schema_append_name(struct buffer *out, const struct dns_registry *registry,
			    uint16_t number)
{
	const struct dns_schema *schema = dns_schema_find(registry, number);

	buffer_append_text(out, schema ? schema->name : registry->prefix);
	if (!schema)
		buffer_append_u64(out, number);
}

/* One field with a space before it, if it isn't the first. False: malformed, and nothing happened.
 */
static bool append_field(dns_field *field, struct cursor *data, struct buffer *out, size_t start)
{
	struct cursor before = *data;
	size_t len = out->len, separated;

	if (len > start)
		buffer_append_char(out, ' ');
	separated = out->len;
	if (!field(data, out)) {
		*data = before;
		out->len = len;
		return false;
	}
	if (out->len == separated)
		out->len = len;
	return true;
}

bool dns_schema_append(const struct dns_schema *schema, struct cursor data, struct buffer *out)
{
	bool known = schema && schema->fields[0];
	bool sound = known;
	size_t start = out->len;

	for (size_t i = 0; sound && schema->fields[i]; i++)
		sound = append_field(schema->fields[i], &data, out, start);
	if (sound && cursor_left(&data) == 0)
		return true;
	if (out->len > start)
		buffer_append_char(out, ' ');
	dns_append_opaque(out, cursor_rest(&data));
	return !known;
}
