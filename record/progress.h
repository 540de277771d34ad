/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_RECORD_PROGRESS_H
#define SOCKTAPE_RECORD_PROGRESS_H

#include <stdint.h>

#include "record/account.h"
#include "record/drain.h"
#include "record/tls.h"

/* What is known at one moment of a recording. */
struct progress {
	int64_t elapsed; /* ns since the programs were attached */
	struct tally tally;
	struct account account;
	struct store_status store;
	struct drain_totals drained;
	struct tls_totals tls;
};

#endif
