/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_TESTS_EVENTFUL_H
#define SOCKTAPE_TESTS_EVENTFUL_H

/* Makes the recording DIR/rec: a few connections to which all happens that may. */
void eventful_build(const char *dir);

#endif
