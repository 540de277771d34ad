/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_SPILL_PAGED_H
#define SOCKTAPE_ANALYZE_SPILL_PAGED_H

#include "analyze/spill/scratch.h"

/*
 * A scratch file for many small reads and writes that often go to the same places: the pages used
 * last are kept, so that most of them ask the system for nothing.
 */
#define PAGED_PAGE  4096u
#define PAGED_PAGES 256u /* that are kept: 1 MiB */

struct paged_page;

struct paged {
	struct scratch file;
	struct paged_page *pages; /* PAGED_PAGES of them, made with the first byte */
};

void paged_init(struct paged *p);

/* False with errno. */
bool paged_write(struct paged *p, uint64_t offset, const void *data, size_t len);

/* What was never written reads as zeros. */
bool paged_read(struct paged *p, uint64_t offset, void *data, size_t len);

void paged_close(struct paged *p);

#endif
