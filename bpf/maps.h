/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_MAPS_H
#define SOCKTAPE_BPF_MAPS_H

#include "bpf/arch.h"

/* Configuration and state; bpf/event.h says what user space sets. */
const volatile struct kernel_config settings = {
	.snaplen = 0xffffffff,
	.page_shift = 12,
	.chunk_shift = 18,
	.chunk_bytes = KERNEL_CHUNK_MAX,
	.chunks = KERNEL_SLAB_CHUNKS,
};
struct kernel_control control;

#define SLAB_BYTES (KERNEL_SLAB_CHUNKS * KERNEL_CHUNK_MAX + KERNEL_SLAB_MARGIN)

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, SLAB_BYTES);
} pool SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK);
	__uint(max_entries, KERNEL_SLAB_CHUNKS);
	__uint(value_size, sizeof(__u32));
} free_chunks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, KERNEL_RING_BYTES);
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
	__uint(max_entries, KERNEL_FILTERS_MAX);
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

/* Where bytes are read from. */
enum source_kind {
	SOURCE_NONE,	      /* nowhere: only the length is known */
	SOURCE_UNREADABLE,    /* the call's arguments are not readable */
	SOURCE_BUFFER,	      /* address and length in user memory */
	SOURCE_VECTOR,	      /* struct iovec in user memory */
	SOURCE_VECTOR_32,     /* that of a 32-bit program */
	SOURCE_VECTOR_KERNEL, /* a copy of one */
	SOURCE_FILE,	      /* the page cache */
};

struct source {
	__u64 at;    /* address of the bytes or of the vector; SOURCE_FILE: of the address_space */
	__u64 count; /* bytes, or elements of the vector; SOURCE_FILE: position in the file */
	__u32 kind;
};

/* A system call. */
struct syscall {
	__u32 number;
	__u8 kind;
	__u8 name; /* enum call of format/event.h */
	__u8 direction;
	__u8 is_32bit;
	__u64 first; /* arguments */
	__u64 second;
	__u64 third;
	__u64 fourth;
	__u64 fifth;
};

/* A socket as the kernel has it. */
struct socket_ref {
	__u64 sk;
	__u64 socket;
	__u64 inode;
	__u64 transport; /* enum transport */
};

/* What one call moves. */
struct transfer {
	struct socket_ref ref;
	__u64 moved; /* bytes, or messages where each has its own length */
	struct source source;
	struct kernel_address peer; /* family 0: not told */
	__u64 messages;		    /* struct mmsghdr in user memory; 0: `moved` counts bytes */
	__u64 since;		    /* when the call began to wait; 0: not told */
	__u32 pid;
	__u32 tid;
	__s32 fd;
	__u32 segment; /* size of the datagrams that `moved` is made of; 0: it is one */
	__u8 call;
	__u8 direction;
	__u8 special; /* of TLS in the kernel: a record of another type than data */
};

/*
 * The way through one call's data. It lives in a map value: on the stack the verifier would follow
 * each combination of its values through the loop.
 */
struct walk {
	__u64 ts;
	__u64 blocked; /* ns that the call has waited; 0: not told */
	__u64 key;     /* of the connection in `conns` */
	__u64 conn;
	__u64 offset;	/* stream position of what comes next */
	__u64 messages; /* struct mmsghdr in user memory, message_count of them left */
	__u64 message_count;
	struct source source; /* what comes after the piece */
	__u64 piece;	      /* address of the next bytes, piece_len of them in one piece */
	__u64 piece_len;
	__u64 skip;    /* bytes of it, and maybe of the next ones, that are not wanted */
	__u64 rest;    /* bytes of the message's later segments */
	__u64 left;    /* bytes of the message, or of its segment, that are in no complete record */
	__u64 keep;    /* of those that are not copied either: still to be captured */
	__u32 fill;    /* bytes in the record */
	__u32 room;    /* bytes that the record may have */
	__u32 fixed;   /* length of what stands before them */
	__u32 segment; /* size of the datagrams that are one message; 0: it is one itself */
	__u32 segment_default; /* where the message doesn't tell */
	__u32 pid;
	__u32 tid;
	__s32 fd;
	__u8 call;
	__u8 direction;
	__u8 cut;
	__u8 message_open; /* a message is being walked */
	__u8 record_open;  /* room for a record was found */
	__u8 datagram;
	__u8 overrun; /* the program's steps are used up: sizes only from here on */
	__u8 peer_port_filter;
	__u8 layer;
	struct kernel_address peer; /* family 0: not told */
};

#define PATH_SPACE (2 * KERNEL_EXE_LEN) /* the second half only satisfies the verifier */

/* Where a PROCESS record and the path in it are put together. */
struct process_space {
	struct kernel_process process;
	struct dentry *dentry;
	struct mount *mount;
	__u64 pos; /* the path is written from its end to its begin */
	__u8 path[PATH_SPACE];
};

/* What is to be found out of the kernel's struct msghdr, and is (bpf/received.h). */
struct wanted {
	__u64 stack_begin; /* a number, not a pointer: the verifier lets nobody calculate with those
			    */
	__u64 stack_end;   /* the tracepoint's arguments: below is nothing of the call's */
	__u64 left;	   /* bytes that the application's buffers have room for still */
	__u64 control_end; /* of its memory for control messages */
	__u64 control_left;
	__u64 name_len;	 /* of an address of the family */
	__u64 name_mask; /* 0: the address isn't wanted */
	__u64 family;
	__u64 from; /* first word of the stack to look at */
	__u64 at;   /* word of the stack where it begins; 0: not found */
	struct kernel_address peer;
};

/* Of a kernel stack that are looked at (bpf/received.h). */
#define STACK_WORDS 256

/* A CPU's. `shared` is what user space looks at; the rest belongs to who holds it. */
struct lane {
	struct kernel_lane shared;
	__u64 busy;
	__u32 reserved;
	__u32 cpu;	     /* its key in the map */
	__u32 chunk;	     /* number of the current chunk, plus 1; 0: none yet */
	__u32 fill;	     /* bytes in it */
	struct syscall call; /* the socket's hooks: what they look at */
	struct transfer transfer;
	struct walk walk;
	struct process_space process;
	struct source vector; /* that is measured, and what came out */
	__u64 capacity;
	struct wanted wanted;
	__u64 stack[STACK_WORDS];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct lane);
} lanes SEC(".maps");

/* The lane of this CPU, whoever holds it. */
static __always_inline struct lane *lane_here(void)
{
	__u32 cpu = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&lanes, &cpu);
}

/* Counts for who holds LANE; NULL: for who holds none, and may have interrupted who does. */
#define COUNT(owner, field, n)                                                                     \
	do {                                                                                       \
		struct lane *held = (owner);                                                       \
		struct lane *busy = held ? NULL : lane_here();                                     \
		if (held)                                                                          \
			held->shared.counters.field += (n);                                        \
		else if (busy)                                                                     \
			__sync_fetch_and_add(&busy->shared.nested.field, (n));                     \
	} while (0)

/* The lane of this CPU unless somebody that was interrupted here holds it; NULL then. */
static __always_inline struct lane *lane_claim(void)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct lane *lane = bpf_map_lookup_elem(&lanes, &cpu);

	if (!lane || lane->busy)
		return NULL;
	lane->busy = 1;
	lane->cpu = cpu;
	return lane;
}

static __always_inline void lane_release(struct lane *lane)
{
	if (lane)
		lane->busy = 0;
}

/*
 * Kernels from 7.0 on may preempt a program at a tracepoint, and meanwhile don't run it for anybody
 * else on that CPU. There what a program does is put between these two.
 */
#ifdef SOCKTAPE_COMPAT
static __always_inline void preemption_stop(void)
{
}

static __always_inline void preemption_go_on(void)
{
}
#else
extern void bpf_preempt_disable(void) __ksym __weak;
extern void bpf_preempt_enable(void) __ksym __weak;

static __always_inline void preemption_stop(void)
{
	if (settings.preemptible)
		bpf_preempt_disable();
}

static __always_inline void preemption_go_on(void)
{
	if (settings.preemptible)
		bpf_preempt_enable();
}
#endif

/* The body of a program at a tracepoint. */
#define UNPREEMPTED(body)                                                                          \
	({                                                                                         \
		preemption_stop();                                                                 \
		body;                                                                              \
		preemption_go_on();                                                                \
		0;                                                                                 \
	})

#endif
