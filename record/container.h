/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_RECORD_CONTAINER_H
#define SOCKTAPE_RECORD_CONTAINER_H

#include "format/span.h"

/* Hex digits of the id that docker, containerd, cri-o and podman give to a container. */
#define CONTAINER_ID_LEN 64

/*
 * The container id in a cgroup path, borrowed from it; empty when there is none. The last path
 * component wins that is such an id, alone or between a prefix that ends in '-', ':' or '_' and a
 * suffix that begins with '.':
 *   /docker/<id>                                              docker, cgroupfs driver
 *   /system.slice/docker-<id>.scope                           docker, systemd driver
 *   /kubepods/burstable/pod<uid>/<id>                         containerd, cri-o, cgroupfs driver
 *   /kubepods.slice/...slice/cri-containerd-<id>.scope        containerd, systemd driver
 *   /kubepods.slice/...slice:cri-containerd:<id>              containerd, mixed drivers
 *   /kubepods.slice/...slice/crio-<id>.scope                  cri-o (crio-conmon-<id> is its
 * monitor) /machine.slice/libpod-<id>.scope[/container]              podman
 */
struct span container_id(struct span cgroup);

#endif
