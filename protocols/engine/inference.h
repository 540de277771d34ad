/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_ENGINE_INFERENCE_H
#define SOCKTAPE_PROTOCOLS_ENGINE_INFERENCE_H

#include "protocols/engine/budget.h"
#include "protocols/engine/session.h"

/*
 * Decides which protocol a connection speaks: asks every protocol about the first bytes of both
 * directions, again whenever there are more, until one is certain or no more can be expected.
 */

/*
 * Decided with what there is after this many runs of bytes, if they brought at least so many bytes;
 * a conversation that comes byte by byte gets longer.
 */
#define INFER_RUNS_MAX	    16
#define INFER_BYTES_MIN	    128
#define INFER_TINY_RUNS_MAX 256

/* So many of the best candidates are remembered. */
#define INFER_CANDIDATES_MAX 8

struct inference {
	struct buffer bytes[2]; /* by enum direction; at most SAMPLE_MAX each */
	bool full[2];		/* nothing can be added: enough, or a hole came */
	bool headless[2];	/* a hole came first */
	unsigned runs;
	struct budget *budget;
	uint64_t charged[2];
	bool datagram;
	struct candidate candidates[INFER_CANDIDATES_MAX]; /* with a score, best first */
	size_t candidate_count;
};

void inference_init(struct inference *inf, struct budget *budget, bool datagram);

/* Forgets the bytes but not the candidates: a new sample begins. */
void inference_restart(struct inference *inf);

/* More bytes of a direction; of a datagram connection, the next datagram. */
void inference_add(struct inference *inf, enum direction direction, const void *data, size_t len);

/*
 * A hole: no more of this direction belongs to the sample. What follows one at the very beginning
 * does, but as from the middle: it is asked about where what began as it should tells too little.
 */
void inference_hole(struct inference *inf, enum direction direction);

enum inference_answer {
	INFERENCE_WAIT,	   /* more bytes may tell */
	INFERENCE_DECIDED, /* candidates[0] */
	INFERENCE_UNKNOWN, /* none of them, whatever comes */
};

/* ENDED: no more bytes will come. SAMPLE gives all but the bytes, which are filled in. */
enum inference_answer inference_decide(struct inference *inf, struct sample sample);

void inference_free(struct inference *inf);

#endif
