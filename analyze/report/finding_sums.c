/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/report/finding_sums.h"

#include <stdlib.h>
#include <string.h>

#include "format/hash.h"
#include "protocols/value/utf8.h"

/* Of a text that is kept. */
#define TEXT_MAX 300

static char *copy(struct finding_sums *f, struct span text)
{
	struct span some = utf8_fitting(text, TEXT_MAX);
	char *to = malloc(some.len + 1);

	if (!to) {
		f->no_memory = true;
		return NULL;
	}
	for (size_t i = 0; i < some.len; i++)
		to[i] = some.data[i] ? some.data[i] : ' ';
	to[some.len] = '\0';
	return to;
}

static int64_t number(const struct value *v)
{
	return v->type == VALUE_INT ? v->integer : 0;
}

static void keep_example(struct finding_sums *f, struct finding_sum *sum,
			 const struct value *values)
{
	struct finding_example *to;

	if (sum->kept == FINDING_EXAMPLES)
		return;
	to = &sum->examples[sum->kept++];
	to->ts = number(&values[FINDING_COLUMN_TS]);
	to->conn = number(&values[FINDING_COLUMN_CONN]);
	to->pid = number(&values[FINDING_COLUMN_PID]);
	for (size_t i = 0; i < FINDING_COLUMNS; i++)
		if (value_has_text(&values[i]) && values[i].text.len)
			to->values[i] = copy(f, values[i].text);
}

/* ---- connections that failed ---- */

static bool is_trouble(enum finding_kind kind)
{
	switch (kind) {
	case FINDING_REFUSED:
	case FINDING_TIMED_OUT:
	case FINDING_UNREACHABLE:
	case FINDING_FAILED:
	case FINDING_RESET:
	case FINDING_NO_REPLY:
		return true;
	default:
		return false;
	}
}

/* An address that a client chose for itself says nothing about it but the host. */
static struct span without_port(struct span address)
{
	const char *colon = address.len ? memrchr(address.data, ':', address.len) : NULL;

	return colon ? span_of(address.data, (size_t)(colon - address.data)) : address;
}

static bool grow(struct finding_sums *f)
{
	size_t room = f->trouble_room ? 2 * f->trouble_room : 64;
	struct trouble *more;

	if (f->trouble_count < f->trouble_room)
		return true;
	more = realloc(f->troubles, room * sizeof(*more));
	if (!more) {
		f->no_memory = true;
		return false;
	}
	f->troubles = more;
	f->trouble_room = room;
	return true;
}

static bool is_same(const struct trouble *t, enum finding_kind kind, bool server, struct span who,
		    struct span whom)
{
	return t->kind == kind && t->server == server && t->process && t->remote &&
	       span_is(who, t->process) && span_is(whom, t->remote);
}

/* NULL: there is no room. */
static struct trouble *get(struct finding_sums *f, enum finding_kind kind, bool server,
			   struct span who, struct span whom)
{
	uint64_t hash = hash_bytes(hash_bytes((uint64_t)kind * 2 + server, who.data, who.len),
				   whom.data, whom.len);
	uintptr_t at = (uintptr_t)map_get(&f->by_key, hash);
	struct trouble *t;

	if (at)
		return is_same(&f->troubles[at - 1], kind, server, who, whom) ? &f->troubles[at - 1]
									      : NULL;
	if (f->trouble_count == TROUBLES_MAX || !grow(f))
		return NULL;
	t = &f->troubles[f->trouble_count];
	*t = (struct trouble){.kind = kind, .server = server, .number = f->trouble_count};
	t->process = copy(f, who);
	t->remote = copy(f, whom);
	if (!map_put(&f->by_key, hash, (void *)(uintptr_t)(f->trouble_count + 1)))
		f->no_memory = true;
	f->trouble_count++;
	return t;
}

static void add_trouble(struct finding_sums *f, enum finding_kind kind, const struct value *values)
{
	bool server = span_is(values[FINDING_COLUMN_ROLE].text, "server");
	struct span whom = values[FINDING_COLUMN_REMOTE].text;
	int64_t ts = number(&values[FINDING_COLUMN_TS]);
	struct trouble *t = get(f, kind, server, values[FINDING_COLUMN_COMM].text,
				server ? without_port(whom) : whom);

	if (!t) {
		f->more_troubles++;
		return;
	}
	if (!t->count++) {
		t->first = ts;
		t->conn = number(&values[FINDING_COLUMN_CONN]);
		t->what = copy(f, values[FINDING_COLUMN_WHAT].text);
	}
	t->last = ts;
}

bool finding_sums_take(void *context, const struct value *values)
{
	struct finding_sums *f = context;
	enum finding_kind kind = finding_find(values[FINDING_COLUMN_NAME].text);

	if (kind == FINDING_KINDS)
		return true;
	f->of[kind].count++;
	keep_example(f, &f->of[kind], values);
	if (is_trouble(kind))
		add_trouble(f, kind, values);
	return true;
}

static int compare(const void *left, const void *right)
{
	const struct trouble *a = left, *b = right;

	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return a->number < b->number ? -1 : 1;
}

void finding_sums_sort(struct finding_sums *f)
{
	map_free(&f->by_key);
	if (f->trouble_count)
		qsort(f->troubles, f->trouble_count, sizeof(*f->troubles), compare);
}

void finding_sums_free(struct finding_sums *f)
{
	for (size_t i = 0; i < FINDING_KINDS; i++)
		for (size_t j = 0; j < f->of[i].kept; j++)
			for (size_t c = 0; c < FINDING_COLUMNS; c++)
				free(f->of[i].examples[j].values[c]);
	for (size_t i = 0; i < f->trouble_count; i++) {
		free(f->troubles[i].process);
		free(f->troubles[i].remote);
		free(f->troubles[i].what);
	}
	free(f->troubles);
	map_free(&f->by_key);
}
