/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_OVERLAY_H
#define SOCKTAPE_BPF_OVERLAY_H

/*
 * Files of overlayfs, as those of containers are: their pages are in the page cache of the file
 * below, in the upper or a lower directory, which overlayfs has open itself.
 */

#include "bpf/arch.h"

extern int LINUX_KERNEL_VERSION __kconfig;

#define OVERLAY_MAGIC 0x794c7630 /* OVERLAYFS_SUPER_MAGIC in include/uapi/linux/magic.h */

/* An overlay may lie on another. */
#define OVERLAY_DEPTH 2

/*
 * What overlayfs keeps for an open file since 6.13 (fs/overlayfs/file.c); before, it is the file
 * below itself. Written out: the type is in a module, which may be loaded later than we are.
 */
struct overlay_file {
	struct file *real;
	struct file *upper; /* once it was copied up while it was open */
};

static __always_inline struct file *overlay_below(struct file *file)
{
	struct overlay_file both = {};
	void *private = KERNEL_GET(file, file, private_data);

	if (LINUX_KERNEL_VERSION < KERNEL_VERSION(6, 13, 0))
		return private;
	bpf_probe_read_kernel(&both, sizeof(both), private);
	return both.upper ? both.upper : both.real;
}

/* The file whose page cache has the bytes of FILE; NULL when there is none. */
static __always_inline struct file *file_with_pages(struct file *file)
{
	for (int i = 0; i <= OVERLAY_DEPTH && file; i++) {
		if (BPF_CORE_READ(file, f_inode, i_sb, s_magic) != OVERLAY_MAGIC)
			return file;
		file = overlay_below(file);
	}
	return NULL;
}

#endif
