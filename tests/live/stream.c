/* SPDX-License-Identifier: BSD-2-Clause */

/* stream CASE FAMILY: moves bytes over a connection with one of the calls and writes a ledger. */

#include <linux/aio_abi.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <fcntl.h>

#include "tests/live/sockets.h"

#define SMALL 1000

static void receive(struct end *end, uint8_t *data, size_t len)
{
	size_t n = (size_t)must("recv", recv(end->fd, data, len, MSG_WAITALL));

	ledger_received(end, "recvfrom", .data = data, .len = n);
}

static void case_read_write(const struct family *family, struct end ends[2])
{
	uint8_t *data = filled(SMALL, 1);
	uint8_t back[SMALL];
	size_t n = (size_t)must("write", write(ends[0].fd, data, SMALL));

	(void)family;
	ledger_sent(&ends[0], "write", .data = data, .len = n);
	n = (size_t)must("read", read(ends[1].fd, back, 700));
	ledger_received(&ends[1], "read", .data = back, .len = n);
	n = (size_t)must("read", read(ends[1].fd, back, SMALL));
	ledger_received(&ends[1], "read", .data = back, .len = n);
	n = (size_t)must("write", write(ends[1].fd, "answer", 6));
	ledger_sent(&ends[1], "write", .data = (const uint8_t *)"answer", .len = n);
	n = (size_t)must("read", read(ends[0].fd, back, SMALL));
	ledger_received(&ends[0], "read", .data = back, .len = n);
	free(data);
}

/* Five pieces, one of them empty. */
static void pieces(uint8_t *data, struct iovec iov[5])
{
	static const size_t lens[5] = {1, 300, 0, 599, 100};

	for (int i = 0; i < 5; i++) {
		iov[i] = (struct iovec){data, lens[i]};
		data += lens[i];
	}
}

static void case_vectors(const struct family *family, struct end ends[2])
{
	uint8_t *data = filled(SMALL, 2);
	uint8_t back[SMALL];
	struct iovec iov[5];
	size_t n;

	(void)family;
	pieces(data, iov);
	n = (size_t)must("writev", writev(ends[0].fd, iov, 5));
	ledger_sent(&ends[0], "writev", .data = data, .len = n);
	pieces(back, iov);
	n = (size_t)must("readv", readv(ends[1].fd, iov, 5));
	ledger_received(&ends[1], "readv", .data = back, .len = n);
	pieces(data, iov);
	n = (size_t)must("pwritev2", pwritev2(ends[1].fd, iov, 5, -1, 0));
	ledger_sent(&ends[1], "pwritev2", .data = data, .len = n);
	pieces(back, iov);
	n = (size_t)must("preadv2", preadv2(ends[0].fd, iov, 5, -1, 0));
	ledger_received(&ends[0], "preadv2", .data = back, .len = n);
	free(data);
}

static void case_send_recv(const struct family *family, struct end ends[2])
{
	uint8_t *data = filled(SMALL, 3);
	uint8_t back[SMALL];
	size_t n = (size_t)must("send", send(ends[0].fd, data, SMALL, 0));

	(void)family;
	ledger_sent(&ends[0], "sendto", .data = data, .len = n);
	receive(&ends[1], back, SMALL);
	free(data);
}

static void case_messages(const struct family *family, struct end ends[2])
{
	uint8_t *data = filled(SMALL, 4);
	uint8_t back[SMALL];
	struct iovec iov[5];
	struct msghdr message = {.msg_iov = iov, .msg_iovlen = 5};
	size_t n;

	(void)family;
	pieces(data, iov);
	n = (size_t)must("sendmsg", sendmsg(ends[0].fd, &message, 0));
	ledger_sent(&ends[0], "sendmsg", .data = data, .len = n);
	pieces(back, iov);
	n = (size_t)must("recvmsg", recvmsg(ends[1].fd, &message, 0));
	ledger_received(&ends[1], "recvmsg", .data = back, .len = n);
	free(data);
}

/* Three messages in one call; on a stream they follow each other without a border. */
static void case_message_vectors(const struct family *family, struct end ends[2])
{
	uint8_t *data = filled(600, 5);
	uint8_t back[600];
	struct iovec iov[3];
	struct mmsghdr messages[3] = {0};
	int n;

	(void)family;
	for (size_t i = 0; i < 3; i++) {
		iov[i] = (struct iovec){data + 200 * i, 200};
		messages[i].msg_hdr = (struct msghdr){.msg_iov = &iov[i], .msg_iovlen = 1};
	}
	n = (int)must("sendmmsg", sendmmsg(ends[0].fd, messages, 3, 0));
	for (int i = 0; i < n; i++)
		ledger_sent(&ends[0], "sendmmsg", .data = data + 200 * i,
			    .len = messages[i].msg_len);
	for (size_t i = 0; i < 3; i++)
		iov[i] = (struct iovec){back + 200 * i, 200};
	n = (int)must("recvmmsg", recvmmsg(ends[1].fd, messages, 3, MSG_WAITALL, NULL));
	for (int i = 0; i < n; i++)
		ledger_received(&ends[1], "recvmmsg", .data = back + 200 * i,
				.len = messages[i].msg_len);
	free(data);
}

/* Whole, from the middle of a page with an offset of the call's own, and a file with a hole. */
static void case_sendfile(const struct family *family, struct end ends[2])
{
	size_t len = 100000;
	uint8_t *data = filled(len, 6);
	uint8_t *back = malloc(len);
	int file = file_of(data, len);
	off_t offset = 5001;
	size_t n;

	(void)family;
	must("lseek", lseek(file, 0, SEEK_SET));
	n = (size_t)must("sendfile", sendfile(ends[0].fd, file, NULL, 50000));
	ledger_sent(&ends[0], "sendfile", .data = data, .len = n);
	receive(&ends[1], back, n);
	n = (size_t)must("sendfile", sendfile(ends[0].fd, file, &offset, 7));
	ledger_sent(&ends[0], "sendfile", .data = data + 5001, .len = n);
	receive(&ends[1], back, n);
	n = (size_t)must("sendfile", sendfile(ends[0].fd, file, &offset, 20000));
	ledger_sent(&ends[0], "sendfile", .data = data + 5008, .len = n);
	receive(&ends[1], back, n);
	must("close", close(file));
	free(data);
	free(back);
}

static void case_splice(const struct family *family, struct end ends[2])
{
	uint8_t *data = filled(SMALL, 7);
	uint8_t back[SMALL];
	int pipes[2];
	size_t n;

	(void)family;
	must("pipe", pipe(pipes));
	must("write", write(pipes[1], data, SMALL));
	n = (size_t)must("splice", splice(pipes[0], NULL, ends[0].fd, NULL, SMALL, 0));
	ledger_sent(&ends[0], "splice", .len = n, .cut = "call whose payload is not captured");
	receive(&ends[1], back, SMALL);
	must("close", close(pipes[0]));
	must("close", close(pipes[1]));
	free(data);
}

/* What no tracepoint tells of may be in TCP's own count alone: a loss, but in its place. */
static void case_splice_receive(const struct family *family, struct end ends[2])
{
	uint8_t *data = filled(SMALL, 7);
	uint8_t back[SMALL];
	int pipes[2];
	size_t n;

	(void)family;
	must("pipe", pipe(pipes));
	must("send", send(ends[0].fd, data, SMALL, 0));
	ledger_sent(&ends[0], "sendto", .data = data, .len = SMALL);
	receive(&ends[1], back, 100);
	n = (size_t)must("splice", splice(ends[1].fd, NULL, pipes[1], NULL, 400, 0));
	ledger_received(&ends[1], "splice", .len = n, .cut = "call whose payload is not captured",
			.loss_will_do = true);
	receive(&ends[1], back, SMALL - 100 - n);
	must("close", close(pipes[0]));
	must("close", close(pipes[1]));
	free(data);
}

/* Looking at bytes doesn't take them. */
static void case_peek(const struct family *family, struct end ends[2])
{
	uint8_t *data = filled(SMALL, 8);
	uint8_t back[SMALL];
	struct iovec iov = {back, SMALL};
	struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};
	struct mmsghdr messages = {.msg_hdr = message};
	size_t n = (size_t)must("send", send(ends[0].fd, data, SMALL, 0));

	(void)family;
	ledger_sent(&ends[0], "sendto", .data = data, .len = n);
	must("recv", recv(ends[1].fd, back, 100, MSG_PEEK));
	must("recvmsg", recvmsg(ends[1].fd, &message, MSG_PEEK));
	must("recvmmsg", recvmmsg(ends[1].fd, &messages, 1, MSG_PEEK, NULL));
	receive(&ends[1], back, SMALL);
	free(data);
}

struct reader {
	struct end *end;
	uint8_t *data;
	size_t len;
	size_t got[4096];
	size_t count;
	long tid;
};

static void *reader_run(void *argument)
{
	struct reader *r = argument;

	r->tid = syscall(SYS_gettid);
	for (size_t done = 0; done < r->len; done += r->got[r->count++])
		r->got[r->count] = (size_t)must("read",
						read(r->end->fd, r->data + done, r->len - done));
	return NULL;
}

/* One call with more bytes than a record holds, read by another thread meanwhile. */
static void case_large(const struct family *family, struct end ends[2])
{
	size_t len = 1 << 20;
	uint8_t *data = filled(len, 9);
	static struct reader reader;
	pthread_t thread;
	size_t n;

	(void)family;
	reader = (struct reader){.end = &ends[1], .data = malloc(len), .len = len};
	if (pthread_create(&thread, NULL, reader_run, &reader))
		fail("pthread_create");
	n = (size_t)must("write", write(ends[0].fd, data, len));
	ledger_sent(&ends[0], "write", .data = data, .len = n);
	pthread_join(thread, NULL);
	for (size_t i = 0, done = 0; i < reader.count; done += reader.got[i++])
		ledger_received(&ends[1], "read", .data = reader.data + done, .len = reader.got[i],
				.tid = reader.tid);
	free(data);
	free(reader.data);
}

/* As many pieces as the kernel takes. */
static void case_many_pieces(const struct family *family, struct end ends[2])
{
	static struct iovec iov[1024];
	size_t len = 1024 * 20;
	uint8_t *data = filled(len, 10);
	uint8_t *back = malloc(len);
	size_t n;

	(void)family;
	for (size_t i = 0; i < 1024; i++)
		iov[i] = (struct iovec){data + i * 20, 20};
	n = (size_t)must("writev", writev(ends[0].fd, iov, 1024));
	ledger_sent(&ends[0], "writev", .data = data, .len = n);
	receive(&ends[1], back, n);
	free(data);
	free(back);
}

/* TCP throws bytes away with MSG_TRUNC: they move the position, and nobody has them. */
static void case_discard(const struct family *family, struct end ends[2])
{
	uint8_t *data = filled(SMALL, 11);
	uint8_t back[SMALL];
	size_t n = (size_t)must("send", send(ends[0].fd, data, SMALL, 0));

	(void)family;
	ledger_sent(&ends[0], "sendto", .data = data, .len = n);
	n = (size_t)must("recv", recv(ends[1].fd, back, 600, MSG_TRUNC));
	ledger_received(&ends[1], "recvfrom", .len = n,
			.cut = "call whose payload is not captured");
	receive(&ends[1], back, SMALL - n);
	free(data);
}

/* Multipath TCP is TCP to who uses it: Go's servers ask for it on their own. */
static void case_multipath(const struct family *family, struct end ends[2])
{
	struct family multipath = *family;
	struct end others[2];
	uint8_t back[SMALL];
	int probe = socket(family->domain, SOCK_STREAM, IPPROTO_MPTCP);

	if (probe < 0)
		unsupported("Multipath TCP");
	close(probe);
	must("send", send(ends[0].fd, "one way", 7, 0));
	ledger_sent(&ends[0], "sendto", .data = (const uint8_t *)"one way", .len = 7);
	receive(&ends[1], back, 7);
	multipath.protocol = IPPROTO_MPTCP;
	close(stream_open(&multipath, others));
	others[0].name = "multipath client";
	others[1].name = "multipath server";
	ledger_conn(&others[0], family->stream, "client", "opened");
	ledger_conn(&others[1], family->stream, "server", "opened");
	must("send", send(others[0].fd, "by many ways", 12, 0));
	ledger_sent(&others[0], "sendto", .data = (const uint8_t *)"by many ways", .len = 12);
	receive(&others[1], back, 12);
	close(others[0].fd);
	close(others[1].fd);
}

/* Linux AIO, which is synchronous on sockets. */
static void submit(aio_context_t context, uint16_t opcode, int fd, void *data, size_t count)
{
	struct iocb iocb = {.aio_lio_opcode = opcode,
			    .aio_fildes = (uint32_t)fd,
			    .aio_buf = (uintptr_t)data,
			    .aio_nbytes = count};
	struct iocb *all[1] = {&iocb};
	struct io_event event;

	must("io_submit", syscall(SYS_io_submit, context, 1, all));
	must("io_getevents", syscall(SYS_io_getevents, context, 1, 1, &event, NULL));
	if (event.res != SMALL)
		fail("AIO moved less");
}

static void case_aio(const struct family *family, struct end ends[2])
{
	uint8_t *data = filled(SMALL, 12);
	uint8_t back[SMALL];
	struct iovec out[2] = {{data, 20}, {data + 20, SMALL - 20}};
	struct iovec in[2] = {{back, 40}, {back + 40, SMALL - 40}};
	aio_context_t context = 0;

	(void)family;
	if (syscall(SYS_io_setup, 4, &context) != 0)
		unsupported("Linux AIO");
	submit(context, IOCB_CMD_PWRITE, ends[0].fd, data, SMALL);
	ledger_sent(&ends[0], "io_submit", .data = data, .len = SMALL, .loss_will_do = true);
	submit(context, IOCB_CMD_PREAD, ends[1].fd, back, SMALL);
	ledger_received(&ends[1], "io_submit", .data = back, .len = SMALL, .loss_will_do = true);
	must("write", write(ends[0].fd, data, SMALL));
	ledger_sent(&ends[0], "write", .data = data, .len = SMALL);
	must("read", read(ends[1].fd, back, SMALL));
	ledger_received(&ends[1], "read", .data = back, .len = SMALL);
	submit(context, IOCB_CMD_PWRITEV, ends[0].fd, out, 2);
	ledger_sent(&ends[0], "io_submit", .data = data, .len = SMALL, .loss_will_do = true);
	submit(context, IOCB_CMD_PREADV, ends[1].fd, in, 2);
	ledger_received(&ends[1], "io_submit", .data = back, .len = SMALL, .loss_will_do = true);
	must("io_destroy", syscall(SYS_io_destroy, context));
	free(data);
}

/* linux/tcp.h, which can't be included beside netinet/tcp.h. */
struct zerocopy_receive {
	uint64_t address;
	uint32_t length;
	uint32_t recv_skip_hint;
	uint32_t inq;
	int32_t error;
	uint64_t copybuf_address;
	int32_t copybuf_len;
	uint32_t flags;
	uint64_t msg_control;
	uint64_t msg_controllen;
	uint32_t msg_flags;
	uint32_t reserved;
};

#define ZEROCOPY_RECEIVE 35

/* Bytes that are mapped, or copied beside a call that maps. */
static void case_zerocopy_receive(const struct family *family, struct end ends[2])
{
	uint8_t *data = filled(SMALL, 13);
	uint8_t back[SMALL];
	struct zerocopy_receive receive_to = {.copybuf_address = (uintptr_t)back,
					      .copybuf_len = SMALL};
	socklen_t len = sizeof(receive_to);
	void *map = mmap(NULL, 65536, PROT_READ, MAP_SHARED, ends[1].fd, 0);

	(void)family;
	if (map == MAP_FAILED)
		unsupported("TCP_ZEROCOPY_RECEIVE");
	must("write", write(ends[0].fd, data, 50));
	ledger_sent(&ends[0], "write", .data = data, .len = 50);
	receive(&ends[1], back, 50);
	receive_to.address = (uintptr_t)map;
	receive_to.length = 65536;
	must("write", write(ends[0].fd, data, SMALL));
	ledger_sent(&ends[0], "write", .data = data, .len = SMALL);
	if (getsockopt(ends[1].fd, IPPROTO_TCP, ZEROCOPY_RECEIVE, &receive_to, &len) != 0 ||
	    receive_to.copybuf_len != SMALL)
		unsupported("copies of TCP_ZEROCOPY_RECEIVE");
	ledger_received(&ends[1], "getsockopt", .data = back, .len = SMALL, .loss_will_do = true);
	must("write", write(ends[0].fd, data, 50));
	ledger_sent(&ends[0], "write", .data = data, .len = 50);
	receive(&ends[1], back, 50);
	free(data);
}

/* What fails or moves nothing leaves no trace. */
static void case_nothing(const struct family *family, struct end ends[2])
{
	uint8_t back[SMALL];
	void *nowhere = mmap(NULL, SMALL, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)family;
	if (recv(ends[1].fd, back, SMALL, MSG_DONTWAIT) != -1 || errno != EAGAIN)
		fail("an empty socket gave bytes");
	must("send", send(ends[0].fd, back, 0, 0));
	if (write(ends[0].fd, nowhere, SMALL) != -1 || errno != EFAULT)
		fail("bytes from nowhere were sent");
	must("shutdown", shutdown(ends[0].fd, SHUT_WR));
	if (must("read", read(ends[1].fd, back, SMALL)) != 0)
		fail("the stream has no end");
	must("send", send(ends[1].fd, "late", 4, 0));
	ledger_sent(&ends[1], "sendto", .data = (const uint8_t *)"late", .len = 4);
	receive(&ends[0], back, 4);
}

static const struct live_case cases[] = {
	{"read-write", case_read_write, true},
	{"vectors", case_vectors, true},
	{"send-recv", case_send_recv, true},
	{"messages", case_messages, true},
	{"message-vectors", case_message_vectors, true},
	{"sendfile", case_sendfile, true},
	{"splice", case_splice, true},
	{"splice-receive", case_splice_receive, false},
	{"peek", case_peek, true},
	{"large", case_large, true},
	{"many-pieces", case_many_pieces, true},
	{"discard", case_discard, false},
	{"multipath", case_multipath, false},
	{"aio", case_aio, false},
	{"zerocopy-receive", case_zerocopy_receive, false},
	{"nothing", case_nothing, true},
	{0},
};

int main(int argc, char **argv)
{
	return live_main(argc, argv, cases, stream_pair);
}
