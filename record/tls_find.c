/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "record/tls_find_private.h"
#include "record/x86.h"

static const char *const symbol_names[SYMBOLS] = {
	[SSL_READ] = "SSL_read",
	[SSL_WRITE] = "SSL_write",
	[SSL_READ_EX] = "SSL_read_ex",
	[SSL_WRITE_EX] = "SSL_write_ex",
	[SSL_WRITE_EX2] = "SSL_write_ex2",
	[SSL_LOG_SECRET] = "ssl_log_secret",
	[TLS_METHOD] = "TLS_method",
	[BORING] = "SSL_CTX_set_custom_verify",
	[LIBRE] = "tls_config_new",
	[GNUTLS_RECV] = "gnutls_record_recv",
	[GNUTLS_SEND] = "gnutls_record_send",
	[GNUTLS_SEND2] = "gnutls_record_send2",
	[NSS] = "SSL_ImportFD",
	[MBEDTLS] = "mbedtls_ssl_read",
	[WOLFSSL] = "wolfSSL_read",
};

static bool has(const struct finder *f, int symbol)
{
	return f->symbols[symbol].address != 0;
}

void tls_code_read(struct finder *f, uint64_t address, uint64_t size)
{
	size_t len = size && size < TLS_CODE_MAX ? size : TLS_CODE_MAX;

	f->code_len = elf_file_read(f->file, address, f->code, len);
}

bool tls_point_add(struct finder *f, uint64_t address, const struct tls_point *like)
{
	struct tls_found *found = f->found;
	struct tls_point point = *like;

	if (!elf_file_code_offset(f->file, address, &point.offset))
		return false;
	for (size_t i = 0; i < found->point_count; i++)
		if (found->points[i].offset == point.offset)
			return true;
	if (found->point_count == TLS_POINTS_MAX)
		return false;
	found->points[found->point_count++] = point;
	return true;
}

bool tls_entry_add(struct finder *f, uint64_t address, const struct tls_point *like)
{
	struct tls_point slow = *like;

	slow.shape |= TLS_POINT_SLOW;
	return f->wanted.slow && tls_point_add(f, address, &slow);
}

bool tls_function_add(struct finder *f, uint64_t address, const struct tls_point *like)
{
	size_t at;

	tls_code_read(f, address, 0);
	if (x86_place(f->code, f->code_len, &at))
		return tls_point_add(f, address + at, like);
	return tls_entry_add(f, address, like);
}

/* The function that both SYMBOL and its variant EX only wrap; 0 when they don't. */
static uint64_t openssl_internal(struct finder *f, int symbol, int ex)
{
	int64_t plain;
	int64_t counted;

	if (!has(f, symbol) || !has(f, ex))
		return 0;
	tls_code_read(f, f->symbols[symbol].address, f->symbols[symbol].size);
	if (!x86_wrapped(f->code, f->code_len, &plain))
		return 0;
	tls_code_read(f, f->symbols[ex].address, f->symbols[ex].size);
	if (!x86_wrapped(f->code, f->code_len, &counted) ||
	    f->symbols[symbol].address + (uint64_t)plain !=
		    f->symbols[ex].address + (uint64_t)counted)
		return 0;
	return f->symbols[symbol].address + (uint64_t)plain;
}

/*
 * One direction: the inner function, or each of those that are exported. SHAPE: of the inner one
 * and of EX.
 */
static bool openssl_places(struct finder *f, int symbol, int ex, uint32_t shape,
			   const struct tls_point *like)
{
	struct tls_point counted = *like;
	uint64_t inner = openssl_internal(f, symbol, ex);

	counted.shape = shape;
	if (inner && tls_function_add(f, inner, &counted))
		return true;
	if (!tls_function_add(f, f->symbols[symbol].address, like))
		return false;
	return !has(f, ex) || tls_function_add(f, f->symbols[ex].address, &counted);
}

/* Cheap ones first, whichever functions have them. */
static bool openssl_points(struct finder *f, int symbol, int ex, uint32_t shape,
			   const struct tls_point *like)
{
	const struct tls_wanted wanted = f->wanted;
	size_t before = f->found->point_count;
	bool placed;

	f->wanted.slow = false;
	placed = openssl_places(f, symbol, ex, shape, like);
	f->wanted = wanted;
	if (placed || !wanted.slow)
		return placed;
	f->found->point_count = before;
	return openssl_places(f, symbol, ex, shape, like);
}

static bool openssl_version(struct elf_file *file, struct tls_found *found)
{
	if (elf_file_version(file, "OpenSSL ", &found->version))
		return true;
	if (!elf_file_version(file, "LibreSSL ", &found->version))
		return false;
	found->kind = TLS_LIBRARY_LIBRESSL;
	return true;
}

/* Of connections that are older, the secrets are where the next call that sends has its object. */
static const struct tls_point older = {0, TLS_POINT_OLDER, CALL_UNKNOWN, DIRECTION_SENT, 0, {0}};

static enum tls_hook openssl_secrets(struct finder *f, int write_ex)
{
	enum tls_hook hook = tls_find_secrets(f);

	if (hook == TLS_HOOK_KEYS && f->found->kind == TLS_LIBRARY_OPENSSL)
		openssl_points(f, SSL_WRITE, write_ex, 0, &older);
	return hook;
}

static enum tls_hook openssl_find(struct finder *f)
{
	static const struct tls_point receive = {
		0, TLS_POINT_FUNCTION, CALL_SSL_READ, DIRECTION_RECEIVED, 0, {0}};
	static const struct tls_point send = {
		0, TLS_POINT_FUNCTION, CALL_SSL_WRITE, DIRECTION_SENT, 0, {0}};
	static const struct tls_point moved = {
		0, TLS_POINT_MOVED, CALL_SSL_READ, DIRECTION_RECEIVED, 0, {0}};
	/* From 3.3 on sending has flags before the number of bytes. */
	bool flags = has(f, SSL_WRITE_EX2);

	f->found->kind = has(f, BORING)	 ? TLS_LIBRARY_BORINGSSL
			 : has(f, LIBRE) ? TLS_LIBRARY_LIBRESSL
					 : TLS_LIBRARY_OPENSSL;
	if (f->found->kind != TLS_LIBRARY_BORINGSSL)
		openssl_version(f->file, f->found);
	if (f->wanted.hook == TLS_HOOK_KEYS)
		return openssl_secrets(f, flags ? SSL_WRITE_EX2 : SSL_WRITE_EX);
	if (!openssl_points(f, SSL_READ, SSL_READ_EX, TLS_POINT_COUNTED, &receive) ||
	    !openssl_points(f, SSL_WRITE, flags ? SSL_WRITE_EX2 : SSL_WRITE_EX,
			    flags ? TLS_POINT_COUNTED | TLS_POINT_FIFTH : TLS_POINT_COUNTED, &send))
		return TLS_HOOK_NO_PLACE;
	/* Which of both kinds it is: layout_set(). */
	if (f->wanted.once && f->found->kind == TLS_LIBRARY_OPENSSL)
		tls_find_moved(f, &moved);
	return TLS_HOOK_PLAINTEXT;
}

#define GNUTLS_INNER_MAX 2

/* gnutls_record_recv() leaves to functions that also read the handshake. */
static bool gnutls_receive(struct finder *f)
{
	static const struct tls_point like = {
		0, TLS_POINT_FUNCTION, CALL_GNUTLS_RECV, DIRECTION_RECEIVED, TLS_POINT_TYPED, {0}};
	const struct elf_symbol *symbol = &f->symbols[GNUTLS_RECV];
	int64_t targets[GNUTLS_INNER_MAX];
	size_t count;

	tls_code_read(f, symbol->address, symbol->size);
	/* application_data: RFC 8446 section 5.1 */
	count = x86_calls_with(f->code, f->code_len, 0x17, targets, GNUTLS_INNER_MAX);
	for (size_t i = 0; i < count; i++)
		if (!tls_function_add(f, symbol->address + (uint64_t)targets[i], &like))
			return false;
	return count > 0;
}

static enum tls_hook gnutls_secrets(struct finder *f, int send)
{
	enum tls_hook hook = tls_find_secrets(f);

	if (hook == TLS_HOOK_KEYS)
		tls_function_add(f, f->symbols[send].address, &older);
	return hook;
}

static enum tls_hook gnutls_find(struct finder *f)
{
	static const struct tls_point send = {
		0, TLS_POINT_FUNCTION, CALL_GNUTLS_SEND, DIRECTION_SENT, 0, {0}};
	int symbol = has(f, GNUTLS_SEND2) ? GNUTLS_SEND2 : GNUTLS_SEND;
	struct tls_found *found = f->found;
	const char *end;

	found->kind = TLS_LIBRARY_GNUTLS;
	/* "Enabled GnuTLS 3.7.9 logging..." */
	if (elf_file_version(f->file, "GnuTLS ", &found->version)) {
		end = memchr(found->version.data + 7, ' ', found->version.len - 7);
		if (end)
			found->version.len = (size_t)(end - found->version.data);
	}
	if (f->wanted.hook == TLS_HOOK_KEYS)
		return gnutls_secrets(f, symbol);
	if (!gnutls_receive(f) || !tls_function_add(f, f->symbols[symbol].address, &send))
		return TLS_HOOK_NO_PLACE;
	return TLS_HOOK_PLAINTEXT;
}

enum {
	GO_READ,
	GO_WRITE,
	GO_MEMMOVE,
	GO_FUNCTIONS,
};

/* Code of Read that is searched for its calls. */
#define GO_CODE_MAX (64u << 10)

bool tls_go_begin(struct finder *f, const struct go_function *function, struct tls_point like)
{
	bool branch;
	size_t at;

	tls_code_read(f, function->address, function->size);
	if (!x86_go_place(f->code, f->code_len, &at, &branch))
		return false;
	like.shape = branch ? TLS_POINT_BRANCH : 0;
	return tls_point_add(f, function->address + at, &like);
}

/* Where Read calls memmove(): no other four bytes are the distance to it. */
static bool go_copies(struct finder *f, const struct go_function *read, uint64_t memmove_at)
{
	static const struct tls_point copy = {
		0, TLS_POINT_GO_COPY, CALL_GO_TLS_READ, DIRECTION_RECEIVED, 0, {0}};
	size_t len = read->size < GO_CODE_MAX ? read->size : GO_CODE_MAX;
	uint8_t *code = malloc(len + 1);
	size_t before = f->found->point_count;

	if (!code)
		return false;
	len = elf_file_read(f->file, read->address, code, len);
	for (size_t at = 0; at + 5 <= len; at++) {
		int32_t distance;

		memcpy(&distance, code + at + 1, sizeof(distance));
		if (code[at] == 0xe8 &&
		    read->address + at + 5 + (uint64_t)(int64_t)distance == memmove_at &&
		    !tls_point_add(f, read->address + at, &copy))
			break;
	}
	free(code);
	return f->found->point_count > before;
}

static enum tls_hook go_plaintext(struct finder *f, const struct go_function *functions)
{
	static const struct tls_point write = {
		0, TLS_POINT_GO_WRITE, CALL_GO_TLS_WRITE, DIRECTION_SENT, 0, {0}};
	static const struct tls_point read = {
		0, TLS_POINT_GO_READ, CALL_GO_TLS_READ, DIRECTION_RECEIVED, 0, {0}};

	if (!functions[GO_READ].address || !functions[GO_WRITE].address)
		return TLS_HOOK_NO_SYMBOLS;
	if (!tls_go_begin(f, &functions[GO_WRITE], write) ||
	    !tls_go_begin(f, &functions[GO_READ], read) ||
	    !go_copies(f, &functions[GO_READ], functions[GO_MEMMOVE].address))
		return TLS_HOOK_NO_PLACE;
	return TLS_HOOK_PLAINTEXT;
}

static void note_add(struct tls_found *found, const char *text)
{
	buffer_append_text(&found->note, found->note.len ? "; " : "");
	buffer_append_text(&found->note, text);
}

/* Whether the library itself names the client random with what is read. */
static bool tells_random(const struct tls_found *found)
{
	for (size_t i = 0; i < found->point_count; i++)
		if (found->points[i].kind == TLS_POINT_SECRET &&
		    !(found->points[i].shape & TLS_POINT_WRAPPED))
			return false;
	return true;
}

/* Without a layout: calls use sockets, but secrets can't be told apart. */
static void layout_lack(struct tls_found *found)
{
	if (found->hook == TLS_HOOK_PLAINTEXT)
		note_add(found, "layout not known: tied to connections by the calls that use their "
				"sockets alone");
	else if (!tells_random(found))
		found->hook = TLS_HOOK_VERSION;
}

/* Nothing is read of an object whose layout isn't known. */
static void older_drop(struct tls_found *found)
{
	size_t kept = 0;

	for (size_t i = 0; i < found->point_count; i++)
		if (!tls_point_is_older(found->points[i].kind))
			found->points[kept++] = found->points[i];
	if (kept < found->point_count)
		note_add(found, "layout not known: connections that are older stay closed");
	found->point_count = kept;
}

static bool has_point(const struct tls_found *found, enum tls_point_kind kind)
{
	for (size_t i = 0; i < found->point_count; i++)
		if (found->points[i].kind == kind)
			return true;
	return false;
}

/*
 * One probe behind all of a call doesn't see which socket was used in it: it needs an object that
 * tells.
 */
static void moved_choose(struct tls_found *found)
{
	bool once = has_point(found, TLS_POINT_MOVED) && found->layout.bio_in;
	size_t kept = 0;

	for (size_t i = 0; i < found->point_count; i++) {
		const struct tls_point *p = &found->points[i];

		if (once ? p->kind != TLS_POINT_FUNCTION || p->direction != DIRECTION_RECEIVED
			 : p->kind != TLS_POINT_MOVED)
			found->points[kept++] = *p;
	}
	found->point_count = kept;
}

/* Which object of the library is which connection. */
static void layout_find(struct tls_found *found)
{
	/* Rustls's records tell. */
	if (found->kind == TLS_LIBRARY_RUSTLS || !tls_found_points(found) ||
	    tls_layout_find(found->kind, buffer_span(&found->version), 0, &found->layout))
		return;
	older_drop(found);
	/* Go's objects name their descriptors. */
	if (found->kind != TLS_LIBRARY_GO)
		layout_lack(found);
}

static void layout_set(struct tls_found *found)
{
	layout_find(found);
	if (found->kind == TLS_LIBRARY_OPENSSL || found->kind == TLS_LIBRARY_LIBRESSL)
		moved_choose(found);
}

static bool go_find(struct finder *f)
{
	struct go_function functions[GO_FUNCTIONS] = {
		[GO_READ] = {.name = "crypto/tls.(*Conn).Read"},
		[GO_WRITE] = {.name = "crypto/tls.(*Conn).Write"},
		[GO_MEMMOVE] = {.name = "runtime.memmove"},
	};
	struct tls_found *found = f->found;
	bool known = go_file_functions(f->file, functions, GO_FUNCTIONS);

	/* A program of Go's without TLS has neither. */
	if (known && !functions[GO_READ].address && !functions[GO_WRITE].address)
		return false;
	found->kind = TLS_LIBRARY_GO;
	go_file_version(f->file, &found->version);
	if (!elf_file_is_native(f->file))
		found->hook = TLS_HOOK_ARCHITECTURE;
	else if (!known)
		found->hook = TLS_HOOK_NO_SYMBOLS;
	else if (f->wanted.hook == TLS_HOOK_KEYS)
		found->hook = tls_find_go_secrets(f, &functions[GO_WRITE]);
	else
		found->hook = go_plaintext(f, functions);
	layout_set(found);
	return true;
}

/* Libraries that are known and not read. */
static bool other_find(struct finder *f)
{
	static const struct {
		int symbol;
		enum tls_library kind;
	} others[] = {
		{NSS, TLS_LIBRARY_NSS},
		{MBEDTLS, TLS_LIBRARY_MBEDTLS},
		{WOLFSSL, TLS_LIBRARY_WOLFSSL},
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (!has(f, others[i].symbol))
			continue;
		f->found->kind = others[i].kind;
		f->found->hook = TLS_HOOK_UNSUPPORTED;
		return true;
	}
	return false;
}

/*
 * Of those that it may be, the one whose secrets its code has a use for: Debian has patched 3.8.9
 * until its object was another one.
 */
static void gnutls_layout_choose(struct finder *f)
{
	struct tls_found *found = f->found;
	struct tls_layout layout;

	for (size_t n = 0; tls_layout_find(found->kind, buffer_span(&found->version), n, &layout);
	     n++) {
		if (!tls_find_uses(f, layout.secrets_at))
			continue;
		found->layout = layout;
		return;
	}
	found->layout.secrets_at = 0;
	note_add(found, "where its secrets of TLS 1.3 are isn't known: connections that are older "
			"stay closed");
}

static bool library_find(struct finder *f)
{
	struct tls_found *found = f->found;

	for (int i = 0; i < SYMBOLS; i++)
		f->symbols[i].name = symbol_names[i];
	elf_file_symbols(f->file, f->symbols, SYMBOLS);
	if (has(f, GNUTLS_RECV) && has(f, GNUTLS_SEND))
		found->hook = gnutls_find(f);
	else if (has(f, SSL_READ) && has(f, SSL_WRITE))
		found->hook = openssl_find(f);
	else if (go_file_is(f->file))
		return go_find(f);
	else if (!tls_find_rustls(f))
		return other_find(f);
	if (!elf_file_is_native(f->file))
		found->hook = TLS_HOOK_ARCHITECTURE;
	found->wants_crypto = found->kind == TLS_LIBRARY_OPENSSL && !found->version.len;
	if (!found->wants_crypto)
		layout_set(found);
	if (found->kind == TLS_LIBRARY_GNUTLS && found->hook == TLS_HOOK_KEYS &&
	    found->layout.random_at)
		gnutls_layout_choose(f);
	return true;
}

bool tls_point_is_older(enum tls_point_kind kind)
{
	return kind == TLS_POINT_OLDER || kind == TLS_POINT_GO_OLDER;
}

bool tls_found_points(const struct tls_found *found)
{
	return found->hook == TLS_HOOK_PLAINTEXT || found->hook == TLS_HOOK_KEYS;
}

/* For longer than older connections are looked for. */
static bool is_slow(const struct tls_found *found)
{
	for (size_t i = 0; i < found->point_count; i++)
		if ((found->points[i].shape & TLS_POINT_SLOW) &&
		    !tls_point_is_older(found->points[i].kind))
			return true;
	return false;
}

bool tls_find(int fd, struct tls_wanted wanted, struct tls_found *found)
{
	struct finder f = {.file = elf_file_open(fd), .wanted = wanted, .found = found};
	bool is_library;

	if (!f.file)
		return false;
	is_library = library_find(&f);
	if (is_library)
		elf_file_build_id(f.file, &found->build_id);
	if (!tls_found_points(found))
		found->point_count = 0;
	if (is_slow(found))
		note_add(found, "at the entry of its functions: each call costs microseconds more");
	elf_file_close(f.file);
	return is_library;
}

void tls_find_version(int fd, struct tls_found *found)
{
	struct elf_file *file = fd < 0 ? NULL : elf_file_open(fd);

	found->wants_crypto = false;
	if (file)
		openssl_version(file, found);
	elf_file_close(file);
	layout_set(found);
}

void tls_found_free(struct tls_found *found)
{
	buffer_free(&found->version);
	buffer_free(&found->build_id);
	buffer_free(&found->note);
}
