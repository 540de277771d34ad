/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/spill/values.h"

#include "format/pack.h"

void values_pack(struct buffer *b, const struct value *v, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		pack_u64(b, v[i].type);
		if (v[i].type == VALUE_INT)
			pack_i64(b, v[i].integer);
		else if (v[i].type == VALUE_BOOL)
			pack_u64(b, v[i].boolean);
		else if (v[i].type != VALUE_NULL)
			pack_span(b, v[i].text);
	}
}

void values_unpack(struct span packed, struct value *v, size_t count)
{
	struct unpack u = unpack_begin(packed);

	for (size_t i = 0; i < count; i++) {
		v[i] = (struct value){.type = (enum value_type)unpack_u64(&u)};
		if (v[i].type == VALUE_INT)
			v[i].integer = unpack_i64(&u);
		else if (v[i].type == VALUE_BOOL)
			v[i].boolean = unpack_u64(&u);
		else if (v[i].type != VALUE_NULL)
			v[i].text = unpack_span(&u);
	}
}
