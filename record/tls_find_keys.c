/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "record/tls_find_private.h"
#include "record/x86.h"

/*
 * OpenSSL, BoringSSL and GnuTLS tell each secret to a function of their own, whether or not anybody
 * asked for a key log: (object, label, secret, length). It has no symbol most often, but its
 * calls name the label: the one for TLS 1.2 is in all of them.
 */
#define LABEL "CLIENT_RANDOM"

/* Code and texts of a library that are searched. */
#define CODE_SEARCHED  (UINT64_C(32) << 20)
#define TEXTS_SEARCHED (UINT64_C(16) << 20)

/* Instructions between the label and the call. */
#define CALL_DISTANCE 8

#define RANDOM_LEN 32

/* struct tls_layout: from the client's secret to the server's */
#define TLS_SECRET_ROOM 64

/* Where the text LABEL stands, with its end and after another one's; 0: nowhere. */
static uint64_t label_find(const struct elf_part *texts)
{
	const uint8_t *at = texts->data;
	const uint8_t *end = texts->data + texts->len;

	while ((at = memmem(at, (size_t)(end - at), LABEL, sizeof(LABEL)))) {
		if (at == texts->data || !at[-1])
			return texts->address + (uint64_t)(at - texts->data);
		at++;
	}
	return 0;
}

/* Whether the instruction at AT puts ADDRESS into the second argument: lea rsi, or mov esi. */
static bool loads(const struct elf_part *code, uint64_t at, uint64_t address)
{
	const uint8_t *b = code->data + at;
	int32_t number;

	if (b[0] == 0x48 && b[1] == 0x8d && b[2] == 0x35) {
		memcpy(&number, b + 3, sizeof(number));
		return code->address + at + 7 + (uint64_t)(int64_t)number == address;
	}
	if (b[0] != 0xbe)
		return false;
	memcpy(&number, b + 1, sizeof(number));
	return number > 0 && (uint64_t)number == address;
}

/* The function that is called next; 0: none soon. */
static uint64_t call_after(const struct elf_part *code, uint64_t at)
{
	struct x86_instruction one;

	for (int i = 0; i <= CALL_DISTANCE && at < code->len; i++, at += one.len) {
		if (!x86_read(code->data + at, code->len - at, &one) || one.flow == X86_END ||
		    one.flow == X86_JUMP)
			return 0;
		if (one.flow == X86_CALL)
			return code->address + at + (uint64_t)one.target;
	}
	return 0;
}

static uint64_t caller_look(const struct elf_part *code, uint64_t label)
{
	const uint64_t least = 7; /* the longer of the two instructions */
	uint64_t called = 0;

	for (uint64_t at = 0; at + least <= code->len && !called; at++)
		if (loads(code, at, label))
			called = call_after(code, at);
	return called;
}

/* The function that is called with LABEL; 0: it isn't found. */
static uint64_t function_find(struct finder *f)
{
	struct elf_part texts;
	struct elf_part code;
	uint64_t label = 0;
	uint64_t called = 0;

	if (elf_file_section(f->file, ".rodata", TEXTS_SEARCHED, &texts))
		label = label_find(&texts);
	free(texts.data);
	if (label && elf_file_section(f->file, ".text", CODE_SEARCHED, &code)) {
		called = caller_look(&code, label);
		free(code.data);
	}
	return called;
}

enum tls_hook tls_find_secrets(struct finder *f)
{
	struct tls_point like = {0, TLS_POINT_SECRET, CALL_UNKNOWN, DIRECTION_SENT, 0, {0}};
	uint64_t address = f->symbols[SSL_LOG_SECRET].address;
	size_t at;

	if (!address)
		address = function_find(f);
	if (!address)
		return TLS_HOOK_NO_SYMBOLS;
	tls_code_read(f, address, 0);
	if (!x86_place_arguments(f->code, f->code_len, &at)) {
		if (!x86_hands_on(f->code, f->code_len, RANDOM_LEN, &at))
			return tls_entry_add(f, address, &like) ? TLS_HOOK_KEYS : TLS_HOOK_NO_PLACE;
		/* One that only adds the client random. */
		like.shape = TLS_POINT_WRAPPED;
	}
	return tls_point_add(f, address + at, &like) ? TLS_HOOK_KEYS : TLS_HOOK_NO_PLACE;
}

/* As the displacement of an instruction: four bytes that are hardly there by chance. */
static bool displaces(const struct elf_part *code, uint32_t by)
{
	return memmem(code->data, code->len, &by, sizeof(by)) != NULL;
}

bool tls_find_uses(struct finder *f, uint32_t secrets_at)
{
	struct elf_part code;
	bool both;

	if (!secrets_at || !elf_file_section(f->file, ".text", CODE_SEARCHED, &code))
		return false;
	both = displaces(&code, secrets_at) && displaces(&code, secrets_at + TLS_SECRET_ROOM);
	free(code.data);
	return both;
}

enum tls_hook tls_find_go_secrets(struct finder *f, const struct go_function *write)
{
	static const struct tls_point secret = {
		0, TLS_POINT_GO_SECRET, CALL_UNKNOWN, DIRECTION_SENT, 0, {0}};
	static const struct tls_point master = {
		0, TLS_POINT_GO_MASTER, CALL_UNKNOWN, DIRECTION_SENT, 0, {0}};
	static const struct tls_point older = {
		0, TLS_POINT_GO_OLDER, CALL_UNKNOWN, DIRECTION_SENT, 0, {0}};
	struct go_function functions[] = {
		{.name = "crypto/tls.(*Config).writeKeyLog"},
		{.name = "crypto/tls.keysFromMasterSecret"},
	};

	if (!go_file_functions(f->file, functions, 2) || !functions[0].address ||
	    !functions[1].address)
		return TLS_HOOK_NO_SYMBOLS;
	if (!tls_go_begin(f, &functions[0], secret) || !tls_go_begin(f, &functions[1], master))
		return TLS_HOOK_NO_PLACE;
	if (write->address)
		tls_go_begin(f, write, older);
	return TLS_HOOK_KEYS;
}
