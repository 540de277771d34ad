/* SPDX-License-Identifier: BSD-2-Clause */
#include "format/error.h"

#include <stddef.h>

static const char *const texts[] = {
#define ERROR_TEXT(name, text) [name] = text,
	TAPE_ERRORS(ERROR_TEXT)
#undef ERROR_TEXT
};

const char *tape_error_text(enum tape_error error)
{
	if ((size_t)error >= sizeof(texts) / sizeof(texts[0]))
		return "unknown error";
	return texts[error];
}
