/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_COMMAND_SELECT_WHERE_H
#define SOCKTAPE_ANALYZE_COMMAND_SELECT_WHERE_H

#include "analyze/command/select.h"
#include "analyze/listing/listing.h"

/*
 * Reads the recording to find the connections of the records that are selected and that WISH takes:
 * for which its condition is true, the first so many of them, in its order. These connections are
 * selected afterwards. STATUS_DONE, or what to exit with after the user was told why.
 */
int select_where(struct select *select, const char *command, const struct listing_wish *wish);

#endif
