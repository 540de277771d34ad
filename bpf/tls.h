/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_TLS_H
#define SOCKTAPE_BPF_TLS_H

/*
 * Plaintext, at the calls of TLS libraries: an object of the library, a buffer and its length are
 * noted when a call begins, and the bytes that it moved are recorded when it returns. Which socket
 * an object belongs to is found out in user space (record/tls_tie.h); the programs tell what they
 * see: the client random in the object, and the socket that was used inside of the call.
 *
 * Nothing is executed in the process or written into it.
 */

#include "bpf/tls_call.h"
#include "bpf/transfer.h"

/* An object of a library, and for how long it is the same. */
struct tls_key {
	__u64 object;
	__u32 pid;
	__u32 library;
};

struct tls_session {
	__u64 id;
	__u64 conn;	   /* whose socket was used inside of a call; 0: none yet */
	__u64 told;	   /* the same, as user space was told */
	__u64 position[2]; /* by enum direction; advances even when a record is lost */
	__u32 announced;
	__u32 looked; /* its descriptor was asked for */
	__u64 random[KERNEL_RANDOM_LEN / 8];
};

/* What is used least is forgotten first: it is known by its random again. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, KERNEL_TLS_SESSIONS);
	__type(key, struct tls_key);
	__type(value, struct tls_session);
} tls_sessions SEC(".maps");

__u64 tls_last_session;

/* Too large for the stack beside all else. */
const __u8 tls_session_blank[sizeof(struct tls_session)] = {};

/* Other lanes than those of the sockets' programs: these programs may be preempted. */
#define TLS_LANE_TRIES 4

static __always_inline struct lane *tls_lane_claim(void)
{
	__u32 cpu = bpf_get_smp_processor_id();

	for (int i = 0; i < TLS_LANE_TRIES; i++) {
		__u32 key = settings.tls_lane_first + (cpu + i) % settings.tls_lanes;
		struct lane *lane = bpf_map_lookup_elem(&lanes, &key);

		if (lane && !__sync_lock_test_and_set(&lane->busy, 1)) {
			lane->cpu = key;
			return lane;
		}
	}
	return NULL;
}

/* The client random in OBJECT; zero where its place isn't known. */
static __always_inline void tls_random_read(__u32 library, __u64 object, __u64 random[4])
{
	struct kernel_tls_library *known = bpf_map_lookup_elem(&tls_libraries, &library);
	__u64 at = object;

	if (!known || !known->random_at)
		return;
	if (known->random_in && user_read(&at, sizeof(at), object + known->random_in))
		return;
	if (user_read(random, KERNEL_RANDOM_LEN, at + known->random_at))
		__builtin_memset(random, 0, KERNEL_RANDOM_LEN);
}

/* Which end an object is: a bit of struct kernel_tls.flags, or 0. */
static __always_inline __u32 tls_end_read(__u32 library, __u64 object)
{
	struct kernel_tls_library *known = bpf_map_lookup_elem(&tls_libraries, &library);
	__u32 server;

	if (!known || !known->server_at ||
	    user_read(&server, sizeof(server), object + known->server_at))
		return 0;
	return server == 1 ? KERNEL_TLS_SERVER : server == 0 ? KERNEL_TLS_CLIENT : 0;
}

static __always_inline bool tls_random_equal(const __u64 a[4], const __u64 b[4])
{
	return a[0] == b[0] && a[1] == b[1] && a[2] == b[2] && a[3] == b[3];
}

/* The session of an object; another random, or another socket where none is known, is another one.
 */
static __always_inline struct tls_session *tls_session_find(const struct tls_done *done)
{
	struct tls_key key = {done->object, done->pid, done->library};
	struct tls_session *session = bpf_map_lookup_elem(&tls_sessions, &key);
	__u64 random[KERNEL_RANDOM_LEN / 8] = {};
	bool same;

	tls_random_read(done->library, done->object, random);
	if (session) {
		same = tls_random_equal(session->random, random);
		if (same && !random[0] && session->conn && done->conn)
			same = session->conn == done->conn;
		if (same)
			return session;
		bpf_map_delete_elem(&tls_sessions, &key);
	}
	if (bpf_map_update_elem(&tls_sessions, &key, tls_session_blank, BPF_ANY))
		return NULL;
	session = bpf_map_lookup_elem(&tls_sessions, &key);
	if (!session)
		return NULL;
	__builtin_memcpy(session->random, random, sizeof(random));
	session->id = KERNEL_TLS_SESSION_FIRST + __sync_fetch_and_add(&tls_last_session, 1);
	return session;
}

/* OpenSSL's include/openssl/bio.h: BIO_TYPE_DESCRIPTOR, a bit of the types that have one */
#define BIO_HAS_FD 0x100

/* The connection whose descriptor OBJECT reads from by itself; 0: that isn't known. */
static __noinline __u64 tls_bio_conn(__u32 library, __u64 object)
{
	struct kernel_tls_library *known = bpf_map_lookup_elem(&tls_libraries, &library);
	struct kernel_conn_state *conn;
	struct socket_ref ref = {};
	__u64 bio = 0;
	__u64 method = 0;
	__u32 type = 0;
	__s32 fd = -1;

	if (!known || !known->bio_in || user_read(&bio, sizeof(bio), object + known->bio_in) ||
	    user_read(&method, sizeof(method), bio + known->bio_method) ||
	    user_read(&type, sizeof(type), method) || !(type & BIO_HAS_FD) ||
	    user_read(&fd, sizeof(fd), bio + known->bio_fd) || fd < 0)
		return 0;
	if (!socket_of_file(current_file(current_task(), fd), &ref) ||
	    ref.transport != TRANSPORT_TCP)
		return 0;
	conn = bpf_map_lookup_elem(&conns, &ref.sk);
	return conn ? conn->id : 0;
}

/*
 * Tells of a session before its first bytes, and again when its socket is known. Its process too,
 * unless it is perhaps one of another port than is recorded: its first data at the socket tells
 * then.
 */
static __always_inline void tls_announce(struct lane *lane, struct tls_session *session,
					 const struct tls_done *done)
{
	struct kernel_tls record = {};
	__u32 pid = done->pid;

	if (session->announced && session->told == session->conn)
		return;
	if ((session->conn || !(settings.flags & KERNEL_CONFIG_FILTER_PORT)) &&
	    !bpf_map_lookup_elem(&processes, &pid))
		process_send(lane->cpu, pid);
	record_begin(&record.record, KERNEL_TLS, sizeof(record));
	record.session = session->id;
	record.object = done->object;
	record.conn = session->conn;
	record.sent = session->position[DIRECTION_SENT];
	record.received = session->position[DIRECTION_RECEIVED];
	record.pid = pid;
	record.tid = done->tid;
	record.library = done->library;
	record.flags = done->flags | tls_end_read(done->library, done->object);
	__builtin_memcpy(record.random, session->random, sizeof(record.random));
	if (done->flags & KERNEL_TLS_RECORD) {
		__builtin_memcpy(record.random, done->tag, sizeof(done->tag));
		record.flags |= done->direction == DIRECTION_RECEIVED ? KERNEL_TLS_IN : 0;
	}
	if (!RECORD_SEND(lane, &record))
		return;
	session->announced = 1;
	session->told = session->conn;
}

/* Records of one call, at most: 16 MiB of payload. */
#define TLS_PIECES 256

/* Sends what fits in one record; 1 when that was all. */
__noinline int tls_piece(__u32 cpu)
{
	struct lane *lane = bpf_map_lookup_elem(&lanes, &cpu);
	struct walk *walk;
	__u8 cut;

	if (!lane)
		return 1;
	walk = &lane->walk;
	if (!walk_record_begin(lane))
		return 1;
	cut = walk->cut;
	if (walk->room && !piece_copy(lane)) {
		cut = CUT_UNREADABLE;
		walk->keep = 0;
	}
	if (walk->keep && walk->room == KERNEL_PAYLOAD_MAX) {
		walk->cut = CUT_NONE;
		walk_record_end(lane, walk->fill);
		walk->cut = cut;
		return 0;
	}
	walk->cut = walk->keep ? CUT_PRESSURE : cut;
	walk_record_end(lane, walk->left);
	return 1;
}

/* Sends all that the walk in the lane of CPU was set up for. */
__noinline int tls_pieces(__u32 cpu)
{
	struct lane *lane;

	for (int i = 0; i < TLS_PIECES; i++)
		if (tls_piece(cpu))
			return 0;
	lane = bpf_map_lookup_elem(&lanes, &cpu);
	if (!lane)
		return 0;
	lane->walk.keep = 0;
	lane->walk.cut = CUT_TOO_MANY_PIECES;
	tls_piece(cpu);
	return 0;
}

static __always_inline void tls_data(struct lane *lane, struct tls_session *session,
				     const struct tls_done *done)
{
	struct walk *walk = &lane->walk;
	__u8 direction = done->direction & 1;

	__builtin_memset(walk, 0, sizeof(*walk));
	walk->ts = bpf_ktime_get_ns();
	walk->conn = session->id;
	walk->layer = LAYER_TLS;
	walk->source.kind = SOURCE_BUFFER;
	walk->pid = done->pid;
	walk->tid = done->tid;
	walk->fd = -1;
	walk->call = done->call;
	walk->direction = direction;
	walk->piece = done->buffer;
	walk->piece_len = done->moved;
	walk->offset = session->position[direction];
	session->position[direction] += done->moved;
	message_begin(walk, done->moved);
	tls_pieces(lane->cpu);
}

/* Records what a call of the library moved. ASKS: its object is asked once for its descriptor. */
static __always_inline int tls_record_of(struct tls_done *done, bool asks)
{
	struct lane *lane = tls_lane_claim();
	struct tls_session *session = tls_session_find(done);

	if (!session) {
		COUNT(NULL, lost_plain_calls, 1);
		COUNT(NULL, lost_plain_bytes, done->moved);
	} else if (done->conn) {
		session->conn = done->conn;
	} else if (asks && !session->conn && !session->looked) {
		session->looked = 1;
		session->conn = tls_bio_conn(done->library, done->object);
		done->flags |= KERNEL_TLS_OWN;
	}
	if (session && lane) {
		tls_announce(lane, session, done);
		tls_data(lane, session, done);
	} else if (session) {
		session->position[done->direction & 1] += done->moved;
		COUNT(NULL, lost_plain_calls, 1);
		COUNT(NULL, lost_plain_bytes, done->moved);
	}
	lane_release(lane);
	return 0;
}

static __noinline int tls_record(struct tls_done *done)
{
	return tls_record_of(done, false);
}

/* For programs that look into the table of connections: not every kernel lets them. */
static __noinline int tls_record_asking(struct tls_done *done)
{
	return tls_record_of(done, true);
}

SEC("uprobe")
int tls_enter(struct function_registers *regs)
{
	__u64 cookie = bpf_get_attach_cookie(regs);
	__u64 id = bpf_get_current_pid_tgid();
	struct tls_frame frame = {.sp = FUNCTION_STACK(regs), .object = FUNCTION_ARG1(regs)};

	if (cookie & KERNEL_TLS_TYPED) {
		if ((__u32)FUNCTION_ARG2(regs) != KERNEL_TLS_DATA_TYPE)
			return 0;
		frame.buffer = FUNCTION_ARG3(regs);
	} else {
		frame.buffer = FUNCTION_ARG2(regs);
		frame.count_at = FUNCTION_ARG4(regs);
		/* Loaded each for itself: a register that is chosen can't be read. */
		barrier_var(frame.count_at);
		if (cookie & KERNEL_TLS_FIFTH)
			frame.count_at = FUNCTION_ARG5(regs);
	}
	if (process_matches(current_task(), id >> 32))
		tls_call_begin(id, &frame);
	return 0;
}

SEC("uretprobe")
int tls_leave(struct function_registers *regs)
{
	__u64 cookie = bpf_get_attach_cookie(regs);
	__u64 id = bpf_get_current_pid_tgid();
	__s32 result = FUNCTION_RESULT(regs);
	struct tls_frame frame = {};
	struct tls_done done = {
		.pid = id >> 32,
		.tid = id,
		.library = KERNEL_TLS_LIBRARY(cookie),
		.call = KERNEL_TLS_CALL(cookie),
		.direction = !!(cookie & KERNEL_TLS_RECEIVES),
	};

	if (!tls_call_end(id, FUNCTION_LEFT_STACK(regs), &frame, &done.conn) || result <= 0)
		return 0;
	done.object = frame.object;
	done.buffer = frame.buffer;
	done.moved = result;
	if ((cookie & KERNEL_TLS_COUNTED) &&
	    user_read(&done.moved, sizeof(done.moved), frame.count_at))
		return 0;
	if (done.moved && done.moved <= KERNEL_TLS_MOVED_MAX)
		tls_record(&done);
	return 0;
}

/*
 * As tls_leave(), without a call of tls_enter(): at an instruction behind all of the call's work,
 * where registers still have what it was given. One probe costs half of two.
 */
SEC("uprobe")
int tls_moved(struct function_registers *regs)
{
	struct tls_done done = {};
	__u64 cookie;
	__u64 id;

	/* Most often there is nothing more to be read. */
	if ((__s32)FUNCTION_RESULT(regs) <= 0)
		return 0;
	cookie = bpf_get_attach_cookie(regs);
	id = bpf_get_current_pid_tgid();
	if ((__u32)function_kept(regs, KERNEL_TLS_PEEKS_IN(cookie)) ||
	    !process_matches(current_task(), id >> 32))
		return 0;
	done.pid = id >> 32;
	done.tid = id;
	done.library = KERNEL_TLS_LIBRARY(cookie);
	done.call = KERNEL_TLS_CALL(cookie);
	done.direction = !!(cookie & KERNEL_TLS_RECEIVES);
	done.object = function_kept(regs, KERNEL_TLS_OBJECT_IN(cookie));
	done.buffer = function_kept(regs, KERNEL_TLS_BUFFER_IN(cookie));
	if (user_read(&done.moved, sizeof(done.moved),
		      function_kept(regs, KERNEL_TLS_COUNT_IN(cookie))))
		return 0;
	if (done.moved && done.moved <= KERNEL_TLS_MOVED_MAX)
		tls_record_asking(&done);
	return 0;
}

#endif
