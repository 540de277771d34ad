/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/command/info.h"

#include <inttypes.h>

#include "analyze/output/output.h"
#include "protocols/value/json.h"

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

bool info_print_json(const struct info *info)
{
	struct buffer b = {0};
	bool good;

	append_json(&b, info);
	good = !b.failed && output_json(buffer_span(&b));
	buffer_free(&b);
	return good;
}
