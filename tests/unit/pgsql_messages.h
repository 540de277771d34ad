/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_TESTS_UNIT_PGSQL_MESSAGES_H
#define SOCKTAPE_TESTS_UNIT_PGSQL_MESSAGES_H

#include "tests/unit/feed.h"

/* Messages of PostgreSQL that most conversations have. */
#define STARTUP "\0\0\0\x1d\0\3\0\0user\0me\0database\0db\0\0"
#define READY	"Z\0\0\0\5I"
#define WELCOME "R\0\0\0\x08\0\0\0\0K\0\0\0\x0c\0\0\0\x07\0\0\0\1" READY

/* How they begin. */
#define STARTED FEED_REQUEST(STARTUP), FEED_RESPONSE(WELCOME)

/* Of extended queries: what is bound has no name and no parameters. */
#define PARSED	"1\0\0\0\4"
#define BOUND	"2\0\0\0\4"
#define BIND_IT "B\0\0\0\x0c\0\0\0\0\0\0\0\0"
#define EXECUTE "E\0\0\0\x09\0\0\0\0\0"
#define SYNC	"S\0\0\0\4"

#endif
