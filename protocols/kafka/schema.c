/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/kafka/schema.h"

#include <string.h>

/* The first schema of this kind and api; where there is none, one of another. */
static size_t lower_bound(enum kafka_kind kind, int api)
{
	size_t low = 0, high = kafka_schema_count;

	if (kind <= KAFKA_KIND_RESPONSE)
		return api >= 0 && api < KAFKA_API_COUNT ? kafka_schema_index[kind][api]
							 : kafka_schema_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (kafka_schemas[middle].kind < kind)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_of(size_t i, enum kafka_kind kind, int api)
{
	return i < kafka_schema_count && kafka_schemas[i].kind == kind &&
	       kafka_schemas[i].api == api;
}

const struct kafka_schema *kafka_schema_find(enum kafka_kind kind, int api, int version)
{
	for (size_t i = lower_bound(kind, api); is_of(i, kind, api); i++)
		if (kafka_in(kafka_schemas[i].first, kafka_schemas[i].last, version))
			return &kafka_schemas[i];
	return NULL;
}

const struct kafka_schema *kafka_schema_data(const char *name, int version)
{
	for (size_t i = lower_bound(KAFKA_KIND_DATA, -1); is_of(i, KAFKA_KIND_DATA, -1); i++)
		if (kafka_in(kafka_schemas[i].first, kafka_schemas[i].last, version) &&
		    !strcmp(kafka_schemas[i].name, name))
			return &kafka_schemas[i];
	return NULL;
}

const char *kafka_api_name(int api)
{
	size_t i = lower_bound(KAFKA_KIND_REQUEST, api);

	return is_of(i, KAFKA_KIND_REQUEST, api) ? kafka_schemas[i].name : NULL;
}

bool kafka_api_versions(int api, int *first, int *last)
{
	size_t i = lower_bound(KAFKA_KIND_REQUEST, api);

	if (!is_of(i, KAFKA_KIND_REQUEST, api))
		return false;
	*first = kafka_schemas[i].first;
	for (; is_of(i, KAFKA_KIND_REQUEST, api); i++)
		*last = kafka_schemas[i].last;
	return true;
}
