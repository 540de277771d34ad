/* SPDX-License-Identifier: BSD-2-Clause */
#include "record/process.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "record/clock.h"
#include "record/container.h"
#include "record/user.h"

/* A longer command line is cut: it says enough, and every segment repeats it. */
#define CMDLINE_MAX 16384

struct process_table {
	struct cgroup_table *cgroups;
	struct user_table users;
	int64_t tick_ns;
	char exe[PATH_MAX];
	char cmdline[CMDLINE_MAX];
	char cgroup[8192];
	char stat[1024];
	char name[64];
};

struct process_table *process_table_new(struct cgroup_table *cgroups)
{
	struct process_table *table = calloc(1, sizeof(*table));

	if (!table)
		return NULL;
	table->cgroups = cgroups;
	table->tick_ns = CLOCK_SECOND / sysconf(_SC_CLK_TCK);
	return table;
}

/* Up to SIZE bytes of the file NAME of the process; empty when it can't be read. */
static struct span proc_read(int proc, const char *name, char *data, size_t size)
{
	int fd = openat(proc, name, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n;

	if (fd < 0)
		return (struct span){0};
	while (len < size && (n = read(fd, data + len, size - len)) > 0)
		len += (size_t)n;
	close(fd);
	return span_of(data, len);
}

/* Start of the process in CLOCK_MONOTONIC, to a clock tick; -1 when unknown. */
static int64_t start_time(struct process_table *table, int proc)
{
	struct span stat = proc_read(proc, "stat", table->stat, sizeof(table->stat) - 1);
	unsigned long long ticks;
	struct event now;
	const char *rest;

	table->stat[stat.len] = '\0';
	/* proc(5): field 22, counted in ticks since boot; the name in field 2 may hold anything. */
	rest = stat.len ? strrchr(table->stat, ')') : NULL;
	if (!rest || sscanf(rest + 1,
			    " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d "
			    "%*d %*d %*d %*d %*d %llu",
			    &ticks) != 1)
		return -1;
	clock_event(&now);
	return (int64_t)ticks * table->tick_ns - (now.clock.boottime - now.ts);
}

/* The directory of PROCESS in /proc, as long as the pid still means this process; else -1. */
static int proc_open(struct process_table *table, const struct event_process *process)
{
	char path[32];
	int64_t start;
	int proc;

	snprintf(path, sizeof(path), "/proc/%u", process->pid);
	proc = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (proc < 0)
		return -1;
	start = start_time(table, proc);
	if (start >= 0 && llabs(start - process->start_ts) <= 2 * table->tick_ns)
		return proc;
	close(proc);
	return -1;
}

struct span process_cgroup_choose(struct span text)
{
	struct span best = {0};
	const char *at = text.data;
	const char *end = text.data + text.len;

	while (at < end) {
		const char *line_end = memchr(at, '\n', (size_t)(end - at));
		const char *path;

		if (!line_end)
			line_end = end;
		path = memchr(at, '/', (size_t)(line_end - at));
		if (path) {
			struct span found = span_of(path, (size_t)(line_end - path));

			if (line_end - at > 3 && memcmp(at, "0::", 3) == 0 && found.len > 1)
				return found;
			if (found.len > best.len)
				best = found;
		}
		at = line_end + 1;
	}
	return best;
}

static void complete_exe(struct process_table *table, int proc, struct event_process *process)
{
	ssize_t len = readlinkat(proc, "exe", table->exe, sizeof(table->exe));

	if (len > 0 && len < (ssize_t)sizeof(table->exe))
		process->exe = span_of(table->exe, (size_t)len);
}

static void complete_cmdline(struct process_table *table, int proc, struct event_process *process)
{
	struct span told = process->cmdline;
	struct span read = proc_read(proc, "cmdline", table->cmdline, sizeof(table->cmdline));

	/* Anything else belongs to the program that the process runs by now. */
	if (read.len >= told.len && (told.len == 0 || memcmp(read.data, told.data, told.len) == 0))
		process->cmdline = read;
}

/* A program that changes its title overwrites its arguments and leaves zeros behind. */
static struct span trim_zeros(struct span cmdline)
{
	while (cmdline.len > 1 && !cmdline.data[cmdline.len - 1] && !cmdline.data[cmdline.len - 2])
		cmdline.len--;
	return cmdline;
}

void process_table_complete(struct process_table *table, const struct process_gaps *gaps,
			    struct event_process *process)
{
	int proc = proc_open(table, process);

	process->cgroup = (struct span){0};
	if (proc >= 0) {
		if (gaps->exe_cut || process->exe.len == 0)
			complete_exe(table, proc, process);
		if (gaps->args_cut || process->cmdline.len == 0)
			complete_cmdline(table, proc, process);
		process->cgroup = process_cgroup_choose(
			proc_read(proc, "cgroup", table->cgroup, sizeof(table->cgroup)));
		close(proc);
	}
	process->cmdline = trim_zeros(process->cmdline);
	if (process->cgroup.len == 0)
		process->cgroup = cgroup_table_path(table->cgroups, gaps->cgroup_id);
	process->container = container_id(process->cgroup);
	process->user = user_table_name(&table->users, process->uid);
}

/* The number after LABEL in the text of /proc/PID/status; 0 when there is none. */
static uint32_t status_number(const char *status, const char *label)
{
	const char *at = strstr(status, label);
	unsigned int value;

	return at && sscanf(at + strlen(label), "%u", &value) == 1 ? value : 0;
}

/* The name is escaped in status; comm has it as it is. */
static struct span read_name(struct process_table *table, int proc)
{
	struct span name = proc_read(proc, "comm", table->name, sizeof(table->name));

	return span_of(name.data, name.len ? name.len - 1 : 0);
}

bool process_table_read(struct process_table *table, uint32_t pid, struct event_process *process)
{
	struct process_gaps gaps = {0};
	char path[32];
	int proc;

	snprintf(path, sizeof(path), "/proc/%u", pid);
	proc = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (proc < 0)
		return false;
	*process = (struct event_process){.pid = pid, .start_ts = start_time(table, proc)};
	process->name = read_name(table, proc);
	table->stat[proc_read(proc, "status", table->stat, sizeof(table->stat) - 1).len] = '\0';
	process->ppid = status_number(table->stat, "\nPPid:");
	process->uid = status_number(table->stat, "\nUid:");
	process->gid = status_number(table->stat, "\nGid:");
	close(proc);
	process_table_complete(table, &gaps, process);
	return process->name.len > 0;
}

void process_table_free(struct process_table *table)
{
	free(table);
}

uint32_t process_leader(uint32_t id)
{
	char path[32];
	char line[128];
	uint32_t leader = 0;
	FILE *status;

	snprintf(path, sizeof(path), "/proc/%u/status", id);
	status = fopen(path, "re");
	if (!status)
		return 0;
	while (leader == 0 && fgets(line, sizeof(line), status))
		if (sscanf(line, "Tgid: %u", &leader) == 1)
			break;
	fclose(status);
	return leader;
}
