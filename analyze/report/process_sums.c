/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/report/process_sums.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocols/value/utf8.h"

/* Of a command line. */
#define CMDLINE_MAX 400

static void free_one(struct process_sum *sum)
{
	free(sum->cmdline);
	free(sum->container);
	free(sum->user);
	free(sum);
}

/* NULL: there is no room. */
static struct process_sum *get(struct process_sums *p, uint32_t pid, const char *name)
{
	struct process_sum *sum = map_get(&p->by_pid, pid);

	if (sum)
		return sum;
	if (p->used >= p->memory) {
		p->others++;
		return NULL;
	}
	sum = calloc(1, sizeof(*sum));
	if (!sum || !map_put(&p->by_pid, pid, sum)) {
		p->no_memory = true;
		free(sum);
		return NULL;
	}
	sum->number = p->by_pid.count;
	sum->pid = pid;
	snprintf(sum->name, sizeof(sum->name), "%s", name ? name : "");
	p->used += sizeof(*sum) + 4 * sizeof(void *);
	return sum;
}

void process_sums_row(struct process_sums *p, const struct row *row)
{
	struct process_sum *sum = row->end->pid ? get(p, row->end->pid, row->end->comm) : NULL;

	if (!sum)
		return;
	if (row->end->role == ROLE_SERVER)
		sum->served++;
	else
		sum->asked++;
	sum->failed += row->outcome != OUTCOME_OK;
}

static void keep(struct process_sums *p, char **to, const char *text)
{
	if (*to || !text || !*text)
		return;
	*to = strndup(text, utf8_fitting(span_text(text), CMDLINE_MAX).len);
	if (*to)
		p->used += strlen(*to) + 1;
	else
		p->no_memory = true;
}

void process_sums_conn(struct process_sums *p, const struct connection *c)
{
	struct process_sum *sum = c->pid ? get(p, c->pid, c->process ? c->process->name : NULL)
					 : NULL;

	if (!sum)
		return;
	sum->connections++;
	sum->sent += c->moved[DIRECTION_SENT];
	sum->received += c->moved[DIRECTION_RECEIVED];
	if (!c->process)
		return;
	if (!*sum->name)
		snprintf(sum->name, sizeof(sum->name), "%s", c->process->name);
	keep(p, &sum->cmdline, c->process->cmdline);
	keep(p, &sum->container, c->process->container);
	keep(p, &sum->user, c->process->user);
}

static int compare(const void *left, const void *right)
{
	const struct process_sum *a = *(struct process_sum *const *)left;
	const struct process_sum *b = *(struct process_sum *const *)right;
	const uint64_t bytes[] = {a->sent + a->received, b->sent + b->received};
	const uint64_t records[] = {a->served + a->asked, b->served + b->asked};

	if (bytes[0] != bytes[1])
		return bytes[0] > bytes[1] ? -1 : 1;
	if (records[0] != records[1])
		return records[0] > records[1] ? -1 : 1;
	return a->number < b->number ? -1 : 1;
}

struct process_sum **process_sums_in_order(const struct process_sums *p, size_t *count)
{
	struct process_sum **order = calloc(p->by_pid.count + 1, sizeof(struct process_sum *));
	struct process_sum *sum;
	size_t at = 0;

	*count = 0;
	while (order && (sum = map_next(&p->by_pid, &at)) != NULL)
		order[(*count)++] = sum;
	if (order)
		qsort(order, *count, sizeof(struct process_sum *), compare);
	return order;
}

void process_sums_free(struct process_sums *p)
{
	struct process_sum *sum;
	size_t at = 0;

	while ((sum = map_next(&p->by_pid, &at)) != NULL)
		free_one(sum);
	map_free(&p->by_pid);
}
