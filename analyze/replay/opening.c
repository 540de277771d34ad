/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>

#include "analyze/replay/reach.h"
#include "analyze/replay/replay_private.h"

struct replay *replay_new_fed(const struct replay_options *options)
{
	struct replay *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->options = *options;
	window_open(&r->window, options, NULL, NULL);
	r->budget.limit = options->memory_limit ? options->memory_limit : REPLAY_MEMORY_LIMIT;
	r->messages.budget = &r->budget;
	r->processes.budget = &r->budget;
	r->libraries.budget = &r->budget;
	r->pass.knowledge.budget = &r->budget;
	r->pass.knowledge.once = !options->resolve;
	if (options->no_sessions)
		return r;
	r->keylog = keylog_new(&r->budget, options->keylog);
	if (r->keylog)
		return r;
	free(r);
	return NULL;
}

/* What is left out depends on what was read; so it is read ahead only where nothing is. */
static void open_window(struct replay *r)
{
	window_open(&r->window, &r->options, r->recording, r->narrowed ? &r->reached : NULL);
	if (r->options.follow)
		recording_follow(r->recording);
	else if (r->options.threads > 1 && !window_is_restricted(&r->window))
		recording_read_ahead(r->recording);
}

void replay_take_secret(struct replay *r, const struct event_secret *secret)
{
	if (r->keylog && keylog_add(r->keylog, secret->line, secret->conn) == KEYLOG_NO_MEMORY)
		r->refused_secrets++;
}

static bool has_secrets(void *context, const struct block_info *info)
{
	(void)context;
	return info->secrets;
}

/* Secrets may be told after what they open: all are read before anything else. */
static enum tape_error read_secrets(struct replay *r)
{
	struct recording *recording;
	struct event event;
	enum tape_error error;

	if (!r->keylog)
		return TAPE_OK;
	error = recording_open(r->path, NULL, NULL, &recording);
	if (error)
		return error;
	recording_restrict(recording, INT64_MIN, has_secrets, NULL);
	while (recording_next(recording, &event))
		if (event.type == EVENT_SECRET)
			replay_take_secret(r, &event.secret);
	recording_free(recording);
	return TAPE_OK;
}

/* Where processes are selected, and connections aren't: which ones they had. */
static void find_reach(struct replay *r)
{
	const struct selection *s = r->options.selection;
	const struct replay_handlers *h = &r->options.handlers;

	/* Sizes of connections are told whole, which data that isn't read counts for. */
	if (!s || h->conn_end || !(s->kinds & SELECT_OF_PROCESSES) ||
	    s->kinds & SELECT_BIT(SELECT_CONN))
		return;
	r->narrowed = reach_find(r->path, s, &r->reached);
}

static enum tape_error open_recording(struct replay *r, const char *path)
{
	const struct replay_options *o = &r->options;

	if (o->pipe)
		return recording_open_stream(o->pipe->fd, o->pipe->begin, o->problem,
					     o->problem_context, &r->recording);
	r->path = strdup(path);
	return r->path ? recording_open(path, o->problem, o->problem_context, &r->recording)
		       : TAPE_ERROR_MEMORY;
}

enum tape_error replay_new(const char *path, const struct replay_options *options,
			   struct replay **r)
{
	struct replay *new = replay_new_fed(options);
	enum tape_error error;

	if (!new)
		return TAPE_ERROR_MEMORY;
	error = open_recording(new, path);
	if (error) {
		int saved = errno; /* recording_open() promises it */

		replay_free(new);
		errno = saved;
		return error;
	}
	/* What comes through a pipe comes once, and what isn't there yet can't be read again. */
	if (options->follow)
		new->pass.knowledge.once = true;
	if (!options->pipe)
		error = read_secrets(new);
	if (error) {
		replay_free(new);
		return error;
	}
	if (!options->follow)
		find_reach(new);
	open_window(new);
	*r = new;
	return TAPE_OK;
}

bool replay_again(struct replay *r)
{
	if (r->stop || r->error || !pass_wants_another(&r->pass) || replay_end(r))
		return false;
	connections_free(r);
	process_table_free(&r->processes);
	libraries_free(&r->libraries);
	r->now = 0;
	pass_begin(&r->pass, !window_is_restricted(&r->window));
	window_free(&r->window);
	window_open(&r->window, &r->options, NULL, r->narrowed ? &r->reached : NULL);
	/* What one connection doesn't know, any other may. */
	if (r->pass.phase == PASS_LEARNING)
		r->window.narrow = false;
	return true;
}

bool replay_read_again(struct replay *r)
{
	if (!replay_again(r))
		return false;
	recording_free(r->recording);
	r->recording = NULL;
	r->error = recording_open(r->path, NULL, NULL, &r->recording);
	if (!r->error && r->pass.phase != PASS_LEARNING)
		open_window(r);
	return !r->error;
}

void replay_free(struct replay *r)
{
	if (!r)
		return;
	/* After replay_run() nothing is left; without it, nobody asked for what ends here. */
	r->options.handlers = (struct replay_handlers){0};
	connections_free(r);
	message_pool_free(&r->messages);
	process_table_free(&r->processes);
	libraries_free(&r->libraries);
	keylog_free(r->keylog);
	knowledge_free(&r->pass.knowledge);
	window_free(&r->window);
	id_set_free(&r->reached);
	recording_free(r->recording);
	free(r->path);
	free(r);
}
