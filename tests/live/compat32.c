/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * compat32: sends and receives with 32-bit system calls, as a 32-bit program does, and writes a
 * ledger. Where the kernel has no 32-bit calls it ends by SIGSEGV.
 */

#include "tests/live/sockets.h"

#ifdef __x86_64__
#include <sys/mman.h>

#define READ_32	 3
#define WRITE_32 4

static long call_32(long number, int fd, void *data, size_t len)
{
	long result;

	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(number), "b"((long)fd), "c"(data), "d"(len)
			 : "memory", "r8", "r9", "r10", "r11");
	return result;
}

int main(void)
{
	struct end ends[2] = {{.name = "client"}, {.name = "server"}};
	uint8_t *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	if (low == MAP_FAILED)
		fail("mmap");
	must("close", close(stream_open(family_find("inet4"), ends)));
	fill(low, 4096, 80);
	if (call_32(WRITE_32, ends[0].fd, low, 1234) != 1234 ||
	    call_32(READ_32, ends[1].fd, low, 4096) != 1234)
		fail("a 32-bit call failed");
	ledger_sent(&ends[0], "write", .data = low, .len = 1234);
	ledger_received(&ends[1], "read", .data = low, .len = 1234);
	return 0;
}
#else
/* Elsewhere it takes a program that was built for 32 bits. */
int main(void)
{
	unsupported("32-bit calls that a 64-bit program can make");
}
#endif
