/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_COMMAND_SCHEMA_H
#define SOCKTAPE_ANALYZE_COMMAND_SCHEMA_H

#include "format/buffer.h"
#include "protocols/value/table.h"

/* Every table there is: those of the commands, and those of the protocols. */

/* What all records have, before the columns of their own table. */
extern const struct table records_table;

/* Called for each; RECORDS: its rows begin with the columns of records_table. */
typedef void schema_table_fn(void *context, const struct table *table, bool records);

void schema_each(schema_table_fn *each, void *context);

/* The manual page that tells of all of them: analyze/socktape-tables.5 is a copy of it. */
void schema_page(struct buffer *page);

#endif
