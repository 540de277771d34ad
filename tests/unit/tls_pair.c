/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/tls_pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <openssl/x509.h>

/* ---- settings ---- */

static void take_keylog(const SSL *ssl, const char *line)
{
	struct tls_pair *p = SSL_get_app_data(ssl);

	/* Both ends know the same. */
	if (ssl != p->client)
		return;
	buffer_append_text(&p->keylog, line);
	buffer_append_char(&p->keylog, '\n');
}

static int take_session(SSL *ssl, SSL_SESSION *session)
{
	struct tls_pair *p = SSL_get_app_data(ssl);

	SSL_SESSION_free(p->ends->session);
	p->ends->session = session;
	return 1;
}

static void add_certificate(SSL_CTX *ctx, EVP_PKEY *key)
{
	X509 *cert = X509_new();
	X509_NAME *name = X509_get_subject_name(cert);

	assert_non_null(key);
	X509_set_version(cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), 0);
	X509_gmtime_adj(X509_getm_notAfter(cert), 86400);
	X509_set_pubkey(cert, key);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"a.test", -1,
				   -1, 0);
	X509_set_issuer_name(cert, name);
	assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
	assert_int_equal(SSL_CTX_use_certificate(ctx, cert), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(ctx, key), 1);
	X509_free(cert);
	EVP_PKEY_free(key);
}

static unsigned server_psk(SSL *ssl, const char *identity, unsigned char *psk, unsigned max)
{
	(void)ssl;
	(void)identity;
	memset(psk, 7, max < 16 ? max : 16);
	return 16;
}

static unsigned client_psk(SSL *ssl, const char *hint, char *identity, unsigned max_identity,
			   unsigned char *psk, unsigned max)
{
	(void)hint;
	snprintf(identity, max_identity, "somebody");
	return server_psk(ssl, identity, psk, max);
}

static int choose_alpn(SSL *ssl, const unsigned char **out, unsigned char *len,
		       const unsigned char *in, unsigned in_len, void *context)
{
	(void)ssl;
	(void)context;
	(void)in_len;
	*out = in + 1;
	*len = in[0];
	return SSL_TLSEXT_ERR_OK;
}

static SSL_CTX *new_context(const SSL_METHOD *method, int version, const char *ciphers)
{
	SSL_CTX *ctx = SSL_CTX_new(method);

	assert_non_null(ctx);
	SSL_CTX_set_security_level(ctx, 0);
	SSL_CTX_set_min_proto_version(ctx, version);
	SSL_CTX_set_max_proto_version(ctx, version);
	SSL_CTX_set_keylog_callback(ctx, take_keylog);
	if (ciphers && version == TLS1_3_VERSION)
		assert_int_equal(SSL_CTX_set_ciphersuites(ctx, ciphers), 1);
	else if (ciphers)
		assert_int_equal(SSL_CTX_set_cipher_list(ctx, ciphers), 1);
	return ctx;
}

void tls_ends_open(struct tls_ends *ends, int version, const char *ciphers)
{
	static const unsigned char alpn[] = "\x08http/1.1";
	SSL_CTX *client = new_context(TLS_client_method(), version, ciphers);
	SSL_CTX *server = new_context(TLS_server_method(), version, ciphers);

	*ends = (struct tls_ends){.client = client, .server = server};
	add_certificate(server, EVP_RSA_gen(1024));
	add_certificate(server, EVP_EC_gen("P-256"));
	SSL_CTX_set_dh_auto(server, 1);
	/* In TLS 1.3 they would take tickets for keys of theirs. */
	if (version < TLS1_3_VERSION) {
		SSL_CTX_set_psk_server_callback(server, server_psk);
		SSL_CTX_set_psk_client_callback(client, client_psk);
	}
	SSL_CTX_set_alpn_select_cb(server, choose_alpn, NULL);
	SSL_CTX_set_session_id_context(server, (const unsigned char *)"t", 1);
	SSL_CTX_set_max_early_data(server, 16384);
	SSL_CTX_set_recv_max_early_data(server, 16384);
	SSL_CTX_set_alpn_protos(client, alpn, sizeof(alpn) - 1);
	SSL_CTX_set_verify(client, SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_session_cache_mode(client, SSL_SESS_CACHE_CLIENT);
	SSL_CTX_sess_set_new_cb(client, take_session);
}

void tls_ends_close(struct tls_ends *ends)
{
	SSL_SESSION_free(ends->session);
	SSL_CTX_free(ends->client);
	SSL_CTX_free(ends->server);
}

/* ---- a pair ---- */

static SSL *new_end(SSL_CTX *ctx, struct tls_pair *p)
{
	SSL *ssl = SSL_new(ctx);

	assert_non_null(ssl);
	SSL_set_app_data(ssl, p);
	SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	return ssl;
}

void tls_pair_open(struct tls_pair *p, struct tls_ends *ends, bool resume)
{
	memset(p, 0, sizeof(*p));
	p->ends = ends;
	p->client = new_end(ends->client, p);
	p->server = new_end(ends->server, p);
	SSL_set_connect_state(p->client);
	SSL_set_accept_state(p->server);
	SSL_set_tlsext_host_name(p->client, "a.test");
	if (resume) {
		assert_non_null(ends->session);
		assert_int_equal(SSL_set_session(p->client, ends->session), 1);
	}
}

/* What FROM has written goes to TO, and into the conversation. False: nothing. */
static bool carry(struct tls_pair *p, SSL *from, SSL *to)
{
	char *data;
	long len = BIO_get_mem_data(SSL_get_wbio(from), &data);
	struct tls_pair_message *m = &p->messages[p->count];

	if (len <= 0)
		return false;
	assert_true(p->count < TLS_PAIR_MESSAGES);
	m->direction = from == p->client ? DIRECTION_SENT : DIRECTION_RECEIVED;
	m->from = p->wire.len;
	m->len = (size_t)len;
	buffer_append(&p->wire, data, (size_t)len);
	p->count++;
	assert_int_equal(BIO_write(SSL_get_rbio(to), data, (int)len), len);
	(void)BIO_reset(SSL_get_wbio(from));
	return true;
}

bool tls_pair_carry(struct tls_pair *p, enum direction direction)
{
	return direction == DIRECTION_SENT ? carry(p, p->client, p->server)
					   : carry(p, p->server, p->client);
}

static void read_all(SSL *ssl)
{
	char data[16384];

	while (SSL_read(ssl, data, sizeof(data)) > 0)
		;
}

void tls_pair_pump(struct tls_pair *p)
{
	bool moved;

	do {
		moved = carry(p, p->client, p->server);
		read_all(p->server);
		moved |= carry(p, p->server, p->client);
		read_all(p->client);
	} while (moved);
}

void tls_pair_handshake(struct tls_pair *p)
{
	for (int i = 0;
	     i < 10 && (!SSL_is_init_finished(p->client) || !SSL_is_init_finished(p->server));
	     i++) {
		SSL_do_handshake(p->client);
		carry(p, p->client, p->server);
		SSL_do_handshake(p->server);
		carry(p, p->server, p->client);
	}
	assert_true(SSL_is_init_finished(p->client) && SSL_is_init_finished(p->server));
	tls_pair_pump(p);
}

void tls_pair_say(struct tls_pair *p, enum direction direction, size_t len)
{
	SSL *ssl = direction == DIRECTION_SENT ? p->client : p->server;
	struct buffer *said = &p->said[direction];
	size_t from = said->len;

	while (said->len < from + len)
		buffer_printf(said, "%s%zu;", direction == DIRECTION_SENT ? "c" : "s", said->len);
	said->len = from + len;
	assert_int_equal(SSL_write(ssl, said->data + from, (int)len), (int)len);
	tls_pair_pump(p);
}

void tls_pair_talk(struct tls_pair *p, unsigned turns)
{
	for (unsigned i = 0; i < turns; i++) {
		tls_pair_say(p, DIRECTION_SENT, 1 + i * 37 % 500);
		tls_pair_say(p, DIRECTION_RECEIVED, 1 + i * 1571 % 20000);
	}
}

void tls_pair_close(struct tls_pair *p)
{
	SSL_free(p->client);
	SSL_free(p->server);
	buffer_free(&p->wire);
	buffer_free(&p->keylog);
	for (int i = 0; i < 2; i++)
		buffer_free(&p->said[i]);
}
