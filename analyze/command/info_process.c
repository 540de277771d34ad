/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/command/info_process.h"

#include <stdlib.h>

#include "protocols/value/json.h"

/* What is known of it now: it may become another program later. */
static void tell(struct buffer *b, const struct process *p)
{
	bool first = false;

	buffer_printf(b, "\"pid\":%u,\"ppid\":%u", p->pid, p->ppid);
	json_append_known(b, "comm", span_text(p->name), &first);
	json_append_known(b, "exe", span_text(p->exe), &first);
	json_append_known(b, "cmdline", span_text(p->cmdline), &first);
	buffer_printf(b, ",\"uid\":%u", p->uid);
	json_append_known(b, "user", span_text(p->user), &first);
	json_append_known(b, "cgroup", span_text(p->cgroup), &first);
	json_append_known(b, "container", span_text(p->container), &first);
}

static struct process_use *sum_of(struct process_uses *sums, const struct process *p)
{
	struct process_use *sum = map_get(&sums->by_number, p->number);

	if (sum)
		return sum;
	if (!sums->sums)
		sums->sums = calloc(PROCESS_USES_MAX, sizeof(*sums->sums));
	if (!sums->sums || sums->count == PROCESS_USES_MAX)
		return NULL;
	sum = &sums->sums[sums->count];
	if (!map_put(&sums->by_number, p->number, sum))
		return NULL;
	sums->count++;
	sum->number = p->number;
	tell(&sum->told, p);
	return sum;
}

void process_uses_add(struct process_uses *sums, const struct connection *c)
{
	struct process_use *sum = c->process ? sum_of(sums, c->process) : NULL;

	if (!sum) {
		sums->others++;
		return;
	}
	sum->connections++;
	sum->sent += c->moved[DIRECTION_SENT] - c->begin[DIRECTION_SENT];
	sum->received += c->moved[DIRECTION_RECEIVED] - c->begin[DIRECTION_RECEIVED];
}

void process_uses_json(const struct process_uses *sums, struct buffer *b)
{
	buffer_append_char(b, '[');
	for (size_t i = 0; i < sums->count; i++) {
		const struct process_use *sum = &sums->sums[i];

		buffer_append_text(b, i ? ",{" : "{");
		buffer_append_span(b, buffer_span(&sum->told));
		buffer_printf(b,
			      ",\"connections\":%llu,\"sent_bytes\":%llu,\"received_bytes\":%llu}",
			      (unsigned long long)sum->connections, (unsigned long long)sum->sent,
			      (unsigned long long)sum->received);
	}
	buffer_append_char(b, ']');
}

void process_uses_free(struct process_uses *sums)
{
	for (size_t i = 0; i < sums->count; i++)
		buffer_free(&sums->sums[i].told);
	free(sums->sums);
	map_free(&sums->by_number);
}
