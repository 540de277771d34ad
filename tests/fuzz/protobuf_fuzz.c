/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as a descriptor set, whose length two bytes tell, and a message of the first type in
 * it. */
#include "protocols/protobuf/schema.h"
#include "protocols/protobuf/view.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first message whose whole name stands in it. */
static const struct protobuf_message *some_type(struct protobuf_schema *s, struct span set)
{
	for (size_t at = 0; at < set.len; at++)
		for (size_t len = 1; len <= 16 && at + len <= set.len; len++) {
			const struct protobuf_message *m = protobuf_schema_message(
				s, span_of(set.data + at, len));

			if (m)
				return m;
		}
	return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct protobuf_schema *schema = protobuf_schema_new();
	struct span set, message;
	struct buffer out = {0};
	bool cut = false;

	if (schema && size >= 2) {
		size_t len = (size_t)data[0] << 8 | data[1];

		len = len < size - 2 ? len : size - 2;
		set = span_of(data + 2, len);
		message = span_of(data + 2 + len, size - 2 - len);
		(void)protobuf_schema_add(schema, set);
		(void)protobuf_view(message, some_type(schema, set), 4096, &out, &cut);
	}
	buffer_free(&out);
	protobuf_schema_free(schema);
	return 0;
}
