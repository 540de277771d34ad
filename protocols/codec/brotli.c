/* SPDX-License-Identifier: BSD-2-Clause */
#include <brotli/decode.h>

#include "protocols/codec/codec_private.h"

static enum codec_end decode_all(BrotliDecoderState *state, const struct decoding *d)
{
	const uint8_t *next_in = (const uint8_t *)d->in.data;
	size_t left_in = d->in.len;

	for (;;) {
		size_t len, left;
		uint8_t *to = (uint8_t *)decoding_room(d, &len);
		BrotliDecoderResult result;

		if (!to)
			return CODEC_FULL;
		left = len;
		result = BrotliDecoderDecompressStream(state, &left_in, &next_in, &left, &to, NULL);
		d->out->len += len - left;
		if (result == BROTLI_DECODER_RESULT_SUCCESS)
			return CODEC_DONE;
		if (result == BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT)
			return CODEC_CUT;
		if (result == BROTLI_DECODER_RESULT_ERROR)
			return CODEC_DAMAGED;
	}
}

/* The library's state can't be used again, so it isn't kept. */
enum codec_end codec_brotli(const struct decoding *d)
{
	BrotliDecoderState *state = BrotliDecoderCreateInstance(NULL, NULL, NULL);
	enum codec_end end;

	if (!state)
		return CODEC_DAMAGED;
	end = decode_all(state, d);
	BrotliDecoderDestroyInstance(state);
	return end;
}
