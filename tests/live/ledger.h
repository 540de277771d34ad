/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_LIVE_LEDGER_H
#define SOCKTAPE_LIVE_LEDGER_H

/*
 * What a test program did to its sockets, one JSON object a line on standard output, in the terms
 * of `socktape events --format json -x`: tests/live/judge holds the recording against it.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* One socket, whoever holds it under whatever descriptor. */
struct end {
	const char *name;
	int fd;
	uint64_t sent;
	uint64_t received;
	uint64_t plain_sent; /* of plaintext inside TLS */
	uint64_t plain_received;
};

static inline void fail(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(1);
}

/* Ends the program where this kernel can't do WHAT: there is nothing to record then. */
static inline void unsupported(const char *what)
{
	fprintf(stderr, "this kernel has no %s\n", what);
	exit(77);
}

/* Gives RESULT back unless it is negative: a test program has no use for a failed call. */
static inline ssize_t must(const char *what, ssize_t result)
{
	if (result < 0)
		fail(what);
	return result;
}

/*
 * Bytes that depend on their place and on SEED, so that none can be taken for another. Behind the
 * first few kilobytes they come in runs: recordings and ledgers then pack well.
 */
static inline void fill(uint8_t *data, size_t len, uint32_t seed)
{
	uint32_t state = seed * 2654435761U + 1;

	for (size_t i = 0; i < len; i++) {
		if (i < 4096 || i % 61 == 0)
			state = state * 1664525U + 1013904223U;
		data[i] = (uint8_t)(state >> 24);
	}
}

static inline uint8_t *filled(size_t len, uint32_t seed)
{
	uint8_t *data = malloc(len ? len : 1);

	if (!data)
		fail("malloc");
	fill(data, len, seed);
	return data;
}

static inline void ledger_hex(const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		printf("%02x", data[i]);
}

/* TEXT in quotes; null where there is none. */
static inline void ledger_text(const char *text)
{
	if (text)
		printf("\"%s\"", text);
	else
		printf("null");
}

/* PEER as the recorder's user sees it; null for NULL and for Unix. */
static inline void ledger_peer(const struct sockaddr_storage *peer)
{
	char text[INET6_ADDRSTRLEN] = "";

	if (peer && peer->ss_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)peer;

		inet_ntop(AF_INET, &in->sin_addr, text, sizeof(text));
		printf("\"%s:%u\"", text, ntohs(in->sin_port));
	} else if (peer && peer->ss_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)peer;

		inet_ntop(AF_INET6, &in6->sin6_addr, text, sizeof(text));
		printf("\"[%s]:%u\"", text, ntohs(in6->sin6_port));
	} else {
		printf("null");
	}
}

struct moved {
	struct end *end;
	const char *call;
	const uint8_t *data; /* NULL: the recorder can't have the bytes */
	size_t len;
	const struct sockaddr_storage *peer;
	const char *cut; /* NULL: everything is to be there */
	size_t captured; /* when cut */
	long tid;	 /* 0: this thread; -1: some helper of the kernel */
	bool fd_unknown;
	bool plain;	   /* plaintext inside TLS, which has positions of its own */
	bool loss_will_do; /* it may be told of as a loss, in its place */
	uint64_t waited;   /* ns that it was seen to wait; 0: it may or may not have */
	uint64_t took;	   /* ns from before to after the call, when that is known */
};

static inline uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static inline uint64_t *ledger_position(const struct moved *moved, bool sent)
{
	struct end *end = moved->end;

	if (moved->plain)
		return sent ? &end->plain_sent : &end->plain_received;
	return sent ? &end->sent : &end->received;
}

static inline void ledger_write(struct moved moved, bool sent)
{
	struct end *end = moved.end;
	uint64_t *position = ledger_position(&moved, sent);
	size_t captured = moved.cut ? moved.captured : moved.len;

	printf("{\"end\":\"%s\",\"dir\":\"%s\",\"call\":\"%s\",\"offset\":%llu,\"len\":%zu,"
	       "\"captured\":%zu,\"pid\":%d,\"cut\":",
	       end->name, sent ? "sent" : "received", moved.call, (unsigned long long)*position,
	       moved.len, captured, getpid());
	ledger_text(moved.cut);
	if (moved.fd_unknown)
		printf(",\"fd\":null,");
	else
		printf(",\"fd\":%d,", end->fd);
	if (moved.tid >= 0)
		printf("\"tid\":%ld,", moved.tid ? moved.tid : syscall(SYS_gettid));
	if (moved.plain)
		printf("\"layer\":\"tls\",");
	if (moved.loss_will_do)
		printf("\"loss_will_do\":true,");
	if (moved.took)
		printf("\"waited\":%llu,\"took\":%llu,", (unsigned long long)moved.waited,
		       (unsigned long long)moved.took);
	printf("\"peer\":");
	ledger_peer(moved.peer);
	printf(",\"payload\":\"");
	if (moved.data)
		ledger_hex(moved.data, captured);
	printf("\"}\n");
	fflush(stdout);
	*position += moved.len;
}

/* ledger_sent(&end, "write", .data = bytes, .len = n): what one call moved. */
#define ledger_sent(of, name, ...)                                                                 \
	ledger_write((struct moved){.end = (of), .call = (name), __VA_ARGS__}, true)
#define ledger_received(of, name, ...)                                                             \
	ledger_write((struct moved){.end = (of), .call = (name), __VA_ARGS__}, false)

/* What the recorder is to know of a socket. */
static inline void ledger_conn(const struct end *end, const char *transport, const char *role,
			       const char *origin)
{
	printf("{\"conn\":\"%s\",\"transport\":\"%s\",\"role\":\"%s\",\"origin\":\"%s\"}\n",
	       end->name, transport, role, origin);
	fflush(stdout);
}

#endif
