/* SPDX-License-Identifier: BSD-2-Clause */
#include "record/tls_secret.h"

#include <stdio.h>
#include <string.h>

/* Those that open records of a connection; no other ones are kept. */
static const char *const labels[] = {
	"CLIENT_RANDOM",
	"CLIENT_EARLY_TRAFFIC_SECRET",
	"CLIENT_HANDSHAKE_TRAFFIC_SECRET",
	"SERVER_HANDSHAKE_TRAFFIC_SECRET",
	"CLIENT_TRAFFIC_SECRET_0",
	"SERVER_TRAFFIC_SECRET_0",
	"SERVER_RANDOM",
};

static const char *label_of(const struct tls_secret *secret)
{
	if (!*secret->label)
		return labels[0];
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
		if (strcmp(secret->label, labels[i]) == 0)
			return labels[i];
	return NULL;
}

static char *put_hex(char *to, const uint8_t *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";

	*to++ = ' ';
	for (size_t i = 0; i < len; i++) {
		*to++ = digits[bytes[i] >> 4];
		*to++ = digits[bytes[i] & 15];
	}
	return to;
}

bool tls_secret_line(const struct tls_secret *secret, char line[TLS_SECRET_LINE_MAX])
{
	static const uint8_t unknown[EVENT_RANDOM_LEN];
	const char *label = label_of(secret);
	char *at = line;

	if (!label || !secret->len || memcmp(secret->random, unknown, sizeof(unknown)) == 0)
		return false;
	at = stpcpy(at, label);
	at = put_hex(at, secret->random, sizeof(secret->random));
	at = put_hex(at, secret->bytes, secret->len);
	*at = '\0';
	return true;
}
