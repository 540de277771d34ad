/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_RECORD_BLIND_H
#define SOCKTAPE_RECORD_BLIND_H

#include <bpf/btf.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * What the kernel programs can't see on this kernel, found out from its type information: the same
 * questions that they ask themselves (bpf_core_type_exists and its like) when they are loaded.
 */

#define BLIND_BIT(spot) (UINT64_C(1) << (spot))

/* Bits of enum blind_spot. KERNEL is what btf__load_vmlinux_btf() gave; NULL: nothing is known to
 * be.
 */
uint64_t blind_spots(const struct btf *kernel);

/*
 * Whether a socket's every message passes the tracepoints of sockets: since 6.5, when sendfile()
 * and splice() began to send messages.
 */
bool kernel_traces_sockets(const struct btf *kernel);

/* Whether the kernel has tracepoint NAME. */
bool kernel_traces(const struct btf *kernel, const char *name);

#endif
