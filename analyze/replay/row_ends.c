/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/replay/row_ends.h"

#include <stdlib.h>

#include "analyze/replay/program.h"
#include "format/prefetch.h"

/* Ends that are known, by connection; a power of two. */
#define KNOWN 8192

struct row_ends {
	struct row_end *forgotten; /* and not told yet */
	struct row_known_end *known;
	void *memory; /* of these, which begin where a line of a cache does */
};

struct row_ends *row_ends_new(void)
{
	const size_t line = _Alignof(struct row_known_end);
	struct row_ends *ends = calloc(1, sizeof(*ends));

	if (!ends)
		return NULL;
	/* Not by aligned_alloc(): what is never used of it shall take no memory. */
	ends->memory = calloc(1, KNOWN * sizeof(*ends->known) + line);
	if (!ends->memory) {
		free(ends);
		return NULL;
	}
	ends->known = (void *)(((uintptr_t)ends->memory + line - 1) & ~(uintptr_t)(line - 1));
	return ends;
}

/* ---- an end ---- */

/* Copies TEXT to *TO, which moves behind it. */
static const char *store(char **to, const char *text)
{
	size_t len = strlen(text) + 1;
	char *at = *to;

	memcpy(at, text, len);
	*to += len;
	return at;
}

static void set_id(struct row_end *end)
{
	char *to = buffer_put_u64(end->id, end->conn);

	*to++ = '.';
	if (end->tls)
		*to++ = 't';
	end->id_len = (uint8_t)(to - end->id);
}

static struct row_end *end_new(const struct replay *replay, const struct connection *conn,
			       const struct session *s)
{
	const char *comm = conn->process ? conn->process->name : "";
	const char *container = conn->process ? conn->process->container : "";
	char script[PROGRAM_SCRIPT_MAX];
	struct row_end *end;
	size_t len;
	char *to;

	program_script(conn->process, script);
	len = strlen(comm) + strlen(container) + strlen(script) + strlen(conn->local_text) +
	      strlen(conn->remote_text) + 5;
	end = malloc(sizeof(*end) + len);
	if (!end)
		return NULL;
	to = (char *)(end + 1);
	*end = (struct row_end){
		.conn = conn->id,
		.pid = conn->pid,
		.ppid = conn->process ? conn->process->ppid : 0,
		.netns = conn->netns,
		.transport = conn->transport,
		.role = session_role(s) != ROLE_UNKNOWN ? session_role(s) : conn->role,
		.tls = session_is_plaintext(s),
		.local = conn->local,
		.remote = conn->remote,
		.client = *session_client(s),
		.comm = store(&to, comm),
		.container = store(&to, container),
		.script = store(&to, script),
		.local_text = store(&to, conn->local_text),
		.remote_text = store(&to, conn->remote_text),
	};
	set_id(end);
	address_text(&end->client, end->client_text);
	end->mirrored = !conn->remote.port || replay_is_local(replay, conn->remote.port);
	return end;
}

static void end_free(struct row_end *end)
{
	buffer_free(&end->members);
	free(end);
}

void row_end_drop(struct row_end *end)
{
	end->dropped++;
	if (end->is_forgotten && end->dropped == end->chunks)
		end_free(end);
}

void row_ends_drop_forgotten(struct row_end *forgotten)
{
	struct row_end *next;

	for (; forgotten; forgotten = next) {
		next = forgotten->next_forgotten;
		forgotten->is_forgotten = true;
		if (forgotten->dropped == forgotten->chunks)
			end_free(forgotten);
	}
}

/* ---- those that are known ---- */

static struct row_known_end *known_of(const struct row_ends *ends, uint64_t conn)
{
	return &ends->known[conn & (KNOWN - 1)];
}

void row_ends_fetch(const struct row_ends *ends, uint64_t conn)
{
	prefetch(known_of(ends, conn), sizeof(struct row_known_end));
}

static bool same_client(const struct row_known_end *known, const struct session *s)
{
	const struct address *client = session_client(s);
	bool has_client = client->family != ADDRESS_NONE;

	return known->has_client == has_client &&
	       (!has_client || address_equal(&known->end->client, client));
}

static bool still_true(const struct row_known_end *known, const struct connection *conn,
		       const struct session *s)
{
	return known->end && known->conn == conn->id && known->revision == conn->revision &&
	       known->tls == session_is_plaintext(s) && known->pid == conn->pid &&
	       same_client(known, s) &&
	       (known->role == session_role(s) || session_role(s) == ROLE_UNKNOWN);
}

static void forget(struct row_ends *ends, struct row_known_end *known)
{
	struct row_end *end = known->end;

	known->end = NULL;
	if (!end)
		return;
	end->chunks = known->chunks;
	end->next_forgotten = ends->forgotten;
	ends->forgotten = end;
}

struct row_known_end *row_ends_get(struct row_ends *ends, const struct replay *replay,
				   const struct connection *conn, const struct session *s)
{
	struct row_known_end *known = known_of(ends, conn->id);
	struct row_end *end;

	if (still_true(known, conn, s))
		return known;
	end = end_new(replay, conn, s);
	if (!end)
		return NULL;
	forget(ends, known);
	*known = (struct row_known_end){
		.end = end,
		.conn = conn->id,
		.revision = conn->revision,
		.pid = end->pid,
		.role = (uint8_t)end->role,
		.tls = end->tls,
		.has_client = end->client.family != ADDRESS_NONE,
	};
	return known;
}

struct row_end *row_ends_forgotten(struct row_ends *ends)
{
	struct row_end *forgotten = ends->forgotten;

	ends->forgotten = NULL;
	return forgotten;
}

void row_ends_free(struct row_ends *ends)
{
	if (!ends)
		return;
	for (size_t i = 0; i < KNOWN; i++)
		forget(ends, &ends->known[i]);
	row_ends_drop_forgotten(row_ends_forgotten(ends));
	free(ends->memory);
	free(ends);
}
