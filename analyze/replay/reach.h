/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_REPLAY_REACH_H
#define SOCKTAPE_ANALYZE_REPLAY_REACH_H

#include "analyze/replay/selection.h"

/*
 * Finds the connections that the processes which S selects ever had, by reading those blocks of the
 * recording at PATH alone that name one of them (FORMAT.md, process_filter).
 *
 * False where reading all is no worse: most blocks name them, or nothing does, the recording is
 * still written, its blocks don't tell their processes, or it can't be read; what is wrong with it,
 * whoever reads all of it tells. FOUND is the caller's, and empty then.
 */
bool reach_find(const char *path, const struct selection *s, struct id_set *found);

#endif
