/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/pcapng/preamble.h"

/* The host heads every segment: it stands among the first events, or is missing. */
#define HOST_WITHIN 4096

/* Secrets of one block. */
#define SECRETS_LEN (64u << 10)

static void append_span(struct buffer *b, const char *before, struct span text)
{
	if (!text.len)
		return;
	buffer_append_text(b, before);
	buffer_append_span(b, text);
}

static void write_section(struct dump *out, const struct event_host *host)
{
	struct buffer comment = {0}, os = {0};

	buffer_append_text(&comment, "Made from a recording of socket calls");
	append_span(&comment, " on ", host->hostname);
	append_span(&comment, " by ", host->recorder);
	buffer_append_text(&comment, ". Payload, times and addresses are what was recorded; "
				     "headers, handshakes and acknowledgements are made up, and "
				     "the first packet of a connection says what else is.");
	append_span(&os, "Linux ", host->kernel);
	dump_section(out, &(struct pcapng_section){
				  .hardware = host->machine,
				  .os = buffer_span(&os),
				  .application = span_text("socktape " SOCKTAPE_VERSION),
				  .comment = buffer_span(&comment),
			  });
	buffer_free(&comment);
	buffer_free(&os);
}

static void find_host(struct recording *rec, struct dump *out)
{
	const struct event_host unknown = {0};
	struct event event;

	for (int i = 0; i < HOST_WITHIN && recording_next(rec, &event); i++) {
		if (event.type == EVENT_HOST) {
			write_section(out, &event.host);
			return;
		}
	}
	write_section(out, &unknown);
}

/* A line that would end early, or hold two, is none of the key log format. */
static bool is_line(struct span line)
{
	for (size_t i = 0; i < line.len; i++)
		if (line.data[i] < ' ' || line.data[i] > '~')
			return false;
	return line.len > 0;
}

/* The second word: the client random, in most. */
static struct span random_of(struct span line)
{
	const char *from = memchr(line.data, ' ', line.len), *to;
	size_t left;

	if (!from)
		return (struct span){0};
	from++;
	left = line.len - (size_t)(from - line.data);
	to = memchr(from, ' ', left);
	return span_of(from, to ? (size_t)(to - from) : left);
}

static bool secret_wanted(const struct facts *f, bool all_secrets, const struct event_secret *s)
{
	const struct facts_conn *c = facts_conn(f, s->conn);

	if (!is_line(s->line))
		return false;
	return (c ? c->wanted : all_secrets) || facts_wants_random(f, random_of(s->line));
}

static void write_secrets(struct recording *rec, const struct facts *f, bool all_secrets,
			  struct dump *out)
{
	struct buffer lines = {0};
	struct event event;

	buffer_append_span(&lines, buffer_span(&f->lines));
	while (recording_next(rec, &event)) {
		if (event.type != EVENT_SECRET || !secret_wanted(f, all_secrets, &event.secret))
			continue;
		buffer_append_span(&lines, event.secret.line);
		buffer_append_char(&lines, '\n');
		if (lines.len < SECRETS_LEN)
			continue;
		dump_secrets(out, buffer_span(&lines));
		buffer_clear(&lines);
	}
	if (lines.len)
		dump_secrets(out, buffer_span(&lines));
	buffer_free(&lines);
}

enum tape_error preamble_write(const char *path, const struct facts *f, bool all_secrets,
			       struct dump *out)
{
	struct recording *rec;
	enum tape_error error = recording_open(path, NULL, NULL, &rec);

	if (error)
		return error;
	find_host(rec, out);
	if (f->tls == EXPORT_TLS_KEYS)
		error = recording_rewind(rec);
	if (!error && f->tls == EXPORT_TLS_KEYS)
		write_secrets(rec, f, all_secrets, out);
	recording_free(rec);
	return error;
}
