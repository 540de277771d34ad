/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/replay/account.h"

static void set_text(struct buffer *b, struct span text)
{
	buffer_clear(b);
	buffer_append_span(b, text);
}

static void take_host(struct account *a, const struct event_host *host)
{
	a->cpus = host->cpus;
	a->blind = host->blind;
	set_text(&a->hostname, host->hostname);
	set_text(&a->kernel, host->kernel);
	set_text(&a->machine, host->machine);
	set_text(&a->recorder, host->recorder);
	set_text(&a->recorder_options, host->options);
}

/* So many events stand before that of the host at most, also in a later segment. */
#define HOST_WITHIN 16

void account_find_host(struct account *a, const char *path)
{
	struct recording *recording;
	struct event event;

	/* Whoever reads it tells what is wrong with it. */
	if (a->hostname.len || recording_open(path, NULL, NULL, &recording))
		return;
	for (int i = 0; i < HOST_WITHIN && recording_next(recording, &event); i++)
		if (event.type == EVENT_HOST)
			take_host(a, &event.host);
	recording_free(recording);
}

static void take_data(struct account *a, const struct event_data *data)
{
	uint64_t missing = data->len - data->payload.len;
	bool wire = data->layer == LAYER_WIRE;

	a->data_events++;
	*(wire ? &a->kept_bytes : &a->plaintext_bytes) += data->payload.len;
	if (!missing)
		return;
	if (data->cut == CUT_TLS_WIRE) {
		a->replaced_bytes += missing;
		return;
	}
	if (cut_is_wanted(data->cut)) {
		a->snaplen_bytes += wire ? missing : 0;
		a->snapped_events++;
		return;
	}
	a->told_bytes += wire ? missing : 0;
	if ((size_t)data->cut < ACCOUNT_CAUSES) {
		a->cuts[data->cut].events++;
		a->cuts[data->cut].bytes += missing;
	}
}

void account_event(struct account *a, const struct replay *replay, const struct event *event)
{
	int64_t ts = replay_realtime(replay, event->ts);

	a->events++;
	/* What a snapshot repeats doesn't say when the recording was made. */
	if (!event->snapshot && event->type != EVENT_HOST && event->type != EVENT_PROCESS) {
		if (!a->first || ts < a->first)
			a->first = ts;
		if (ts > a->last)
			a->last = ts;
	}
	if (event->type == EVENT_HOST)
		take_host(a, &event->host);
	else if (event->type == EVENT_SECRET)
		a->secrets++;
	else if (event->type == EVENT_DATA)
		take_data(a, &event->data);
	else if (event->type == EVENT_LOSS && event->loss.elsewhere)
		a->elsewhere += event->loss.events;
	else if (event->type == EVENT_LOSS && (size_t)event->loss.cause < ACCOUNT_CAUSES) {
		a->losses[event->loss.cause].events += event->loss.events;
		a->losses[event->loss.cause].bytes += event->loss.bytes;
		if (!event->loss.conn || event->loss.layer == LAYER_WIRE)
			a->told_bytes += event->loss.bytes;
	}
}

void account_conn(struct account *a, const struct connection *c)
{
	a->connections++;
	a->earlier_bytes += c->earlier_bytes;
	a->missing_bytes += c->lost_bytes;
	if (c->origin == ORIGIN_MIDSTREAM)
		a->midstream++;
}

struct account_sums account_lost(const struct account *a)
{
	uint64_t here = a->missing_bytes - a->earlier_bytes;
	struct account_sums total = {
		.events = a->damaged_events,
		.bytes = a->earlier_bytes + (here > a->told_bytes ? here : a->told_bytes),
	};

	for (int i = 0; i < ACCOUNT_CAUSES; i++)
		total.events += a->losses[i].events;
	return total;
}

uint64_t account_moved(const struct account *a)
{
	return a->kept_bytes + a->snaplen_bytes + a->replaced_bytes + account_lost(a).bytes;
}

const char *account_incomplete(const struct account *a, const struct recording_status *status)
{
	if (status->first_segment > 1)
		return "nothing of what is here; the segments before were deleted, or are "
		       "elsewhere";
	if (status->incomplete)
		return "nothing that is known of, but a segment is not complete";
	if (a->problems)
		return "nothing that is known of, but the recording is damaged";
	if (a->snapped_events)
		return "nothing but what the snap length cut";
	for (int i = 0; i < ACCOUNT_CAUSES; i++)
		if (a->cuts[i].events)
			return "nothing but the plaintext below";
	return NULL;
}

void account_free(struct account *a)
{
	buffer_free(&a->hostname);
	buffer_free(&a->kernel);
	buffer_free(&a->machine);
	buffer_free(&a->recorder);
	buffer_free(&a->recorder_options);
}
