/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/mux/mux.h"
#include "tests/fuzz/converse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	converse(&protocol_mux, TRANSPORT_TCP, data, size);
	return 0;
}
