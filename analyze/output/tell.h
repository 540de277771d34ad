/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_OUTPUT_TELL_H
#define SOCKTAPE_ANALYZE_OUTPUT_TELL_H

#include "format/error.h"

/* What socktape exits with. */
#define STATUS_DONE    0
#define STATUS_USAGE   1 /* wrong usage, or nothing readable */
#define STATUS_DAMAGED 2 /* damaged or incomplete input; all that could be read was printed */
#define STATUS_DIFFERS 3 /* diff: the two are not the same */

/* What to exit with after two steps: what is worse. */
int command_worse(int a, int b);

/* In the name of a command: "socktape NAME: ..." and a newline on stderr. Returns STATUS_USAGE. */
int command_fail(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A warning on stderr, in the same form. */
void command_warn(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
