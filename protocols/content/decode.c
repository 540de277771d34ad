/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/content/decode.h"

#include <string.h>
#include <strings.h>

#include "protocols/content/notes.h"

/* A buffer that grew beyond this is not kept for the next message. */
#define KEPT_MEMORY_MAX (64u << 10)

static const enum codec codecs[] = {
	[HTTP_CODING_GZIP] = CODEC_GZIP,
	[HTTP_CODING_DEFLATE] = CODEC_DEFLATE,
	[HTTP_CODING_BROTLI] = CODEC_BROTLI,
	[HTTP_CODING_ZSTD] = CODEC_ZSTD,
};

bool http_same_word(struct span a, const char *text)
{
	return a.len == strlen(text) && strncasecmp(a.data, text, a.len) == 0;
}

enum http_coding http_coding_find(struct span name)
{
	static const struct {
		const char *name;
		enum http_coding coding;
	} names[] = {
		{"gzip", HTTP_CODING_GZIP},	  {"br", HTTP_CODING_BROTLI},
		{"deflate", HTTP_CODING_DEFLATE}, {"zstd", HTTP_CODING_ZSTD},
		{"x-gzip", HTTP_CODING_GZIP},	  {"identity", HTTP_CODING_IDENTITY},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (http_same_word(name, names[i].name))
			return names[i].coding;
	return HTTP_CODING_UNKNOWN;
}

static uint32_t stage_notes(enum codec_end end, bool any)
{
	switch (end) {
	case CODEC_DONE:
		return 0;
	case CODEC_FULL:
		return HTTP_NOTE_BODY_CAPPED;
	case CODEC_CUT:
		return HTTP_NOTE_CODING_CUT;
	case CODEC_DAMAGED:
		break;
	}
	return any ? HTTP_NOTE_CODING_DAMAGED : HTTP_NOTE_CODING_NOT_APPLIED;
}

struct span http_decode(struct http_decoder *decoder, const uint8_t *codings, unsigned count,
			struct span body, uint32_t *notes)
{
	unsigned turn = 0;

	while (count-- > 0 && body.len) {
		struct buffer *out = &decoder->out[turn];
		enum codec_end end;

		if (codings[count] == HTTP_CODING_IDENTITY)
			continue;
		if (codings[count] == HTTP_CODING_UNKNOWN) {
			*notes |= HTTP_NOTE_CODING_UNKNOWN;
			break;
		}
		buffer_clear(out);
		end = codec_decode(&decoder->codecs, codecs[codings[count]], body, out,
				   decoder->limit ? decoder->limit : HTTP_BODY_MAX);
		*notes |= stage_notes(end, out->len > 0);
		if (!out->len && end == CODEC_DAMAGED)
			continue;
		body = buffer_span(out);
		turn ^= 1;
	}
	return body;
}

void http_decoder_trim(struct http_decoder *decoder)
{
	for (int i = 0; i < 2; i++)
		if (decoder->out[i].capacity > KEPT_MEMORY_MAX)
			buffer_free(&decoder->out[i]);
	/* Windows of megabytes: not for every connection that is open. */
	codec_free(&decoder->codecs);
}

void http_decoder_free(struct http_decoder *decoder)
{
	buffer_free(&decoder->out[0]);
	buffer_free(&decoder->out[1]);
	codec_free(&decoder->codecs);
}
