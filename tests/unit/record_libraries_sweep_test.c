/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which TLS library the recorder takes a file for, and where its probes would stand: files with the
 * symbols, texts, tables and code of each library there is, whole and with each byte changed. Held
 * by tests/unit/record_libraries_sweep.txt as in record_sweep_test.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "format/event.h"
#include "record/tls_find.h"
#include "tests/unit/fnv.h"
#include "tests/unit/held.h"

#define COUNT(a)    (sizeof(a) / sizeof((a)[0]))
#define BASE	    0x400000u
#define SYMBOLS_MAX 8

/* Where things are in a file. */
enum {
	TEXT = 0x1000,
	INNER = TEXT + 0x600,
	TELLER = TEXT + 0x700, /* calls INNER with the label of a secret */
	TEXT_END = 0x1800,
	DATA = 0x2000, /* Go's module */
	BUILDINFO = 0x2100,
	DATA_END = 0x2200,
	SYMBOLS = 0x3000,
	STRINGS = 0x3200,
	RODATA = 0x3600,
	TABLE = 0x3800, /* Go's functions */
	COMMENT = 0x3b00,
	NAMES = 0x3c00,
	SECTIONS = 0x3d00,
	LENGTH = SECTIONS + 64 * 10
};

/* What a function's code is like. */
enum code {
	PLAIN,
	CALLS,	/* INNER, and nothing else */
	READS,	/* INNER, with the type of application data */
	GROWS,	/* as Go's do: its stack */
	COPIES, /* the same, and calls the last function */
	DEAR	/* nothing that a probe could stand on cheaply */
};

struct symbol {
	const char *name;
	enum code code;
};

struct library {
	const char *name;
	const char *text; /* read-only data; a second one stands behind its end */
	const char *second;
	struct symbol symbols[SYMBOLS_MAX];
	bool go;
	bool rust;
	bool local; /* its symbols are no dynamic ones */
	uint16_t machine;
};

#define RUSTLS(which, name)                                                                        \
	"_ZN9_$LT$rustls..crypto..ring..tls13..X$u20$as$u20$rustls..crypto..cipher.." which        \
	"$GT$7" name "17h1E"
#define RUSTLS_NEW(which, name) "_RNvXs_NtCs1_6rustls1xNtB4_1XNtNtB8_6cipher16" which "7" name

static const struct library libraries[] = {
	{.name = "OpenSSL 3.0",
	 .text = "OpenSSL 3.0.9 30 May 2023",
	 .symbols = {{"SSL_read", CALLS},
		     {"SSL_read_ex", CALLS},
		     {"SSL_write", PLAIN},
		     {"SSL_write_ex", PLAIN}}},
	{.name = "OpenSSL 3.5",
	 .text = "OpenSSL 3.5.1 x",
	 .second = "CLIENT_RANDOM",
	 .symbols = {{"SSL_read", PLAIN},
		     {"SSL_write", CALLS},
		     {"SSL_write_ex", PLAIN},
		     {"SSL_write_ex2", CALLS},
		     {"ssl_log_secret", PLAIN}}},
	{.name = "OpenSSL of another place",
	 .text = "no version",
	 .second = "CLIENT_RANDOM",
	 .symbols = {{"SSL_read", DEAR}, {"SSL_write", PLAIN}}},
	{.name = "BoringSSL",
	 .text = "CLIENT_RANDOM",
	 .symbols = {{"SSL_read", PLAIN},
		     {"SSL_write", PLAIN},
		     {"SSL_CTX_set_custom_verify", PLAIN}},
	 .local = true},
	{.name = "LibreSSL",
	 .text = "LibreSSL 3.8.2",
	 .symbols = {{"SSL_read", PLAIN}, {"SSL_write", DEAR}}},
	{.name = "GnuTLS 3.7",
	 .text = "Enabled GnuTLS 3.7.9 logging...",
	 .second = "CLIENT_RANDOM",
	 .symbols = {{"gnutls_record_recv", READS}, {"gnutls_record_send", PLAIN}}},
	{.name = "GnuTLS 3.8",
	 .text = "Enabled GnuTLS 3.8.9 logging...",
	 .second = "CLIENT_RANDOM",
	 .symbols = {{"gnutls_record_recv", READS},
		     {"gnutls_record_send", DEAR},
		     {"gnutls_record_send2", PLAIN}}},
	{.name = "Go",
	 .go = true,
	 .symbols = {{"crypto/tls.(*Conn).Read", COPIES},
		     {"crypto/tls.(*Conn).Write", GROWS},
		     {"crypto/tls.(*Config).writeKeyLog", GROWS},
		     {"crypto/tls.keysFromMasterSecret", GROWS},
		     {"runtime.memmove", PLAIN}}},
	{.name = "Go without TLS", .go = true, .symbols = {{"runtime.memmove", PLAIN}}},
	{.name = "Go, one half",
	 .go = true,
	 .symbols = {{"crypto/tls.(*Conn).Read", GROWS}, {"runtime.memmove", PLAIN}}},
	{.name = "rustls",
	 .text = "/src/rustls-0.23.31/src/lib.rs",
	 .rust = true,
	 .local = true,
	 .symbols = {{RUSTLS("MessageEncrypter", "encrypt"), PLAIN},
		     {RUSTLS("MessageDecrypter", "decrypt"), PLAIN},
		     {RUSTLS("InvalidMessageEncrypter", "encrypt"), DEAR}}},
	{.name = "rustls, new names",
	 .text = "/src/rustls-0.23.5/src/lib.rs",
	 .rust = true,
	 .local = true,
	 .symbols = {{RUSTLS_NEW("MessageEncrypter", "encrypt"), PLAIN},
		     {RUSTLS_NEW("MessageDecrypter", "decrypt"), DEAR}}},
	{.name = "rustls, old",
	 .text = "/src/rustls-0.21.7/src/lib.rs",
	 .rust = true,
	 .local = true,
	 .symbols = {{RUSTLS("MessageEncrypter", "encrypt"), PLAIN}}},
	{.name = "rust without TLS", .text = "x", .rust = true, .symbols = {{"main", PLAIN}}},
	{.name = "NSS", .symbols = {{"SSL_ImportFD", PLAIN}}},
	{.name = "Mbed TLS", .symbols = {{"mbedtls_ssl_read", PLAIN}}},
	{.name = "wolfSSL", .symbols = {{"wolfSSL_read", PLAIN}}},
	{.name = "another processor",
	 .text = "OpenSSL 3.0.9 30 May 2023",
	 .machine = 183,
	 .symbols = {{"SSL_read", PLAIN}, {"SSL_write", PLAIN}}},
};

static void put(uint8_t *file, size_t at, uint64_t value, size_t len)
{
	assert_true(at + len <= LENGTH);
	memcpy(file + at, &value, len);
}

static void put_text(uint8_t *file, size_t at, const void *text, size_t len)
{
	assert_true(at + len <= LENGTH);
	memcpy(file + at, text, len);
}

/* A call of TO that stands at AT; its length. */
static size_t put_call(uint8_t *file, size_t at, size_t to)
{
	put(file, at, 0xe8, 1);
	put(file, at + 1, (uint32_t)(to - at - 5), 4);
	return 5;
}

static void put_code(uint8_t *file, size_t at, enum code code, size_t last)
{
	static const char plain[] = "\xf3\x0f\x1e\xfa\x55\x48\x89\xe5\x48\x83\xec\x10\xc9\xc3";
	/* cmp rsp, [r14 + 16]; jbe; push rbp; mov rbp, rsp; sub rsp, 24 */
	static const char grows[] = "\x49\x3b\x66\x10\x76\x20\x55\x48\x89\xe5\x48\x83\xec\x18";

	switch (code) {
	case PLAIN:
		put_text(file, at, plain, sizeof(plain) - 1);
		return;
	case CALLS:
		at += put_call(file, at, INNER);
		break;
	case READS:
		put_text(file, at, "\xbe\x17\0\0\0", 5);
		at += 5;
		at += put_call(file, at, INNER);
		break;
	case GROWS:
		put_text(file, at, grows, sizeof(grows) - 1);
		at += sizeof(grows) - 1;
		break;
	case COPIES:
		put_text(file, at, grows, sizeof(grows) - 1);
		at += sizeof(grows) - 1;
		at += put_call(file, at, last);
		put(file, at++, 0x90, 1);
		at += put_call(file, at, last);
		break;
	case DEAR:
		put_text(file, at, "\x48\x83\xec\x08", 4);
		at += 4;
		break;
	}
	put(file, at, 0xc3, 1);
}

static void put_segment(uint8_t *file, size_t i, uint32_t flags, size_t at, size_t end)
{
	size_t to = 0x40 + 56 * i;

	put(file, to, 1, 4);
	put(file, to + 4, flags, 4);
	put(file, to + 8, at, 8);
	put(file, to + 16, BASE + at, 8);
	put(file, to + 24, BASE + at, 8);
	put(file, to + 32, end - at, 8);
	put(file, to + 40, end - at, 8);
	put(file, to + 48, 16, 8);
}

static void put_section(uint8_t *file, size_t i, const char *name, uint32_t type, size_t at,
			size_t len)
{
	size_t to = SECTIONS + 64 * i;
	static const size_t names_at[] = {0, 1, 20, 40, 60, 80, 100, 120, 140, 160};

	put_text(file, NAMES + names_at[i], name, strlen(name));
	put(file, to, names_at[i], 4);
	put(file, to + 4, type, 4);
	put(file, to + 8, 2, 8);
	put(file, to + 16, BASE + at, 8);
	put(file, to + 24, at, 8);
	put(file, to + 32, len, 8);
	put(file, to + 40, type == 11 || type == 2 ? 2 : 0, 4);
	put(file, to + 48, 8, 8);
	put(file, to + 56, type == 11 || type == 2 ? 24 : 0, 8);
}

/* Go's table of functions, and what says where it and the code are. */
static void put_go(uint8_t *file, const struct library *l, size_t count)
{
	size_t names = 0x200, functions = 0x48, info = 0x100;

	put(file, TABLE, 0xfffffff1u, 4);
	put(file, TABLE + 8, count, 8);
	put(file, TABLE + 32, names, 8);
	put(file, TABLE + 64, functions, 8);
	for (size_t i = 0, name = 0; i < count; i++) {
		put(file, TABLE + functions + 8 * i, 0x80 * i, 4);
		put(file, TABLE + functions + 8 * i + 4, info + 16 * i, 4);
		put(file, TABLE + functions + info + 16 * i + 4, name, 4);
		put_text(file, TABLE + names + name, l->symbols[i].name,
			 strlen(l->symbols[i].name));
		name += strlen(l->symbols[i].name) + 1;
	}
	put(file, TABLE + functions + 8 * count, 0x80 * count, 4);
	put(file, DATA + 16, BASE + TABLE, 8);
	put(file, DATA + 16 + 8 * 20, BASE + TEXT, 8);
	put(file, DATA + 16 + 8 * 22, BASE + TEXT, 8);
	put_text(file, BUILDINFO, "\xff Go buildinf:\x08\2", 16);
	put_text(file, BUILDINFO + 32, "\x08go1.22.5", 9);
	put_section(file, 7, ".gopclntab", 1, TABLE, 0x300);
	put_section(file, 8, ".go.buildinfo", 1, BUILDINFO, 0x40);
}

static void put_symbols(uint8_t *file, const struct library *l, size_t count)
{
	for (size_t i = 0, name = 1; i < count; i++) {
		size_t at = SYMBOLS + 24 * (i + 1), len = strlen(l->symbols[i].name);

		put(file, at, name, 4);
		put(file, at + 4, 0x12, 1);
		put(file, at + 6, 3, 2);
		put(file, at + 8, BASE + TEXT + 0x80 * i, 8);
		put(file, at + 16, 0x80, 8);
		put_text(file, STRINGS + name, l->symbols[i].name, len);
		name += len + 1;
	}
	put_section(file, 1, l->local ? ".symtab" : ".dynsym", l->local ? 2 : 11, SYMBOLS,
		    24 * (count + 1));
}

static void put_texts(uint8_t *file, const struct library *l)
{
	size_t at = RODATA;

	if (l->text) {
		put_text(file, at, l->text, strlen(l->text));
		at += strlen(l->text) + 1;
	}
	if (l->second) {
		put_text(file, at, l->second, strlen(l->second));
		/* lea rsi, [rip + ...]; call */
		put_text(file, TELLER, "\x48\x8d\x35", 3);
		put(file, TELLER + 3, (uint32_t)(at - TELLER - 7), 4);
		put_call(file, TELLER + 7, INNER);
		/* Where its secrets are, by what its code does: tls_layout.c's of 3.8.9. */
		put(file, TELLER + 0x20, 0x1a54, 4);
		put(file, TELLER + 0x28, 0x1a54 + 64, 4);
	}
}

static void make(uint8_t file[LENGTH], const struct library *l)
{
	static const uint8_t head[] = {0x7f, 'E', 'L', 'F', 2, 1, 1};
	size_t count = 0;

	memset(file, 0, LENGTH);
	while (count < SYMBOLS_MAX && l->symbols[count].name)
		count++;
	memcpy(file, head, sizeof(head));
	put(file, 16, 3, 2);
	put(file, 18, l->machine ? l->machine : 62, 2);
	put(file, 20, 1, 4);
	put(file, 32, 0x40, 8);
	put(file, 40, SECTIONS, 8);
	put(file, 52, 64, 2);
	put(file, 54, 56, 2);
	put(file, 56, 3, 2);
	put(file, 58, 64, 2);
	put(file, 60, 10, 2);
	put(file, 62, 9, 2);
	put_segment(file, 0, 5, TEXT, TEXT_END);
	put_segment(file, 1, 6, DATA, DATA_END);
	put_segment(file, 2, 4, SYMBOLS, SECTIONS);
	put_section(file, 2, ".strtab", 3, STRINGS, RODATA - STRINGS);
	put_section(file, 3, ".text", 1, TEXT, TEXT_END - TEXT);
	put_section(file, 4, ".rodata", 1, RODATA, 0x100);
	put_section(file, 9, ".shstrtab", 3, NAMES, SECTIONS - NAMES);
	for (size_t i = 0; i < count; i++)
		put_code(file, TEXT + 0x80 * i, l->symbols[i].code, TEXT + 0x80 * (count - 1));
	put_code(file, INNER, PLAIN, 0);
	put_texts(file, l);
	if (l->go)
		put_go(file, l, count);
	else
		put_symbols(file, l, count);
	if (l->rust) {
		put_text(file, COMMENT, "rustc version 1.90.0", 20);
		put_section(file, 5, ".comment", 1, COMMENT, 0x40);
	}
}

static void find(int fd, struct tls_wanted wanted, struct buffer *out)
{
	struct tls_found found = {0};

	if (!tls_find(fd, wanted, &found)) {
		buffer_append_text(out, " none\n");
		tls_found_free(&found);
		return;
	}
	if (found.wants_crypto)
		tls_find_version(-1, &found);
	buffer_printf(out, " %s: %s (%.*s) (%.*s)", tls_library_text(found.kind),
		      tls_hook_text(found.hook), (int)found.version.len,
		      found.version.len ? found.version.data : "", (int)found.note.len,
		      found.note.len ? found.note.data : "");
	for (size_t i = 0; i < found.point_count; i++)
		buffer_printf(out, " %" PRIx64 "/%d/%d/%x", found.points[i].offset,
			      found.points[i].kind, found.points[i].direction,
			      found.points[i].shape);
	buffer_printf(out, " %x %x\n", found.layout.random_at, found.layout.secrets_at);
	tls_found_free(&found);
}

static const struct tls_wanted wanteds[] = {{TLS_HOOK_PLAINTEXT, false, false},
					    {TLS_HOOK_KEYS, false, false},
					    {TLS_HOOK_PLAINTEXT, true, true},
					    {TLS_HOOK_KEYS, true, false},
					    {TLS_HOOK_OFF, false, true}};

static void hold_library(const struct library *l, struct buffer *out)
{
	int fd = memfd_create("library", MFD_CLOEXEC);
	uint8_t *file = malloc(LENGTH);
	struct buffer text = {0};

	assert_true(fd >= 0 && file);
	make(file, l);
	assert_int_equal(pwrite(fd, file, LENGTH, 0), LENGTH);
	buffer_printf(out, "%s\n", l->name);
	for (size_t i = 0; i < COUNT(wanteds); i++)
		find(fd, wanteds[i], out);
	for (size_t at = 0; at < LENGTH; at++) {
		uint8_t other = (uint8_t)(file[at] + 1);

		if (file[at]) {
			assert_int_equal(pwrite(fd, &other, 1, (off_t)at), 1);
			find(fd, wanteds[at % 2], &text);
			find(fd, wanteds[2 + at % 2], &text);
			assert_int_equal(pwrite(fd, &file[at], 1, (off_t)at), 1);
		}
		if (at % 256 != 255 || !text.len)
			continue;
		buffer_printf(out, " %zx/%08" PRIx32, at - 255,
			      (uint32_t)fnv_bytes(FNV_BEGIN, buffer_span(&text)));
		buffer_clear(&text);
	}
	buffer_append_text(out, "\n");
	buffer_free(&text);
	free(file);
	close(fd);
}

static void hold_libraries(struct buffer *out)
{
	for (size_t i = 0; i < COUNT(libraries); i++)
		hold_library(&libraries[i], out);
}

static const struct held_section sections[] = {{"libraries", hold_libraries}};

/* Code is read of x86-64 alone. */
int main(void)
{
#if defined(__x86_64__)
	return held_run("record_libraries_sweep", sections, COUNT(sections));
#else
	return sections[0].name == NULL;
#endif
}
