/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_RECORD_DESCEND_H
#define SOCKTAPE_RECORD_DESCEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/error.h"

/*
 * Calls FOUND for every living process that descends from one of ROOTS (ROOTS themselves
 * excluded), once each. TAPE_ERROR_IO when /proc can't be read.
 */
MUST_CHECK enum tape_error descend_list(const uint32_t *roots, size_t root_count,
					void (*found)(void *context, uint32_t pid), void *context);

#endif
