/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_RECORD_CGROUP_H
#define SOCKTAPE_RECORD_CGROUP_H

#include <stdint.h>

#include "format/span.h"

/*
 * Paths of cgroups (version 2) by their id, also of cgroups whose processes are gone already.
 * Remembers what it found; bounded.
 */
struct cgroup_table;

/* NULL when memory is short. Without a cgroup v2 mount the table stays empty. */
struct cgroup_table *cgroup_table_new(void);

/*
 * The path of cgroup ID below the mount, beginning with '/'; empty when unknown. Valid until the
 * next call.
 */
struct span cgroup_table_path(struct cgroup_table *table, uint64_t id);

/*
 * Opens the cgroup PATH: below the cgroup v2 mount, or a path of the file system. -1 with errno;
 * ENOTDIR when it is no cgroup of version 2.
 */
int cgroup_table_open(const struct cgroup_table *table, const char *path);

void cgroup_table_free(struct cgroup_table *table);

#endif
