/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_RECORD_BEGIN_H
#define SOCKTAPE_RECORD_BEGIN_H

#include <stdio.h>

#include "record/options.h"

/*
 * Says in one line what is recorded into which directory; and in another each, which names no
 * process has just now, and which processes have children that are left out.
 */
void begin_say(const struct options *options, FILE *out);

#endif
