/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_EVENT_H
#define SOCKTAPE_BPF_EVENT_H

/*
 * What the kernel programs and socktape-record tell each other: the only header they share, and
 * for one run only. Nothing of it reaches a file: record/translate.c turns it into format/event.h.
 *
 * Included after bpf/vmlinux.h in a kernel program and after <stdint.h>/<linux/types.h> in user
 * space.
 */

#define KERNEL_COMM_LEN 16
#define KERNEL_PATH_LEN 108 /* sizeof(sockaddr_un.sun_path) */

/*
 * At most this much payload rides in one record. A longer call on a stream becomes several records;
 * a datagram never does (UDP's longest is 65507 bytes): of a longer one the rest is cut.
 */
#define KERNEL_PAYLOAD_MAX 65536

/* Payload kept of each record when the pool is under pressure. */
#define KERNEL_PAYLOAD_PRESSURE 512

/*
 * How records get to user space.
 *
 * The pool is memory that both sides have mapped (array map `pool`, BPF_F_MMAPABLE), in chunks of
 * settings.chunk_bytes. Each CPU fills a chunk of its own; when the next record doesn't fit, it
 * takes a free one and ends the full one with a NEXT record. Map `free_chunks` is a stack: the
 * chunk that was emptied last, and is still in the cache, is used next. So the pool takes bursts,
 * and what is written to is no more than a few chunks for each CPU.
 *
 * Array map `lanes` (mmapable, an entry for each possible CPU, beginning with struct kernel_lane)
 * tells how far each CPU has come; with TLS there are as many again for the programs in libraries,
 * which may be preempted, and take one that is free. User space reads a lane's chunks one after the
 * other, up to the mark, and puts each back on the stack when it has its NEXT record, then adds to
 * control.freed.
 *
 * Only one program at a time writes to a lane. What runs in an interrupt in the middle of another
 * puts its records, which are small, into the ring buffer `ring` instead. The ring also wakes user
 * space when the pool fills faster than it is looked at.
 *
 * Chunk C stands in element C / KERNEL_SLAB_CHUNKS of the pool, as the (C % KERNEL_SLAB_CHUNKS)th
 * there. An element is larger than its chunks by KERNEL_SLAB_MARGIN, which satisfies the verifier:
 * elements are looked at as a whole, and no record leaves its chunk.
 */
#define KERNEL_CHUNK_MIN   (128 << 10)
#define KERNEL_CHUNK_MAX   (256 << 10)
#define KERNEL_SLAB_CHUNKS 8
#define KERNEL_SLAB_MARGIN (KERNEL_PAYLOAD_MAX + 4096)
#define KERNEL_RING_BYTES  (256 << 10)

/*
 * Programs, by name in the skeleton, and how user space treats them.
 *
 * on_sys_exit, on_tcp_state, on_tcp_destroy, on_fork, on_exec, on_exit: needed; attached at start.
 *
 * mark_sockets (iter/task_file): needed. After the others are attached, its iterator is read to the
 * end once, then control.started becomes 1. Every socket that existed is in `conns` as MIDSTREAM
 * then, and what appears later counts as OPENED.
 *
 * sweep_conns (iter/bpf_map_elem over `conns`) and sweep_processes (over `processes`): read to the
 * end about once a second. They send CLOSE for sockets that are gone, CONN for those that carried
 * nothing so far, and CLOSE and EXIT that did not fit in the pool before. They need 5.9; with
 * autoload off only TCP's ends are seen.
 *
 * on_switch: tells since when calls had to wait. In socktape_bpf only.
 *
 * on_uring_submit, on_uring_complete: need an io_uring_complete tracepoint with the arguments
 * (ctx, req, cqe); where loading fails with them, they are left out.
 *
 * tls_enter, tls_leave (uprobe, uretprobe): loaded with KERNEL_CONFIG_TLS, attached to functions of
 * TLS libraries as they are found; need bpf_get_attach_cookie (5.15). So are tls_go_write,
 * tls_go_read and tls_go_copy (uprobe), in programs of Go's: never with a return probe; and
 * tls_moved (uprobe), where one probe is enough: in socktape_bpf only, as those. tls_secret,
 * tls_go_secret and tls_go_master (uprobe) are loaded in their place to record secrets.
 *
 * Iterators give no output: read() returns 0 when everything was walked, EAGAIN asks to go on.
 *
 * Object socktape_bpf needs bpf_rdonly_cast (6.2), atomic fetch (5.12) and bpf_get_current_task_btf
 * (5.11). Object socktape_compat_bpf has the same programs, maps and rodata for kernels from 5.8
 * on; user space tries it when socktape_bpf does not load.
 *
 * Sized before loading: `pool` (elements, and their size: KERNEL_SLAB_CHUNKS * settings.chunk_bytes
 * + KERNEL_SLAB_MARGIN), `free_chunks` to all chunks, `lanes` to one entry for each possible CPU,
 * `conns`. Filled by user space: `free_chunks` (u32 number of a chunk), `pids` (u32 tgid -> u8) and
 * `cgroups` (descriptors of cgroup v2 directories, from key 0).
 */

enum kernel_record_kind {
	KERNEL_DATA = 1,
	KERNEL_CONN = 2,
	KERNEL_CLOSE = 3,
	KERNEL_PROCESS = 4,
	KERNEL_EXIT = 5,
	KERNEL_NEXT = 6, /* the last one of a chunk */
	KERNEL_WAKE = 7, /* in the ring: says nothing */
	KERNEL_STATE = 8,
	KERNEL_UNSEEN = 9,
	KERNEL_TLS = 10,
	KERNEL_SECRET = 11,
};

/* Begins every record, at a multiple of 8 bytes. */
struct kernel_record {
	__u64 ts;  /* CLOCK_MONOTONIC, ns */
	__u32 len; /* of the whole record */
	__u16 kind;
	__u16 flags;
};

/* The lane goes on at the beginning of chunk `next`. */
struct kernel_next {
	struct kernel_record record;
	__u64 next;
};

/* Follow the fixed part in this order; then the payload. */
#define KERNEL_DATA_PEER    1 /* a struct kernel_address */
#define KERNEL_DATA_BLOCKED 2 /* __u64: ns since the call had to wait for the first time */

struct kernel_address {
	__u8 family; /* enum address_family of format/event.h: 0, 1, 4, 6 */
	__u8 reserved;
	__u16 port; /* host order */
	__u32 scope;
	__u8 ip[16]; /* network order */
};

/* Bytes that a call moved. A call that needs several records gives each its own offset and len. */
struct kernel_data {
	struct kernel_record record;
	__u64 conn;
	__u64 offset; /* in its stream */
	__u32 pid;
	__u32 tid;
	__s32 fd;	/* -1 when unknown */
	__u32 len;	/* moved by the application in this record */
	__u32 captured; /* bytes of payload that follow */
	__u8 call;	/* enum call of format/event.h */
	__u8 direction; /* enum direction */
	__u8 cut;	/* enum cut: why captured < len */
	__u8 layer; /* enum layer; of LAYER_TLS conn and offset are those of a KERNEL_TLS, unless
		     * conn is a socket's: then the kernel makes TLS of it */
};

/* A connection seen for the first time, or again because its addresses are known now. */
struct kernel_conn {
	struct kernel_record record;
	__u64 conn;
	__u64 inode; /* of the socket in sockfs: socket:[inode] */
	__u64 opened_ts;
	__u64 established_ts; /* end of TCP's handshake; 0 when unknown */
	__u64 state_ts;	      /* since when, 0 when unknown */
	__u64 sent;	      /* positions at this moment */
	__u64 received;
	struct kernel_address local;
	struct kernel_address remote;
	__u32 netns; /* inode number of the network namespace */
	__u32 pid;
	__s32 fd;
	__u8 transport; /* enum transport */
	__u8 role;	/* enum role */
	__u8 origin;	/* enum conn_origin */
	__u8 state;	/* enum conn_state: of TCP alone */
	__u8 state_by;	/* enum conn_end */
	__u8 reserved;
	__u16 error;	      /* errno, of a state that is an error */
	__u16 local_path_len; /* Unix: bytes used of the path; an abstract name begins with zero */
	__u16 remote_path_len;
	__u16 reserved2;
	__u8 local_path[KERNEL_PATH_LEN];
	__u8 remote_path[KERNEL_PATH_LEN];
};

/* A connection that user space knows of changes its state. */
struct kernel_state {
	struct kernel_record record;
	__u64 conn;
	__u16 error; /* errno */
	__u8 state;  /* enum conn_state */
	__u8 by;     /* enum conn_end */
	__u32 reserved;
};

/* Bytes that TCP has counted, and no program has seen. */
struct kernel_unseen {
	struct kernel_record record;
	__u64 conn;
	__u64 position;
	__u64 bytes;
	__u8 direction; /* enum direction */
	__u8 reserved[7];
};

/*
 * Plaintext of an object of a TLS library follows. `session` has a number that no connection has;
 * it is another one when the object was given another client random.
 */
#define KERNEL_RANDOM_LEN	 32
#define KERNEL_TLS_SESSION_FIRST 1000000000000ULL

struct kernel_tls {
	struct kernel_record record;
	__u64 session;
	__u64 object;
	__u64 conn; /* whose socket was used inside of its calls, or that it names; 0: not known */
	__u64 sent; /* positions of the plaintext at this moment */
	__u64 received;
	__u32 pid;
	__u32 tid;
	__u32 library; /* element of `tls_libraries` */
	__u32 flags;
	__u64 random[KERNEL_RANDOM_LEN / 8]; /* zero: not known */
};

/* flags */
#define KERNEL_TLS_NAMED  1 /* conn is that of the descriptor in the object */
#define KERNEL_TLS_SERVER 2 /* the object is a server's, or a client's; neither: not known */
#define KERNEL_TLS_CLIENT 4
#define KERNEL_TLS_RECORD 8  /* the object has one direction; random is the tag of its record */
#define KERNEL_TLS_IN	  16 /* which is that of receiving */
#define KERNEL_TLS_OWN	  32 /* conn is that of the descriptor which the object itself uses */

#define KERNEL_TLS_TAG_LEN 16

/*
 * A secret of a TLS connection. `label` is what a key log calls it, filled up with zeros; empty: a
 * master secret of TLS 1.2.
 */
#define KERNEL_LABEL_LEN  32
#define KERNEL_SECRET_LEN 48 /* a master secret, or SHA-384's output */

struct kernel_secret {
	struct kernel_record record;
	__u32 pid;
	__u32 tid;
	__u32 library; /* element of `tls_libraries` */
	__u16 len;     /* of the secret */
	__u16 older;   /* it was in an object, whose call is about to use its socket */
	__u64 random[KERNEL_RANDOM_LEN / 8]; /* zero: not known; older and Go's: a made-up name */
	char label[KERNEL_LABEL_LEN];
	__u8 secret[KERNEL_SECRET_LEN];
};

/*
 * Cookie of a probe in a TLS library: element of `tls_libraries`, enum call, and what its function
 * is like.
 */
#define KERNEL_TLS_COOKIE(library, call) ((__u64)(library) | (__u64)(call) << 16)
#define KERNEL_TLS_LIBRARY(cookie)	 ((__u32)(cookie)&0xffff)
#define KERNEL_TLS_CALL(cookie)		 ((__u8)((cookie) >> 16))
#define KERNEL_TLS_RECEIVES		 (1ULL << 32)
#define KERNEL_TLS_COUNTED		 (1ULL << 33) /* returns 1, and the bytes through argument 4 */
#define KERNEL_TLS_TYPED		 (1ULL << 34) /* argument 2 is a type of record, data follows */
#define KERNEL_TLS_BRANCH		 (1ULL << 35) /* Go: at the branch that makes the stack larger */
#define KERNEL_TLS_WRAPPED		 (1ULL << 36) /* the random is handed on: bpf/tls_secret.h */
#define KERNEL_TLS_FIFTH		 (1ULL << 37) /* with COUNTED: through argument 5 */

/* Of tls_moved: numbers of registers, as instructions encode them, that calls leave as they are. */
#define KERNEL_TLS_REGISTERS(object, buffer, count_at, peeks)                                      \
	((__u64)(object) << 40 | (__u64)(buffer) << 44 | (__u64)(count_at) << 48 |                 \
	 (__u64)(peeks) << 52)
#define KERNEL_TLS_OBJECT_IN(cookie) ((cookie) >> 40 & 15)
#define KERNEL_TLS_BUFFER_IN(cookie) ((cookie) >> 44 & 15)
#define KERNEL_TLS_COUNT_IN(cookie)  ((cookie) >> 48 & 15) /* address of a number of bytes */
#define KERNEL_TLS_PEEKS_IN(cookie)  ((cookie) >> 52 & 15) /* not 0: nothing was taken; 0: none */

#define KERNEL_TLS_DATA_TYPE 0x17      /* application_data: RFC 8446 section 5.1 */
#define KERNEL_TLS_MOVED_MAX (1 << 30) /* of one call; more is no length */

#define KERNEL_TLS_LIBRARIES 1024
#define KERNEL_TLS_SESSIONS  32768
#define KERNEL_TLS_CALLS     32768 /* threads that have made a call */

/* Value of map `tls_libraries`: where an object has what is asked for. */
struct kernel_tls_library {
	__u32 random_in;  /* offset of a pointer to the struct with the client random; 0: the object
			   */
	__u32 random_at;  /* offset of the client random in it; 0: not known */
	__u32 server_at;  /* offset of a number: 1 at the server's end, else 0; 0: not known */
	__u32 secrets_at; /* offset of two secrets, 64 bytes each; 0: not known */
	__u32 master_in;  /* offset of a pointer to the struct with the master secret of TLS 1.2,
			   * where  no object has both kinds; 0: the object, where both are looked at
			   */
	__u32 master_at;  /* offset of the master secret in it; 0: not known */
	__s32 server_random; /* where the server's random is from the client's on */
	/* OpenSSL's BIO that an object reads with. */
	__u32 bio_in;	  /* offset of a pointer to it; 0: not known */
	__u32 bio_method; /* offset in it of a pointer to its methods, which begin with its type */
	__u32 bio_fd;	  /* offset in it of its descriptor, if it is of a type that has one */
	/* Go's, whose objects have no client random; 0: not known. */
	__u32 go_version; /* offset of the version, a number of 16 bits */
	__u32 go_client;  /* offset of a byte: 1 at the client's end, else 0 */
	__u32 go_sent;	  /* offsets of slices: the secrets of TLS 1.3 in use */
	__u32 go_received;
};

struct kernel_close {
	struct kernel_record record;
	__u64 conn;
	__u64 sent;
	__u64 received;
};

#define KERNEL_ARGS_LEN 1024
#define KERNEL_EXE_LEN	256

/*
 * A process whose socket activity is recorded, or that changed its program. The kernel side gives
 * what a process that is gone a moment later can't tell any more; user space adds the rest.
 */
struct kernel_process {
	struct kernel_record record;
	__u64 start_ts;	 /* CLOCK_MONOTONIC ns of the process's start */
	__u64 cgroup_id; /* of cgroup v2; 0 when unknown */
	__u32 pid;
	__u32 ppid;
	__u32 uid;
	__u32 gid;
	__u8 comm[KERNEL_COMM_LEN]; /* of the thread group's leader, zero-terminated */
	__u16 exe_len;
	__u16 args_len;
	__u32 reserved;
	__u8 exe[KERNEL_EXE_LEN];   /* path of the executable as the kernel's dentries tell */
	__u8 args[KERNEL_ARGS_LEN]; /* each argument ended by a zero byte, cut where it is longer */
};

struct kernel_exit {
	struct kernel_record record;
	__u32 pid;
	__s32 status; /* as wait(2) gives it */
};

/* Read-only configuration, set before the programs are loaded (rodata `settings`). */
#define KERNEL_CONFIG_UNIX	    (1 << 0) /* record Unix sockets too */
#define KERNEL_CONFIG_FILTER_PID    (1 << 1) /* only processes in map `pids` */
#define KERNEL_CONFIG_FILTER_COMM   (1 << 2) /* only processes whose leader has one of `comms` */
#define KERNEL_CONFIG_FILTER_PORT   (1 << 3) /* only sockets with one of `ports` at either end */
#define KERNEL_CONFIG_FILTER_CGROUP (1 << 4) /* only tasks below one in map `cgroups` */
#define KERNEL_CONFIG_FOLLOW	    (1 << 5) /* children of matching processes match as well */
#define KERNEL_CONFIG_INHERIT	    (1 << 6) /* children of processes in map `pids` get into it */
#define KERNEL_CONFIG_EITHER	    (1 << 8) /* `pids` or `comms`: one of them is enough */
#define KERNEL_CONFIG_TLS	    (1 << 7) /* programs in TLS libraries run */

/* Of each kind of filter, any of so many. */
#define KERNEL_FILTERS_MAX 16

struct kernel_config {
	__u32 flags;
	__u32 self_pid; /* socktape-record itself: never recorded */
	__u32 snaplen;	/* payload bytes kept of a call; 0xffffffff: all */
	__u8 port_count;
	__u8 comm_count;
	__u8 cgroup_count;    /* entries of map `cgroups` in use */
	__u8 page_shift;      /* the kernel's pages have 1 << page_shift bytes */
	__u32 chunk_bytes;    /* KERNEL_CHUNK_MIN to KERNEL_CHUNK_MAX, a power of two */
	__u32 chunk_shift;    /* chunk_bytes is 1 << chunk_shift */
	__u32 chunks;	      /* in the pool */
	__u32 tls_lane_first; /* lanes of the programs in TLS libraries */
	__u32 tls_lanes;
	__u32 preemptible; /* the kernel preempts programs at tracepoints */
	__u16 ports[KERNEL_FILTERS_MAX];
	__u64 comms[KERNEL_FILTERS_MAX][KERNEL_COMM_LEN / 8]; /* names, filled up with zeros */
};

/* Value of map `listeners`. */
struct kernel_listener {
	__u32 pid;
	__u32 matches; /* it is recorded, as far as that can be told */
};

/* Of one direction of a TCP connection: bytes that were missed, as it seems (bpf/tcp_count.h). */
struct kernel_gap {
	__u64 at; /* position */
	__u64 len;
	__u64 swept; /* the connection's position at the last sweep, and how far TCP was ahead of it
		      */
	__s32 swept_ahead;
	__u32 old; /* it was there at the last sweep */
};

/* Value of map `conns`; the key is the address of the kernel's struct sock. */
struct kernel_conn_state {
	__u64 id;
	__u64 inode;
	__u64 socket; /* address of the struct socket, to see whether it lives; 0: nobody's yet */
	__u64 opened_ts;
	__u64 established_ts;
	__u64 state_ts;
	__u64 remote;	     /* UDP: tells whether it was connected to somebody else */
	__u64 position[2];   /* by enum direction; advances even when a record is lost */
	__u32 announced_pid; /* the last process that is known to user space, of this connection */
	__u32 opener;	     /* the process that connects or listens; 0 when unknown */
#ifdef SOCKTAPE_COMPAT
	struct bpf_spin_lock lock; /* guards position where the kernel has no atomic fetch */
#else
	__u32 lock;
#endif
	__u8 transport;
	__u8 role;
	__u8 origin;
	__u8 flags;    /* the programs' own */
	__u8 state;    /* enum conn_state */
	__u8 state_by; /* enum conn_end */
	__u16 error;
	__u8 counted;	/* the net below all calls (bpf/tcp_count.h): whether `first` is known */
	__u8 shared;	/* more than one thread uses it */
	__u8 fin_sent;	/* 1: TCP's count includes a FIN */
	__u8 marked;	/* the socket is marked as one that others may use, too (bpf/hook.h) */
	__u32 first[2]; /* sequence numbers that position 0 stands for */
	__u32 user[2];	/* thread that used it last */
	struct kernel_gap gap[2];
	__u64 tls_end[2]; /* position behind the last known record of TLS (bpf/tls_wire.h) */
};

/* Only ever grow. */
struct kernel_counters {
	__u64 data_records;	 /* written to the pool */
	__u64 data_bytes;	 /* payload in them */
	__u64 moved_bytes;	 /* what the applications moved, recorded or not */
	__u64 connections;	 /* that user space was told of */
	__u64 lost_ring_records; /* pool full: DATA records and their bytes */
	__u64 lost_ring_bytes;
	__u64 lost_table_calls; /* connection table full */
	__u64 lost_table_bytes;
	__u64 lost_nested_calls; /* lane busy */
	__u64 lost_nested_bytes;
	__u64 lost_unreadable_calls; /* arguments not readable */
	__u64 lost_unreadable_bytes;
	__u64 lost_uncaptured_calls; /* calls that can't even be counted per connection */
	__u64 lost_uncaptured_bytes;
	__u64 lost_unseen_calls; /* UNSEEN records for which the pool had no room */
	__u64 lost_unseen_bytes;
	__u64 lost_meta_records;  /* pool full: CONN, CLOSE, PROCESS, EXIT (sent again later) */
	__u64 cut_pressure_bytes; /* payload left out under pressure (in the records' `cut`) */
	__u64 cut_unreadable_bytes;
	__u64 cut_uncaptured_bytes; /* splice and its like */
	__u64 cut_pieces_bytes;	    /* more iovecs or messages than the program may walk */
	__u64 cut_snaplen_bytes;
	__u64 cut_tls_bytes;	/* of TLS records whose plaintext is recorded */
	__u64 lost_plain_calls; /* of TLS libraries: pool full or no lane; in no other counter */
	__u64 lost_plain_bytes;
};

/* What user space sees of a lane. */
struct kernel_lane {
	/*
	 * Number of the chunk that is being filled, plus 1, in the upper half; in the lower one the
	 * bytes in it that are complete. 0 before the first record.
	 */
	__u64 mark;
	__u32 first; /* number of the first chunk, once mark isn't 0 */
	__u32 reserved;
	struct kernel_counters counters; /* of who holds the lane */
	struct kernel_counters nested;	 /* of who found it held */
};

/* Connections of TLS whose wire can be told to be unwanted at one time; a power of two. */
#define KERNEL_TIES 16384

/* bss `control`. */
struct kernel_control {
	__u32 started;	    /* set by user space: what is seen from now on is new */
	__u32 taken;	    /* chunks that were taken off the stack */
	__u32 freed;	    /* chunks that user space has put back */
	__u32 woken;	    /* user space was woken; it sets it to 0 when all was taken */
	__u32 conns_missed; /* the table was full once: a socket not in it may be an old one */
	/*
	 * Set by user space: whose plaintext it has, so that the wire's application data isn't
	 * wanted. Connection C stands at C % KERNEL_TIES, as C << 2, with a bit for each direction
	 * (1 << enum direction); of two at one place the later one stands there.
	 */
	__u64 ties[KERNEL_TIES];
};

#endif
