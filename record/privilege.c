/* SPDX-License-Identifier: BSD-2-Clause */
#include "record/privilege.h"

#include <linux/capability.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BIT(capability) (UINT64_C(1) << (capability))

/* libcap is one more dependency for two system calls. */
static bool capabilities_get(struct __user_cap_data_struct data[2])
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};

	return syscall(SYS_capget, &header, data) == 0;
}

static bool capabilities_keep(uint64_t keep)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[2];

	if (!capabilities_get(data))
		return false;
	/* Where nobody could give CAP_BPF, this is what stands for it. */
	if (!(data[1].permitted & (uint32_t)(BIT(CAP_BPF) >> 32)))
		keep |= BIT(CAP_SYS_ADMIN);
	for (int i = 0; i < 2; i++) {
		uint32_t mask = (uint32_t)(keep >> (32 * i));

		data[i].effective &= mask;
		data[i].permitted &= mask;
		data[i].inheritable = 0;
	}
	return syscall(SYS_capset, &header, data) == 0;
}

bool privilege_drop(const char *directory, bool chowns)
{
	uint64_t keep = BIT(CAP_SYS_PTRACE) | BIT(CAP_DAC_READ_SEARCH) | BIT(CAP_BPF) |
			BIT(CAP_PERFMON) | BIT(CAP_SYS_NICE);
	struct stat st;

	if (chowns)
		keep |= BIT(CAP_CHOWN);
	if (stat(directory, &st) == 0 && st.st_uid != geteuid())
		keep |= BIT(CAP_DAC_OVERRIDE);
	/* Without this an exec as root would bring all of them back. */
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && capabilities_keep(keep);
}

bool privilege_sufficient(void)
{
	struct __user_cap_data_struct data[2];
	uint64_t have;

	if (!capabilities_get(data))
		return false;
	have = data[0].effective | (uint64_t)data[1].effective << 32;
	return (have & BIT(CAP_SYS_ADMIN)) || ((have & BIT(CAP_BPF)) && (have & BIT(CAP_PERFMON)));
}
