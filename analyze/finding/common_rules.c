/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/finding/rules.h"

#define MS     INT64_C(1000000)
#define SECOND (1000 * MS)

/* A connection that is still open when the recording ends may be about to answer. */
#define PATIENCE (10 * SECOND)

/* Linux acknowledges after 40 ms when nothing goes back (TCP_DELACK_MIN), seen from either end. */
#define DELAYED_ACK_MIN (39 * MS)
#define DELAYED_ACK_MAX (45 * MS)

static bool left_by(const struct look *look, enum role role)
{
	enum role local = look->row->end->role;

	if (look->ending->left_by == END_UNKNOWN || local == ROLE_UNKNOWN)
		return false;
	return (look->ending->left_by == END_LOCAL) == (local == role);
}

static void look_unanswered(const struct look *look)
{
	const struct row *row = look->row;

	if (row->outcome != OUTCOME_UNANSWERED || !row->has_request)
		return;
	if (!look->ending->closed && look->end - row->begin < PATIENCE)
		return;
	look->found(look,
		    row->side == SIDE_CLIENT && left_by(look, ROLE_CLIENT) ? FINDING_GAVE_UP
									   : FINDING_UNANSWERED,
		    look->line);
}

/* What was seen from its beginning to its end, and nothing of it is missing. */
static void look_stray(const struct look *look)
{
	bool answer = look->row->outcome == OUTCOME_PARTIAL ||
		      strcmp(look->row->table->name, "http") == 0;

	if (answer && !look->row->has_request && look->ending->whole)
		look->found(look, FINDING_STRAY_ANSWER, look->line);
}

/* How the protocols' notes begin that say so, or have it behind "request: " or "response: ". */
static const char *const violations[] = {
	"malformed ",
	" is no HTTP",
	"is damaged",
	"are damaged",
	"checksum is wrong",
	"not as they should be",
	"not as its version says",
	"not as its type says",
	"isn't encoded as announced",
	"encoded body ends early",
	"unbalanced quotes",
	"answers, but not in TLS",
	"doesn't end where its length says",
};

/* What is damaged in the recording is nobody's fault; of Kafka's messages their exchange tells. */
static void look_violation(const struct look *look)
{
	struct span note = look->row->note;

	if (!note.len || look->row->outcome == OUTCOME_PARTIAL ||
	    strcmp(look->row->table->name, "kafka_messages") == 0)
		return;
	for (size_t i = 0; i < sizeof(violations) / sizeof(violations[0]); i++) {
		if (!memmem(note.data, note.len, violations[i], strlen(violations[i])))
			continue;
		look->found(look, FINDING_VIOLATION, note);
		return;
	}
}

static bool is_delayed(int64_t first, int64_t last)
{
	return last != TIME_UNKNOWN && last - first >= DELAYED_ACK_MIN &&
	       last - first <= DELAYED_ACK_MAX;
}

static void look_delayed(const struct look *look)
{
	const struct row *row = look->row;

	/* Who takes part in a handshake of TLS waits for more than the network. */
	if (row->end->transport != TRANSPORT_TCP || strcmp(row->table->name, "tls") == 0)
		return;
	if ((row->has_request && is_delayed(0, row->request_last)) ||
	    (row->response_first != TIME_UNKNOWN &&
	     is_delayed(row->response_first, row->response_last)))
		look->found(look, FINDING_DELAYED_ACK, look->line);
}

const struct rule common_rules[] = {
	{NULL, {0}, look_unanswered},
	{NULL, {0}, look_stray},
	{NULL, {0}, look_violation},
	{NULL, {0}, look_delayed},
	{0},
};
