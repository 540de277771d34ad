/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_XARRAY_H
#define SOCKTAPE_BPF_XARRAY_H

/* Looks into the kernel's sparse arrays (include/linux/xarray.h). */

#include "bpf/arch.h"

/* Entries have two tag bits; nodes have 64 slots. */
#define XARRAY_NODE	2
#define XARRAY_TAGS	3
#define XARRAY_LEVELS	11
#define XARRAY_SLOTS	64
#define XARRAY_NODE_MIN 4096

/* The pointer at INDEX; 0 when there is none. */
static __always_inline __u64 xarray_get(struct xarray *xarray, __u64 index)
{
	__u64 entry = (__u64)BPF_CORE_READ(xarray, xa_head);

	for (int level = 0; level < XARRAY_LEVELS; level++) {
		struct xa_node *node = (struct xa_node *)(entry - XARRAY_NODE);
		__u64 slot;
		__u8 shift;

		if ((entry & XARRAY_TAGS) != XARRAY_NODE || entry < XARRAY_NODE_MIN)
			break;
		shift = BPF_CORE_READ(node, shift);
		slot = (index >> (shift & 63)) & (XARRAY_SLOTS - 1);
		if (bpf_core_read(&entry, sizeof(entry), &node->slots[slot]))
			return 0;
		if ((entry & XARRAY_TAGS) == XARRAY_NODE && entry < XARRAY_NODE_MIN) {
			/* a sibling: the number of the slot that has the pointer */
			slot = (entry >> 2) & (XARRAY_SLOTS - 1);
			if (bpf_core_read(&entry, sizeof(entry), &node->slots[slot]))
				return 0;
		}
	}
	return entry & XARRAY_TAGS ? 0 : entry;
}

#endif
