/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_PCAPNG_MARK_H
#define SOCKTAPE_ANALYZE_PCAPNG_MARK_H

/*
 * A handshake that nobody saw, of a connection that was recorded from its middle on, carries this
 * TCP option: an experiment (RFC 6994, section 3) by which an import knows it again.
 */
#define MARK_MADE_UP_KIND 253
#define MARK_MADE_UP_LEN  6
#define MARK_MADE_UP_ID	  0x536f636bu /* "Sock" */

#endif
