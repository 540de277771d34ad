/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The data of every type of record, in presentation format: examples of the RFCs, and what they
 * leave out. All were checked against what dig makes of the same bytes; it differs in writing some
 * hexadecimal digits in lower case and some numbers as mnemonics.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "protocols/dns/schema.h"
#include "tests/unit/dns_build.h"

struct example {
	const char *type;
	const char *hex;
	const char *text;
};

/* 01 61 00 is the name "a", 01 62 03 78 2E 79 01 63 00 the name "b.x\\.y.c". */
static const struct example examples[] = {
	{"A", "C0000201", "192.0.2.1"},
	{"NS", "016100", "a"},
	{"MD", "016100", "a"},
	{"MF", "016100", "a"},
	{"CNAME", "016203782E79016300", "b.x\\.y.c"},
	{"SOA", "016100016203782E790163000000000100000E100000025800015180FFFFFFFF",
	 "a b.x\\.y.c 1 3600 600 86400 4294967295"},
	{"MB", "016100", "a"},
	{"MG", "016100", "a"},
	{"MR", "016100", "a"},
	{"NULL", "010203", "\\# 3 010203"},
	{"WKS", "0A000001060000004080", "10.0.0.1 6 25 32"},
	{"PTR", "016100", "a"},
	{"HINFO", "0550432F4154074C696E75782032", "\"PC/AT\" \"Linux 2\""},
	{"MINFO", "016100016203782E79016300", "a b.x\\.y.c"},
	{"MX", "000A016100", "10 a"},
	{"TXT", "0B68656C6C6F20776F726C6400056122625C63", "\"hello world\" \"\" \"a\\\"b\\\\c\""},
	{"TXT", "030A3BFF", "\"\\010;\\255\""},
	{"RP", "016100016203782E79016300", "a b.x\\.y.c"},
	{"AFSDB", "0001016100", "1 a"},
	{"X25", "0C333131303631373030393536", "\"311061700956\""},
	{"ISDN", "0F313530383632303238303033323137", "\"150862028003217\""},
	{"ISDN", "0F31353038363230323830303332313703303034", "\"150862028003217\" \"004\""},
	{"RT", "0002016100", "2 a"},
	{"NSAP", "47000580005A0000000001E133FFFFFF00016100",
	 "0x47000580005A0000000001E133FFFFFF00016100"},
	{"NSAP-PTR", "016100", "a"},
	{"SIG", "0001050300000E105F5E10005F5D00000A9D0161000102030405",
	 "A 5 3 3600 20200913122640 20200912170608 2717 a AQIDBAU="},
	{"KEY", "0100030501020304", "256 3 5 AQIDBA=="},
	{"PX", "000A016100016203782E79016300", "10 a b.x\\.y.c"},
	{"GPOS", "082D33322E36383832083131362E383635320431302E30",
	 "\"-32.6882\" \"116.8652\" \"10.0\""},
	{"AAAA", "20010DB8000000000000000000000001", "2001:db8::1"},
	{"LOC", "0033161389172DD070BE15F000988D20",
	 "42 21 54.000 N 71 6 18.000 W -24.00m 30m 10000m 10m"},
	{"LOC", "0012161374CAA8BD81E53AC000989A9A",
	 "52 14 5.123 S 8 50 0.000 E 10.50m 1m 10000m 10m"},
	{"NXT", "0161006200000001", "a A NS SOA DNAME"},
	{"EID", "E32C6F78163A9348", "E32C6F78163A9348"},
	{"NIMLOC", "32251A030067", "32251A030067"},
	{"SRV", "000000050050016100", "0 5 80 a"},
	{"ATMA", "0039246F", "39246F"},
	{"ATMA", "013631323030", "+61200"},
	{"NAPTR",
	 "0064000A0175077369702B4532551C215E2E2A24217369703A696E666F406578616D706C652E636F6D216900",
	 "100 10 \"u\" \"sip+E2U\" \"!^.*$!sip:info@example.com!i\" ."},
	{"KX", "000A016100", "10 a"},
	{"CERT", "000100020301020304", "1 2 3 AQIDBA=="},
	{"A6", "400000000000000001016100", "64 ::1 a"},
	{"A6", "0020010DB8000000000000000000000001", "0 2001:db8::1"},
	{"A6", "80016100", "128 a"},
	{"DNAME", "016203782E79016300", "b.x\\.y.c"},
	{"SINK", "010203010203", "1 2 3 AQID"},
	{"APL", "00011503C0A82000011C83C0A826", "1:192.168.32.0/21 !1:192.168.38.0/28"},
	{"APL", "00020801FF", "2:ff00::/8"},
	{"APL", "", ""},
	{"DS", "EC4505012BB183AF5F22588179A53B0A98631FAD1A292118",
	 "60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118"},
	{"SSHFP", "0201123456789ABCDEF67890123456789ABCDEF67890",
	 "2 1 123456789ABCDEF67890123456789ABCDEF67890"},
	{"IPSECKEY", "0A0102C00002260102", "10 1 2 192.0.2.38 AQI="},
	{"IPSECKEY", "0A00020102", "10 0 2 . AQI="},
	{"IPSECKEY", "0A020220010DB80000000000000000000000010102", "10 2 2 2001:db8::1 AQI="},
	{"IPSECKEY", "0A03020161000102", "10 3 2 a AQI="},
	{"RRSIG", "00010503000151803E8A0D5F3E6280DF0A9D016203782E7901630001020304",
	 "A 5 3 86400 20030401220623 20030302220831 2717 b.x\\.y.c AQIDBA=="},
	{"NSEC", "0161000006400100000003041B000000000000000000000000000000000000000000000000000020",
	 "a A MX RRSIG NSEC TYPE1234"},
	{"DNSKEY", "010003050103D2", "256 3 5 AQPS"},
	{"DHCID", "000201636FC0B8271C82825BB1AC5C41CF5351AA69B4FEBD94E8F17CDB95000DA48C40",
	 "AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA="},
	{"NSEC3", "0101000C04AABBCCDD1417F4F7F5B2B52AEEB87AB57DE97130712180604E0006400100000002",
	 "1 1 12 AABBCCDD 2VQFFTDIMKLETE3QMLUUIS9GE4GO0O2E A MX RRSIG"},
	{"NSEC3", "010000000001FF", "1 0 0 - VS"},
	{"NSEC3", "010000000002FFFF", "1 0 0 - VVVG"},
	{"NSEC3PARAM", "0100000C04AABBCCDD", "1 0 12 AABBCCDD"},
	{"NSEC3PARAM", "0100000000", "1 0 0 -"},
	{"TLSA", "030101D2ABDE240D7CD3EE", "3 1 1 D2ABDE240D7CD3EE"},
	{"SMIMEA", "000001D2ABDE240D7CD3EE", "0 0 1 D2ABDE240D7CD3EE"},
	{"HIP", "0402000320010010010203016100016203782E79016300", "2 20010010 AQID a b.x\\.y.c"},
	{"NINFO", "01610162", "\"a\" \"b\""},
	{"RKEY", "000001050102", "0 1 5 AQI="},
	{"TALINK", "01610000", "a ."},
	{"CDS", "0000000000", "0 0 0 00"},
	{"CDNSKEY", "0000030000", "0 3 0 AA=="},
	{"OPENPGPKEY", "9901A204", "mQGiBA=="},
	{"CSYNC", "000000420003000460000008", "66 3 A NS AAAA"},
	{"ZONEMD", "77E2C9BF0101F0F0F0F0F0F0F0F0F0F0F0F0",
	 "2011351487 1 1 F0F0F0F0F0F0F0F0F0F0F0F0"},
	{"SVCB", "0000016100", "0 a"},
	{"HTTPS", "000100", "1 ."},
	{"SVCB", "0001016100000100090268320568332D31390003000201BB",
	 "1 a alpn=\"h2,h3-19\" port=443"},
	{"SVCB", "0010000000000400010004000100030268320002000000040008C0000201C0000202",
	 "16 . mandatory=alpn,ipv4hint alpn=\"h2\" no-default-alpn ipv4hint=192.0.2.1,192.0.2.2"},
	{"HTTPS",
	 "000100000500030102030006001020010DB8000000000000000000000001000700102F646E732D71756572797"
	 "B3F646E737D",
	 "1 . ech=AQID ipv6hint=2001:db8::1 dohpath=\"/dns-query{?dns}\""},
	{"SVCB", "0001016100029B000968656C6C6FD2716F6F", "1 a key667=\"hello\\210qoo\""},
	{"SVCB", "0001016100FDE80000", "1 a key65000"},
	{"SVCB", "00100161000001000C08665C6F6F2C626172026832",
	 "16 a alpn=\"f\\\\\\\\oo\\\\,bar,h2\""},
	{"DSYNC", "003B0114EF016100", "CDS 1 5359 a"},
	{"HHIT", "0102", "AQI="},
	{"BRID", "0102", "AQI="},
	{"SPF", "0B763D73706631202D616C6C", "\"v=spf1 -all\""},
	{"UINFO", "01", "\\# 1 01"},
	{"UID", "01", "\\# 1 01"},
	{"GID", "01", "\\# 1 01"},
	{"UNSPEC", "01", "\\# 1 01"},
	{"NID", "000A00144FFFFF20EE64", "10 0014:4fff:ff20:ee64"},
	{"L32", "000A0A010200", "10 10.1.2.0"},
	{"L64", "000A20010DB811401000", "10 2001:0db8:1140:1000"},
	{"LP", "000A016100", "10 a"},
	{"EUI48", "00005E00532A", "00-00-5e-00-53-2a"},
	{"EUI64", "00005EEF1000002A", "00-00-5e-ef-10-00-00-2a"},
	{"TKEY", "086773732D74736967005F5E10005F5E1E10000300000002ABCD0000",
	 "gss-tsig 1600000000 1600003600 3 NOERROR 2 q80= 0"},
	{"TSIG", "0B686D61632D7368613235360000005F5E1000012C00040102030412340012000600005F5E1001",
	 "hmac-sha256 1600000000 300 4 AQIDBA== 4660 BADTIME 6 AABfXhAB"},
	{"URI", "000A00016674703A2F2F667470312E6578616D706C652E636F6D2F7075626C6963",
	 "10 1 \"ftp://ftp1.example.com/public\""},
	{"CAA", "000569737375656361312E6578616D706C652E6E65743B20706F6C6963793D6576",
	 "0 issue \"ca1.example.net; policy=ev\""},
	{"CAA", "8003746273556E6B6E6F776E", "128 tbs \"Unknown\""},
	{"AVC", "116170702D6E616D653A574F4C4647414E47", "\"app-name:WOLFGANG\""},
	{"DOA", "0000000100000002010A746578742F706C61696E010203", "1 2 1 \"text/plain\" AQID"},
	{"AMTRELAY", "0A01CB00710F", "10 0 1 203.0.113.15"},
	{"AMTRELAY", "0A80", "10 1 0 ."},
	{"AMTRELAY", "8083016100", "128 1 3 a"},
	{"RESINFO", "08716E616D656D696E0C6578746572723D31352D3137",
	 "\"qnamemin\" \"exterr=15-17\""},
	{"WALLET", "034254430178", "\"BTC\" \"x\""},
	{"CLA", "0161", "\"a\""},
	{"IPN", "0000000000000064", "100"},
	{"TA", "EC4505012BB1", "60485 5 1 2BB1"},
	{"DLV", "EC4505012BB1", "60485 5 1 2BB1"},
};

/* What is malformed, and what there is too much of, in the form of RFC 3597. */
static const struct example malformed[] = {
	{"A", "C00002", "\\# 3 C00002"},
	{"A", "C000020102", "192.0.2.1 \\# 1 02"},
	{"A", "", "\\# 0"},
	{"AAAA", "20010DB8", "\\# 4 20010DB8"},
	{"MX", "000A", "10 \\# 0"},
	{"MX", "000A0161", "10 \\# 2 0161"},
	{"MX", "000A4161", "10 \\# 2 4161"},
	{"NS", "C00C", "\\# 2 C00C"},
	{"SOA", "016100016200000000010000", "a b 1 \\# 2 0000"},
	{"TXT", "0161056162", "\"a\" \\# 3 056162"},
	{"LOC", "010102030405060708090A0B0C0D0E0F", "\\# 16 010102030405060708090A0B0C0D0E0F"},
	{"LOC", "00A2161380000000800000009896800000", "\\# 17 00A2161380000000800000009896800000"},
	{"APL", "00011503C0A820000121", "1:192.168.32.0/21 \\# 3 000121"},
	{"APL", "00012103C0A820", "\\# 7 00012103C0A820"},
	{"APL", "00030000", "\\# 4 00030000"},
	{"NSEC", "0161000006400100000003FF", "a A MX RRSIG NSEC \\# 1 FF"},
	{"NSEC", "0161000021", "a \\# 2 0021"},
	{"NSEC3", "0100000004AA", "1 0 0 \\# 2 04AA"},
	{"SVCB", "0001000003000301BB00", "1 . \\# 7 0003000301BB00"},
	{"SVCB", "00010000010003026832000300040050", "1 . alpn=\"h2\" \\# 6 000300040050"},
	{"SVCB", "00010000010003036832", "1 . \\# 7 00010003036832"},
	{"SVCB", "0001000002000100", "1 . \\# 5 0002000100"},
	{"SVCB", "000100000400020102", "1 . \\# 6 000400020102"},
	{"A6", "8101", "\\# 2 8101"},
	{"HIP", "04020003200100", "\\# 7 04020003200100"},
	{"IPSECKEY", "0A0402C0000226", "\\# 7 0A0402C0000226"},
	{"AMTRELAY", "0A01CB0071", "\\# 5 0A01CB0071"},
	{"ATMA", "0102", "\\# 2 0102"},
	{"CAA", "000569737375", "0 \\# 5 0569737375"},
	{"TSIG", "000000", ". \\# 2 0000"},
};

static const struct dns_schema *schema_by_name(const char *name)
{
	for (size_t i = 0; i < dns_types.count; i++)
		if (strcmp(dns_types.schemas[i].name, name) == 0)
			return &dns_types.schemas[i];
	fail_msg("no type %s", name);
	return NULL;
}

/* The data stands behind a header, as in a message. */
static bool append(const struct example *e, struct buffer *text)
{
	struct buffer wire = {0};
	struct cursor data;
	bool sound;

	dns_build_hex(&wire, "000000000000000000000000");
	dns_build_hex(&wire, e->hex);
	data = cursor_of(wire.data, wire.len);
	cursor_skip(&data, 12);
	buffer_clear(text);
	sound = dns_schema_append(schema_by_name(e->type), data, text);
	buffer_append_char(text, '\0');
	buffer_free(&wire);
	return sound;
}

static void writes_every_type(void **state)
{
	struct buffer text = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		assert_true(append(&examples[i], &text));
		assert_string_equal(text.data, examples[i].text);
	}
	buffer_free(&text);
}

static void keeps_what_is_malformed(void **state)
{
	struct buffer text = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
		if (append(&malformed[i], &text))
			fail_msg("%s %s is not malformed", malformed[i].type, malformed[i].hex);
		assert_string_equal(text.data, malformed[i].text);
	}
	buffer_free(&text);
}

/* Every example cut short anywhere: no reading beyond the end, and always some text. */
static void survives_any_end(void **state)
{
	struct buffer text = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		for (size_t len = 0; len < strlen(examples[i].hex); len += 2) {
			char hex[512];
			struct example cut = {examples[i].type, hex, NULL};

			assert_true(len < sizeof(hex));
			memcpy(hex, examples[i].hex, len);
			hex[len] = '\0';
			append(&cut, &text);
			assert_false(text.failed);
		}
	}
	buffer_free(&text);
}

static void has_an_example_of_every_type(void **state)
{
	/* They are only asked for, or (OPT) part of the header. */
	static const char *const no_data[] = {"OPT",   "NXNAME", "IXFR", "AXFR",
					      "MAILB", "MAILA",	 "ANY"};

	(void)state;
	for (size_t i = 0; i < dns_types.count; i++) {
		const char *name = dns_types.schemas[i].name;
		bool found = false;

		for (size_t j = 0; j < sizeof(no_data) / sizeof(no_data[0]); j++)
			found |= strcmp(no_data[j], name) == 0;
		for (size_t j = 0; j < sizeof(examples) / sizeof(examples[0]); j++)
			found |= strcmp(examples[j].type, name) == 0;
		if (!found)
			fail_msg("no example of %s", name);
	}
}

static void finds_types_by_number(void **state)
{
	struct buffer text = {0};

	(void)state;
	for (size_t i = 0; i < dns_types.count; i++)
		assert_ptr_equal(dns_schema_find(&dns_types, dns_types.schemas[i].number),
				 &dns_types.schemas[i]);
	assert_null(dns_schema_find(&dns_types, 0));
	assert_null(dns_schema_find(&dns_types, 54));
	assert_null(dns_schema_find(&dns_types, 65535));
	dns_schema_append_name(&text, &dns_types, 65280);
	assert_true(span_is(buffer_span(&text), "TYPE65280"));
	buffer_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_every_type),
		cmocka_unit_test(keeps_what_is_malformed),
		cmocka_unit_test(survives_any_end),
		cmocka_unit_test(has_an_example_of_every_type),
		cmocka_unit_test(finds_types_by_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
