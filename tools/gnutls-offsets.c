/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * Where an object of the GnuTLS that this runs with has what record/tls_layout.c wants to know: the
 * random and the secrets of a connection that it makes with itself are searched in its memory.
 * Needs libgnutls28-dev; the program also runs with another version's libgnutls.so.30.
 *
 *     gcc -o gnutls-offsets tools/gnutls-offsets.c -lgnutls && ./gnutls-offsets
 */
#define _GNU_SOURCE
#include <gnutls/gnutls.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static unsigned char pre_shared[32] = {1};
static const gnutls_datum_t key = {pre_shared, sizeof(pre_shared)};

static int key_give(gnutls_session_t session, const char *name, gnutls_datum_t *to)
{
	(void)session;
	(void)name;
	to->data = gnutls_malloc(key.size);
	to->size = key.size;
	memcpy(to->data, key.data, key.size);
	return 0;
}

static void tell(gnutls_session_t session, const char *name, const gnutls_datum_t *value)
{
	const char *object = (const char *)session;
	size_t len = malloc_usable_size(session);
	const char *at = value->size ? memmem(object, len, value->data, value->size) : NULL;

	if (at)
		printf("    %-32s %#zx\n", name, (size_t)(at - object));
	else
		printf("    %-32s not in the object\n", name);
}

/* Called in the handshake, when not all secrets have their place yet. */
static gnutls_datum_t told[16];
static char labels[16][64];
static size_t told_count;

static int secret_take(gnutls_session_t session, const char *label, const gnutls_datum_t *secret)
{
	(void)session;
	if (told_count == sizeof(told) / sizeof(told[0]))
		return 0;
	snprintf(labels[told_count], sizeof(labels[0]), "%s", label);
	told[told_count].data = malloc(secret->size);
	memcpy(told[told_count].data, secret->data, secret->size);
	told[told_count++].size = secret->size;
	return 0;
}

static void must(bool done, const char *what)
{
	if (done)
		return;
	fprintf(stderr, "gnutls-offsets: %s\n", what);
	exit(1);
}

static gnutls_session_t begin(unsigned int flags, int socket, const char *priority,
			      gnutls_credentials_type_t kind, void *credentials)
{
	gnutls_session_t session;

	must(gnutls_init(&session, flags | GNUTLS_NONBLOCK) == 0, "no session");
	must(gnutls_priority_set_direct(session, priority, NULL) == 0, priority);
	gnutls_credentials_set(session, kind, credentials);
	gnutls_transport_set_int(session, socket);
	return session;
}

static void shake(const char *priority)
{
	gnutls_psk_client_credentials_t client_key;
	gnutls_psk_server_credentials_t server_key;
	gnutls_session_t client, server;
	gnutls_datum_t ours, theirs, master;
	int ends[2], a = -1, b = -1;

	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0, "no sockets");
	gnutls_psk_allocate_client_credentials(&client_key);
	gnutls_psk_set_client_credentials(client_key, "nobody", &key, GNUTLS_PSK_KEY_RAW);
	gnutls_psk_allocate_server_credentials(&server_key);
	gnutls_psk_set_server_credentials_function(server_key, key_give);
	client = begin(GNUTLS_CLIENT, ends[0], priority, GNUTLS_CRD_PSK, client_key);
	server = begin(GNUTLS_SERVER, ends[1], priority, GNUTLS_CRD_PSK, server_key);
	told_count = 0;
	gnutls_session_set_keylog_function(client, secret_take);
	while (a || b) {
		a = a ? gnutls_handshake(client) : 0;
		b = b ? gnutls_handshake(server) : 0;
		must(!gnutls_error_is_fatal(a) && !gnutls_error_is_fatal(b), "no handshake");
	}
	printf("GnuTLS %s, %s\n", gnutls_check_version(NULL),
	       gnutls_protocol_get_name(gnutls_protocol_get_version(client)));
	gnutls_session_get_random(client, &ours, &theirs);
	gnutls_session_get_master_secret(client, &master);
	tell(client, "client random", &ours);
	tell(client, "server random", &theirs);
	tell(client, "master secret", &master);
	for (size_t i = 0; i < told_count; i++)
		tell(client, labels[i], &told[i]);
}

int main(void)
{
	shake("NORMAL:-KX-ALL:+ECDHE-PSK:-VERS-ALL:+VERS-TLS1.3");
	shake("NORMAL:-KX-ALL:+ECDHE-PSK:-VERS-ALL:+VERS-TLS1.2");
	return 0;
}
