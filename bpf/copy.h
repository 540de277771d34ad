/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_COPY_H
#define SOCKTAPE_BPF_COPY_H

/*
 * Walks the messages and the pieces of a call and sends their bytes to the ring. One step does one
 * piece. Step and loop are global functions, which the verifier looks at once and not for each turn
 * and each way that leads there; they find their state in the scratch of this CPU.
 */

#include "bpf/conn.h"
#include "bpf/pagecache.h"

/* Pieces of one call (messages, iovecs, pages of a file): beyond them only sizes are recorded. */
#define WALK_STEPS 4096

static __always_inline void count_cut(__u8 cut, __u64 bytes)
{
	struct kernel_counters *counter = cpu_counters();

	if (!counter)
		return;
	if (cut == CUT_SNAPLEN)
		counter->cut_snaplen_bytes += bytes;
	else if (cut == CUT_PRESSURE)
		counter->cut_pressure_bytes += bytes;
	else if (cut == CUT_UNREADABLE)
		counter->cut_unreadable_bytes += bytes;
	else if (cut == CUT_TOO_MANY_PIECES)
		counter->cut_pieces_bytes += bytes;
	else
		counter->cut_uncaptured_bytes += bytes;
}

static __always_inline void data_fill(struct kernel_data *data, struct walk *walk, __u64 len,
				      __u32 fixed)
{
	data->record.ts = walk->ts;
	data->record.len = fixed + walk->fill;
	data->record.kind = KERNEL_DATA;
	data->record.flags = 0;
	data->conn = walk->conn;
	data->offset = walk->offset;
	data->pid = walk->pid;
	data->tid = walk->tid;
	data->fd = walk->fd;
	data->len = len;
	data->captured = walk->fill;
	data->call = walk->call;
	data->direction = walk->direction;
	data->cut = walk->cut;
	data->reserved = 0;
}

/* Sends what the buffer has as a record that stands for LEN bytes of the stream. */
static __always_inline void data_send(struct scratch *space, __u64 len)
{
	struct walk *walk = &space->walk;
	struct kernel_counters *counter = cpu_counters();
	__u64 fill = BOUNDED(walk->fill, KERNEL_PAYLOAD_MAX);
	__u64 fixed;
	long failed;

	if (!counter)
		return;
	if (walk->peer.family) {
		fixed = sizeof(space->head.named);
		data_fill(&space->head.named.data, walk, len, fixed);
		space->head.named.data.record.flags = KERNEL_DATA_PEER;
		space->head.named.peer = walk->peer;
		failed = bpf_ringbuf_output(&ring, &space->head, fixed + fill,
					    ring_wakeup(walk->ring_fill));
	} else {
		fixed = sizeof(space->head.plain.data);
		data_fill(&space->head.plain.data, walk, len, fixed);
		failed = bpf_ringbuf_output(&ring, &space->head.plain.data, fixed + fill,
					    ring_wakeup(walk->ring_fill));
	}
	if (failed) {
		counter->lost_ring_records++;
		counter->lost_ring_bytes += len;
	} else {
		counter->data_records++;
		counter->data_bytes += fill;
		if (walk->cut)
			count_cut(walk->cut, len - fill);
	}
	walk->offset += len;
	walk->left -= len;
	walk->fill = 0;
}

/* Only the length of what comes is known, or wanted. */
static __always_inline void walk_without_source(struct walk *walk)
{
	walk->source = SOURCE_NONE;
	walk->piece_len = 0;
}

/* Begins a message of LEN bytes whose stream position is known. */
static __always_inline void message_begin(struct walk *walk, __u64 len)
{
	walk->left = len;
	walk->keep = len < settings.snaplen ? len : settings.snaplen;
	walk->cut = walk->keep < len ? CUT_SNAPLEN : CUT_NONE;
	walk->fill = 0;
	walk->ring_fill = ring_fill();
	walk->room = ring_room(walk->ring_fill);
	walk->open = 1;
	if (walk->overrun)
		walk->source = SOURCE_NONE;
}

/* Pieces that are looked at to see how much a truncated datagram left in them. */
#define CLAMP_PIECES 64

/* MSG_TRUNC makes calls give the datagram's own length: the application has what fits. */
static __always_inline __u64 iov_clamp(struct walk *walk, __u64 moved)
{
	__u64 capacity = 0;
	struct iovec piece;

	for (__u32 i = 0; i < CLAMP_PIECES && i < walk->iov_count; i++) {
		if (user_read(&piece, sizeof(piece), walk->iov + i * sizeof(piece)))
			break;
		capacity += piece.iov_len;
	}
	return capacity < moved ? capacity : moved;
}

/* Takes the next struct mmsghdr; false when there is none. */
static __always_inline bool message_next(struct walk *walk)
{
	struct mmsghdr message;
	struct kernel_conn_state *conn;
	__u64 moved;

	if (!walk->message_count)
		return false;
	if (user_read(&message, sizeof(message), walk->messages)) {
		COUNT(lost_unreadable_calls, walk->message_count);
		return false;
	}
	walk->messages += sizeof(message);
	walk->message_count--;
	walk->iov = (__u64)message.msg_hdr.msg_iov;
	walk->iov_count = message.msg_hdr.msg_iovlen;
	walk->piece_len = 0;
	moved = message.msg_len;
	if (walk->datagram) {
		address_from_user((__u64)message.msg_hdr.msg_name, &walk->peer);
		if (walk->peer_port_filter && walk->peer.port != settings.port)
			return true;
		if (walk->direction == DIRECTION_RECEIVED &&
		    (message.msg_hdr.msg_flags & MSG_TRUNC))
			moved = iov_clamp(walk, moved);
	} else if (!moved) {
		return true;
	}
	conn = bpf_map_lookup_elem(&conns, &walk->key);
	if (!conn)
		return false;
	walk->offset = conn_advance(conn, walk->direction, moved);
	COUNT(moved_bytes, moved);
	message_begin(walk, moved);
	return true;
}

/* Finds the next piece that has bytes; false (and why in walk->cut) when there is none. */
static __always_inline bool piece_next(struct walk *walk)
{
	struct iovec piece;

	if (walk->source == SOURCE_FILE) {
		if (pagecache_piece(walk))
			return true;
		walk->cut = CUT_NOT_CAPTURED;
		return false;
	}
	if (walk->source == SOURCE_NONE || !walk->iov_count) {
		walk->cut = walk->overrun || walk->iov_in_kernel ? CUT_TOO_MANY_PIECES
								 : CUT_NOT_CAPTURED;
		return false;
	}
	if (walk->iov_in_kernel ? bpf_probe_read_kernel(&piece, sizeof(piece), (void *)walk->iov)
				: user_read(&piece, sizeof(piece), walk->iov)) {
		walk->cut = CUT_UNREADABLE;
		return false;
	}
	walk->iov += sizeof(piece);
	walk->iov_count--;
	walk->piece = (__u64)piece.iov_base;
	walk->piece_len = piece.iov_len;
	return true;
}

/* Copies what the piece, the record and the wish to keep allow; false when it isn't readable. */
static __always_inline bool piece_copy(struct scratch *space)
{
	struct walk *walk = &space->walk;
	__u64 n = walk->keep < walk->piece_len ? walk->keep : walk->piece_len;
	__u64 fill = walk->fill & (KERNEL_PAYLOAD_MAX - 1);
	long failed;

	if (n > walk->room - fill)
		n = walk->room - fill;
	n = BOUNDED(n, KERNEL_PAYLOAD_MAX);
	if (walk->source == SOURCE_FILE)
		failed = bpf_probe_read_kernel(space->payload + fill, n, (void *)walk->piece);
	else
		failed = user_read(space->payload + fill, n, walk->piece);
	if (failed) {
		walk->cut = CUT_UNREADABLE;
		return false;
	}
	walk->piece += n;
	walk->piece_len -= n;
	walk->keep -= n;
	walk->fill = fill + n;
	return true;
}

static __always_inline void message_end(struct scratch *space)
{
	data_send(space, space->walk.left);
	space->walk.open = 0;
}

/* One step; 0 when there is more to do. */
__noinline int walk_step(__u32 cpu)
{
	struct scratch *space = bpf_map_lookup_elem(&scratch, &cpu);
	struct walk *walk;

	if (!space)
		return 1;
	walk = &space->walk;
	if (!walk->open && !message_next(walk))
		return 1;
	if (!walk->open)
		return 0;
	if (walk->keep && walk->fill >= walk->room) {
		if (walk->room == KERNEL_PAYLOAD_MAX && !walk->datagram) {
			__u8 cut = walk->cut;

			walk->cut = CUT_NONE;
			data_send(space, walk->fill);
			walk->cut = cut;
			walk->ring_fill = ring_fill();
			walk->room = ring_room(walk->ring_fill);
			return 0;
		}
		walk->cut = walk->room == KERNEL_PAYLOAD_MAX ? CUT_NOT_CAPTURED : CUT_PRESSURE;
		walk->keep = 0;
	}
	if (walk->keep && !walk->piece_len && !piece_next(walk))
		walk->keep = 0;
	if (walk->keep && walk->piece_len && !piece_copy(space))
		walk->keep = 0;
	if (!walk->keep)
		message_end(space);
	return !walk->open && !walk->message_count;
}

/* Sends everything that the walk in the scratch of CPU was set up for. */
__noinline int walk_run(__u32 cpu)
{
	struct scratch *space;

	for (int i = 0; i < WALK_STEPS; i++)
		if (walk_step(cpu))
			return 0;
	space = bpf_map_lookup_elem(&scratch, &cpu);
	if (!space)
		return 0;
	space->walk.overrun = 1;
	walk_without_source(&space->walk);
	for (int i = 0; i < WALK_STEPS; i++)
		if (walk_step(cpu))
			return 0;
	return 0;
}

#endif
