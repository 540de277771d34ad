/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_TLS_CALL_H
#define SOCKTAPE_BPF_TLS_CALL_H

/* Calls of TLS libraries that are under way, by thread that has made one, and the socket that each
 * has used. */

#include "bpf/maps.h"

/* One call's arguments. SP is where its address of return stands: it tells one call from another.
 */
struct tls_frame {
	__u64 sp;
	__u64 object;
	__u64 buffer;
	__u64 count_at; /* of a number of bytes, where the call gives it so */
};

/* TLS inside of TLS: a proxy's, and no more. */
#define TLS_CALL_DEPTH 2

struct tls_call {
	struct tls_frame frames[TLS_CALL_DEPTH];
	__u64 conn; /* of the socket that was used in it; 0: none */
	__u32 depth;
	__u32 reserved;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, KERNEL_TLS_CALLS);
	__type(key, __u32);
	__type(value, struct tls_call);
} tls_calls SEC(".maps");

/* Whether there was one at all: most sockets' calls are on hosts, or at times, without. */
static bool tls_was_called;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, KERNEL_TLS_LIBRARIES);
	__type(key, __u32);
	__type(value, struct kernel_tls_library);
} tls_libraries SEC(".maps");

/* A call that returned. */
struct tls_done {
	__u64 object;
	__u64 buffer;
	__u64 moved;
	__u64 conn;
	__u32 pid;
	__u32 tid;
	__u32 library;
	__u32 flags; /* of struct kernel_tls */
	__u8 call;
	__u8 direction;
	__u8 reserved[6];
	__u64 tag[KERNEL_TLS_TAG_LEN / 8]; /* with KERNEL_TLS_RECORD */
};

static __always_inline void tls_call_begin(__u32 tid, const struct tls_frame *frame)
{
	struct tls_call *call = bpf_map_lookup_elem(&tls_calls, &tid);
	struct tls_call first = {.depth = 1};

	if (!call) {
		tls_was_called = true;
		first.frames[0] = *frame;
		bpf_map_update_elem(&tls_calls, &tid, &first, BPF_ANY);
		return;
	}
	/* What stands below on the stack is over, however it was left. */
	if (call->depth > 1 && call->frames[1].sp <= frame->sp)
		call->depth = 1;
	if (call->depth == 1 && call->frames[0].sp <= frame->sp)
		call->depth = 0;
	if (call->depth == 0)
		call->conn = 0;
	if (call->depth == 1) {
		call->frames[1] = *frame;
		call->depth = 2;
	} else if (call->depth == 0) {
		call->frames[0] = *frame;
		call->depth = 1;
	}
}

/* The call whose address of return stood at SP; false when its beginning wasn't seen. */
static __always_inline bool tls_call_end(__u32 tid, __u64 sp, struct tls_frame *frame, __u64 *conn)
{
	struct tls_call *call = bpf_map_lookup_elem(&tls_calls, &tid);

	if (!call)
		return false;
	*conn = call->conn;
	if (call->depth > 1 && call->frames[1].sp == sp) {
		*frame = call->frames[1];
		call->depth = 1;
		return true;
	}
	if (call->depth < 1 || call->frames[0].sp != sp)
		return false;
	*frame = call->frames[0];
	/* It stays until the thread ends: to put it in and take it out costs as much as all else.
	 */
	call->depth = 0;
	return true;
}

/* The current thread has used the socket of connection CONN. */
static __always_inline void tls_call_socket(__u32 tid, __u64 conn)
{
	struct tls_call *call;

	if (!(settings.flags & KERNEL_CONFIG_TLS) || !*(volatile bool *)&tls_was_called)
		return;
	call = bpf_map_lookup_elem(&tls_calls, &tid);
	if (call && call->depth)
		call->conn = conn;
}

static __always_inline void tls_call_forget(__u32 tid)
{
	if (settings.flags & KERNEL_CONFIG_TLS)
		bpf_map_delete_elem(&tls_calls, &tid);
}

#endif
