/* SPDX-License-Identifier: BSD-2-Clause */
/* Losses: as events in a recording, and in the account at the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "record/loss.h"
#include "record/blind.h"
#include "record/summary.h"

static void assert_loss(const struct event *event, enum loss_cause cause, uint64_t events,
			uint64_t bytes, int64_t since, int64_t ts)
{
	assert_int_equal(event->type, EVENT_LOSS);
	assert_int_equal(event->loss.cause, cause);
	assert_int_equal(event->loss.events, events);
	assert_int_equal(event->loss.bytes, bytes);
	assert_int_equal(event->loss.since, since);
	assert_int_equal(event->ts, ts);
	assert_int_equal(event->loss.conn, 0);
}

static void what_was_added_since_the_last_time_is_told(void **state)
{
	struct loss_sum lost[TALLY_CAUSES] = {0};
	struct loss_sum told[TALLY_CAUSES] = {0};
	struct event events[TALLY_CAUSES];

	(void)state;
	assert_int_equal(loss_events(lost, told, 1000, 2000, events), 0);
	lost[LOSS_RING_FULL] = (struct loss_sum){5, 500};
	lost[LOSS_NESTED] = (struct loss_sum){1, 10};
	assert_int_equal(loss_events(lost, told, 2000, 3000, events), 2);
	assert_loss(&events[0], LOSS_RING_FULL, 5, 500, 2000, 3000);
	assert_loss(&events[1], LOSS_NESTED, 1, 10, 2000, 3000);
	memcpy(told, lost, sizeof(told));
	assert_int_equal(loss_events(lost, told, 3000, 4000, events), 0);
	lost[LOSS_RING_FULL] = (struct loss_sum){7, 501};
	assert_int_equal(loss_events(lost, told, 4000, 5000, events), 1);
	assert_loss(&events[0], LOSS_RING_FULL, 2, 1, 4000, 5000);
}

/* Every byte is somewhere: kept, cut or lost, whatever the kernel, the recorder and the disk did.
 */
static void an_account_adds_up(void **state)
{
	const struct tally tally = {.connections = 3, .lost[LOSS_RING_FULL] = {2, 300}};
	const struct loss_sum seen[TALLY_CAUSES] = {[LOSS_UNSEEN_CALL] = {1, 40}};
	const struct store_status store = {
		.given = {.events = 10,
			  .payload = 1000,
			  .cut = {[CUT_SNAPLEN] = 50, [CUT_PRESSURE] = 70}},
		.written = {.stored_data_events = 8,
			    .stored_data_bytes = 900,
			    .stored_cut_bytes = {[CUT_SNAPLEN] = 50, [CUT_PRESSURE] = 10}},
	};
	struct account account;
	struct event event;

	(void)state;
	account_make(&account, &tally, seen, &store, false);
	assert_int_equal(account.moved_bytes, 1000 + 50 + 70 + 300 + 40);
	assert_int_equal(account.kept_bytes, 1000);
	assert_int_equal(loss_sum_all(account.lost).bytes, 340);
	assert_int_equal(account_cut(&account), 70);
	account_make(&account, &tally, seen, &store, true);
	assert_int_equal(account.moved_bytes, 1000 + 50 + 70 + 300 + 40);
	assert_int_equal(account.kept_bytes, 900);
	assert_int_equal(account.lost[LOSS_WRITE_FAILED].events, 2);
	assert_int_equal(account.lost[LOSS_WRITE_FAILED].bytes, 100 + 60);
	account_event(&account, 77, &event);
	assert_int_equal(event.type, EVENT_TOTALS);
	assert_int_equal(event.ts, 77);
	assert_int_equal(event.totals.lost_events, 5);
	assert_int_equal(event.totals.moved_bytes,
			 event.totals.kept_bytes + event.totals.lost_bytes +
				 event.totals.cut_bytes + event.totals.snaplen_bytes);
}

static struct summary summary_of_a_good_recording(void)
{
	return (struct summary){
		.progress =
			{
				.elapsed = 12345678901,
				.tally = {.data_records = 1000,
					  .data_bytes = 5000000,
					  .moved_bytes = 5000000,
					  .connections = 1},
				.account = {.kept_bytes = 5000000, .moved_bytes = 5000000},
				.store.written = {.stored_events = 1010,
						  .stored_data_events = 1000,
						  .file_bytes = 123456,
						  .segments = 2},
				.drained = {.data_events = 1000, .data_bytes = 5000000},
			},
		.directory = "rec",
		.reason = "interrupted",
	};
}

static char *printed(void (*print)(const struct summary *summary, FILE *out),
		     const struct summary *summary)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	print(summary, out);
	fclose(out);
	return text;
}

static void a_good_recording_is_short_to_tell(void **state)
{
	struct summary summary = summary_of_a_good_recording();
	char *text = printed(summary_print, &summary);

	(void)state;
	assert_string_equal(text, "socktape-record: interrupted after 12.3 s\n"
				  "  recorded  1,010 events: 1,000 with data, on 1 connection\n"
				  "  payload   5,000,000 bytes kept of 5,000,000 that were moved\n"
				  "  written   123,456 bytes, 2 segments in rec\n"
				  "  lost      nothing\n");
	free(text);
	text = printed(summary_print_losses, &summary);
	assert_string_equal(text, "");
	free(text);
}

static void assert_says(const struct summary *summary, const char *words)
{
	char *text = printed(summary_print, summary);

	if (!strstr(text, words))
		fail_msg("no \"%s\" in\n%s", words, text);
	free(text);
}

static void each_cause_is_told(void **state)
{
	struct summary summary = summary_of_a_good_recording();
	struct progress *progress = &summary.progress;
	char *text;

	(void)state;
	progress->account.lost[LOSS_RING_FULL] = (struct loss_sum){1234, 5678};
	progress->account.lost[LOSS_NESTED] = (struct loss_sum){1, 20};
	progress->account.cut[CUT_PRESSURE] = 4096;
	progress->account.cut[CUT_SNAPLEN] = 7;
	assert_says(&summary, "5,678 bytes in 1,234 calls\n");
	assert_says(&summary, "20 bytes in 1 call\n");
	assert_says(&summary, "--buffer");
	assert_says(&summary, "4,096 bytes\n");
	text = printed(summary_print_losses, &summary);
	assert_string_equal(text, "socktape-record: lost 1,235 calls with 5,698 bytes, and 4,096 "
				  "bytes of payload\n");
	free(text);
}

static void what_the_kernel_does_not_show_is_told(void **state)
{
	struct summary summary = summary_of_a_good_recording();
	char *text;

	(void)state;
	summary.blind = BLIND_BIT(BLIND_IO_URING) | BLIND_BIT(BLIND_SENDFILE);
	assert_says(&summary, "  lost      nothing of what can be seen on this kernel\n"
			      "  blind     calls through io_uring, payload of sendfile\n");
	text = printed(summary_print_losses, &summary);
	assert_string_equal(
		text,
		"socktape-record: not recorded on this kernel: calls through io_uring, payload "
		"of sendfile\n");
	free(text);
}

static void nothing_is_not_said_where_payload_was_left_out(void **state)
{
	struct summary summary = summary_of_a_good_recording();
	char *text;

	(void)state;
	summary.progress.account.cut[CUT_PRESSURE] = 1;
	text = printed(summary_print, &summary);
	assert_null(strstr(text, "nothing"));
	free(text);

	summary = summary_of_a_good_recording();
	summary.progress.account.cut[CUT_SNAPLEN] = 1;
	text = printed(summary_print, &summary);
	assert_null(strstr(text, "nothing"));
	free(text);

	summary = summary_of_a_good_recording();
	summary.progress.store.written.deleted_segments = 1;
	text = printed(summary_print, &summary);
	assert_null(strstr(text, "nothing"));
	free(text);
}

static void what_may_have_hit_others_is_no_loss(void **state)
{
	const struct tally tally = {.elsewhere = 1234};
	const struct loss_sum seen[TALLY_CAUSES] = {0};
	const struct store_status store = {0};
	struct summary summary = summary_of_a_good_recording();

	(void)state;
	account_make(&summary.progress.account, &tally, seen, &store, true);
	assert_int_equal(loss_sum_all(summary.progress.account.lost).events, 0);
	assert_says(&summary, "lost      nothing\n");
	assert_says(&summary, "skipped   1,234 runs of kernel programs");
}

static void records_that_never_arrived_are_a_bug(void **state)
{
	struct summary summary = summary_of_a_good_recording();

	(void)state;
	summary.progress.tally.data_records = 1001;
	assert_says(&summary, "1001 records sent, 1000 received, 0 not understood");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_added_since_the_last_time_is_told),
		cmocka_unit_test(a_good_recording_is_short_to_tell),
		cmocka_unit_test(each_cause_is_told),
		cmocka_unit_test(what_the_kernel_does_not_show_is_told),
		cmocka_unit_test(nothing_is_not_said_where_payload_was_left_out),
		cmocka_unit_test(an_account_adds_up),
		cmocka_unit_test(what_may_have_hit_others_is_no_loss),
		cmocka_unit_test(records_that_never_arrived_are_a_bug),
	};

	return cmocka_run_group_tests_name("record losses", tests, NULL, NULL);
}
