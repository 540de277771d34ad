/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/pgsql/state.h"

/* PostgreSQL's manual, "Error and Notice Message Fields". */
struct pgsql_error pgsql_error_read(struct span payload)
{
	struct cursor c = cursor_of(payload.data, payload.len);
	struct pgsql_error error = {0};
	uint8_t field;

	while ((field = cursor_u8(&c)) != 0) {
		struct span text = cursor_until(&c, 0);

		switch (field) {
		case 'V': /* as S, but never in another language */
			error.severity = text;
			break;
		case 'S':
			if (!error.severity.len)
				error.severity = text;
			break;
		case 'C':
			error.sqlstate = text;
			break;
		case 'M':
			error.message = text;
			break;
		case 'D':
			error.detail = text;
			break;
		case 'H':
			error.hint = text;
			break;
		default:
			break;
		}
	}
	return error;
}
