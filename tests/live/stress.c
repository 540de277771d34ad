/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * stress THREADS ROUNDS: each thread opens a connection, sends ROUNDS times an amount that changes
 * from 1 byte to 100 KB with a call that changes, reads it at the other end, and begins again with
 * another connection now and then. Nothing is told: both ends of a connection must agree.
 */

#include <pthread.h>
#include <sys/uio.h>

#include "tests/live/sockets.h"

#define LARGEST	  100000
#define SOCKET_BY 20 /* rounds of one connection */

struct worker {
	pthread_t thread;
	uint32_t state;
	unsigned long rounds;
};

static uint32_t next(struct worker *w)
{
	w->state = w->state * 1664525U + 1013904223U;
	return w->state >> 8;
}

static size_t send_some(struct worker *w, int fd, uint8_t *data, size_t len)
{
	struct iovec iov[2] = {{data, len / 3}, {data + len / 3, len - len / 3}};
	struct msghdr message = {.msg_iov = iov, .msg_iovlen = 2};

	switch (next(w) % 4) {
	case 0:
		return (size_t)must("write", write(fd, data, len));
	case 1:
		return (size_t)must("send", send(fd, data, len, 0));
	case 2:
		return (size_t)must("writev", writev(fd, iov, 2));
	default:
		return (size_t)must("sendmsg", sendmsg(fd, &message, 0));
	}
}

static size_t receive_some(struct worker *w, int fd, uint8_t *data, size_t len)
{
	struct iovec iov[2] = {{data, len / 2}, {data + len / 2, len - len / 2}};

	switch (next(w) % 3) {
	case 0:
		return (size_t)must("read", read(fd, data, len));
	case 1:
		return (size_t)must("recv", recv(fd, data, len, 0));
	default:
		return (size_t)must("readv", readv(fd, iov, 2));
	}
}

static void *work(void *argument)
{
	struct worker *w = argument;
	const struct family *family = family_find(w->state & 1 ? "inet4" : "inet6");
	uint8_t *data = malloc(LARGEST);
	struct end ends[2] = {0};
	size_t len;

	for (unsigned long round = 0; round < w->rounds; round++) {
		if (round % SOCKET_BY == 0)
			close(stream_open(family, ends));
		/* Small ones are more frequent. */
		len = 1 + next(w) % (1 + next(w) % LARGEST);
		fill(data, len, next(w));
		if (send_some(w, ends[0].fd, data, len) != len)
			fail("short send");
		for (size_t got = 0; got < len;)
			got += receive_some(w, ends[1].fd, data + got, len - got);
		if (round % SOCKET_BY == SOCKET_BY - 1 || round + 1 == w->rounds) {
			close(ends[0].fd);
			close(ends[1].fd);
		}
	}
	free(data);
	return NULL;
}

int main(int argc, char **argv)
{
	static struct worker workers[64];
	unsigned long threads;

	if (argc != 3) {
		fprintf(stderr, "usage: stress THREADS ROUNDS\n");
		return 1;
	}
	threads = strtoul(argv[1], NULL, 10);
	if (threads > sizeof(workers) / sizeof(workers[0]))
		return 1;
	for (unsigned long i = 0; i < threads; i++) {
		workers[i] = (struct worker){.state = (uint32_t)i,
					     .rounds = strtoul(argv[2], NULL, 10)};
		if (pthread_create(&workers[i].thread, NULL, work, &workers[i]))
			fail("pthread_create");
	}
	for (unsigned long i = 0; i < threads; i++)
		pthread_join(workers[i].thread, NULL);
	return 0;
}
