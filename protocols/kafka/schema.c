/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/kafka/schema.h"

#include <string.h>

/* Schemas that stand behind each other. */
struct range {
	const struct kafka_schema *first, *end;
};

/* Those of an api; none where there is no such api. */
static struct range range_of(enum kafka_kind kind, int api)
{
	const uint16_t *index = kafka_schema_index[kind];

	if (api < 0 || api >= KAFKA_API_COUNT)
		return (struct range){kafka_schemas, kafka_schemas};
	return (struct range){&kafka_schemas[index[api]], &kafka_schemas[index[api + 1]]};
}

const struct kafka_schema *kafka_schema_find(enum kafka_kind kind, int api, int version)
{
	struct range r = range_of(kind, api);

	for (const struct kafka_schema *s = r.first; s < r.end; s++)
		if (kafka_in(s->first, s->last, version))
			return s;
	return NULL;
}

const struct kafka_schema *kafka_schema_data(const char *name, int version)
{
	for (size_t i = 0; i < kafka_schema_count; i++)
		if (kafka_schemas[i].kind == KAFKA_KIND_DATA &&
		    kafka_in(kafka_schemas[i].first, kafka_schemas[i].last, version) &&
		    !strcmp(kafka_schemas[i].name, name))
			return &kafka_schemas[i];
	return NULL;
}

const char *kafka_api_name(int api)
{
	struct range r = range_of(KAFKA_KIND_REQUEST, api);

	return r.first < r.end ? r.first->name : NULL;
}

bool kafka_api_versions(int api, int *first, int *last)
{
	struct range r = range_of(KAFKA_KIND_REQUEST, api);

	if (r.first == r.end)
		return false;
	*first = r.first->first;
	*last = r.end[-1].last;
	return true;
}
