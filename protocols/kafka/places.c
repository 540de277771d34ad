/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/kafka/places.h"

/* Of one exchange: whoever names very many partitions in another order gets no further. */
#define EFFORT_MAX (4u << 20)

struct place {
	struct span topic;
	int64_t partition;
	int64_t number;
};

/* No exchange has partitions beyond that. */
#define PLACES_MAX (256u << 10)

void kafka_places_clear(struct kafka_places *p)
{
	buffer_clear(&p->list);
	p->next = 0;
	p->effort = EFFORT_MAX;
}

void kafka_places_add(struct kafka_places *p, struct span topic, int64_t partition, int64_t number)
{
	const struct place place = {topic, partition, number};

	if (p->list.len < PLACES_MAX * sizeof(place))
		buffer_append(&p->list, &place, sizeof(place));
}

bool kafka_places_find(struct kafka_places *p, struct span topic, int64_t partition,
		       int64_t *number)
{
	const struct place *list = (const struct place *)p->list.data;
	size_t count = p->list.len / sizeof(*list);

	for (size_t i = 0; i < count && p->effort; i++, p->effort--) {
		size_t at = (p->next + i) % count;

		if (list[at].partition != partition || !span_equal(list[at].topic, topic))
			continue;
		p->next = at + 1;
		*number = list[at].number;
		return true;
	}
	return false;
}

void kafka_places_free(struct kafka_places *p)
{
	buffer_free(&p->list);
}
