/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_REPLAY_ROW_H
#define SOCKTAPE_ANALYZE_REPLAY_ROW_H

#include "analyze/replay/replay.h"

/*
 * Records as copies that outlive the session that emitted them, so that they can be put in order,
 * know their other end, and be printed by another thread.
 *
 * Rows are written into chunks one after the other. Whoever takes a chunk owns it with all its
 * rows; it goes when the last of them is released.
 */

/* Longest beginning of an id. */
#define ROW_END_ID_MAX 24

/*
 * The recorded end of a connection, as the records name it. Constant once it is made, but for what
 * is marked otherwise. What the printing of each record asks for stands first, together.
 */
struct row_end {
	struct buffer members;	 /* the printer's: what it makes of all this in JSON */
	char id[ROW_END_ID_MAX]; /* with which the ids of its rows begin: "24." or "24.t" */
	uint8_t id_len;
	bool tls;
	bool mirrored;	/* another recorded end may stand opposite: see replay_is_local() */
	enum role role; /* of the recorded process */
	uint64_t conn;
	uint32_t pid;
	uint32_t ppid;
	uint32_t netns;
	enum transport transport;
	struct address local;
	struct address remote;
	struct address client; /* that a proxy introduced; ADDRESS_NONE: none did */
	const char *comm;      /* all terminated, "" when unknown */
	const char *container;
	const char *script; /* that an interpreter runs: see program_script() */
	const char *local_text;
	const char *remote_text;
	char client_text[ADDRESS_TEXT_MAX];

	/* See row_ends.h. */
	uint64_t chunks;		/* that refer to it, or did: when it is forgotten */
	struct row_end *next_forgotten; /* the same */
	uint64_t dropped;		/* the printer's: of these chunks */
	bool is_forgotten;		/* the printer's: that it was told so */
};

struct row_chunk;

/* A value that isn't null, in two thirds of the bytes: many rows wait. */
struct row_cell {
	uint64_t what; /* see row_cell_of() */
	union {
		int64_t integer; /* and bool */
		const char *text;
	};
};

#define ROW_CELL_COLUMN_BITS 12
#define ROW_CELL_LEN_SHIFT   16

/* Its column, its type and, of a text, its length. */
static inline uint64_t row_cell_of(size_t column, enum value_type type, size_t len)
{
	return column | (uint64_t)type << ROW_CELL_COLUMN_BITS |
	       (uint64_t)len << ROW_CELL_LEN_SHIFT;
}

static inline size_t row_cell_column(const struct row_cell *cell)
{
	return cell->what & ((1u << ROW_CELL_COLUMN_BITS) - 1);
}

static inline enum value_type row_cell_type(const struct row_cell *cell)
{
	return (enum value_type)(cell->what >> ROW_CELL_COLUMN_BITS & 15);
}

static inline struct span row_cell_text(const struct row_cell *cell)
{
	return span_of(cell->text, cell->what >> ROW_CELL_LEN_SHIFT);
}

struct row {
	const struct table *table;
	struct row_end *end;
	enum outcome outcome;
	enum side side; /* where its first byte stands: as in struct record */
	uint64_t position;
	unsigned repeat;  /* so many rows before it have the same position */
	uint32_t tid;	  /* the thread whose call completed it; 0 when unknown */
	int64_t begin;	  /* first byte of the request, else of the response: ns since the epoch */
	int64_t complete; /* when it was emitted, on the same clock */
	int64_t request_last; /* ns from BEGIN on, or TIME_UNKNOWN */
	int64_t response_first;
	int64_t response_last;
	const struct address *peer; /* datagrams: the other end; NULL: the connection's */
	struct span note;
	const struct value *values; /* table->column_count of them; NULL before row_unpack() */

	/* From here on the order's. */
	struct row *twin; /* the same exchange as the other end saw it; NULL: not recorded */
	bool has_request; /* as above */
	bool late;	  /* it ended too late to be put in its place */
	bool twin_waits;
	bool released;
	uint16_t count;	     /* of cells */
	struct row *waiting; /* the next one of the same hash that waits for its twin */
	uint64_t key;
	struct row_chunk *chunk;
	size_t len; /* in the chunk, to the next row */

	/* The values alone that aren't null, as most are, by ascending column. */
	struct row_cell cells[];
};

/* Longest id and its end. */
#define ROW_ID_MAX 56

/*
 * Names a record, the same in every reading of the recording: connection and position, as in
 * "24.1830"; terminated, returns its length. In front of the position stands t for plaintext of
 * TLS, r where it counts in the server's stream (a response alone); behind it ".n" where several
 * have the same position.
 */
size_t row_id(const struct row *row, char text[static ROW_ID_MAX]);

/* Whether SELECTION (NULL: all) takes it. */
bool row_is_selected(const struct row *row, struct selection *selection);

/* The same where an exchange that both ends recorded counts once, as its client saw it. */
bool row_is_selected_once(const struct row *row, struct selection *selection);

/* First byte of the request to last and first byte of the response, never below zero; or unknown.
 */
int64_t row_latency(const struct row *row);
int64_t row_first_byte(const struct row *row);

/* The other end's address. TEXT is only used when the row has one of its own. */
const char *row_remote(const struct row *row, char text[static ADDRESS_TEXT_MAX]);

/* ---- writing ---- */

struct row_writer;

/* Takes a full chunk. */
typedef void row_chunk_fn(void *context, struct row_chunk *chunk);

/* NULL when there is no memory. */
struct row_writer *row_writer_new(row_chunk_fn *take, void *context);

/* False when there is no memory: the record is lost. */
bool row_write(struct row_writer *w, struct replay *replay, const struct connection *conn,
	       const struct session *s, const struct record *record);

/* Records of a connection come soon: asks for what they need of the writer's (format/prefetch.h).
 */
void row_writer_fetch(const struct row_writer *w, uint64_t conn);

/* Gives out the chunk that isn't full. */
void row_writer_flush(struct row_writer *w);

void row_writer_free(struct row_writer *w); /* NULL is fine */

/* ---- reading ---- */

/* The row after ROW, the first one for NULL; NULL after the last. */
struct row *row_chunk_next(struct row_chunk *chunk, const struct row *row);

/* Bytes of memory. */
size_t row_chunk_size(const struct row_chunk *chunk);

/* Lays out its values, with the nulls among them, in VALUES, where it has them from now on. */
void row_unpack(struct row *row, struct value *values);

/* All rows of a chunk aren't used any more. */
void row_chunk_drop(struct row_chunk *chunk);

/* The row isn't used any more. */
void row_release(struct row *row);

#endif
