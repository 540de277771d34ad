/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/output/tell.h"

#include <stdarg.h>
#include <stdio.h>

static void complain(const char *name, const char *format, va_list arguments)
{
	fprintf(stderr, "socktape %s: ", name);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
}

int command_worse(int a, int b)
{
	if (a == STATUS_USAGE || b == STATUS_USAGE)
		return STATUS_USAGE;
	return a == STATUS_DONE ? b : a;
}

int command_fail(const char *name, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	complain(name, format, arguments);
	va_end(arguments);
	return STATUS_USAGE;
}

void command_warn(const char *name, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	complain(name, format, arguments);
	va_end(arguments);
}
