/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_RECORD_LOOP_H
#define SOCKTAPE_RECORD_LOOP_H

#include "record/recorder.h"

/*
 * Records until a signal, the duration, the command's end or a failure of the writer stops it, and
 * completes the recording. Afterwards r->error tells whether it is complete; the command, if there
 * is one, has ended.
 */
void loop_run(struct recorder *r);

#endif
