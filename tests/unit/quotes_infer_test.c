/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Text protocols whose messages quote what other protocols say, both halves of it. Seen from
 * anywhere in their middle, both directions or one, they are not taken for what they quote.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "protocols/engine/inference.h"

#define BYTES(s)                                                                                   \
	{                                                                                          \
		s, sizeof(s) - 1                                                                   \
	}

/* ---- what is quoted ---- */

#define GET	"GET /a HTTP/1.1\r\nHost: h.example\r\nAccept: */*\r\n\r\n"
#define POST	"POST /b HTTP/1.1\r\nHost: h.example\r\nContent-Length: 5\r\n\r\na=b&c"
#define OK	"HTTP/1.1 200 OK\r\nServer: s\r\nContent-Length: 6\r\n\r\nhello\n"
#define CHUNKED "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
#define SET	"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n"
#define PUB	"PUB orders.new 5\r\nhello\r\nPING\r\n"
#define MSG	"INFO {\"server_id\":\"x\"}\r\nMSG orders.new 1 5\r\nhello\r\nPONG\r\n"

/* ---- who quotes ---- */

#define STOMP_SEND(text) "SEND\ndestination:/queue/q\n\n" text "\0\n"
#define STOMP_MESSAGE(text)                                                                        \
	"MESSAGE\nsubscription:0\nmessage-id:1\ndestination:/queue/q\n\n" text "\0\n"
#define SMTP_MAIL(text)                                                                            \
	"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nSubject: look\r\n\r\nIt said:\r\n" text       \
	"\r\nand then nothing.\r\n.\r\n"
#define SMTP_SAID "250 ok\r\n250 ok\r\n354 go on\r\n250 queued\r\n"
#define IMAP_SAID(text)                                                                            \
	"* 1 FETCH (BODY[] {180}\r\nSubject: x\r\n\r\n" text ")\r\na3 OK FETCH completed\r\n"
#define POP_SAID(text) "+OK 120 octets\r\nSubject: x\r\n\r\n" text "\r\n.\r\n"
#define IRC_SAID(text) ":n!u@h PRIVMSG #c :he said\r\n" text ":n!u@h PRIVMSG #c :odd\r\n"
#define SYSLOG(text)                                                                               \
	"<34>1 2026-01-01T00:00:00Z h app - - - got\n" text                                        \
	"<34>1 2026-01-01T00:00:01Z h app - - - end\n"
#define LOG(text)	  "2026-01-01 00:00:00 DEBUG said:\n" text "2026-01-01 00:00:01 DEBUG done\n"
#define MEMCACHED_SET(t)  "set k 0 0 90\r\n" t "\r\nget k\r\n"
#define MEMCACHED_SAID(t) "STORED\r\nVALUE k 0 90\r\n" t "\r\nEND\r\n"
#define FIX(text)	  "8=FIX.4.4\0019=120\00135=B\00158=" text "\00110=128\001"
#define SIP(text)                                                                                  \
	"MESSAGE sip:a@b SIP/2.0\r\nContent-Type: text/plain\r\n\r\n" text                         \
	"BYE sip:a@b SIP/2.0\r\nCSeq: 2 BYE\r\n\r\n"
#define SIP_SAID(text)                                                                             \
	"SIP/2.0 200 OK\r\nCSeq: 1 MESSAGE\r\n\r\n" text "SIP/2.0 200 OK\r\nCSeq: 2 BYE\r\n\r\n"
#define FTP_SAID	  "220 ready\r\n331 who\r\n230 in\r\n200 ok\r\n"
#define XML(text)	  "<message to='a@b'><body>\n" text "</body></message>\n<presence/>\n"
#define BEANSTALK(text)	  "put 0 0 60 90\r\n" text "\r\nreserve\r\n"
#define BEANSTALK_SAID(t) "INSERTED 1\r\nRESERVED 1 90\r\n" t "\r\nDELETED\r\n"

static const struct talk {
	const char *name;
	struct span sent, received;
} talks[] = {
#define BOTH(name, send, said, mine, theirs)                                                       \
	{name, BYTES(send(mine) send(theirs) send("x")),                                           \
	 BYTES(said(theirs) said(mine) said("x"))},                                                \
	{                                                                                          \
		name, BYTES(send(mine) send("x")), BYTES(said(theirs) said("x"))                   \
	}
#define ALL(name, send, said)                                                                      \
	BOTH(name ": HTTP", send, said, GET, OK), BOTH(name ": HTTP", send, said, POST, CHUNKED),  \
		BOTH(name ": HTTP", send, said, GET GET, OK OK "tail\n"),                          \
		BOTH(name ": Redis", send, said, SET, "+OK\r\n"),                                  \
		BOTH(name ": Redis", send, said, SET SET, "+OK\r\n$1\r\nv\r\n:1\r\n"),             \
		BOTH(name ": NATS", send, said, PUB, MSG)
#define OF_SMTP(text) SMTP_SAID
#define OF_FTP(text)  FTP_SAID
	ALL("STOMP", STOMP_SEND, STOMP_MESSAGE),
	ALL("SMTP", SMTP_MAIL, OF_SMTP),
	ALL("IMAP", LOG, IMAP_SAID),
	ALL("POP3", LOG, POP_SAID),
	ALL("IRC", IRC_SAID, IRC_SAID),
	ALL("syslog", SYSLOG, OF_FTP),
	ALL("logs", LOG, LOG),
	ALL("memcached", MEMCACHED_SET, MEMCACHED_SAID),
	ALL("FIX", FIX, FIX),
	ALL("SIP", SIP, SIP_SAID),
	ALL("XMPP", XML, XML),
	ALL("beanstalkd", BEANSTALK, BEANSTALK_SAID),
};

/* Empty lines before it don't count. */
static bool begins(struct span bytes, const char *text)
{
	while (bytes.len && (*bytes.data == '\r' || *bytes.data == '\n'))
		bytes = span_of(bytes.data + 1, bytes.len - 1);
	return bytes.len >= strlen(text) && memcmp(bytes.data, text, strlen(text)) == 0;
}

/* Nothing but what begins with a message, and never was any more: that is its beginning. */
static bool may_be_damaged(const struct sample *sample)
{
	for (int d = 0; d < 2; d++)
		if (!sample->bytes[!d].len && !sample->resampled &&
		    (begins(sample->bytes[d], "GET /") || begins(sample->bytes[d], "POST /") ||
		     begins(sample->bytes[d], "HTTP/1.1 ")))
			return true;
	return false;
}

static void ask(const struct talk *talk, const struct sample *sample, size_t cut)
{
	for (size_t i = 0; protocols[i]; i++) {
		struct verdict verdict = {.role = ROLE_UNKNOWN};

		if (!protocols[i]->stream)
			continue;
		protocols[i]->infer(sample, &verdict);
		if (verdict.score >= INFER_PLAUSIBLE)
			fail_msg("%s, without %zu bytes%s%s: taken for %s (%d): %s", talk->name,
				 cut, sample->bytes[1].len ? "" : ", sent alone",
				 sample->bytes[0].len ? "" : ", received alone", protocols[i]->name,
				 verdict.score, verdict.reason);
	}
}

static struct span without(struct span bytes, size_t cut)
{
	return cut < bytes.len ? span_of(bytes.data + cut, bytes.len - cut) : (struct span){0};
}

/* Cut anywhere, both together and one alone, whether it is the first sample or another one. */
static void what_is_quoted_is_not_spoken(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(talks) / sizeof(talks[0]); i++) {
		const struct talk *talk = &talks[i];
		size_t longest = talk->sent.len > talk->received.len ? talk->sent.len
								     : talk->received.len;

		for (size_t cut = 0; cut < longest; cut++) {
			struct sample sample = {.transport = TRANSPORT_TCP, .ended = true};

			for (int how = 0; how < 8; how++) {
				sample.midstream = true;
				sample.resampled = how & 1;
				sample.bytes[0] = how >> 1 == 2 ? (struct span){0}
								: without(talk->sent, cut);
				sample.bytes[1] = how >> 1 == 1 ? (struct span){0}
								: without(talk->received,
									  how >> 1 == 3 ? 0 : cut);
				if (!may_be_damaged(&sample))
					ask(talk, &sample, cut);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_quoted_is_not_spoken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
