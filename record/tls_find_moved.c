/* SPDX-License-Identifier: BSD-2-Clause */
#include "record/tls_find_private.h"
#include "record/x86_read.h"

/*
 * What OpenSSL reads with is behind the table of methods that TLS_method() returns. Which of its
 * entries that is differs by version, but only one of them hands its arguments on so.
 */

#define METHODS_MAX 24

/* From what stands in the table to what does the work. */
#define JUMPS_MAX 3

static bool places_add(struct finder *f, uint64_t address, const struct tls_point *like,
		       const struct x86_read_places *places)
{
	struct tls_point point = *like;
	size_t before = f->found->point_count;

	point.registers = (struct tls_registers){places->object, places->buffer, places->count_at,
						 places->peeks};
	for (size_t i = 0; i < places->count; i++)
		tls_point_add(f, address + (uint64_t)places->at[i], &point);
	return f->found->point_count > before;
}

static bool method_try(struct finder *f, uint64_t address, const struct tls_point *like)
{
	struct x86_read_places places;
	struct x86_values values;
	int64_t target;

	x86_values_begin(&values);
	for (int i = 0; i < JUMPS_MAX && address; i++) {
		tls_code_read(f, address, 0);
		if (!x86_read_places(f->code, f->code_len, &values, &target, &places))
			return false;
		if (places.count)
			return places_add(f, address, like, &places);
		address += (uint64_t)target;
	}
	return false;
}

bool tls_find_moved(struct finder *f, const struct tls_point *like)
{
	const struct elf_symbol *symbol = &f->symbols[TLS_METHOD];
	uint64_t methods[METHODS_MAX];
	int64_t table;
	bool absolute;

	tls_code_read(f, symbol->address, symbol->size);
	if (!symbol->address || !x86_returns_address(f->code, f->code_len, &table, &absolute) ||
	    !elf_file_pointers(f->file, (uint64_t)table + (absolute ? 0 : symbol->address), methods,
			       METHODS_MAX))
		return false;
	for (size_t i = 0; i < METHODS_MAX; i++)
		if (method_try(f, methods[i], like))
			return true;
	return false;
}
