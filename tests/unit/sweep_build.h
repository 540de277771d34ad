/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_TESTS_SWEEP_BUILD_H
#define SOCKTAPE_TESTS_SWEEP_BUILD_H

/*
 * Makes recordings DIR/NAME/rec of what stands at the borders of what commands tell apart:
 *
 * none, one, two   as many exchanges
 * times            exchanges that take as long as each unit of time begins and ends
 * sizes            bodies as long as each unit of bytes begins and ends
 * slower           as times, but slower, with other shapes, statuses and heads
 * changed          as times, but with other values in heads and bodies, and fewer of one shape
 * services         processes that ask each other, with ids and without, seen from one end or both
 * odd              what findings are of, each just so that it is, and just so that it isn't
 * ends             connections with every error, state and end that brought them there
 * many             more exchanges than a table of any chunk holds, half of them with errors
 * crowd            more services, clients and shapes than a small memory holds
 *
 * And the capture DIR/empty.pcap, without packets.
 */
void sweep_build(const char *dir);

#endif
