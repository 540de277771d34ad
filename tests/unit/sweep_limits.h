/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_TESTS_SWEEP_LIMITS_H
#define SOCKTAPE_TESTS_SWEEP_LIMITS_H

/*
 * Makes the recording DIR/limits/rec of what is just as long, deep or often as commands show, and a
 * little more and less: paths, heads and hosts, command lines, calls of one exchange, exchanges in
 * one call, processes that ask each other in a row, JSON and SQL inside of each other.
 */
void sweep_limits_build(const char *dir);

#endif
