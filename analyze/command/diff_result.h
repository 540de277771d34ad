/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_COMMAND_DIFF_RESULT_H
#define SOCKTAPE_ANALYZE_COMMAND_DIFF_RESULT_H

#include "analyze/command/options.h"
#include "analyze/diff/change.h"

/* What `socktape diff` prints of the changes that were found. */

/* False, and the user was told, when it could not be written. */
bool diff_result_print(const struct changes *changes, const struct comparison *c,
		       const char *command, enum output_format format);

#endif
