/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_SHARE_H
#define SOCKTAPE_BPF_SHARE_H

/*
 * Who gets what is left of the pool. While more than three quarters of it are free nobody looks.
 * Below that the processes' bytes are counted, in windows of an eighth of a second: one that takes
 * about the average of those that are active, or more, is heavy, and gets less first. What a
 * flooder does isn't paid for by who is quiet beside it. Two processors that begin a window at once
 * may lose a record's bytes of it, and no more: it decides only who comes first.
 */

#include "bpf/lane.h"

#define SHARE_WINDOW 27 /* shift of nanoseconds */

/* Of one window. The one before it has the other place, and is there as long as it counts. */
struct share_count {
	__u64 window;
	__u64 bytes;
	__u64 active;	/* processes; for all of them only */
	__u64 reserved; /* old verifiers know of shifts, but of no product of a variable */
};

struct share {
	struct share_count counts[2];
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, struct share);
} shares SEC(".maps");

static struct share share_of_all;
static const struct share share_blank; /* the stack has no room for it */

/* The count of WINDOW; true in *TURNED when it begins here. */
static __always_inline struct share_count *share_count_of(struct share *share, __u64 window,
							  bool *turned)
{
	struct share_count *count = &share->counts[window & 1];

	*turned = count->window != window;
	if (*turned) {
		count->window = window;
		count->bytes = 0;
		count->active = 0;
	}
	return count;
}

/* Whether the count of the other place is that of the window before. */
static __always_inline bool share_count_follows(const struct share_count *before, __u64 window)
{
	return before->window + 1 == window;
}

/* Counts BYTES of process PID; 1 when it is heavy. */
__noinline int share_is_heavy(__u32 pid, __u64 bytes)
{
	__u64 window = bpf_ktime_get_ns() >> SHARE_WINDOW;
	struct share *share = bpf_map_lookup_elem(&shares, &pid);
	struct share_count *all, *own, *before;
	__u64 own_bytes, all_bytes, active;
	bool turned;

	if (!share) {
		bpf_map_update_elem(&shares, &pid, &share_blank, BPF_NOEXIST);
		share = bpf_map_lookup_elem(&shares, &pid);
	}
	if (!share)
		return 1;
	all = share_count_of(&share_of_all, window, &turned);
	own = share_count_of(share, window, &turned);
	if (turned)
		__sync_fetch_and_add(&all->active, 1);
	__sync_fetch_and_add(&own->bytes, bytes);
	__sync_fetch_and_add(&all->bytes, bytes);
	own_bytes = own->bytes;
	all_bytes = all->bytes;
	active = all->active;
	before = &share->counts[(window + 1) & 1];
	if (share_count_follows(before, window))
		own_bytes += before->bytes;
	before = &share_of_all.counts[(window + 1) & 1];
	if (share_count_follows(before, window)) {
		all_bytes += before->bytes;
		if (active < before->active)
			active = before->active;
	}
	return (own_bytes + own_bytes / 8) * active >= all_bytes;
}

#define ROOM_NONE (-1)

/*
 * Payload that the next record of process PID may have, of KEEP bytes that are wanted; ROOM_NONE:
 * there is none even for the record.
 */
static __always_inline __s32 share_room(__u32 pid, __u64 keep)
{
	__u32 chunks = settings.chunks;
	__u32 free = chunks_free();
	__u32 room = KERNEL_PAYLOAD_MAX;

	if (free < chunks / 4 * 3) {
		if (!share_is_heavy(pid, sizeof(struct kernel_data) + keep)) {
			if (free < chunks / 32)
				room = KERNEL_PAYLOAD_PRESSURE;
		} else if (free < chunks / 32 * 4) { /* of a small pool nothing is kept free */
			return ROOM_NONE;
		} else if (free < chunks / 8 * 3) {
			room = free < chunks / 4 ? 0 : KERNEL_PAYLOAD_PRESSURE;
		}
	}
	return keep < room ? keep : room;
}

#endif
