/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/map/party.h"

#include <stdlib.h>

#include "format/array.h"

/* ---- keys ---- */

static void begin_key(struct parties *p, char kind)
{
	buffer_clear(&p->key);
	buffer_append_char(&p->key, kind);
}

static void add_number(struct parties *p, uint32_t number)
{
	buffer_append(&p->key, &number, sizeof(number));
}

/* With its end, so that two texts don't look like two others. */
static void add_text(struct parties *p, const char *text)
{
	buffer_append(&p->key, text, strlen(text) + 1);
}

/* Every network namespace has its own loopback; other addresses are one's. */
static void add_netns(struct parties *p, const struct address *address, uint32_t netns)
{
	add_number(p, address_is_loopback(address) ? netns : 0);
}

static const char *keep(struct parties *p, const char *text)
{
	size_t number = *text ? intern_put(&p->texts, span_text(text)) : INTERN_NONE;

	return number == INTERN_NONE ? "" : intern_text(&p->texts, number).data;
}

/* The party of the key, made where it isn't there: *MADE. */
static size_t put(struct parties *p, struct party **made)
{
	struct party *all;
	size_t number;

	*made = NULL;
	if (p->key.failed)
		return INTERN_NONE;
	number = intern_find(&p->keys, buffer_span(&p->key));
	if (number != INTERN_NONE)
		return number;
	if (parties_are_many(p))
		return INTERN_NONE;
	all = array_room(p->all, p->keys.count, sizeof(*all));
	if (!all)
		return INTERN_NONE;
	p->all = all;
	number = intern_put(&p->keys, buffer_span(&p->key));
	if (number == INTERN_NONE)
		return INTERN_NONE;
	*made = &p->all[number];
	**made = (struct party){.group = number,
				.comm = "",
				.script = "",
				.container = "",
				.text = "",
				.listens = ""};
	return number;
}

bool parties_are_many(const struct parties *p)
{
	return p->keys.used + p->texts.used + p->listeners.used + p->hosts.used +
		       p->keys.count * sizeof(struct party) >
	       p->memory;
}

/* ---- groups ---- */

size_t parties_group(struct parties *p, size_t party)
{
	while (p->all[party].group != party) {
		p->all[party].group = p->all[p->all[party].group].group;
		party = p->all[party].group;
	}
	return party;
}

static void join(struct parties *p, size_t a, size_t b)
{
	a = parties_group(p, a);
	b = parties_group(p, b);
	if (a < b)
		p->all[b].group = a;
	else
		p->all[a].group = b;
}

/* ---- who serves what ---- */

/* The number of the key among the listeners; PARTY serves it, if nobody did before. */
static size_t serve(struct parties *p, size_t party)
{
	size_t number = intern_find(&p->listeners, buffer_span(&p->key));
	size_t *owners;

	if (number != INTERN_NONE)
		return number;
	owners = array_room(p->owners, p->listeners.count, sizeof(*owners));
	if (!owners)
		return INTERN_NONE;
	p->owners = owners;
	number = intern_put(&p->listeners, buffer_span(&p->key));
	if (number != INTERN_NONE)
		p->owners[number] = party;
	return number;
}

static void make_address_key(struct parties *p, const struct party *at, const struct address *host)
{
	begin_key(p, 'a');
	add_number(p, at->transport);
	add_netns(p, host, at->netns);
	if (at->address.family == ADDRESS_UNIX) {
		add_text(p, at->text);
		return;
	}
	add_number(p, at->address.port);
	buffer_append(&p->key, host->ip, sizeof(host->ip));
}

static void tell_listener(struct parties *p, size_t number, const struct row_end *end)
{
	struct party *party = &p->all[number];
	struct party at = {.transport = end->transport,
			   .netns = end->netns,
			   .address = address_plain(&end->local),
			   .text = end->local_text};
	size_t same;

	make_address_key(p, &at, &at.address);
	serve(p, number);
	if (!*party->listens)
		party->listens = keep(p, end->local_text);
	if (p->by != MAP_BY_SERVICE)
		return;
	begin_key(p, 's');
	add_text(p, party->comm);
	add_text(p, party->script);
	add_text(p, party->container);
	add_number(p, end->transport);
	add_number(p, end->local.port);
	if (end->local.family == ADDRESS_UNIX)
		add_text(p, end->local_text);
	same = serve(p, number);
	if (same != INTERN_NONE)
		join(p, p->owners[same], number);
}

static const uint8_t everywhere[16];

bool parties_is_host(struct parties *p, const struct address *address, uint32_t netns)
{
	if (address_is_loopback(address))
		return true;
	begin_key(p, 'h');
	add_netns(p, address, netns);
	buffer_append(&p->key, address->ip, sizeof(address->ip));
	return intern_find(&p->hosts, buffer_span(&p->key)) != INTERN_NONE;
}

size_t parties_behind(struct parties *p, size_t number)
{
	const struct party *party = &p->all[number];
	struct address any = party->address;
	size_t found;

	if (party->kind != PARTY_ADDRESS)
		return number;
	make_address_key(p, party, &party->address);
	found = intern_find(&p->listeners, buffer_span(&p->key));
	if (found != INTERN_NONE)
		return p->owners[found];
	/* A socket that is bound to every address of this host. */
	if (!parties_is_host(p, &party->address, party->netns))
		return number;
	memcpy(any.ip, everywhere, sizeof(any.ip));
	make_address_key(p, party, &any);
	found = intern_find(&p->listeners, buffer_span(&p->key));
	return found == INTERN_NONE ? number : p->owners[found];
}

/* ---- parties ---- */

static void make_process_key(struct parties *p, const struct row_end *end, uint32_t pid)
{
	if (p->by == MAP_BY_CONTAINER && *end->container) {
		begin_key(p, 'c');
		add_text(p, end->container);
		return;
	}
	begin_key(p, 'p');
	if (p->by == MAP_BY_ADDRESS) {
		const struct address local = address_plain(&end->local);

		add_number(p, local.family);
		add_netns(p, &local, end->netns);
		buffer_append(&p->key, local.ip, sizeof(local.ip));
		pid = 0;
	}
	add_number(p, pid);
	add_text(p, end->comm);
	add_text(p, end->script);
	add_text(p, end->container);
}

/* An address without its port, for a person. */
static void host_text(const struct address *address, char text[static ADDRESS_TEXT_MAX])
{
	char *end;
	size_t len;

	address_text(address, text);
	end = strrchr(text, ':');
	if (end)
		*end = '\0';
	len = strlen(text);
	if (*text == '[' && len > 2 && text[len - 1] == ']') {
		memmove(text, text + 1, len - 2);
		text[len - 2] = '\0';
	}
}

static size_t process_party(struct parties *p, const struct row_end *end, bool serves)
{
	struct party *made;
	size_t number;

	make_process_key(p, end, end->pid);
	number = intern_find(&p->keys, buffer_span(&p->key));
	if (number != INTERN_NONE)
		return number;
	if (p->many && !serves && p->by == MAP_BY_SERVICE)
		make_process_key(p, end, 0);
	number = put(p, &made);
	if (made) {
		made->kind = PARTY_PROCESS;
		made->comm = keep(p, end->comm);
		made->script = keep(p, end->script);
		made->container = keep(p, end->container);
		made->pid = end->pid;
		if (p->by == MAP_BY_ADDRESS) {
			const struct address local = address_plain(&end->local);
			char host[ADDRESS_TEXT_MAX];

			host_text(&local, host);
			made->text = keep(p, host);
		}
		made->ppid = end->ppid;
	}
	return number;
}

static bool has_ip(const struct address *a)
{
	return a->family == ADDRESS_INET4 || a->family == ADDRESS_INET6;
}

static size_t address_party(struct parties *p, const struct party *at, bool serves)
{
	char host[ADDRESS_TEXT_MAX];
	const char *text = at->text;
	struct party *made;
	size_t number;

	if (serves) {
		make_address_key(p, at, &at->address);
	} else {
		begin_key(p, 'h');
		add_netns(p, &at->address, at->netns);
		buffer_append(&p->key, at->address.ip, sizeof(at->address.ip));
		if (has_ip(&at->address)) {
			host_text(&at->address, host);
			text = host;
		} else {
			add_text(p, text);
		}
	}
	number = put(p, &made);
	if (!made)
		return number;
	*made = *at;
	made->kind = serves ? PARTY_ADDRESS : PARTY_HOST;
	made->group = number;
	made->comm = made->script = made->container = made->listens = "";
	made->text = keep(p, *text ? text : "unknown");
	return number;
}

/* That recorded ends have this address, of whatever port. */
static void tell_host(struct parties *p, const struct row_end *end)
{
	const struct address local = address_plain(&end->local);

	if (!has_ip(&local))
		return;
	begin_key(p, 'h');
	add_netns(p, &local, end->netns);
	buffer_append(&p->key, local.ip, sizeof(local.ip));
	intern_put(&p->hosts, buffer_span(&p->key));
}

size_t parties_end(struct parties *p, const struct row_end *end, bool serves)
{
	const struct party at = {.transport = end->transport,
				 .netns = end->netns,
				 .address = address_plain(&end->local),
				 .text = end->local_text};
	size_t number;

	if (!end->pid)
		return address_party(p, &at, serves);
	number = process_party(p, end, serves);
	if (number == INTERN_NONE)
		return number;
	tell_host(p, end);
	if (serves)
		tell_listener(p, number, end);
	return number;
}

size_t parties_stranger(struct parties *p, const struct row *row, bool serves)
{
	char text[ADDRESS_TEXT_MAX];
	const struct party at = {
		.transport = row->end->transport,
		.netns = row->end->netns,
		.address = address_plain(row->peer ? row->peer : &row->end->remote),
		.text = row_remote(row, text)};

	return address_party(p, &at, serves);
}

size_t parties_host(struct parties *p, size_t number)
{
	const struct party *party = &p->all[number];

	/* Whoever asks from loopback may be anybody. */
	if (party->kind != PARTY_ADDRESS || !has_ip(&party->address) ||
	    address_is_loopback(&party->address))
		return INTERN_NONE;
	begin_key(p, 'h');
	add_netns(p, &party->address, party->netns);
	buffer_append(&p->key, party->address.ip, sizeof(party->address.ip));
	return intern_find(&p->keys, buffer_span(&p->key));
}

/* ---- in the end ---- */

/* A process and the one that started it, where they are of one program. */
static void join_parent(struct parties *p, size_t number)
{
	const struct party *party = &p->all[number];
	const struct row_end parent = {
		.comm = party->comm, .script = party->script, .container = party->container};
	size_t found;

	if (!party->ppid)
		return;
	make_process_key(p, &parent, party->ppid);
	found = intern_find(&p->keys, buffer_span(&p->key));
	if (found != INTERN_NONE)
		join(p, found, number);
}

/* Those of a program that serve nothing are one. */
static bool join_clients(struct parties *p, const bool *serves)
{
	struct intern programs = {0};
	size_t *first = calloc(p->keys.count + 1, sizeof(*first));
	bool good = first != NULL;

	for (size_t i = 0; good && i < p->keys.count; i++) {
		const struct party *party = &p->all[i];
		size_t count = programs.count, number;

		if (party->kind != PARTY_PROCESS || serves[parties_group(p, i)])
			continue;
		begin_key(p, 'p');
		add_text(p, party->comm);
		add_text(p, party->script);
		add_text(p, party->container);
		number = intern_put(&programs, buffer_span(&p->key));
		good = number != INTERN_NONE;
		if (good && number == count)
			first[number] = i;
		else if (good)
			join(p, first[number], i);
	}
	intern_free(&programs);
	free(first);
	return good;
}

bool parties_settle(struct parties *p)
{
	bool *serves;
	bool good;

	if (p->by != MAP_BY_SERVICE)
		return true;
	for (size_t i = 0; i < p->keys.count; i++)
		if (p->all[i].kind == PARTY_PROCESS)
			join_parent(p, i);
	serves = calloc(p->keys.count + 1, sizeof(*serves));
	for (size_t i = 0; serves && i < p->keys.count; i++)
		if (*p->all[i].listens)
			serves[parties_group(p, i)] = true;
	good = serves && join_clients(p, serves);
	free(serves);
	return good;
}

void parties_free(struct parties *p)
{
	free(p->all);
	free(p->owners);
	intern_free(&p->keys);
	intern_free(&p->texts);
	intern_free(&p->listeners);
	intern_free(&p->hosts);
	buffer_free(&p->key);
}
