/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * early FAMILY: moves bytes over a connection, says "ready" on standard error and waits for a line
 * on standard input. What it does then goes into the ledger: over that connection, which existed
 * before anybody looked, and over a fresh one.
 */

#include "tests/live/sockets.h"

static void exchange(struct end ends[2], const char *text)
{
	uint8_t back[100];
	size_t n = (size_t)must("write", write(ends[0].fd, text, strlen(text)));

	ledger_sent(&ends[0], "write", .data = (const uint8_t *)text, .len = n);
	n = (size_t)must("read", read(ends[1].fd, back, sizeof(back)));
	ledger_received(&ends[1], "read", .data = back, .len = n);
}

int main(int argc, char **argv)
{
	const struct family *family;
	struct end early[2];
	struct end fresh[2];
	char byte;

	if (argc != 2) {
		fprintf(stderr, "usage: early FAMILY\n");
		return 1;
	}
	family = family_find(argv[1]);
	stream_open(family, early);
	must("write", write(early[0].fd, "x", 1));
	must("read", read(early[1].fd, &byte, 1));
	fputs("ready\n", stderr);
	if (getchar() == EOF)
		return 1;
	exchange(early, "over the early connection");
	ledger_conn(&early[0], family->stream, "client", "midstream");
	ledger_conn(&early[1], family->stream, "server", "midstream");
	stream_open(family, fresh);
	fresh[0].name = "fresh client";
	fresh[1].name = "fresh server";
	ledger_conn(&fresh[0], family->stream, "client", "opened");
	ledger_conn(&fresh[1], family->stream, "server", "opened");
	exchange(fresh, "over the fresh one");
	return 0;
}
