/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_CAPTURE_FRAGMENT_H
#define SOCKTAPE_ANALYZE_CAPTURE_FRAGMENT_H

#include "analyze/capture/slice.h"
#include "format/event.h"

/*
 * Makes datagrams whole again from IP fragments, in any order (RFC 791, section 3.2; RFC 8200,
 * section 4.5). Where fragments overlap, the first to come wins. Memory is bounded; a datagram
 * waits 30 seconds of the capture's time.
 */
struct fragments;

struct fragment {
	int64_t ts;
	struct address source;
	struct address destination;
	uint32_t id;
	uint8_t protocol; /* IPv4; 0 for IPv6, which doesn't tell datagrams apart by it */
	uint8_t next;	  /* protocol of what the datagram holds; 0: not IP's */
	uint32_t offset;  /* in the datagram, bytes */
	bool more;	  /* it isn't the last one */
};

#define DATAGRAM_MAX 65535u

struct fragments *fragments_new(void); /* NULL: out of memory */

/*
 * Adds a fragment with the payload *SLICE. True when that makes the datagram whole: *SLICE is then
 * its payload, valid until the next call.
 */
bool fragments_add(struct fragments *fragments, const struct fragment *fragment,
		   struct slice *slice);

/*
 * Gives up what won't become whole any more, as its last chance was before NOW (INT64_MAX: nothing
 * has any). True when that is a datagram of the protocol NEXT whose front came, as a filter on
 * ports lets only that pass: *FIRST is what its first fragment to come said, *FRONT what came
 * without a gap, as long as the whole (DATAGRAM_MAX when nobody said), valid until the next call.
 * To be called until it is false, before the packets of a later time.
 */
bool fragments_give_up(struct fragments *fragments, int64_t now, uint8_t next,
		       struct fragment *first, struct slice *front);

/*
 * How many fragments belonged to datagrams that never became whole, but for those of a front that
 * was given; those waiting count.
 */
uint64_t fragments_unused(const struct fragments *fragments);

void fragments_free(struct fragments *fragments); /* NULL is fine */

#endif
