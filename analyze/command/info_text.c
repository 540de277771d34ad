/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/command/info.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "analyze/output/escape.h"
#include "analyze/output/output.h"
#include "analyze/output/terminal.h"
#include "analyze/output/text.h"

#define LABEL "%-13s"

static void text_label(struct buffer *b, const char *label)
{
	buffer_printf(b, LABEL, label);
}

static void text_segments(struct buffer *b, const struct info *info)
{
	const struct recording_status *status = replay_status(info->reading.replay);

	text_label(b, "segments");
	text_append_count(b, status->segments);
	buffer_append_text(b, ", ");
	text_append_bytes(b, status->bytes_total);
	if (status->incomplete)
		buffer_printf(b, ", %" PRIu64 " not completed", status->incomplete);
	if (status->first_segment > 1)
		buffer_printf(b, ", from number %" PRIu64 " on: earlier ones are not here",
			      status->first_segment);
	if (info->account.problems)
		buffer_printf(b, ", %" PRIu64 " damaged places", info->account.problems);
	buffer_append_char(b, '\n');
}

/* With what it was compressed: how much of the events, before compression, with each level. */
static void text_levels(struct buffer *b, const struct info *info)
{
	const struct level_uses *uses = &replay_status(info->reading.replay)->levels;
	uint64_t raw = 0;

	for (size_t i = 0; i < uses->count; i++)
		raw += uses->of[i].raw_bytes;
	if (!raw || (uses->count == 1 && !uses->of[0].level))
		return;
	text_label(b, "compression");
	for (size_t i = 0; i < uses->count; i++) {
		const struct level_use *use = &uses->of[i];

		buffer_append_text(b, i ? ", " : "zstd level ");
		if (use->level)
			buffer_printf(b, "%d", (int)use->level);
		else
			buffer_append_text(b, "unknown");
		if (uses->count > 1)
			buffer_printf(b, " (%.0f %%)",
				      100.0 * (double)use->raw_bytes / (double)raw);
	}
	buffer_append_char(b, '\n');
}

/* What the recorder couldn't see where it ran, one a line. */
static void text_blind(struct buffer *b, uint64_t blind)
{
	const char *label = "not seen";

	for (unsigned int bit = 0; bit < 64; bit++) {
		if (!(blind >> bit & 1))
			continue;
		text_label(b, label);
		buffer_append_text(b, blind_spot_text((enum blind_spot)bit));
		buffer_append_char(b, '\n');
		label = "";
	}
}

static void text_host(struct buffer *b, const struct info *info)
{
	text_label(b, "host");
	if (info->account.hostname.len) {
		escape_append(b, buffer_span(&info->account.hostname));
		buffer_append_text(b, ", Linux ");
		escape_append(b, buffer_span(&info->account.kernel));
		buffer_append_char(b, ' ');
		escape_append(b, buffer_span(&info->account.machine));
		buffer_printf(b, ", %u CPU%s", info->account.cpus,
			      info->account.cpus == 1 ? "" : "s");
	} else {
		buffer_append_char(b, '-');
	}
	buffer_append_char(b, '\n');
	text_label(b, "recorder");
	escape_append(b, buffer_span(&info->account.recorder));
	buffer_append_char(b, '\n');
	if (info->account.recorder_options.len) {
		text_label(b, "options");
		escape_append(b, buffer_span(&info->account.recorder_options));
		buffer_append_char(b, '\n');
	}
}

static void text_times(struct buffer *b, const struct info *info)
{
	text_label(b, "time");
	if (!info->account.first) {
		buffer_append_text(b, "-\n");
		return;
	}
	text_append_time(b, info->account.first);
	buffer_append_text(b, " to ");
	text_append_time(b, info->account.last);
	buffer_append_text(b, ", ");
	text_append_duration(b, info->account.last - info->account.first);
	buffer_append_char(b, '\n');
}

static void text_loss(struct buffer *b, const char *cause, const struct account_sums *sums,
		      bool cut)
{
	if (!sums->events && !sums->bytes)
		return;
	text_label(b, "");
	buffer_printf(b, "%s: ", cause);
	text_append_count(b, sums->events);
	buffer_append_text(b, cut ? " events cut, " : " events, ");
	text_append_count(b, sums->bytes);
	buffer_append_text(b, " bytes\n");
}

static bool was_kept_small(const struct info *info)
{
	const struct buffer *typed = &info->account.recorder_options;
	static const char option[] = "--keep";

	return typed->len && memmem(typed->data, typed->len, option, sizeof(option) - 1);
}

/* What the first segment that is here begins with isn't what the recorder did. */
static void text_beginning(struct buffer *b, const struct info *info)
{
	uint64_t first = replay_status(info->reading.replay)->first_segment;

	if (first <= 1)
		return;
	text_label(b, "");
	buffer_printf(b, "the beginning: %llu segment%s, until ", (unsigned long long)first - 1,
		      first == 2 ? "" : "s");
	text_append_time(b, info->account.first);
	buffer_append_text(b, was_kept_small(info) ? ", deleted by --keep\n"
						   : ", deleted, or elsewhere\n");
}

static void text_losses(struct buffer *b, const struct info *info, bool colour)
{
	struct account_sums lost = account_lost(&info->account);
	const char *why = account_incomplete(&info->account, replay_status(info->reading.replay));

	text_label(b, "lost");
	if (!lost.events && !lost.bytes) {
		buffer_append_text(b, why ? why : "nothing");
		buffer_append_char(b, '\n');
	} else {
		buffer_append_text(b, colour ? "\033[31m" : "");
		text_append_count(b, lost.events);
		buffer_append_text(b, " events, ");
		text_append_count(b, lost.bytes);
		buffer_append_text(b, " bytes");
		buffer_append_text(b, colour ? "\033[0m\n" : "\n");
	}
	if (info->account.earlier_bytes) {
		text_label(b, "");
		buffer_append_text(b, "moved before the first segment that is here: ");
		text_append_count(b, info->account.earlier_bytes);
		buffer_append_text(b, " bytes\n");
	}
	text_beginning(b, info);
	for (int i = 0; i < ACCOUNT_CAUSES; i++)
		text_loss(b, loss_cause_text((enum loss_cause)i), &info->account.losses[i], false);
	for (int i = 0; i < ACCOUNT_CAUSES; i++)
		text_loss(b, cut_text((enum cut)i), &info->account.cuts[i], true);
}

static void text_elsewhere(struct buffer *b, uint64_t events)
{
	if (!events)
		return;
	text_label(b, "skipped");
	text_append_count(b, events);
	buffer_append_text(b,
			   " runs of kernel programs, maybe for calls that the filter left out\n");
}

static void text_counts(struct buffer *b, const struct info *info)
{
	text_label(b, "events");
	text_append_count(b, info->account.events);
	buffer_append_text(b, ", ");
	text_append_count(b, info->account.data_events);
	buffer_append_text(b, " of them data\n");
	text_label(b, "bytes");
	text_append_bytes(b, account_moved(&info->account));
	buffer_append_text(b, " moved, ");
	text_append_bytes(b, info->account.kept_bytes);
	buffer_append_text(b, " kept");
	if (info->account.snaplen_bytes) {
		buffer_append_text(b, ", ");
		text_append_bytes(b, info->account.snaplen_bytes);
		buffer_append_text(b, " cut by the snap length");
	}
	if (info->account.plaintext_bytes) {
		buffer_append_text(b, "; ");
		text_append_bytes(b, info->account.plaintext_bytes);
		buffer_append_text(b, " of TLS plaintext");
	}
	if (info->account.replaced_bytes) {
		buffer_append_text(b, " in place of ");
		text_append_bytes(b, info->account.replaced_bytes);
		buffer_append_text(b, " that are encrypted");
	}
	buffer_append_char(b, '\n');
	if (info->account.secrets) {
		text_label(b, "SECRETS");
		text_append_count(b, info->account.secrets);
		buffer_append_text(b, " of TLS connections: who has this recording can decrypt "
				      "them\n");
	}
	text_label(b, "processes");
	text_append_count(b, info->processes);
	buffer_append_char(b, '\n');
	text_label(b, "connections");
	text_append_count(b, info->account.connections);
	if (info->account.midstream) {
		buffer_append_text(b, ", ");
		text_append_count(b, info->account.midstream);
		buffer_append_text(b, " of them older than the recording");
	}
	buffer_append_char(b, '\n');
}

static const struct text_column protocol_columns[] = {
	{"PROTOCOL", 11, false, 0, CUT_END}, {"CONNS", 9, true, 0, CUT_END},
	{"RECORDS", 11, true, 0, CUT_END},   {"SENT", 9, true, 0, CUT_END},
	{"RECEIVED", 9, true, 0, CUT_END},   {"", 0, false, 0, CUT_END},
};

static void print_protocols(struct output *o, const struct info *info)
{
	struct cells cells = {0};

	for (size_t i = 0; i < info->protocol_count; i++) {
		const struct protocol_sums *p = &info->protocols[i];

		cells_clear(&cells);
		buffer_append_text(&cells.text, *p->name ? p->name : "unknown");
		cells_end(&cells, *p->name ? PAINT_CYAN : PAINT_DIM);
		text_append_count(&cells.text, p->connections);
		cells_end(&cells, PAINT_NONE);
		text_append_count(&cells.text, p->records);
		cells_end(&cells, PAINT_NONE);
		text_append_bytes(&cells.text, p->sent);
		cells_end(&cells, PAINT_NONE);
		text_append_bytes(&cells.text, p->received);
		cells_end(&cells, PAINT_NONE);
		cells_end(&cells, PAINT_NONE);
		output_cells(o, protocol_columns, &cells);
	}
	cells_free(&cells);
}

static bool print_tls(const struct info *info)
{
	struct output *o;

	if (!info->tls.count)
		return true;
	putchar('\n');
	fflush(stdout);
	o = output_new(OUTPUT_TEXT);
	if (!o)
		return false;
	tls_rows_print(&info->tls, o);
	return output_free(o);
}

bool info_print_text(const struct info *info)
{
	struct output *o = output_new(OUTPUT_TEXT);
	struct buffer b = {0};
	bool good;

	if (!o)
		return false;
	text_host(&b, info);
	text_segments(&b, info);
	text_levels(&b, info);
	text_times(&b, info);
	text_counts(&b, info);
	text_losses(&b, info, output_colour(o));
	text_elsewhere(&b, info->account.elsewhere);
	text_blind(&b, info->account.blind);
	if (info->protocol_count)
		buffer_append_char(&b, '\n');
	good = terminal_write_text(&b);
	buffer_free(&b);
	print_protocols(o, info);
	good &= output_free(o);
	return print_tls(info) && good;
}
