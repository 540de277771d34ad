/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_SQL_VIEWS_H
#define SOCKTAPE_ANALYZE_SQL_VIEWS_H

#include <stddef.h>

/* A question that is asked often, as a view over the tables. */
struct sql_view {
	const char *name;
	const char *summary;
	const char *query;
};

extern const struct sql_view sql_kafka_views[];
extern const size_t sql_kafka_view_count;

/* NULL behind the last. */
const struct sql_view *sql_view_at(size_t index);

#endif
