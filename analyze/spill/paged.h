/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_SPILL_PAGED_H
#define SOCKTAPE_ANALYZE_SPILL_PAGED_H

#include "analyze/spill/scratch.h"

/*
 * A scratch file for many small reads and writes that often go to the same places: the pages used
 * last are kept, so that most of them ask the system for nothing.
 */
#define PAGED_PAGE 4096u

struct paged_page;

struct paged {
	struct scratch file;
	size_t count;		  /* of pages that are kept */
	struct paged_page *pages; /* made with the first byte */
};

/* MEMORY: bytes that pages may take, of one page or more. */
void paged_init(struct paged *p, size_t memory);

/* False with errno. */
bool paged_write(struct paged *p, uint64_t offset, const void *data, size_t len);

/* What was never written reads as zeros. */
bool paged_read(struct paged *p, uint64_t offset, void *data, size_t len);

void paged_close(struct paged *p);

#endif
