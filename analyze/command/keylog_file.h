/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_COMMAND_KEYLOG_FILE_H
#define SOCKTAPE_ANALYZE_COMMAND_KEYLOG_FILE_H

#include <stdbool.h>

#include "protocols/cipher/keylog.h"

/*
 * Adds the secrets in the file PATH (--keylog) to *K, which is made when it is NULL. False after
 * telling the user why that can't be done.
 */
bool keylog_file_add(struct keylog **k, const char *command, const char *path);

#endif
