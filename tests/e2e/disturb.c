/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Preloaded into the recorder by tests: a disk, or compression, that is slow or fails.
 *
 *   SLOW_WRITE, SLOW_COMPRESS   microseconds for each block
 *   FAIL_AFTER                  so many writes of a file work, all later ones give EIO
 *   FAIL_ABOVE                  but only those that are longer than this
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#define BLOCK_MIN 1000 /* shorter than any block of data */

static long number(const char *name, long otherwise)
{
	const char *text = getenv(name);

	return text ? atol(text) : otherwise;
}

static int fails(size_t len)
{
	static atomic_long writes;

	return atomic_fetch_add(&writes, 1) >= number("FAIL_AFTER", 1L << 40) &&
	       (long)len > number("FAIL_ABOVE", 0);
}

ssize_t write(int fd, const void *data, size_t len)
{
	ssize_t (*next)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
	struct stat st;

	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		if (len > BLOCK_MIN)
			usleep((useconds_t)number("SLOW_WRITE", 0));
		if (fails(len)) {
			errno = EIO;
			return -1;
		}
	}
	return next(fd, data, len);
}

size_t ZSTD_compress2(ZSTD_CCtx *z, void *to, size_t room, const void *from, size_t len)
{
	size_t (*next)(ZSTD_CCtx *, void *, size_t, const void *, size_t) = dlsym(RTLD_NEXT,
										  "ZSTD_compress2");

	if (len > BLOCK_MIN)
		usleep((useconds_t)number("SLOW_COMPRESS", 0));
	return next(z, to, room, from, len);
}
