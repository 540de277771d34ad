/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "record/elf_file.h"
#include "record/tls_find.h"

#define LIBRARIES "/usr/lib/x86_64-linux-gnu/"

/* Of NAME among Debian's libraries; skips the test where it isn't installed. */
static int library_open(const char *name)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), LIBRARIES "%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		skip();
	return fd;
}

/* The same where places for probes are looked for in it: only code of x86-64 is read. */
static int library_of_probes(const char *name)
{
#if !defined(__x86_64__)
	print_message("probes are set on x86-64 alone\n");
	skip();
#endif
	return library_open(name);
}

static void openssl_is_found_with_the_version_of_its_libcrypto(void **state)
{
	int fd = library_of_probes("libssl.so.3");
	int crypto = library_open("libcrypto.so.3");
	struct tls_found found = {0};

	(void)state;
	assert_true(tls_find(fd, (struct tls_wanted){.hook = TLS_HOOK_PLAINTEXT}, &found));
	assert_int_equal(found.kind, TLS_LIBRARY_OPENSSL);
	assert_int_equal(found.hook, TLS_HOOK_PLAINTEXT);
	assert_true(found.point_count >= 2);
	assert_true(found.build_id.len >= 16);
	assert_true(found.wants_crypto);
	tls_find_version(crypto, &found);
	assert_true(found.version.len > 10);
	assert_memory_equal(found.version.data, "OpenSSL 3.", 10);
	assert_true(found.layout.random_at > 0);
	tls_found_free(&found);
	close(fd);
	close(crypto);
}

static int points_of(const struct tls_found *found, enum tls_point_kind kind, enum direction d)
{
	int count = 0;

	for (size_t i = 0; i < found->point_count; i++)
		count += found->points[i].kind == kind && found->points[i].direction == d;
	return count;
}

/* One probe has what was read, where the object itself tells its socket: its version is known. */
static void one_probe_is_enough_for_what_openssl_reads(void **state)
{
	int fd = library_of_probes("libssl.so.3");
	int crypto = library_open("libcrypto.so.3");
	const struct tls_wanted wanted = {TLS_HOOK_PLAINTEXT, false, true};
	struct tls_found found = {0};

	(void)state;
	assert_true(tls_find(fd, wanted, &found));
	tls_find_version(crypto, &found);
	assert_int_equal(points_of(&found, TLS_POINT_MOVED, DIRECTION_RECEIVED), 2);
	assert_int_equal(points_of(&found, TLS_POINT_FUNCTION, DIRECTION_RECEIVED), 0);
	assert_int_equal(points_of(&found, TLS_POINT_FUNCTION, DIRECTION_SENT), 1);
	for (size_t i = 0; i < found.point_count; i++) {
		const struct tls_registers *r = &found.points[i].registers;

		if (found.points[i].kind == TLS_POINT_MOVED)
			assert_true(r->object && r->buffer && r->count_at);
	}
	tls_found_free(&found);

	/* The libcrypto can't be read, and tells no version. */
	found = (struct tls_found){0};
	assert_true(tls_find(fd, wanted, &found));
	tls_find_version(-1, &found);
	assert_int_equal(points_of(&found, TLS_POINT_MOVED, DIRECTION_RECEIVED), 0);
	assert_int_equal(points_of(&found, TLS_POINT_FUNCTION, DIRECTION_RECEIVED), 1);
	tls_found_free(&found);
	close(fd);
	close(crypto);
}

static void gnutls_is_found(void **state)
{
	int fd = library_of_probes("libgnutls.so.30");
	struct tls_found found = {0};
	int directions = 0;

	(void)state;
	assert_true(tls_find(fd, (struct tls_wanted){.hook = TLS_HOOK_PLAINTEXT}, &found));
	assert_int_equal(found.kind, TLS_LIBRARY_GNUTLS);
	assert_int_equal(found.hook, TLS_HOOK_PLAINTEXT);
	assert_memory_equal(found.version.data, "GnuTLS 3.", 9);
	for (size_t i = 0; i < found.point_count; i++)
		directions |= 1 << found.points[i].direction;
	assert_int_equal(directions, 3);
	tls_found_free(&found);
	close(fd);
}

static void secrets_are_found(const char *name, enum tls_library kind)
{
	int fd = library_of_probes(name);
	struct tls_found found = {0};
	uint64_t plaintext;

	assert_true(tls_find(fd, (struct tls_wanted){.hook = TLS_HOOK_PLAINTEXT}, &found));
	plaintext = found.points[0].offset;
	tls_found_free(&found);
	found = (struct tls_found){0};
	assert_true(tls_find(fd, (struct tls_wanted){.hook = TLS_HOOK_KEYS}, &found));
	assert_int_equal(found.kind, kind);
	assert_int_equal(found.hook, TLS_HOOK_KEYS);
	/* Secrets of older connections are in the objects. */
	assert_int_equal(found.point_count, 2);
	assert_int_equal(found.points[0].kind, TLS_POINT_SECRET);
	assert_int_equal(found.points[1].kind, TLS_POINT_OLDER);
	assert_int_not_equal(found.points[0].offset, plaintext);
	/* What a distribution has changed is told. */
	if (kind == TLS_LIBRARY_GNUTLS)
		assert_int_equal(found.layout.secrets_at > 0, found.note.len == 0);
	tls_found_free(&found);
	close(fd);
}

/* The function has no symbol: its calls name what it is told. */
static void where_secrets_are_told_is_found(void **state)
{
	(void)state;
	secrets_are_found("libssl.so.3", TLS_LIBRARY_OPENSSL);
	secrets_are_found("libgnutls.so.30", TLS_LIBRARY_GNUTLS);
}

#if defined(__x86_64__)
/* Functions of the names that rustls's have, in a file that says that rustc made it. */
static const char rust_source[] =
	"__asm__(\".section .comment\\n.string \\\"rustc version 1.90.0\\\"\\n.text\");\n"
	"__attribute__((used)) static const char from[] = \"/src/rustls-%s/src/lib.rs\";\n"
	"#define F(name) __asm__(\".text\\n.globl \" name \"\\n.type \" name \", @function\\n\" "
	"name "
	"\":\\n\" \\\n"
	"\"push %%rbp\\npop %%rbp\\nret\\n\")\n"
	"F(\"%s\");\nF(\"%s\");\n"
	"F(\"_ZN9_$LT$rustls..crypto..cipher..InvalidMessageEncrypter$u20$as$u20$"
	"rustls..crypto..cipher..MessageEncrypter$GT$7encrypt17h0E\");\n"
	"int main(void) { return 0; }\n";

static enum tls_hook rust_hook(enum tls_hook wanted, const char *version,
			       const char *const names[2], bool strip, struct tls_found *found)
{
	char where[] = "/tmp/rust.XXXXXX";
	char command[512];
	FILE *out;
	int fd;

	fd = mkstemp(where);
	assert_true(fd >= 0);
	close(fd);
	snprintf(command, sizeof(command), "gcc -x c -o %s %s - 2>/dev/null", where,
		 strip ? "-s" : "");
	out = popen(command, "w");
	assert_non_null(out);
	fprintf(out, rust_source, version, names[0], names[1]);
	if (pclose(out) != 0) {
		unlink(where);
		skip();
	}
	fd = open(where, O_RDONLY | O_CLOEXEC);
	unlink(where);
	assert_true(fd >= 0);
	assert_true(tls_find(fd, (struct tls_wanted){.hook = wanted}, found));
	close(fd);
	assert_int_equal(found->kind, TLS_LIBRARY_RUSTLS);
	return found->hook;
}

static void rustls_is_found_by_both_kinds_of_names(void **state)
{
	static const char *const names[][2] = {
		{"_ZN9_$LT$rustls..crypto..ring..tls13..X$u20$as$u20$rustls..crypto..cipher.."
		 "MessageEncrypter$GT$7encrypt17h1E",
		 "_ZN9_$LT$rustls..crypto..ring..tls13..Y$u20$as$u20$rustls..crypto..cipher.."
		 "MessageDecrypter$GT$7decrypt17h2E"},
		{"_RNvXs_NtCs1_6rustls1xNtB4_1XNtNtB8_6cipher16MessageEncrypter7encrypt",
		 "_RNvXs_NtCs1_6rustls1xNtB4_1XNtNtB8_6cipher16MessageDecrypter7decrypt"},
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct tls_found found = {0};

		assert_int_equal(rust_hook(TLS_HOOK_PLAINTEXT, "0.23.31", names[i], false, &found),
				 TLS_HOOK_PLAINTEXT);
		assert_int_equal(found.version.len, strlen("rustls 0.23.31"));
		assert_memory_equal(found.version.data, "rustls 0.23.31", found.version.len);
		assert_int_equal(found.point_count, 2);
		assert_int_equal(found.points[0].kind, TLS_POINT_RUSTLS);
		tls_found_free(&found);
		/* How another version has its messages isn't known. */
		found = (struct tls_found){0};
		assert_int_equal(rust_hook(TLS_HOOK_PLAINTEXT, "0.21.7", names[i], false, &found),
				 TLS_HOOK_VERSION);
		assert_int_equal(found.point_count, 0);
		tls_found_free(&found);
		found = (struct tls_found){0};
		assert_int_equal(rust_hook(TLS_HOOK_PLAINTEXT, "0.23.31", names[i], true, &found),
				 TLS_HOOK_NO_SYMBOLS);
		tls_found_free(&found);
		found = (struct tls_found){0};
		assert_int_equal(rust_hook(TLS_HOOK_KEYS, "0.23.31", names[i], false, &found),
				 TLS_HOOK_NO_SECRETS);
		assert_int_equal(found.point_count, 0);
		tls_found_free(&found);
	}
}
#endif

static void other_files_hold_no_library(void **state)
{
	static const char *const paths[] = {"/proc/self/exe", "/etc/passwd", "/dev/null",
					    LIBRARIES "libc.so.6"};

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct tls_found found = {0};
		int fd = open(paths[i], O_RDONLY | O_CLOEXEC);

		assert_false(tls_find(fd, (struct tls_wanted){.hook = TLS_HOOK_PLAINTEXT}, &found));
		tls_found_free(&found);
		close(fd);
	}
}

/* A copy of the library in memory, as a file of its own. */
static int copy_of(int fd, char **data, size_t *len)
{
	int copy = memfd_create("library", MFD_CLOEXEC);
	struct stat st;

	assert_true(copy >= 0 && fstat(fd, &st) == 0);
	*len = (size_t)st.st_size;
	assert_int_equal(ftruncate(copy, st.st_size), 0);
	*data = mmap(NULL, *len, PROT_READ | PROT_WRITE, MAP_SHARED, copy, 0);
	assert_true(*data != MAP_FAILED);
	assert_int_equal(pread(fd, *data, *len, 0), st.st_size);
	return copy;
}

static void points_are_inside(const struct tls_found *found, size_t len)
{
	assert_true(found->point_count <= TLS_POINTS_MAX);
	for (size_t i = 0; i < found->point_count; i++)
		assert_true(found->points[i].offset < len);
}

#define ENDBR64_LEN 4

/* Where a function begins with what can't be stood on cheaply, its entry is taken, if that may be.
 */
static void slow_places_are_taken_when_asked_for(void **state)
{
	static const uint8_t dear[] = {0x48, 0x83, 0xec, 0x08, 0xc3}; /* sub rsp, 8; ret */
	int fd = library_of_probes("libssl.so.3");
	struct tls_found found = {0};
	struct tls_point places[TLS_POINTS_MAX];
	size_t count;
	size_t len;
	char *data;
	int copy = copy_of(fd, &data, &len);

	(void)state;
	assert_true(tls_find(copy, (struct tls_wanted){.hook = TLS_HOOK_PLAINTEXT}, &found));
	count = found.point_count;
	memcpy(places, found.points, sizeof(places));
	tls_found_free(&found);
	for (size_t i = 0; i < count; i++)
		memcpy(data + places[i].offset, dear, sizeof(dear));
	found = (struct tls_found){0};
	assert_true(tls_find(copy, (struct tls_wanted){.hook = TLS_HOOK_PLAINTEXT}, &found));
	assert_int_equal(found.hook, TLS_HOOK_NO_PLACE);
	assert_int_equal(found.point_count, 0);
	tls_found_free(&found);
	found = (struct tls_found){0};
	assert_true(tls_find(copy, (struct tls_wanted){TLS_HOOK_PLAINTEXT, true, false}, &found));
	assert_int_equal(found.hook, TLS_HOOK_PLAINTEXT);
	/* Before the place there is nothing but what marks a target of branches, in some builds. */
	if (found.points[0].offset != places[0].offset)
		assert_int_equal(found.points[0].offset, places[0].offset - ENDBR64_LEN);
	assert_non_null(memmem(found.note.data, found.note.len, "microseconds", 12));
	tls_found_free(&found);
	munmap(data, len);
	close(copy);
	close(fd);
}

/* Headers, symbols and code of a file that somebody made to hurt. */
static void damaged_files_are_survived(void **state)
{
	int fd = library_open("libssl.so.3");
	uint32_t random = 1;
	size_t len;
	char *data;
	int copy = copy_of(fd, &data, &len);

	(void)state;
	for (int round = 0; round < 400; round++) {
		const struct tls_wanted wanted = {
			.hook = round % 2 ? TLS_HOOK_KEYS : TLS_HOOK_PLAINTEXT,
			.slow = round % 4 < 2,
			.once = true,
		};
		struct tls_found found = {0};
		size_t at[8];
		char was[8];

		for (int i = 0; i < 8; i++) {
			random = random * 1664525 + 1013904223;
			/* The file's header, the section headers at its end, and anywhere. */
			at[i] = i < 2	? random % 64
				: i < 5 ? len - 1 - (random >> 4) % 2048
					: (random >> 2) % len;
			was[i] = data[at[i]];
			if (round % 3 || i >= 2)
				data[at[i]] = (char)(random >> 24);
		}
		tls_find(copy, wanted, &found);
		points_are_inside(&found, len);
		tls_found_free(&found);
		for (int i = 7; i >= 0; i--)
			data[at[i]] = was[i];
	}
	munmap(data, len);
	close(copy);
	close(fd);
}

static void files_that_are_cut_are_survived(void **state)
{
	int fd = library_open("libssl.so.3");
	size_t len;
	char *data;
	int copy = copy_of(fd, &data, &len);

	(void)state;
	munmap(data, len);
	for (size_t rest = len; rest > 0; rest -= rest / 7 + 1) {
		struct tls_found found = {0};

		assert_int_equal(ftruncate(copy, (off_t)rest), 0);
		tls_find(copy, (struct tls_wanted){TLS_HOOK_PLAINTEXT, false, true}, &found);
		points_are_inside(&found, len);
		tls_found_free(&found);
	}
	close(copy);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(openssl_is_found_with_the_version_of_its_libcrypto),
		cmocka_unit_test(one_probe_is_enough_for_what_openssl_reads),
		cmocka_unit_test(gnutls_is_found),
		cmocka_unit_test(where_secrets_are_told_is_found),
#if defined(__x86_64__)
		cmocka_unit_test(rustls_is_found_by_both_kinds_of_names),
#endif
		cmocka_unit_test(other_files_hold_no_library),
		cmocka_unit_test(slow_places_are_taken_when_asked_for),
		cmocka_unit_test(damaged_files_are_survived),
		cmocka_unit_test(files_that_are_cut_are_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
