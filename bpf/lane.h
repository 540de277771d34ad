/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_LANE_H
#define SOCKTAPE_BPF_LANE_H

/* Records on their way to user space: bpf/event.h tells how. */

#include "bpf/maps.h"

/* What a chunk must always have room for. */
#define CHUNK_TAIL sizeof(struct kernel_next)

static __always_inline void record_begin(struct kernel_record *record, __u16 kind, __u32 len)
{
	record->ts = bpf_ktime_get_ns();
	record->len = len;
	record->kind = kind;
	record->flags = 0;
}

static __always_inline __u32 chunks_free(void)
{
	__u32 used = *(volatile __u32 *)&control.taken - *(volatile __u32 *)&control.freed;

	return settings.chunks - used;
}

/* Memory at byte AT of the lane's chunk; after it at least KERNEL_SLAB_MARGIN may be written. */
static __always_inline __u8 *lane_memory(struct lane *lane, __u64 at)
{
	__u32 chunk = lane->chunk - 1;
	__u32 slab = chunk / KERNEL_SLAB_CHUNKS;
	__u8 *memory = bpf_map_lookup_elem(&pool, &slab);

	if (!memory)
		return NULL;
	/* Verifiers before 6.10 know of shifts by a constant, but of no product of a variable. */
	return memory + ((__u64)(chunk % KERNEL_SLAB_CHUNKS) << (settings.chunk_shift & 31)) +
	       BOUNDED(at, settings.chunk_bytes);
}

/* Everything before the lane's fill is complete: user space may read it. */
static __always_inline void lane_publish(struct lane *lane)
{
	__u64 mark = (__u64)lane->chunk << 32 | lane->fill;

	asm volatile("" ::: "memory");
	*(volatile __u64 *)&lane->shared.mark = mark;
}

/*
 * User space looks on a timer; it is woken, once, where more has come than a sixteenth of the pool:
 * a burst fills that in some hundredths of a second. The chunks that CPUs are filling aren't
 * counted.
 */
static __always_inline void pool_wake(void)
{
	__u32 chunks = settings.chunks;
	__u32 mark = chunks / 16 + settings.tls_lane_first;
	struct kernel_record wake;

	if (mark > chunks / 4)
		mark = chunks / 4;
	if (control.woken || chunks - chunks_free() < mark)
		return;
	control.woken = 1;
	record_begin(&wake, KERNEL_WAKE, sizeof(wake));
	bpf_ringbuf_output(&ring, &wake, sizeof(wake), BPF_RB_FORCE_WAKEUP);
}

/* Goes on in a free chunk; false when there is none. */
static __noinline bool lane_turn(struct lane *lane)
{
	struct kernel_next *last;
	__u32 next;

	if (bpf_map_pop_elem(&free_chunks, &next))
		return false;
	if (lane->chunk) {
		last = (struct kernel_next *)lane_memory(lane, lane->fill);
		if (!last)
			return false;
		record_begin(&last->record, KERNEL_NEXT, sizeof(*last));
		last->next = next;
	} else {
		lane->shared.first = next;
	}
	__sync_fetch_and_add(&control.taken, 1);
	lane->chunk = next + 1;
	lane->fill = 0;
	lane_publish(lane);
	pool_wake();
	return true;
}

/* Makes sure that a record of SIZE bytes fits in the lane's chunk; false when the pool is full. */
static __always_inline bool lane_room(struct lane *lane, __u32 size)
{
	if (lane->chunk && lane->fill + size + CHUNK_TAIL <= settings.chunk_bytes)
		return true;
	return lane_turn(lane);
}

/* The record of SIZE bytes that was written at the lane's fill is complete. */
static __always_inline void lane_commit(struct lane *lane, __u32 size)
{
	lane->fill += (size + 7) & ~7U;
	lane_publish(lane);
}

/*
 * Sends a record of constant size, that lies on the stack, through the lane, or through the ring
 * when LANE is NULL.
 */
#define RECORD_SEND(lane, data)                                                                    \
	({                                                                                         \
		bool sent = false;                                                                 \
		if (!(lane)) {                                                                     \
			sent = !bpf_ringbuf_output(&ring, (data), sizeof(*(data)),                 \
						   BPF_RB_NO_WAKEUP);                              \
		} else if (lane_room((lane), sizeof(*(data)))) {                                   \
			__u8 *to = lane_memory((lane), (lane)->fill);                              \
			if (to) {                                                                  \
				__builtin_memcpy(to, (data), sizeof(*(data)));                     \
				lane_commit((lane), sizeof(*(data)));                              \
				sent = true;                                                       \
			}                                                                          \
		}                                                                                  \
		if (!sent)                                                                         \
			COUNT(lane, lost_meta_records, 1);                                         \
		sent;                                                                              \
	})

#endif
