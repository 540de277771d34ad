/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/http2/grpc_state.h"

const char *grpc_status_name(int code)
{
	/* grpc/grpc, doc/statuscodes.md */
	static const char *const names[] = {
		"OK",
		"CANCELLED",
		"UNKNOWN",
		"INVALID_ARGUMENT",
		"DEADLINE_EXCEEDED",
		"NOT_FOUND",
		"ALREADY_EXISTS",
		"PERMISSION_DENIED",
		"RESOURCE_EXHAUSTED",
		"FAILED_PRECONDITION",
		"ABORTED",
		"OUT_OF_RANGE",
		"UNIMPLEMENTED",
		"INTERNAL",
		"UNAVAILABLE",
		"DATA_LOSS",
		"UNAUTHENTICATED",
	};

	return code >= 0 && (size_t)code < sizeof(names) / sizeof(names[0]) ? names[code] : NULL;
}

/* At most eight digits and a unit. */
#define TIMEOUT_LEN_MAX 9

int64_t grpc_timeout(struct span text)
{
	static const struct {
		char unit;
		int64_t ns;
	} units[] = {
		{'H', 3600000000000}, {'M', 60000000000}, {'S', 1000000000},
		{'m', 1000000},	      {'u', 1000},	  {'n', 1},
	};
	int64_t value = 0;

	if (text.len < 2 || text.len > TIMEOUT_LEN_MAX)
		return TIME_UNKNOWN;
	for (size_t i = 0; i + 1 < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return TIME_UNKNOWN;
		value = value * 10 + (text.data[i] - '0');
	}
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (text.data[text.len - 1] != units[i].unit)
			continue;
		return value > INT64_MAX / units[i].ns ? INT64_MAX : value * units[i].ns;
	}
	return TIME_UNKNOWN;
}

static int hex_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

void grpc_percent_decode(struct span text, struct buffer *out)
{
	for (size_t i = 0; i < text.len; i++) {
		int high = i + 2 < text.len ? hex_of(text.data[i + 1]) : -1;
		int low = i + 2 < text.len ? hex_of(text.data[i + 2]) : -1;

		if (text.data[i] != '%' || high < 0 || low < 0) {
			buffer_append_char(out, text.data[i]);
			continue;
		}
		buffer_append_char(out, (char)(high << 4 | low));
		i += 2;
	}
}
