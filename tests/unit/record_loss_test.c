/* SPDX-License-Identifier: BSD-2-Clause */
/* Losses: as events in a recording, and in the account at the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "format/recording.h"
#include "record/loss.h"
#include "record/blind.h"
#include "record/summary.h"

static void no_problem(void *context, const char *path, const struct problem *problem)
{
	(void)context;
	fail_msg("%s: %s", path, problem->what);
}

static void next_loss(struct recording *recording, struct event *event)
{
	do
		assert_true(recording_next(recording, event));
	while (event->type != EVENT_LOSS);
}

static void assert_loss(const struct event *event, enum loss_cause cause, uint64_t events,
			uint64_t bytes, int64_t since, int64_t ts)
{
	assert_int_equal(event->loss.cause, cause);
	assert_int_equal(event->loss.events, events);
	assert_int_equal(event->loss.bytes, bytes);
	assert_int_equal(event->loss.since, since);
	assert_int_equal(event->ts, ts);
	assert_int_equal(event->loss.conn, 0);
}

static void what_was_added_since_the_last_time_is_told(void **state)
{
	char path[] = "/tmp/socktape-loss-XXXXXX";
	struct recording_writer_options options = {.path = path, .level = 1};
	struct loss_log log = {.since = 1000};
	struct tally tally = {0};
	struct recording_writer *writer;
	struct recording *recording;
	struct event event;
	char command[64];

	(void)state;
	assert_non_null(mkdtemp(path));
	assert_int_equal(recording_writer_new(&options, &writer), TAPE_OK);
	assert_int_equal(loss_log_write(&log, &tally, 2000, writer), TAPE_OK); /* nothing lost */
	tally.lost[LOSS_RING_FULL] = (struct tally_loss){5, 500};
	tally.lost[LOSS_NESTED] = (struct tally_loss){1, 10};
	assert_int_equal(loss_log_write(&log, &tally, 3000, writer), TAPE_OK);
	assert_int_equal(loss_log_write(&log, &tally, 4000, writer), TAPE_OK); /* nothing new */
	tally.lost[LOSS_RING_FULL] = (struct tally_loss){7, 501};
	assert_int_equal(loss_log_write(&log, &tally, 5000, writer), TAPE_OK);
	assert_int_equal(recording_writer_finish(writer), TAPE_OK);
	recording_writer_free(writer);

	assert_int_equal(recording_open(path, no_problem, NULL, &recording), TAPE_OK);
	next_loss(recording, &event);
	assert_loss(&event, LOSS_RING_FULL, 5, 500, 2000, 3000);
	next_loss(recording, &event);
	assert_loss(&event, LOSS_NESTED, 1, 10, 2000, 3000);
	next_loss(recording, &event);
	assert_loss(&event, LOSS_RING_FULL, 2, 1, 4000, 5000);
	assert_false(recording_next(recording, &event));
	recording_free(recording);
	snprintf(command, sizeof(command), "rm -r %s", path);
	assert_int_equal(system(command), 0);
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
				.written = {.stored_events = 1010,
					    .stored_data_events = 1000,
					    .stored_data_bytes = 5000000,
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
	progress->tally.lost[LOSS_RING_FULL] = (struct tally_loss){1234, 5678};
	progress->tally.lost[LOSS_NESTED] = (struct tally_loss){1, 20};
	progress->tally.cut[CUT_PRESSURE] = 4096;
	progress->tally.cut[CUT_SNAPLEN] = 7;
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

static void what_the_disk_did_not_take_is_lost(void **state)
{
	struct summary summary = summary_of_a_good_recording();

	(void)state;
	summary.progress.written.stored_data_events = 900;
	summary.progress.written.stored_data_bytes = 4000000;
	assert_says(&summary, "payload   4,000,000 bytes kept of 5,000,000");
	assert_says(&summary, "1,000,000 bytes in 100 calls\n");
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
		cmocka_unit_test(what_the_disk_did_not_take_is_lost),
		cmocka_unit_test(records_that_never_arrived_are_a_bug),
	};

	return cmocka_run_group_tests_name("record losses", tests, NULL, NULL);
}
