/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_SHAPE_STATEMENT_H
#define SOCKTAPE_ANALYZE_SHAPE_STATEMENT_H

#include "analyze/shape/lexer.h"
#include "format/buffer.h"

/* A shape that is longer is cut, and ends in a hash of all of it. */
#define STATEMENT_SHAPE_MAX 2000

/*
 * Appends the shape of STATEMENT to B: the statement without what differs from one execution to
 * another. Values are ?, lists of them (?+) however long, rows of values one; comments, white space
 * and the case of names without quotes don't count. Two statements have the same shape where
 * libpg_query (PostgreSQL) or pt-fingerprint (MySQL) give them the same fingerprint, but for what
 * only a parser of the whole grammar could know (tests/e2e/shapes.sh).
 */
void statement_shape(struct buffer *b, enum dialect dialect, struct span statement);

#endif
