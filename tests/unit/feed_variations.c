/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/feed.h"

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/unit/fnv.h"

#define FOLDER "tests/unit/feeds"

/* Of a message so many bytes are changed in three ways, of those behind them some in one. */
#define DENSE	     48
#define SPARSE_COUNT 24
/* A conversation has no more variations. */
#define VARIATIONS_MAX 600

struct varying {
	const struct feed *feed;
	const struct protocol *protocol; /* that is spoken */
	bool print;
	size_t count;
	uint64_t hash;
};

static void ask(struct varying *v, const struct feed *feed, const char *what, size_t message,
		size_t byte)
{
	struct buffer answer = {0};

	if (v->count++ >= VARIATIONS_MAX)
		return;
	feed_answer(feed, &answer);
	v->hash = fnv_bytes(v->hash, buffer_span(&answer));
	if (v->print)
		printf("# %s of message %zu, byte %zu%s\n%.*s", what, message + 1, byte,
		       feed->decode_as && !v->feed->decode_as ? ", protocol told" : "",
		       (int)answer.len, answer.data);
	buffer_free(&answer);
}

static uint8_t changed(uint8_t byte, size_t how)
{
	const uint8_t others[] = {0, 0xff, 0x80, 0x7f, '0', ' ', '\n', 1};

	if (how % 3 == 0)
		return (uint8_t)(byte + 1);
	if (how % 3 == 1)
		return (uint8_t)(byte - 1);
	how /= 3;
	return how % 3 ? others[how % sizeof(others)] : byte ^ (uint8_t)(1u << how / 3 % 8);
}

/* The bytes of a message, one after the other. */
static void change_bytes(struct varying *v, struct feed_message *message, size_t number)
{
	struct feed feed = *v->feed;
	size_t len = message->len;
	size_t step = len > DENSE ? (len - DENSE) / SPARSE_COUNT + 1 : 1;
	const void *was = message->data;
	uint8_t *bytes = malloc(len + 1);

	assert_non_null(bytes);
	memcpy(bytes, was, len);
	message->data = bytes;
	feed.messages = message - number;
	for (size_t at = 0; at < len; at += at < DENSE ? 1 : step) {
		for (size_t how = 0; how < (at < DENSE ? 3 : 1); how++) {
			uint8_t byte = bytes[at];

			bytes[at] = changed(byte, how + 3 * at);
			if (!v->feed->decode_as)
				feed.decode_as = (how + at) % 2 ? v->protocol : NULL;
			ask(v, &feed, how == 2 ? "another byte" : "one more or less", number, at);
			bytes[at] = byte;
		}
	}
	message->data = was;
	free(bytes);
}

/* A message that is missing, comes twice, or is shorter than it says it is. */
static void change_messages(struct varying *v, struct feed_message *messages, size_t number)
{
	struct feed feed = *v->feed;
	const struct feed_message was = messages[number];

	feed.messages = messages;
	for (feed.lose_from = 0; feed.lose_from < was.len; feed.lose_from += was.len / 3 + 1) {
		feed.lose = number + 1;
		ask(v, &feed, "a hole", number, feed.lose_from);
	}
	feed.lose = v->feed->lose;
	feed.lose_from = v->feed->lose_from;
	messages[number].len = 0;
	ask(v, &feed, "without any", number, 0);
	messages[number].len = was.len ? was.len - 1 : 0;
	ask(v, &feed, "the last byte", number, was.len);
	messages[number] = was;
	feed.count = number + 1;
	ask(v, &feed, "the end", number, was.len);
	feed.count = v->feed->count;
	feed.keep = 1 + number;
	ask(v, &feed, "little kept", number, 0);
}

static void vary(struct varying *v)
{
	struct feed_message *messages = calloc(v->feed->count + 1, sizeof(*messages));
	struct buffer answer = {0};

	assert_non_null(messages);
	memcpy(messages, v->feed->messages, v->feed->count * sizeof(*messages));
	v->protocol = feed_answer(v->feed, &answer);
	v->hash = fnv_bytes(FNV_BEGIN, buffer_span(&answer));
	buffer_free(&answer);
	for (size_t i = 0; i < v->feed->count; i++) {
		change_messages(v, messages, i);
		change_bytes(v, &messages[i], i);
	}
	free(messages);
}

/* ---- what it was ---- */

static uint64_t key_number(uint64_t hash, uint64_t number)
{
	return fnv_bytes(hash, span_of(&number, sizeof(number)));
}

/* Names a conversation by all that it is, so that it may stand anywhere in its test. */
static uint64_t key_of(const struct feed *feed)
{
	uint64_t key = FNV_BEGIN;

	if (feed->decode_as)
		key = fnv_bytes(key, span_text(feed->decode_as->name));
	key = key_number(key, (uint64_t)feed->transport << 8 | feed->role << 1 | feed->midstream);
	key = key_number(key, feed->plaintext);
	key = key_number(key, feed->keep);
	key = key_number(key, feed->wanted != NULL);
	for (size_t i = 0; i < feed->count; i++) {
		key = key_number(key, feed->messages[i].direction);
		key = key_number(key, feed->messages[i].len);
		key = fnv_bytes(key, span_of(feed->messages[i].data, feed->messages[i].len));
	}
	return key;
}

static void path_of_program(char path[256])
{
	snprintf(path, 256, FOLDER "/%s.txt", program_invocation_short_name);
}

/* What isn't said any more goes: the file is written anew. */
__attribute__((constructor)) static void forget(void)
{
	char path[256];

	path_of_program(path);
	if (getenv("SOCKTAPE_UPDATE"))
		unlink(path);
}

/* The line that begins with KEY; empty: there is none. */
static void find_line(const char *key, char line[64])
{
	char path[256];
	FILE *file;

	path_of_program(path);
	file = fopen(path, "r");
	while (file && fgets(line, 64, file))
		if (strncmp(line, key, strlen(key)) == 0)
			break;
	if (!file || feof(file))
		*line = '\0';
	if (file)
		fclose(file);
}

static void append_line(const char *line)
{
	char path[256];
	FILE *file;

	path_of_program(path);
	file = fopen(path, "a");
	assert_non_null(file);
	assert_true(fputs(line, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

void feed_variations_check(const struct feed *feed)
{
	struct varying v = {.feed = feed};
	const char *print = getenv("SOCKTAPE_FEED");
	char key[32], line[64], was[64] = "";

	snprintf(key, sizeof(key), "%016" PRIx64, key_of(feed));
	v.print = print && strcmp(print, key) == 0;
	vary(&v);
	snprintf(line, sizeof(line), "%s %016" PRIx64 "\n", key, v.hash);
	find_line(key, was);
	if (strcmp(line, was) == 0)
		return;
	if (getenv("SOCKTAPE_UPDATE") && !*was) {
		append_line(line);
		return;
	}
	print_error("Variations of the conversation %s are answered otherwise than before: see "
		    "CONTRIBUTING.md\n",
		    key);
	assert_string_equal(line, was);
}
