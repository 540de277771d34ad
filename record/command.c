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

/* In the child: waits for the gate, becomes the command, or sends word that it can't. */
static _Noreturn void child_run(int gate, int word, bool aside, char **argv)
{
	char byte;
	ssize_t n;
	int error;

	do
		n = read(gate, &byte, 1);
	while (n < 0 && errno == EINTR);
	if (n != 1)
		_exit(EXIT_NOT_FOUND);
	if (aside && dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		_exit(EXIT_NOT_EXECUTABLE);
	execvp(argv[0], argv);
	error = errno;
	fprintf(stderr, "socktape-record: can't run %s: %s\n", argv[0], strerror(error));
	n = write(word, "", 1); /* should it fail, only an empty recording stays */
	(void)n;
	_exit(error == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE);
}

static void pair_close(int pair[2])
{
	int saved = errno;

	close(pair[0]);
	close(pair[1]);
	errno = saved;
}

bool command_fork(struct command *command, char **argv, bool aside)
{
	int gate[2];
	int word[2];
	pid_t pid;

	if (pipe2(gate, O_CLOEXEC) != 0)
		return false;
	if (pipe2(word, O_CLOEXEC | O_NONBLOCK) != 0) {
		pair_close(gate);
		return false;
	}
	pid = fork();
	if (pid == 0) {
		close(gate[1]);
		close(word[0]);
		child_run(gate[0], word[1], aside, argv);
	}
	if (pid < 0) {
		pair_close(gate);
		pair_close(word);
		return false;
	}
	close(gate[0]);
	close(word[1]);
	*command = (struct command){.pid = pid, .gate = gate[1], .word = word[0]};
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

bool command_failed(struct command *command)
{
	char byte;

	return command->word > 0 && read(command->word, &byte, 1) == 1;
}

int command_exit_status(const struct command *command)
{
	if (WIFSIGNALED(command->status))
		return 128 + WTERMSIG(command->status);
	return WEXITSTATUS(command->status);
}

void command_abandon(struct command *command)
{
	if (command->word > 0)
		close(command->word);
	command->word = 0;
	if (command->gate <= 0)
		return;
	gate_close(command);
	command_reap(command, true);
}
