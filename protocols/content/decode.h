/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_CONTENT_DECODE_H
#define SOCKTAPE_PROTOCOLS_CONTENT_DECODE_H

#include <stdint.h>

#include "format/buffer.h"
#include "protocols/codec/codec.h"

/* Codings of one message that are looked at; more than two are an attack or a mistake. */
#define HTTP_CODINGS_MAX 8

/* A body is shown up to this many bytes, whatever it would grow to, unless it is said otherwise. */
#define HTTP_BODY_MAX (1u << 20)

/* Content and transfer codings (RFC 9110, section 8.4.1; RFC 7932; RFC 8878). */
enum http_coding {
	HTTP_CODING_IDENTITY,
	HTTP_CODING_GZIP,
	HTTP_CODING_DEFLATE,
	HTTP_CODING_BROTLI,
	HTTP_CODING_ZSTD,
	HTTP_CODING_UNKNOWN,
};

/* ASCII letters compare without case, as in all words of HTTP's headers; TEXT is terminated. */
bool http_same_word(struct span a, const char *text);

/* The coding of that name; case doesn't matter. */
enum http_coding http_coding_find(struct span name);

/* Where bodies are decoded to. Zeroed is empty. */
struct http_decoder {
	size_t limit; /* of a decoded body; 0: HTTP_BODY_MAX */
	struct buffer out[2];
	struct codec_contexts codecs;
};

/*
 * BODY without its codings, which were applied in the given order. What can't be decoded stays as
 * it is, what is damaged or cut gives as much as it holds; *NOTES gets a set of enum http_note.
 * The result is BODY itself or lives in the decoder until the next call.
 */
struct span http_decode(struct http_decoder *decoder, const uint8_t *codings, unsigned count,
			struct span body, uint32_t *notes);

/* Gives large buffers back between messages. */
void http_decoder_trim(struct http_decoder *decoder);

/* Bytes of memory that it keeps between messages. */
static inline size_t http_decoder_memory(const struct http_decoder *decoder)
{
	return decoder->out[0].capacity + decoder->out[1].capacity;
}

void http_decoder_free(struct http_decoder *decoder);

#endif
