/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/finding/marks.h"

#include "analyze/output/tell.h"
#include "format/hash.h"

const struct column marks_column = {"findings", "TEXT", "",
				    "what is odd about it, by name, as the command findings tells"};

_Static_assert(FINDING_KINDS <= sizeof(uintptr_t) * 8, "a bit for each");

static bool take(void *context, const struct value *v)
{
	enum finding_kind kind = finding_find(v[FINDING_COLUMN_NAME].text);
	struct marks *marks = context;
	struct span id;
	uint64_t key;
	uintptr_t bits;

	if (!value_has_text(&v[FINDING_COLUMN_RECORD]) || kind == FINDING_KINDS)
		return true;
	id = v[FINDING_COLUMN_RECORD].text;
	key = hash_bytes(0, id.data, id.len);
	bits = (uintptr_t)map_get(&marks->by_record, key) | (uintptr_t)1 << kind;
	marks->no_memory |= !map_put(&marks->by_record, key, (void *)bits);
	return !marks->no_memory;
}

int marks_find(struct marks *marks, const struct findings_options *options)
{
	int status = findings_run(options, take, marks, NULL);

	marks->known = true;
	if (marks->no_memory)
		return command_fail(options->command, "%s", tape_error_text(TAPE_ERROR_MEMORY));
	/* What is wrong with the recording its rows will show. */
	return status == STATUS_USAGE ? status : STATUS_DONE;
}

static uintptr_t bits_of(const struct marks *marks, const struct row *row)
{
	char id[ROW_ID_MAX];
	size_t len = row_id(row, id);

	return (uintptr_t)map_get(&marks->by_record, hash_bytes(0, id, len));
}

void marks_fill(struct marks *marks, const struct row *row)
{
	uintptr_t bits = bits_of(marks, row);

	if (row->twin)
		bits |= bits_of(marks, row->twin);
	buffer_clear(&marks->text);
	for (uintptr_t left = bits; left; left &= left - 1)
		buffer_printf(&marks->text, "%s%s", marks->text.len ? "," : "",
			      finding_name((enum finding_kind)__builtin_ctzl(left)));
	marks->value = bits ? value_word(buffer_span(&marks->text)) : (struct value){0};
}

void marks_free(struct marks *marks)
{
	map_free(&marks->by_record);
	buffer_free(&marks->text);
}
