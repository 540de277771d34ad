/* SPDX-License-Identifier: BSD-2-Clause */

/* datagram CASE FAMILY: moves datagrams with one of the calls and writes a ledger. */

#include <sys/uio.h>

#include "tests/live/sockets.h"

#define SIZE 200

/* The address of a socket, as its peers are told. */
static socklen_t address_of(const struct end *end, struct sockaddr_storage *address)
{
	socklen_t len = sizeof(*address);

	must("getsockname", getsockname(end->fd, (struct sockaddr *)address, &len));
	return len;
}

static void send_to(struct end *from, const struct end *to, const uint8_t *data, size_t len)
{
	struct sockaddr_storage peer;
	socklen_t peer_len = address_of(to, &peer);
	size_t n = (size_t)must("sendto",
				sendto(from->fd, data, len, 0, (struct sockaddr *)&peer, peer_len));

	ledger_sent(from, "sendto", .data = data, .len = n, .peer = &peer);
}

static void receive_from(struct end *end, size_t size, int flags)
{
	struct sockaddr_storage peer = {0};
	socklen_t len = sizeof(peer);
	uint8_t *back = malloc(size + 1);
	size_t n = (size_t)must(
		"recvfrom", recvfrom(end->fd, back, size, flags, (struct sockaddr *)&peer, &len));

	n = n < size ? n : size;
	ledger_received(end, "recvfrom", .data = back, .len = n, .peer = &peer);
	free(back);
}

static void case_send_recv(const struct family *family, struct end ends[2])
{
	uint8_t *data = filled(SIZE, 21);

	send_to(&ends[0], &ends[1], data, SIZE);
	send_to(&ends[0], &ends[1], data + 50, 50);
	receive_from(&ends[1], SIZE, 0);
	receive_from(&ends[1], SIZE, 0);
	send_to(&ends[1], &ends[0], data, 10);
	receive_from(&ends[0], SIZE, 0);
	ledger_conn(&ends[0], family->datagram, "unknown", "opened");
	free(data);
}

/* An empty datagram is a message too. */
static void case_empty(const struct family *family, struct end ends[2])
{
	(void)family;
	send_to(&ends[0], &ends[1], NULL, 0);
	send_to(&ends[0], &ends[1], (const uint8_t *)"x", 1);
	send_to(&ends[0], &ends[1], NULL, 0);
	for (int i = 0; i < 3; i++)
		receive_from(&ends[1], SIZE, 0);
}

/* What doesn't fit is lost to the application: its length is what it got. */
static void case_truncated(const struct family *family, struct end ends[2])
{
	uint8_t *data = filled(SIZE, 22);
	uint8_t back[60];
	struct sockaddr_storage peer = {0};
	struct iovec iov[2] = {{back, 20}, {back + 20, 40}};
	struct msghdr message = {
		.msg_iov = iov, .msg_iovlen = 2, .msg_name = &peer, .msg_namelen = sizeof(peer)};

	(void)family;
	for (int i = 0; i < 3; i++)
		send_to(&ends[0], &ends[1], data, SIZE);
	receive_from(&ends[1], 30, 0);
	receive_from(&ends[1], 30, MSG_TRUNC);
	if (must("recvmsg", recvmsg(ends[1].fd, &message, MSG_TRUNC)) != SIZE)
		fail("MSG_TRUNC didn't tell the datagram's length");
	ledger_received(&ends[1], "recvmsg", .data = back, .len = 60, .peer = &peer);
	free(data);
}

static void case_peek(const struct family *family, struct end ends[2])
{
	uint8_t back[SIZE];

	(void)family;
	send_to(&ends[0], &ends[1], (const uint8_t *)"peek", 4);
	must("recv", recv(ends[1].fd, back, SIZE, MSG_PEEK));
	must("recv", recv(ends[1].fd, back, SIZE, MSG_PEEK | MSG_TRUNC));
	receive_from(&ends[1], SIZE, 0);
}

static void case_connected(const struct family *family, struct end ends[2])
{
	struct sockaddr_storage address;
	socklen_t len = address_of(&ends[1], &address);
	uint8_t *data = filled(SIZE, 23);
	uint8_t back[SIZE];
	struct iovec iov[2] = {{data, 60}, {data + 60, 140}};
	size_t n;

	must("connect", connect(ends[0].fd, (struct sockaddr *)&address, len));
	n = (size_t)must("send", send(ends[0].fd, data, SIZE, 0));
	ledger_sent(&ends[0], "sendto", .data = data, .len = n);
	n = (size_t)must("write", write(ends[0].fd, data, 100));
	ledger_sent(&ends[0], "write", .data = data, .len = n);
	n = (size_t)must("writev", writev(ends[0].fd, iov, 2));
	ledger_sent(&ends[0], "writev", .data = data, .len = n);
	n = (size_t)must("read", read(ends[1].fd, back, SIZE));
	ledger_received(&ends[1], "read", .data = back, .len = n);
	iov[0].iov_base = back;
	iov[1].iov_base = back + 60;
	n = (size_t)must("readv", readv(ends[1].fd, iov, 2));
	ledger_received(&ends[1], "readv", .data = back, .len = n);
	receive_from(&ends[1], SIZE, 0);
	if (family->domain != AF_UNIX)
		ledger_conn(&ends[0], family->datagram, "client", "opened");
	free(data);
}

#define MESSAGES 300

struct batch {
	struct mmsghdr messages[MESSAGES];
	struct iovec iov[MESSAGES][2];
	struct sockaddr_storage peers[MESSAGES];
	uint8_t data[MESSAGES][64];
};

/* COUNT messages of up to 64 bytes in two pieces each. */
static void batch_init(struct batch *b, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		b->iov[i][0] = (struct iovec){b->data[i], 10};
		b->iov[i][1] = (struct iovec){b->data[i] + 10, 54};
		b->messages[i].msg_hdr = (struct msghdr){.msg_iov = b->iov[i],
							 .msg_iovlen = 2,
							 .msg_name = &b->peers[i],
							 .msg_namelen = sizeof(b->peers[i])};
	}
}

static void batch_receive(struct end *end, struct batch *b, unsigned int count)
{
	int n;

	batch_init(b, count);
	n = (int)must("recvmmsg", recvmmsg(end->fd, b->messages, count, 0, NULL));
	for (int i = 0; i < n; i++)
		ledger_received(end, "recvmmsg", .data = b->data[i], .len = b->messages[i].msg_len,
				.peer = &b->peers[i]);
}

/* Every message of a vector, each with a peer of its own. */
static void case_vector_of_peers(const struct family *family, struct end ends[2])
{
	static struct batch b;
	struct end third = {.name = "third"};
	struct sockaddr_storage address;
	struct sockaddr_storage peers[2];
	socklen_t len;
	int n;

	third.fd = socket_bound(family, SOCK_DGRAM, &address, &len);
	address_of(&ends[1], &peers[0]);
	address_of(&third, &peers[1]);
	batch_init(&b, 8);
	for (unsigned int i = 0; i < 8; i++) {
		fill(b.data[i], 64, 30 + i);
		b.peers[i] = peers[i % 2];
		b.messages[i].msg_hdr.msg_namelen = address_of(i % 2 ? &third : &ends[1], &address);
		b.iov[i][1].iov_len = i * 7;
	}
	n = (int)must("sendmmsg", sendmmsg(ends[0].fd, b.messages, 8, 0));
	for (int i = 0; i < n; i++)
		ledger_sent(&ends[0], "sendmmsg", .data = b.data[i], .len = b.messages[i].msg_len,
			    .peer = &b.peers[i]);
	send_to(&third, &ends[1], (const uint8_t *)"from the third", 14);
	batch_receive(&ends[1], &b, 5);
	batch_receive(&third, &b, 4);
	close(third.fd);
}

/* A Unix socket's queue is too short for it. */
static void case_many_messages(const struct family *family, struct end ends[2])
{
	static struct batch b;
	int room = 4 << 20;
	int n;

	(void)family;
	must("setsockopt", setsockopt(ends[1].fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)));
	batch_init(&b, MESSAGES);
	for (unsigned int i = 0; i < MESSAGES; i++) {
		fill(b.data[i], 64, 100 + i);
		b.messages[i].msg_hdr.msg_namelen = address_of(&ends[1], &b.peers[i]);
		b.iov[i][1].iov_len = 2;
	}
	n = (int)must("sendmmsg", sendmmsg(ends[0].fd, b.messages, MESSAGES, 0));
	for (int i = 0; i < n; i++)
		ledger_sent(&ends[0], "sendmmsg", .data = b.data[i], .len = b.messages[i].msg_len,
			    .peer = &b.peers[i]);
	batch_receive(&ends[1], &b, (unsigned int)n);
}

static void case_messages(const struct family *family, struct end ends[2])
{
	static struct batch b;
	struct sockaddr_storage peer;
	size_t n;

	(void)family;
	batch_init(&b, 1);
	fill(b.data[0], 64, 40);
	b.messages[0].msg_hdr.msg_namelen = address_of(&ends[1], &b.peers[0]);
	n = (size_t)must("sendmsg", sendmsg(ends[0].fd, &b.messages[0].msg_hdr, 0));
	address_of(&ends[1], &peer);
	ledger_sent(&ends[0], "sendmsg", .data = b.data[0], .len = n, .peer = &peer);
	batch_init(&b, 1);
	n = (size_t)must("recvmsg", recvmsg(ends[1].fd, &b.messages[0].msg_hdr, 0));
	ledger_received(&ends[1], "recvmsg", .data = b.data[0], .len = n, .peer = &b.peers[0]);
}

/* The longest UDP has over IPv4. */
static void case_longest(const struct family *family, struct end ends[2])
{
	size_t len = 65507;
	uint8_t *data = filled(len, 50);

	(void)family;
	send_to(&ends[0], &ends[1], data, len);
	receive_from(&ends[1], 65536, 0);
	free(data);
}

/* linux/udp.h; not in every C library's netinet/udp.h */
#define SEGMENT_OPTION 103
#define GRO_OPTION     104

union segment_control {
	struct cmsghdr header;
	char space[2 * CMSG_SPACE(sizeof(int))];
};

/* What one call of NAME moved, datagram by datagram of SEGMENT bytes. */
static void ledger_segments(struct end *end, const char *name, const uint8_t *data, size_t len,
			    size_t segment, const struct sockaddr_storage *peer, bool sent)
{
	for (size_t at = 0; at < len; at += segment) {
		size_t n = len - at < segment ? len - at : segment;

		ledger_write((struct moved){.end = end,
					    .call = name,
					    .data = data + at,
					    .len = n,
					    .peer = peer},
			     sent);
	}
}

static void segment_tell(struct msghdr *message, union segment_control *control, uint16_t segment)
{
	*control = (union segment_control){.header = {.cmsg_len = CMSG_LEN(sizeof(segment)),
						      .cmsg_level = IPPROTO_UDP,
						      .cmsg_type = SEGMENT_OPTION}};
	memcpy(CMSG_DATA(&control->header), &segment, sizeof(segment));
	message->msg_control = control;
	message->msg_controllen = CMSG_SPACE(sizeof(segment));
}

/* Takes LEN bytes, as large as they come: several datagrams that are one have their size with them.
 */
static void receive_segments(struct end *end, size_t len)
{
	while (len > 0) {
		uint8_t back[2000];
		struct sockaddr_storage peer = {0};
		struct iovec iov[2] = {{back, 70}, {back + 70, sizeof(back) - 70}};
		union segment_control control;
		struct msghdr message = {.msg_iov = iov,
					 .msg_iovlen = 2,
					 .msg_name = &peer,
					 .msg_namelen = sizeof(peer),
					 .msg_control = &control,
					 .msg_controllen = sizeof(control)};
		size_t n = (size_t)must("recvmsg", recvmsg(end->fd, &message, 0));
		struct cmsghdr *told = CMSG_FIRSTHDR(&message);
		int segment = (int)n;

		if (told)
			memcpy(&segment, CMSG_DATA(told), sizeof(segment));
		ledger_segments(end, "recvmsg", back, n, (size_t)segment, &peer, false);
		len -= n;
	}
}

/* One call sends several datagrams of one size, and one call receives them. */
static void case_segments(const struct family *family, struct end ends[2])
{
	struct sockaddr_storage address;
	socklen_t len = address_of(&ends[1], &address);
	uint8_t *data = filled(1000, 51);
	struct iovec iov[2] = {{data, 150}, {data + 150, 180}};
	struct mmsghdr messages[2] = {{.msg_hdr = {.msg_name = &address,
						   .msg_namelen = len,
						   .msg_iov = iov,
						   .msg_iovlen = 2}},
				      {.msg_hdr = {.msg_name = &address,
						   .msg_namelen = len,
						   .msg_iov = &iov[1],
						   .msg_iovlen = 1}}};
	union segment_control control;
	int on = 1, size = 120;

	(void)family;
	must("UDP_GRO", setsockopt(ends[1].fd, IPPROTO_UDP, GRO_OPTION, &on, sizeof(on)));
	segment_tell(&messages[0].msg_hdr, &control, 100);
	must("sendmsg", sendmsg(ends[0].fd, &messages[0].msg_hdr, 0));
	ledger_segments(&ends[0], "sendmsg", data, 330, 100, &address, true);
	receive_segments(&ends[1], 330);
	must("sendmmsg", sendmmsg(ends[0].fd, messages, 2, 0) == 2 ? 0 : -1);
	ledger_segments(&ends[0], "sendmmsg", data, 330, 100, &address, true);
	ledger_segments(&ends[0], "sendmmsg", data + 150, 180, 180, &address, true);
	receive_segments(&ends[1], 510);
	must("UDP_SEGMENT",
	     setsockopt(ends[0].fd, IPPROTO_UDP, SEGMENT_OPTION, &size, sizeof(size)));
	must("sendto", sendto(ends[0].fd, data, 1000, 0, (const struct sockaddr *)&address, len));
	ledger_segments(&ends[0], "sendto", data, 1000, 120, &address, true);
	receive_segments(&ends[1], 1000);
	free(data);
}

static const struct live_case cases[] = {
	{"send-recv", case_send_recv, true},
	{"empty", case_empty, true},
	{"truncated", case_truncated, true},
	{"peek", case_peek, true},
	{"connected", case_connected, true},
	{"messages", case_messages, true},
	{"vector-of-peers", case_vector_of_peers, true},
	{"many-messages", case_many_messages, false},
	{"longest", case_longest, true},
	{"segments", case_segments, false},
	{0},
};

int main(int argc, char **argv)
{
	return live_main(argc, argv, cases, datagram_pair);
}
