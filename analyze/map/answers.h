/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_MAP_ANSWERS_H
#define SOCKTAPE_ANALYZE_MAP_ANSWERS_H

#include "analyze/map/intern.h"
#include "format/buffer.h"
#include "protocols/value/table.h"

/* What was answered to questions of DNS: the first few different answers to each. */
#define ANSWERS_KEPT 4

struct answers_of {
	size_t texts[ANSWERS_KEPT]; /* numbers */
	size_t count;
	bool more;
};

struct answers {
	const struct table *table; /* whose columns these are */
	int qname, qtype, answers;
	struct intern questions; /* by name and type */
	struct answers_of *of;	 /* by question */
	struct intern texts;
	struct buffer text;
};

/* Appends the name that VALUES of TABLE, which is dns, ask for, in lower case, and the type. */
void answers_question(struct answers *a, const struct table *table, const struct value *values,
		      struct buffer *name, struct buffer *type);

/* Learns what was answered to the question NAME, TYPE. False without memory. */
bool answers_learn(struct answers *a, const struct value *values, uint32_t name, uint32_t type);

/* Appends "192.0.2.1, 192.0.2.2", with ", ..." where there are more. */
void answers_append(const struct answers *a, uint32_t name, uint32_t type, struct buffer *out);

void answers_free(struct answers *a);

#endif
