/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */

/*
 * The same programs for kernels from 5.8 on: without bpf_get_current_task_btf (5.11), atomic fetch
 * (5.12) and bpf_rdonly_cast (6.2).
 */
#define SOCKTAPE_COMPAT 1

#include "bpf/socktape.bpf.c"
