/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_TLS_RUSTLS_H
#define SOCKTAPE_BPF_TLS_RUSTLS_H

/*
 * rustls 0.23: what encrypts and opens records is behind a table of functions, so that these keep
 * their arguments however much is inlined: (result, object, message, sequence number). The object
 * has one direction and nothing of the handshake, so that it is told by the record itself: its tag
 * is read beside the plaintext.
 *
 * Rust promises no order of fields. What is read must make sense, or is left alone: lengths that
 * differ by what a cipher adds, and plaintext that lies where the record was.
 */

#include "bpf/tls.h"

/* OutboundPlainMessage: its payload is one slice where the first word is zero, else several. */
struct rustls_outbound {
	__u64 chunks;
	__u64 at;    /* address of the slice; or the number of slices */
	__u64 first; /* its length; or where in all of them the message begins */
	__u64 end;
	__u8 type; /* of enum ContentType, in the order of its declaration */
	__u8 reserved[7];
};

/* InboundOpaqueMessage */
struct rustls_inbound {
	__u64 at;
	__u64 len;
};

/* The results that are no errors: OutboundOpaqueMessage, and InboundPlainMessage. */
struct rustls_result {
	__u64 tag;
	__u64 a; /* capacity; or address */
	__u64 b; /* address; or length */
	__u64 c; /* length; or the type, in one byte */
};

struct rustls_slice {
	__u64 at;
	__u64 len;
};

#define RUSTLS_DATA 3 /* ContentType::ApplicationData */

/* Slices of one message; of more, the rest is lost. */
#define RUSTLS_SLICES 16

#define RUSTLS_HEADER 5

/* RFC 8446, 5.2, RFC 5288, RFC 7905 */
#define RUSTLS_ADDED(n) ((n) == 17 || (n) == 24 || (n) == 16)

#define RUSTLS_RECORD_MAX (16384 + 2048)

/* The first record of an object's keys: where the same address was another's, that is over. */
static __always_inline void tls_rustls_fresh(__u64 object, __u64 cookie)
{
	struct tls_key key = {object, bpf_get_current_pid_tgid() >> 32, KERNEL_TLS_LIBRARY(cookie)};

	bpf_map_delete_elem(&tls_sessions, &key);
}

SEC("uprobe")
int tls_rustls_enter(struct function_registers *regs)
{
	__u64 cookie = bpf_get_attach_cookie(regs);
	__u64 id = bpf_get_current_pid_tgid();
	struct tls_frame frame = {.sp = FUNCTION_STACK(regs), .object = FUNCTION_ARG2(regs)};
	struct rustls_outbound out = {};
	struct rustls_inbound in = {};
	__u64 message = FUNCTION_ARG3(regs);
	__u64 number = FUNCTION_ARG4(regs);

	if (!process_matches(current_task(), id >> 32))
		return 0;
	if (!number)
		tls_rustls_fresh(frame.object, cookie);
	if (cookie & KERNEL_TLS_RECEIVES) {
		if (user_read(&in, sizeof(in), message))
			return 0;
		frame.buffer = in.at;
		frame.count_at = in.len;
	} else {
		if (user_read(&out, sizeof(out), message) || out.type != RUSTLS_DATA)
			return 0;
		/* Read again when the record is there: it is the caller's, and doesn't change. */
		frame.buffer = message;
		frame.count_at = out.chunks ? out.end - out.first : out.first;
	}
	if (frame.count_at && frame.count_at <= RUSTLS_RECORD_MAX)
		tls_call_begin(id, &frame);
	return 0;
}

/* Reads the tag that ends the record at AT. */
static __always_inline bool tls_rustls_tag(struct tls_done *done, __u64 at, __u64 len)
{
	if (len < KERNEL_TLS_TAG_LEN)
		return false;
	return !user_read(done->tag, KERNEL_TLS_TAG_LEN, at + len - KERNEL_TLS_TAG_LEN);
}

/*
 * Records what a message has of the slice at AT: the message begins FROM bytes behind its begin,
 * and ends TO bytes behind it. Returns the slice's length, negative when it can't be read.
 */
static __noinline int tls_rustls_slice(struct tls_done *done, __u64 at, __u32 from, __u32 to)
{
	struct rustls_slice slice = {};

	if (user_read(&slice, sizeof(slice), at) || slice.len > KERNEL_TLS_MOVED_MAX)
		return -1;
	if (to > slice.len)
		to = slice.len;
	if (to > from) {
		done->buffer = slice.at + from;
		done->moved = to - from;
		tls_record(done);
	}
	return slice.len;
}

static __always_inline void tls_rustls_several(struct tls_done *done,
					       const struct rustls_outbound *out)
{
	__u64 from = out->first;
	__u64 to = out->end;

	for (__u32 i = 0; i < RUSTLS_SLICES; i++) {
		int len;

		if (i >= out->at || !to)
			return;
		len = tls_rustls_slice(done, out->chunks + i * sizeof(struct rustls_slice), from,
				       to);
		if (len < 0)
			return;
		from = from > len ? from - len : 0;
		to = to > len ? to - len : 0;
	}
}

static __always_inline void tls_rustls_sent(struct tls_done *done, const struct tls_frame *frame,
					    const struct rustls_result *result)
{
	struct rustls_outbound out = {};
	__u64 added = result->c - RUSTLS_HEADER - frame->count_at;

	if (result->c > RUSTLS_RECORD_MAX + RUSTLS_HEADER || !RUSTLS_ADDED(added) ||
	    !tls_rustls_tag(done, result->b, result->c))
		return;
	if (user_read(&out, sizeof(out), frame->buffer))
		return;
	if (out.chunks) {
		tls_rustls_several(done, &out);
		return;
	}
	done->buffer = out.at;
	done->moved = frame->count_at;
	tls_record(done);
}

static __always_inline void tls_rustls_received(struct tls_done *done,
						const struct tls_frame *frame,
						const struct rustls_result *result)
{
	__u64 skipped = result->a - frame->buffer;

	if ((__u8)result->c != RUSTLS_DATA || !result->b || skipped > frame->count_at ||
	    result->b > frame->count_at - skipped)
		return;
	if (!tls_rustls_tag(done, frame->buffer, frame->count_at))
		return;
	done->buffer = result->a;
	done->moved = result->b;
	tls_record(done);
}

SEC("uretprobe")
int tls_rustls_leave(struct function_registers *regs)
{
	__u64 cookie = bpf_get_attach_cookie(regs);
	__u64 id = bpf_get_current_pid_tgid();
	struct rustls_result result = {};
	struct tls_frame frame = {};
	struct tls_done done = {
		.pid = id >> 32,
		.tid = id,
		.library = KERNEL_TLS_LIBRARY(cookie),
		.flags = KERNEL_TLS_RECORD,
		.call = KERNEL_TLS_CALL(cookie),
		.direction = !!(cookie & KERNEL_TLS_RECEIVES),
	};

	if (!tls_call_end(id, FUNCTION_LEFT_STACK(regs), &frame, &done.conn) ||
	    user_read(&result, sizeof(result), FUNCTION_RESULT(regs)))
		return 0;
	/* No socket is used inside. */
	done.conn = 0;
	done.object = frame.object;
	if (done.direction == DIRECTION_SENT)
		tls_rustls_sent(&done, &frame, &result);
	else
		tls_rustls_received(&done, &frame, &result);
	return 0;
}

#endif
