/* SPDX-License-Identifier: BSD-2-Clause */
#include "record/summary.h"

#include <inttypes.h>

#include "record/clock.h"
#include "format/size.h"

/* Columns of the table of causes: the longest cause, and a trillion with its commas. */
#define CAUSE_WIDTH 44
#define BYTES_WIDTH 17

static void recorded_print(const struct progress *progress, FILE *out)
{
	const struct recording_writer_totals *written = &progress->store.written;
	char events[SIZE_TEXT_MAX];
	char data[SIZE_TEXT_MAX];
	char conns[SIZE_TEXT_MAX];

	size_text_exact(written->stored_events, events);
	size_text_exact(written->stored_data_events, data);
	size_text_exact(progress->tally.connections, conns);
	fprintf(out, "  recorded  %s events: %s with data, on %s connection%s\n", events, data,
		conns, progress->tally.connections == 1 ? "" : "s");
}

static void payload_print(const struct progress *progress, FILE *out)
{
	char kept[SIZE_TEXT_MAX];
	char moved[SIZE_TEXT_MAX];

	size_text_exact(progress->account.kept_bytes, kept);
	size_text_exact(progress->account.moved_bytes, moved);
	fprintf(out, "  payload   %s bytes kept of %s that were moved\n", kept, moved);
}

/* What was read of TLS, and what is known not to have been. */
static void plaintext_print(const struct progress *progress, FILE *out)
{
	const struct tls_tie_totals *ties = &progress->tls.ties;
	const struct loss_sum *lost = &progress->tally.lost_plain;
	char bytes[SIZE_TEXT_MAX];
	char calls[SIZE_TEXT_MAX];

	if (ties->calls) {
		size_text_exact(progress->account.plaintext.bytes, bytes);
		size_text_exact(ties->calls, calls);
		fprintf(out,
			"  TLS       %s bytes of plaintext in %s calls, on %" PRIu64
			" connections; tied to none: %" PRIu64 "\n",
			bytes, calls, ties->tied, ties->untied);
	}
	if (ties->inferred)
		fprintf(out,
			"            inferred: by the order of calls, on %" PRIu64
			" connections that are older\n",
			ties->inferred);
	if (progress->tls.secrets || progress->tls.secrets_left_out) {
		size_text_exact(progress->tls.secrets, calls);
		fprintf(out, "  TLS       %s secrets are in the recording: keep it as such\n",
			calls);
	}
	if (progress->tls.secrets_left_out)
		fprintf(out,
			"            left out: %" PRIu64
			" secrets of connections that aren't recorded\n",
			progress->tls.secrets_left_out);
	if (ties->dropped)
		fprintf(out,
			"            left out: %" PRIu64
			" objects whose connection, and so its port, "
			"isn't known\n",
			ties->dropped);
	if (ties->refused)
		fprintf(out,
			"            not read: %" PRIu64 " objects beyond those that can be told "
			"apart\n",
			ties->refused);
	if (ties->missed_bytes) {
		size_text_exact(ties->missed_bytes, bytes);
		fprintf(out, "            not seen: up to %s bytes, by the wire's lengths\n",
			bytes);
	}
	if (lost->events) {
		size_text_exact(lost->bytes, bytes);
		size_text_exact(lost->events, calls);
		fprintf(out, "            lost: %s bytes in %s calls, buffer full\n", bytes, calls);
	}
}

static void written_print(const struct summary *summary, FILE *out)
{
	const struct recording_writer_totals *written = &summary->progress.store.written;
	char bytes[SIZE_TEXT_MAX];

	size_text_exact(written->file_bytes, bytes);
	fprintf(out, "  written   %s bytes, %llu segment%s in %s", bytes,
		(unsigned long long)written->segments, written->segments == 1 ? "" : "s",
		summary->directory);
	if (written->deleted_segments)
		fprintf(out, " (the oldest %llu deleted: --keep)",
			(unsigned long long)written->deleted_segments);
	fputc('\n', out);
}

static void cause_print(const char *cause, const struct loss_sum *loss, FILE *out)
{
	char bytes[SIZE_TEXT_MAX];
	char calls[SIZE_TEXT_MAX];

	size_text_exact(loss->bytes, bytes);
	fprintf(out, "    %-*s %*s bytes", CAUSE_WIDTH, cause, BYTES_WIDTH, bytes);
	if (loss->events) {
		size_text_exact(loss->events, calls);
		fprintf(out, " in %s call%s", calls, loss->events == 1 ? "" : "s");
	}
	fputc('\n', out);
}

static void lost_print(const struct summary *summary, FILE *out)
{
	const struct account *account = &summary->progress.account;
	struct loss_sum all = loss_sum_all(account->lost);

	if (!all.events && !all.bytes) {
		/*
		 * Payload that was left out is no loss of a call, nor is a segment that made room,
		 * but nothing is a bigger word.
		 */
		bool nothing = !account_cut(account) && !account_left_out(account) &&
			       !summary->progress.store.written.deleted_segments;

		fprintf(out, "  lost      %s%s\n", nothing ? "nothing" : "no call",
			summary->blind ? " of what can be seen on this kernel" : "");
		return;
	}
	fputs("  lost\n", out);
	for (unsigned int i = 0; i < TALLY_CAUSES; i++)
		if (account->lost[i].events || account->lost[i].bytes)
			cause_print(loss_cause_text((enum loss_cause)i), &account->lost[i], out);
	if (account->lost[LOSS_RING_FULL].events)
		fputs("    a larger buffer holds longer bursts: --buffer\n", out);
}

static void cut_print(const struct account *account, FILE *out)
{
	if (!account_cut(account) && !account_left_out(account))
		return;
	fputs("  left out of the payload\n", out);
	for (unsigned int i = 0; i < TALLY_CUTS; i++)
		if (account->cut[i])
			cause_print(cut_text((enum cut)i), &(struct loss_sum){0, account->cut[i]},
				    out);
}

static void elsewhere_print(const struct account *account, FILE *out)
{
	char count[SIZE_TEXT_MAX];

	if (!account->elsewhere)
		return;
	size_text_exact(account->elsewhere, count);
	fprintf(out,
		"  skipped   %s runs of kernel programs, maybe for calls that the filter leaves "
		"out\n",
		count);
}

/* The kernel programs' count and ours agree, unless one of the two is wrong. */
static void doubt_print(const struct progress *progress, FILE *out)
{
	uint64_t told = progress->tally.data_records;
	uint64_t taken = progress->drained.data_events;

	if (progress->drained.malformed || told != taken)
		fprintf(out,
			"  a bug     %" PRIu64 " records sent, %" PRIu64 " received, %" PRIu64
			" not understood: please report this\n",
			told, taken, progress->drained.malformed);
}

static void blind_print(uint64_t blind, const char *label, FILE *out)
{
	const char *between = label;

	for (unsigned int i = 0; i < 64; i++) {
		if (!(blind >> i & 1))
			continue;
		fprintf(out, "%s%s", between, blind_spot_text((enum blind_spot)i));
		between = ", ";
	}
	if (blind)
		fputc('\n', out);
}

void summary_print_blind(uint64_t blind, FILE *out)
{
	blind_print(blind, "socktape-record: not recorded on this kernel: ", out);
}

void summary_print(const struct summary *summary, FILE *out)
{
	const struct progress *progress = &summary->progress;

	fprintf(out, "socktape-record: %s after %.1f s\n", summary->reason,
		(double)progress->elapsed / CLOCK_SECOND);
	recorded_print(progress, out);
	payload_print(progress, out);
	plaintext_print(progress, out);
	written_print(summary, out);
	lost_print(summary, out);
	blind_print(summary->blind, "  blind     ", out);
	cut_print(&progress->account, out);
	elsewhere_print(&progress->account, out);
	if (summary->talkers)
		talkers_print(summary->talkers, out);
	doubt_print(progress, out);
}

void summary_print_losses(const struct summary *summary, FILE *out)
{
	const struct progress *progress = &summary->progress;
	struct loss_sum lost = loss_sum_all(progress->account.lost);
	uint64_t cut = account_cut(&progress->account);
	char calls[SIZE_TEXT_MAX];
	char bytes[SIZE_TEXT_MAX];
	char left_out[SIZE_TEXT_MAX];

	doubt_print(progress, out);
	summary_print_blind(summary->blind, out);
	if (!lost.events && !lost.bytes && !cut)
		return;
	size_text_exact(lost.events, calls);
	size_text_exact(lost.bytes, bytes);
	size_text_exact(cut, left_out);
	fprintf(out, "socktape-record: lost %s calls with %s bytes, and %s bytes of payload\n",
		calls, bytes, left_out);
}
