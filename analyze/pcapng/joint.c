/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/pcapng/joint.h"

#include <stdlib.h>

/* Data of the other end, for which the written end is not ready. */
struct waiting {
	struct waiting *next;
	struct event_data data;
	int64_t ts;
	uint8_t bytes[];
};

struct joint {
	struct joint_options options;
	struct stream *stream;
	uint64_t seen[2]; /* how far the written end has come */
	bool own_ended;
	struct waiting *first[2];
	struct waiting **last[2];
};

struct joint *joint_new(const struct joint_options *options, int64_t ts)
{
	struct joint *j = calloc(1, sizeof(*j));

	if (!j)
		return NULL;
	j->options = *options;
	j->last[0] = &j->first[0];
	j->last[1] = &j->first[1];
	j->stream = stream_new(&options->stream, ts);
	if (j->stream)
		return j;
	free(j);
	return NULL;
}

/* Without the first N bytes. */
static void skip(struct event_data *data, uint64_t n)
{
	size_t kept = data->payload.len < n ? data->payload.len : (size_t)n;

	data->offset += n;
	data->len -= n;
	data->payload = span_of(data->payload.data + kept, data->payload.len - kept);
}

/* The written end may still get to where DATA begins. */
static bool is_early(const struct joint *j, const struct event_data *data)
{
	enum direction d = data->direction;

	return !j->own_ended && j->seen[d] < j->options.high[d] &&
	       data->offset >= j->options.high[d];
}

static bool wait_for_own(struct joint *j, const struct event_data *data, int64_t ts)
{
	struct waiting *w;

	if (*j->options.waiting + data->payload.len > JOINT_WAITING_MAX)
		return false;
	w = malloc(sizeof(*w) + data->payload.len);
	if (!w)
		return false;
	*w = (struct waiting){.data = *data, .ts = ts};
	if (data->payload.len)
		memcpy(w->bytes, data->payload.data, data->payload.len);
	w->data.payload = span_of(w->bytes, data->payload.len);
	*j->options.waiting += data->payload.len;
	*j->last[data->direction] = w;
	j->last[data->direction] = &w->next;
	return true;
}

static struct waiting *take_waiting(struct joint *j, enum direction direction)
{
	struct waiting *w = j->first[direction];

	j->first[direction] = w->next;
	if (!w->next)
		j->last[direction] = &j->first[direction];
	*j->options.waiting -= w->data.payload.len;
	return w;
}

/* What waited for the written end to come as far as it will. */
static void give_waiting(struct joint *j, enum direction direction)
{
	while (j->first[direction] && !is_early(j, &j->first[direction]->data)) {
		struct waiting *w = take_waiting(j, direction);

		stream_data(j->stream, &w->data, w->ts);
		free(w);
	}
}

/*
 * Of a stream that lacks something, what a call moved and nobody kept is left open: the other end
 * may have it. What the user didn't want is not waited for.
 */
static void leave_open(const struct joint *j, struct event_data *data)
{
	if (!j->options.complete[data->direction] && !cut_is_wanted(data->cut))
		data->len = data->payload.len;
}

static void own_data(struct joint *j, struct event_data *data, int64_t ts)
{
	uint64_t end = data->offset + data->len;
	enum direction d = data->direction;

	if (j->options.stream.patient)
		leave_open(j, data);
	stream_data(j->stream, data, ts);
	if (j->seen[d] < end)
		j->seen[d] = end;
	give_waiting(j, d);
}

static bool other_data(struct joint *j, struct event_data *data, int64_t ts)
{
	uint64_t high = j->options.high[data->direction];

	if (j->options.complete[data->direction]) {
		if (data->offset + data->len <= high)
			return true;
		if (data->offset < high)
			skip(data, high - data->offset);
	}
	leave_open(j, data);
	if (is_early(j, data))
		return wait_for_own(j, data, ts);
	stream_data(j->stream, data, ts);
	return true;
}

bool joint_data(struct joint *j, bool own, const struct event_data *data, int64_t ts)
{
	struct event_data part = *data;

	if (!own)
		return other_data(j, &part, ts);
	own_data(j, &part, ts);
	return true;
}

void joint_own_end(struct joint *j)
{
	j->own_ended = true;
	give_waiting(j, DIRECTION_SENT);
	give_waiting(j, DIRECTION_RECEIVED);
}

bool joint_waits(const struct joint *j)
{
	return stream_waits(j->stream);
}

void joint_expire(struct joint *j, int64_t now)
{
	stream_expire(j->stream, now);
}

void joint_finish(struct joint *j, const struct stream_end *end)
{
	stream_finish(j->stream, end);
}

bool joint_pack(const struct joint *j, struct buffer *out)
{
	if (joint_waits(j) || j->first[DIRECTION_SENT] || j->first[DIRECTION_RECEIVED])
		return false;
	buffer_append(out, j, sizeof(*j));
	stream_pack(j->stream, out);
	return !out->failed;
}

struct joint *joint_unpack(struct unpack *in, void *context)
{
	struct joint *j = malloc(sizeof(*j));

	if (!j)
		return NULL;
	unpack_bytes(in, j, sizeof(*j));
	j->last[0] = &j->first[0];
	j->last[1] = &j->first[1];
	j->stream = stream_unpack(in, context);
	if (j->stream)
		return j;
	free(j);
	return NULL;
}

size_t joint_size(void)
{
	return sizeof(struct joint) + BUDGET_OVERHEAD + stream_size();
}

void joint_free(struct joint *j)
{
	if (!j)
		return;
	for (int direction = 0; direction < 2; direction++)
		while (j->first[direction])
			free(take_waiting(j, (enum direction)direction));
	stream_free(j->stream);
	free(j);
}
