/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/value/crc32c.h"

#include <stdbool.h>

#if defined(__aarch64__)
#include <arm_acle.h>
#include <sys/auxv.h>
#endif

/* Four bits at once: hardly any processor is left that needs it. */
uint32_t crc32c_by_table(struct span bytes)
{
	/* What four bits become that are shifted out, with the polynomial 0x82f63b78. */
	static const uint32_t shifted[16] = {
		0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3,
		0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
		0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
	};
	uint32_t crc = ~0u;

	for (size_t i = 0; i < bytes.len; i++) {
		crc ^= (uint8_t)bytes.data[i];
		crc = crc >> 4 ^ shifted[crc & 15];
		crc = crc >> 4 ^ shifted[crc & 15];
	}
	return ~crc;
}

#if defined(__x86_64__)
#define CRC_TARGET	 "sse4.2"
#define CRC_WORD(crc, w) ((uint32_t)__builtin_ia32_crc32di((crc), (w)))
#define CRC_BYTE(crc, b) __builtin_ia32_crc32qi((crc), (b))

static bool has_instruction(void)
{
	return __builtin_cpu_supports("sse4.2");
}
#elif defined(__aarch64__)
#define CRC_TARGET	 "+crc"
#define CRC_WORD(crc, w) __crc32cd((crc), (w))
#define CRC_BYTE(crc, b) __crc32cb((crc), (b))
#define HWCAP_OF_CRC32	 (1u << 7) /* <asm/hwcap.h> */

static bool has_instruction(void)
{
	return getauxval(AT_HWCAP) & HWCAP_OF_CRC32;
}
#endif

#ifdef CRC_TARGET
/* The instruction takes a word whose lowest byte comes first, as both processors load it. */
__attribute__((target(CRC_TARGET))) static uint32_t by_instruction(struct span bytes)
{
	const char *p = bytes.data;
	size_t left = bytes.len;
	uint32_t crc = ~0u;
	uint64_t word;

	for (; left >= sizeof(word); left -= sizeof(word), p += sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		crc = CRC_WORD(crc, word);
	}
	for (; left; left--)
		crc = CRC_BYTE(crc, (uint8_t)*p++);
	return ~crc;
}

uint32_t crc32c(struct span bytes)
{
	return has_instruction() ? by_instruction(bytes) : crc32c_by_table(bytes);
}
#else
uint32_t crc32c(struct span bytes)
{
	return crc32c_by_table(bytes);
}
#endif
