/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_PROTOBUF_VIEW_H
#define SOCKTAPE_PROTOCOLS_PROTOBUF_VIEW_H

#include "protocols/protobuf/schema.h"

/*
 * A message of Protocol Buffers (protobuf.dev, "Encoding"), fields in ascending order of their
 * numbers. Without its definition, or where it isn't what that says, a field is called by its
 * number, one that comes again is an array, and what the bytes leave open is said:
 *
 *     7                                     a varint; bool, enum and unsigned as they are, a
 *                                           negative int32 or int64 as unsigned, sint32 and
 *                                           sint64 not undone
 *     {"fixed32":1065353216,"float":1}      4 or 8 bytes: a number or a floating point number
 *     "text"                                UTF-8 that is no message
 *     {"1":2}                               a message that is no text
 *     {"text":"\n\u0000","message":{"1":""}} either
 *     {"bytes":"/wA="}                      neither (base64): bytes, or packed numbers
 *
 * With TYPE, which may be NULL, fields have their names and types: numbers and booleans as JSON has
 * them, enumerations by name, bytes in base64, maps as objects. A field that may come once is its
 * last one. google.protobuf.Any is what it names, where that is known.
 *
 * Appends at most about LIMIT bytes; *CUT tells that there was more. False when MESSAGE is none;
 * then nothing is appended.
 */
bool protobuf_view(struct span message, const struct protobuf_message *type, size_t limit,
		   struct buffer *out, bool *cut);

#endif
