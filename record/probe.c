/* SPDX-License-Identifier: BSD-2-Clause */
#include "record/probe.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <sys/utsname.h>

#include "record/blind.h"
#include "record/privilege.h"

/* Types and functions that the kernel's own BTF names. */
static void probe_btf(struct probe *probe)
{
	struct btf *btf = btf__load_vmlinux_btf();

	if (!btf)
		return;
	probe->btf = true;
	probe->task_iterator = btf__find_by_name_kind(btf, "bpf_iter__task_file", BTF_KIND_STRUCT) >
			       0;
	probe->rdonly_cast = btf__find_by_name_kind(btf, "bpf_rdonly_cast", BTF_KIND_FUNC) > 0;
	probe->socket_trace = kernel_traces_sockets(btf);
	btf__free(btf);
}

static int libbpf_say(enum libbpf_print_level level, const char *format, va_list arguments)
{
	return level <= LIBBPF_WARN ? vfprintf(stderr, format, arguments) : 0;
}

void probe_kernel(struct probe *probe, bool verbose)
{
	/* Of the types that libbpf can probe, this is the one that every kernel has. */
	const enum bpf_prog_type type = BPF_PROG_TYPE_RAW_TRACEPOINT;

	libbpf_set_print(verbose ? libbpf_say : NULL);
	*probe = (struct probe){0};
	probe_btf(probe);
	probe->ring_buffer = libbpf_probe_bpf_map_type(BPF_MAP_TYPE_RINGBUF, NULL) == 1;
	probe->current_task = libbpf_probe_bpf_helper(type, BPF_FUNC_get_current_task_btf, NULL) ==
			      1;
}

bool probe_is_current(const struct probe *probe)
{
	return probe->current_task && probe->rdonly_cast && probe->task_iterator &&
	       probe->socket_trace;
}

const char *probe_obstacle(const struct probe *probe)
{
	if (!privilege_sufficient())
		return "not permitted to load BPF programs: run it as root (or with CAP_BPF and "
		       "CAP_PERFMON; in a container these must be granted)";
	if (!probe->btf)
		return "this kernel has no type information (/sys/kernel/btf/vmlinux): a kernel "
		       "built with CONFIG_DEBUG_INFO_BTF is needed";
	if (!probe->ring_buffer)
		return "this kernel has no BPF ring buffer, or refuses BPF: Linux 5.8 or later is "
		       "needed, and a sandbox that permits bpf(2)";
	return NULL;
}

void probe_print(const struct probe *probe, FILE *out)
{
	struct utsname name;

	if (uname(&name) == 0)
		fprintf(out, "Linux %s: has it, feature, since, use\n", name.release);
#define PROBE_LINE(name, since, use)                                                               \
	fprintf(out, "  %-4s %-14s %-5s %s\n", probe->name ? "yes" : "no", #name, since, use);
	PROBE_FEATURES(PROBE_LINE)
#undef PROBE_LINE
}
