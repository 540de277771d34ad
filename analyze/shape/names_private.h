/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_SHAPE_NAMES_PRIVATE_H
#define SOCKTAPE_ANALYZE_SHAPE_NAMES_PRIVATE_H

#include "analyze/shape/names.h"

/* What the files of names share. */

/* Segments of a name; the rest is one. */
#define NAMES_SEGMENTS_MAX 32

/* Names in one place, before it is decided. */
#define NAMES_EARLY 4096

#define NAMES_NONE UINT32_MAX

/* A place in the tree of all names: the segment that leads there, and what may follow. */
struct node {
	uint32_t parent;
	uint32_t child; /* the newest; NAMES_NONE */
	uint32_t next;	/* sibling */
	uint32_t into;	/* what it is one of, once that is decided; NAMES_NONE: itself */
	uint32_t text;	/* in texts */
	uint16_t len;
	bool value;	   /* its text is a form, not a name */
	bool has_values;   /* one of its children is, or was */
	uint32_t children; /* that stand for themselves */
	uint32_t early;	   /* with so many children it is decided */
	uint64_t count;
};

/*
 * A name that came lately, or what stands in front of its last segment: where it leads, and its
 * form, as long as nothing is decided anew.
 */
#define NAMES_RECENT	 1024
#define NAMES_RECENT_LEN 112

struct recent {
	uint64_t revision;
	uint32_t leaf;
	uint16_t depth; /* segments */
	uint16_t len;
	uint16_t form_len;
	char name[NAMES_RECENT_LEN];
	char form[NAMES_RECENT_LEN];
};

struct names {
	uint64_t revision; /* how often something was decided, from 1 */
	struct recent *recent;
	bool separators[256];
	struct buffer *scratch; /* a form that is looked for */
	struct buffer form;	/* of the name that is learnt */
	struct node *nodes;
	uint32_t count;
	uint32_t capacity;
	uint32_t *slots; /* hash table: a node + 1; a power of two */
	size_t slot_count;
	struct buffer texts;
	uint64_t seed;
	struct budget *budget; /* may be NULL */
	uint64_t charged;
	bool full;     /* all was decided for want of room: what is new is a value */
	uint32_t more; /* the node of NAMES_MORE; NAMES_NONE: there was always room */
};

/* What a segment looks like. */
struct look {
	unsigned digits;
	unsigned letters;
	unsigned longest;  /* run of digits */
	unsigned switches; /* between letters and digits */
	size_t len;	   /* without its separator, and an extension as .json */
	size_t whole;	   /* without its separator */
};

/* ---- names_segment.c ---- */

bool names_separates(const struct names *n, char c);

/* Takes the next segment, which is DEPTH deep, off NAME; with the separator behind it, but for the
 * last. */
struct span names_cut(const struct names *n, struct span *name, unsigned depth);

struct look names_look(const struct names *n, struct span segment);

/* Numbers, and mixtures of digits and letters as in a hash or a UUID. */
bool names_is_opaque(const struct look *l);

/* "{id}", with what follows the value in its segment. */
void names_append_whole(struct buffer *b, struct span segment, const struct look *l);

/* "order-{id}": digits alone are the value. */
void names_append_mask(struct buffer *b, struct span segment, const struct look *l);

/* How many digits a segment is made of; 0: there is something else in it. */
size_t names_number_len(const struct names *n, struct span segment);

/* ---- names_tree.c ---- */

struct span names_text(const struct names *n, const struct node *node);

/* What stands for a node, in the end. */
uint32_t names_resolved(const struct names *n, uint32_t at);

/* The child of PARENT with that text, or a new one; NAMES_NONE: there is none, or no memory. */
uint32_t names_find(const struct names *n, uint32_t parent, struct span text);
uint32_t names_add(struct names *n, uint32_t parent, struct span text, bool value);

/* Where a segment leads; NAMES_NONE. Where there are values, a number is one of them. */
uint32_t names_find_segment(const struct names *n, uint32_t parent, struct span segment);

/* Whether more is held than PARTS halves of what may be. */
bool names_holds(const struct names *n, unsigned parts);

/* ---- names_decide.c ---- */

/* Finds out which children of PARENT are values. False: no memory. */
bool names_decide(struct names *n, uint32_t parent);

#endif
