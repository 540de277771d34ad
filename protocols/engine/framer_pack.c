/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/engine/framer.h"

#include "format/pack.h"

/*
 * What frame() found out so far (`scanned` and its memo) may point into the bytes that are kept: it
 * is asked again. Of a frame whose end is known the memo must hold no pointers.
 */
static void pack_side(const struct framer *f, const struct framer_side *s, struct buffer *out)
{
	struct framer_side copy = *s;

	copy.kept = (struct buffer){0};
	copy.charged = 0;
	copy.memo = NULL;
	copy.frame.memo = NULL;
	copy.frame.data = NULL;
	copy.frame.peer = NULL;
	copy.scanned = 0;
	buffer_append(out, &copy, sizeof(copy));
	pack_span(out, buffer_span(&s->kept));
	if (s->left && f->framing->memo_size)
		buffer_append(out, s->memo, f->framing->memo_size);
}

bool framer_pack(const struct framer *f, struct buffer *out)
{
	if (f->over || f->hopeless)
		return false;
	for (int i = 0; i < 2; i++)
		pack_side(f, &f->sides[i], out);
	return true;
}

static void unpack_side(struct framer *f, struct framer_side *s, struct unpack *in)
{
	void *memo = s->memo;
	struct span kept;

	unpack_bytes(in, s, sizeof(*s));
	s->memo = memo;
	s->frame.memo = memo;
	kept = unpack_span(in);
	if (s->left && f->framing->memo_size)
		unpack_bytes(in, memo, f->framing->memo_size);
	if (kept.len)
		buffer_append_span(&s->kept, kept);
	in->failed |= s->kept.failed;
	budget_settle(f->budget, &s->kept, &s->charged);
}

bool framer_unpack(struct framer *f, struct unpack *in)
{
	for (int i = 0; i < 2; i++)
		unpack_side(f, &f->sides[i], in);
	return !in->failed;
}
