/* SPDX-License-Identifier: BSD-2-Clause */
/* shape mysql|pgsql|cql: the shape of each line of standard input. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/shape/statement.h"

static enum dialect dialect_of(const char *name)
{
	if (strcmp(name, "mysql") == 0)
		return DIALECT_MYSQL;
	return strcmp(name, "cql") == 0 ? DIALECT_CQL : DIALECT_PGSQL;
}

int main(int argc, char **argv)
{
	struct buffer shape = {0};
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	if (argc != 2)
		return 1;
	while ((len = getline(&line, &size, stdin)) > 0) {
		buffer_clear(&shape);
		statement_shape(&shape, dialect_of(argv[1]), span_of(line, (size_t)len));
		printf("%.*s\n", (int)shape.len, shape.data ? shape.data : "");
	}
	buffer_free(&shape);
	free(line);
	return 0;
}
