/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_REPLAY_PROGRAM_H
#define SOCKTAPE_ANALYZE_REPLAY_PROGRAM_H

#include "analyze/replay/replay.h"

/* Longest text of a script, and its end. */
#define PROGRAM_SCRIPT_MAX 48

/*
 * What a process that interprets something runs, as its arguments tell: "orders.py" of python3,
 * "shop.jar" of java, the module of -m. "" where it is no interpreter, or they don't tell.
 */
void program_script(const struct process *process, char script[static PROGRAM_SCRIPT_MAX]);

#endif
