/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_BATCH_H
#define SOCKTAPE_BPF_BATCH_H

/*
 * Calls that move several pieces, of which each fires the tracepoint: sendmmsg, recvmmsg and
 * sendfile. Which piece it is has to be counted, and nothing tells when such a call begins or ends:
 *
 * - other arguments are another call, and so is one that would go beyond what was asked for;
 * - a piece that fails ends its call (its length is negative), one that was sent in part as well;
 * - sendfile ends at the end of its file;
 * - recvmmsg with a timeout may end after any message without a sign. But the first message's
 * memory is the application's again then: when it isn't what was received, another call has begun.
 */

#include "bpf/call.h"

#define BATCH_MARK 64

struct batch {
	__u64 first; /* of the call's arguments, those that tell it from another */
	__u64 second;
	__u64 third;
	__u64 fourth;
	__u64 start;   /* sendfile: position in the file before the call */
	__u64 done;    /* messages, or bytes */
	__u64 mark_at; /* the begin of the first message in user memory, mark_len bytes of it */
	__u64 mark_len;
	__u8 mark[BATCH_MARK];
	__u32 number; /* of the call; 0: none is under way */
	__u32 reserved;
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct batch);
} batches SEC(".maps");

/* The batch of the current task, begun anew when the call isn't the one that it was about. */
static __always_inline struct batch *batch_of(struct task_struct *task, const struct syscall *args,
					      __u64 start)
{
	struct batch *batch = bpf_task_storage_get(&batches, task, 0,
						   BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (!batch)
		return NULL;
	if (batch->number == args->number && batch->first == args->first &&
	    batch->second == args->second && batch->third == args->third &&
	    batch->fourth == args->fourth && batch->start == start)
		return batch;
	batch->number = args->number;
	batch->first = args->first;
	batch->second = args->second;
	batch->third = args->third;
	batch->fourth = args->fourth;
	batch->start = start;
	batch->done = 0;
	return batch;
}

/* The call under way, if any, is over. */
static __noinline void batch_end(struct task_struct *task)
{
	struct batch *batch = bpf_task_storage_get(&batches, task, 0, 0);

	if (batch)
		batch->number = 0;
}

/* Remembers how the first message begins, LEN bytes at ELEMENT. */
static __always_inline void batch_mark(struct batch *batch, __u64 element, __u64 len)
{
	struct user_msghdr message;
	struct iovec piece;

	batch->mark_len = 0;
	if (user_read(&message, sizeof(message), element) || !message.msg_iovlen ||
	    user_read(&piece, sizeof(piece), message.msg_iov))
		return;
	if (len > piece.iov_len)
		len = piece.iov_len;
	batch->mark_at = (__u64)piece.iov_base;
	len = BOUNDED(len, BATCH_MARK);
	if (!user_read(batch->mark, len, batch->mark_at))
		batch->mark_len = len;
}

/* Whether the first message is as it was received. */
static __always_inline bool batch_is_marked(const struct batch *batch)
{
	__u8 now[BATCH_MARK] = {};
	__u64 len = BOUNDED(batch->mark_len, BATCH_MARK);

	if (user_read(now, len, batch->mark_at))
		return false;
	for (int i = 0; i < BATCH_MARK; i++)
		if (i < len && now[i] != batch->mark[i])
			return false;
	return true;
}

/* Whether what was sent from ELEMENT is less than what is there: then it was the call's last one.
 */
static __always_inline bool batch_is_part(struct lane *lane, __u64 element, __u64 len)
{
	struct source vector = {.kind = SOURCE_VECTOR};
	struct user_msghdr message;

	if (user_read(&message, sizeof(message), element))
		return false;
	vector.at = (__u64)message.msg_iov;
	vector.count = message.msg_iovlen;
	return vector_clamp(lane, &vector, ~0ULL) > len;
}

/* The struct mmsghdr that a message of LEN bytes came from or went to; 0 when that is unknown. */
static __always_inline __u64 batch_message(struct lane *lane, struct task_struct *task,
					   const struct syscall *args, __u64 len, bool sent)
{
	struct batch *batch = batch_of(task, args, 0);
	__u64 element;

	if (!batch)
		return 0;
	if (batch->done && !sent && !batch_is_marked(batch))
		batch->done = 0;
	element = args->second + batch->done * sizeof(struct mmsghdr);
	if (!batch->done && !sent)
		batch_mark(batch, element, len);
	batch->done++;
	if (batch->done >= args->third || (sent && batch_is_part(lane, element, len)))
		batch->number = 0;
	return element;
}

/* The position in the file where LEN bytes that sendfile() sent begin. */
static __noinline bool batch_file(struct task_struct *task, const struct syscall *args,
				  struct file *file, __u64 len, __u64 *position)
{
	struct inode *inode = KERNEL_GET(file, file, f_inode);
	struct batch *batch;
	__u64 start = 0;

	/* Both are written when the call ends. */
	if (!args->third)
		start = KERNEL_GET(file, file, f_pos);
	else if (user_read(&start, sizeof(start), args->third))
		return false;
	batch = batch_of(task, args, start);
	if (!batch)
		return false;
	*position = start + batch->done;
	batch->done += len;
	if (batch->done >= args->fourth || start + batch->done >= KERNEL_GET(inode, inode, i_size))
		batch->number = 0;
	return true;
}

#endif
