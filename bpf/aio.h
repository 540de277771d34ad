/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_AIO_H
#define SOCKTAPE_BPF_AIO_H

/*
 * Linux AIO: io_submit() does to sockets what each of its control blocks says, one after the other,
 * before it returns. Which of them it is at isn't known: where two would do the same to a socket
 * only lengths are recorded.
 */

#include "bpf/call.h"

/* struct iocb of include/uapi/linux/aio_abi.h, as far as it counts. */
struct user_iocb {
	__u64 data;
	__u64 key;
	__u16 opcode;
	__s16 priority;
	__u32 fd;
	__u64 buf;
	__u64 count;
};

#define IOCB_READ   0
#define IOCB_WRITE  1
#define IOCB_READV  7
#define IOCB_WRITEV 8

/* Control blocks of one call that are looked at. */
#define IOCBS_MAX 16

/* Whether the control block moves bytes of FILE in the direction of the transfer. */
static __always_inline bool iocb_is_about(const struct user_iocb *iocb, struct task_struct *task,
					  struct file *file, __u8 direction)
{
	bool sends = iocb->opcode == IOCB_WRITE || iocb->opcode == IOCB_WRITEV;
	bool receives = iocb->opcode == IOCB_READ || iocb->opcode == IOCB_READV;

	return (direction == DIRECTION_SENT ? sends : receives) &&
	       current_file(task, iocb->fd) == file;
}

/* Says where the bytes of a transfer in io_submit() are, if that is certain. */
static __noinline int source_aio(struct syscall *call, struct task_struct *task, struct file *file,
				 struct transfer *transfer)
{
	struct source *source = &transfer->source;
	struct user_iocb iocb;
	__u64 at;

	/* All of them have to be looked at. */
	if (call->second > IOCBS_MAX)
		return 0;
	for (__u32 i = 0; i < IOCBS_MAX && i < call->second; i++) {
		if (user_read(&at, sizeof(at), call->third + i * sizeof(at)) ||
		    user_read(&iocb, sizeof(iocb), at))
			return 0;
		if (!iocb_is_about(&iocb, task, file, transfer->direction))
			continue;
		if (source->kind != SOURCE_NONE) {
			source->kind = SOURCE_NONE;
			return 0;
		}
		transfer->fd = iocb.fd;
		source->kind = iocb.opcode >= IOCB_READV ? SOURCE_VECTOR : SOURCE_BUFFER;
		source->at = iocb.buf;
		source->count = iocb.count;
	}
	return 0;
}

#endif
