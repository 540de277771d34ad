/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "protocols/engine/session_private.h"

/* Accounts of one connection; a protocol that comes again later goes on with the first. */
#define SPOKEN_MAX 16

/* ---- who is who ---- */

static enum role role_by_ports(const struct session *s)
{
	if (!s->options.local_port || !s->options.remote_port)
		return ROLE_CLIENT;
	return s->options.local_port < s->options.remote_port ? ROLE_SERVER : ROLE_CLIENT;
}

/* Sides follow from the role: what the bytes say counts more than what the recorder saw. */
static void settle_role(struct session *s, enum role told)
{
	enum role role = told != ROLE_UNKNOWN ? told : s->role;

	s->role = role;
	if (role == ROLE_UNKNOWN)
		role = role_by_ports(s);
	s->sides[DIRECTION_SENT] = role == ROLE_CLIENT ? SIDE_CLIENT : SIDE_SERVER;
	s->sides[DIRECTION_RECEIVED] = side_opposite(s->sides[DIRECTION_SENT]);
}

/* ---- accounts ---- */

/* The account of PROTOCOL that is used again, or a new one; NULL when there is no memory. */
static struct spoken *account_for(const struct session *s, const struct protocol *protocol)
{
	struct session *root = s->root;
	struct spoken *list = root->spoken;

	/* Branches may be many: all that speak one protocol have one account. So have restarts. */
	if (root->spoken_count == SPOKEN_MAX || root->resumed || s->stem->trunk)
		for (size_t i = 0; i < root->spoken_count; i++)
			if (list[i].protocol == protocol)
				return &list[i];
	if (root->spoken_count == SPOKEN_MAX)
		return NULL;
	list = realloc(list, (root->spoken_count + 1) * sizeof(*list));
	if (!list)
		return NULL;
	root->spoken = list;
	budget_add(root->options.budget, sizeof(*list));
	list[root->spoken_count] = (struct spoken){.protocol = protocol, .since = TIME_UNKNOWN};
	return &list[root->spoken_count++];
}

static void open_account(struct session *s, const struct protocol *protocol)
{
	struct spoken *account = account_for(s, protocol);

	s->speaking = account ? (size_t)(account - s->root->spoken) : SPOKEN_MAX;
}

static void account_bytes(struct session *s, enum direction direction, uint64_t len, int64_t ts)
{
	struct spoken *account;

	if (s->speaking >= s->root->spoken_count)
		return;
	account = &s->root->spoken[s->speaking];
	if (account->since == TIME_UNKNOWN)
		account->since = ts;
	account->bytes[direction] += len;
}

/* ---- beginning and end ---- */

size_t session_frame_keep_max(const struct session *s)
{
	size_t keep = session_keep(s);

	return keep > FRAME_KEEP_MIN ? keep : FRAME_KEEP_MIN;
}

/* Those of the connection's own stream, and of the plaintext of its TLS. */
static void tell_border(void *context, enum side side, uint64_t position)
{
	const struct session *s = context;
	bool sent = s->sides[DIRECTION_SENT] == side;

	if (session_is_plaintext(s) ? s->depth <= 1 : s->root == s && !s->made_inside)
		s->options.border(s->options.context, s, sent ? DIRECTION_SENT : DIRECTION_RECEIVED,
				  position);
}

bool session_open_framer(struct session *s)
{
	if (session_is_datagram(s))
		return true;
	framer_free(s->framer);
	s->framer = framer_new(&s->protocol->framing, s->state, s->options.budget, &s->counts,
			       session_frame_keep_max(s));
	if (s->framer && s->options.border) {
		s->framer->border = tell_border;
		s->framer->context = s;
	}
	return s->framer != NULL;
}

bool session_start_speaking(struct session *s, const struct protocol *protocol, enum role told)
{
	settle_role(s, told);
	s->state = protocol->open(s);
	if (!s->state)
		return false;
	s->protocol = protocol;
	if (!session_open_framer(s)) {
		protocol->close(s->state);
		s->protocol = NULL;
		s->state = NULL;
		return false;
	}
	s->phase = PHASE_SPEAKING;
	open_account(s, protocol);
	return true;
}

void session_stop_speaking(struct session *s)
{
	if (!s->protocol)
		return;
	s->protocol->finish(s->state);
	s->protocol->close(s->state);
	framer_free(s->framer);
	s->framer = NULL;
	s->protocol = NULL;
	s->state = NULL;
	s->handover = HANDOVER_NONE;
}

/* ---- bytes ---- */

static void speak_stream(struct session *s, enum direction direction, uint64_t offset,
			 const struct run *run)
{
	enum side side = s->sides[direction];
	struct framer *f = s->framer;

	account_bytes(s, direction, run->len, run->ts);
	if (!f->sides[side].left && !f->sides[side].kept.len)
		f->sides[side].position = offset;
	framer_run(f, side, run);
	if (f->over || f->hopeless)
		session_hand_over(s, direction);
}

static void speak_entry(struct session *s, const struct backlog_entry *entry, const uint8_t *bytes)
{
	const struct run run = {
		.data = entry->kept ? bytes : NULL,
		.len = entry->len,
		.ts_first = entry->ts_first,
		.ts = entry->ts,
		.wanted = entry->wanted,
	};

	speak_stream(s, (enum direction)entry->direction, entry->offset, &run);
}

static void speak_datagram(struct session *s, const struct backlog_entry *entry,
			   const uint8_t *bytes)
{
	struct frame frame = {
		.len = entry->len,
		.side = s->sides[entry->direction],
		.cut = entry->kept < entry->len && entry->wanted,
		.lost = entry->kept < entry->len && !entry->wanted,
		.data = bytes,
		.available = entry->kept,
		.offset = entry->offset,
		.ts_first = entry->ts,
		.ts_last = entry->ts,
		.peer = entry->has_peer ? &entry->peer : NULL,
	};

	account_bytes(s, (enum direction)entry->direction, entry->len, entry->ts);
	if (!entry->kept)
		return;
	s->counts.frames++;
	s->protocol->framing.message(s->state, &frame);
	if (s->handover)
		session_hand_over(s, (enum direction)entry->direction);
}

/* One run of bytes (or a hole), or one datagram: whatever the phase. */
static void take_one(struct session *s, const struct backlog_entry *entry, const uint8_t *bytes)
{
	bool turned = entry->direction != s->last_direction;

	s->last_direction = (enum direction)entry->direction;
	if (!s->spoken_to) {
		s->spoken_to = true;
		s->first = s->last_direction;
	}
	if (s->phase == PHASE_IGNORING && (turned || session_is_datagram(s)) &&
	    session_may_sample_again(s))
		session_sample_again(s, false);
	if (s->phase == PHASE_SAMPLING) {
		session_sample_entry(s, entry, bytes);
	} else if (s->phase == PHASE_IGNORING) {
		s->counts.skipped_bytes += entry->kept;
	} else if (session_is_datagram(s)) {
		speak_datagram(s, entry, bytes);
	} else {
		speak_entry(s, entry, bytes);
	}
}

bool session_take_at_once(struct session *s, enum direction direction, uint64_t offset,
			  const struct run *run)
{
	if (s->phase != PHASE_SPEAKING || !s->spoken_to || s->waiting)
		return false;
	s->last_direction = direction;
	speak_stream(s, direction, offset, run);
	if (s->waiting)
		session_drain(s);
	return true;
}

void session_wait(struct session *s, struct backlog *entries)
{
	struct waiting *w = malloc(sizeof(*w));

	if (!w) {
		backlog_clear(entries);
		return;
	}
	*w = (struct waiting){.below = s->waiting, .entries = *entries};
	*entries = (struct backlog){.budget = entries->budget};
	s->waiting = w;
}

void session_drain(struct session *s)
{
	while (s->waiting) {
		struct waiting *w = s->waiting;
		const uint8_t *bytes;
		const struct backlog_entry *entry = backlog_next(&w->entries, &w->at, &bytes);

		if (entry) {
			take_one(s, entry, bytes);
			continue;
		}
		s->waiting = w->below;
		backlog_clear(&w->entries);
		free(w);
	}
}

void session_take(struct session *s, const struct backlog_entry *entry, const uint8_t *bytes)
{
	take_one(s, entry, bytes);
	if (s->waiting)
		session_drain(s);
}
