/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_MAP_SERVICE_NAME_H
#define SOCKTAPE_ANALYZE_MAP_SERVICE_NAME_H

#include <stdbool.h>

#include "format/buffer.h"
#include "protocols/value/table.h"

/* What a request calls the service that it is for: Host, SNI, database. */

/* Names that every server of a kind has, which say nothing of which one it is. */
#define SERVICE_NAME_COMMON_MAX 4

struct service_name {
	const struct table *table;
	int column; /* -1: such records name none */
	bool host;  /* a name of DNS, the same service wherever it is; else one of its own server */
	const char *const *common; /* such names, NULL behind fewer; set where COLUMN is */
};

/* Which column of TABLE says it. */
struct service_name service_name_of(const struct table *table);

/*
 * Appends the name that VALUES say, of hosts in lower case and without the usual ports; nothing
 * where there is none, or only an address, or what every server has (localhost, "admin").
 */
void service_name_append(const struct service_name *name, const struct value *values,
			 struct buffer *out);

#endif
