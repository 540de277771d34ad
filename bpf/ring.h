/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_RING_H
#define SOCKTAPE_BPF_RING_H

#include "bpf/maps.h"

/*
 * Bytes in the ring that user space hasn't taken. Looking costs: the other CPUs write to what is
 * looked at. Ask once for a record, before copying, so that a full ring costs little.
 */
static __always_inline __u64 ring_fill(void)
{
	return bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA);
}

/*
 * User space looks at the ring on a timer. It is woken beyond that only once when the fill crosses
 * wake_bytes: a wake-up for each record costs thirty times what the record does.
 */
static __always_inline __u64 ring_wakeup(__u64 fill)
{
	if (fill < settings.wake_bytes) {
		if (wake_latched)
			wake_latched = 0;
		return BPF_RB_NO_WAKEUP;
	}
	if (wake_latched)
		return BPF_RB_NO_WAKEUP;
	wake_latched = 1;
	return BPF_RB_FORCE_WAKEUP;
}

/* Payload that the next record may have. */
static __always_inline __u32 ring_room(__u64 fill)
{
	if (fill < settings.pressure_cut_bytes)
		return KERNEL_PAYLOAD_MAX;
	return fill < settings.pressure_none_bytes ? KERNEL_PAYLOAD_PRESSURE : 0;
}

static __always_inline void record_begin(struct kernel_record *record, __u16 kind, __u32 len)
{
	record->ts = bpf_ktime_get_ns();
	record->len = len;
	record->kind = kind;
	record->flags = 0;
}

#endif
