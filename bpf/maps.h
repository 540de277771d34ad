/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_MAPS_H
#define SOCKTAPE_BPF_MAPS_H

#include "bpf/arch.h"

/* Configuration and state; bpf/event.h says what user space sets. */
const volatile struct kernel_config settings = {
	.snaplen = 0xffffffff,
	.page_shift = 12,
	.ring_bytes = 64 << 20,
	.wake_bytes = 16 << 20,
	.pressure_cut_bytes = 48 << 20,
	.pressure_none_bytes = 60 << 20,
};
__u32 started;
__u32 wake_latched;
__u32 conns_missed; /* the table was full once: a socket that isn't in it may be an old one */

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 << 20);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, __u64);
	__type(value, struct kernel_conn_state);
} conns SEC(".maps");

struct process_state {
	__u64 start_ts;
	__s32 status;
	__u8 gone; /* EXIT did not fit in the ring yet */
	__u8 reserved[3];
};

/* Processes that user space was told of. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, struct process_state);
} processes SEC(".maps");

/* Processes that the user named, by tgid. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, __u8);
} pids SEC(".maps");

/* Descendants of processes that pass the filter, by tgid. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, __u8);
} followed SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_CGROUP_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} cgroups SEC(".maps");

struct listen_key {
	__u32 netns;
	__u32 port;
};

/* Where somebody listens or has listened: tells the server's end of a connection. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct listen_key);
	__type(value, struct kernel_listener);
} listeners SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct kernel_counters);
} counters SEC(".maps");

/* Where the bytes of the current message are read from. */
enum walk_source {
	SOURCE_USER,
	SOURCE_FILE,
	SOURCE_NONE
};

/*
 * The way through one call's data. It lives in a map value: on the stack the verifier would follow
 * each combination of its values through the loop.
 */
struct walk {
	__u64 ts;
	__u64 key; /* of the connection in `conns` */
	__u64 conn;
	__u64 offset;	/* stream position of what comes next */
	__u64 messages; /* struct mmsghdr in user memory, message_count of them left */
	__u64 message_count;
	__u64 iov; /* struct iovec in user memory, iov_count of them left */
	__u64 iov_count;
	__u64 piece; /* address of the next bytes, piece_len of them in one piece */
	__u64 piece_len;
	__u64 left;    /* bytes of the message not in a record yet */
	__u64 keep;    /* of those that are not in the buffer either: still to be captured */
	__u64 mapping; /* SOURCE_FILE: the address_space and the position in it */
	__u64 file_offset;
	__u64 ring_fill; /* when the record was begun */
	__u32 fill;	 /* bytes in the buffer */
	__u32 room;	 /* bytes that this record may have */
	__u32 pid;
	__u32 tid;
	__s32 fd;
	__u8 call;
	__u8 direction;
	__u8 cut;
	__u8 open; /* a message is being walked */
	__u8 source;
	__u8 datagram;
	__u8 overrun; /* the program's steps are used up: sizes only from here on */
	__u8 peer_port_filter;
	__u8 iov_in_kernel; /* `iov` is a copy of the application's */
	__u8 reserved[7];
	struct kernel_address peer; /* family 0: not told */
};

/* A record with a peer begins at `named`, one without at `plain`; the payload follows both. */
union record_head {
	struct {
		struct kernel_data data;
		struct kernel_address peer;
	} named;
	struct {
		__u8 unused[sizeof(struct kernel_address)];
		struct kernel_data data;
	} plain;
};

/* Work space of a CPU. The payload's second half only satisfies the verifier. */
struct scratch {
	__u32 busy;
	__u32 cpu; /* its key in the map */
	struct walk walk;
	union record_head head;
	__u8 payload[2 * KERNEL_PAYLOAD_MAX];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scratch);
} scratch SEC(".maps");

static __always_inline struct kernel_counters *cpu_counters(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&counters, &zero);
}

#define COUNT(field, n)                                                                            \
	do {                                                                                       \
		struct kernel_counters *counter = cpu_counters();                                  \
		if (counter)                                                                       \
			counter->field += (n);                                                     \
	} while (0)

/* The scratch of this CPU unless somebody that was interrupted here holds it; NULL then. */
static __always_inline struct scratch *scratch_claim(void)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct scratch *space = bpf_map_lookup_elem(&scratch, &cpu);

	if (!space || space->busy)
		return NULL;
	space->busy = 1;
	space->cpu = cpu;
	return space;
}

static __always_inline void scratch_release(struct scratch *space)
{
	space->busy = 0;
}

#endif
