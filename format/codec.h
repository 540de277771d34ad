/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_FORMAT_CODEC_H
#define SOCKTAPE_FORMAT_CODEC_H

/*
 * The one translator between struct event and the bytes of a block (format/tape.h): encode.c and
 * decode.c. Internal to format/.
 */

#include "format/buffer.h"
#include "format/error.h"
#include "format/event.h"

/* The largest payload or key log line of one event: the rest of TAPE_EVENT_MAX is for the head. */
#define CODEC_PAYLOAD_MAX (15u << 20)

#define CODEC_FILTER_WORDS 4
#define CODEC_CUTS	   16 /* as many as four bits tell apart */
#define CODEC_CAUSES	   16 /* later ones count as unknown */

/* What the header of a block says about the events in it. */
struct codec_stats {
	uint32_t event_count;
	uint32_t snapshot_count;
	int64_t ts_base;
	int64_t ts_min;
	int64_t ts_max;
	uint64_t data_events;
	uint64_t data_bytes;
	struct loss_sum plaintext;	/* of those, LAYER_TLS: events and bytes */
	uint64_t cut_bytes[CODEC_CUTS]; /* not in data_bytes, by enum cut; of LAYER_WIRE alone */
	uint64_t lost_events;
	uint64_t lost_bytes;
	struct loss_sum lost[CODEC_CAUSES]; /* the same by enum loss_cause */
	uint64_t conn_filter[CODEC_FILTER_WORDS];
	uint64_t process_filter[CODEC_FILTER_WORDS];
	uint32_t event_types; /* bit n for type n */
	int64_t clock_offset; /* realtime less monotonic, by the last CLOCK, when there is one */
};

struct encoder_flow {
	uint64_t key[3];
	uint64_t position; /* where the next event of the flow continues */
};

/* Zero-initialised is an empty block. */
struct encoder {
	struct buffer raw; /* the events of the block */
	struct codec_stats stats;
	int64_t ts; /* of the last event */
	struct encoder_flow *flows;
	uint32_t flow_count;
	uint32_t flow_capacity;
	uint32_t *slots; /* hash table: index of a flow + 1, or 0 */
	uint32_t slot_count;
};

/* TAPE_ERROR_LIMIT: the event breaks a rule, nothing changed. After TAPE_ERROR_MEMORY: reset. */
MUST_CHECK enum tape_error encoder_event(struct encoder *e, const struct event *event);

/* Where a stream stood at the end of a block. */
struct block_position {
	uint64_t conn;
	uint64_t position;
	uint8_t direction;
	uint8_t layer;
};

/* format/block.h; the array is a part of it. */
struct block {
	struct buffer raw;
	struct codec_stats stats;
	size_t position_count;
	struct block_position positions[];
};

/* The block so far, and begins the next one without memory; NULL when there is none for that. */
struct block *encoder_take(struct encoder *e);

/* Begins the next block; keeps the memory. */
void encoder_reset(struct encoder *e);
void encoder_free(struct encoder *e);

struct decoder_flow {
	uint64_t conn; /* 0: the flow can't be used, its data is skipped */
	uint64_t position;
	uint32_t pid;
	uint32_t tid;
	int32_t fd;
	uint8_t call;
	uint8_t direction;
	uint8_t layer;
};

/* Zero-initialised is an empty block. */
struct decoder {
	struct span raw;
	size_t pos;
	size_t coming; /* behind the event that decoder_coming() told of last */
	int64_t ts;
	struct decoder_flow *flows;
	size_t flow_count;
	size_t flow_capacity;
	enum tape_error error; /* why decoder_next() ended; TAPE_OK at the end of the block */
};

/* Bytes of memory for the flows of the largest block so far. */
static inline size_t decoder_memory(const struct decoder *d)
{
	return d->flow_capacity * sizeof(*d->flows);
}

/* Begins a block. RAW is borrowed until the next block; events point into it. */
void decoder_begin(struct decoder *d, struct span raw, int64_t ts_base);

/* The next event; false at the end, at malformed bytes, or without memory (d->error tells). */
bool decoder_next(struct decoder *d, struct event *event);

/* See recording_coming(). To be asked once for each event. */
uint64_t decoder_coming(struct decoder *d);

/* The next event that isn't DATA. To be used from the begin of a block to its end. */
bool decoder_next_other(struct decoder *d, struct event *event);

void decoder_free(struct decoder *d);

static inline int64_t codec_clamp_time(int64_t ts)
{
	if (ts < 0)
		return 0;
	return ts > EVENT_TIME_MAX ? EVENT_TIME_MAX : ts;
}

#endif
