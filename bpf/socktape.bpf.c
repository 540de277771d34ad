/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */

/*
 * The kernel side of socktape-record. It knows sockets and processes and no protocol. bpf/event.h
 * is its contract with user space.
 */

#ifdef SOCKTAPE_COMPAT
#include "bpf/syscall.h"
#else
#include "bpf/hook.h"
#endif
#include "bpf/uring.h"
#include "bpf/lifecycle.h"
#include "bpf/tcp_state.h"
#include "bpf/tls_go.h"
#include "bpf/tls_rustls.h"
#include "bpf/tls_secret.h"
#include "bpf/walkers.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";
