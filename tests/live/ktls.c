/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * ktls CASE FAMILY: connections whose TLS records the kernel makes and opens, after some bytes in
 * clear, as a handshake is; writes a ledger. What calls move is plaintext then: on the wire's layer
 * its length stands for the records.
 */

#include <linux/tls.h>
#include <netinet/tcp.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

#include "tests/live/sockets.h"

#define SMALL 1000

/* What the headers of old systems lack. */
#ifndef SOL_TLS
#define SOL_TLS 282
#endif

#define ALERT 21 /* types of records: RFC 8446, 5.1 */
#define DATA  23

/* One call that moved plaintext. */
static void plain(struct end *end, const char *call, const uint8_t *data, size_t len, bool sent)
{
	struct moved moved = {.end = end, .call = call, .len = len, .cut = "wire bytes of TLS"};

	ledger_write(moved, sent);
	moved.cut = NULL;
	moved.data = data;
	moved.plain = true;
	ledger_write(moved, sent);
}

static void plain_sent(struct end *end, const char *call, const uint8_t *data, ssize_t len)
{
	plain(end, call, data, (size_t)must(call, len), true);
}

static void plain_received(struct end *end, const char *call, const uint8_t *data, ssize_t len)
{
	plain(end, call, data, (size_t)must(call, len), false);
}

/* All of LEN bytes, in as many calls as it takes. */
static void receive(struct end *end, size_t len)
{
	uint8_t *back = malloc(len);

	for (size_t n, done = 0; done < len; done += n) {
		n = (size_t)must("recv", recv(end->fd, back, len - done, 0));
		plain_received(end, "recvfrom", back, (ssize_t)n);
	}
	free(back);
}

/* The kernel makes the records that END sends, or opens those that it receives, with keys by SEED.
 */
static void keys(const struct end *end, int direction, uint32_t seed)
{
	struct tls12_crypto_info_aes_gcm_128 info = {
		.info = {.version = TLS_1_3_VERSION, .cipher_type = TLS_CIPHER_AES_GCM_128},
	};

	fill(info.key, sizeof(info.key), seed);
	fill(info.iv, sizeof(info.iv), seed + 1);
	fill(info.salt, sizeof(info.salt), seed + 2);
	if (setsockopt(end->fd, SOL_TLS, direction, &info, sizeof(info)) == 0)
		return;
	if (errno == ENOENT || errno == ENOPROTOOPT)
		unsupported("AES-GCM for TLS");
	fail("keys for TLS");
}

static void clear_way(struct end *from, struct end *to, const char *text)
{
	uint8_t back[SMALL];
	size_t n = (size_t)must("write", write(from->fd, text, strlen(text)));

	ledger_sent(from, "write", .data = (const uint8_t *)text, .len = n);
	n = (size_t)must("read", read(to->fd, back, sizeof(back)));
	ledger_received(to, "read", .data = back, .len = n);
}

/* A connection that has begun in clear, and can be given keys. */
static void pair_open(const struct family *family, struct end ends[2])
{
	stream_pair(family, ends);
	clear_way(&ends[0], &ends[1], "a handshake");
	clear_way(&ends[1], &ends[0], "and its answer");
	for (int i = 0; i < 2; i++)
		if (setsockopt(ends[i].fd, IPPROTO_TCP, TCP_ULP, "tls", sizeof("tls")) != 0) {
			fprintf(stderr, "setsockopt(TCP_ULP, \"tls\"): %s; ", strerror(errno));
			unsupported("TLS (CONFIG_TLS)");
		}
}

static void keys_everywhere(struct end ends[2])
{
	for (int i = 0; i < 2; i++) {
		keys(&ends[i], TLS_TX, 40 + 10 * (uint32_t)i);
		keys(&ends[1 - i], TLS_RX, 40 + 10 * (uint32_t)i);
	}
}

static void case_calls(const struct family *family, struct end ends[2])
{
	uint8_t *data = filled(SMALL, 1);
	uint8_t back[SMALL];
	struct iovec iov[2] = {{data, 10}, {data + 10, SMALL - 10}};
	struct iovec in[2] = {{back, 300}, {back + 300, SMALL - 300}};
	struct msghdr message = {.msg_iov = iov, .msg_iovlen = 2};

	(void)family;
	keys_everywhere(ends);
	plain_sent(&ends[0], "write", data, write(ends[0].fd, data, SMALL));
	plain_received(&ends[1], "read", back, read(ends[1].fd, back, 700));
	plain_received(&ends[1], "read", back, read(ends[1].fd, back, SMALL));
	plain_sent(&ends[1], "sendto", data, send(ends[1].fd, data, 5, 0));
	receive(&ends[0], 5);
	plain_sent(&ends[0], "writev", data, writev(ends[0].fd, iov, 2));
	plain_received(&ends[1], "readv", back, readv(ends[1].fd, in, 2));
	plain_sent(&ends[1], "sendmsg", data, sendmsg(ends[1].fd, &message, 0));
	message.msg_iov = in;
	plain_received(&ends[0], "recvmsg", back, recvmsg(ends[0].fd, &message, 0));
	free(data);
}

/* Of a file, with an offset of the call's own, too. */
static void case_sendfile(const struct family *family, struct end ends[2])
{
	size_t len = 60000;
	uint8_t *data = filled(len, 2);
	int file = file_of(data, len);
	off_t offset = 5001;

	(void)family;
	keys_everywhere(ends);
	must("lseek", lseek(file, 0, SEEK_SET));
	plain_sent(&ends[0], "sendfile", data, sendfile(ends[0].fd, file, NULL, 40000));
	receive(&ends[1], 40000);
	plain_sent(&ends[0], "sendfile", data + 5001, sendfile(ends[0].fd, file, &offset, 7));
	receive(&ends[1], 7);
	must("close", close(file));
	free(data);
}

/* More than a record holds, and two calls whose bytes are one. */
static void case_records(const struct family *family, struct end ends[2])
{
	size_t len = 40000;
	uint8_t *data = filled(len, 3);

	(void)family;
	keys_everywhere(ends);
	plain_sent(&ends[0], "write", data, write(ends[0].fd, data, len));
	receive(&ends[1], len);
	plain_sent(&ends[0], "sendto", data, send(ends[0].fd, data, 100, MSG_MORE));
	plain_sent(&ends[0], "write", data + 100, write(ends[0].fd, data + 100, 200));
	receive(&ends[1], 300);
	free(data);
}

/* A message with room for the type of a record beside it. */
struct typed {
	struct msghdr message;
	struct iovec iov;
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(1)];
	} control;
};

static void typed_init(struct typed *t, uint8_t *data, size_t len)
{
	memset(t, 0, sizeof(*t));
	t->iov = (struct iovec){data, len};
	t->message = (struct msghdr){.msg_iov = &t->iov,
				     .msg_iovlen = 1,
				     .msg_control = &t->control,
				     .msg_controllen = sizeof(t->control)};
}

static size_t typed_send(const struct end *end, uint8_t *data, size_t len, uint8_t type)
{
	struct cmsghdr *control;
	struct typed t;

	typed_init(&t, data, len);
	control = CMSG_FIRSTHDR(&t.message);
	*control = (struct cmsghdr){
		.cmsg_len = CMSG_LEN(1), .cmsg_level = SOL_TLS, .cmsg_type = TLS_SET_RECORD_TYPE};
	*CMSG_DATA(control) = type;
	t.message.msg_controllen = control->cmsg_len;
	return (size_t)must("sendmsg", sendmsg(end->fd, &t.message, 0));
}

static size_t typed_receive(const struct end *end, uint8_t *data, size_t len, uint8_t type)
{
	const struct cmsghdr *control;
	struct typed t;
	size_t n;

	typed_init(&t, data, len);
	n = (size_t)must("recvmsg", recvmsg(end->fd, &t.message, 0));
	control = CMSG_FIRSTHDR(&t.message);
	if (!control || *CMSG_DATA(control) != type) {
		fprintf(stderr, "a record of another type than %d\n", type);
		exit(1);
	}
	return n;
}

/* As libraries receive, and end connections, and GnuTLS sends: a record's type stands beside its
 * bytes. */
static void case_types(const struct family *family, struct end ends[2])
{
	uint8_t *data = filled(SMALL, 4);
	uint8_t back[SMALL];
	uint8_t alert[2] = {1, 0}; /* close_notify: RFC 8446, 6.1 */
	size_t n;

	(void)family;
	keys_everywhere(ends);
	plain_sent(&ends[0], "write", data, write(ends[0].fd, data, SMALL));
	n = typed_receive(&ends[1], back, SMALL, DATA);
	plain_received(&ends[1], "recvmsg", back, (ssize_t)n);
	n = typed_send(&ends[0], data, SMALL, DATA);
	plain_sent(&ends[0], "sendmsg", data, (ssize_t)n);
	receive(&ends[1], n);
	n = typed_send(&ends[0], alert, sizeof(alert), ALERT);
	ledger_sent(&ends[0], "sendmsg", .data = alert, .len = n);
	n = typed_receive(&ends[1], back, SMALL, ALERT);
	ledger_received(&ends[1], "recvmsg", .data = back, .len = n);
	free(data);
}

/* The kernel makes records of what one end sends, and nobody opens them at the other. */
static void case_one_way(const struct family *family, struct end ends[2])
{
	uint8_t *data = filled(SMALL, 5);
	uint8_t back[SMALL + 100];
	size_t n;

	(void)family;
	keys(&ends[0], TLS_TX, 60);
	plain_sent(&ends[0], "write", data, write(ends[0].fd, data, SMALL));
	n = (size_t)must("read", read(ends[1].fd, back, sizeof(back)));
	ledger_received(&ends[1], "read", .data = back, .len = n);
	n = (size_t)must("write", write(ends[1].fd, "in clear", 8));
	ledger_sent(&ends[1], "write", .data = (const uint8_t *)"in clear", .len = n);
	n = (size_t)must("read", read(ends[0].fd, back, sizeof(back)));
	ledger_received(&ends[0], "read", .data = back, .len = n);
	free(data);
}

int main(int argc, char **argv)
{
	static const struct live_case cases[] = {
		{"calls", case_calls, false},	  {"sendfile", case_sendfile, false},
		{"records", case_records, false}, {"types", case_types, false},
		{"one-way", case_one_way, false}, {NULL, NULL, false},
	};

	return live_main(argc, argv, cases, pair_open);
}
