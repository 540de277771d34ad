/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_KAFKA_ERROR_H
#define SOCKTAPE_PROTOCOLS_KAFKA_ERROR_H

/* "NOT_LEADER_OR_FOLLOWER"; NULL: nobody has defined it. */
const char *kafka_error_name(int code);

#endif
