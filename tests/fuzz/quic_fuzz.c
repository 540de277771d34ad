/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/quic/quic.h"
#include "tests/fuzz/converse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	converse(&protocol_quic, TRANSPORT_UDP, data, size);
	return 0;
}
