/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_TESTS_UNIT_EVENT_TEXT_H
#define SOCKTAPE_TESTS_UNIT_EVENT_TEXT_H

#include "format/buffer.h"
#include "format/event.h"

/* Appends a line with everything that EVENT says. */
void event_text(struct buffer *out, const struct event *event);

#endif
