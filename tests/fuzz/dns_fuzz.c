/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as a conversation over UDP and TCP, as one message, and as the sample on port 53. */
#include <stdlib.h>

#include "protocols/dns/dns.h"
#include "protocols/dns/message.h"
#include "tests/fuzz/converse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_message(const uint8_t *data, size_t size)
{
	struct buffer scratch = {0};
	struct dns_reading reading = {.complete = true, .multicast = true, .scratch = &scratch};
	struct dns_message m = {.bytes = size};

	dns_message_read(&m, span_of(data, size), &reading);
	if (m.base.text.failed || m.answers.start + m.answers.len != m.base.text.len)
		abort();
	buffer_free(&m.base.text);
	buffer_free(&scratch);
}

static void infer(const uint8_t *data, size_t size)
{
	struct sample sample = {.transport = TRANSPORT_UDP, .remote_port = 53};
	struct verdict verdict = {0};

	sample.bytes[DIRECTION_SENT] = span_of(data, size < SAMPLE_MAX ? size : SAMPLE_MAX);
	protocol_dns.infer(&sample, &verdict);
	if (verdict.score > 0 && !verdict.reason[0])
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	converse(&protocol_dns, TRANSPORT_UDP, data, size);
	converse(&protocol_dns, TRANSPORT_TCP, data, size);
	if (size <= 65535)
		read_message(data, size);
	infer(data, size);
	return 0;
}
