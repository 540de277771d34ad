/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_PCAPNG_CONTENTS_H
#define SOCKTAPE_ANALYZE_PCAPNG_CONTENTS_H

#include "protocols/engine/session.h"

/*
 * What frames hold (struct contents), made into what Wireshark dissects as if it had been said so:
 *   - MySQL: decompressed; its client asks for neither compression nor TLS;
 *   - CQL 5: envelopes without segments, and as version 4, beyond which Wireshark knows none.
 */

/* Whether P's contents are to be shown. */
bool contents_shown(const struct protocol *p);

/* What was done, for a person. */
const char *contents_described(const struct protocol *p);

/*
 * The bytes of C that are shown, in *COPY where they are others. FIRST: they are the first of their
 * direction. Empty where nothing of them is.
 */
struct span contents_mend(const struct protocol *p, const struct contents *c, bool from_client,
			  bool first, struct buffer *copy);

#endif
