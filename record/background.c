/* SPDX-License-Identifier: BSD-2-Clause */
#include "record/background.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "format/size.h"

/* As it is in /proc/PID/comm: what a pid file names must be one of us. */
#define OWN_NAME "socktape-record"

static bool fail(struct buffer *problem, const char *directory, const char *file, const char *why)
{
	buffer_printf(problem, "%s/%s: %s", directory, file, why);
	return false;
}

/* ---- the beginning ---- */

/* What the process that goes on came to: 0 when it said that it began. */
static int wait_for(pid_t pid, int ready)
{
	char byte;
	int status;
	ssize_t n;

	do
		n = read(ready, &byte, 1);
	while (n < 0 && errno == EINTR);
	if (n == 1)
		return 0;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

bool background_fork(struct background *b, int *status, struct buffer *problem)
{
	int ready[2];
	pid_t pid;

	*b = (struct background){.ready = -1, .pid_file = -1};
	*status = 1;
	if (pipe2(ready, O_CLOEXEC) != 0) {
		buffer_printf(problem, "can't make a pipe: %s", strerror(errno));
		return true;
	}
	fflush(NULL);
	pid = fork();
	if (pid < 0)
		buffer_printf(problem, "can't make a process: %s", strerror(errno));
	if (pid != 0) {
		close(ready[1]);
		if (pid > 0)
			*status = wait_for(pid, ready[0]);
		close(ready[0]);
		return true;
	}
	close(ready[0]);
	b->ready = ready[1];
	setsid();
	return false;
}

static bool write_pid(int fd)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%d\n", (int)getpid());

	return ftruncate(fd, 0) == 0 && write(fd, text, (size_t)len) == len;
}

static bool leave_terminal(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	bool good = null >= 0;

	for (int fd = STDIN_FILENO; good && fd <= STDERR_FILENO; fd++)
		good = dup2(null, fd) == fd;
	if (null > STDERR_FILENO)
		close(null);
	return good;
}

static int open_in(const char *directory, int flags, mode_t mode)
{
	int place = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd = place < 0
			 ? -1
			 : openat(place, BACKGROUND_PID_FILE, flags | O_NOFOLLOW | O_CLOEXEC, mode);
	int saved = errno;

	if (place >= 0)
		close(place);
	errno = saved;
	return fd;
}

bool background_begin(struct background *b, const char *directory, uid_t owner, gid_t group,
		      struct buffer *problem)
{
	ssize_t n;

	b->pid_file = open_in(directory, O_RDWR | O_CREAT, 0600);
	if (b->pid_file < 0 || flock(b->pid_file, LOCK_EX | LOCK_NB) != 0 ||
	    !write_pid(b->pid_file))
		return fail(problem, directory, BACKGROUND_PID_FILE, strerror(errno));
	if (owner != (uid_t)-1 && fchown(b->pid_file, owner, group) != 0)
		return fail(problem, directory, BACKGROUND_PID_FILE, strerror(errno));
	printf("socktape-record: recording into %s in the background, process %d; end it with\n"
	       "  socktape-record --stop %s\n",
	       directory, (int)getpid(), directory);
	fflush(stdout);
	if (!leave_terminal()) {
		buffer_printf(problem, "can't leave the terminal: %s", strerror(errno));
		return false;
	}
	do
		n = write(b->ready, "", 1);
	while (n < 0 && errno == EINTR);
	close(b->ready);
	b->ready = -1;
	return true;
}

void background_end(struct background *b, const char *directory)
{
	int place;

	if (b->pid_file < 0)
		return;
	place = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (place >= 0) {
		unlinkat(place, BACKGROUND_PID_FILE, 0);
		close(place);
	}
	/* The lock stays until the process has ended. */
}

/* ---- the end ---- */

static pid_t read_pid(int fd)
{
	char text[16] = "";
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
	uint64_t pid;

	if (n > 0 && text[n - 1] == '\n')
		text[n - 1] = '\0';
	return n > 0 && size_parse_number(text, &pid) && pid > 1 && pid <= INT32_MAX ? (pid_t)pid
										     : 0;
}

static bool is_recorder(pid_t pid)
{
	char path[32], name[32] = "";
	FILE *file;
	bool good;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	file = fopen(path, "re");
	if (!file)
		return false;
	good = fgets(name, sizeof(name), file) && strcmp(name, OWN_NAME "\n") == 0;
	fclose(file);
	return good;
}

/* Its lock is given back when it has ended. */
static bool stop_locked(int fd, const char *directory, struct buffer *problem)
{
	pid_t pid = read_pid(fd);

	if (!pid || !is_recorder(pid))
		return fail(problem, directory, BACKGROUND_PID_FILE, "names no recorder");
	if (kill(pid, SIGTERM) != 0) {
		buffer_printf(problem, "can't stop process %d: %s", (int)pid, strerror(errno));
		return false;
	}
	while (flock(fd, LOCK_EX) != 0)
		if (errno != EINTR)
			return fail(problem, directory, BACKGROUND_PID_FILE, strerror(errno));
	return true;
}

bool background_stop(const char *directory, struct buffer *problem)
{
	int fd = open_in(directory, O_RDWR, 0);
	bool good;

	if (fd < 0 && errno == ENOENT)
		return fail(problem, directory, BACKGROUND_PID_FILE,
			    "there is no recorder in the background here");
	if (fd < 0)
		return fail(problem, directory, BACKGROUND_PID_FILE, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		good = fail(problem, directory, BACKGROUND_PID_FILE,
			    "the recorder has ended without taking it away; remove it");
	else
		good = stop_locked(fd, directory, problem);
	close(fd);
	return good;
}
