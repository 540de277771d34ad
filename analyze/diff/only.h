/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_DIFF_ONLY_H
#define SOCKTAPE_ANALYZE_DIFF_ONLY_H

#include "analyze/diff/change.h"

/*
 * Of one process only, or of all? Suspects of one shape and one part stand beside each other: the
 * one of all its records, if that is one, and one for each process with enough of them.
 *
 * What some processes did and others surely did not is left to those; what is of all is told once.
 */
void only_choose(struct suspects *found);

/*
 * The suspects from FROM on, of one shape and part, go where none of them is likely to be more
 * than chance.
 */
void only_drop(struct suspects *found, size_t from);

#endif
