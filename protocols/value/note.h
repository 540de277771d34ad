/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_VALUE_NOTE_H
#define SOCKTAPE_PROTOCOLS_VALUE_NOTE_H

#include "format/buffer.h"

/* One more thing to say, behind "; " unless it is the first. */
static inline void note_append_span(struct buffer *note, struct span text)
{
	if (note->len)
		buffer_append_text(note, "; ");
	buffer_append_span(note, text);
}

static inline void note_append(struct buffer *note, const char *text)
{
	note_append_span(note, span_text(text));
}

#endif
