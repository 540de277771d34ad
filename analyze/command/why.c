/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "analyze/command/command.h"
#include "analyze/command/keylog_file.h"
#include "analyze/command/operand.h"
#include "analyze/command/options.h"
#include "analyze/output/escape.h"
#include "analyze/output/output.h"
#include "analyze/replay/reading.h"
#include "protocols/value/json.h"

static const char help[] = "Tells how the protocol of a connection was inferred: the score of\n"
			   "each candidate, and the bytes on which the last decision rests.";

enum {
	OPT_JSON,
	OPT_MEMORY,
	OPT_KEYLOG
};

static const struct command_option options[] = {
	{"json", 0, NULL, "one JSON object"},
	MEMORY_OPTION,
	KEYLOG_OPTION,
	{0},
};

/* Bytes of each direction that are printed. */
#define SHOWN_MAX 64

struct why {
	struct reading reading;
	bool json;
	bool found;
	bool failed;
};

static void print_bytes(const char *label, struct span bytes)
{
	size_t shown = bytes.len < SHOWN_MAX ? bytes.len : SHOWN_MAX;

	if (!shown)
		return;
	printf("\n%s: the first %zu of %zu bytes of the sample\n", label, shown, bytes.len);
	for (size_t at = 0; at < shown; at += 16) {
		printf("  %04zx ", at);
		for (size_t i = at; i < at + 16; i++) {
			if (i < shown)
				printf(" %02x", (unsigned char)bytes.data[i]);
			else
				printf("   ");
		}
		printf("  ");
		for (size_t i = at; i < at + 16 && i < shown; i++) {
			unsigned char c = (unsigned char)bytes.data[i];

			putchar(c >= 0x20 && c < 0x7f ? c : '.');
		}
		putchar('\n');
	}
}

/* What the recording says, as it may be shown. */
static void print_recorded(struct span text)
{
	struct buffer b = {0};

	escape_append(&b, text);
	if (b.len)
		fwrite(b.data, 1, b.len, stdout);
	buffer_free(&b);
}

static void print_session(const struct session *s)
{
	const struct session_counts counts = session_counts(s);
	const struct spoken *spoken;
	const struct candidate *list;
	size_t candidates = session_candidates(s, &list);
	size_t count = session_spoken(s, &spoken);

	printf("protocol    ");
	for (size_t i = 0; i < count; i++)
		printf("%s%s", i ? ", then " : "", spoken[i].protocol->name);
	printf("%s\n", count ? "" : "unknown");
	printf("role        %s\n", role_text(session_role(s)));
	printf("frames      %" PRIu64 " in %" PRIu64 " records; %" PRIu64
	       " places where none began, %" PRIu64 " bytes passed over, %" PRIu64 " lost\n",
	       counts.frames, counts.records, counts.bad, counts.skipped_bytes, counts.lost_bytes);
	printf("\nSCORE  PROTOCOL  REASON   (decided from %d, or from %d when no more comes)\n",
	       INFER_CERTAIN, INFER_PLAUSIBLE);
	for (size_t i = 0; i < candidates; i++)
		printf("%5d  %-8s  %s\n", list[i].verdict.score, list[i].protocol->name,
		       list[i].verdict.reason);
	if (!candidates)
		puts("    -  none      no protocol saw anything of its own in these bytes");
	print_bytes("sent", session_sample(s, DIRECTION_SENT));
	print_bytes("received", session_sample(s, DIRECTION_RECEIVED));
}

static void print_text(const char *before, struct span text)
{
	if (!text.len)
		return;
	fputs(before, stdout);
	print_recorded(text);
}

/* Whether TLS was read, and why not. */
static void print_tls(const struct connection *c)
{
	const struct connection_tls tls = connection_tls(c);
	const struct encryption *e = &tls.encryption;

	if (!tls.is)
		return;
	fputs("tls         ", stdout);
	print_recorded(e->version.len ? e->version : span_text("of unknown version"));
	print_text(", ", e->suite);
	print_text(", SNI ", e->sni);
	print_text(", ALPN ", e->alpn);
	putchar('\n');
	if (tls.library && tls.library->kind != TLS_LIBRARY_UNKNOWN) {
		struct buffer name = {0};

		library_append_name(tls.library, &name);
		print_text("library     ", buffer_span(&name));
		buffer_free(&name);
		print_text(", ", span_text(tls.library->path));
		print_text(": ", span_text(tls.library->note));
		putchar('\n');
	}
	printf("read        %s", e->reading == TLS_NOT_READ	  ? "no"
				 : e->reading == TLS_READ_IN_PART ? "in part, with keys"
				 : e->reading == TLS_READ_BY_KEYS ? "with keys"
				 : c->by_kernel ? "by the socket's calls, as the kernel makes or "
						  "opens the records (kTLS)"
						: "by the library's calls");
	print_text(": ", e->unread);
	if (c->tie != TLS_TIE_UNKNOWN)
		printf("; tied by %s%s", tls_tie_text(c->tie),
		       c->tie == TLS_TIE_THREAD ? ", which is inferred" : "");
	if (c->plain_missing)
		printf("; at most %" PRIu64 " bytes of plaintext were not seen", c->plain_missing);
	putchar('\n');
}

static void append_tls(struct buffer *b, const struct connection *c)
{
	const struct connection_tls tls = connection_tls(c);
	const struct library *library = tls.library;
	bool first = true;

	if (!tls.is) {
		buffer_append_text(b, "null");
		return;
	}
	buffer_append_char(b, '{');
	json_append_known(b, "version", tls.encryption.version, &first);
	json_append_known(b, "cipher_suite", tls.encryption.suite, &first);
	json_append_known(b, "sni", tls.encryption.sni, &first);
	json_append_known(b, "alpn", tls.encryption.alpn, &first);
	json_append_known(b, "library", span_text(library ? library->path : NULL), &first);
	json_append_known(b, "reading", span_text(reading_of_tls_text(tls.encryption.reading)),
			  &first);
	json_append_known(b, "unread", tls.encryption.unread, &first);
	json_append_known(b, "tie", span_text(c->tie ? tls_tie_text(c->tie) : NULL), &first);
	buffer_append_char(b, '}');
}

/* S is NULL where no data was recorded. */
static void append_json(struct buffer *b, const struct connection *c, const struct session *s)
{
	const struct spoken *spoken;
	size_t count = s ? session_spoken(s, &spoken) : 0;
	const struct candidate *list;
	size_t candidates = s ? session_candidates(s, &list) : 0;

	buffer_printf(b, "{\"conn\":%" PRIu64 ",\"protocols\":[", c->id);
	for (size_t i = 0; i < count; i++)
		buffer_printf(b, "%s\"%s\"", i ? "," : "", spoken[i].protocol->name);
	buffer_append_text(b, "],\"candidates\":[");
	for (size_t i = 0; i < candidates; i++) {
		buffer_printf(b, "%s{\"proto\":\"%s\",\"score\":%d,\"role\":\"%s\",\"reason\":",
			      i ? "," : "", list[i].protocol->name, list[i].verdict.score,
			      role_text(list[i].verdict.role));
		json_append_string(b, span_text(list[i].verdict.reason));
		buffer_append_char(b, '}');
	}
	buffer_append_text(b, "],\"tls\":");
	append_tls(b, c);
	buffer_append_text(b, "}\n");
}

static void print_json(struct why *why, const struct connection *c, const struct session *s)
{
	struct buffer b = {0};

	append_json(&b, c, s);
	if (b.failed || !output_json(buffer_span(&b)))
		why->failed = true;
	buffer_free(&b);
}

/* What carries it, and what is inside. */
static void print_sessions(const struct connection *c, const struct session *s)
{
	const struct session *wire = c->sessions[LAYER_WIRE];
	const struct session *inside = session_inside(s);

	print_session(s);
	if (wire && wire != s) {
		puts("\non the wire, around it:");
		print_session(wire);
	}
	if (inside) {
		puts("\ninside it:");
		print_session(inside);
	}
}

static void print_unseen(const struct connection *c, enum direction direction)
{
	if (c->unseen_bytes[direction])
		printf("unseen      %" PRIu64 " bytes %s by calls that no hook saw\n",
		       c->unseen_bytes[direction], direction_text(direction));
}

/* How the connection fared, where that is known. */
static void print_state(const struct connection *c)
{
	if (c->state != CONN_UNKNOWN) {
		printf("state       %s", conn_state_text(c->state));
		if (c->state_by != END_UNKNOWN)
			printf(" by the %s end", conn_end_text(c->state_by));
		if (c->error)
			printf(", %s", conn_error_text(c->error));
		if (connection_connect_ns(c) >= 0)
			printf("; the handshake took %.3f ms",
			       (double)connection_connect_ns(c) / 1e6);
		putchar('\n');
	}
	print_unseen(c, DIRECTION_SENT);
	print_unseen(c, DIRECTION_RECEIVED);
}

static void on_conn_end(void *context, const struct connection *c)
{
	struct why *why = context;
	const struct session *s = connection_session(c);

	why->found = true;
	if (why->json) {
		print_json(why, c, s);
		return;
	}
	printf("connection  %" PRIu64 ", %s ", c->id, transport_text(c->transport));
	print_recorded(span_text(c->local_text));
	putchar(' ');
	print_recorded(span_text(c->remote_text));
	putchar('\n');
	print_state(c);
	if (c->process) {
		fputs("process     ", stdout);
		print_recorded(span_text(c->process->name));
		printf("[%u]\n", c->pid);
	}
	print_tls(c);
	if (s)
		print_sessions(c, s);
	else
		puts("protocol    unknown: no data was recorded");
}

static int run_why(int argc, char **argv)
{
	struct why why = {0};
	struct selection selection = {0};
	struct operand operand = {0};
	struct replay_options with = {
		.handlers = {.conn_end = on_conn_end, .context = &why},
		.explain = true,
		.selection = &selection,
	};
	struct command_line line = {&why_command, argc, argv, 0};
	const char *value;
	int option, status;

	while ((option = command_next_option(&line, &value)) != COMMAND_END) {
		if (option == COMMAND_HELP || option == COMMAND_WRONG)
			return option == COMMAND_HELP ? STATUS_DONE : STATUS_USAGE;
		if (option == OPT_JSON)
			why.json = true;
		else if (option == OPT_KEYLOG && !keylog_file_add(&with.keylog, argv[0], value))
			return STATUS_USAGE;
		else if (option == OPT_MEMORY && !option_memory(value, &with.memory_limit))
			return command_fail(argv[0], MEMORY_WANTS ", not '%s'", value);
	}
	if (argc - optind != 2 || !selection_add(&selection, SELECT_CONN, argv[optind + 1]))
		return command_fail(argv[0], "wants a recording and the id of a connection (see "
					     "'socktape conns')");
	status = operand_open(&operand, argv[0], argv[optind], with.memory_limit);
	if (!status)
		status = reading_open(&why.reading, argv[0], operand.path, &with);
	if (status)
		return status;
	status = reading_run(&why.reading);
	if (!why.found)
		status = command_fail(argv[0], "%s: there is no connection %s", argv[optind],
				      argv[optind + 1]);
	if (why.failed && status != STATUS_USAGE)
		status = command_fail(argv[0], "the output could not be written");
	reading_close(&why.reading);
	selection_free(&selection);
	keylog_free(with.keylog);
	return operand_close(&operand, status);
}

const struct command why_command = {
	.name = "why",
	.run = run_why,
	.arguments = "REC CONN [--json]",
	.summary = "how the protocol of a connection was inferred",
	.help = help,
	.options = options,
};
