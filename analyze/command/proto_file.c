/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/command/proto_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "analyze/command/command.h"

/* Of a descriptor set; those of thousands of files have some megabytes. */
#define SET_MAX (64u << 20)

/* Folders above a .proto in which what it imports is looked for. */
#define ROOTS_MAX 16

extern char **environ;

static bool fail(const char *command, const char *path, const char *why)
{
	command_fail(command, "--proto %s: %s", path, why);
	return false;
}

/* All that comes of FD, which is closed. False, with errno. */
static bool read_all(int fd, struct buffer *set)
{
	ssize_t got = 1;
	int saved;

	while (got > 0 && set->len <= SET_MAX) {
		char *to = buffer_reserve(set, 65536);

		if (!to) {
			errno = ENOMEM;
			got = -1;
			break;
		}
		got = read(fd, to, 65536);
		if (got < 0 && errno == EINTR)
			got = 1;
		else if (got > 0)
			set->len += (size_t)got;
	}
	if (set->len > SET_MAX) {
		errno = EFBIG;
		got = -1;
	}
	saved = errno;
	close(fd);
	errno = saved;
	return got == 0;
}

/* ---- protoc ---- */

/* "-IFOLDER" of the file, then of each folder above, down to the root or to where we are. */
static size_t add_roots(const char *path, char roots[ROOTS_MAX][PATH_MAX + 2])
{
	char folder[PATH_MAX];
	size_t count = 0;
	char *slash;

	snprintf(folder, sizeof(folder), "%s", path);
	while (count < ROOTS_MAX - 1 && (slash = strrchr(folder, '/')) != NULL) {
		*slash = '\0';
		snprintf(roots[count++], PATH_MAX + 2, "-I%s", *folder ? folder : "/");
	}
	if (*path != '/')
		snprintf(roots[count++], PATH_MAX + 2, "-I.");
	return count;
}

/* 0, or an errno. */
static int start(char **argv, int output, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	int error = posix_spawn_file_actions_init(&actions);

	if (error)
		return error;
	error = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	if (!error)
		error = posix_spawnp(pid, *argv, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

static bool ended_well(pid_t pid)
{
	int status = -1;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool run_protoc(const char *command, const char *path, struct buffer *set)
{
	char roots[ROOTS_MAX][PATH_MAX + 2];
	char *argv[ROOTS_MAX + 5] = {"protoc", "--include_imports",
				     "--descriptor_set_out=/dev/stdout"};
	size_t count = 3, found = add_roots(path, roots);
	int ends[2], error;
	bool read;
	pid_t pid;

	for (size_t i = 0; i < found; i++)
		argv[count++] = roots[i];
	argv[count] = (char *)path;
	if (pipe2(ends, O_CLOEXEC) != 0)
		return fail(command, path, strerror(errno));
	error = start(argv, ends[1], &pid);
	close(ends[1]);
	if (error) {
		close(ends[0]);
		return fail(command, path,
			    error == ENOENT ? "protoc, which reads .proto files, is not installed "
					      "(protobuf-compiler); a descriptor set needs none"
					    : strerror(error));
	}
	read = read_all(ends[0], set);
	if (!ended_well(pid))
		return fail(command, path, "protoc could not read it");
	return read || fail(command, path, strerror(errno));
}

/* ---- the file ---- */

static bool read_file(const char *command, const char *path, struct buffer *set)
{
	size_t len = strlen(path);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return fail(command, path, strerror(errno));
	if (len > 6 && len < PATH_MAX && strcmp(path + len - 6, ".proto") == 0) {
		close(fd);
		return run_protoc(command, path, set);
	}
	return read_all(fd, set) || fail(command, path, strerror(errno));
}

static bool add(struct protobuf_schema **s, const char *command, const char *path, struct span set)
{
	if (!*s)
		*s = protobuf_schema_new();
	switch (*s ? protobuf_schema_add(*s, set) : PROTOBUF_SCHEMA_NO_MEMORY) {
	case PROTOBUF_SCHEMA_TAKEN:
		return true;
	case PROTOBUF_SCHEMA_NONE:
		return fail(command, path,
			    "neither a .proto nor a descriptor set (protoc --descriptor_set_out) "
			    "that declares anything");
	default:
		return fail(command, path, tape_error_text(TAPE_ERROR_MEMORY));
	}
}

bool proto_file_add(struct protobuf_schema **s, const char *command, const char *path)
{
	struct buffer set = {0};
	bool taken = read_file(command, path, &set) && add(s, command, path, buffer_span(&set));

	buffer_free(&set);
	return taken;
}
