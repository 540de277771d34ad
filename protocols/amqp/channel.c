/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "protocols/amqp/state.h"
#include "protocols/engine/budget.h"

#define CHARGE (sizeof(struct amqp_channel) + sizeof(struct map_entry) + BUDGET_OVERHEAD)

static void init_unsettled(struct amqp_unsettled *u, bool known)
{
	u->uncertain_from = known ? UINT64_MAX : 1;
	u->lost_to = 0;
	u->last = 0;
	u->early_count = 0;
}

struct amqp_channel *amqp_channel_get(struct amqp_state *st, uint16_t number)
{
	struct amqp_channel *ch = st->recent;

	if (ch && ch->number == number) {
		amqp_channel_catch_up(ch);
		return ch;
	}
	ch = map_get(&st->channels, number);
	if (!ch) {
		if (!budget_take(session_budget(st->session), CHARGE))
			return NULL;
		ch = calloc(1, sizeof(*ch));
		if (!ch || !map_put(&st->channels, number, ch)) {
			budget_give(session_budget(st->session), CHARGE);
			free(ch);
			return NULL;
		}
		ch->st = st;
		ch->number = number;
		memcpy(ch->losses, st->losses, sizeof(ch->losses));
		amqp_channel_begin(ch, AMQP_MODE_UNKNOWN);
	}
	amqp_channel_catch_up(ch);
	st->recent = ch;
	return ch;
}

void amqp_channel_begin(struct amqp_channel *ch, enum amqp_mode mode)
{
	amqp_unsettled_end(ch, &ch->published);
	init_unsettled(&ch->published, mode != AMQP_MODE_UNKNOWN);
	ch->mode = mode;
	if (mode == AMQP_MODE_CONFIRM || mode == AMQP_MODE_TX)
		return;
	amqp_unsettled_end(ch, &ch->delivered);
	/* The server writes the tags of what it delivers. */
	init_unsettled(&ch->delivered, true);
}

void amqp_channel_shows(struct amqp_channel *ch, enum amqp_mode mode)
{
	if (ch->mode == AMQP_MODE_UNKNOWN) {
		ch->mode = mode;
	} else if (ch->mode == AMQP_MODE_PLAIN) {
		/* How it began was lost, and perhaps messages since. */
		amqp_channel_begin(ch, mode);
		amqp_unsettled_doubt(&ch->published);
	}
}

struct matcher *amqp_channel_calls(struct amqp_channel *ch, enum side side)
{
	if (!ch->calls[side])
		ch->calls[side] = matcher_new(ch->st->session,
					      &(struct matcher_options){
						      .message_len = sizeof(struct amqp_message),
						      .emit = amqp_emit_call,
						      .context = ch,
					      });
	return ch->calls[side];
}

void amqp_channel_lost(struct amqp_channel *ch, enum side side)
{
	for (int asking = 0; asking < 2; asking++)
		if (ch->calls[asking])
			matcher_lost(ch->calls[asking],
				     side == (enum side)asking ? SIDE_CLIENT : SIDE_SERVER);
	if (side == SIDE_CLIENT) {
		amqp_unsettled_doubt(&ch->published);
		ch->delivered.lost_to = ch->delivered.last;
	} else {
		ch->published.lost_to = ch->published.last;
	}
}

void amqp_channel_free(struct amqp_channel *ch)
{
	struct amqp_state *st = ch->st;

	for (int side = 0; side < 2; side++) {
		if (ch->incoming[side])
			matcher_discard(st->messages, &ch->incoming[side]->base);
		matcher_free(ch->calls[side]);
	}
	amqp_unsettled_free(st, &ch->published);
	amqp_unsettled_free(st, &ch->delivered);
	map_remove(&st->channels, ch->number);
	if (st->recent == ch)
		st->recent = NULL;
	budget_give(session_budget(st->session), CHARGE);
	free(ch);
}

void amqp_channel_close(struct amqp_channel *ch)
{
	amqp_channel_catch_up(ch);
	for (int side = 0; side < 2; side++)
		if (ch->calls[side])
			matcher_finish(ch->calls[side]);
	amqp_unsettled_end(ch, &ch->published);
	amqp_unsettled_end(ch, &ch->delivered);
	amqp_channel_free(ch);
}

void amqp_channels_close(struct amqp_state *st)
{
	struct amqp_channel *ch;
	size_t at = 0;

	while ((ch = map_next(&st->channels, &at)) != NULL)
		amqp_channel_close(ch);
}
