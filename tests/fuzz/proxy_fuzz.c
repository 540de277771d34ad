/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/proxy/proxy.h"
#include "tests/fuzz/converse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	converse(&protocol_proxy, TRANSPORT_TCP, data, size);
	converse(&protocol_proxy, TRANSPORT_UDP, data, size);
	return 0;
}
