/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_TLS_SECRET_H
#define SOCKTAPE_BPF_TLS_SECRET_H

/*
 * Secrets of TLS, where libraries hand them to what would write a key log if the application had
 * asked for one: a few calls in each handshake, and none after it.
 */

#include "bpf/tls.h"

/* Where a secret is, and of what. */
struct tls_told {
	__u64 object; /* whose client random is at a known place; or else: */
	__u64 random; /* address of that */
	__u64 label;  /* address */
	__u64 label_len;
	__u64 secret; /* address */
	__u64 len;
	__u32 library;
	__u32 reserved;
};

static __noinline int tls_secret_send(struct tls_told *told)
{
	__u64 id = bpf_get_current_pid_tgid();
	struct kernel_secret record = {};
	struct lane *lane;
	__u64 n;

	/* More is no secret; less than all of it would open nothing. */
	if (!told->len || told->len > KERNEL_SECRET_LEN)
		return 0;
	record_begin(&record.record, KERNEL_SECRET, sizeof(record));
	record.pid = id >> 32;
	record.tid = id;
	record.library = told->library;
	record.len = told->len;
	n = BOUNDED(told->label_len, KERNEL_LABEL_LEN);
	if (user_read(record.label, n, told->label))
		return 0;
	n = BOUNDED(told->len, KERNEL_SECRET_LEN);
	if (user_read(record.secret, n, told->secret))
		return 0;
	if (!told->random)
		tls_random_read(told->library, told->object, record.random);
	else if (user_read(record.random, sizeof(record.random), told->random))
		return 0;
	lane = tls_lane_claim();
	RECORD_SEND(lane, &record);
	lane_release(lane);
	return 0;
}

/* Of a text that ends with a zero byte, which may be the last one of a page. */
static __always_inline __u64 tls_label_len(__u64 label)
{
	char text[KERNEL_LABEL_LEN];
	long len = bpf_probe_read_user_str(text, sizeof(text), (const void *)USER_ADDRESS(label));

	return len > 0 ? len : 0;
}

SEC("uprobe")
int tls_secret(struct function_registers *regs)
{
	__u64 cookie = bpf_get_attach_cookie(regs);
	struct tls_told told = {.library = KERNEL_TLS_LIBRARY(cookie)};
	__u64 a = FUNCTION_ARG1(regs);
	__u64 b = FUNCTION_ARG2(regs);
	__u64 c = FUNCTION_ARG3(regs);
	__u64 d = FUNCTION_ARG4(regs);
	__u64 e = FUNCTION_ARG5(regs);
	__u64 f = FUNCTION_ARG6(regs);

	/* Read here: the compiler would make one read of two, from an address that it computes. */
	asm volatile("" : "+r"(a), "+r"(b), "+r"(c), "+r"(d), "+r"(e), "+r"(f));
	if (!(cookie & KERNEL_TLS_WRAPPED)) {
		told.object = a;
		told.label = b;
		told.secret = c;
		told.len = d;
	} else if (d == KERNEL_RANDOM_LEN) {
		told.label = a;
		told.random = c;
		told.secret = e;
		told.len = f;
	}
	if (!process_matches(current_task(), bpf_get_current_pid_tgid() >> 32))
		return 0;
	told.label_len = tls_label_len(told.label);
	return tls_secret_send(&told);
}

/* (*Config).writeKeyLog(label string, clientRandom, secret []byte) */
SEC("uprobe")
int tls_go_secret(struct function_registers *regs)
{
	__u64 cookie = bpf_get_attach_cookie(regs);
	struct tls_told told = {
		.label = GO_ARG2(regs),
		.label_len = GO_ARG3(regs),
		.random = GO_ARG4(regs),
		.secret = GO_ARG7(regs),
		.len = GO_ARG8(regs),
		.library = KERNEL_TLS_LIBRARY(cookie),
	};

	if (tls_go_wanted(regs, cookie))
		tls_secret_send(&told);
	return 0;
}

/*
 * keysFromMasterSecret(version, suite, masterSecret, clientRandom []byte...): of TLS 1.2, also
 * where a session is resumed and nothing is logged.
 */
SEC("uprobe")
int tls_go_master(struct function_registers *regs)
{
	__u64 cookie = bpf_get_attach_cookie(regs);
	struct tls_told told = {
		.random = GO_ARG6(regs),
		.secret = GO_ARG3(regs),
		.len = GO_ARG4(regs),
		.library = KERNEL_TLS_LIBRARY(cookie),
	};

	if (tls_go_wanted(regs, cookie))
		tls_secret_send(&told);
	return 0;
}

#endif
