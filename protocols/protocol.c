/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/protocol.h"

const char *outcome_text(enum outcome outcome)
{
	static const char *const texts[] = {
#define OUTCOME_TEXT(name, text) text,
		OUTCOMES(OUTCOME_TEXT)
#undef OUTCOME_TEXT
	};

	return texts[outcome];
}

const struct protocol *protocol_find(const char *name)
{
	for (size_t i = 0; protocols[i]; i++)
		if (strcmp(protocols[i]->name, name) == 0)
			return protocols[i];
	return NULL;
}

const struct table *protocol_table_find(const char *name, const struct protocol **owner)
{
	for (size_t i = 0; protocols[i]; i++) {
		for (const struct table *const *t = protocols[i]->tables; *t; t++) {
			if (strcmp((*t)->name, name) != 0)
				continue;
			if (owner)
				*owner = protocols[i];
			return *t;
		}
	}
	return NULL;
}
