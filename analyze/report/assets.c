/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/report/assets.h"

/* The files themselves, so that editors and people can read them; see the Makefile. */
#define ASSET(name, file)                                                                          \
	extern const char name[];                                                                  \
	__asm__(".pushsection .rodata\n"                                                           \
		".hidden " #name "\n.globl " #name "\n" #name ":\n"                                \
		".incbin \"analyze/report/" file "\"\n.byte 0\n"                                   \
		".popsection\n")

ASSET(report_css, "report.css");
ASSET(report_js, "report.js");

struct span asset_style(void)
{
	return span_text(report_css);
}

struct span asset_script(void)
{
	return span_text(report_js);
}
