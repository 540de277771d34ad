/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "record/tls_find_private.h"
#include "record/x86.h"

/* What the compiler leaves in its programs, stripped or not: it tells where to look further. */
#define COMPILER     "rustc version"
#define COMMENTS_MAX (64u << 10)

static bool is_rust(struct elf_file *file)
{
	struct elf_part comments;
	bool is;

	if (!elf_file_section(file, ".comment", COMMENTS_MAX, &comments))
		return false;
	is = memmem(comments.data, comments.len, COMPILER, strlen(COMPILER));
	free(comments.data);
	return is;
}

/*
 * <TYPE as rustls::crypto::cipher::MessageEncrypter>::encrypt and the same of MessageDecrypter, as
 * both ways of mangling write it: the old one with a hash behind.
 */
static const struct {
	const char *old;
	const char *name;
	enum call call;
	enum direction direction;
} functions[] = {
	{"rustls..crypto..cipher..MessageEncrypter$GT$7encrypt17h", "16MessageEncrypter7encrypt",
	 CALL_RUSTLS_WRITE, DIRECTION_SENT},
	{"rustls..crypto..cipher..MessageDecrypter$GT$7decrypt17h", "16MessageDecrypter7decrypt",
	 CALL_RUSTLS_READ, DIRECTION_RECEIVED},
};

/* Before there are keys one stands there that only fails. */
#define NO_KEYS "InvalidMessage"

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text);

	return len >= strlen(end) && strcmp(text + len - strlen(end), end) == 0;
}

static bool is_named(const char *symbol, size_t which)
{
	if (strncmp(symbol, "_ZN", 3) == 0)
		return strstr(symbol, functions[which].old) && !strstr(symbol, NO_KEYS);
	return strncmp(symbol, "_R", 2) == 0 && ends_with(symbol, functions[which].name) &&
	       strstr(symbol, "6rustls") && !strstr(symbol, NO_KEYS);
}

struct rustls_look {
	struct finder *f;
	bool has[2]; /* by enum direction */
	bool unfit;  /* one has no place */
};

static bool function_look(void *context, const struct elf_symbol *symbol)
{
	struct rustls_look *look = context;

	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		const struct tls_point like = {
			0, TLS_POINT_RUSTLS, functions[i].call, functions[i].direction, 0, {0}};

		if (!is_named(symbol->name, i))
			continue;
		look->has[functions[i].direction] = true;
		look->unfit |= !tls_function_add(look->f, symbol->address, &like);
	}
	return true;
}

/* "rustls-0.23.31/src/..." of where the compiler had it. */
static void version_read(struct finder *f)
{
	struct buffer *version = &f->found->version;
	size_t len;

	if (!elf_file_version(f->file, "rustls-", version))
		return;
	len = strlen("rustls-");
	while (len < version->len && strchr("0123456789.", version->data[len]))
		len++;
	version->len = len;
	version->data[strlen("rustls")] = ' ';
}

/* Of no other version is it known how its messages lie in memory. */
static bool is_known(const struct buffer *version)
{
	static const char known[] = "rustls 0.23.";

	return version->len > sizeof(known) - 1 &&
	       memcmp(version->data, known, sizeof(known) - 1) == 0;
}

static enum tls_hook rustls_hook(struct finder *f, const struct rustls_look *look)
{
	if (!look->has[DIRECTION_SENT] || !look->has[DIRECTION_RECEIVED])
		return TLS_HOOK_NO_SYMBOLS;
	if (f->wanted.hook == TLS_HOOK_KEYS)
		return TLS_HOOK_NO_SECRETS;
	if (!is_known(&f->found->version))
		return TLS_HOOK_VERSION;
	return look->unfit ? TLS_HOOK_NO_PLACE : TLS_HOOK_PLAINTEXT;
}

bool tls_find_rustls(struct finder *f)
{
	struct rustls_look look = {.f = f};

	if (!is_rust(f->file))
		return false;
	version_read(f);
	elf_file_each_function(f->file, function_look, &look);
	if (!f->found->version.len && !look.has[DIRECTION_SENT] && !look.has[DIRECTION_RECEIVED])
		return false;
	f->found->kind = TLS_LIBRARY_RUSTLS;
	f->found->hook = rustls_hook(f, &look);
	return true;
}
