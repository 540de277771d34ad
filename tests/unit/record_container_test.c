/* SPDX-License-Identifier: BSD-2-Clause */
/* Container ids in the cgroup paths that container runtimes make. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "record/container.h"
#include "record/process.h"

#define ID    "4f1d6c0b2a3e5978861f00aa12bc34de56f7890123456789abcdefabcdefabcd"
#define OTHER "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define POD   "pod8f2c1d5e_7a6b_4c3d_9e8f_0a1b2c3d4e5f"

static void runtimes(void **state)
{
	static const char *const paths[] = {
		"/docker/" ID,
		"/system.slice/docker-" ID ".scope",
		"/kubepods/burstable/pod8f2c1d5e-7a6b-4c3d-9e8f-0a1b2c3d4e5f/" ID,
		"/kubepods.slice/kubepods-" POD ".slice/cri-containerd-" ID ".scope",
		"/kubelet.slice/kubepods-" POD ".slice:cri-containerd:" ID,
		"/kubepods.slice/kubepods-" POD ".slice/crio-" ID ".scope",
		"/kubepods.slice/kubepods-" POD ".slice/crio-" ID ".scope/container",
		"/machine.slice/libpod-" ID ".scope",
		"/machine.slice/libpod-" ID ".scope/container",
		"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" ID ".scope",
		"/libpod_parent/libpod-" ID,
		"/docker/" OTHER "/docker/" ID, /* a container in a container */
		"/docker/" ID "/init.scope",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct span id = container_id(span_text(paths[i]));

		if (!span_is(id, ID))
			fail_msg("no id in %s", paths[i]);
	}
}

static void others(void **state)
{
	static const char *const paths[] = {
		"",
		"/",
		ID, /* not a path component of its own */
		"/system.slice/nginx.service",
		"/user.slice/user-1000.slice/session-3.scope",
		"/docker/" ID "0", /* 65 digits */
		"/docker/g" ID,	   /* part of a longer word */
		"/docker/" ID "x",
		"/kubepods/burstable/pod8f2c1d5e-7a6b-4c3d-9e8f-0a1b2c3d4e5f",
		"/kubepods.slice/kubepods-" POD ".slice/crio-conmon-" ID ".scope",
		"/machine.slice/libpod-conmon-" ID ".scope",
		"/docker/4F1D6C0B2A3E5978861F00AA12BC34DE56F7890123456789ABCDEFABCDEFABCD",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (container_id(span_text(paths[i])).len)
			fail_msg("an id in %s", paths[i]);
}

static void path_of_several_hierarchies(void **state)
{
	static const struct {
		const char *text;
		const char *path;
	} cases[] = {
		{"0::/system.slice/nginx.service\n", "/system.slice/nginx.service"},
		{"0::/\n", "/"},
		/* A host with version 1: everything is in the root of version 2. */
		{"9:memory:/docker/" ID "\n3:cpu:/\n0::/\n", "/docker/" ID},
		{"1:name=systemd:/init.scope\n0::/user.slice\n", "/user.slice"},
		{"0::/../../other\n", "/../../other"},
		{"0::/no-newline", "/no-newline"},
		{"", ""},
		{"\n\n:", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_true(
			span_is(process_cgroup_choose(span_text(cases[i].text)), cases[i].path));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runtimes),
		cmocka_unit_test(others),
		cmocka_unit_test(path_of_several_hierarchies),
	};

	return cmocka_run_group_tests_name("record container", tests, NULL, NULL);
}
