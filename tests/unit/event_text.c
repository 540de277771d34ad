/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/event_text.h"

#include <inttypes.h>

#include "tests/unit/fnv.h"

static void number(struct buffer *out, uint64_t value)
{
	buffer_printf(out, " %" PRIx64, value);
}

/* What is long stands there by its length and hash. */
static void string(struct buffer *out, struct span s)
{
	buffer_append_char(out, ' ');
	if (s.len > 64) {
		buffer_printf(out, "%zu:%016" PRIx64, s.len, fnv_bytes(FNV_BEGIN, s));
		return;
	}
	buffer_append_char(out, '"');
	for (size_t i = 0; i < s.len; i++) {
		if (s.data[i] > ' ' && s.data[i] <= '~')
			buffer_append_char(out, s.data[i]);
		else
			buffer_printf(out, "\\%02x", (uint8_t)s.data[i]);
	}
	buffer_append_char(out, '"');
}

static void address(struct buffer *out, const struct address *a)
{
	char text[ADDRESS_TEXT_MAX];

	address_text(a, text);
	buffer_printf(out, " %d %s %x", (int)a->family, text, a->scope);
}

static void host(struct buffer *out, const struct event_host *e)
{
	number(out, e->cpus);
	number(out, e->page_size);
	string(out, e->hostname);
	string(out, e->kernel);
	string(out, e->machine);
	string(out, e->boot_id);
	string(out, e->recorder);
	string(out, e->options);
	number(out, e->blind);
}

static void process(struct buffer *out, const struct event_process *e)
{
	number(out, e->pid);
	number(out, e->ppid);
	number(out, e->uid);
	number(out, e->gid);
	number(out, (uint64_t)e->start_ts);
	string(out, e->name);
	string(out, e->exe);
	string(out, e->cmdline);
	string(out, e->user);
	string(out, e->cgroup);
	string(out, e->container);
}

static void conn(struct buffer *out, const struct event_conn *e)
{
	number(out, e->conn);
	number(out, e->inode);
	number(out, (uint64_t)e->opened_ts);
	address(out, &e->local);
	address(out, &e->remote);
	string(out, e->local_path);
	string(out, e->remote_path);
	number(out, e->sent);
	number(out, e->received);
	buffer_printf(out, " %u %u %d %s %s %s %s %s %u", e->netns, e->pid, e->fd,
		      transport_text(e->transport), role_text(e->role), conn_origin_text(e->origin),
		      conn_state_text(e->state), conn_end_text(e->state_by), e->error);
	number(out, (uint64_t)e->state_ts);
	number(out, (uint64_t)e->established_ts);
}

static void data(struct buffer *out, const struct event_data *e)
{
	number(out, e->conn);
	number(out, e->offset);
	number(out, e->len);
	string(out, e->payload);
	buffer_printf(out, " %u %u %d %s %s %s %s", e->pid, e->tid, e->fd, call_text(e->call),
		      direction_text(e->direction), layer_text(e->layer), cut_text(e->cut));
	address(out, &e->peer);
	number(out, (uint64_t)e->begin_ts);
}

static void loss(struct buffer *out, const struct event_loss *e)
{
	number(out, e->conn);
	number(out, e->events);
	number(out, e->bytes);
	number(out, (uint64_t)e->since);
	buffer_printf(out, " %s %s %s %d %d", loss_cause_text(e->cause),
		      direction_text(e->direction), layer_text(e->layer), e->placed, e->elsewhere);
	number(out, e->position);
}

static void totals(struct buffer *out, const struct event_totals *e)
{
	number(out, e->moved_bytes);
	number(out, e->kept_bytes);
	number(out, e->lost_events);
	number(out, e->lost_bytes);
	number(out, e->cut_bytes);
	number(out, e->snaplen_bytes);
	number(out, e->data_events);
	number(out, e->connections);
}

static void tls(struct buffer *out, const struct event_tls *e)
{
	number(out, e->conn);
	number(out, e->object);
	number(out, e->sent);
	number(out, e->received);
	buffer_printf(out, " %u %u %s", e->pid, e->library, tls_tie_text(e->tie));
	string(out, span_of(e->random, sizeof(e->random)));
}

static void library(struct buffer *out, const struct event_library *e)
{
	buffer_printf(out, " %u %u %s %s", e->library, e->pid, tls_library_text(e->kind),
		      tls_hook_text(e->hook));
	string(out, e->path);
	string(out, e->build_id);
	string(out, e->version);
	string(out, e->note);
}

static void close_of(struct buffer *out, const struct event_close *e)
{
	number(out, e->conn);
	number(out, e->sent);
	number(out, e->received);
}

static void state(struct buffer *out, const struct event_state *e)
{
	number(out, e->conn);
	buffer_printf(out, " %s %s %u", conn_state_text(e->state), conn_end_text(e->by), e->error);
}

static void specifics(struct buffer *out, const struct event *e)
{
	switch (e->type) {
	case EVENT_CLOCK:
		number(out, (uint64_t)e->clock.realtime);
		number(out, (uint64_t)e->clock.boottime);
		return;
	case EVENT_HOST:
		host(out, &e->host);
		return;
	case EVENT_PROCESS:
		process(out, &e->process);
		return;
	case EVENT_PROCESS_EXIT:
		buffer_printf(out, " %u %d", e->process_exit.pid, e->process_exit.status);
		return;
	case EVENT_CONN:
		conn(out, &e->conn);
		return;
	case EVENT_CLOSE:
		close_of(out, &e->close);
		return;
	case EVENT_DATA:
		data(out, &e->data);
		return;
	case EVENT_LOSS:
		loss(out, &e->loss);
		return;
	case EVENT_SECRET:
		number(out, e->secret.conn);
		string(out, e->secret.line);
		return;
	case EVENT_STATE:
		state(out, &e->state);
		return;
	case EVENT_TOTALS:
		totals(out, &e->totals);
		return;
	case EVENT_TLS:
		tls(out, &e->tls);
		return;
	case EVENT_LIBRARY:
		library(out, &e->library);
		return;
	}
}

void event_text(struct buffer *out, const struct event *event)
{
	buffer_printf(out, "%d %" PRId64 "%s", (int)event->type, event->ts,
		      event->snapshot ? " again" : "");
	specifics(out, event);
	buffer_append_char(out, '\n');
}
