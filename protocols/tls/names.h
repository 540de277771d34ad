/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_TLS_NAMES_H
#define SOCKTAPE_PROTOCOLS_TLS_NAMES_H

#include <stdint.h>

/* What numbers of TLS are called; NULL: they have no name here. */
const char *tls_suite_name(uint16_t suite);	/* "TLS_AES_128_GCM_SHA256" */
const char *tls_version_name(uint16_t version); /* "TLS 1.3" */
const char *tls_alert_name(uint8_t alert);	/* "handshake_failure" */
const char *tls_group_name(uint16_t group);	/* "x25519" */

#endif
