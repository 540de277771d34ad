/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Nanoseconds per call, for what recording costs a process:
 *
 *     calls getpid|read|tcp64 COUNT     prints one number
 *
 * getpid and a 1-byte read of /dev/zero are calls that move nothing through a socket; tcp64 sends
 * 64 bytes over loopback and receives them again (two calls).
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static bool run_getpid(long count)
{
	for (long i = 0; i < count; i++)
		syscall(SYS_getpid);
	return true;
}

static bool run_read(long count)
{
	int fd = open("/dev/zero", O_RDONLY);
	char byte;
	bool good = fd >= 0;

	for (long i = 0; i < count && good; i++)
		good = read(fd, &byte, 1) == 1;
	if (fd >= 0)
		close(fd);
	return good;
}

/* Two connected sockets of loopback TCP, in PAIR. */
static bool connect_pair(int pair[2])
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1;
	bool good;

	pair[0] = socket(AF_INET, SOCK_STREAM, 0);
	good = bind(listener, (struct sockaddr *)&address, len) == 0 && listen(listener, 1) == 0 &&
	       getsockname(listener, (struct sockaddr *)&address, &len) == 0 &&
	       connect(pair[0], (struct sockaddr *)&address, len) == 0;
	pair[1] = good ? accept(listener, NULL, NULL) : -1;
	close(listener);
	return pair[1] >= 0 &&
	       setsockopt(pair[0], IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) == 0;
}

static bool run_tcp64(long count)
{
	char bytes[64] = {0};
	int pair[2];
	bool good = connect_pair(pair);

	for (long i = 0; i < count && good; i++)
		good = send(pair[0], bytes, sizeof(bytes), 0) == sizeof(bytes) &&
		       recv(pair[1], bytes, sizeof(bytes), MSG_WAITALL) == sizeof(bytes);
	close(pair[0]);
	close(pair[1]);
	return good;
}

static const struct {
	const char *name;
	bool (*run)(long count);
	int calls; /* in one turn */
} kinds[] = {
	{"getpid", run_getpid, 1},
	{"read", run_read, 1},
	{"tcp64", run_tcp64, 2},
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc == 3 && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		long count = atol(argv[2]);
		double start;

		if (strcmp(argv[1], kinds[i].name) != 0)
			continue;
		start = now();
		if (count <= 0 || !kinds[i].run(count)) {
			perror("calls");
			return 1;
		}
		printf("%.1f\n", (now() - start) / (double)count / kinds[i].calls);
		return 0;
	}
	fprintf(stderr, "usage: calls getpid|read|tcp64 COUNT\n");
	return 1;
}
