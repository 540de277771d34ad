/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * flood CALLS SIZE [SECONDS]: opens a connection, prints "ready", and after a line on standard
 * input sends CALLS times SIZE bytes over it, reads them, and prints how many bytes went each way.
 * SECONDS: at least that long, with a pause after each call.
 */

#include <pthread.h>
#include <time.h>

#include "tests/live/sockets.h"

/* Small, so that the ring fills by small steps. */
#define CHUNK 1000

static void *drain(void *argument)
{
	const struct end *end = argument;
	static uint8_t back[CHUNK];

	while (must("recv", recv(end->fd, back, sizeof(back), 0)) > 0)
		;
	return NULL;
}

int main(int argc, char **argv)
{
	struct end ends[2];
	pthread_t thread;
	unsigned long calls, done;
	time_t end;
	size_t size;
	uint8_t *data;

	if (argc != 3 && argc != 4) {
		fprintf(stderr, "usage: flood CALLS SIZE [SECONDS]\n");
		return 1;
	}
	calls = strtoul(argv[1], NULL, 10);
	size = strtoul(argv[2], NULL, 10);
	data = filled(size, 70);
	stream_pair(family_find("inet4"), ends);
	puts("ready");
	fflush(stdout);
	if (getchar() == EOF)
		return 1;
	if (pthread_create(&thread, NULL, drain, &ends[1]))
		fail("pthread_create");
	end = time(NULL) + (argc > 3 ? atoi(argv[3]) : 0);
	for (done = 0; done < calls || time(NULL) < end; done++) {
		if ((size_t)must("send", send(ends[0].fd, data, size, 0)) != size)
			fail("short send");
		if (argc > 3)
			usleep(100);
	}
	shutdown(ends[0].fd, SHUT_WR);
	pthread_join(thread, NULL);
	printf("%lu\n", done * size);
	return 0;
}
