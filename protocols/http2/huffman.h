/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_HTTP2_HUFFMAN_H
#define SOCKTAPE_PROTOCOLS_HTTP2_HUFFMAN_H

#include "format/buffer.h"

/*
 * Appends what CODED says in HPACK's Huffman code (RFC 7541, section 5.2 and appendix B) to OUT: at
 * most 8/5 of its length. False when it is no such code, or its padding is wrong; what came before
 * is appended all the same.
 */
bool huffman_decode(struct span coded, struct buffer *out);

#endif
