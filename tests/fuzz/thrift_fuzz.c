/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/thrift/thrift.h"
#include "tests/fuzz/converse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	converse(&protocol_thrift, TRANSPORT_TCP, data, size);
	return 0;
}
