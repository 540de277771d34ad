/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_TESTS_UNIT_INFER_CASE_H
#define SOCKTAPE_TESTS_UNIT_INFER_CASE_H

#include "protocols/protocol.h"

/* What PROTOCOL makes of these bytes of a TCP connection; *ROLE: of the one that sent. */
static inline int infer_score(const struct protocol *protocol, struct span sent,
			      struct span received, bool midstream, enum role *role)
{
	const struct sample sample = {
		.transport = TRANSPORT_TCP,
		.midstream = midstream,
		.bytes = {[DIRECTION_SENT] = sent, [DIRECTION_RECEIVED] = received},
	};
	struct verdict verdict = {.role = ROLE_UNKNOWN};

	protocol->infer(&sample, &verdict);
	*role = verdict.role;
	return verdict.score;
}

#endif
