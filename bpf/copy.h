/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_COPY_H
#define SOCKTAPE_BPF_COPY_H

/*
 * Walks the messages and the pieces of a call and copies their bytes into records. One step does
 * one piece. Step and loop are global functions, which the verifier looks at once and not for each
 * turn and each way that leads there; they find their state in the lane of this CPU.
 */

#include "bpf/data.h"
#include "bpf/pagecache.h"
#include "bpf/segment.h"

/* Pieces of one call (messages, iovecs, pages of a file): beyond them only sizes are recorded. */
#define WALK_STEPS 4096

/* So many at once, in a function of its own: the verifier follows each turn of a loop. */
#define WALK_TURN 64

/* Begins a message of LEN bytes whose stream position is known, or what follows of one. */
static __always_inline void message_begin(struct walk *walk, __u64 len)
{
	walk->rest = walk->segment && len > walk->segment ? len - walk->segment : 0;
	len -= walk->rest;
	walk->left = len;
	walk->keep = len < settings.snaplen ? len : settings.snaplen;
	walk->cut = walk->keep < len ? CUT_SNAPLEN : CUT_NONE;
	walk->message_open = 1;
	if (!walk->keep || (walk->source.kind >= SOURCE_BUFFER && !walk->overrun))
		return;
	walk->cut = walk->overrun			     ? CUT_TOO_MANY_PIECES
		    : walk->source.kind == SOURCE_UNREADABLE ? CUT_UNREADABLE
							     : CUT_NOT_CAPTURED;
	walk->keep = 0;
}

/* struct iovec of a 32-bit program */
struct iovec_32 {
	__u32 base;
	__u32 len;
};

/* Takes the next element of a vector; false when it isn't readable. */
static __always_inline bool vector_next(struct source *source, __u64 *base, __u64 *len)
{
	struct iovec piece = {};
	struct iovec_32 small;

	source->count--;
	if (source->kind == SOURCE_VECTOR_32) {
		if (user_read(&small, sizeof(small), source->at))
			return false;
		source->at += sizeof(small);
		*base = small.base;
		*len = small.len;
		return true;
	}
	if (source->kind == SOURCE_VECTOR_KERNEL
		    ? bpf_probe_read_kernel(&piece, sizeof(piece), (void *)source->at)
		    : user_read(&piece, sizeof(piece), source->at))
		return false;
	source->at += sizeof(piece);
	*base = (__u64)piece.iov_base;
	*len = piece.iov_len;
	return true;
}

/* Pieces that are looked at to see how much a truncated datagram left in them. */
#define CLAMP_PIECES 64

/*
 * Adds up the pieces of lane->vector, but no more than MOVED bytes: MSG_TRUNC makes calls give the
 * datagram's own length, and the application has what fits.
 */
__noinline int vector_measure(__u32 cpu, __u64 moved)
{
	struct lane *lane = bpf_map_lookup_elem(&lanes, &cpu);
	struct source *vector;
	__u64 base;
	__u64 len;

	if (!lane)
		return 0;
	vector = &lane->vector;
	lane->capacity = vector->kind == SOURCE_BUFFER ? vector->count : 0;
	for (int i = 0; i < CLAMP_PIECES; i++) {
		if (vector->kind == SOURCE_BUFFER || !vector->count ||
		    !vector_next(vector, &base, &len))
			break;
		lane->capacity += len;
	}
	if (lane->capacity > moved)
		lane->capacity = moved;
	return 0;
}

/* Bytes that SOURCE has room for, or MOVED if that is less. */
static __always_inline __u64 vector_clamp(struct lane *lane, const struct source *source,
					  __u64 moved)
{
	lane->vector = *source;
	vector_measure(lane->cpu, moved);
	return lane->capacity;
}

/* Takes the next struct mmsghdr; false when there is none. */
static __always_inline bool message_next(struct lane *lane)
{
	struct walk *walk = &lane->walk;
	struct mmsghdr message;
	struct kernel_conn_state *conn;
	__u64 moved;

	if (!walk->message_count)
		return false;
	if (user_read(&message, sizeof(message), walk->messages)) {
		COUNT(lane, lost_unreadable_calls, walk->message_count);
		return false;
	}
	walk->messages += sizeof(message);
	walk->message_count--;
	walk->source.kind = SOURCE_VECTOR;
	walk->source.at = (__u64)message.msg_hdr.msg_iov;
	walk->source.count = message.msg_hdr.msg_iovlen;
	walk->piece_len = 0;
	walk->skip = 0;
	moved = message.msg_len;
	if (walk->datagram) {
		walk->segment = segment_of_control((__u64)message.msg_hdr.msg_control,
						   message.msg_hdr.msg_controllen);
		if (!walk->segment)
			walk->segment = walk->segment_default;
		address_from_user((__u64)message.msg_hdr.msg_name, &walk->peer);
		if (walk->peer_port_filter && !port_matches(walk->peer.port))
			return true;
		if (walk->direction == DIRECTION_RECEIVED &&
		    (message.msg_hdr.msg_flags & MSG_TRUNC))
			moved = vector_clamp(lane, &walk->source, moved);
	} else if (!moved) {
		return true;
	}
	conn = bpf_map_lookup_elem(&conns, &walk->key);
	if (!conn)
		return false;
	walk->offset = conn_advance(conn, walk->direction, moved);
	COUNT(lane, moved_bytes, moved);
	message_begin(walk, moved);
	return true;
}

/* Finds the next piece that has bytes; false (and why in walk->cut) when there is none. */
static __always_inline bool piece_next(struct walk *walk)
{
	struct source *source = &walk->source;

	if (source->kind == SOURCE_FILE) {
		if (pagecache_piece(walk))
			return true;
		walk->cut = CUT_NOT_CAPTURED;
		return false;
	}
	if (source->kind < SOURCE_VECTOR || !source->count) {
		walk->cut = source->kind == SOURCE_VECTOR_KERNEL ? CUT_TOO_MANY_PIECES
								 : CUT_NOT_CAPTURED;
		return false;
	}
	if (vector_next(source, &walk->piece, &walk->piece_len))
		return true;
	walk->cut = CUT_UNREADABLE;
	return false;
}

/* Copies what the piece, the record and the wish to keep allow; false when it isn't readable. */
static __always_inline bool piece_copy(struct lane *lane)
{
	struct walk *walk = &lane->walk;
	__u64 n = walk->keep < walk->piece_len ? walk->keep : walk->piece_len;
	__u8 *to = lane_memory(lane, lane->fill + walk->fixed + walk->fill);
	long failed;

	if (n > walk->room - walk->fill)
		n = walk->room - walk->fill;
	n = BOUNDED(n, KERNEL_PAYLOAD_MAX);
	if (!to)
		failed = 1;
	else if (walk->source.kind == SOURCE_FILE)
		failed = bpf_probe_read_kernel(to, n, (void *)walk->piece);
	else
		failed = user_read(to, n, walk->piece);
	if (failed) {
		walk->cut = CUT_UNREADABLE;
		return false;
	}
	walk->piece += n;
	walk->piece_len -= n;
	walk->keep -= n;
	walk->fill += n;
	return true;
}

/* Completes the record, which stands for LEN bytes of the stream. */
static __always_inline void walk_record_end(struct lane *lane, __u64 len)
{
	struct walk *walk = &lane->walk;

	data_end(lane, walk, len);
	walk->offset += len;
	walk->left -= len;
	walk->record_open = 0;
}

/* The message's rest is lost. */
__noinline int walk_lost(__u32 cpu)
{
	struct lane *lane = bpf_map_lookup_elem(&lanes, &cpu);

	if (!lane)
		return 0;
	if (lane->walk.layer == LAYER_WIRE) {
		COUNT(lane, lost_ring_records, 1);
		COUNT(lane, lost_ring_bytes, lane->walk.left + lane->walk.rest);
	} else {
		COUNT(lane, lost_plain_calls, 1);
		COUNT(lane, lost_plain_bytes, lane->walk.left);
	}
	return 0;
}

/* Finds room for the next record; false when the pool is full, and the message's rest is lost. */
static __always_inline bool walk_record_begin(struct lane *lane)
{
	struct walk *walk = &lane->walk;
	__s32 room = share_room(walk->pid, walk->keep);

	walk->fill = 0;
	walk->room = room < 0 ? 0 : room;
	walk->fixed = sizeof(struct kernel_data) +
		      (walk->peer.family ? sizeof(struct kernel_address) : 0) +
		      (walk->blocked ? sizeof(walk->blocked) : 0);
	walk->record_open = room != ROOM_NONE && lane_room(lane, walk->fixed + walk->room);
	if (walk->record_open)
		return true;
	walk_lost(lane->cpu);
	walk->message_open = 0;
	return false;
}

/* The record is full: a stream goes on in another one, of anything else the rest is left out. */
static __always_inline bool walk_record_full(struct lane *lane)
{
	struct walk *walk = &lane->walk;
	__u8 cut = walk->cut;

	if (walk->room == KERNEL_PAYLOAD_MAX && !walk->datagram) {
		walk->cut = CUT_NONE;
		walk_record_end(lane, walk->fill);
		walk->cut = cut;
		return true;
	}
	walk->cut = walk->room == KERNEL_PAYLOAD_MAX ? CUT_NOT_CAPTURED : CUT_PRESSURE;
	walk->keep = 0;
	return false;
}

/* All of it lies in one piece and fits in one record, as with most calls. */
static __always_inline void walk_direct(struct lane *lane)
{
	struct walk *walk = &lane->walk;

	if (!walk_record_begin(lane))
		return;
	if (walk->room < walk->keep)
		walk->cut = CUT_PRESSURE;
	if (walk->room)
		piece_copy(lane);
	walk_record_end(lane, walk->left);
}

/* Vectors of so few pieces need no walk: a head and a body, most often. */
#define FEW_PIECES 4

/* As walk_direct(), of a vector of FEW_PIECES at most: they are read at once. */
static __noinline void walk_few(struct lane *lane)
{
	struct walk *walk = &lane->walk;
	__u64 count = BOUNDED(walk->source.count, FEW_PIECES);
	struct iovec pieces[FEW_PIECES] = {};

	if (!walk_record_begin(lane))
		return;
	if (walk->room < walk->keep) {
		walk->cut = CUT_PRESSURE;
		walk->keep = walk->room;
	}
	if (walk->keep && user_read(pieces, count * sizeof(*pieces), walk->source.at)) {
		walk->cut = CUT_UNREADABLE;
		walk->keep = 0;
	}
	for (int i = 0; i < FEW_PIECES && walk->keep; i++) {
		walk->piece = (__u64)pieces[i].iov_base;
		walk->piece_len = pieces[i].iov_len;
		if (walk->piece_len && !piece_copy(lane))
			walk->keep = 0;
	}
	if (walk->keep)
		walk->cut = CUT_NOT_CAPTURED;
	walk_record_end(lane, walk->left);
}

/* Passes over what is left of the last segment. */
static __always_inline void piece_skip(struct walk *walk)
{
	__u64 n = walk->skip < walk->piece_len ? walk->skip : walk->piece_len;

	walk->piece += n;
	walk->piece_len -= n;
	walk->skip -= n;
}

/* Ends the message, or its segment and begins the next one. */
static __always_inline void message_end(struct lane *lane)
{
	struct walk *walk = &lane->walk;
	__u64 uncopied = walk->left - walk->fill;

	walk_record_end(lane, walk->left);
	walk->message_open = 0;
	if (!walk->rest)
		return;
	walk->skip += uncopied;
	message_begin(walk, walk->rest);
}

/* One step; 0 when there is more to do. */
__noinline int walk_step(__u32 cpu)
{
	struct lane *lane = bpf_map_lookup_elem(&lanes, &cpu);
	struct walk *walk;

	if (!lane)
		return 1;
	walk = &lane->walk;
	if (!walk->message_open && !message_next(lane))
		return 1;
	if (!walk->message_open)
		return 0;
	if (!walk->record_open && !walk_record_begin(lane))
		return !walk->message_count;
	if (walk->keep && walk->fill >= walk->room && walk_record_full(lane))
		return 0;
	if (walk->keep && !walk->piece_len && !piece_next(walk))
		walk->keep = 0;
	if (walk->skip)
		piece_skip(walk);
	if (walk->keep && walk->piece_len && !piece_copy(lane))
		walk->keep = 0;
	if (!walk->keep)
		message_end(lane);
	return !walk->message_open && !walk->message_count;
}

/* WALK_TURN steps; 0 when there is more to do. */
__noinline int walk_turn(__u32 cpu)
{
	for (int i = 0; i < WALK_TURN; i++)
		if (walk_step(cpu))
			return 1;
	return 0;
}

/* Sends everything that the walk in the lane of CPU was set up for. */
__noinline int walk_run(__u32 cpu)
{
	struct lane *lane;
	struct walk *walk;

	for (int i = 0; i < WALK_STEPS / WALK_TURN; i++)
		if (walk_turn(cpu))
			return 0;
	lane = bpf_map_lookup_elem(&lanes, &cpu);
	if (!lane)
		return 0;
	walk = &lane->walk;
	walk->overrun = 1;
	if (walk->message_open) {
		walk->cut = CUT_TOO_MANY_PIECES;
		walk->keep = 0;
	}
	for (int i = 0; i < WALK_STEPS / WALK_TURN; i++)
		if (walk_turn(cpu))
			return 0;
	return 0;
}

#endif
