/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/pcapng/dump.h"

#include <stdlib.h>

#include "analyze/pcapng/pcap.h"

/* Handed to the sink from here on. */
#define FLUSH_LEN (256u << 10)

/* Kept free in each file: a made-up handshake, an interface, a name. */
#define SPARE_LEN (16u << 10)

struct dump_interface {
	/* As long as it may have to be described in a file. */
	char *name;
	char *description;
	uint32_t file;	 /* where it was described last; 0: nowhere */
	uint32_t number; /* there */
	uint64_t packets;
	uint64_t dropped;
};

struct dump {
	struct dump_options options;
	struct buffer out;
	struct buffer head; /* what each file begins with, when there are several */
	struct dump_interface *interfaces;
	size_t count;
	size_t capacity;
	enum tape_error error;
	uint32_t file;
	uint32_t described; /* interfaces in this file */
	uint64_t packets;
	uint64_t file_packets;
	uint64_t flushed;
	uint64_t file_begin; /* of all bytes */
	int64_t last_ts;
};

struct dump *dump_new(const struct dump_options *options)
{
	struct dump *d = calloc(1, sizeof(*d));

	if (d) {
		d->options = *options;
		d->file = 1;
	}
	return d;
}

static bool is_pcapng(const struct dump *d)
{
	return d->options.format == DUMP_PCAPNG;
}

static bool has_nanoseconds(const struct dump *d)
{
	return d->options.format == DUMP_NSECPCAP;
}

/* ---- bytes ---- */

static void drain(struct dump *d)
{
	const struct sink *sink = &d->options.sink;

	if (!d->error && d->out.failed)
		d->error = TAPE_ERROR_MEMORY;
	if (!d->error)
		d->error = sink->write(sink->context, d->out.data, d->out.len);
	d->flushed += d->out.len;
	buffer_clear(&d->out);
}

static void drain_when_long(struct dump *d)
{
	if (d->out.failed || d->out.len >= FLUSH_LEN)
		drain(d);
}

/* What stands at the end of `out` from BEGIN on is to head all files. */
static void keep_head(struct dump *d, size_t begin)
{
	if (d->options.split && !d->out.failed)
		buffer_append(&d->head, d->out.data + begin, d->out.len - begin);
	if (d->head.failed)
		d->error = TAPE_ERROR_MEMORY;
	drain_when_long(d);
}

void dump_section(struct dump *d, const struct pcapng_section *section)
{
	size_t begin = d->out.len;

	if (is_pcapng(d))
		pcapng_section(&d->out, section);
	else
		pcap_header(&d->out, has_nanoseconds(d));
	keep_head(d, begin);
}

void dump_secrets(struct dump *d, struct span lines)
{
	size_t begin = d->out.len;

	if (!is_pcapng(d))
		return;
	pcapng_secrets(&d->out, lines);
	keep_head(d, begin);
}

uint64_t dump_head_len(const struct dump *d)
{
	return d->head.len;
}

/* ---- interfaces ---- */

static void forget_texts(struct dump_interface *i)
{
	free(i->name);
	free(i->description);
	i->name = NULL;
	i->description = NULL;
}

uint32_t dump_interface(struct dump *d, struct span name, struct span description)
{
	struct dump_interface *i;

	if (d->count == d->capacity) {
		size_t capacity = d->capacity ? d->capacity * 2 : 16;
		struct dump_interface *all = reallocarray(d->interfaces, capacity, sizeof(*all));

		if (!all) {
			d->error = TAPE_ERROR_MEMORY;
			return 0;
		}
		d->interfaces = all;
		d->capacity = capacity;
	}
	i = &d->interfaces[d->count];
	*i = (struct dump_interface){
		.name = strndup(name.data ? name.data : "", name.len),
		.description = strndup(description.data ? description.data : "", description.len),
	};
	if (!i->name || !i->description)
		d->error = TAPE_ERROR_MEMORY;
	return (uint32_t)d->count++;
}

static void describe(struct dump *d, struct dump_interface *i)
{
	if (i->file == d->file || d->error)
		return;
	pcapng_interface(&d->out, span_text(i->name), span_text(i->description));
	i->file = d->file;
	i->number = d->described++;
	if (!d->options.split)
		forget_texts(i);
}

void dump_dropped(struct dump *d, uint32_t interface, uint64_t events)
{
	if (interface < d->count)
		d->interfaces[interface].dropped += events;
}

static void write_statistics(struct dump *d)
{
	for (size_t n = 0; is_pcapng(d) && n < d->count; n++) {
		struct dump_interface *i = &d->interfaces[n];

		if (i->dropped)
			describe(d, i);
		if (i->file == d->file)
			pcapng_statistics(&d->out, i->number, d->last_ts, i->packets, i->dropped);
		i->packets = 0;
		i->dropped = 0;
		drain_when_long(d);
	}
}

/* ---- packets ---- */

bool dump_is_full(const struct dump *d, const struct pcapng_packet *packet)
{
	uint64_t len = dump_bytes(d) - d->file_begin + SPARE_LEN;

	if (!d->options.split || !d->file_packets || d->file == d->options.files_max)
		return false;
	if (!is_pcapng(d))
		return len + pcap_packet_len(packet) > d->options.split;
	return len + pcapng_packet_len(packet) + (uint64_t)d->described * PCAPNG_STATISTICS_LEN >
	       d->options.split;
}

void dump_next_file(struct dump *d)
{
	write_statistics(d);
	drain(d);
	if (!d->error)
		d->error = d->options.next(d->options.context);
	d->file++;
	d->described = 0;
	d->file_packets = 0;
	d->file_begin = dump_bytes(d);
	buffer_append_span(&d->out, buffer_span(&d->head));
}

uint32_t dump_file(const struct dump *d)
{
	return d->file;
}

void dump_packet(struct dump *d, const struct pcapng_packet *packet)
{
	if (d->error || packet->interface >= d->count)
		return;
	if (is_pcapng(d)) {
		struct dump_interface *i = &d->interfaces[packet->interface];
		struct pcapng_packet here = *packet;

		describe(d, i);
		here.interface = i->number;
		i->packets++;
		pcapng_packet(&d->out, &here);
	} else {
		pcap_packet(&d->out, has_nanoseconds(d), packet);
	}
	if (packet->ts > d->last_ts)
		d->last_ts = packet->ts;
	d->packets++;
	d->file_packets++;
	drain_when_long(d);
}

void dump_name(struct dump *d, const uint8_t ip[static 16], struct span name)
{
	if (is_pcapng(d))
		pcapng_name(&d->out, ip, name);
}

/* ---- the end ---- */

enum tape_error dump_finish(struct dump *d)
{
	write_statistics(d);
	drain(d);
	return d->error;
}

enum tape_error dump_error(const struct dump *d)
{
	return d->error;
}

uint64_t dump_packets(const struct dump *d)
{
	return d->packets;
}

uint64_t dump_bytes(const struct dump *d)
{
	return d->flushed + d->out.len;
}

void dump_free(struct dump *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->count; i++)
		forget_texts(&d->interfaces[i]);
	free(d->interfaces);
	buffer_free(&d->out);
	buffer_free(&d->head);
	free(d);
}
