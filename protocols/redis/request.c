/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/redis/request.h"

#include "protocols/value/json.h"
#include "protocols/redis/resp.h"
#include "protocols/value/ascii.h"

static void append_upper(struct buffer *b, struct span word)
{
	size_t len = word.len < REDIS_NAME_MAX ? word.len : REDIS_NAME_MAX;
	char *to = buffer_reserve(b, len);

	if (!to)
		return;
	for (size_t i = 0; i < len; i++)
		to[i] = (char)(word.data[i] >= 'a' && word.data[i] <= 'z' ? word.data[i] - 32
									  : word.data[i]);
	b->len += len;
}

static void add_command(struct redis_message *m, struct span word,
			const struct redis_command *guess)
{
	append_upper(&m->base.text, word);
	m->cut |= word.len > REDIS_NAME_MAX;
	m->split = m->base.text.len;
	m->command = guess && span_is(request_command(m), guess->name)
			     ? guess
			     : redis_command_find(request_command(m));
	if (m->command)
		m->trait = m->command->trait;
	if (m->trait == TRAIT_SECRET)
		m->secret = redis_secret_of(request_command(m));
}

/* The name of a subcommand, not any second word: letters and dashes. */
static bool is_subcommand(struct span word)
{
	for (size_t i = 0; i < word.len; i++) {
		char c = (char)(word.data[i] | 0x20);

		if ((c < 'a' || c > 'z') && word.data[i] != '-')
			return false;
	}
	return word.len > 0 && word.len <= REDIS_NAME_MAX;
}

/* WORD, or what stands for it. */
static struct span without_secret(struct redis_message *m, uint64_t index, struct span word)
{
	const char *instead = m->secret.rule ? redis_secret_word(&m->secret, index, word) : NULL;

	if (!instead)
		return word;
	m->hidden = true;
	return span_text(instead);
}

static void add_word(struct redis_message *m, struct span word, const struct redis_command *guess)
{
	struct buffer *b = &m->base.text;
	uint64_t index = m->words++;

	if (index == 0) {
		add_command(m, word, guess);
		return;
	}
	if (index == 1 && (m->trait == TRAIT_CONTAINER || m->trait == TRAIT_CLIENT) &&
	    is_subcommand(word)) {
		buffer_append_char(b, ' ');
		append_upper(b, word);
		m->split = b->len;
		m->secret = redis_secret_of(request_command(m));
		return;
	}
	word = without_secret(m, index, word);
	if (b->len > m->limit) {
		m->cut = true;
		return;
	}
	if (word.len > m->limit) {
		m->cut = true;
		word.len = m->limit;
	}
	buffer_append_char(b, b->len == m->split ? '[' : ',');
	json_append_string(b, word);
}

void request_add_bulks(struct redis_message *m, struct span data, const struct redis_command *guess)
{
	const uint8_t *at = (const uint8_t *)data.data;
	size_t pos = 0;

	while (pos < data.len) {
		struct resp_token token;
		size_t size = resp_short_bulk(at + pos, data.len - pos, &token.text);

		if (size) {
			add_word(m, token.text, guess);
			pos += size;
			continue;
		}
		if (resp_token(at + pos, data.len - pos, &token) != FRAME_DONE)
			return;
		if (token.type == RESP_BULK)
			add_word(m, token.text, guess);
		pos += (size_t)token.size;
	}
}

/* ---- lines ---- */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* What stands behind a backslash in double quotes; returns how many characters it takes. */
static size_t append_escape(struct buffer *b, struct span rest)
{
	static const char from[] = "nrtba", to[] = "\n\r\t\b\a";
	const char *at;

	if (rest.len >= 3 && rest.data[0] == 'x' && hex_digit(rest.data[1]) >= 0 &&
	    hex_digit(rest.data[2]) >= 0) {
		buffer_append_char(b,
				   (char)(hex_digit(rest.data[1]) << 4 | hex_digit(rest.data[2])));
		return 3;
	}
	at = memchr(from, rest.data[0], sizeof(from) - 1);
	buffer_append_char(b, at ? to[at - from] : rest.data[0]);
	return 1;
}

/* The quoted part at *POS, which moves behind its closing quote; false when there is none. */
static bool unquote(struct span line, size_t *pos, struct buffer *b)
{
	char quote = line.data[(*pos)++];

	while (*pos < line.len) {
		char c = line.data[(*pos)++];

		if (c == quote)
			return *pos == line.len || ascii_is_space(line.data[*pos]);
		if (c == '\\' && *pos < line.len && quote == '"') {
			*pos += append_escape(b, span_of(line.data + *pos, line.len - *pos));
		} else if (c == '\\' && *pos < line.len && line.data[*pos] == quote) {
			buffer_append_char(b, quote);
			(*pos)++;
		} else {
			buffer_append_char(b, c);
		}
	}
	return false;
}

/* The word at *POS, into SCRATCH; false when its quotes don't match. */
static bool take_word(struct span line, size_t *pos, struct buffer *scratch)
{
	buffer_clear(scratch);
	while (*pos < line.len && !ascii_is_space(line.data[*pos])) {
		char c = line.data[*pos];

		if (c == '"' || c == '\'')
			return unquote(line, pos, scratch);
		buffer_append_char(scratch, c);
		(*pos)++;
	}
	return true;
}

void request_add_line(struct redis_message *m, struct span line, struct buffer *scratch)
{
	size_t pos = 0;

	for (;;) {
		size_t start;

		while (pos < line.len && ascii_is_space(line.data[pos]))
			pos++;
		if (pos == line.len)
			return;
		start = pos;
		if (!take_word(line, &pos, scratch)) {
			/* The server refuses the line: the rest is shown as it came. */
			while (ascii_is_space(line.data[line.len - 1]))
				line.len--;
			m->unbalanced = true;
			add_word(m, span_of(line.data + start, line.len - start), NULL);
			return;
		}
		add_word(m, buffer_span(scratch), NULL);
	}
}

void request_end(struct redis_message *m)
{
	struct buffer *b = &m->base.text;

	/* The only argument is the password. */
	if (m->secret.rule == SECRET_AUTH && m->words == 2) {
		m->hidden = true;
		b->len = m->split;
		buffer_append_text(b, "[\"" REDIS_HIDDEN "\"");
	}
	if (b->len == m->split)
		buffer_append_char(b, '[');
	buffer_append_char(b, ']');
}

struct span request_command(const struct redis_message *m)
{
	return span_of(m->base.text.data, m->split);
}

struct span request_args(const struct redis_message *m)
{
	return span_of(m->base.text.data + m->split, m->base.text.len - m->split);
}
