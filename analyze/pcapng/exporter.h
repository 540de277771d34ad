/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_PCAPNG_EXPORTER_H
#define SOCKTAPE_ANALYZE_PCAPNG_EXPORTER_H

#include "analyze/pcapng/dump.h"
#include "analyze/pcapng/place.h"

/*
 * Writes a recording as a packet capture, in two passes over it:
 *
 *     exporter_new()
 *     a replay with sessions and exporter_learn_handlers()
 *     exporter_begin()
 *     a replay with exporter_write_handlers(), told by exporter_attach(): without sessions, unless
 *     exporter_looks_inside(), and then of those connections that exporter_parses() says
 *     exporter_finish()
 */
struct exporter;

struct exporter_options {
	/* Connections, or everything; time is the replays' business. Outlives the exporter. */
	const struct selection *selection; /* NULL: everything */
	bool both_ends; /* write conversations between recorded processes twice */
	bool no_remap;	/* leave server ports as they are */
	bool records;	/* say of each record what became of it, on the packet that ended it */
	enum export_tls tls;
	const struct keylog *keylog; /* for EXPORT_TLS_KEYS: the user's; may be NULL */
	uint64_t held_limit;  /* bytes of memory for data, and for packets, that wait; 0: none */
	uint64_t facts_limit; /* bytes of memory for what the first pass learns; 0: none */
};

struct exporter_totals {
	uint64_t connections; /* TCP and Unix streams */
	uint64_t flows;	      /* of datagrams: a socket and one peer */
	uint64_t plaintexts;  /* of TLS connections, as connections of their own */
	uint64_t contents;    /* decompressed ones and such, as connections of their own */
	uint64_t keyed;	      /* TLS connections that Wireshark decrypts with the secrets */
	uint64_t merged;      /* conversations whose other end was recorded too, and left out */
	uint64_t packets;
	uint64_t payload_bytes;
	uint64_t file_bytes;
	uint32_t files;
	uint64_t lost_events; /* as the recording tells */
	uint64_t lost_bytes;
	uint64_t cut_datagrams;	 /* longer than UDP allows */
	uint64_t late_bytes;	 /* under the id of a connection that had ended, or began later */
	uint64_t refused_peers;	 /* datagrams of more peers than are kept apart */
	uint64_t unread_bytes;	 /* of merged connections, sent and never read before the close */
	uint64_t left_out_bytes; /* for want of memory */
	uint64_t untold_records; /* that ended when there were no packets any more */
	uint64_t unknown_connections; /* beyond what facts_limit allowed to learn of */
};

/* NULL when there is no memory. */
struct exporter *exporter_new(const struct exporter_options *options);

struct replay_handlers exporter_learn_handlers(struct exporter *e);

/* PATH is the recording; what OUTPUT calls outlives the exporter. */
MUST_CHECK enum tape_error exporter_begin(struct exporter *e, const char *path,
					  const struct dump_options *output);

/* After exporter_begin(), with several files: what each of them has before its packets. */
uint64_t exporter_head_len(const struct exporter *e);

struct replay_handlers exporter_write_handlers(struct exporter *e);

/* After exporter_begin(): whether the second pass has to look into connections, and into which. */
bool exporter_looks_inside(const struct exporter *e);
bool exporter_parses(void *e, uint64_t conn);

/* The replay of the second pass: it is stopped when the sink takes no more. */
void exporter_attach(struct exporter *e, struct replay *replay);

/* After the second pass. */
MUST_CHECK enum tape_error exporter_finish(struct exporter *e);

struct exporter_totals exporter_totals(const struct exporter *e);
const struct places *exporter_places(const struct exporter *e);

void exporter_free(struct exporter *e); /* NULL is fine */

#endif
