/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_SHARE_H
#define SOCKTAPE_BPF_SHARE_H

/*
 * Who gets what is left of the pool. While more than three quarters of it are free nobody looks.
 * Below that the processes' bytes are counted, in windows of an eighth of a second: one that takes
 * at least the average of those that are active is heavy, and gets less first. What a flooder does
 * isn't paid for by who is quiet beside it. The counts may miss a few bytes: they decide only who
 * comes first.
 */

#include "bpf/lane.h"

#define SHARE_WINDOW 27 /* shift of nanoseconds */

struct share {
	__u64 window;
	__u64 bytes;  /* in it */
	__u64 before; /* in the one before it */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, struct share);
} shares SEC(".maps");

/* Of all processes. */
__u64 shares_window;
__u64 shares_bytes;
__u64 shares_before;
__u32 shares_active;
__u32 shares_active_before;

static __always_inline void shares_turn(__u64 window)
{
	bool next = shares_window + 1 == window;

	shares_before = next ? shares_bytes : 0;
	shares_active_before = next ? shares_active : 0;
	shares_window = window;
	shares_bytes = 0;
	shares_active = 0;
}

static __always_inline void share_turn(struct share *share, __u64 window)
{
	share->before = share->window + 1 == window ? share->bytes : 0;
	share->window = window;
	share->bytes = 0;
	__sync_fetch_and_add(&shares_active, 1);
}

/* Counts BYTES of process PID; 1 when it is heavy. */
__noinline int share_is_heavy(__u32 pid, __u64 bytes)
{
	__u64 window = bpf_ktime_get_ns() >> SHARE_WINDOW;
	struct share *share = bpf_map_lookup_elem(&shares, &pid);
	struct share none = {};
	__u32 active;

	if (shares_window != window)
		shares_turn(window);
	if (!share) {
		bpf_map_update_elem(&shares, &pid, &none, BPF_NOEXIST);
		share = bpf_map_lookup_elem(&shares, &pid);
	}
	if (!share)
		return 1;
	if (share->window != window)
		share_turn(share, window);
	share->bytes += bytes;
	__sync_fetch_and_add(&shares_bytes, bytes);
	active = shares_active > shares_active_before ? shares_active : shares_active_before;
	return (share->bytes + share->before) * active >= shares_bytes + shares_before;
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
