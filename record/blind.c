/* SPDX-License-Identifier: BSD-2-Clause */
#include "record/blind.h"

#include <stdio.h>
#include <string.h>

#include "format/event.h"

static bool has_member(const struct btf *kernel, const struct btf_type *type, const char *name)
{
	const struct btf_member *member = btf_members(type);

	for (unsigned int i = 0; i < btf_vlen(type); i++, member++) {
		const char *own = btf__name_by_offset(kernel, member->name_off);
		const struct btf_type *inner = btf__type_by_id(kernel, member->type);

		if (strcmp(own, name) == 0)
			return true;
		/* Fields of an unnamed struct or union count as those of the one around it. */
		if (*own == '\0' && btf_is_composite(inner) && has_member(kernel, inner, name))
			return true;
	}
	return false;
}

static bool has_field(const struct btf *kernel, const char *type, const char *field)
{
	int id = btf__find_by_name_kind(kernel, type, BTF_KIND_STRUCT);

	return id > 0 &&
	       (!field || has_member(kernel, btf__type_by_id(kernel, (uint32_t)id), field));
}

/* The arguments of tracepoint NAME, and a pointer before them; 0: there is no such tracepoint. */
static unsigned int trace_arguments(const struct btf *kernel, const char *name,
				    bool *third_is_pointer)
{
	const struct btf_type *type;
	char text[64];
	int id;

	snprintf(text, sizeof(text), "btf_trace_%s", name);
	id = btf__find_by_name_kind(kernel, text, BTF_KIND_TYPEDEF);
	type = id > 0 ? btf__type_by_id(kernel, (uint32_t)id) : NULL;
	type = type ? btf__type_by_id(kernel, type->type) : NULL;
	type = type && btf_is_ptr(type) ? btf__type_by_id(kernel, type->type) : NULL;
	if (!type || !btf_is_func_proto(type))
		return 0;
	*third_is_pointer = btf_vlen(type) > 3 &&
			    btf_is_ptr(btf__type_by_id(kernel, btf_params(type)[3].type));
	return btf_vlen(type);
}

bool kernel_traces(const struct btf *kernel, const char *name)
{
	bool pointer;

	return trace_arguments(kernel, name, &pointer) > 0;
}

/* (ring, request, completion), or from 6.0 on (ring, request, user_data, result, flags, two more)
 */
static bool uring_tells_request(const struct btf *kernel)
{
	bool pointer = false;
	unsigned int count = trace_arguments(kernel, "io_uring_complete", &pointer);

	return (count == 4 && pointer) || count == 8;
}

bool kernel_traces_sockets(const struct btf *kernel)
{
	return kernel_traces(kernel, "sock_send_length") &&
	       kernel_traces(kernel, "sock_recv_length") &&
	       !has_field(kernel, "proto_ops", "sendpage");
}

uint64_t blind_spots(const struct btf *kernel)
{
	uint64_t bits = 0;

	if (!kernel)
		return 0;
	if (!uring_tells_request(kernel))
		bits |= BLIND_BIT(BLIND_IO_URING);
	else if (!has_field(kernel, "io_ring_ctx", "io_bl_xa") ||
		 !has_field(kernel, "io_buffer_list", "flags"))
		bits |= BLIND_BIT(BLIND_IO_URING_PROVIDED);
	if (!has_field(kernel, "folio", NULL) || !has_field(kernel, "slab", NULL))
		bits |= BLIND_BIT(BLIND_SENDFILE);
	return bits;
}
