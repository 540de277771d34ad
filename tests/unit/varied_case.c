/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/varied_case.h"

#include <inttypes.h>
#include <stdio.h>

#include "tests/unit/fnv.h"
#include "tests/unit/variation.h"

/* Of a case so much is varied. */
#define EVENTS_MAX 120
#define BYTES_MAX  32768u
/* Of those that are longer there are fewer variations. */
#define SHORT_MAX 3000u

struct varied {
	const char *folder;
	struct tape_copy tape;
	struct places places;
	struct case_aids aids;
	const struct protocol *protocol; /* that it speaks; NULL: unknown */
	bool print;			 /* the answers */
};

static void note_border(void *context, uint64_t conn, enum layer layer, enum direction direction,
			uint64_t position)
{
	struct varied *varied = context;

	places_add(&varied->places, &varied->tape, conn, layer, direction, position);
}

static bool varied_open(struct varied *varied)
{
	struct answer answer = {.border = note_border, .context = varied};
	const struct question question = {0};

	if (case_aids_read(varied->folder, &varied->aids) != TAPE_OK ||
	    tape_copy_case(&varied->tape, varied->folder, EVENTS_MAX, BYTES_MAX) != TAPE_OK)
		return false;
	places_of_pieces(&varied->places, &varied->tape);
	answer_ask(&varied->tape, &varied->aids, &question, &answer);
	varied->protocol = answer.protocol;
	buffer_free(&answer.text);
	return true;
}

static void varied_close(struct varied *varied)
{
	tape_copy_free(&varied->tape);
	case_aids_free(&varied->aids);
}

/* What was answered becomes part of the digest. */
static uint64_t take(const struct varied *varied, uint64_t before, struct answer *answer)
{
	if (varied->print)
		fwrite(answer->text.data, 1, answer->text.len, stdout);
	before = fnv_bytes(before, buffer_span(&answer->text));
	buffer_free(&answer->text);
	return before;
}

static size_t count_of(const struct varied *varied, const struct variation_kind *kind)
{
	size_t bytes = tape_copy_bytes(&varied->tape) + 1;
	size_t count = bytes <= SHORT_MAX ? kind->count : kind->count * SHORT_MAX / bytes;

	return count > kind->count_min ? count : kind->count_min;
}

static uint64_t run_variation(const struct varied *varied, const struct variation_kind *kind,
			      size_t number, uint64_t before)
{
	struct variation v = {.from = &varied->tape, .places = &varied->places, .number = number};
	struct answer answer = {0};

	v.random = fnv_bytes(fnv_bytes(FNV_BEGIN + number, span_text(kind->name)),
			     span_text(varied->folder));
	if (kind->named && number % 2)
		v.question.decode_as = varied->protocol;
	kind->make(&v);
	if (varied->print)
		printf("# %s %zu%s%s\n", kind->name, number, v.question.decode_as ? " as " : "",
		       v.question.decode_as ? v.question.decode_as->name : "");
	answer_ask(&v.tape, &varied->aids, &v.question, &answer);
	tape_copy_free(&v.tape);
	return take(varied, before, &answer);
}

static uint64_t run_scores(const struct varied *varied)
{
	struct answer answer = {0};

	if (varied->print)
		puts("# " VARIED_CASE_SCORES);
	answer_scores(&varied->tape, &answer);
	return take(varied, FNV_BEGIN, &answer);
}

const char *varied_case_kind(size_t number)
{
	size_t i = 0;

	while (variation_kinds[i].name && i < number)
		i++;
	if (variation_kinds[i].name)
		return variation_kinds[i].name;
	return i == number ? VARIED_CASE_SCORES : NULL;
}

/* Of the variations of the kind with this number. */
static uint64_t run_kind(const struct varied *varied, size_t number)
{
	const struct variation_kind *kind = &variation_kinds[number];
	uint64_t hash = FNV_BEGIN;

	if (!kind->name)
		return run_scores(varied);
	for (size_t i = 0; i < count_of(varied, kind); i++)
		hash = run_variation(varied, kind, i, hash);
	return hash;
}

bool varied_case_digests(const char *folder, struct buffer *digests)
{
	struct varied varied = {.folder = folder};
	bool good = varied_open(&varied);

	for (size_t i = 0; good && varied_case_kind(i); i++) {
		uint64_t hash = run_kind(&varied, i);

		buffer_printf(digests, " %08" PRIx32, (uint32_t)(hash ^ hash >> 32));
	}
	varied_close(&varied);
	return good;
}

bool varied_case_print(const char *folder, const char *kind)
{
	struct varied varied = {.folder = folder, .print = true};
	bool good = varied_open(&varied);
	const char *name;

	for (size_t i = 0; good && (name = varied_case_kind(i)) != NULL; i++)
		if (!kind || strcmp(kind, name) == 0)
			run_kind(&varied, i);
	varied_close(&varied);
	return good;
}
