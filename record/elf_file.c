/* SPDX-License-Identifier: BSD-2-Clause */
#include "record/elf_file.h"

#include <gelf.h>
#include <libelf.h>
#include <stdlib.h>
#include <unistd.h>

/* Segments of a file that are looked at, symbols of a table, and bytes of read-only data. */
#define SEGMENTS_MAX 64
#define SYMBOLS_MAX  (4u << 20)
#define RODATA_MAX   (UINT64_C(64) << 20)

#define RELOCATIONS_MAX (1u << 20)

#define TEXT_MAX 64

#if defined(__x86_64__)
#define NATIVE_MACHINE	EM_X86_64
#define NATIVE_RELATIVE R_X86_64_RELATIVE
#elif defined(__aarch64__)
#define NATIVE_MACHINE	EM_AARCH64
#define NATIVE_RELATIVE R_AARCH64_RELATIVE
#else
#define NATIVE_MACHINE	EM_NONE
#define NATIVE_RELATIVE 0
#endif

struct segment_place {
	uint64_t address;
	uint64_t offset;
	uint64_t len; /* in the file */
	bool code;
	bool writable;
};

struct elf_file {
	int fd;
	Elf *elf;
	uint16_t machine;
	struct segment_place segments[SEGMENTS_MAX];
	size_t segment_count;
};

static bool segments_read(struct elf_file *file)
{
	size_t count;

	if (elf_getphdrnum(file->elf, &count) != 0)
		return false;
	for (size_t i = 0; i < count && i < 1024 && file->segment_count < SEGMENTS_MAX; i++) {
		GElf_Phdr header;

		if (!gelf_getphdr(file->elf, (int)i, &header) || header.p_type != PT_LOAD)
			continue;
		file->segments[file->segment_count++] = (struct segment_place){
			header.p_vaddr,	       header.p_offset,	      header.p_filesz,
			header.p_flags & PF_X, header.p_flags & PF_W,
		};
	}
	return file->segment_count > 0;
}

struct elf_file *elf_file_open(int fd)
{
	struct elf_file *file = calloc(1, sizeof(*file));
	GElf_Ehdr header;

	if (!file || elf_version(EV_CURRENT) == EV_NONE) {
		free(file);
		return NULL;
	}
	file->fd = fd;
	file->elf = elf_begin(fd, ELF_C_READ, NULL);
	if (!file->elf || elf_kind(file->elf) != ELF_K_ELF ||
	    gelf_getclass(file->elf) != ELFCLASS64 || !gelf_getehdr(file->elf, &header) ||
	    !segments_read(file)) {
		elf_file_close(file);
		return NULL;
	}
	file->machine = header.e_machine;
	return file;
}

void elf_file_close(struct elf_file *file)
{
	if (!file)
		return;
	elf_end(file->elf);
	free(file);
}

bool elf_file_is_native(const struct elf_file *file)
{
	return file->machine == NATIVE_MACHINE;
}

/* The section of TYPE and, where it isn't NULL, of this NAME. */
static Elf_Scn *section_find(struct elf_file *file, uint32_t type, const char *name,
			     GElf_Shdr *header)
{
	Elf_Scn *section = NULL;
	size_t names;

	if (elf_getshdrstrndx(file->elf, &names) != 0)
		return NULL;
	while ((section = elf_nextscn(file->elf, section))) {
		const char *own;

		if (!gelf_getshdr(section, header) || (type && header->sh_type != type))
			continue;
		if (!name)
			return section;
		own = elf_strptr(file->elf, names, header->sh_name);
		if (own && strcmp(own, name) == 0)
			return section;
	}
	return NULL;
}

/* Calls EACH for the functions in the table of TYPE, until it returns false. */
static void table_each(struct elf_file *file, uint32_t type,
		       bool (*each)(void *context, const struct elf_symbol *symbol), void *context)
{
	GElf_Shdr header;
	Elf_Scn *section = section_find(file, type, NULL, &header);
	Elf_Data *data = section ? elf_getdata(section, NULL) : NULL;
	size_t entries = data && header.sh_entsize ? data->d_size / header.sh_entsize : 0;
	bool more = true;

	if (entries > SYMBOLS_MAX)
		entries = SYMBOLS_MAX;
	for (size_t i = 0; i < entries && more; i++) {
		struct elf_symbol symbol;
		GElf_Sym from;

		if (!gelf_getsym(data, (int)i, &from) || from.st_shndx == SHN_UNDEF ||
		    !from.st_value || GELF_ST_TYPE(from.st_info) != STT_FUNC)
			continue;
		symbol.name = elf_strptr(file->elf, header.sh_link, from.st_name);
		symbol.address = from.st_value;
		symbol.size = from.st_size;
		if (symbol.name)
			more = each(context, &symbol);
	}
}

void elf_file_each_function(struct elf_file *file,
			    bool (*each)(void *context, const struct elf_symbol *symbol),
			    void *context)
{
	table_each(file, SHT_SYMTAB, each, context);
}

struct wanted_symbols {
	struct elf_symbol *symbols;
	size_t count;
	size_t found;
};

static bool symbol_take(void *context, const struct elf_symbol *symbol)
{
	struct wanted_symbols *w = context;

	for (size_t i = 0; i < w->count; i++) {
		struct elf_symbol *to = &w->symbols[i];

		if (to->address || strcmp(to->name, symbol->name) != 0)
			continue;
		to->address = symbol->address;
		to->size = symbol->size;
		w->found++;
	}
	return w->found < w->count;
}

size_t elf_file_symbols(struct elf_file *file, struct elf_symbol *symbols, size_t count)
{
	struct wanted_symbols wanted = {symbols, count, 0};

	for (size_t i = 0; i < count; i++)
		symbols[i].address = symbols[i].size = 0;
	table_each(file, SHT_DYNSYM, symbol_take, &wanted);
	if (wanted.found < count)
		table_each(file, SHT_SYMTAB, symbol_take, &wanted);
	return wanted.found;
}

static const struct segment_place *segment_of(const struct elf_file *file, uint64_t address)
{
	for (size_t i = 0; i < file->segment_count; i++) {
		const struct segment_place *s = &file->segments[i];

		if (address >= s->address && address - s->address < s->len)
			return s;
	}
	return NULL;
}

bool elf_file_code_offset(const struct elf_file *file, uint64_t address, uint64_t *offset)
{
	const struct segment_place *s = segment_of(file, address);

	if (!s || !s->code)
		return false;
	*offset = s->offset + (address - s->address);
	return true;
}

size_t elf_file_read(const struct elf_file *file, uint64_t address, void *to, size_t len)
{
	const struct segment_place *s = segment_of(file, address);
	size_t done = 0;

	if (!s)
		return 0;
	if (len > s->len - (address - s->address))
		len = s->len - (address - s->address);
	while (done < len) {
		ssize_t n = pread(file->fd, (char *)to + done, len - done,
				  (off_t)(s->offset + (address - s->address) + done));

		if (n <= 0)
			break;
		done += (size_t)n;
	}
	return done;
}

/* Relocations stand beside the places that they are for, which may be empty. */
bool elf_file_pointers(struct elf_file *file, uint64_t address, uint64_t *to, size_t count)
{
	GElf_Shdr header;
	Elf_Scn *section = section_find(file, SHT_RELA, ".rela.dyn", &header);
	Elf_Data *data = section ? elf_getdata(section, NULL) : NULL;
	size_t entries = data && header.sh_entsize ? data->d_size / header.sh_entsize : 0;
	GElf_Rela one;

	if (elf_file_read(file, address, to, count * sizeof(*to)) != count * sizeof(*to))
		return false;
	for (size_t i = 0; i < entries && i < RELOCATIONS_MAX; i++) {
		if (!gelf_getrela(data, (int)i, &one) || one.r_offset < address ||
		    GELF_R_TYPE(one.r_info) != NATIVE_RELATIVE)
			continue;
		if ((one.r_offset - address) / sizeof(*to) < count &&
		    (one.r_offset - address) % sizeof(*to) == 0)
			to[(one.r_offset - address) / sizeof(*to)] = (uint64_t)one.r_addend;
	}
	return true;
}

void elf_file_build_id(struct elf_file *file, struct buffer *text)
{
	GElf_Shdr header;
	Elf_Scn *section = section_find(file, SHT_NOTE, ".note.gnu.build-id", &header);
	Elf_Data *data = section ? elf_getdata(section, NULL) : NULL;
	GElf_Nhdr note;
	size_t name;
	size_t id;

	if (!data || !gelf_getnote(data, 0, &note, &name, &id) || note.n_type != NT_GNU_BUILD_ID)
		return;
	for (size_t i = 0; i < note.n_descsz && i < TEXT_MAX / 2; i++)
		buffer_printf(text, "%02x", ((const uint8_t *)data->d_buf)[id + i]);
}

/* Three numbers with dots between them stand at AT. */
static bool is_version(const char *at, const char *end)
{
	int dots = 0;

	if (at == end || *at < '0' || *at > '9')
		return false;
	for (; at < end && dots < 2; at++) {
		if (*at == '.')
			dots++;
		else if (*at < '0' || *at > '9')
			return false;
	}
	return dots == 2 && at < end && *at >= '0' && *at <= '9';
}

bool elf_file_version(struct elf_file *file, const char *prefix, struct buffer *text)
{
	GElf_Shdr header;
	Elf_Scn *section = section_find(file, SHT_PROGBITS, ".rodata", &header);
	Elf_Data *data = section && header.sh_size <= RODATA_MAX ? elf_rawdata(section, NULL)
								 : NULL;
	const char *at = data ? data->d_buf : NULL;
	const char *end = at ? at + data->d_size : NULL;

	while (at && (at = memmem(at, (size_t)(end - at), prefix, strlen(prefix)))) {
		size_t left = (size_t)(end - at);

		if (is_version(at + strlen(prefix), end)) {
			buffer_append(text, at, strnlen(at, left < TEXT_MAX ? left : TEXT_MAX));
			return true;
		}
		at++;
	}
	return false;
}

bool elf_file_has_section(struct elf_file *file, const char *name)
{
	GElf_Shdr header;

	return section_find(file, 0, name, &header);
}

/* LEN bytes of the file, from OFFSET on; what it doesn't have is missing at the end. */
static bool part_read(const struct elf_file *file, uint64_t offset, uint64_t len,
		      struct elf_part *part)
{
	part->data = malloc(len);
	part->len = 0;
	if (!part->data)
		return false;
	while (part->len < len) {
		ssize_t n = pread(file->fd, part->data + part->len, len - part->len,
				  (off_t)(offset + part->len));

		if (n <= 0)
			break;
		part->len += (uint64_t)n;
	}
	return true;
}

bool elf_file_section(struct elf_file *file, const char *name, uint64_t max, struct elf_part *part)
{
	GElf_Shdr header;

	*part = (struct elf_part){0};
	if (!section_find(file, SHT_PROGBITS, name, &header) || !header.sh_size ||
	    header.sh_size > max)
		return false;
	part->address = header.sh_addr;
	return part_read(file, header.sh_offset, header.sh_size, part);
}

bool elf_file_data(struct elf_file *file, size_t index, uint64_t max, struct elf_part *part)
{
	*part = (struct elf_part){0};
	for (size_t i = 0; i < file->segment_count; i++) {
		const struct segment_place *s = &file->segments[i];

		if (!s->writable || !s->len || index--)
			continue;
		part->address = s->address;
		return part_read(file, s->offset, s->len < max ? s->len : max, part);
	}
	return false;
}
