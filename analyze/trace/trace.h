/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_TRACE_TRACE_H
#define SOCKTAPE_ANALYZE_TRACE_TRACE_H

#include "analyze/trace/ids.h"

/*
 * What a process asked of others while it answered a request: exchanges as trees.
 *
 * The parent of an exchange is one that its asking process had to answer at that time: which took
 * in all of it. Where several did, an id that both carry decides, else the thread that both ended
 * in. Where that leaves more than one, or none, it stays without a parent: nothing is guessed. In a
 * capture, which knows no processes, hosts stand for them, and time alone decides.
 */
enum trace_link {
	TRACE_ROOT,
	TRACE_BY_ID,
	TRACE_BY_THREAD, /* and time */
	TRACE_BY_TIME	 /* alone: nothing else was known */
};

/* "traceparent", "thread", "time", "" */
const char *trace_link_text(enum trace_link link, enum trace_id_kind kind);
const char *trace_sure_text(enum trace_link link); /* "certain", "likely", "possible", "" */

/* An exchange, once, whatever ends were recorded. */
struct trace_node {
	int64_t begin;	      /* at the client where that was recorded, ns since the epoch */
	int64_t served_begin; /* at the server, else the same */
	int64_t end;	      /* last byte of the response; begin where it had none */
	int64_t served_end;
	uint64_t client; /* who asked and who answers: process, or host */
	uint64_t server;
	uint32_t client_tid;
	uint32_t server_tid;
	struct trace_id ids[TRACE_IDS_MAX];
	size_t id_count;

	const char *record_id; /* terminated; in one piece of memory with the node */
	const char *line;      /* the record */
	const char *client_name;
	const char *server_name;
	const struct table *table;
	enum outcome outcome;
	int64_t latency; /* or TIME_UNKNOWN */

	/* From here on trace_link_all()'s. */
	struct trace_node *parent;
	enum trace_link link;
	enum trace_id_kind kind; /* of an id that decided */
	struct trace_node *first_child;
	struct trace_node *next_sibling;

	bool over; /* the caller's: its tree was printed */
};

/* The exchange of ROW and its twin; NULL without memory. To be freed with free(). */
struct trace_node *trace_node_new(const struct row *row);

/* Bytes of memory of it. */
size_t trace_node_size(const struct trace_node *node);

/* Sorts COUNT nodes by their beginning, and finds the parent of each. False without memory. */
bool trace_link_all(struct trace_node **nodes, size_t count);

#endif
