/* SPDX-License-Identifier: BSD-2-Clause */
#include "record/tls.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "format/map.h"
#include "record/attach.h"
#include "record/clock.h"
#include "record/mapping_watch.h"
#include "record/mappings.h"
#include "record/tls_due.h"
#include "record/tls_files.h"

/* Libraries of one process that are told apart. */
#define USER_LIBRARIES 8

/* Processes that are looked at in a second, so that who makes thousands of them costs no more. */
#define LOOKS_PER_SECOND 200

/* Processes that are remembered; when there are more, those that are gone are forgotten. */
#define USERS_MIN 4096

/* A process that has no library, or a new one, is looked at again after so long. */
#define LOOK_AGAIN CLOCK_SECOND

/*
 * Each call that sends costs half a microsecond as long as secrets of connections are looked for
 * that are older than the recorder: those that haven't sent by then stay closed.
 */
#define OLDER_TIME (INT64_C(300) * CLOCK_SECOND)

/* A process, and the libraries that are mapped in it. */
struct user {
	uint32_t pid;
	uint32_t libraries[USER_LIBRARIES];
	size_t count;
	size_t told; /* of them, that have their event */
	int64_t looked;
	bool readable; /* its mappings were, then */
	bool told_none;
};

struct tls {
	const struct options *options;
	struct hooks *hooks;
	const struct pool *pool;
	struct tls_files *files;
	struct tls_ties *ties;
	struct tls_due *due;
	int64_t begun;
	struct mapping_watch *watch; /* NULL: processes are looked at when they appear */
	struct map users;	     /* struct user by pid */
	size_t users_most;	     /* when to look for those that are gone */
	void (*emit)(void *context, const struct event *event);
	void *context;
	int64_t second; /* looks are counted in it */
	uint32_t looks;
	struct tls_totals totals; /* of secrets */
};

/* ---- which process has which library ---- */

static bool process_is_gone(uint32_t pid)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%u", pid);
	return access(path, F_OK) != 0;
}

/* The end of a process that uses no socket is told by nobody. */
static void users_prune(struct tls *tls)
{
	const struct user *user;
	size_t at = 0;

	while ((user = map_next(&tls->users, &at)))
		if (process_is_gone(user->pid))
			free(map_remove(&tls->users, user->pid));
	tls->users_most = tls->users.count * 2;
	if (tls->users_most < USERS_MIN)
		tls->users_most = USERS_MIN;
}

static struct user *user_get(struct tls *tls, uint32_t pid)
{
	struct user *user = map_get(&tls->users, pid);

	if (user)
		return user;
	if (tls->users.count >= tls->users_most)
		users_prune(tls);
	user = calloc(1, sizeof(*user));
	if (!user)
		return NULL;
	user->pid = pid;
	if (map_put(&tls->users, pid, user))
		return user;
	free(user);
	return NULL;
}

static void user_add(struct user *user, uint32_t library)
{
	for (size_t i = 0; i < user->count; i++)
		if (user->libraries[i] == library)
			return;
	if (user->count < USER_LIBRARIES)
		user->libraries[user->count++] = library;
}

static void user_forget(struct tls *tls, uint32_t pid)
{
	free(map_remove(&tls->users, pid));
}

/* The way through a process's mappings; for its libcrypto only where there is a file to look at. */
struct look {
	struct tls *tls;
	struct user *user;
	bool crypto_looked;
	struct mapping crypto;
	char crypto_path[PATH_MAX];
};

static bool crypto_look(void *context, const struct mapping *mapping)
{
	struct look *look = context;
	const char *name = strrchr(mapping->path, '/');

	if (strncmp(name, "/libcrypto", 10) != 0 || strlen(mapping->path) >= PATH_MAX)
		return true;
	look->crypto = *mapping;
	look->crypto.path = strcpy(look->crypto_path, mapping->path);
	return false;
}

static bool mapping_look(void *context, const struct mapping *mapping)
{
	struct look *look = context;
	const struct tls_file *file;

	if (!tls_files_known(look->tls->files, mapping, &file)) {
		if (!look->crypto_looked)
			mappings_read(look->user->pid, crypto_look, look);
		look->crypto_looked = true;
		file = tls_files_mapping(look->tls->files, look->user->pid, mapping,
					 look->crypto.path ? &look->crypto : NULL);
	}
	if (file)
		user_add(look->user, file->number);
	return true;
}

static bool look_allowed(struct tls *tls, int64_t now)
{
	if (now - tls->second >= CLOCK_SECOND) {
		tls->second = now;
		tls->looks = 0;
	}
	return tls->looks++ < LOOKS_PER_SECOND;
}

static void process_look(struct tls *tls, struct user *user, int64_t now)
{
	struct look *look;

	if (user->looked && now - user->looked < LOOK_AGAIN)
		return;
	if (!look_allowed(tls, now))
		return;
	look = calloc(1, sizeof(*look));
	if (!look)
		return;
	user->looked = now;
	look->tls = tls;
	look->user = user;
	user->readable = mappings_read(user->pid, mapping_look, look);
	free(look);
}

static void library_tell(struct tls *tls, const struct user *user, uint32_t number, int64_t ts)
{
	const struct tls_file *file = tls_files_get(tls->files, number);
	struct event event = {
		.type = EVENT_LIBRARY,
		.ts = ts,
		.library = {.pid = user->pid, .hook = TLS_HOOK_NOT_FOUND},
	};

	if (file) {
		event.library.library = number;
		event.library.kind = file->found.kind;
		event.library.hook = file->found.hook;
		event.library.path = span_text(file->path);
		event.library.build_id = buffer_span(&file->found.build_id);
		event.library.version = buffer_span(&file->found.version);
		event.library.note = buffer_span(&file->found.note);
	}
	tls->emit(tls->context, &event);
}

static void user_tell(struct tls *tls, struct user *user, int64_t ts)
{
	while (user->told < user->count)
		library_tell(tls, user, user->libraries[user->told++], ts);
	if (user->count || user->told_none || !user->readable)
		return;
	user->told_none = true;
	library_tell(tls, user, 0, ts);
}

static void on_emit(void *context, const struct event *event)
{
	const struct tls *tls = context;

	tls->emit(tls->context, event);
}

/* A process uses TLS, as its ClientHello shows, or a record of a connection that is older. */
static void on_use(void *context, uint32_t pid, int64_t ts)
{
	struct tls *tls = context;
	struct user *user = user_get(tls, pid);

	if (!user)
		return;
	if (!user->count)
		process_look(tls, user, clock_monotonic());
	user_tell(tls, user, ts);
}

/* Whether the library of a process is hooked: then its plaintext should be here. */
static bool on_ask(void *context, uint32_t pid)
{
	const struct tls *tls = context;
	const struct user *user = map_get(&tls->users, pid);

	for (size_t i = 0; user && i < user->count; i++)
		if (tls_files_get(tls->files, user->libraries[i])->hooked)
			return true;
	return false;
}

static void on_tie(void *context, uint64_t conn, enum direction direction, bool yes)
{
	const struct tls *tls = context;

	pool_tie(tls->pool, conn, direction, yes);
}

static void on_call(void *context, uint32_t pid, uint32_t library, int64_t ts)
{
	struct tls *tls = context;
	struct user *user = user_get(tls, pid);

	if (!user)
		return;
	user_add(user, library);
	user_tell(tls, user, ts);
}

/* A process that appears, or runs another program by now. */
static void process_event(struct tls *tls, const struct event_process *process)
{
	struct user *user;

	/* The watch has seen it before, and may have seen a process that is gone already. */
	if (tls->watch)
		return;
	user_forget(tls, process->pid);
	user = user_get(tls, process->pid);
	if (user)
		process_look(tls, user, clock_monotonic());
}

/* A process has mapped a file: a library that isn't known yet, most seldom. */
static void on_mapped(void *context, const struct mapped *mapped)
{
	const struct mapping mapping = {mapped->begin, mapped->begin + mapped->len, mapped->device,
					mapped->inode, mapped->path};
	struct tls *tls = context;
	const struct tls_file *file;
	struct user *user;

	if (*mapped->path != '/' || (tls_files_known(tls->files, &mapping, &file) && !file))
		return;
	user = user_get(tls, mapped->pid);
	if (!user)
		return;
	/* The whole process, for its libcrypto tells the version of its libssl. */
	if (!file)
		process_look(tls, user, clock_monotonic());
	file = tls_files_mapping(tls->files, mapped->pid, &mapping, NULL);
	if (file)
		user_add(user, file->number);
	else if (!user->count)
		user_forget(tls, mapped->pid);
}

/* CONN: whose it is where its client random tells nothing. */
static void secret_emit(struct tls *tls, const struct tls_secret *secret, uint64_t conn)
{
	char line[TLS_SECRET_LINE_MAX];
	struct event event = {.type = EVENT_SECRET, .ts = secret->ts};

	if (!tls_secret_line(secret, line))
		return;
	event.secret.conn = tls_tie_secret(tls->ties, secret);
	if (!event.secret.conn)
		event.secret.conn = conn;
	event.secret.line = span_text(line);
	if (!event.secret.conn && tls->options->port_count) {
		tls->totals.secrets_left_out++;
	} else {
		tls->totals.secrets++;
		tls->emit(tls->context, &event);
	}
	explicit_bzero(line, sizeof(line));
}

static void on_due(void *context, const struct tls_secret *secret, uint64_t conn)
{
	secret_emit(context, secret, conn);
}

/* ---- the interface ---- */

static const enum tls_hook tls_hooks[] = {
	[OPTIONS_TLS_PLAINTEXT] = TLS_HOOK_PLAINTEXT,
	[OPTIONS_TLS_KEYS] = TLS_HOOK_KEYS,
	[OPTIONS_TLS_OFF] = TLS_HOOK_OFF,
};

struct tls *tls_new(const struct options *options, const struct programs *programs,
		    void (*emit)(void *context, const struct event *event), void *context)
{
	struct tls *tls = calloc(1, sizeof(*tls));
	struct bpf_object *object = programs_tls(programs);
	bool plaintext = options->tls == OPTIONS_TLS_PLAINTEXT;
	const struct tls_wanted wanted = {tls_hooks[options->tls], options->tls_slow,
					  programs_tls_once(programs)};
	const struct tls_tie_options ties = {
		.cut_wire = plaintext && options->wire != OPTIONS_WIRE_ALL,
		.cut_all_wire = options->wire == OPTIONS_WIRE_NONE,
		.drop_untied = options->port_count > 0,
		.context = tls,
		.tied = on_tie,
		.emit = on_emit,
		.uses = on_use,
		.calls = on_call,
		.is_hooked = plaintext ? on_ask : NULL,
	};

	if (!tls)
		return NULL;
	tls->options = options;
	tls->pool = programs_pool(programs);
	tls->users_most = USERS_MIN;
	tls->emit = emit;
	tls->context = context;
	if (object)
		tls->hooks = hooks_new(object, programs_tls_multi(programs));
	tls->files = tls_files_new(tls->hooks, wanted);
	tls->ties = tls_tie_new(&ties);
	tls->due = tls_due_new(on_due, tls);
	if (tls->files && tls->ties && tls->due && (tls->hooks || !object))
		return tls;
	tls_free(tls);
	return NULL;
}

static void process_begin(void *context, uint32_t pid)
{
	struct tls *tls = context;
	struct user *user = user_get(tls, pid);

	if (!user)
		return;
	tls->looks = 0; /* all of them, once */
	process_look(tls, user, clock_monotonic());
	if (!user->count)
		user_forget(tls, pid);
}

/* The executable that a command's name means: execvp(3). */
static void command_look(struct tls *tls, const char *name)
{
	const char *path = getenv("PATH");
	char file[PATH_MAX];

	if (strchr(name, '/')) {
		tls_files_path(tls->files, name);
		return;
	}
	while (path && *path) {
		size_t len = strcspn(path, ":");

		if (snprintf(file, sizeof(file), "%.*s/%s", (int)len, path, name) <
			    (int)sizeof(file) &&
		    access(file, X_OK) == 0) {
			tls_files_path(tls->files, file);
			return;
		}
		path += len + (path[len] == ':');
	}
}

void tls_begin(struct tls *tls)
{
	tls->begun = clock_monotonic();
	/* Before the processes are looked at, so that none is missed in between. */
	tls->watch = mapping_watch_new();
	tls_files_system(tls->files);
	if (tls->options->command)
		command_look(tls, tls->options->command[0]);
	processes_each(process_begin, tls);
}

void tls_turn(struct tls *tls)
{
	int64_t now = clock_monotonic();

	if (tls->watch && !mapping_watch_look(tls->watch, on_mapped, tls))
		processes_each(process_begin, tls);
	tls_tie_turn(tls->ties, now);
	tls_due_turn(tls->due, now);
	if (tls->hooks && tls->options->tls == OPTIONS_TLS_KEYS && now - tls->begun > OLDER_TIME)
		hooks_drop_older(tls->hooks);
}

void tls_event(struct tls *tls, const struct event *event)
{
	if (event->type == EVENT_PROCESS)
		process_event(tls, &event->process);
	if (event->type == EVENT_DATA)
		tls_due_event(tls->due, event);
	tls_tie_event(tls->ties, event);
	if (event->type == EVENT_PROCESS_EXIT)
		user_forget(tls, event->process_exit.pid);
}

void tls_sight(struct tls *tls, struct tls_sight *sight)
{
	const struct tls_file *file = tls_files_get(tls->files, sight->library);

	sight->hooked = file ? file->hooked : 0;
	tls_tie_sight(tls->ties, sight);
}

void tls_secret_take(struct tls *tls, const struct tls_secret *secret)
{
	on_call(tls, secret->pid, secret->library, secret->ts);
	if (secret->older)
		tls_due_add(tls->due, secret);
	else
		secret_emit(tls, secret, 0);
}

void tls_detach(struct tls *tls)
{
	hooks_free(tls->hooks);
	tls->hooks = NULL;
	tls_files_detach(tls->files);
}

void tls_end(struct tls *tls, int64_t ts)
{
	tls_due_turn(tls->due, INT64_MAX);
	tls_tie_end(tls->ties, ts);
}

struct tls_totals tls_totals(const struct tls *tls)
{
	struct tls_totals totals = tls->totals;

	totals.ties = *tls_tie_totals(tls->ties);
	totals.libraries = tls_files_count(tls->files);
	for (uint32_t i = 1; i <= totals.libraries; i++)
		totals.hooked += tls_files_get(tls->files, i)->hooked != 0;
	return totals;
}

/* The names of processes and files may hold what a terminal takes for commands. */
static void name_print(const char *name, FILE *out)
{
	for (; *name; name++)
		fputc((unsigned char)*name < ' ' || *name == 0x7f ? '?' : *name, out);
}

/* PID with its name, as show and conns have it: curl[4711]. */
static void user_print(uint32_t pid, FILE *out)
{
	char name[32] = "";
	FILE *file;

	snprintf(name, sizeof(name), "/proc/%" PRIu32 "/comm", pid);
	file = fopen(name, "re");
	*name = '\0';
	if (file && fgets(name, sizeof(name), file))
		name[strcspn(name, "\n")] = '\0';
	if (file)
		fclose(file);
	name_print(name, out);
	fprintf(out, "[%" PRIu32 "]", pid);
}

/* The processes that have library NUMBER mapped: as many as are likely to be looked for. */
static void users_print(const struct tls *tls, uint32_t number, FILE *out)
{
	const struct user *user;
	const char *between = "    used by ";
	size_t others = 0;
	size_t shown = 0;
	size_t at = 0;

	while ((user = map_next(&tls->users, &at))) {
		bool has = false;

		for (size_t i = 0; i < user->count; i++)
			has |= user->libraries[i] == number;
		if (!has)
			continue;
		if (shown++ >= 16) {
			others++;
			continue;
		}
		fputs(between, out);
		user_print(user->pid, out);
		between = ", ";
	}
	if (others)
		fprintf(out, " and %zu more", others);
	fputs(shown ? "\n" : "    used by no process now\n", out);
}

static void text_print(const char *before, const struct buffer *text, FILE *out)
{
	if (text->len)
		fprintf(out, "%s%.*s", before, (int)text->len, text->data);
}

void tls_list(const struct tls *tls, FILE *out)
{
	uint32_t count = tls_files_count(tls->files);

	for (uint32_t i = 1; i <= count; i++) {
		const struct tls_file *file = tls_files_get(tls->files, i);
		const struct tls_found *found = &file->found;

		name_print(file->path, out);
		fprintf(out, "\n    %s", tls_library_text(found->kind));
		text_print(", ", &found->version, out);
		text_print(", build id ", &found->build_id, out);
		fprintf(out, "\n    %s%s",
			file->hooked ? "hooked: " : "not hooked: ", tls_hook_text(found->hook));
		text_print("; ", &found->note, out);
		fputc('\n', out);
		users_print(tls, i, out);
	}
	if (!count)
		fputs("no TLS library found in any process\n", out);
}

void tls_free(struct tls *tls)
{
	struct user *user;
	size_t at = 0;

	if (!tls)
		return;
	mapping_watch_free(tls->watch);
	hooks_free(tls->hooks);
	tls_files_free(tls->files);
	tls_tie_free(tls->ties);
	tls_due_free(tls->due);
	while ((user = map_next(&tls->users, &at)))
		free(user);
	map_free(&tls->users);
	free(tls);
}
