/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/engine/session.h"

#include <stdlib.h>

#include "format/prefetch.h"
#include "protocols/engine/session_private.h"

/* Of a body, unless it is said otherwise. */
#define KEEP_DEFAULT (1u << 20)

/*
 * Bytes of a stream that are taken at once. An event of a hostile file may have a whole block's:
 * what waits until the protocol is known is kept by the piece.
 */
#define PIECE_MAX (BACKLOG_MAX / 2)

/* Bytes that are looked at of a datagram. UDP allows 64 KiB, a Unix socket's default is 208 KiB. */
#define DATAGRAM_MAX (1u << 20)

struct session *session_new(const struct session_options *options)
{
	struct session *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	budget_add(options->budget, sizeof(*s));
	s->options = *options;
	s->datagram = transport_is_datagram(options->transport);
	s->root = s->stem = s;
	s->role = options->role;
	s->midstream = options->midstream;
	reassembly_init(&s->reassembly, options->start, options->budget);
	return s;
}

/* Of a protocol's state so much is asked for: what is behind it is rarely needed. */
#define FETCHED_STATE 1280

static void fetch_state(const struct session *s)
{
	if (s->protocol->fetch)
		s->protocol->fetch(s->state, false);
	else
		prefetch(s->state, FETCHED_STATE);
}

void session_fetch(const struct session *s, unsigned step)
{
	if (step == 0) {
		/* As far as what every record asks of the options. */
		prefetch(s, offsetof(struct session, options.transport));
	} else if (s->protocol && step == 1) {
		if (s->framer)
			framer_fetch(s->framer, &s->protocol->framing);
		fetch_state(s);
		prefetch(s->spoken, sizeof(*s->spoken));
	} else if (s->protocol && s->protocol->fetch) {
		s->protocol->fetch(s->state, true);
	}
}

/* ---- data ---- */

static void entry_of_run(struct backlog_entry *entry, const struct reassembly *o,
			 enum direction direction, const struct run *run)
{
	/* By members: all of it is much more, for the peer that it doesn't have. */
	entry->ts_first = run->ts_first;
	entry->ts = run->ts;
	entry->len = run->len;
	entry->offset = o->streams[direction].next - run->len;
	entry->kept = run->data ? (uint32_t)run->len : 0;
	entry->direction = (uint8_t)direction;
	entry->wanted = run->wanted;
	entry->has_peer = false;
}

void session_take_pieces(struct session *s, bool on_wire, struct backlog_entry *entry,
			 const uint8_t *bytes)
{
	uint32_t left = entry->kept;

	while (left > PIECE_MAX) {
		entry->len = entry->kept = PIECE_MAX;
		session_take(on_wire ? session_outermost(s) : s, entry, bytes);
		entry->offset += PIECE_MAX;
		bytes += PIECE_MAX;
		left -= PIECE_MAX;
		entry->len = entry->kept = left;
	}
	session_take(on_wire ? session_outermost(s) : s, entry, bytes);
}

static void take_run(void *context, enum direction direction, const struct run *run)
{
	struct session *s = context;
	uint64_t offset = s->reassembly.streams[direction].next - run->len;
	struct backlog_entry entry;

	if (!s->outer && run->len <= PIECE_MAX && session_take_at_once(s, direction, offset, run))
		return;
	entry_of_run(&entry, &s->reassembly, direction, run);
	session_take_pieces(s, true, &entry, run->data);
}

static void take_plain_run(void *context, enum direction direction, const struct run *run)
{
	struct session *s = context;
	struct backlog_entry entry;

	entry_of_run(&entry, s->plain, direction, run);
	session_take_pieces(s, false, &entry, run->data);
}

bool session_open_plain(struct session *s)
{
	const uint64_t start = s->options.midstream ? REASSEMBLY_START_UNKNOWN : 0;

	s->plain = malloc(sizeof(*s->plain));
	if (!s->plain)
		return false;
	budget_add(s->options.budget, sizeof(*s->plain));
	reassembly_init(s->plain, (const uint64_t[2]){start, start}, s->options.budget);
	return true;
}

/* Plaintext of TLS for a protocol that waits for it. */
static void take_plaintext(struct session *s, const struct event_data *data, int64_t ts)
{
	if (!s->plain && !session_open_plain(s))
		return;
	if (!s->unwrapped[data->direction])
		reassembly_push(s->plain, data, ts, take_plain_run, s);
}

static void take_datagram(struct session *s, const struct event_data *data, int64_t ts)
{
	size_t kept = data->payload.len < DATAGRAM_MAX ? data->payload.len : DATAGRAM_MAX;
	struct backlog_entry entry = {
		.ts_first = ts,
		.ts = ts,
		.len = data->len,
		.offset = data->offset,
		.kept = (uint32_t)kept,
		.direction = (uint8_t)data->direction,
		.wanted = cut_is_wanted(data->cut) && kept == data->payload.len,
		.has_peer = data->peer.family != ADDRESS_NONE,
		.peer = data->peer,
	};

	if (data->len > kept && !entry.wanted)
		s->datagram_lost_bytes += data->len - kept;
	session_take(s, &entry, (const uint8_t *)data->payload.data);
}

bool session_takes_plaintext(const struct session *s)
{
	return s->outer || s->made_inside;
}

void session_data(struct session *s, const struct event_data *data, int64_t ts)
{
	if (s->finished)
		return;
	s->by_calls |= data->call != CALL_UNKNOWN && data->call != CALL_CAPTURE;
	if (session_is_datagram(s))
		take_datagram(s, data, ts);
	else if (data->layer == LAYER_TLS && session_takes_plaintext(s))
		take_plaintext(s->made_inside ? s->inside : s, data, ts);
	else
		reassembly_push(&s->reassembly, data, ts, take_run, s);
}

void session_final(struct session *s, const uint64_t final[2], int64_t ts)
{
	if (!s->finished && !session_is_datagram(s))
		reassembly_close(&s->reassembly, final, ts, take_run, s);
}

static void hurry_plaintext(struct session *s)
{
	if (s->plain)
		reassembly_finish(s->plain, take_plain_run, s);
}

void session_hurry(struct session *s)
{
	if (s->finished)
		return;
	reassembly_finish(&s->reassembly, take_run, s);
	hurry_plaintext(s);
	if (s->made_inside)
		hurry_plaintext(s->inside);
}

/* ---- the end ---- */

/* What is around it first, which may still bring something for it. */
void session_finish(struct session *s)
{
	if (s->finished)
		return;
	reassembly_finish(&s->reassembly, take_run, s);
	if (s->outer)
		session_finish(s->outer);
	if (s->plain)
		reassembly_finish(s->plain, take_plain_run, s);
	if (s->phase == PHASE_SAMPLING && s->sampling && s->sampling->inference.runs) {
		session_decide(s, true);
		session_drain(s);
	}
	if (s->framer)
		framer_finish(s->framer);
	s->finished = true;
	session_stop_speaking(s);
	if (s->made_inside)
		session_finish(s->inside);
	if (!s->options.explain)
		session_free_sampling(s);
}

void session_free(struct session *s)
{
	if (!s)
		return;
	session_finish(s);
	if (s->root == s)
		session_forget_all(s);
	session_free(s->outer);
	if (s->made_inside)
		session_free(s->inside);
	reassembly_free(&s->reassembly);
	if (s->plain) {
		reassembly_free(s->plain);
		budget_give(s->options.budget, sizeof(*s->plain));
		free(s->plain);
	}
	session_free_sampling(s);
	session_free_bequest(s);
	session_free_encryption(s);
	budget_give(s->options.budget, s->spoken_count * sizeof(*s->spoken) + sizeof(*s));
	free(s->spoken);
	free(s);
}

/* ---- what protocols see ---- */

void session_emit(struct session *s, const struct record *record)
{
	bool same = s->records && record->position == s->emitted_position &&
		    record->side == s->emitted_side;

	s->emitted_repeat = same ? s->emitted_repeat + 1 : 0;
	s->emitted_position = record->position;
	s->emitted_side = record->side;
	s->records++;
	if (s->speaking < s->root->spoken_count)
		s->root->spoken[s->speaking].records++;
	if (s->options.record)
		s->options.record(s->options.context, s, record);
}

void session_tell_contents(struct session *s, enum side side, struct span bytes, uint64_t missing,
			   bool changed, int64_t ts)
{
	const struct contents contents = {
		.direction = s->sides[DIRECTION_SENT] == side ? DIRECTION_SENT : DIRECTION_RECEIVED,
		.bytes = bytes,
		.missing = missing,
		.changed = changed,
		.ts = ts,
	};

	if (s->options.contents && (bytes.len || missing))
		s->options.contents(s->options.context, s, &contents);
}

unsigned session_repeat(const struct session *s)
{
	return s->emitted_repeat;
}

enum transport session_transport(const struct session *s)
{
	return s->options.transport;
}

bool session_midstream(const struct session *s)
{
	return s->midstream || s->restarted;
}

void session_introduce(struct session *s, const struct address *client)
{
	s->root->client = *client;
}

const struct address *session_client(const struct session *s)
{
	return &s->root->client;
}

uint16_t session_local_port(const struct session *s)
{
	return s->options.local_port;
}

uint16_t session_remote_port(const struct session *s)
{
	return s->options.remote_port;
}

struct budget *session_budget(const struct session *s)
{
	return s->options.budget;
}

struct message_pool *session_pool(const struct session *s)
{
	return s->options.pool;
}

struct keylog *session_keylog(const struct session *s)
{
	return s->options.keylog;
}

struct protobuf_schema *session_protobuf(const struct session *s)
{
	return s->options.protobuf;
}

uint64_t session_conn(const struct session *s)
{
	return s->options.conn;
}

/* What the list says of TABLE, which protocols ask for each record; NULL: nothing. */
static const struct wanted *wanted_of(struct session *s, const struct table *table)
{
	const size_t places = sizeof(s->asked) / sizeof(s->asked[0]);
	struct asked_table *asked = s->asked;

	while (asked < s->asked + places && asked->table != table)
		asked++;
	if (asked == s->asked + places) {
		asked = &s->asked[s->asked_next++ % places];
		asked->table = table;
		asked->found = wanted_find(s->options.wanted, table);
	}
	return asked->found;
}

bool session_wants(struct session *s, const struct table *table, size_t column)
{
	const struct wanted *w = s->options.wanted ? wanted_of(s, table) : NULL;

	return !s->options.wanted || (w && w->columns & wanted_bit(column));
}

bool session_wants_rows(struct session *s, const struct table *table)
{
	return !s->options.wanted || wanted_of(s, table);
}

/*
 * A body is there several times at once: as it came, decoded, in rows that wait to be printed. So
 * of what is left of the budget this part may be one of them.
 */
#define KEEP_SHARE 6

/* KEEP bytes, where they are more than usual, as far as the budget goes. */
static size_t keep_within(const struct budget *b, size_t keep)
{
	uint64_t left = b->used < b->limit ? b->limit - b->used : 0;

	if (left / KEEP_SHARE >= keep)
		return keep;
	return left / KEEP_SHARE > KEEP_DEFAULT ? (size_t)(left / KEEP_SHARE) : KEEP_DEFAULT;
}

size_t session_keep(const struct session *s)
{
	size_t keep = s->options.keep;

	if (keep == SESSION_KEEP_NONE)
		return 0;
	if (keep == SESSION_KEEP_DEFAULT)
		return KEEP_DEFAULT;
	return keep > KEEP_DEFAULT && s->options.budget ? keep_within(s->options.budget, keep)
							: keep;
}

/* Of what nobody asks for a line of text may still show so many bytes. */
#define KEEP_FOR_LINE 256

size_t session_keep_of(struct session *s, const struct table *table, size_t column)
{
	size_t keep = session_keep(s);

	return session_wants(s, table, column) || keep < KEEP_FOR_LINE ? keep : KEEP_FOR_LINE;
}

/* ---- what callers see ---- */

const struct protocol *session_protocol(const struct session *s)
{
	if (s->made_inside && s->inside->protocol)
		return s->inside->protocol;
	return s->protocol;
}

bool session_seam(const struct session *s, uint64_t seam[2])
{
	seam[0] = s->root->seam[0];
	seam[1] = s->root->seam[1];
	return s->root->outer != NULL;
}

const struct session *session_inside(const struct session *s)
{
	return s->made_inside ? s->inside : NULL;
}

bool session_is_plaintext(const struct session *s)
{
	return s->options.plaintext || s->outer;
}

bool session_is_by_calls(const struct session *s)
{
	return s->root->by_calls && !session_is_datagram(s);
}

size_t session_spoken(const struct session *s, const struct spoken **list)
{
	*list = s->root->spoken;
	return s->root->spoken_count;
}

enum role session_role(const struct session *s)
{
	return s->role;
}

static void add_counts(const struct session *s, struct session_counts *c)
{
	c->frames += s->counts.frames;
	c->records += s->records;
	c->bad += s->counts.bad;
	c->capped += s->counts.capped;
	c->skipped_bytes += s->counts.skipped_bytes;
	c->lost_bytes += s->datagram_lost_bytes + s->reassembly.streams[0].lost_bytes +
			 s->reassembly.streams[1].lost_bytes;
	if (s->outer)
		add_counts(s->outer, c);
	if (s->made_inside)
		add_counts(s->inside, c);
}

struct session_counts session_counts(const struct session *s)
{
	struct session_counts counts = {0};

	add_counts(s, &counts);
	return counts;
}

size_t session_candidates(const struct session *s, const struct candidate **list)
{
	if (!s->sampling)
		return 0;
	*list = s->sampling->inference.candidates;
	return s->sampling->inference.candidate_count;
}

struct span session_sample(const struct session *s, enum direction direction)
{
	return s->sampling ? buffer_span(&s->sampling->inference.bytes[direction])
			   : (struct span){0};
}
