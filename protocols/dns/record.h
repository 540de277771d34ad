/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_DNS_RECORD_H
#define SOCKTAPE_PROTOCOLS_DNS_RECORD_H

#include "protocols/dns/message.h"

/* Memory for records, kept from one to the next. Zeroed is valid. */
struct dns_writer {
	struct buffer note;
	struct buffer rcode;
	struct buffer edns;
};

/* Gives the session the record of an exchange; REQUEST or RESPONSE may be NULL. */
void dns_record_write(struct dns_writer *w, struct session *session, struct dns_message *request,
		      struct dns_message *response, bool lost);

void dns_writer_free(struct dns_writer *w);

#endif
