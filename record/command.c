/* SPDX-License-Identifier: BSD-2-Clause */
#include "record/command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Exit statuses by POSIX's "Command Search and Execution", as every shell gives them. */
#define EXIT_NOT_EXECUTABLE 126
#define EXIT_NOT_FOUND	    127

/* In the child: waits for the gate, becomes the command. */
static _Noreturn void child_run(int gate, char **argv)
{
	char byte;
	ssize_t n;

	do
		n = read(gate, &byte, 1);
	while (n < 0 && errno == EINTR);
	if (n != 1)
		_exit(EXIT_NOT_FOUND);
	execvp(argv[0], argv);
	fprintf(stderr, "socktape-record: can't run %s: %s\n", argv[0], strerror(errno));
	_exit(errno == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE);
}

bool command_fork(struct command *command, char **argv)
{
	int gate[2];
	pid_t pid;

	if (pipe2(gate, O_CLOEXEC) != 0)
		return false;
	pid = fork();
	if (pid == 0) {
		close(gate[1]);
		child_run(gate[0], argv);
	}
	close(gate[0]);
	if (pid < 0) {
		close(gate[1]);
		return false;
	}
	*command = (struct command){.pid = pid, .gate = gate[1]};
	return true;
}

static void gate_close(struct command *command)
{
	close(command->gate);
	command->gate = 0;
}

void command_release(struct command *command)
{
	if (command->gate <= 0)
		return;
	/* Fails only when somebody has killed the child meanwhile, which command_reap() tells. */
	while (write(command->gate, "", 1) < 0 && errno == EINTR)
		;
	gate_close(command);
}

bool command_reap(struct command *command, bool wait)
{
	pid_t got;

	if (command->pid == 0)
		return command->ended;
	do
		got = waitpid(command->pid, &command->status, wait ? 0 : WNOHANG);
	while (got < 0 && errno == EINTR);
	if (got != command->pid)
		return false;
	command->pid = 0;
	command->ended = true;
	return true;
}

int command_exit_status(const struct command *command)
{
	if (WIFSIGNALED(command->status))
		return 128 + WTERMSIG(command->status);
	return WEXITSTATUS(command->status);
}

void command_abandon(struct command *command)
{
	if (command->gate <= 0)
		return;
	gate_close(command);
	command_reap(command, true);
}
