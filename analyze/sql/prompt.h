/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_SQL_PROMPT_H
#define SOCKTAPE_ANALYZE_SQL_PROMPT_H

#include "analyze/sql/engine.h"
#include "analyze/sql/print.h"

/* Runs all statements of TEXT and prints what comes of them. False after telling what went wrong.
 */
bool sql_run(struct sql_engine *e, const char *text, struct sql_printing *p);

/*
 * Statements from standard input: at a terminal with a prompt, history and completion of names, and
 * with commands that begin with a dot. False when one of them failed and there is no terminal.
 */
bool sql_prompt(struct sql_engine *e, enum sql_format format);

#endif
