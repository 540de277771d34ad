/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_CQL_MESSAGE_H
#define SOCKTAPE_PROTOCOLS_CQL_MESSAGE_H

#include "protocols/cql/wire.h"

/* What bodies say, without what compressed them. Spans point into the body. */

enum cql_fit {
	CQL_BAD,  /* it says what can't be */
	CQL_CUT,  /* it is well as far as it goes, which isn't to its end */
	CQL_WHOLE /* all of it could be read */
};

/* ---- request.c ---- */

/* <query_parameters> of section 4.1.4; those of BATCH as far as it has them. */
enum cql_query_flag {
	CQL_QUERY_VALUES = 0x01,
	CQL_QUERY_SKIP_METADATA = 0x02,
	CQL_QUERY_PAGE_SIZE = 0x04,
	CQL_QUERY_PAGING_STATE = 0x08,
	CQL_QUERY_SERIAL = 0x10,
	CQL_QUERY_TIMESTAMP = 0x20,
	CQL_QUERY_NAMES = 0x40,
	CQL_QUERY_KEYSPACE = 0x80,
	CQL_QUERY_NOW = 0x100,
	CQL_QUERY_FLAGS = 0x1ff
};

/* [name] [value], as many as COUNT says. */
struct cql_values {
	bool named;
	uint16_t count;
	struct span bytes;
};

struct cql_query {
	bool has_consistency;
	uint16_t consistency;
	uint32_t flags;
	struct cql_values values;
	int32_t page_size;
	struct span paging_state;
	uint16_t serial_consistency;
	int64_t timestamp_us;
	struct span keyspace;
	int32_t now_s;
};

enum cql_batch_type {
	CQL_BATCH_LOGGED,
	CQL_BATCH_UNLOGGED,
	CQL_BATCH_COUNTER
};

struct cql_request {
	enum cql_fit fit;
	size_t beyond;	     /* bytes behind all that is known */
	struct span payload; /* [bytes map] of custom payload, without its count */
	uint16_t payload_count;
	struct span statement;	 /* of QUERY and PREPARE */
	struct span id;		 /* of EXECUTE */
	struct span metadata_id; /* of the result, as the client knows it */
	struct cql_query query;
	uint8_t batch_type;
	uint16_t batch_count;
	bool batch_named;  /* its values have names */
	struct span batch; /* its statements, with their values */
	uint16_t list_count;
	struct span list;  /* [string map] of STARTUP, [string list] of REGISTER; without counts */
	struct span token; /* of AUTH_RESPONSE */
};

/* BODY: what there is of it; HEADER->len only counts where nothing was compressed. */
void cql_request_read(const struct cql_header *header, struct span body, struct cql_request *r);

/* The next statement of a batch: TEXT or ID. False: there are no more, or they are damaged. */
struct cql_batched {
	struct span text, id;
	struct cql_values values;
};

bool cql_batch_next(struct cursor *c, bool named, struct cql_batched *statement);

/* Moves over the values; false: they end too soon or are none. */
bool cql_values_skip(struct cursor *c, const struct cql_values *values);

/* ---- response.c ---- */

enum cql_result {
	CQL_RESULT_VOID = 1,
	CQL_RESULT_ROWS = 2,
	CQL_RESULT_SET_KEYSPACE = 3,
	CQL_RESULT_PREPARED = 4,
	CQL_RESULT_SCHEMA_CHANGE = 5
};

enum cql_metadata_flag {
	CQL_METADATA_GLOBAL = 0x01, /* one table for all columns */
	CQL_METADATA_MORE = 0x02,   /* pages follow */
	CQL_METADATA_NONE = 0x04,   /* the client knows the columns */
	CQL_METADATA_CHANGED = 0x08,
	CQL_METADATA_FLAGS = 0x0f
};

/* ScyllaDB's: the statement is a lightweight transaction (its docs, "protocol-extensions"). */
#define CQL_METADATA_LWT 0x80000000u

struct cql_metadata {
	struct span all; /* as it stands, to be read again */
	bool whole;
	uint32_t flags;
	uint32_t count;
	struct span paging_state;
	struct span new_id;
	struct span keyspace, table; /* of all columns, or of the first */
	struct span columns;	     /* for cql_column_next() */
};

/* PREPARED: that of bound values, which from version 4 on tells the partition key, too. */
bool cql_metadata_read(struct cursor *c, unsigned version, bool prepared, struct cql_metadata *m);

struct cql_column_spec {
	struct span name;
	struct span type; /* [option] */
};

bool cql_column_next(struct cursor *c, const struct cql_metadata *m,
		     struct cql_column_spec *column);

struct cql_response {
	enum cql_fit fit;
	size_t beyond;
	struct span tracing_id; /* 16 bytes, or none */
	struct span warnings;	/* [string list], without its count */
	uint16_t warning_count;
	struct span payload;
	uint16_t payload_count;
	uint32_t result; /* enum cql_result; 0: it is none */
	struct cql_metadata metadata;
	bool has_rows; /* how many is told */
	uint32_t rows;
	struct span row_data;
	struct span id, metadata_id;
	struct cql_metadata binds; /* of a prepared statement; its result's is METADATA */
	struct span text;	   /* keyspace that was set; authenticator; type of an event */
	struct span details;	   /* of an error, a change or an event: what follows */
	int32_t error_code;
	struct span error;
	uint16_t list_count;
	struct span list; /* [string multimap] of SUPPORTED, without its count */
};

void cql_response_read(const struct cql_header *header, struct span body, struct cql_response *r);

/* The codes of section 9. */
enum cql_error {
	CQL_ERROR_SERVER = 0x0000,
	CQL_ERROR_PROTOCOL = 0x000a,
	CQL_ERROR_AUTHENTICATION = 0x0100,
	CQL_ERROR_UNAVAILABLE = 0x1000,
	CQL_ERROR_OVERLOADED = 0x1001,
	CQL_ERROR_BOOTSTRAPPING = 0x1002,
	CQL_ERROR_TRUNCATE = 0x1003,
	CQL_ERROR_WRITE_TIMEOUT = 0x1100,
	CQL_ERROR_READ_TIMEOUT = 0x1200,
	CQL_ERROR_READ_FAILURE = 0x1300,
	CQL_ERROR_FUNCTION_FAILURE = 0x1400,
	CQL_ERROR_WRITE_FAILURE = 0x1500,
	CQL_ERROR_CDC_WRITE_FAILURE = 0x1600,
	CQL_ERROR_CAS_WRITE_UNKNOWN = 0x1700,
	CQL_ERROR_SYNTAX = 0x2000,
	CQL_ERROR_UNAUTHORIZED = 0x2100,
	CQL_ERROR_INVALID = 0x2200,
	CQL_ERROR_CONFIG = 0x2300,
	CQL_ERROR_ALREADY_EXISTS = 0x2400,
	CQL_ERROR_UNPREPARED = 0x2500
};

/* "Unavailable"; NULL: nobody has defined it. */
const char *cql_error_name(int32_t code);

#endif
