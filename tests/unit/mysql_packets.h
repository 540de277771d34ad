/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_TESTS_UNIT_MYSQL_PACKETS_H
#define SOCKTAPE_TESTS_UNIT_MYSQL_PACKETS_H

/* Packets of MySQL's server, with the number that each has in its answer. */
#define OK(seq, affected) "\x07\0\0" seq "\0" affected "\0\2\0\0\0"
#define EOF_(seq)	  "\x05\0\0" seq "\xfe\0\0\2\0"

/* One column "n" of LONG. */
#define COLUMN(seq) "\x17\0\0" seq "\3def\0\0\0\1n\0\x0c\x3f\0\x0b\0\0\0\3\0\0\0\0\0"

#endif
