/* SPDX-License-Identifier: BSD-2-Clause */

/* uring CASE FAMILY: moves bytes over a connection with io_uring and writes a ledger. */

#include <liburing.h>

#include "tests/live/sockets.h"

#define SIZE 300

/* Multishot receives came with Linux 6.0, as IORING_OP_SEND_ZC did, and can't be asked for. */

/* Not in every liburing's header: IORING_RECV_MULTISHOT, IORING_OP_READ_MULTISHOT. */
#define RECV_MULTISHOT (1U << 1)
#define READ_MULTISHOT 49

static void ring_open(struct io_uring *ring, unsigned int flags)
{
	struct io_uring_params params = {.flags = flags, .sq_thread_idle = 200};
	int error = io_uring_queue_init_params(16, ring, &params);

	if (error == -ENOSYS || error == -EPERM)
		unsupported("io_uring");
	if (error == -EINVAL && flags)
		unsupported("io_uring with these flags");
	if (error) {
		errno = -error;
		fail("io_uring");
	}
}

static struct io_uring_sqe *ring_entry(struct io_uring *ring)
{
	struct io_uring_sqe *entry = io_uring_get_sqe(ring);

	if (!entry)
		fail("io_uring_get_sqe");
	return entry;
}

/* Ends the program where this kernel's io_uring doesn't know OPERATION. */
static void ring_needs(struct io_uring *ring, int operation, const char *what)
{
	struct io_uring_probe *probe = io_uring_get_probe_ring(ring);

	if (!probe || !io_uring_opcode_supported(probe, operation))
		unsupported(what);
	io_uring_free_probe(probe);
}

/* Waits for one completion and gives its result; *FLAGS if not NULL. */
static size_t ring_wait(struct io_uring *ring, unsigned int *flags)
{
	struct io_uring_cqe *done;
	int result;

	must("io_uring_submit_and_wait", io_uring_submit_and_wait(ring, 1));
	must("io_uring_wait_cqe", io_uring_wait_cqe(ring, &done));
	result = done->res;
	if (flags)
		*flags = done->flags;
	io_uring_cqe_seen(ring, done);
	if (result < 0) {
		errno = -result;
		fail("completion");
	}
	return (size_t)result;
}

/* Each call that has a buffer or a vector, one after the other. */
static void all_calls(struct end ends[2], unsigned int setup, long tid)
{
	struct io_uring ring;
	uint8_t *data = filled(SIZE, 60);
	uint8_t back[SIZE];
	struct iovec out[2] = {{data, 100}, {data + 100, 200}};
	struct iovec in[2] = {{back, 50}, {back + 50, 250}};
	struct msghdr out_message = {.msg_iov = out, .msg_iovlen = 2};
	struct msghdr in_message = {.msg_iov = in, .msg_iovlen = 2};
	size_t n;

	ring_open(&ring, setup);
	io_uring_prep_send(ring_entry(&ring), ends[0].fd, data, SIZE, 0);
	n = ring_wait(&ring, NULL);
	ledger_sent(&ends[0], "io_uring_send", .data = data, .len = n, .fd_unknown = true,
		    .tid = tid);
	io_uring_prep_recv(ring_entry(&ring), ends[1].fd, back, SIZE, 0);
	n = ring_wait(&ring, NULL);
	ledger_received(&ends[1], "io_uring_recv", .data = back, .len = n, .fd_unknown = true,
			.tid = tid);
	io_uring_prep_write(ring_entry(&ring), ends[0].fd, data, 200, 0);
	n = ring_wait(&ring, NULL);
	ledger_sent(&ends[0], "io_uring_write", .data = data, .len = n, .fd_unknown = true,
		    .tid = tid);
	io_uring_prep_read(ring_entry(&ring), ends[1].fd, back, SIZE, 0);
	n = ring_wait(&ring, NULL);
	ledger_received(&ends[1], "io_uring_read", .data = back, .len = n, .fd_unknown = true,
			.tid = tid);
	io_uring_prep_writev(ring_entry(&ring), ends[0].fd, out, 2, 0);
	n = ring_wait(&ring, NULL);
	ledger_sent(&ends[0], "io_uring_writev", .data = data, .len = n, .fd_unknown = true,
		    .tid = tid);
	io_uring_prep_readv(ring_entry(&ring), ends[1].fd, in, 2, 0);
	n = ring_wait(&ring, NULL);
	ledger_received(&ends[1], "io_uring_readv", .data = back, .len = n, .fd_unknown = true,
			.tid = tid);
	io_uring_prep_sendmsg(ring_entry(&ring), ends[0].fd, &out_message, 0);
	n = ring_wait(&ring, NULL);
	ledger_sent(&ends[0], "io_uring_sendmsg", .data = data, .len = n, .fd_unknown = true,
		    .tid = tid);
	io_uring_prep_recvmsg(ring_entry(&ring), ends[1].fd, &in_message, 0);
	n = ring_wait(&ring, NULL);
	ledger_received(&ends[1], "io_uring_recvmsg", .data = back, .len = n, .fd_unknown = true,
			.tid = tid);
	io_uring_queue_exit(&ring);
	free(data);
}

static void case_calls(const struct family *family, struct end ends[2])
{
	(void)family;
	all_calls(ends, 0, 0);
}

static void case_calls_of_poller(const struct family *family, struct end ends[2])
{
	(void)family;
	all_calls(ends, IORING_SETUP_SQPOLL, -1);
}

static void case_calls_deferred(const struct family *family, struct end ends[2])
{
	(void)family;
	all_calls(ends, IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN, 0);
}

/* The request waits for its bytes; its vector is gone by the time they come. */
static void case_late(const struct family *family, struct end ends[2])
{
	struct io_uring ring;
	uint8_t *data = filled(SIZE, 61);
	uint8_t back[SIZE];
	uint8_t elsewhere[SIZE] = "not what was received";
	struct iovec in[2] = {{back, 100}, {back + 100, 200}};
	size_t n;

	(void)family;
	ring_open(&ring, 0);
	io_uring_prep_readv(ring_entry(&ring), ends[1].fd, in, 2, 0);
	must("io_uring_submit", io_uring_submit(&ring));
	in[0].iov_base = elsewhere;
	in[1].iov_base = elsewhere;
	n = (size_t)must("write", write(ends[0].fd, data, SIZE));
	ledger_sent(&ends[0], "write", .data = data, .len = n);
	n = ring_wait(&ring, NULL);
	ledger_received(&ends[1], "io_uring_readv", .data = back, .len = n, .fd_unknown = true);
	io_uring_queue_exit(&ring);
	free(data);
}

/* A receive that is filled by several sends is one call. */
static void case_partial(const struct family *family, struct end ends[2])
{
	struct io_uring ring;
	uint8_t *data = filled(SIZE, 62);
	uint8_t back[SIZE];
	size_t n;

	(void)family;
	ring_open(&ring, 0);
	io_uring_prep_recv(ring_entry(&ring), ends[1].fd, back, SIZE, MSG_WAITALL);
	must("io_uring_submit", io_uring_submit(&ring));
	for (size_t i = 0; i < SIZE; i += 100) {
		n = (size_t)must("write", write(ends[0].fd, data + i, 100));
		ledger_sent(&ends[0], "write", .data = data + i, .len = n);
		must("io_uring_get_events", io_uring_get_events(&ring));
	}
	n = ring_wait(&ring, NULL);
	if (n != SIZE)
		fail("MSG_WAITALL did not wait");
	ledger_received(&ends[1], "io_uring_recv", .data = back, .len = n, .fd_unknown = true);
	io_uring_queue_exit(&ring);
	free(data);
}

/* Registered buffers and registered files. */
static void case_registered(const struct family *family, struct end ends[2])
{
	struct io_uring ring;
	uint8_t *data = filled(SIZE, 63);
	uint8_t back[SIZE];
	struct iovec buffers[2] = {{data, SIZE}, {back, SIZE}};
	int files[2] = {ends[0].fd, ends[1].fd};
	struct io_uring_sqe *entry;
	size_t n;

	(void)family;
	ring_open(&ring, 0);
	must("register buffers", io_uring_register_buffers(&ring, buffers, 2));
	must("register files", io_uring_register_files(&ring, files, 2));
	entry = ring_entry(&ring);
	io_uring_prep_write_fixed(entry, 0, data + 10, 200, 0, 0);
	entry->flags |= IOSQE_FIXED_FILE;
	n = ring_wait(&ring, NULL);
	ledger_sent(&ends[0], "io_uring_write", .data = data + 10, .len = n, .fd_unknown = true);
	entry = ring_entry(&ring);
	io_uring_prep_read_fixed(entry, 1, back + 20, 250, 0, 1);
	entry->flags |= IOSQE_FIXED_FILE;
	n = ring_wait(&ring, NULL);
	ledger_received(&ends[1], "io_uring_read", .data = back + 20, .len = n, .fd_unknown = true);
	io_uring_queue_exit(&ring);
	free(data);
}

#define GROUP	  7
#define POOL	  4
#define POOL_SIZE 160

/* Buffers that the kernel chooses from. */
struct pool {
	struct io_uring_buf_ring *ring;
	uint8_t buffers[POOL][POOL_SIZE];
};

static void pool_open(struct io_uring *ring, struct pool *pool)
{
	struct io_uring_buf_reg registration = {.ring_entries = POOL, .bgid = GROUP};

	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	if (posix_memalign((void **)&pool->ring, page, page))
		fail("posix_memalign");
	registration.ring_addr = (uintptr_t)pool->ring;
	if (io_uring_register_buf_ring(ring, &registration, 0) == -EINVAL)
		unsupported("rings of provided buffers");
	io_uring_buf_ring_init(pool->ring);
	for (unsigned short i = 0; i < POOL; i++)
		io_uring_buf_ring_add(pool->ring, pool->buffers[i], POOL_SIZE,
				      (unsigned short)(10 + i), POOL - 1, i);
	io_uring_buf_ring_advance(pool->ring, POOL);
}

/* What was received is used up: the buffer is given back. */
static uint8_t *pool_take(struct pool *pool, unsigned int flags)
{
	unsigned short id = (unsigned short)(flags >> IORING_CQE_BUFFER_SHIFT);
	uint8_t *buffer = pool->buffers[id - 10];

	if (!(flags & IORING_CQE_F_BUFFER))
		fail("no buffer was chosen");
	io_uring_buf_ring_add(pool->ring, buffer, POOL_SIZE, id, POOL - 1, 0);
	io_uring_buf_ring_advance(pool->ring, 1);
	return buffer;
}

static void entry_select(struct io_uring_sqe *entry)
{
	entry->flags |= IOSQE_BUFFER_SELECT;
	entry->buf_group = GROUP;
}

/* The stream's end is the last completion, which may have a header in a buffer and nothing behind.
 */
static void multishot_end(struct io_uring *ring, struct end ends[2])
{
	unsigned int flags = 0;

	must("shutdown", shutdown(ends[0].fd, SHUT_WR));
	ring_wait(ring, &flags);
	if (flags & IORING_CQE_F_MORE)
		fail("the multishot request goes on");
}

/* One request, many completions; more of them than there are buffers. */
static void multishot(struct end ends[2], const char *call, bool read_it)
{
	struct io_uring ring;
	static struct pool pool;
	uint8_t *data = filled(1000, 64);
	struct io_uring_sqe *entry;
	unsigned int flags = 0;
	size_t n;

	ring_open(&ring, 0);
	pool_open(&ring, &pool);
	if (read_it)
		ring_needs(&ring, READ_MULTISHOT, "IORING_OP_READ_MULTISHOT");
	else
		ring_needs(&ring, IORING_OP_SEND_ZC, "multishot receives");
	entry = ring_entry(&ring);
	io_uring_prep_recv(entry, ends[1].fd, NULL, 0, 0);
	if (read_it)
		entry->opcode = READ_MULTISHOT;
	else
		entry->ioprio |= RECV_MULTISHOT;
	entry_select(entry);
	must("io_uring_submit", io_uring_submit(&ring));
	for (size_t i = 0; i < 1000; i += 100) {
		n = (size_t)must("write", write(ends[0].fd, data + i, 100));
		ledger_sent(&ends[0], "write", .data = data + i, .len = n);
		n = ring_wait(&ring, &flags);
		if (!(flags & IORING_CQE_F_MORE))
			fail("the multishot request ended");
		ledger_received(&ends[1], call, .data = pool_take(&pool, flags), .len = n);
	}
	multishot_end(&ring, ends);
	io_uring_queue_exit(&ring);
	free(pool.ring);
	free(data);
}

static void case_multishot(const struct family *family, struct end ends[2])
{
	(void)family;
	multishot(ends, "io_uring_recv_multishot", false);
}

static void case_multishot_read(const struct family *family, struct end ends[2])
{
	(void)family;
	multishot(ends, "io_uring_read_multishot", true);
}

/* Messages of a multishot receive stand in their buffers behind a header. */
static void case_multishot_messages(const struct family *family, struct end ends[2])
{
	struct io_uring ring;
	static struct pool pool;
	uint8_t *data = filled(SIZE, 66);
	struct msghdr message = {.msg_controllen = 24};
	struct io_uring_sqe *entry;
	unsigned int flags = 0;
	size_t before = 16 + 24; /* struct io_uring_recvmsg_out and the control data */
	size_t n;

	(void)family;
	ring_open(&ring, 0);
	pool_open(&ring, &pool);
	ring_needs(&ring, IORING_OP_SEND_ZC, "multishot receives");
	entry = ring_entry(&ring);
	io_uring_prep_recvmsg(entry, ends[1].fd, &message, 0);
	entry->ioprio |= RECV_MULTISHOT;
	entry_select(entry);
	must("io_uring_submit", io_uring_submit(&ring));
	for (size_t i = 0; i < SIZE; i += 100) {
		n = (size_t)must("write", write(ends[0].fd, data + i, 100));
		ledger_sent(&ends[0], "write", .data = data + i, .len = n);
		n = ring_wait(&ring, &flags) - before;
		ledger_received(&ends[1], "io_uring_recvmsg_multishot",
				.data = pool_take(&pool, flags) + before, .len = n);
	}
	multishot_end(&ring, ends);
	io_uring_queue_exit(&ring);
	free(pool.ring);
	free(data);
}

/* Buffers that are provided by a request, and given back one by one, some of them elsewhere. */
static void case_provided(const struct family *family, struct end ends[2])
{
	static uint8_t buffers[8][POOL_SIZE];
	uint8_t *where[4] = {buffers[0], buffers[1], buffers[2], buffers[3]};
	uint8_t *data = filled(600, 68);
	struct io_uring ring;
	struct io_uring_sqe *entry;

	(void)family;
	ring_open(&ring, 0);
	io_uring_prep_provide_buffers(ring_entry(&ring), buffers, POOL_SIZE, 4, GROUP, 10);
	ring_wait(&ring, NULL);
	for (size_t i = 0; i < 6; i++) {
		unsigned int flags = 0;
		unsigned short id;
		size_t n = (size_t)must("write", write(ends[0].fd, data + i * 100, 100));

		ledger_sent(&ends[0], "write", .data = data + i * 100, .len = n);
		entry = ring_entry(&ring);
		if (i % 2)
			io_uring_prep_read(entry, ends[1].fd, NULL, POOL_SIZE, 0);
		else
			io_uring_prep_recv(entry, ends[1].fd, NULL, POOL_SIZE, 0);
		entry_select(entry);
		n = ring_wait(&ring, &flags);
		if (!(flags & IORING_CQE_F_BUFFER))
			fail("no buffer was chosen");
		id = (unsigned short)((flags >> IORING_CQE_BUFFER_SHIFT) - 10);
		ledger_received(&ends[1], i % 2 ? "io_uring_read" : "io_uring_recv",
				.data = where[id], .len = n, .fd_unknown = true);
		if (i == 1)
			where[id] = buffers[4 + id];
		io_uring_prep_provide_buffers(ring_entry(&ring), where[id], POOL_SIZE, 1, GROUP,
					      10 + id);
		ring_wait(&ring, NULL);
	}
	io_uring_queue_exit(&ring);
	free(data);
}

#define PIECES 200

/* More pieces than fit on a kernel's stack. */
static void case_long_vectors(const struct family *family, struct end ends[2])
{
	struct io_uring ring;
	uint8_t *data = filled(5 * PIECES, 69);
	uint8_t back[5 * PIECES];
	struct iovec out[PIECES], in[PIECES];
	struct msghdr message = {.msg_iov = out, .msg_iovlen = PIECES};
	size_t n;

	(void)family;
	ring_open(&ring, 0);
	for (size_t i = 0; i < PIECES; i++) {
		out[i] = (struct iovec){data + 5 * i, 5};
		in[i] = (struct iovec){back + 5 * i, 5};
	}
	io_uring_prep_writev(ring_entry(&ring), ends[0].fd, out, PIECES, 0);
	n = ring_wait(&ring, NULL);
	ledger_sent(&ends[0], "io_uring_writev", .data = data, .len = n, .fd_unknown = true);
	io_uring_prep_readv(ring_entry(&ring), ends[1].fd, in, PIECES, 0);
	n = ring_wait(&ring, NULL);
	ledger_received(&ends[1], "io_uring_readv", .data = back, .len = n, .fd_unknown = true);
	io_uring_prep_sendmsg(ring_entry(&ring), ends[0].fd, &message, 0);
	n = ring_wait(&ring, NULL);
	ledger_sent(&ends[0], "io_uring_sendmsg", .data = data, .len = n, .fd_unknown = true);
	io_uring_prep_recv(ring_entry(&ring), ends[1].fd, back, sizeof(back), 0);
	n = ring_wait(&ring, NULL);
	ledger_received(&ends[1], "io_uring_recv", .data = back, .len = n, .fd_unknown = true);
	io_uring_queue_exit(&ring);
	free(data);
}

/* One receive, one completion, a buffer of the kernel's choice. */
static void case_selected(const struct family *family, struct end ends[2])
{
	struct io_uring ring;
	static struct pool pool;
	uint8_t *data = filled(SIZE, 67);
	struct io_uring_sqe *entry;
	unsigned int flags = 0;
	size_t n;

	(void)family;
	ring_open(&ring, 0);
	pool_open(&ring, &pool);
	for (size_t i = 0; i < SIZE; i += 100) {
		n = (size_t)must("write", write(ends[0].fd, data + i, 100));
		ledger_sent(&ends[0], "write", .data = data + i, .len = n);
		entry = ring_entry(&ring);
		io_uring_prep_recv(entry, ends[1].fd, NULL, POOL_SIZE, 0);
		entry_select(entry);
		n = ring_wait(&ring, &flags);
		ledger_received(&ends[1], "io_uring_recv", .data = pool_take(&pool, flags),
				.len = n, .fd_unknown = true);
	}
	io_uring_queue_exit(&ring);
	free(pool.ring);
	free(data);
}

/* From a pipe into a socket, and from the other socket into the pipe. */
static void case_splice(const struct family *family, struct end ends[2])
{
	static const char cut[] = "call whose payload is not captured";
	struct io_uring ring;
	uint8_t *data = filled(SIZE, 68);
	int pipes[2];
	size_t n;

	(void)family;
	ring_open(&ring, 0);
	must("pipe", pipe(pipes));
	must("write", write(pipes[1], data, SIZE));
	io_uring_prep_splice(ring_entry(&ring), pipes[0], -1, ends[0].fd, -1, SIZE, 0);
	n = ring_wait(&ring, NULL);
	ledger_sent(&ends[0], "io_uring_splice", .len = n, .cut = cut, .fd_unknown = true,
		    .tid = -1);
	io_uring_prep_splice(ring_entry(&ring), ends[1].fd, -1, pipes[1], -1, SIZE, 0);
	n = ring_wait(&ring, NULL);
	ledger_received(&ends[1], "io_uring_splice", .len = n, .cut = cut, .tid = -1);
	io_uring_queue_exit(&ring);
	close(pipes[0]);
	close(pipes[1]);
	free(data);
}

/* Sent from the application's own pages; the second completion only gives them back. */
static void case_zero_copy(const struct family *family, struct end ends[2])
{
	struct io_uring ring;
	uint8_t *data = filled(SIZE, 65);
	uint8_t back[SIZE];
	unsigned int flags = 0;
	size_t n;

	(void)family;
	ring_open(&ring, 0);
	ring_needs(&ring, IORING_OP_SEND_ZC, "IORING_OP_SEND_ZC");
	io_uring_prep_send_zc(ring_entry(&ring), ends[0].fd, data, SIZE, 0, 0);
	n = ring_wait(&ring, &flags);
	ledger_sent(&ends[0], "io_uring_send_zc", .data = data, .len = n, .fd_unknown = true);
	if (flags & IORING_CQE_F_MORE)
		ring_wait(&ring, NULL);
	n = (size_t)must("read", read(ends[1].fd, back, SIZE));
	ledger_received(&ends[1], "read", .data = back, .len = n);
	io_uring_queue_exit(&ring);
	free(data);
}

/* A request that wants no completion, and one for which there is no room. */
static void case_silent(const struct family *family, struct end ends[2])
{
	struct io_uring_params params = {.flags = IORING_SETUP_CQSIZE, .cq_entries = 1};
	struct io_uring ring;
	uint8_t *data = filled(SIZE, 70);
	uint8_t back[SIZE];
	struct io_uring_sqe *entry;
	struct io_uring_cqe *done;

	(void)family;
	ring_open(&ring, 0);
	if (!(ring.features & IORING_FEAT_CQE_SKIP))
		unsupported("IOSQE_CQE_SKIP_SUCCESS");
	must("write", write(ends[0].fd, data, 30));
	ledger_sent(&ends[0], "write", .data = data, .len = 30);
	must("read", read(ends[1].fd, back, 30));
	ledger_received(&ends[1], "read", .data = back, .len = 30);
	entry = ring_entry(&ring);
	io_uring_prep_send(entry, ends[0].fd, data, 100, 0);
	entry->flags |= IOSQE_CQE_SKIP_SUCCESS;
	must("io_uring_submit", io_uring_submit(&ring));
	ledger_sent(&ends[0], "io_uring_send", .data = data, .len = 100, .fd_unknown = true,
		    .loss_will_do = true);
	io_uring_queue_exit(&ring);
	must("read", read(ends[1].fd, back, 100));
	ledger_received(&ends[1], "read", .data = back, .len = 100);
	must("write", write(ends[0].fd, data, 50));
	ledger_sent(&ends[0], "write", .data = data, .len = 50);
	must("read", read(ends[1].fd, back, 50));
	ledger_received(&ends[1], "read", .data = back, .len = 50);
	must("io_uring", io_uring_queue_init_params(1, &ring, &params));
	for (int i = 0; i < 2; i++) {
		io_uring_prep_send(ring_entry(&ring), ends[0].fd, data, 120, 0);
		must("io_uring_submit", io_uring_submit(&ring));
		ledger_sent(&ends[0], "io_uring_send", .data = data, .len = 120, .fd_unknown = true,
			    .loss_will_do = i == 1);
		must("read", read(ends[1].fd, back, 120));
		ledger_received(&ends[1], "read", .data = back, .len = 120);
	}
	for (int i = 0; i < 2; i++) {
		must("io_uring_wait_cqe", io_uring_wait_cqe(&ring, &done));
		io_uring_cqe_seen(&ring, done);
	}
	must("write", write(ends[0].fd, data, 70));
	ledger_sent(&ends[0], "write", .data = data, .len = 70);
	must("read", read(ends[1].fd, back, 70));
	ledger_received(&ends[1], "read", .data = back, .len = 70);
	io_uring_queue_exit(&ring);
	free(data);
}

static const struct live_case cases[] = {
	{"calls", case_calls, true},
	{"calls-of-poller", case_calls_of_poller, true},
	{"calls-deferred", case_calls_deferred, true},
	{"late", case_late, true},
	{"partial", case_partial, true},
	{"registered", case_registered, true},
	{"long-vectors", case_long_vectors, true},
	{"silent", case_silent, false},
	{"provided", case_provided, true},
	{"multishot", case_multishot, true},
	{"multishot-read", case_multishot_read, true},
	{"multishot-messages", case_multishot_messages, true},
	{"selected", case_selected, true},
	{"splice", case_splice, true},
	{"zero-copy", case_zero_copy, false},
	{0},
};

int main(int argc, char **argv)
{
	return live_main(argc, argv, cases, stream_pair);
}
