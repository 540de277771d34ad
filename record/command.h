/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_RECORD_COMMAND_H
#define SOCKTAPE_RECORD_COMMAND_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * The command that is run and recorded. It exists, but doesn't run yet, from command_fork() to
 * command_release(): so nothing that it does is missed. Zero-initialised means "no command".
 */
struct command {
	pid_t pid; /* 0: none, or it has ended */
	int gate;  /* the command runs when a byte comes through; closes without one: it ends */
	int word;  /* a byte comes when it could not be run */
	bool ended;
	int status; /* as wait(2) gives it */
};

/*
 * Makes the process, which waits. It takes over umask, environment and signal mask as they are
 * now: call it before changing any. ASIDE: what it prints goes to standard error. False with errno.
 */
bool command_fork(struct command *command, char **argv, bool aside);

/* Lets it run. */
void command_release(struct command *command);

/* Takes its status when it has ended, or (WAIT) waits until it has. True when it has ended. */
bool command_reap(struct command *command, bool wait);

/* Whether it never ran, because there is no such program or it can't be executed. Once it ended. */
bool command_failed(struct command *command);

/* What a shell would give as its exit status: its own, or 128 + the signal that ended it. */
int command_exit_status(const struct command *command);

/* Ends a command that was never released, and closes what is open. */
void command_abandon(struct command *command);

#endif
