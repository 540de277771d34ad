/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_KERNEL_H
#define SOCKTAPE_BPF_KERNEL_H

/* The kernel's types, what of its headers is no type, and how to read its memory. */

#include "bpf/vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>

#include "bpf/event.h"
#include "format/numbers.h"

#define AF_UNIX	 1
#define AF_INET	 2
#define AF_INET6 10

#define PROTOCOL_TCP   6
#define PROTOCOL_UDP   17
#define PROTOCOL_MPTCP 262

#define S_IFMT	 0170000
#define S_IFSOCK 0140000

#define MSG_PEEK     0x2
#define MSG_TRUNC    0x20
#define MSG_ERRQUEUE 0x2000

#define E2BIG	    7
#define ENOSYS	    38
#define EINPROGRESS 115

/*
 * KERNEL_GET(type, pointer, field): a field of a kernel struct behind a pointer that the verifier
 * doesn't trust. bpf_rdonly_cast (6.2) makes it a plain load, at a fifth of the cost of a call of
 * bpf_probe_read_kernel.
 */
#ifdef SOCKTAPE_COMPAT
#define KERNEL_GET(type, pointer, field)                                                           \
	({                                                                                         \
		struct type *object = (struct type *)(pointer);                                    \
		BPF_CORE_READ(object, field);                                                      \
	})
#else
extern void *bpf_rdonly_cast(const void *obj__ign, __u32 btf_id__k) __ksym;
#define KERNEL_GET(type, pointer, field)                                                           \
	(((struct type *)bpf_rdonly_cast((const void *)(pointer),                                  \
					 bpf_core_type_id_kernel(struct type)))                    \
		 ->field)
#endif

static __always_inline struct task_struct *current_task(void)
{
#ifdef SOCKTAPE_COMPAT
	return (struct task_struct *)bpf_get_current_task();
#else
	return bpf_get_current_task_btf();
#endif
}

/* The compiler must not undo the bound that the verifier has to see. */
#define BOUNDED(value, max)                                                                        \
	({                                                                                         \
		__u64 bounded = (value);                                                           \
		asm volatile("" : "+r"(bounded));                                                  \
		bounded > (max) ? (max) : bounded;                                                 \
	})

#endif
