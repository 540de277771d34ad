/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_RECORD_ELF_FILE_H
#define SOCKTAPE_RECORD_ELF_FILE_H

#include "format/buffer.h"

/*
 * An executable or library of somebody else, read with pread(2) and never mapped, so that it may
 * change or shrink meanwhile. It may be hostile: whatever it says is checked, and only read.
 */
struct elf_file;

/* Of the file that FD has open, which must stay open. NULL: not an ELF file of 64 bits. */
struct elf_file *elf_file_open(int fd);

void elf_file_close(struct elf_file *file); /* NULL is fine */

/* Whether its code is for the processor that this program runs on. */
bool elf_file_is_native(const struct elf_file *file);

struct elf_symbol {
	const char *name;
	uint64_t address; /* 0: not found, or not defined in this file */
	uint64_t size;
};

/*
 * Looks the COUNT symbols up by name, in .dynsym and, for those that aren't there, in .symtab.
 * Returns how many were found.
 */
size_t elf_file_symbols(struct elf_file *file, struct elf_symbol *symbols, size_t count);

/* Calls EACH for the functions that .symtab has, until it returns false. */
void elf_file_each_function(struct elf_file *file,
			    bool (*each)(void *context, const struct elf_symbol *symbol),
			    void *context);

/* Where in the file ADDRESS is, in a part that is executed; false when it isn't. */
bool elf_file_code_offset(const struct elf_file *file, uint64_t address, uint64_t *offset);

/* Reads what is at ADDRESS, as far as the file has it there; returns the length. */
size_t elf_file_read(const struct elf_file *file, uint64_t address, void *to, size_t len);

/* The COUNT pointers at ADDRESS, as they are before the file is moved to where it is loaded. */
bool elf_file_pointers(struct elf_file *file, uint64_t address, uint64_t *to, size_t count);

/* The build id in hexadecimal digits; nothing where there is none. */
void elf_file_build_id(struct elf_file *file, struct buffer *text);

/*
 * The first text in read-only data that begins with PREFIX and a version of three numbers, up to
 * its zero byte but at most 64 characters; false when there is none.
 */
bool elf_file_version(struct elf_file *file, const char *prefix, struct buffer *text);

/* A copy of a part of the file; DATA is the caller's to free. */
struct elf_part {
	uint8_t *data;
	uint64_t len;
	uint64_t address;
};

/* The section of this name; false when there is none, it is longer than MAX, or memory is short. */
bool elf_file_section(struct elf_file *file, const char *name, uint64_t max, struct elf_part *part);

/* The INDEXth part that is loaded to be written, at most MAX bytes of it; false when there is none.
 */
bool elf_file_data(struct elf_file *file, size_t index, uint64_t max, struct elf_part *part);

/* Whether there is a section of this name. */
bool elf_file_has_section(struct elf_file *file, const char *name);

#endif
