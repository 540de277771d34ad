/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/dns/number.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct dns_number classes[] = {
	{1, "IN"}, {2, "CS"}, {3, "CH"}, {4, "HS"}, {254, "NONE"}, {255, "ANY"},
};

static const struct dns_number opcodes[] = {
	{0, "QUERY"}, {1, "IQUERY"}, {2, "STATUS"}, {4, "NOTIFY"}, {5, "UPDATE"}, {6, "DSO"},
};

static const struct dns_number rcodes[] = {
	{0, "NOERROR"},	 {1, "FORMERR"},    {2, "SERVFAIL"}, {3, "NXDOMAIN"},  {4, "NOTIMP"},
	{5, "REFUSED"},	 {6, "YXDOMAIN"},   {7, "YXRRSET"},  {8, "NXRRSET"},   {9, "NOTAUTH"},
	{10, "NOTZONE"}, {11, "DSOTYPENI"}, {16, "BADSIG"},  {17, "BADKEY"},   {18, "BADTIME"},
	{19, "BADMODE"}, {20, "BADNAME"},   {21, "BADALG"},  {22, "BADTRUNC"}, {23, "BADCOOKIE"},
};

static const struct dns_number extended_errors[] = {
	{0, "Other"},
	{1, "Unsupported DNSKEY Algorithm"},
	{2, "Unsupported DS Digest Type"},
	{3, "Stale Answer"},
	{4, "Forged Answer"},
	{5, "DNSSEC Indeterminate"},
	{6, "DNSSEC Bogus"},
	{7, "Signature Expired"},
	{8, "Signature Not Yet Valid"},
	{9, "DNSKEY Missing"},
	{10, "RRSIGs Missing"},
	{11, "No Zone Key Bit Set"},
	{12, "NSEC Missing"},
	{13, "Cached Error"},
	{14, "Not Ready"},
	{15, "Blocked"},
	{16, "Censored"},
	{17, "Filtered"},
	{18, "Prohibited"},
	{19, "Stale NXDOMAIN Answer"},
	{20, "Not Authoritative"},
	{21, "Not Supported"},
	{22, "No Reachable Authority"},
	{23, "Network Error"},
	{24, "Invalid Data"},
	{25, "Signature Expired before Valid"},
	{26, "Too Early"},
	{27, "Unsupported NSEC3 Iterations Value"},
	{28, "Unable to conform to policy"},
	{29, "Synthesized"},
	{30, "Invalid Query Type"},
};

const struct dns_numbers dns_classes = {classes, COUNT(classes), "CLASS"};
const struct dns_numbers dns_opcodes = {opcodes, COUNT(opcodes), "OPCODE"};
const struct dns_numbers dns_rcodes = {rcodes, COUNT(rcodes), "RCODE"};
const struct dns_numbers dns_extended_errors = {extended_errors, COUNT(extended_errors), "EDE"};

const char *dns_number_name(const struct dns_numbers *numbers, uint16_t number)
{
	for (size_t i = 0; i < numbers->count; i++)
		if (numbers->names[i].number == number)
			return numbers->names[i].name;
	return NULL;
}

void dns_number_append(struct buffer *out, const struct dns_numbers *numbers, uint16_t number)
{
	const char *name = dns_number_name(numbers, number);

	buffer_append_text(out, name ? name : numbers->prefix);
	if (!name)
		buffer_append_u64(out, number);
}
