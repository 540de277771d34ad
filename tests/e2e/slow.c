/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Preloaded into the recorder by record-backlog.sh: makes writing to files, or compression, slow.
 * SLOW_WRITE and SLOW_COMPRESS are microseconds for each call.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

static void wait_for(const char *name)
{
	const char *us = getenv(name);

	if (us)
		usleep((useconds_t)atoi(us));
}

ssize_t write(int fd, const void *data, size_t len)
{
	ssize_t (*next)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
	struct stat st;

	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && len > 1000)
		wait_for("SLOW_WRITE");
	return next(fd, data, len);
}

size_t ZSTD_compress2(ZSTD_CCtx *z, void *to, size_t room, const void *from, size_t len)
{
	size_t (*next)(ZSTD_CCtx *, void *, size_t, const void *, size_t) = dlsym(RTLD_NEXT,
										  "ZSTD_compress2");

	if (len > 1000)
		wait_for("SLOW_COMPRESS");
	return next(z, to, room, from, len);
}
