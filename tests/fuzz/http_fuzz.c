/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as a conversation over HTTP/1.x, and as an encoded body. */
#include <stdlib.h>

#include "protocols/content/decode.h"
#include "protocols/http/http.h"
#include "tests/fuzz/converse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every byte of the first two names a coding. */
static void decode(const uint8_t *data, size_t size)
{
	struct http_decoder decoder = {0};
	uint8_t codings[2];
	uint32_t notes = 0;
	struct span body;

	if (size < sizeof(codings))
		return;
	for (size_t i = 0; i < sizeof(codings); i++)
		codings[i] = data[i] % (HTTP_CODING_UNKNOWN + 1);
	body = http_decode(&decoder, codings, sizeof(codings),
			   span_of(data + sizeof(codings), size - sizeof(codings)), &notes);
	if (body.len > HTTP_BODY_MAX)
		abort();
	http_decoder_free(&decoder);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	converse(&protocol_http, TRANSPORT_TCP, data, size);
	decode(data, size);
	return 0;
}
