/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/tls/ssl2.h"

#include "protocols/cursor.h"

#define SHORT_HEADER  0x80 /* two bytes, 15 bits of length; else three, and 14 */
#define CLIENT_HELLO  1
#define SERVER_HELLO  4
#define SPEC_LEN      3
#define CHALLENGE_MIN 16

size_t tls_ssl2_record_len(struct span bytes)
{
	const uint8_t *p = (const uint8_t *)bytes.data;

	if (bytes.len < 2)
		return 0;
	if (p[0] & SHORT_HEADER)
		return 2 + ((size_t)(p[0] & 0x7f) << 8 | p[1]);
	return 3 + ((size_t)(p[0] & 0x3f) << 8 | p[1]);
}

static bool is_version(uint16_t version)
{
	return version == TLS_SSL2 || (version >= 0x0300 && version <= 0x0303);
}

/* What a hello says of its parts, in front of them. */
struct head {
	uint16_t version;
	uint16_t parts[3]; /* their lengths */
};

/* C: behind the length. Whether they fill the record is known without them. */
static enum start read_head(struct span bytes, struct cursor *c, uint8_t type, struct head *head)
{
	size_t len = tls_ssl2_record_len(bytes), sum;

	*c = cursor_of(bytes.data, bytes.len);
	if (bytes.len && !(cursor_u8(c) & SHORT_HEADER))
		return START_NOT;
	cursor_skip(c, 1);
	if (cursor_u8(c) != type && !c->failed)
		return START_NOT;
	if (type == SERVER_HELLO)
		cursor_skip(c, 2); /* whether a session goes on, the certificate's type */
	head->version = cursor_be16(c);
	for (size_t i = 0; i < 3; i++)
		head->parts[i] = cursor_be16(c);
	if (c->failed)
		return START_PERHAPS;
	sum = (size_t)head->parts[0] + head->parts[1] + head->parts[2];
	return is_version(head->version) && sum + cursor_position(c) == len ? START_SURELY
									    : START_NOT;
}

static enum start read_client_head(struct span bytes, struct cursor *c, struct head *head)
{
	enum start start = read_head(bytes, c, CLIENT_HELLO, head);
	const uint16_t specs = head->parts[0], session_id = head->parts[1];
	const uint16_t challenge = head->parts[2];

	if (start != START_SURELY)
		return start;
	return specs && specs % SPEC_LEN == 0 && (!session_id || session_id == 16) &&
			       challenge >= CHALLENGE_MIN && challenge <= TLS_RANDOM_LEN
		       ? START_SURELY
		       : START_NOT;
}

static enum start read_server_head(struct span bytes, struct cursor *c, struct head *head)
{
	enum start start = read_head(bytes, c, SERVER_HELLO, head);

	if (start != START_SURELY)
		return start;
	return head->version == TLS_SSL2 && head->parts[1] % SPEC_LEN == 0 ? START_SURELY
									   : START_NOT;
}

enum start tls_ssl2_begins(struct span bytes, bool server)
{
	struct head head = {0};
	struct cursor c;

	return server ? read_server_head(bytes, &c, &head) : read_client_head(bytes, &c, &head);
}

bool tls_ssl2_client_hello_read(struct span record, uint8_t random[TLS_RANDOM_LEN],
				struct tls_client_hello *hello)
{
	struct head head = {0};
	struct cursor c;
	struct span sent;

	*hello = (struct tls_client_hello){0};
	if (read_client_head(record, &c, &head) != START_SURELY)
		return false;
	hello->version = hello->legacy_version = head.version;
	cursor_skip(&c, head.parts[0]);
	hello->session_id = cursor_span(&c, head.parts[1]);
	sent = cursor_span(&c, head.parts[2]);
	if (c.failed)
		return false;
	memset(random, 0, TLS_RANDOM_LEN);
	memcpy(random + TLS_RANDOM_LEN - sent.len, sent.data, sent.len);
	hello->random = span_of(random, TLS_RANDOM_LEN);
	return true;
}

struct span tls_ssl2_certificate(struct span record)
{
	struct head head = {0};
	struct cursor c;

	if (read_server_head(record, &c, &head) != START_SURELY)
		return (struct span){0};
	return cursor_span(&c, head.parts[0]);
}
