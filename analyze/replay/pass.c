/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/replay/pass.h"

bool pass_wants_another(const struct pass *p)
{
	return p->phase != PASS_LAST && p->knowledge.wanted;
}

void pass_begin(struct pass *p, bool all)
{
	p->phase = p->phase == PASS_FIRST && !all ? PASS_LEARNING : PASS_LAST;
	p->knowledge.complete = p->phase == PASS_LAST;
	memcpy(p->skip, p->given, sizeof(p->skip));
}
