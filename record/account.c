/* SPDX-License-Identifier: BSD-2-Clause */
#include "record/account.h"

#include <assert.h>

static_assert(TALLY_CUTS <= WRITER_CUTS && TALLY_CAUSES <= WRITER_CAUSES,
	      "the writer sums up all that there is");

static void kept_make(struct account *account, const struct store_status *store, bool final)
{
	const struct recording_writer_totals *written = &store->written;

	const struct loss_sum *plaintext = final ? &written->stored_plaintext
						 : &store->given.plaintext;

	account->kept_bytes = (final ? written->stored_data_bytes : store->given.payload) -
			      plaintext->bytes;
	account->data_events = (final ? written->stored_data_events : store->given.events) -
			       plaintext->events;
	account->plaintext = *plaintext;
	for (unsigned int i = 0; i < TALLY_CUTS; i++)
		account->cut[i] = final ? written->stored_cut_bytes[i] : store->given.cut[i];
}

static void lost_make(struct account *account, const struct tally *tally,
		      const struct loss_sum seen[TALLY_CAUSES])
{
	for (unsigned int i = 0; i < TALLY_CAUSES; i++) {
		account->lost[i].events = tally->lost[i].events + seen[i].events;
		account->lost[i].bytes = tally->lost[i].bytes + seen[i].bytes;
	}
}

void account_make(struct account *account, const struct tally *tally,
		  const struct loss_sum seen[TALLY_CAUSES], const struct store_status *store,
		  bool final)
{
	*account = (struct account){
		.connections = tally->connections,
		.elsewhere = tally->elsewhere,
	};
	kept_make(account, store, final);
	lost_make(account, tally, seen);
	if (final)
		account->lost[LOSS_WRITE_FAILED] = store_unwritten(store);
	account->moved_bytes = account->kept_bytes + loss_sum_all(account->lost).bytes;
	for (unsigned int i = 0; i < TALLY_CUTS; i++)
		account->moved_bytes += account->cut[i];
}

uint64_t account_cut(const struct account *account)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < TALLY_CUTS; i++)
		if (!cut_is_wanted((enum cut)i))
			sum += account->cut[i];
	return sum;
}

uint64_t account_left_out(const struct account *account)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < TALLY_CUTS; i++)
		if (cut_is_wanted((enum cut)i))
			sum += account->cut[i];
	return sum;
}

void account_event(const struct account *account, int64_t ts, struct event *event)
{
	struct loss_sum lost = loss_sum_all(account->lost);

	*event = (struct event){
		.type = EVENT_TOTALS,
		.ts = ts,
		.totals =
			{
				.moved_bytes = account->moved_bytes,
				.kept_bytes = account->kept_bytes,
				.lost_events = lost.events,
				.lost_bytes = lost.bytes,
				.cut_bytes = account_cut(account),
				.snaplen_bytes = account_left_out(account),
				.data_events = account->data_events,
				.connections = account->connections,
			},
	};
}
