/* SPDX-License-Identifier: BSD-2-Clause */
#include "record/go_file.h"

#include <stdlib.h>

#define TABLE_MAX (UINT64_C(256) << 20)
#define DATA_MAX  (UINT64_C(256) << 20)

#define MAGIC_1_18 0xfffffff0u
#define MAGIC_1_20 0xfffffff1u

/* The header: runtime/symtab.go, pcHeader. */
#define HEADER_LEN   72
#define HEADER_COUNT 8
#define HEADER_NAMES 32
#define HEADER_FUNCS 64

/* Words of runtime.moduledata, which begins with the table's address: the lowest pc, and text. */
#define MODULE_WORDS 23
#define MODULE_MINPC 20
#define MODULE_TEXT  22

#define FUNCTIONS_MAX (4u << 20)

static const char *const sections[] = {".gopclntab", ".data.rel.ro.gopclntab"};

struct table {
	struct elf_part part; /* the section */
	uint64_t count;	      /* functions */
	uint64_t names;	      /* offsets in it */
	uint64_t functions;
	uint64_t text; /* address that functions' offsets count from */
};

static uint64_t u64_at(const struct elf_part *part, uint64_t at)
{
	uint64_t value = 0;

	if (at <= part->len && part->len - at >= sizeof(value))
		memcpy(&value, part->data + at, sizeof(value));
	return value;
}

static uint32_t u32_at(const struct elf_part *part, uint64_t at)
{
	uint32_t value = 0;

	if (at <= part->len && part->len - at >= sizeof(value))
		memcpy(&value, part->data + at, sizeof(value));
	return value;
}

bool go_file_is(struct elf_file *file)
{
	return elf_file_has_section(file, sections[0]) || elf_file_has_section(file, sections[1]);
}

/* Where offsets of functions count from: the header doesn't tell in every version. */
static uint64_t text_find(struct elf_file *file, const struct table *table)
{
	struct elf_part data;
	uint64_t text = 0;

	for (size_t i = 0; !text && elf_file_data(file, i, DATA_MAX, &data); i++) {
		for (uint64_t at = 0; !text && at + MODULE_WORDS * 8 <= data.len; at += 8) {
			uint64_t found;
			uint64_t offset;

			if (u64_at(&data, at) != table->part.address)
				continue;
			found = u64_at(&data, at + MODULE_TEXT * 8);
			if (u64_at(&data, at + MODULE_MINPC * 8) >= found &&
			    elf_file_code_offset(file, found, &offset))
				text = found;
		}
		free(data.data);
	}
	return text;
}

static bool table_read(struct elf_file *file, struct table *table)
{
	uint32_t magic;

	if (!elf_file_section(file, sections[0], TABLE_MAX, &table->part) &&
	    !elf_file_section(file, sections[1], TABLE_MAX, &table->part))
		return false;
	magic = u32_at(&table->part, 0);
	table->count = u64_at(&table->part, HEADER_COUNT);
	table->names = u64_at(&table->part, HEADER_NAMES);
	table->functions = u64_at(&table->part, HEADER_FUNCS);
	if (table->part.len < HEADER_LEN || (magic != MAGIC_1_18 && magic != MAGIC_1_20) ||
	    table->count > FUNCTIONS_MAX || table->names > table->part.len ||
	    table->functions > table->part.len)
		return false;
	table->text = text_find(file, table);
	return table->text != 0;
}

/* Terminated inside of the table; NULL when it isn't. */
static const char *name_at(const struct table *table, uint64_t offset)
{
	uint64_t at = table->names + offset;

	if (at >= table->part.len || !memchr(table->part.data + at, '\0', table->part.len - at))
		return NULL;
	return (const char *)table->part.data + at;
}

static void functions_take(const struct table *table, struct go_function *functions, size_t count)
{
	for (uint64_t i = 0; i < table->count; i++) {
		uint64_t entry = table->functions + i * 8;
		uint64_t begin = u32_at(&table->part, entry);
		uint64_t end = u32_at(&table->part, entry + 8);
		uint64_t info = table->functions + u32_at(&table->part, entry + 4);
		const char *name = name_at(table, u32_at(&table->part, info + 4));

		for (size_t k = 0; name && k < count; k++) {
			if (strcmp(functions[k].name, name) != 0)
				continue;
			functions[k].address = table->text + begin;
			functions[k].size = end > begin ? end - begin : 0;
		}
	}
}

bool go_file_functions(struct elf_file *file, struct go_function *functions, size_t count)
{
	struct table table = {0};
	bool read = table_read(file, &table);

	for (size_t i = 0; i < count; i++)
		functions[i].address = functions[i].size = 0;
	if (read)
		functions_take(&table, functions, count);
	free(table.part.data);
	return read;
}

/* debug/buildinfo: 16 bytes of magic and flags, then, with bit 1 of those, the version at 32. */
#define BUILDINFO_FLAGS	  15
#define BUILDINFO_INLINE  2
#define BUILDINFO_VERSION 32
#define BUILDINFO_MAX	  (1u << 20)

void go_file_version(struct elf_file *file, struct buffer *text)
{
	struct elf_part part;

	if (!elf_file_section(file, ".go.buildinfo", BUILDINFO_MAX, &part))
		return;
	if (part.len > BUILDINFO_VERSION && (part.data[BUILDINFO_FLAGS] & BUILDINFO_INLINE)) {
		size_t len =
			part.data[BUILDINFO_VERSION]; /* a varint: one byte for what is short */

		if (len < 64 && len <= part.len - BUILDINFO_VERSION - 1)
			buffer_append(text, part.data + BUILDINFO_VERSION + 1, len);
	}
	free(part.data);
}
