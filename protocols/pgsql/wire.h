/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_PGSQL_WIRE_H
#define SOCKTAPE_PROTOCOLS_PGSQL_WIRE_H

#include "protocols/protocol.h"

/*
 * PostgreSQL's frontend/backend protocol 3 (its manual, "Message Formats"): a type and a length,
 * which counts itself. Only the first message of a client has no type.
 */
#define PGSQL_HEADER_LEN 5

/* Codes of a message without a type. */
#define PGSQL_STARTUP_3 0x00030000 /* the low half is the minor version */
#define PGSQL_CANCEL	80877102
#define PGSQL_SSL	80877103
#define PGSQL_GSS	80877104

#define PGSQL_STARTUP_MIN 8
#define PGSQL_STARTUP_MAX 10000 /* MAX_STARTUP_PACKET_LENGTH of the server */

/* Of a cancel: length, code, process, and a key of 4 bytes, or up to 256 from protocol 3.2 on. */
#define PGSQL_CANCEL_MIN 16
#define PGSQL_CANCEL_MAX 268

/* Behind GSSENCRequest all comes in packets with such a length (its manual, "GSSAPI Session
 * Encryption"). */
#define PGSQL_SEALED_HEADER_LEN 4
#define PGSQL_SEALED_MAX	16384

/*
 * Whether BYTES begin with a startup packet of protocol 3, all of it: names and values that are
 * texts, the user among them, and a zero where its length ends. No message of a client begins as
 * one does.
 */
bool pgsql_is_startup(struct span bytes);

/* Whether SIDE may send a message of TYPE with this length, itself included. */
bool pgsql_may_be(enum side side, uint8_t type, uint32_t len);

/* Whether what is there of a message's payload can be one of TYPE. */
bool pgsql_looks_like(enum side side, uint8_t type, struct span payload, bool whole);

#endif
