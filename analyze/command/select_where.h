/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_COMMAND_SELECT_WHERE_H
#define SOCKTAPE_ANALYZE_COMMAND_SELECT_WHERE_H

#include "analyze/command/select.h"

/*
 * Reads the recording to find the connections with a record that is selected and for which EXPR is
 * true: these connections are selected afterwards. STATUS_DONE, or what to exit with after the user
 * was told why.
 */
int select_where(struct select *select, const char *command, const char *expr);

#endif
