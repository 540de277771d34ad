/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_SPILL_VALUES_H
#define SOCKTAPE_ANALYZE_SPILL_VALUES_H

#include "format/buffer.h"
#include "protocols/value/value.h"

/* Appends COUNT values to B, for what is put aside. */
void values_pack(struct buffer *b, const struct value *values, size_t count);

/* The same values; their texts are borrowed from PACKED. */
void values_unpack(struct span packed, struct value *values, size_t count);

#endif
