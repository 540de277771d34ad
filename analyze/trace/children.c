/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/trace/children.h"

#include <stdlib.h>

#include "analyze/replay/exchanges.h"

/* What began earlier than that may have asked it, too: then nobody is sure who did. */
#define BEFORE_NS (60 * 1000000000ll)

/* More exchanges than these aren't looked at. */
#define NODES_MAX 262144

static bool add(struct children *c, const struct row *row)
{
	struct trace_node *node;

	if (c->count % 1024 == 0) {
		struct trace_node **more = reallocarray(c->nodes, c->count + 1024,
							sizeof(struct trace_node *));

		if (!more)
			return false;
		c->nodes = more;
	}
	node = trace_node_new(row);
	if (!node)
		return false;
	c->nodes[c->count++] = node;
	return true;
}

/* False without memory. */
static bool collect(struct children *c, struct reading *reading, struct selection *time)
{
	struct row *row;

	while ((row = reading_row(reading)) != NULL) {
		if (!row->has_request || !exchange_is_selected(row, time))
			continue;
		c->cut = c->count == NODES_MAX;
		if (c->cut)
			break;
		if (!add(c, row))
			return false;
	}
	return true;
}

static const struct trace_node *find(const struct children *c, const struct row *row)
{
	char own[ROW_ID_MAX], twin[ROW_ID_MAX] = "";

	row_id(row, own);
	if (row->twin)
		row_id(row->twin, twin);
	for (size_t i = 0; i < c->count; i++)
		if (strcmp(c->nodes[i]->record_id, own) == 0 ||
		    strcmp(c->nodes[i]->record_id, twin) == 0)
			return c->nodes[i];
	return NULL;
}

int children_find(struct children *c, const char *command, const char *path, const struct row *row,
		  const struct replay_options *options)
{
	int64_t end = row->response_last == TIME_UNKNOWN ? row->complete
							 : row->begin + row->response_last;
	struct selection time = {
		.since = row->begin > BEFORE_NS ? row->begin - BEFORE_NS : 1,
		.until = end + 1,
	};
	struct replay_options with = *options;
	struct reading reading = {.again = true};
	int status;

	*c = (struct children){0};
	with.selection = &time;
	with.window = true;
	with.keep = 0;
	status = reading_open_rows(&reading, command, path, &with);
	if (status)
		return status;
	if (!collect(c, &reading, &time) || !trace_link_all(c->nodes, c->count))
		status = command_fail(command, "%s", tape_error_text(TAPE_ERROR_MEMORY));
	reading_end(&reading);
	reading_close(&reading);
	if (!status)
		c->parent = find(c, row);
	return status;
}

void children_free(struct children *c)
{
	for (size_t i = 0; i < c->count; i++)
		free(c->nodes[i]);
	free(c->nodes);
}
