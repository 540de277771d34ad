/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/stat/repeats.h"

#include <ctype.h>
#include <stdlib.h>

#include "format/hash.h"

/*
 * Requests that a process is answering, and what was asked last: as many as a few thousand places
 * hold. What is put out of its place begins anew; memory doesn't grow.
 */
#define PLACES	 8192
#define REQUESTS 8

struct request {
	int64_t begin;
	int64_t end;
	char id[ROW_ID_MAX];
};

struct answering {
	uint32_t pid;
	unsigned next;
	struct request requests[REQUESTS];
};

struct asking {
	uint64_t key; /* the request, or the connection */
	uint64_t shape;
	uint64_t question;
	struct run run;
};

#define PROCESSES 256

struct repeats {
	struct answering answering[PROCESSES];
	struct asking asking[PLACES];
};

struct repeats *repeats_new(void)
{
	return calloc(1, sizeof(struct repeats));
}

void repeats_free(struct repeats *r)
{
	free(r);
}

static struct answering *answering_of(struct repeats *r, uint32_t pid)
{
	return &r->answering[hash_u64(0, pid) % PROCESSES];
}

static void note_request(struct repeats *r, const struct row *row)
{
	struct answering *a = answering_of(r, row->end->pid);
	struct request *request;

	if (a->pid != row->end->pid)
		*a = (struct answering){.pid = row->end->pid};
	request = &a->requests[a->next++ % REQUESTS];
	request->begin = row->begin;
	request->end = row->begin + row->response_last;
	row_id(row, request->id);
}

/* The one request that the process was answering; NULL: none, or it can't be told which. */
static const struct request *request_of(struct repeats *r, const struct row *row)
{
	const struct answering *a = answering_of(r, row->end->pid);
	const struct request *found = NULL;

	if (!row->end->pid || a->pid != row->end->pid)
		return NULL;
	for (unsigned i = 0; i < REQUESTS; i++) {
		const struct request *q = &a->requests[i];

		if (!*q->id || row->begin < q->begin || row->begin > q->end)
			continue;
		if (found)
			return NULL;
		found = q;
	}
	return found;
}

/*
 * A hash of a shape for what has to be told at once, before all names are known: segments with
 * digits are taken for values.
 */
static uint64_t guess(const struct facts *facts, struct span shape)
{
	static const char separators[4] = {' ', ':', '/', '.'};
	uint64_t hash = hash_u64(1, (uintptr_t)facts->table);

	if (!facts->learnt)
		return hash_bytes(hash, shape.data, shape.len);
	while (shape.len) {
		size_t len = 0;
		bool digits = false;

		while (len < shape.len && !memchr(separators, shape.data[len], sizeof(separators)))
			digits |= isdigit((unsigned char)shape.data[len++]) != 0;
		if (len < shape.len)
			len++;
		hash = digits ? hash_u64(hash, 0) : hash_bytes(hash, shape.data, len);
		shape = span_of(shape.data + len, shape.len - len);
	}
	return hash;
}

bool repeats_add(struct repeats *r, const struct row *row, const struct facts *facts,
		 struct span text, struct run *run)
{
	const struct request *request;
	struct asking *a;
	uint64_t key, question, shape;

	if (row->end->role == ROLE_SERVER && row->end->pid && row_latency(row) != TIME_UNKNOWN)
		note_request(r, row);
	request = row->end->role == ROLE_CLIENT ? request_of(r, row) : NULL;
	/* That a client goes on asking is nothing to tell, unless it has to answer meanwhile. */
	if ((facts->within_requests && !request) || !facts_question(facts, row->values, &question))
		return false;
	shape = guess(facts, text);
	key = request ? hash_bytes(1, request->id, strlen(request->id))
		      : hash_u64(2, row->end->conn);
	a = &r->asking[key % PLACES];
	if (a->key != key || a->shape != shape) {
		*a = (struct asking){.key = key, .shape = shape, .question = question};
		a->run.length = 1;
		a->run.within_request = request != NULL;
		if (request)
			memcpy(a->run.id, request->id, sizeof(a->run.id));
		else
			row_id(row, a->run.id);
		return false;
	}
	if (a->question == question)
		return false;
	a->question = question;
	a->run.length++;
	*run = a->run;
	return true;
}
