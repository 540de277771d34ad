/* SPDX-License-Identifier: BSD-2-Clause */
/* The fingerprint that libpg_query gives each line of standard input. */
#include <pg_query.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void)
{
	char *line = NULL;
	size_t size = 0;

	while (getline(&line, &size, stdin) > 0) {
		PgQueryFingerprintResult result;

		line[strcspn(line, "\n")] = '\0';
		result = pg_query_fingerprint(line);
		if (result.error)
			printf("error: %s\n", result.error->message);
		else
			printf("%s\n", result.fingerprint_str);
		pg_query_free_fingerprint_result(result);
	}
	free(line);
	return 0;
}
