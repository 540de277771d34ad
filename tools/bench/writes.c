/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * writes PORT SECONDS: writes 64 KiB at a time over loopback TCP to PORT, which another thread
 * reads as fast, and prints how many bytes that were and how many seconds it took.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SIZE (64 << 10)

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void *drain(void *argument)
{
	static char bytes[SIZE];

	while (recv(*(int *)argument, bytes, sizeof(bytes), 0) > 0)
		;
	return NULL;
}

/* Two connected sockets, in PAIR; false: errno says why. */
static int connect_pair(int pair[2], uint16_t port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons(port),
	};
	int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	pair[0] = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    listen(listener, 1) != 0 ||
	    connect(pair[0], (struct sockaddr *)&address, sizeof(address)) != 0)
		return 0;
	pair[1] = accept(listener, NULL, NULL);
	close(listener);
	return pair[1] >= 0;
}

int main(int argc, char **argv)
{
	static char bytes[SIZE];
	unsigned long long moved = 0;
	double begin, end;
	pthread_t reader;
	int pair[2];

	if (argc != 3) {
		fprintf(stderr, "usage: writes PORT SECONDS\n");
		return 1;
	}
	if (!connect_pair(pair, (uint16_t)atoi(argv[1])) ||
	    pthread_create(&reader, NULL, drain, &pair[1]) != 0) {
		perror("writes");
		return 1;
	}
	begin = now();
	end = begin + atof(argv[2]);
	while (now() < end) {
		/* Each a little different: a recorder's compression has something to do. */
		bytes[moved >> 16 & (SIZE - 1)]++;
		if (send(pair[0], bytes, sizeof(bytes), 0) != sizeof(bytes)) {
			perror("writes");
			return 1;
		}
		moved += sizeof(bytes);
	}
	shutdown(pair[0], SHUT_WR);
	pthread_join(reader, NULL);
	printf("%llu %.3f\n", moved, now() - begin);
	return 0;
}
