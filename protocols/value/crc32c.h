/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_VALUE_CRC32C_H
#define SOCKTAPE_PROTOCOLS_VALUE_CRC32C_H

#include <stdint.h>

#include "format/span.h"

/* CRC-32C, Castagnoli's (RFC 3720, appendix B.4), by the processor where it has an instruction. */
uint32_t crc32c(struct span bytes);

/* The same by a table: what other processors do, and a test holds the instruction against. */
uint32_t crc32c_by_table(struct span bytes);

#endif
