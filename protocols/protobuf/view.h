/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_PROTOBUF_VIEW_H
#define SOCKTAPE_PROTOCOLS_PROTOBUF_VIEW_H

#include "format/buffer.h"

/*
 * A message of Protocol Buffers without its definition (protobuf.dev, "Encoding"): fields by
 * number, in ascending order; one that comes again is an array. What the bytes leave open is said:
 *
 *     7                                     a varint; bool, enum and unsigned as they are, a
 * negative int32 or int64 as unsigned, sint32 and sint64 not undone
 *     {"fixed32":1065353216,"float":1}      4 or 8 bytes: a number or a floating point number
 *     "text"                                UTF-8 that is no message
 *     {"1":2}                               a message that is no text
 *     {"text":"\n\u0000","message":{"1":""}} either
 *     {"bytes":"/wA="}                      neither (base64): bytes, or packed numbers
 *
 * Appends at most about LIMIT bytes; *CUT tells that there was more. False when MESSAGE is none;
 * then nothing is appended.
 */
bool protobuf_view(struct span message, size_t limit, struct buffer *out, bool *cut);

#endif
