/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/spill/paged.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct paged_page {
	uint64_t number; /* in the file, plus 1; 0: none */
	bool dirty;
	uint8_t bytes[PAGED_PAGE];
};

void paged_init(struct paged *p, size_t memory)
{
	scratch_init(&p->file);
	p->count = memory / PAGED_PAGE;
	p->pages = NULL;
}

static bool write_back(struct paged *p, struct paged_page *page)
{
	if (page->dirty &&
	    !scratch_write(&p->file, (page->number - 1) * PAGED_PAGE, page->bytes, PAGED_PAGE))
		return false;
	page->dirty = false;
	return true;
}

/* The page of that number; NULL with errno. */
static struct paged_page *page_get(struct paged *p, uint64_t number)
{
	struct paged_page *page;

	if (!p->pages)
		p->pages = calloc(p->count, sizeof(*p->pages));
	if (!p->pages) {
		errno = ENOMEM;
		return NULL;
	}
	page = &p->pages[number % p->count];
	if (page->number == number + 1)
		return page;
	if (!write_back(p, page))
		return NULL;
	page->number = 0;
	if (!scratch_read(&p->file, number * PAGED_PAGE, page->bytes, PAGED_PAGE))
		return NULL;
	page->number = number + 1;
	return page;
}

bool paged_write(struct paged *p, uint64_t offset, const void *data, size_t len)
{
	const char *from = data;

	while (len) {
		struct paged_page *page = page_get(p, offset / PAGED_PAGE);
		size_t at = offset % PAGED_PAGE;
		size_t n = PAGED_PAGE - at < len ? PAGED_PAGE - at : len;

		if (!page)
			return false;
		memcpy(page->bytes + at, from, n);
		page->dirty = true;
		from += n;
		offset += n;
		len -= n;
	}
	return true;
}

bool paged_read(struct paged *p, uint64_t offset, void *data, size_t len)
{
	char *to = data;

	while (len) {
		const struct paged_page *page = page_get(p, offset / PAGED_PAGE);
		size_t at = offset % PAGED_PAGE;
		size_t n = PAGED_PAGE - at < len ? PAGED_PAGE - at : len;

		if (!page)
			return false;
		memcpy(to, page->bytes + at, n);
		to += n;
		offset += n;
		len -= n;
	}
	return true;
}

void paged_close(struct paged *p)
{
	free(p->pages);
	scratch_close(&p->file);
	p->pages = NULL;
}
