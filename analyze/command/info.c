/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "analyze/command/info_process.h"
#include "analyze/command/info_tls.h"
#include "analyze/output/escape.h"
#include "analyze/output/output.h"
#include "analyze/command/select.h"
#include "analyze/replay/account.h"
#include "analyze/replay/reading.h"
#include "analyze/output/terminal.h"
#include "analyze/output/text.h"
#include "protocols/value/json.h"

static const char help[] = "Tells what is in a recording: host, times, processes, connections,\n"
			   "protocols, bytes, and what was lost.";

enum {
	OPT_JSON = SELECT_FILTERS
};

static const struct command_option options[] = {
	SELECT_FILTER_TABLE,
	{"json", 0, NULL, "one JSON object"},
	{0},
};

#define PROTOCOLS_MAX 64

struct protocol_sums {
	const char *name; /* "" for what wasn't recognised */
	uint64_t connections;
	uint64_t records;
	uint64_t sent;
	uint64_t received;
};

struct info {
	struct reading reading;
	struct account account;
	uint64_t processes;
	struct protocol_sums protocols[PROTOCOLS_MAX];
	size_t protocol_count;
	struct tls_rows tls;
	struct process_uses by_process;
};

static void on_event(void *context, const struct event *event, const struct connection *conn)
{
	struct info *info = context;

	(void)conn;
	account_event(&info->account, info->reading.replay, event);
}

static struct protocol_sums *sums_of(struct info *info, const char *name)
{
	size_t i;

	for (i = 0; i < info->protocol_count; i++)
		if (strcmp(info->protocols[i].name, name) == 0)
			return &info->protocols[i];
	if (i == PROTOCOLS_MAX)
		return NULL;
	info->protocol_count++;
	info->protocols[i].name = name;
	return &info->protocols[i];
}

static void add_sums(struct info *info, const char *name, uint64_t records, const uint64_t bytes[2])
{
	struct protocol_sums *sums = sums_of(info, name);

	if (!sums)
		return;
	sums->connections++;
	sums->records += records;
	sums->sent += bytes[DIRECTION_SENT];
	sums->received += bytes[DIRECTION_RECEIVED];
}

/* Of what was spoken on C, the first on the wire: recorded plaintext of TLS stands before it. */
static size_t first_on_wire(const struct connection *c, size_t count)
{
	const struct session *plaintext = c->sessions[LAYER_TLS];
	const struct spoken *list;
	size_t inside = plaintext ? session_spoken(plaintext, &list) : 0;

	return inside < count ? inside : 0;
}

/*
 * What a connection moved belongs to the protocol that it began with, but for what others were
 * given. (Bytes of plaintext and those that carry them are the same bytes.)
 */
static void add_protocols(struct info *info, const struct connection *c)
{
	struct spoken list[PROTOCOLS_MAX];
	size_t count = connection_spoken(c, list, PROTOCOLS_MAX);
	uint64_t rest[2] = {c->moved[0], c->moved[1]};
	size_t first;

	if (count > PROTOCOLS_MAX)
		count = PROTOCOLS_MAX;
	first = first_on_wire(c, count);
	sums_of(info, count ? list[first].protocol->name : ""); /* it comes first */
	for (size_t i = 0; i < count; i++) {
		if (i == first)
			continue;
		for (int d = 0; d < 2; d++) {
			if (list[i].bytes[d] > rest[d])
				list[i].bytes[d] = rest[d];
			rest[d] -= list[i].bytes[d];
		}
		add_sums(info, list[i].protocol->name, list[i].records, list[i].bytes);
	}
	add_sums(info, count ? list[first].protocol->name : "", count ? list[first].records : 0,
		 rest);
}

static void on_conn_end(void *context, const struct connection *c)
{
	struct info *info = context;

	account_conn(&info->account, c);
	add_protocols(info, c);
	tls_rows_add(&info->tls, c);
	process_uses_add(&info->by_process, c);
}

/* ---- JSON ---- */

static void json_number(struct buffer *b, const char *name, uint64_t number, bool *first)
{
	json_append_key(b, name, first);
	buffer_append_u64(b, number);
}

static void json_loss(struct buffer *b, const char *cause, const struct account_sums *sums,
		      const char *events_name, bool *first_loss)
{
	bool first = true;

	if (!sums->events && !sums->bytes)
		return;
	if (!*first_loss)
		buffer_append_char(b, ',');
	*first_loss = false;
	buffer_append_char(b, '{');
	json_append_known(b, "cause", span_text(cause), &first);
	json_number(b, events_name, sums->events, &first);
	json_number(b, "bytes", sums->bytes, &first);
	buffer_append_char(b, '}');
}

static void json_losses(struct buffer *b, const struct info *info, bool *first)
{
	bool first_loss = true;

	json_append_key(b, "losses", first);
	buffer_append_char(b, '[');
	for (int i = 0; i < ACCOUNT_CAUSES; i++)
		json_loss(b, loss_cause_text((enum loss_cause)i), &info->account.losses[i],
			  "events", &first_loss);
	for (int i = 0; i < ACCOUNT_CAUSES; i++)
		json_loss(b, cut_text((enum cut)i), &info->account.cuts[i], "cut_events",
			  &first_loss);
	buffer_append_char(b, ']');
}

static void json_protocols(struct buffer *b, const struct info *info, bool *first)
{
	bool first_protocol = true;

	json_append_key(b, "protocols", first);
	buffer_append_char(b, '{');
	for (size_t i = 0; i < info->protocol_count; i++) {
		const struct protocol_sums *p = &info->protocols[i];
		bool first_field = true;

		json_append_key(b, *p->name ? p->name : "unknown", &first_protocol);
		buffer_append_char(b, '{');
		json_number(b, "connections", p->connections, &first_field);
		json_number(b, "records", p->records, &first_field);
		json_number(b, "sent_bytes", p->sent, &first_field);
		json_number(b, "received_bytes", p->received, &first_field);
		buffer_append_char(b, '}');
	}
	buffer_append_char(b, '}');
}

static void json_levels(struct buffer *b, const struct level_uses *uses, bool *first)
{
	json_append_key(b, "compression", first);
	buffer_append_char(b, '[');
	for (size_t i = 0; i < uses->count; i++) {
		const struct level_use *use = &uses->of[i];
		bool first_field = true;

		buffer_append_text(b, i ? ",{" : "{");
		json_append_key(b, "level", &first_field);
		if (use->level)
			buffer_append_i64(b, use->level);
		else
			buffer_append_text(b, "null");
		json_number(b, "blocks", use->blocks, &first_field);
		json_number(b, "raw_bytes", use->raw_bytes, &first_field);
		json_number(b, "compressed_bytes", use->compressed_bytes, &first_field);
		buffer_append_char(b, '}');
	}
	buffer_append_char(b, ']');
}

static void json_blind(struct buffer *b, uint64_t blind, bool *first)
{
	bool first_spot = true;

	json_append_key(b, "not_seen", first);
	buffer_append_char(b, '[');
	for (unsigned int bit = 0; bit < 64; bit++) {
		if (!(blind >> bit & 1))
			continue;
		buffer_append_text(b, first_spot ? "" : ",");
		json_append_string(b, span_text(blind_spot_text((enum blind_spot)bit)));
		first_spot = false;
	}
	buffer_append_char(b, ']');
}

static void append_json(struct buffer *b, const struct info *info)
{
	const struct recording_status *status = replay_status(info->reading.replay);
	struct account_sums lost = account_lost(&info->account);
	bool first = true;

	buffer_append_char(b, '{');
	json_append_known(b, "hostname", buffer_span(&info->account.hostname), &first);
	json_append_known(b, "kernel", buffer_span(&info->account.kernel), &first);
	json_append_known(b, "machine", buffer_span(&info->account.machine), &first);
	json_number(b, "cpus", info->account.cpus, &first);
	json_append_known(b, "recorder", buffer_span(&info->account.recorder), &first);
	json_append_known(b, "options", buffer_span(&info->account.recorder_options), &first);
	json_blind(b, info->account.blind, &first);
	json_number(b, "segments", status->segments, &first);
	json_number(b, "first_segment", status->first_segment, &first);
	json_number(b, "incomplete_segments", status->incomplete, &first);
	json_number(b, "file_bytes", status->bytes_total, &first);
	json_levels(b, &status->levels, &first);
	json_number(b, "start", (uint64_t)info->account.first, &first);
	json_number(b, "end", (uint64_t)info->account.last, &first);
	json_number(b, "events", info->account.events, &first);
	json_number(b, "data_events", info->account.data_events, &first);
	json_number(b, "moved_bytes", account_moved(&info->account), &first);
	json_number(b, "kept_bytes", info->account.kept_bytes, &first);
	json_number(b, "plaintext_bytes", info->account.plaintext_bytes, &first);
	json_number(b, "snaplen_bytes", info->account.snaplen_bytes, &first);
	json_number(b, "replaced_bytes", info->account.replaced_bytes, &first);
	json_number(b, "lost_events", lost.events, &first);
	json_number(b, "lost_bytes", lost.bytes, &first);
	json_number(b, "earlier_bytes", info->account.earlier_bytes, &first);
	json_losses(b, info, &first);
	json_number(b, "elsewhere_events", info->account.elsewhere, &first);
	json_number(b, "problems", info->account.problems, &first);
	json_number(b, "processes", info->processes, &first);
	json_append_key(b, "by_process", &first);
	process_uses_json(&info->by_process, b);
	json_number(b, "other_connections", info->by_process.others, &first);
	json_number(b, "connections", info->account.connections, &first);
	json_number(b, "midstream_connections", info->account.midstream, &first);
	json_protocols(b, info, &first);
	json_number(b, "secrets", info->account.secrets, &first);
	json_append_key(b, "tls", &first);
	tls_rows_json(&info->tls, b);
	buffer_append_text(b, "}\n");
}

/* ---- text ---- */

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

static bool print_text(const struct info *info)
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

static bool print_json(const struct info *info)
{
	struct buffer b = {0};
	bool good;

	append_json(&b, info);
	good = !b.failed && output_json(buffer_span(&b));
	buffer_free(&b);
	return good;
}

static void free_info(struct info *info)
{
	account_free(&info->account);
	tls_rows_free(&info->tls);
	process_uses_free(&info->by_process);
	reading_close(&info->reading);
}

static int run_info(int argc, char **argv)
{
	struct info info = {0};
	struct replay_options with = {
		.handlers = {.event = on_event, .conn_end = on_conn_end, .context = &info},
	};
	struct select select = {0};
	bool json = false;
	struct command_line line = {&info_command, argc, argv, 0};
	const char *value;
	int option, status;

	while ((option = command_next_option(&line, &value)) != COMMAND_END) {
		if (option == COMMAND_HELP || option == COMMAND_WRONG)
			return option == COMMAND_HELP ? STATUS_DONE : STATUS_USAGE;
		if (option == OPT_JSON)
			json = true;
		else if (!select_option(&select, argv[0], option, value))
			return STATUS_USAGE;
	}
	if (argc - optind != 1)
		return command_fail(argv[0], "wants one recording; try 'socktape %s --help'",
				    argv[0]);
	if (!select_check(&select, argv[0], argv[optind]))
		return STATUS_USAGE;
	status = select_resolve(&select, argv[0], SELECT_OF_SESSIONS | SELECT_OF_PROCESSES);
	if (status)
		return status;
	with.selection = &select.selection;
	with.memory_limit = select.memory;
	with.keylog = select.keylog;
	status = reading_open(&info.reading, argv[0], select.operand.path, &with);
	if (status)
		return status;
	status = reading_run(&info.reading);
	info.account.damaged_events = info.reading.lost_events;
	info.account.problems = info.reading.problems;
	account_find_host(&info.account, select.operand.path);
	/* Who was selected is known by connections alone. */
	info.processes = selection_is_all(&select.selection)
				 ? replay_process_count(info.reading.replay)
				 : info.by_process.count;
	if (!(json ? print_json(&info) : print_text(&info)) && status != STATUS_USAGE)
		status = command_fail(argv[0], "the output could not be written");
	select_explain(&select, argv[0]);
	free_info(&info);
	return select_end(&select, status);
}

const struct command info_command = {
	.name = "info",
	.run = run_info,
	.arguments = "REC [options]",
	.summary = "what is in a recording: host, times, bytes, losses",
	.help = help,
	.options = options,
};
