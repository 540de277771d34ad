/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_PCAPNG_PREAMBLE_H
#define SOCKTAPE_ANALYZE_PCAPNG_PREAMBLE_H

#include "analyze/pcapng/dump.h"
#include "analyze/pcapng/facts.h"

/*
 * What stands before the packets: the section header, which names the host, and all TLS secrets,
 * because Wireshark only uses those that come before what they decrypt. Reads the recording at PATH
 * once more where it must. ALL_SECRETS: those of unknown connections too.
 */
MUST_CHECK enum tape_error preamble_write(const char *path, const struct facts *f, bool all_secrets,
					  struct dump *out);

#endif
