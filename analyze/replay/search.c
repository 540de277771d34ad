/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/replay/search.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>

/* What matching may take for its stack; beyond it gives up. */
#define STACK_MIN (32u << 10)
#define STACK_MAX (4u << 20)

struct search {
	pcre2_code *code;
	pcre2_match_data *data;
	pcre2_match_context *context;
	pcre2_jit_stack *stack;
	uint32_t behind; /* characters that an assertion looks back */
	bool utf;
	bool gave_up;
};

static bool is_ascii(struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.data[i] >= 0x80)
			return false;
	return true;
}

/* \p, \X and \x{100} mean characters. */
static bool asks_for_characters(struct span text)
{
	for (size_t i = 0; i + 1 < text.len; i++) {
		if (text.data[i] != '\\')
			continue;
		i++;
		if (strchr("pPX", text.data[i]) ||
		    (text.data[i] == 'x' && i + 1 < text.len && text.data[i + 1] == '{'))
			return true;
	}
	return false;
}

static uint32_t options_for(struct span text, bool literal, bool ignore_case, bool *utf)
{
	uint32_t options = literal ? PCRE2_LITERAL : PCRE2_MULTILINE;

	*utf = !literal && (!is_ascii(text) || asks_for_characters(text));
	if (*utf)
		options |= PCRE2_UTF | PCRE2_UCP | PCRE2_MATCH_INVALID_UTF;
	return ignore_case ? options | PCRE2_CASELESS : options;
}

struct search *search_new(struct span text, bool literal, bool ignore_case, struct buffer *problem)
{
	struct search *s = calloc(1, sizeof(*s));
	uint32_t options;
	PCRE2_SIZE at;
	int error;

	if (!s) {
		buffer_append_text(problem, "there is too little memory");
		return NULL;
	}
	options = options_for(text, literal, ignore_case, &s->utf);
	s->code = pcre2_compile((PCRE2_SPTR)text.data, text.len, options, &error, &at, NULL);
	if (!s->code) {
		PCRE2_UCHAR message[128];

		pcre2_get_error_message(error, message, sizeof(message));
		buffer_printf(problem, "at character %zu: %s", (size_t)at + 1, (char *)message);
		search_free(s);
		return NULL;
	}
	/* Where there is no compiler for this processor, it is only slower. */
	pcre2_jit_compile(s->code, PCRE2_JIT_COMPLETE | PCRE2_JIT_PARTIAL_HARD);
	pcre2_pattern_info(s->code, PCRE2_INFO_MAXLOOKBEHIND, &s->behind);
	s->data = pcre2_match_data_create(1, NULL);
	s->context = pcre2_match_context_create(NULL);
	s->stack = pcre2_jit_stack_create(STACK_MIN, STACK_MAX, NULL);
	if (!s->data || !s->context || !s->stack) {
		buffer_append_text(problem, "there is too little memory");
		search_free(s);
		return NULL;
	}
	pcre2_jit_stack_assign(s->context, NULL, s->stack);
	return s;
}

/* PCRE2's answer; the match, or the part of one that may be, is in s->data. */
static int find(struct search *s, struct span bytes, size_t from, uint32_t options)
{
	int got = pcre2_match(s->code, (PCRE2_SPTR)(bytes.len ? bytes.data : ""), bytes.len, from,
			      options, s->data, s->context);

	if (got < 0 && got != PCRE2_ERROR_NOMATCH && got != PCRE2_ERROR_PARTIAL)
		s->gave_up = true;
	return got;
}

static bool take(const struct search *s, struct search_match *match)
{
	const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(s->data);

	/* \K may set the begin behind the end. */
	*match = (struct search_match){ends[0] < ends[1] ? ends[0] : ends[1], ends[1]};
	return true;
}

bool search_find(struct search *s, struct span bytes, size_t from, struct search_match *match)
{
	return from <= bytes.len && find(s, bytes, from, 0) >= 0 && take(s, match);
}

bool search_find_part(struct search *s, struct span bytes, size_t from, struct search_match *match,
		      size_t *resume)
{
	int got = find(s, bytes, from, PCRE2_PARTIAL_HARD);

	if (got >= 0)
		return take(s, match);
	*resume = got == PCRE2_ERROR_PARTIAL ? pcre2_get_ovector_pointer(s->data)[0] : bytes.len;
	return false;
}

/* What an assertion looks back at; at least a line end, and the rest of a character. */
size_t search_behind(const struct search *s)
{
	return s->utf ? s->behind * 4 + 4 : s->behind + 1;
}

bool search_gave_up(const struct search *s)
{
	return s->gave_up;
}

void search_free(struct search *s)
{
	if (!s)
		return;
	pcre2_jit_stack_free(s->stack);
	pcre2_match_context_free(s->context);
	pcre2_match_data_free(s->data);
	pcre2_code_free(s->code);
	free(s);
}
