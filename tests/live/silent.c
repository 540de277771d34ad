/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * silent: sends over UDP and Unix sockets with io_uring, now and then without a completion, and
 * prints how many bytes it sent in all. These sockets have no count of their own.
 */

#include <liburing.h>

#include "tests/live/sockets.h"

#define SENDS 9

static size_t send_all(struct io_uring *ring, int fd)
{
	uint8_t *data = filled(SENDS * 10, 90);
	size_t sum = 0;

	for (size_t i = 0; i < SENDS; i++) {
		struct io_uring_sqe *entry = io_uring_get_sqe(ring);
		size_t len = 10 * (i + 1);

		io_uring_prep_send(entry, fd, data, (unsigned int)len, 0);
		if (i % 3)
			entry->flags |= IOSQE_CQE_SKIP_SUCCESS;
		must("io_uring_submit", io_uring_submit(ring));
		sum += len;
	}
	free(data);
	return sum;
}

/* Until nothing is left: everything that was sent was sent by now. */
static void receive_all(int fd)
{
	uint8_t back[1000];

	while (recv(fd, back, sizeof(back), MSG_DONTWAIT) > 0)
		;
}

int main(void)
{
	struct sockaddr_storage address;
	struct io_uring ring;
	socklen_t len;
	int pair[2];
	int receiver = socket_bound(family_find("inet4"), SOCK_DGRAM, &address, &len);
	int sender = (int)must("socket", socket(AF_INET, SOCK_DGRAM, 0));
	size_t sum;

	must("connect", connect(sender, (struct sockaddr *)&address, len));
	must("socketpair", socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	if (io_uring_queue_init(32, &ring, 0) != 0)
		unsupported("io_uring");
	if (!(ring.features & IORING_FEAT_CQE_SKIP))
		unsupported("IOSQE_CQE_SKIP_SUCCESS");
	sum = send_all(&ring, sender) + send_all(&ring, pair[0]);
	receive_all(receiver);
	receive_all(pair[1]);
	printf("%zu\n", sum);
	return 0;
}
