/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_RECORD_USER_H
#define SOCKTAPE_RECORD_USER_H

#include <stdint.h>

#include "format/span.h"

#define USER_NAME_MAX 32
#define USER_SLOTS    64

/*
 * Names of users, from /etc/passwd alone: a directory service that hangs must not stop the
 * recorder. Zero-initialised is valid; needs no release.
 */
struct user_table {
	struct user_slot {
		uint32_t uid;
		uint8_t known; /* 1: the name below is the answer, also when it is empty */
		uint8_t len;
		char name[USER_NAME_MAX];
	} slots[USER_SLOTS];
};

/* The name of UID, empty when /etc/passwd doesn't have it. Valid until the next call. */
struct span user_table_name(struct user_table *table, uint32_t uid);

#endif
