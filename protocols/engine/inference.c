/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/engine/inference.h"

#include <stdio.h>

void inference_init(struct inference *inf, struct budget *budget, bool datagram)
{
	memset(inf, 0, sizeof(*inf));
	inf->budget = budget;
	inf->datagram = datagram;
}

void inference_restart(struct inference *inf)
{
	for (int d = 0; d < 2; d++) {
		buffer_clear(&inf->bytes[d]);
		inf->full[d] = inf->headless[d] = false;
	}
	inf->runs = 0;
}

void inference_add(struct inference *inf, enum direction direction, const void *data, size_t len)
{
	struct buffer *b = &inf->bytes[direction];

	inf->runs++;
	if (inf->datagram)
		buffer_clear(b);
	else if (inf->full[direction])
		return;
	if (len > SAMPLE_MAX - b->len)
		len = SAMPLE_MAX - b->len;
	buffer_append(b, data, len);
	budget_settle(inf->budget, b, &inf->charged[direction]);
	inf->full[direction] = !inf->datagram && (b->failed || b->len == SAMPLE_MAX);
}

void inference_hole(struct inference *inf, enum direction direction)
{
	inf->runs++;
	if (inf->datagram)
		return;
	if (inf->bytes[direction].len)
		inf->full[direction] = true;
	else
		inf->headless[direction] = true;
}

/* Keeps the best sorted; at the same score the one that was asked first stays in front. */
static void add_candidate(struct inference *inf, const struct protocol *protocol,
			  const struct verdict *verdict)
{
	size_t at = inf->candidate_count;

	if (at < INFER_CANDIDATES_MAX)
		inf->candidate_count++;
	else if (inf->candidates[--at].verdict.score >= verdict->score)
		return;
	for (; at > 0 && inf->candidates[at - 1].verdict.score < verdict->score; at--)
		inf->candidates[at] = inf->candidates[at - 1];
	inf->candidates[at] = (struct candidate){protocol, *verdict};
}

/* The two ends agreed on it before: unless the bytes are certainly another's, they are this one's.
 */
#define SCORE_ALPN 85

static void believe_alpn(const struct protocol *protocol, struct span alpn, struct verdict *verdict)
{
	for (const char *const *name = protocol->alpn; name && *name; name++) {
		if (!span_is(alpn, *name) || verdict->score >= SCORE_ALPN)
			continue;
		verdict->score = SCORE_ALPN;
		snprintf(verdict->reason, sizeof(verdict->reason), "TLS agreed on it: ALPN \"%s\"",
			 *name);
	}
}

static void ask_all(struct inference *inf, const struct sample *sample)
{
	inf->candidate_count = 0;
	for (size_t i = 0; protocols[i]; i++) {
		struct verdict verdict = {.role = ROLE_UNKNOWN};

		if (inf->datagram ? !protocols[i]->datagram : !protocols[i]->stream)
			continue;
		protocols[i]->infer(sample, &verdict);
		if (sample->alpn.len)
			believe_alpn(protocols[i], sample->alpn, &verdict);
		if (verdict.score > 0)
			add_candidate(inf, protocols[i], &verdict);
	}
}

static bool sampled_enough(const struct inference *inf)
{
	if (inf->full[0] && inf->full[1])
		return true;
	if (inf->runs < INFER_RUNS_MAX)
		return false;
	return inf->datagram || inf->runs >= INFER_TINY_RUNS_MAX ||
	       inf->bytes[0].len + inf->bytes[1].len >= INFER_BYTES_MIN;
}

static bool is_decided(const struct inference *inf, bool last)
{
	int best = inf->candidate_count ? inf->candidates[0].verdict.score : 0;

	return best >= INFER_CERTAIN || (last && best >= INFER_PLAUSIBLE);
}

/* With what follows holes at the beginning, as from the middle; false: there is no more to ask. */
static bool add_headless(const struct inference *inf, struct sample *sample)
{
	bool more = false;

	for (int d = 0; d < 2; d++) {
		if (!inf->bytes[d].len)
			continue;
		/* What began as it should was recognised by nothing. */
		sample->resampled |= !inf->headless[d];
		more |= inf->headless[d];
		sample->bytes[d] = buffer_span(&inf->bytes[d]);
	}
	sample->midstream = true;
	sample->began = false; /* who spoke first can't be known */
	return more;
}

enum inference_answer inference_decide(struct inference *inf, struct sample sample)
{
	bool last = sample.ended || sampled_enough(inf);

	sample.ended = last;
	for (int d = 0; d < 2; d++)
		if (!inf->headless[d])
			sample.bytes[d] = buffer_span(&inf->bytes[d]);
	ask_all(inf, &sample);
	if (!is_decided(inf, last) && add_headless(inf, &sample))
		ask_all(inf, &sample);
	if (is_decided(inf, last))
		return INFERENCE_DECIDED;
	return last ? INFERENCE_UNKNOWN : INFERENCE_WAIT;
}

void inference_free(struct inference *inf)
{
	for (int d = 0; d < 2; d++) {
		buffer_free(&inf->bytes[d]);
		budget_settle(inf->budget, &inf->bytes[d], &inf->charged[d]);
	}
}
