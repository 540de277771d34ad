/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_RECORD_GO_FILE_H
#define SOCKTAPE_RECORD_GO_FILE_H

#include "record/elf_file.h"

/*
 * Functions of a program that Go's compiler made, found in the table that its runtime needs itself
 * (.gopclntab: runtime/symtab.go, runtime/runtime2.go), so that stripped ones have it, too. The
 * table begins with a magic number that tells its version: that of Go 1.18 and 1.19, and of 1.20
 * and later.
 */
struct go_function {
	const char *name;
	uint64_t address; /* 0: there is none */
	uint64_t size;
};

/* Whether there is such a table. */
bool go_file_is(struct elf_file *file);

/*
 * Looks COUNT functions up by name; false when the table isn't understood, or memory is short.
 * Costs milliseconds for each ten thousand functions in the program.
 */
bool go_file_functions(struct elf_file *file, struct go_function *functions, size_t count);

/* "go1.22.1", of the compiler; nothing where it isn't told. */
void go_file_version(struct elf_file *file, struct buffer *text);

#endif
