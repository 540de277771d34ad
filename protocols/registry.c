/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/dns/dns.h"
#include "protocols/protocol.h"
#include "protocols/http/http.h"
#include "protocols/redis/redis.h"

/* The order is that of the documentation; it decides nothing else but a tie in inference. */
/* clang-format off: one a line */
const struct protocol *const protocols[] = {
	&protocol_http,
	&protocol_redis,
	&protocol_dns,
	NULL,
};
/* clang-format on */
