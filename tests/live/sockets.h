/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_LIVE_SOCKETS_H
#define SOCKTAPE_LIVE_SOCKETS_H

/* Sockets of each family, on loopback and with ports or names of their own. */

#include "tests/live/ledger.h"

struct family {
	const char *name;
	int domain;
	const char *stream;
	const char *datagram;
	int protocol;
};

static const struct family families[] = {
	{"inet4", AF_INET, "tcp", "udp", 0},
	{"inet6", AF_INET6, "tcp", "udp", 0},
	{"unix", AF_UNIX, "unix", "unix-dgram", 0},
};

static inline const struct family *family_find(const char *name)
{
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		if (!strcmp(families[i].name, name))
			return &families[i];
	fprintf(stderr, "no such family: %s\n", name);
	exit(1);
}

/* Loopback with a port of the kernel's choosing; an abstract name for Unix. */
static inline socklen_t family_address(const struct family *family,
				       struct sockaddr_storage *address)
{
	struct sockaddr_in *in = (struct sockaddr_in *)address;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)address;
	struct sockaddr_un *un = (struct sockaddr_un *)address;
	static int count;

	memset(address, 0, sizeof(*address));
	address->ss_family = (sa_family_t)family->domain;
	switch (family->domain) {
	case AF_INET:
		in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		return sizeof(*in);
	case AF_INET6:
		in6->sin6_addr = in6addr_loopback;
		return sizeof(*in6);
	default:
		snprintf(un->sun_path + 1, sizeof(un->sun_path) - 1, "socktape-live-%d-%d",
			 getpid(), count++);
		return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
				   strlen(un->sun_path + 1));
	}
}

/* A bound socket; *ADDRESS is what others send or connect to. */
static inline int socket_bound(const struct family *family, int type,
			       struct sockaddr_storage *address, socklen_t *len)
{
	int fd = (int)must("socket", socket(family->domain, type, family->protocol));

	*len = family_address(family, address);
	must("bind", bind(fd, (struct sockaddr *)address, *len));
	if (family->domain != AF_UNIX)
		must("getsockname", getsockname(fd, (struct sockaddr *)address, len));
	return fd;
}

/* A connection: ends[0] connected, ends[1] accepted it. Gives the listening socket. */
static inline int stream_open(const struct family *family, struct end ends[2])
{
	struct sockaddr_storage address;
	socklen_t len;
	int listener = socket_bound(family, SOCK_STREAM, &address, &len);

	must("listen", listen(listener, 8));
	ends[0] = (struct end){.name = "client"};
	ends[1] = (struct end){.name = "server"};
	ends[0].fd = (int)must("socket", socket(family->domain, SOCK_STREAM, family->protocol));
	must("connect", connect(ends[0].fd, (struct sockaddr *)&address, len));
	ends[1].fd = (int)must("accept", accept(listener, NULL, NULL));
	return listener;
}

/* A connection that is recorded from its begin. */
static inline void stream_pair(const struct family *family, struct end ends[2])
{
	must("close", close(stream_open(family, ends)));
	ledger_conn(&ends[0], family->stream, "client", "opened");
	ledger_conn(&ends[1], family->stream, "server", "opened");
}

/* Two bound sockets, neither of them connected. */
static inline void datagram_pair(const struct family *family, struct end ends[2])
{
	struct sockaddr_storage address[2];
	socklen_t len[2];

	for (int i = 0; i < 2; i++)
		ends[i].fd = socket_bound(family, SOCK_DGRAM, &address[i], &len[i]);
	ends[0].name = "first";
	ends[1].name = "second";
}

/* A file without a name that holds DATA; its descriptor. */
static inline int file_of(const uint8_t *data, size_t len)
{
	char name[] = "/tmp/socktape-live-XXXXXX";
	int fd = (int)must("mkstemp", mkstemp(name));

	must("unlink", unlink(name));
	if ((size_t)must("write", write(fd, data, len)) != len)
		fail("short write");
	return fd;
}

struct live_case {
	const char *name;
	void (*run)(const struct family *family, struct end ends[2]);
	bool on_unix; /* Unix sockets behave the same */
};

/* PROGRAM --list FAMILY prints the names of the cases, PROGRAM CASE FAMILY runs one. */
static inline int live_main(int argc, char **argv, const struct live_case *cases,
			    void (*open_pair)(const struct family *family, struct end ends[2]))
{
	struct end ends[2] = {0};
	const struct family *family;
	bool list;

	if (argc != 3) {
		fprintf(stderr, "usage: %s CASE|--list FAMILY\n", argv[0]);
		return 1;
	}
	list = !strcmp(argv[1], "--list");
	family = family_find(argv[2]);
	for (const struct live_case *c = cases; c->name; c++) {
		if (family->domain == AF_UNIX && !c->on_unix)
			continue;
		if (list)
			puts(c->name);
		if (strcmp(c->name, argv[1]) != 0)
			continue;
		open_pair(family, ends);
		c->run(family, ends);
		close(ends[0].fd);
		close(ends[1].fd);
		return 0;
	}
	return list ? 0 : 1;
}

#endif
