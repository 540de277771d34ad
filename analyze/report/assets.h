/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_REPORT_ASSETS_H
#define SOCKTAPE_ANALYZE_REPORT_ASSETS_H

#include "format/span.h"

/* report.css and report.js, as they stand beside this. */
struct span asset_style(void);
struct span asset_script(void);

#endif
