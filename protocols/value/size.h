/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_VALUE_SIZE_H
#define SOCKTAPE_PROTOCOLS_VALUE_SIZE_H

#include "format/buffer.h"

/* Appends a number of bytes for a person: "17B", "9.1KB", "2.0MB" (units of 1024). */
void size_append(struct buffer *out, int64_t bytes);

#endif
