/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/kafka/header.h"

#include "protocols/value/utf8.h"

/* A version that is newer than our definitions by no more than this is taken for a newer Kafka. */
#define VERSIONS_AHEAD 4

/* Nobody has defined tagged fields of a header; they are stepped over (KIP-482). */
static void skip_tags(struct cursor *in)
{
	uint64_t count = cursor_varint(in);

	while (count-- > 0 && !in->failed) {
		cursor_varint(in);
		cursor_skip(in, (size_t)cursor_varint(in));
	}
}

bool kafka_is_version(int api, int version)
{
	int first, last;

	return kafka_api_versions(api, &first, &last) && version >= 0 &&
	       version <= last + VERSIONS_AHEAD;
}

static bool is_flexible(const struct kafka_schema *schema, int version)
{
	return schema && version >= schema->flexible;
}

bool kafka_request_header_read(struct cursor *in, struct kafka_request_header *h)
{
	int16_t len;

	*h = (struct kafka_request_header){0};
	h->api = (int16_t)cursor_be16(in);
	h->version = (int16_t)cursor_be16(in);
	h->correlation_id = (int32_t)cursor_be32(in);
	if (in->failed || !kafka_is_version(h->api, h->version))
		return false;
	h->schema = kafka_schema_find(KAFKA_KIND_REQUEST, h->api, h->version);
	/* The oldest header of all has no client id. */
	if (h->api == KAFKA_API_CONTROLLED_DOWN && h->version == 0)
		return true;
	len = (int16_t)cursor_be16(in);
	h->has_client_id = len >= 0;
	if (len < -1)
		return false;
	if (len > 0)
		h->client_id = cursor_span(in, (size_t)len);
	if (is_flexible(h->schema, h->version))
		skip_tags(in);
	return !in->failed && utf8_is_text(h->client_id);
}

/* What is told of an api that nobody has defined is believed up to here. */
#define VERSION_LIKELY_MAX   63
#define CLIENT_ID_LIKELY_MAX 255

static bool unknown_header_read(struct cursor *in, struct kafka_request_header *h)
{
	int16_t len;

	*h = (struct kafka_request_header){.has_client_id = true};
	h->api = (int16_t)cursor_be16(in);
	h->version = (int16_t)cursor_be16(in);
	h->correlation_id = (int32_t)cursor_be32(in);
	len = (int16_t)cursor_be16(in);
	if (h->api < 0 || h->version < 0 || h->version > VERSION_LIKELY_MAX || len < 1 ||
	    len > CLIENT_ID_LIKELY_MAX)
		return false;
	h->client_id = cursor_span(in, (size_t)len);
	return !in->failed && utf8_is_text(h->client_id);
}

bool kafka_any_header_read(struct cursor *in, struct kafka_request_header *h)
{
	struct cursor begin = *in;

	if (kafka_request_header_read(in, h))
		return true;
	*in = begin;
	return unknown_header_read(in, h);
}

bool kafka_request_ends(const struct cursor *in, const struct kafka_request_header *h)
{
	struct cursor rest = *in;

	if (!cursor_left(in))
		return true;
	return h->api == KAFKA_API_API_VERSIONS && !is_flexible(h->schema, h->version) &&
	       cursor_be32(&rest) == 0 && !rest.failed && !cursor_left(&rest);
}

void kafka_response_header_skip(struct cursor *in, const struct kafka_request_header *request)
{
	/* So that a client can read it that doesn't know yet what the broker speaks (KIP-511). */
	if (request->api != KAFKA_API_API_VERSIONS &&
	    is_flexible(request->schema, request->version))
		skip_tags(in);
}
