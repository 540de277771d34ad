/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_DATA_H
#define SOCKTAPE_BPF_DATA_H

/* DATA records. */

#include "bpf/share.h"
#include "bpf/tcp_count.h"

static __always_inline void count_cut(struct lane *lane, __u8 cut, __u64 bytes)
{
	struct kernel_counters *counters = &lane->shared.counters;

	if (cut == CUT_SNAPLEN)
		counters->cut_snaplen_bytes += bytes;
	else if (cut == CUT_PRESSURE)
		counters->cut_pressure_bytes += bytes;
	else if (cut == CUT_UNREADABLE)
		counters->cut_unreadable_bytes += bytes;
	else if (cut == CUT_TOO_MANY_PIECES)
		counters->cut_pieces_bytes += bytes;
	else if (cut == CUT_TLS_WIRE)
		counters->cut_tls_bytes += bytes;
	else
		counters->cut_uncaptured_bytes += bytes;
}

static __always_inline void data_end_beside(void *to, const struct walk *walk)
{
	if (walk->peer.family) {
		*(struct kernel_address *)to = walk->peer;
		to += sizeof(struct kernel_address);
	}
	if (walk->blocked)
		*(__u64 *)to = walk->blocked;
}

/*
 * Writes what stands before the payload and completes the record. WALK tells of it: fill bytes of
 * payload are there.
 */
static __always_inline void data_end(struct lane *lane, const struct walk *walk, __u64 len)
{
	__u8 *memory = lane_memory(lane, lane->fill);
	struct kernel_data *data = (struct kernel_data *)memory;

	if (!data)
		return;
	data->record.ts = walk->ts;
	data->record.len = walk->fixed + walk->fill;
	data->record.kind = KERNEL_DATA;
	data->record.flags = (walk->peer.family ? KERNEL_DATA_PEER : 0) |
			     (walk->blocked ? KERNEL_DATA_BLOCKED : 0);
	data->conn = walk->conn;
	data->offset = walk->offset;
	data->pid = walk->pid;
	data->tid = walk->tid;
	data->fd = walk->fd;
	data->len = len;
	data->captured = walk->fill;
	data->call = walk->call;
	data->direction = walk->direction;
	data->cut = walk->cut;
	data->layer = walk->layer;
	data_end_beside(data + 1, walk);
	lane->shared.counters.data_records++;
	lane->shared.counters.data_bytes += walk->fill;
	if (walk->cut)
		count_cut(lane, walk->cut, len - walk->fill);
	lane_commit(lane, walk->fixed + walk->fill);
}

#endif
