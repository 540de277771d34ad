/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/dns/field.h"

#include <inttypes.h>

#include "protocols/dns/text.h"

/* Fields that only one type of record has. */

bool dns_wks_ports(struct cursor *c, struct buffer *out)
{
	struct span map = cursor_span(c, cursor_left(c));
	bool first = true;

	if (map.len > 65536 / 8)
		return false;
	for (size_t port = 0; port < map.len * 8; port++) {
		if (!((uint8_t)map.data[port / 8] & 0x80 >> port % 8))
			continue;
		if (!first)
			buffer_append_char(out, ' ');
		first = false;
		buffer_append_u64(out, port);
	}
	return true;
}

bool dns_nsap(struct cursor *c, struct buffer *out)
{
	buffer_append_text(out, "0x");
	dns_append_hex(out, cursor_span(c, cursor_left(c)));
	return true;
}

bool dns_atm(struct cursor *c, struct buffer *out)
{
	unsigned format = cursor_u8(c);
	struct span address = cursor_span(c, cursor_left(c));

	if (c->failed || address.len == 0 || format > 1)
		return false;
	if (format == 0) {
		dns_append_hex(out, address);
		return true;
	}
	for (size_t i = 0; i < address.len; i++)
		if (address.data[i] < '0' || address.data[i] > '9')
			return false;
	buffer_append_char(out, '+');
	buffer_append_span(out, address);
	return true;
}

bool dns_a6(struct cursor *c, struct buffer *out)
{
	uint8_t address[16] = {0};
	unsigned prefix = cursor_u8(c);
	size_t len = prefix <= 128 ? (128 - prefix + 7) / 8 : 0;
	struct span suffix = cursor_span(c, len);

	if (c->failed || prefix > 128)
		return false;
	buffer_append_u64(out, prefix);
	if (len > 0) {
		memcpy(address + sizeof(address) - len, suffix.data, len);
		buffer_append_char(out, ' ');
		dns_append_ipv6(out, address);
	}
	if (prefix == 0)
		return true;
	buffer_append_char(out, ' ');
	return dns_name(c, out);
}

/* ---- LOC ---- */

/* Centimetres, as a digit and a power of ten in one octet: RFC 1876, section 2. */
static bool append_size(struct buffer *out, uint8_t octet)
{
	uint64_t centimetres = octet >> 4;
	unsigned exponent = octet & 15;

	if (centimetres > 9 || exponent > 9)
		return false;
	while (exponent-- > 0)
		centimetres *= 10;
	buffer_append_u64(out, centimetres / 100);
	if (centimetres % 100)
		buffer_printf(out, ".%02" PRIu64, centimetres % 100);
	buffer_append_char(out, 'm');
	return true;
}

/* Thousandths of a second of arc from the equator or the prime meridian, which are 2^31. */
static bool append_angle(struct buffer *out, uint32_t value, unsigned degrees_max,
			 const char *directions)
{
	bool positive = value >= UINT32_C(1) << 31;
	uint32_t angle = positive ? value - (UINT32_C(1) << 31) : (UINT32_C(1) << 31) - value;
	unsigned degrees = angle / 3600000;

	if (angle > degrees_max * UINT32_C(3600000))
		return false;
	buffer_printf(out, "%u %u %u.%03u %c ", degrees, angle / 60000 % 60, angle / 1000 % 60,
		      angle % 1000, directions[positive ? 0 : 1]);
	return true;
}

bool dns_location(struct cursor *c, struct buffer *out)
{
	unsigned version = cursor_u8(c);
	uint8_t size = cursor_u8(c), horizontal = cursor_u8(c), vertical = cursor_u8(c);
	uint32_t latitude = cursor_be32(c), longitude = cursor_be32(c);
	/* Centimetres above a place 100 km below the spheroid. */
	int64_t altitude = (int64_t)cursor_be32(c) - 10000000;
	int64_t above = altitude < 0 ? -altitude : altitude;

	if (c->failed || version != 0 || !append_angle(out, latitude, 90, "NS") ||
	    !append_angle(out, longitude, 180, "EW"))
		return false;
	buffer_printf(out, "%s%" PRId64 ".%02" PRId64 "m ", altitude < 0 ? "-" : "", above / 100,
		      above % 100);
	if (!append_size(out, size))
		return false;
	buffer_append_char(out, ' ');
	if (!append_size(out, horizontal))
		return false;
	buffer_append_char(out, ' ');
	return append_size(out, vertical);
}

/* ---- lists of addresses ---- */

/* Address families of APL and of EDNS options: IANA's "Address Family Numbers". */
enum {
	FAMILY_IPV4 = 1,
	FAMILY_IPV6 = 2
};

/* An address of which only the first bytes were sent. */
static bool append_prefix(struct buffer *out, unsigned family, struct span bytes)
{
	uint8_t address[16] = {0};

	if ((family != FAMILY_IPV4 && family != FAMILY_IPV6) ||
	    bytes.len > (family == FAMILY_IPV4 ? 4 : 16))
		return false;
	if (bytes.len > 0)
		memcpy(address, bytes.data, bytes.len);
	if (family == FAMILY_IPV4)
		dns_append_ipv4(out, address);
	else
		dns_append_ipv6(out, address);
	return true;
}

static bool fits_family(unsigned family, unsigned prefix)
{
	return prefix <= (family == FAMILY_IPV4 ? 32 : 128);
}

static bool prefix_item(struct cursor *c, struct buffer *out)
{
	unsigned family = cursor_be16(c);
	unsigned prefix = cursor_u8(c);
	unsigned len = cursor_u8(c); /* the top bit: negation */
	struct span bytes = cursor_span(c, len & 0x7f);

	buffer_printf(out, "%s%u:", len & 0x80 ? "!" : "", family);
	if (c->failed || !fits_family(family, prefix) || !append_prefix(out, family, bytes))
		return false;
	buffer_printf(out, "/%u", prefix);
	return true;
}

bool dns_prefixes(struct cursor *c, struct buffer *out)
{
	return dns_list(c, out, prefix_item, ' ');
}

bool dns_client_subnet(struct cursor *c, struct buffer *out)
{
	unsigned family = cursor_be16(c);
	unsigned source = cursor_u8(c), scope = cursor_u8(c);
	struct span bytes = cursor_span(c, cursor_left(c));

	/* Family 0 comes with nothing else: "tell nobody my address" (RFC 7871, section 7.1.2). */
	if (!c->failed && family == 0 && source == 0 && bytes.len == 0) {
		buffer_printf(out, "0/0/%u", scope);
		return true;
	}
	if (c->failed || !fits_family(family, source) || !fits_family(family, scope) ||
	    bytes.len != (source + 7) / 8 || !append_prefix(out, family, bytes))
		return false;
	buffer_printf(out, "/%u/%u", source, scope);
	return true;
}

/* ---- gateways ---- */

/* Where to: none, an address or a name, by the number that IPSECKEY and AMTRELAY share. */
static bool append_gateway(struct cursor *c, struct buffer *out, unsigned type)
{
	static dns_field *const forms[] = {NULL, dns_ipv4, dns_ipv6, dns_name};

	if (type >= sizeof(forms) / sizeof(forms[0]))
		return false;
	if (forms[type])
		return forms[type](c, out);
	buffer_append_char(out, '.');
	return true;
}

bool dns_ipsec_gateway(struct cursor *c, struct buffer *out)
{
	unsigned precedence = cursor_u8(c), type = cursor_u8(c), algorithm = cursor_u8(c);

	buffer_printf(out, "%u %u %u ", precedence, type, algorithm);
	return !c->failed && append_gateway(c, out, type);
}

bool dns_amt_relay(struct cursor *c, struct buffer *out)
{
	unsigned precedence = cursor_u8(c), octet = cursor_u8(c);

	buffer_printf(out, "%u %u %u ", precedence, octet >> 7, octet & 0x7f);
	return !c->failed && append_gateway(c, out, octet & 0x7f);
}

/* ---- identifiers ---- */

bool dns_host_identity(struct cursor *c, struct buffer *out)
{
	size_t tag_len = cursor_u8(c);
	unsigned algorithm = cursor_u8(c);
	size_t key_len = cursor_be16(c);
	struct span tag = cursor_span(c, tag_len);
	struct span key = cursor_span(c, key_len);

	buffer_append_u64(out, algorithm);
	buffer_append_char(out, ' ');
	dns_append_hex(out, tag);
	buffer_append_char(out, ' ');
	dns_append_base64(out, key);
	return !c->failed;
}

bool dns_locator64(struct cursor *c, struct buffer *out)
{
	for (int i = 0; i < 4; i++)
		buffer_printf(out, "%s%04x", i > 0 ? ":" : "", cursor_be16(c));
	return !c->failed;
}

static bool append_eui(struct cursor *c, struct buffer *out, int len)
{
	for (int i = 0; i < len; i++)
		buffer_printf(out, "%s%02x", i > 0 ? "-" : "", cursor_u8(c));
	return !c->failed;
}

bool dns_eui48(struct cursor *c, struct buffer *out)
{
	return append_eui(c, out, 6);
}

bool dns_eui64(struct cursor *c, struct buffer *out)
{
	return append_eui(c, out, 8);
}
