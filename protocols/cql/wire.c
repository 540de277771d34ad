/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/cql/wire.h"

#define RESPONSE_BIT 0x80

static bool is_version(unsigned version)
{
	return (version >= CQL_V3 && version <= CQL_V6) || version == CQL_DSE_V1 ||
	       version == CQL_DSE_V2;
}

bool cql_has_segments(unsigned version)
{
	return version == CQL_V5 || version == CQL_V6;
}

bool cql_has_wide_flags(unsigned version)
{
	return version >= CQL_V5;
}

bool cql_has_keyspace(unsigned version)
{
	return version >= CQL_V5 && version != CQL_DSE_V1;
}

const char *cql_opcode_name(unsigned opcode)
{
	static const char *const names[] = {
		[CQL_ERROR] = "ERROR",
		[CQL_STARTUP] = "STARTUP",
		[CQL_READY] = "READY",
		[CQL_AUTHENTICATE] = "AUTHENTICATE",
		[CQL_OPTIONS] = "OPTIONS",
		[CQL_SUPPORTED] = "SUPPORTED",
		[CQL_QUERY] = "QUERY",
		[CQL_RESULT] = "RESULT",
		[CQL_PREPARE] = "PREPARE",
		[CQL_EXECUTE] = "EXECUTE",
		[CQL_REGISTER] = "REGISTER",
		[CQL_EVENT] = "EVENT",
		[CQL_BATCH] = "BATCH",
		[CQL_AUTH_CHALLENGE] = "AUTH_CHALLENGE",
		[CQL_AUTH_RESPONSE] = "AUTH_RESPONSE",
		[CQL_AUTH_SUCCESS] = "AUTH_SUCCESS",
	};

	return opcode < sizeof(names) / sizeof(names[0]) ? names[opcode] : NULL;
}

/* Section 3, [consistency]; the last is Cassandra's for its own use. */
const char *cql_consistency_name(unsigned consistency)
{
	static const char *const names[] = {
		"ANY",		"ONE",	       "TWO",	 "THREE",	 "QUORUM",    "ALL",
		"LOCAL_QUORUM", "EACH_QUORUM", "SERIAL", "LOCAL_SERIAL", "LOCAL_ONE", "NODE_LOCAL",
	};

	return consistency < sizeof(names) / sizeof(names[0]) ? names[consistency] : NULL;
}

static bool is_request(unsigned opcode)
{
	switch (opcode) {
	case CQL_STARTUP:
	case CQL_OPTIONS:
	case CQL_QUERY:
	case CQL_PREPARE:
	case CQL_EXECUTE:
	case CQL_REGISTER:
	case CQL_BATCH:
	case CQL_AUTH_RESPONSE:
		return true;
	default:
		return false;
	}
}

bool cql_header_read(struct cursor *c, struct cql_header *header)
{
	uint8_t version = cursor_u8(c);

	header->version = version & (RESPONSE_BIT - 1);
	header->response = version & RESPONSE_BIT;
	header->flags = cursor_u8(c);
	header->stream = (int16_t)cursor_be16(c);
	header->opcode = cursor_u8(c);
	header->len = cursor_be32(c);
	return !c->failed && is_version(header->version) && cql_opcode_name(header->opcode) &&
	       is_request(header->opcode) == !header->response && header->len <= CQL_BODY_MAX;
}

bool cql_header_is_usual(const struct cql_header *header)
{
	unsigned flags = CQL_FLAGS;

	/* Warnings and payloads came with version 4, a beta with 5. */
	if (header->version == CQL_V3)
		flags &= ~(unsigned)(CQL_FLAG_PAYLOAD | CQL_FLAG_WARNING | CQL_FLAG_BETA);
	if (!header->response)
		flags &= ~(unsigned)CQL_FLAG_WARNING;
	if (header->flags & ~flags)
		return false;
	if (header->opcode == CQL_EVENT)
		return header->stream == -1;
	return header->stream >= 0 || header->opcode == CQL_ERROR;
}

/* ---- notations: section 3 ---- */

/* What is cut is worth showing. */
static struct span take(struct cursor *c, size_t len)
{
	struct span rest = cursor_rest(c);

	if (c->failed || len <= rest.len)
		return cursor_span(c, len);
	cursor_skip(c, len);
	return rest;
}

struct span cql_string(struct cursor *c)
{
	return take(c, cursor_be16(c));
}

struct span cql_long_string(struct cursor *c)
{
	return take(c, cursor_be32(c));
}

struct span cql_short_bytes(struct cursor *c)
{
	return cursor_span(c, cursor_be16(c));
}

struct span cql_bytes(struct cursor *c, int32_t *null_)
{
	int32_t len = (int32_t)cursor_be32(c);

	*null_ = len < 0 ? len : 0;
	if (len < 0)
		return (struct span){0};
	return take(c, (size_t)len);
}
