/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/http/decode.h"

#include <brotli/decode.h>
#include <zlib.h>
#include <zstd.h>

#include "protocols/http/notes.h"
#include "protocols/http/start_line.h"

/* A buffer that grew beyond this is not kept for the next message. */
#define KEPT_MEMORY_MAX (64u << 10)

/* First guess of how much a body grows. */
#define GROWTH 4

/* RFC 9659 allows no larger window for the zstd content coding: 8 MiB. */
#define ZSTD_WINDOW_LOG_MAX 23

enum outcome_of_stage {
	STAGE_DONE,
	STAGE_FULL,    /* DECODED_MAX bytes are there */
	STAGE_CUT,     /* the input ended before its own end */
	STAGE_DAMAGED, /* it is no such data, from somewhere on */
};

typedef enum outcome_of_stage stage_fn(struct span in, struct buffer *out);

/* Decoding stops here: one byte more than is shown tells that there is more. */
#define DECODED_MAX (HTTP_BODY_MAX + 1)

/* Where the next decoded bytes go and how many fit; none when DECODED_MAX are there. */
static char *room(struct buffer *out, struct span in, size_t *len)
{
	size_t want = in.len < HTTP_BODY_MAX / GROWTH ? in.len * GROWTH + 256 : HTTP_BODY_MAX;
	size_t left = DECODED_MAX - out->len;

	*len = want < left ? want : left;
	return *len ? buffer_reserve(out, *len) : NULL;
}

/* ---- zlib: gzip, and deflate with its header or without (RFC 1950, 1951, 1952) ---- */

static bool next_member(z_stream *z)
{
	return z->avail_in >= 2 && z->next_in[0] == 0x1f && z->next_in[1] == 0x8b &&
	       inflateReset(z) == Z_OK;
}

static enum outcome_of_stage inflate_all(z_stream *z, struct span in, struct buffer *out)
{
	z->next_in = (Bytef *)in.data;
	z->avail_in = (uInt)in.len;
	for (;;) {
		size_t len;
		char *to = room(out, in, &len);
		int status;

		if (!to)
			return STAGE_FULL;
		z->next_out = (Bytef *)to;
		z->avail_out = (uInt)len;
		status = inflate(z, Z_NO_FLUSH);
		out->len += len - z->avail_out;
		if (status == Z_STREAM_END && !next_member(z))
			return STAGE_DONE;
		if (status == Z_BUF_ERROR || (status == Z_OK && z->avail_out))
			return STAGE_CUT;
		if (status != Z_OK && status != Z_STREAM_END)
			return STAGE_DAMAGED;
	}
}

static enum outcome_of_stage inflate_with(struct span in, struct buffer *out, int window_bits)
{
	z_stream z = {0};
	enum outcome_of_stage end;

	if (inflateInit2(&z, window_bits) != Z_OK)
		return STAGE_DAMAGED;
	end = inflate_all(&z, in, out);
	inflateEnd(&z);
	return end;
}

/* Tells the headers of zlib and gzip apart by itself: servers mix the two names up. */
#define WINDOW_ANY_HEADER (MAX_WBITS + 32)
#define WINDOW_NO_HEADER  (-MAX_WBITS)

static enum outcome_of_stage decode_gzip(struct span in, struct buffer *out)
{
	return inflate_with(in, out, WINDOW_ANY_HEADER);
}

/* "deflate" means the zlib format, but raw deflate is as common (RFC 9110, section 8.4.1.2). */
static enum outcome_of_stage decode_deflate(struct span in, struct buffer *out)
{
	enum outcome_of_stage end = inflate_with(in, out, WINDOW_ANY_HEADER);

	if (end != STAGE_DAMAGED || out->len)
		return end;
	end = inflate_with(in, out, WINDOW_NO_HEADER);
	/* Without a header anything decodes for a while: garbage is no beginning of the body. */
	if (end == STAGE_DAMAGED)
		buffer_clear(out);
	return end;
}

/* ---- brotli ---- */

static enum outcome_of_stage brotli_all(BrotliDecoderState *state, struct span in,
					struct buffer *out)
{
	const uint8_t *next_in = (const uint8_t *)in.data;
	size_t left_in = in.len;

	for (;;) {
		size_t len, left;
		uint8_t *to = (uint8_t *)room(out, in, &len);
		BrotliDecoderResult result;

		if (!to)
			return STAGE_FULL;
		left = len;
		result = BrotliDecoderDecompressStream(state, &left_in, &next_in, &left, &to, NULL);
		out->len += len - left;
		if (result == BROTLI_DECODER_RESULT_SUCCESS)
			return STAGE_DONE;
		if (result == BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT)
			return STAGE_CUT;
		if (result == BROTLI_DECODER_RESULT_ERROR)
			return STAGE_DAMAGED;
	}
}

static enum outcome_of_stage decode_brotli(struct span in, struct buffer *out)
{
	BrotliDecoderState *state = BrotliDecoderCreateInstance(NULL, NULL, NULL);
	enum outcome_of_stage end;

	if (!state)
		return STAGE_DAMAGED;
	end = brotli_all(state, in, out);
	BrotliDecoderDestroyInstance(state);
	return end;
}

/* ---- zstd ---- */

static enum outcome_of_stage zstd_all(ZSTD_DCtx *context, struct span in, struct buffer *out)
{
	ZSTD_inBuffer from = {in.data, in.len, 0};

	for (;;) {
		ZSTD_outBuffer to = {0};
		size_t status;

		to.dst = room(out, in, &to.size);
		if (!to.dst)
			return STAGE_FULL;
		status = ZSTD_decompressStream(context, &to, &from);
		out->len += to.pos;
		if (ZSTD_isError(status))
			return STAGE_DAMAGED;
		if (from.pos == from.size && to.pos < to.size)
			return status == 0 ? STAGE_DONE : STAGE_CUT;
	}
}

static enum outcome_of_stage decode_zstd(struct span in, struct buffer *out)
{
	ZSTD_DCtx *context = ZSTD_createDCtx();
	enum outcome_of_stage end = STAGE_DAMAGED;

	if (!context)
		return end;
	if (!ZSTD_isError(
		    ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG_MAX)))
		end = zstd_all(context, in, out);
	ZSTD_freeDCtx(context);
	return end;
}

/* ---- all of them ---- */

static stage_fn *const stages[] = {
	[HTTP_CODING_GZIP] = decode_gzip,
	[HTTP_CODING_DEFLATE] = decode_deflate,
	[HTTP_CODING_BROTLI] = decode_brotli,
	[HTTP_CODING_ZSTD] = decode_zstd,
};

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

static uint32_t stage_notes(enum outcome_of_stage end, bool any)
{
	switch (end) {
	case STAGE_DONE:
		return 0;
	case STAGE_FULL:
		return HTTP_NOTE_BODY_CAPPED;
	case STAGE_CUT:
		return HTTP_NOTE_CODING_CUT;
	case STAGE_DAMAGED:
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
		enum outcome_of_stage end;

		if (codings[count] == HTTP_CODING_IDENTITY)
			continue;
		if (codings[count] == HTTP_CODING_UNKNOWN) {
			*notes |= HTTP_NOTE_CODING_UNKNOWN;
			break;
		}
		buffer_clear(out);
		end = stages[codings[count]](body, out);
		*notes |= stage_notes(end, out->len > 0);
		if (!out->len && end == STAGE_DAMAGED)
			continue;
		if (out->len > HTTP_BODY_MAX)
			out->len = HTTP_BODY_MAX;
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
}

void http_decoder_free(struct http_decoder *decoder)
{
	buffer_free(&decoder->out[0]);
	buffer_free(&decoder->out[1]);
}
