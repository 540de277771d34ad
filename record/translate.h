/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_RECORD_TRANSLATE_H
#define SOCKTAPE_RECORD_TRANSLATE_H

#include "format/event.h"
#include "record/process.h"
#include "record/tally.h"
#include "record/tls_secret.h"
#include "record/tls_tie.h"

struct kernel_counters;

/*
 * Turns a record of the ring (bpf/event.h) into an event that borrows from it. *GAPS is set for a
 * PROCESS alone. False when the record is malformed.
 */
bool translate_record(const void *data, size_t len, struct event *event, struct process_gaps *gaps);

/* Turns a KERNEL_TLS record into what it tells; false when it is another one, or malformed. */
bool translate_sight(const void *data, size_t len, struct tls_sight *sight);

/* The same of a KERNEL_SECRET record. */
bool translate_secret(const void *data, size_t len, struct tls_secret *secret);

/* Turns the counters of the kernel programs into a tally. */
void translate_counters(const struct kernel_counters *counters, struct tally *tally);

#endif
