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

/* Client randoms, by their beginnings, whose secrets were told. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, KERNEL_TLS_SESSIONS);
	__type(key, __u64);
	__type(value, __u32);
} tls_told SEC(".maps");

static __always_inline void tls_told_add(__u64 random)
{
	__u32 yes = 1;

	bpf_map_update_elem(&tls_told, &random, &yes, BPF_ANY);
}

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
	tls_told_add(record.random[0]);
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

/* Both of an object of TLS 1.3: OpenSSL keeps room for a hash of 64 bytes. */
#define TLS_SECRET_ROOM 64

struct tls_secrets {
	__u64 client[TLS_SECRET_ROOM / 8];
	__u64 server[TLS_SECRET_ROOM / 8];
};

const char tls_label_client[KERNEL_LABEL_LEN] = "CLIENT_TRAFFIC_SECRET_0";
const char tls_label_server[KERNEL_LABEL_LEN] = "SERVER_TRAFFIC_SECRET_0";
const char tls_label_master[KERNEL_LABEL_LEN] = "CLIENT_RANDOM";
const char tls_label_random[KERNEL_LABEL_LEN] = "SERVER_RANDOM";

/* Begins the record of a secret of an object in use; its random is the caller's. */
static __always_inline void tls_older_begin(struct kernel_secret *record, __u32 library)
{
	__u64 id = bpf_get_current_pid_tgid();

	record_begin(&record->record, KERNEL_SECRET, sizeof(*record));
	record->pid = id >> 32;
	record->tid = id;
	record->library = library;
	record->older = 1;
}

static __noinline int tls_older_send(struct kernel_secret *record, const char *label)
{
	struct lane *lane;

	__builtin_memcpy(record->label, label, KERNEL_LABEL_LEN);
	lane = tls_lane_claim();
	RECORD_SEND(lane, record);
	lane_release(lane);
	return 0;
}

/* The secrets of TLS 1.3 in OBJECT; false: there are none. */
static __always_inline bool tls_older_traffic(const struct kernel_tls_library *known, __u64 object,
					      struct kernel_secret *record)
{
	struct tls_secrets secrets = {};

	if (!known->secrets_at ||
	    user_read(&secrets, sizeof(secrets), object + known->secrets_at) ||
	    !secrets.client[0] || !secrets.server[0])
		return false;
	/* SHA-256's leave the rest as it was: zero. */
	record->len = secrets.client[4] ? 48 : 32;
	__builtin_memcpy(record->secret, secrets.client, KERNEL_SECRET_LEN);
	tls_older_send(record, tls_label_client);
	__builtin_memcpy(record->secret, secrets.server, KERNEL_SECRET_LEN);
	tls_older_send(record, tls_label_server);
	return true;
}

/* The master secret of TLS 1.2, and the server's random: keys are made of them and the client's. */
static __always_inline void tls_older_master(const struct kernel_tls_library *known, __u64 object,
					     struct kernel_secret *record)
{
	__u64 at = object;
	__u64 random = object;

	if (known->master_in && user_read(&at, sizeof(at), object + known->master_in))
		return;
	if (known->random_in && user_read(&random, sizeof(random), object + known->random_in))
		return;
	if (user_read(record->secret, KERNEL_SECRET_LEN, at + known->master_at) ||
	    !*(__u64 *)record->secret)
		return;
	record->len = KERNEL_SECRET_LEN;
	tls_older_send(record, tls_label_master);
	if (user_read(record->secret, KERNEL_RANDOM_LEN,
		      random + known->random_at + known->server_random))
		return;
	record->len = KERNEL_RANDOM_LEN;
	tls_older_send(record, tls_label_random);
}

/*
 * What sends begins: of a connection that is older than the probes, its secrets were told to
 * nobody, but the object has those that its records are made with.
 */
SEC("uprobe")
int tls_older(struct function_registers *regs)
{
	__u64 cookie = bpf_get_attach_cookie(regs);
	__u64 object = FUNCTION_ARG1(regs);
	struct kernel_secret record = {};
	struct kernel_tls_library *known;
	__u32 library = KERNEL_TLS_LIBRARY(cookie);

	tls_random_read(library, object, record.random);
	if (!record.random[0] || bpf_map_lookup_elem(&tls_told, &record.random[0]))
		return 0;
	if (!process_matches(current_task(), bpf_get_current_pid_tgid() >> 32))
		return 0;
	tls_told_add(record.random[0]);
	known = bpf_map_lookup_elem(&tls_libraries, &library);
	if (!known)
		return 0;
	tls_older_begin(&record, library);
	/* Without a pointer both lie in the object, and which of them it uses isn't looked at: the
	 * other opens nothing. */
	if ((!tls_older_traffic(known, object, &record) || !known->master_in) && known->master_at)
		tls_older_master(known, object, &record);
	return 0;
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
	__u64 begins;

	if (!tls_go_wanted(regs, cookie))
		return 0;
	tls_secret_send(&told);
	/* By which the object is known where it is in use. */
	if (!user_read(&begins, sizeof(begins), told.secret))
		tls_told_add(begins);
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

struct go_slice {
	__u64 at;
	__u64 len;
	__u64 room;
};

#define GO_TLS_1_3 0x304

/* The secret in the slice at AT; false: there is none. */
static __always_inline bool tls_go_traffic(__u64 at, struct kernel_secret *record)
{
	struct go_slice slice;

	if (user_read(&slice, sizeof(slice), at))
		return false;
	/* Of a hash: SHA-256's or SHA-384's. */
	record->len = slice.len == 48 ? 48 : 32;
	if (slice.len != record->len || slice.room < slice.len)
		return false;
	__builtin_memset(record->secret, 0, sizeof(record->secret));
	return !user_read(record->secret, slice.len == 48 ? 48 : 32, slice.at) &&
	       *(__u64 *)record->secret;
}

/* As tls_older(), at the begin of (*Conn).Write. TLS 1.2 leaves nothing but ciphers there. */
SEC("uprobe")
int tls_go_older(struct function_registers *regs)
{
	__u64 cookie = bpf_get_attach_cookie(regs);
	__u64 object = GO_ARG1(regs);
	struct kernel_secret record = {};
	struct kernel_tls_library *known;
	__u32 library = KERNEL_TLS_LIBRARY(cookie);
	__u16 version;
	__u8 client;

	known = bpf_map_lookup_elem(&tls_libraries, &library);
	if (!known || !known->go_sent || !tls_go_wanted(regs, cookie))
		return 0;
	if (user_read(&version, sizeof(version), object + known->go_version) ||
	    version != GO_TLS_1_3 ||
	    user_read(&client, sizeof(client), object + known->go_client) ||
	    !tls_go_traffic(object + known->go_sent, &record) ||
	    bpf_map_lookup_elem(&tls_told, record.secret))
		return 0;
	tls_told_add(*(__u64 *)record.secret);
	tls_older_begin(&record, library);
	/* Both secrets go by it; no other object has it. */
	record.random[0] = object;
	record.random[1] = record.pid;
	record.random[2] = bpf_ktime_get_ns();
	tls_older_send(&record, client ? tls_label_client : tls_label_server);
	if (tls_go_traffic(object + known->go_received, &record))
		tls_older_send(&record, client ? tls_label_server : tls_label_client);
	return 0;
}

#endif
