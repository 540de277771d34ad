/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/variation.h"

#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- chance, and places ---- */

/* Below LIMIT; xorshift64*, of Vigna's. */
static size_t pick(struct variation *v, size_t limit)
{
	v->random ^= v->random >> 12;
	v->random ^= v->random << 25;
	v->random ^= v->random >> 27;
	return limit ? (size_t)((v->random * 0x2545f4914f6cdd1du >> 33) % limit) : 0;
}

static void add_place(struct places *places, size_t event, size_t byte)
{
	if (places->count < PLACES_MAX)
		places->at[places->count++] = (struct place){event, byte};
}

void places_of_pieces(struct places *places, const struct tape_copy *tape)
{
	for (size_t i = 0; i < tape->count; i++)
		if (tape->events[i].type == EVENT_DATA && tape->events[i].data.payload.len)
			add_place(places, i, 0);
}

void places_add(struct places *places, const struct tape_copy *tape, uint64_t conn,
		enum layer layer, enum direction direction, uint64_t position)
{
	for (size_t i = 0; i < tape->count; i++) {
		const struct event_data *d = &tape->events[i].data;

		if (tape->events[i].type != EVENT_DATA || d->conn != conn || d->layer != layer ||
		    d->direction != direction || position <= d->offset ||
		    position - d->offset >= d->payload.len)
			continue;
		add_place(places, i, (size_t)(position - d->offset));
		return;
	}
}

/* A byte, most often one of the first of a frame. False: there is none. */
static bool pick_place(struct variation *v, struct place *place)
{
	const size_t reaches[] = {4, 8, 16, 32, 64, SIZE_MAX};
	size_t left, reach;

	if (!v->places->count)
		return false;
	*place = v->places->at[pick(v, v->places->count)];
	left = v->from->events[place->event].data.payload.len - place->byte;
	reach = reaches[pick(v, COUNT(reaches))];
	place->byte += pick(v, reach < left ? reach : left);
	return true;
}

/* ---- changing a tape ---- */

static void copy_all(struct variation *v)
{
	for (size_t i = 0; i < v->from->count; i++)
		tape_copy_add(&v->tape, &v->from->events[i]);
}

static uint8_t *payload(struct variation *v, size_t event)
{
	return (uint8_t *)v->tape.events[event].data.payload.data;
}

/* Bytes FROM to TO of a piece of data. */
static void add_part(struct variation *v, const struct event *event, size_t from, size_t to)
{
	struct event part = *event;
	struct span bytes = event->data.payload;

	if (from >= to)
		return;
	part.data.offset += from;
	part.data.len = to == bytes.len ? event->data.len - from : to - from;
	part.data.payload = span_of(bytes.data + from, to - from);
	tape_copy_add(&v->tape, &part);
}

static bool is_of_stream(const struct event *event, const struct event_data *of)
{
	return event->type == EVENT_DATA && event->data.conn == of->conn &&
	       event->data.layer == of->layer && event->data.direction == of->direction;
}

/* What stands in the stream of OF behind it is moved by BY, as if the application had said less or
 * more. */
static void move_stream(struct tape_copy *tape, size_t since, const struct event_data of,
			int64_t by)
{
	for (size_t i = since; i < tape->count; i++) {
		struct event *e = &tape->events[i];

		if (is_of_stream(e, &of) && e->data.offset > of.offset)
			e->data.offset += (uint64_t)by;
		if (e->type != EVENT_CLOSE || e->close.conn != of.conn || of.layer != LAYER_WIRE)
			continue;
		if (of.direction == DIRECTION_SENT)
			e->close.sent += (uint64_t)by;
		else
			e->close.received += (uint64_t)by;
	}
}

/* ---- kinds ---- */

static void make_whole(struct variation *v)
{
	copy_all(v);
}

static void make_pieces(struct variation *v)
{
	size_t longest = (size_t)1 << (v->number * 2);

	for (size_t i = 0; i < v->from->count; i++) {
		const struct event *e = &v->from->events[i];
		size_t len = e->type == EVENT_DATA ? e->data.payload.len : 0;

		if (!len)
			tape_copy_add(&v->tape, e);
		for (size_t at = 0, n; at < len; at += n) {
			n = 1 + pick(v, longest);
			add_part(v, e, at, at + n < len ? at + n : len);
		}
	}
}

/* The recording begins later: of streams that exist already, or whose beginning was deleted. */
static void make_begin(struct variation *v)
{
	bool existed = v->number % 4 < 2;
	struct place first;

	if (!pick_place(v, &first))
		return;
	if (v->number % 3 == 0)
		first.byte = 0;
	for (size_t i = 0; i < v->from->count; i++) {
		struct event e = v->from->events[i];

		if (e.type == EVENT_CONN && existed)
			e.conn.origin = ORIGIN_MIDSTREAM;
		if (i == first.event)
			add_part(v, &e, first.byte, e.data.payload.len);
		else if (i > first.event || e.type == EVENT_CONN || e.type == EVENT_SECRET)
			tape_copy_add(&v->tape, &e);
	}
}

/* It ends earlier; of some connections it is still told where they ended. */
static void make_end(struct variation *v)
{
	struct place last;

	if (!pick_place(v, &last))
		return;
	for (size_t i = 0; i < v->from->count; i++) {
		const struct event *e = &v->from->events[i];

		if (i == last.event)
			add_part(v, e, 0, last.byte);
		else if (i < last.event || (e->type == EVENT_CLOSE && v->number % 2))
			tape_copy_add(&v->tape, e);
	}
}

static void add_loss(struct variation *v, const struct event *e, size_t from, size_t to)
{
	const struct event loss = {
		.type = EVENT_LOSS,
		.ts = e->ts,
		.loss = {.conn = e->data.conn,
			 .events = 1,
			 .bytes = to - from,
			 .since = e->ts,
			 .cause = LOSS_RING_FULL,
			 .direction = e->data.direction,
			 .layer = e->data.layer,
			 .placed = true,
			 .position = e->data.offset + from},
	};

	tape_copy_add(&v->tape, &loss);
}

static void make_hole(struct variation *v)
{
	const size_t lens[] = {1, 2, 4, 9, 24, 100, SIZE_MAX};
	size_t len = lens[pick(v, COUNT(lens))];
	struct place place;

	if (!pick_place(v, &place))
		return;
	for (size_t i = 0; i < v->from->count; i++) {
		const struct event *e = &v->from->events[i];
		size_t left = e->data.payload.len - place.byte;

		if (i != place.event) {
			tape_copy_add(&v->tape, e);
			continue;
		}
		if (len > left)
			len = left;
		add_part(v, e, 0, place.byte);
		if (v->number % 4 < 2)
			add_loss(v, e, place.byte, place.byte + len);
		add_part(v, e, place.byte + len, e->data.payload.len);
	}
}

/* Of every call only the beginning was kept. */
static void make_cut(struct variation *v)
{
	size_t kept = v->number < 4 ? v->number : (size_t)1 << (v->number - 2);

	for (size_t i = 0; i < v->from->count; i++) {
		struct event e = v->from->events[i];

		if (e.type == EVENT_DATA && e.data.payload.len > kept) {
			e.data.payload.len = kept;
			e.data.cut = pick(v, 2) ? CUT_SNAPLEN : CUT_PRESSURE;
		}
		tape_copy_add(&v->tape, &e);
	}
}

static bool is_digit(uint8_t byte)
{
	return byte >= '0' && byte <= '9';
}

static void make_byte(struct variation *v)
{
	const uint8_t others[] = {0, 1, 0x7f, 0x80, 0xff, ' ', '\n', '0', '9', 'A'};
	struct place at;
	uint8_t *bytes;
	size_t len;

	copy_all(v);
	if (!pick_place(v, &at))
		return;
	bytes = payload(v, at.event);
	len = v->from->events[at.event].data.payload.len;
	switch (pick(v, 6)) {
	case 0:
		bytes[at.byte] ^= (uint8_t)(1u << pick(v, 8));
		break;
	case 1:
		bytes[at.byte] = others[pick(v, COUNT(others))];
		break;
	case 2: /* a number in digits */
		while (at.byte + 1 < len && !is_digit(bytes[at.byte]))
			at.byte++;
		bytes[at.byte] = (uint8_t)('0' + pick(v, 10));
		break;
	default:
		bytes[at.byte] += pick(v, 2) ? 1 : 0xff;
	}
}

static void put_number(uint8_t *at, size_t width, bool big, uint64_t value)
{
	for (size_t i = 0; i < width; i++)
		at[big ? width - 1 - i : i] = (uint8_t)(value >> 8 * i);
}

static uint64_t get_number(const uint8_t *at, size_t width, bool big)
{
	uint64_t value = 0;

	for (size_t i = 0; i < width; i++)
		value |= (uint64_t)at[big ? width - 1 - i : i] << 8 * i;
	return value;
}

/* As if a field of several bytes held another number. */
static void make_number(struct variation *v)
{
	const size_t widths[] = {2, 4, 4, 3, 8};
	size_t width = widths[pick(v, COUNT(widths))], left;
	bool big = pick(v, 3) != 0;
	struct place at;
	uint64_t old;
	uint8_t *bytes;

	copy_all(v);
	if (!pick_place(v, &at))
		return;
	left = v->from->events[at.event].data.payload.len - at.byte;
	if (width > left)
		width = left;
	bytes = payload(v, at.event) + at.byte;
	old = get_number(bytes, width, big);
	switch (pick(v, 6)) {
	case 0:
		put_number(bytes, width, big, 0);
		break;
	case 1:
		put_number(bytes, width, big, UINT64_MAX >> pick(v, 2));
		break;
	case 2: /* just what is there, or one more */
		put_number(bytes, width, big, left - pick(v, width + 2));
		break;
	default:
		put_number(bytes, width, big, old + pick(v, 5) - 2);
	}
}

/* Some bytes less were said, or some twice. */
static void make_splice(struct variation *v)
{
	size_t len = 1 + pick(v, pick(v, 2) ? 4 : 32);
	bool twice = pick(v, 2) != 0;
	struct buffer other = {0};
	struct event_data of;
	struct event *e;
	struct place at;

	if (!pick_place(v, &at)) {
		copy_all(v);
		return;
	}
	for (size_t i = 0; i < v->from->count; i++) {
		struct event copy = v->from->events[i];
		struct span old = copy.data.payload;

		if (i == at.event) {
			if (len > old.len - at.byte)
				len = old.len - at.byte;
			buffer_append(&other, old.data, at.byte + (twice ? len : 0));
			buffer_append(&other, old.data + at.byte + (twice ? 0 : len),
				      old.len - at.byte - (twice ? 0 : len));
			copy.data.payload = buffer_span(&other);
			copy.data.len += twice ? len : -len;
		}
		tape_copy_add(&v->tape, &copy);
	}
	e = &v->tape.events[at.event];
	of = e->data;
	move_stream(&v->tape, at.event, of, twice ? (int64_t)len : -(int64_t)len);
	buffer_free(&other);
}

/* Two neighbours change places in time. */
static void exchange(struct tape_copy *tape, size_t first, size_t second)
{
	struct event other = tape->events[first];
	int64_t ts = other.ts;

	tape->events[first] = tape->events[second];
	tape->events[second] = other;
	tape->events[second].ts = tape->events[first].ts;
	tape->events[first].ts = ts;
}

/* A message is missing as if it had never been, comes twice, or late, or is told twice. */
static void make_order(struct variation *v)
{
	struct event_data of;
	struct place at;

	if (!pick_place(v, &at)) {
		copy_all(v);
		return;
	}
	for (size_t i = 0; i < v->from->count; i++) {
		if (i != at.event || v->number % 4 != 0)
			tape_copy_add(&v->tape, &v->from->events[i]);
		if (i == at.event && v->number % 4 % 2)
			tape_copy_add(&v->tape, &v->from->events[i]);
	}
	of = v->from->events[at.event].data;
	if (v->number % 4 == 0) {
		move_stream(&v->tape, at.event, of, -(int64_t)of.len);
	} else if (v->number % 4 == 1) {
		v->tape.events[at.event + 1].data.offset += of.len;
		of.offset += of.len;
		move_stream(&v->tape, at.event + 2, of, (int64_t)of.len);
	} else if (at.event + 1 < v->tape.count) {
		exchange(&v->tape, at.event, at.event + 1);
	}
}

/* One direction alone, or ends of which other things are known. */
static void make_side(struct variation *v)
{
	for (size_t i = 0; i < v->from->count; i++) {
		struct event e = v->from->events[i];
		struct address local = e.conn.local;

		if (e.type == EVENT_DATA && v->number < 2 && e.data.direction != v->number)
			continue;
		if (e.type == EVENT_DATA && v->number == 2)
			e.data.direction = direction_opposite(e.data.direction);
		if (e.type == EVENT_CONN && v->number == 2) {
			e.conn.local = e.conn.remote;
			e.conn.remote = local;
			e.conn.role = ROLE_UNKNOWN;
		}
		if (e.type == EVENT_CONN && v->number > 2) {
			e.conn.role = v->number == 3 ? ROLE_CLIENT : ROLE_SERVER;
			e.conn.local.port = e.conn.remote.port = (uint16_t)(60000 + v->number);
		}
		tape_copy_add(&v->tape, &e);
	}
}

static void make_keep(struct variation *v)
{
	const size_t keeps[] = {SESSION_KEEP_NONE, 2, 3, 7, 16, 50, 200, SESSION_KEEP_ALL};

	v->question.keep = keeps[v->number % COUNT(keeps)];
	copy_all(v);
}

static void make_memory(struct variation *v)
{
	v->question.memory = (uint64_t)2000 << v->number;
	copy_all(v);
}

const struct variation_kind variation_kinds[] = {
	{"whole", 1, 1, false, make_whole},   {"pieces", 5, 2, false, make_pieces},
	{"begin", 16, 2, true, make_begin},   {"end", 12, 2, true, make_end},
	{"hole", 32, 3, true, make_hole},     {"cut", 12, 3, true, make_cut},
	{"byte", 64, 4, true, make_byte},     {"number", 64, 4, true, make_number},
	{"splice", 16, 2, true, make_splice}, {"order", 16, 4, false, make_order},
	{"side", 5, 5, false, make_side},     {"keep", 8, 4, false, make_keep},
	{"memory", 6, 3, false, make_memory}, {0},
};
