/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/tls/certificate.h"

#include <arpa/inet.h>
#include <limits.h>
#include <openssl/x509v3.h>

#include "protocols/value/hex.h"
#include "protocols/value/json.h"

/* More of one certificate is nobody's to read. */
#define NAMES_MAX 256

static void append_name(struct buffer *out, const X509_NAME *name)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long len;

	if (!bio)
		return;
	if (X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) >= 0) {
		len = BIO_get_mem_data(bio, &text);
		if (len > 0)
			buffer_append(out, text, (size_t)len);
	}
	BIO_free(bio);
}

static void append_time(struct buffer *out, const ASN1_TIME *time)
{
	struct tm tm;

	if (time && ASN1_TIME_to_tm(time, &tm))
		buffer_printf(out, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900,
			      tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static struct span string_of(const ASN1_STRING *string)
{
	int len = ASN1_STRING_length(string);

	return span_of(ASN1_STRING_get0_data(string), len > 0 ? (size_t)len : 0);
}

/* A name or an address; false: one of a kind that is not shown. */
static bool append_general_name(struct buffer *out, const GENERAL_NAME *name)
{
	char text[INET6_ADDRSTRLEN];
	struct span bytes;

	switch (name->type) {
	case GEN_DNS:
		json_append_string(out, string_of(name->d.dNSName));
		return true;
	case GEN_URI:
		json_append_string(out, string_of(name->d.uniformResourceIdentifier));
		return true;
	case GEN_EMAIL:
		json_append_string(out, string_of(name->d.rfc822Name));
		return true;
	case GEN_IPADD:
		bytes = string_of(name->d.iPAddress);
		if ((bytes.len != 4 && bytes.len != 16) ||
		    !inet_ntop(bytes.len == 4 ? AF_INET : AF_INET6, bytes.data, text, sizeof(text)))
			return false;
		json_append_string(out, span_text(text));
		return true;
	default:
		return false;
	}
}

static void append_names(struct buffer *out, const X509 *x509)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(x509, NID_subject_alt_name, NULL, NULL);
	int count = names ? sk_GENERAL_NAME_num(names) : 0;

	buffer_append_char(out, '[');
	for (int i = 0; i < count && i < NAMES_MAX; i++) {
		size_t before = out->len;

		if (before > 1)
			buffer_append_char(out, ',');
		if (!append_general_name(out, sk_GENERAL_NAME_value(names, i)))
			out->len = before;
	}
	buffer_append_char(out, ']');
	GENERAL_NAMES_free(names);
}

static void append_serial(struct buffer *out, const X509 *x509)
{
	struct span serial = string_of(X509_get0_serialNumber(x509));

	hex_append(out, span_of(serial.data, serial.len < 64 ? serial.len : 64));
}

static void clear(struct tls_certificate *c)
{
	buffer_clear(&c->subject);
	buffer_clear(&c->issuer);
	buffer_clear(&c->names);
	buffer_clear(&c->not_before);
	buffer_clear(&c->not_after);
	buffer_clear(&c->serial);
}

bool tls_certificate_read(struct span der, struct tls_certificate *certificate)
{
	const unsigned char *at = (const unsigned char *)der.data;
	X509 *x509;

	clear(certificate);
	if (!der.len || der.len > LONG_MAX)
		return false;
	x509 = d2i_X509(NULL, &at, (long)der.len);
	if (!x509)
		return false;
	append_name(&certificate->subject, X509_get_subject_name(x509));
	append_name(&certificate->issuer, X509_get_issuer_name(x509));
	append_names(&certificate->names, x509);
	append_time(&certificate->not_before, X509_get0_notBefore(x509));
	append_time(&certificate->not_after, X509_get0_notAfter(x509));
	append_serial(&certificate->serial, x509);
	X509_free(x509);
	return true;
}

void tls_certificate_free(struct tls_certificate *c)
{
	buffer_free(&c->subject);
	buffer_free(&c->issuer);
	buffer_free(&c->names);
	buffer_free(&c->not_before);
	buffer_free(&c->not_after);
	buffer_free(&c->serial);
}
