/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/dns/message.h"

#include "protocols/dns/name.h"
#include "protocols/dns/number.h"
#include "protocols/dns/schema.h"
#include "protocols/value/json.h"

#define TYPE_OPT   41
#define CLASS_IN   1
#define CLASS_NONE 254
#define CLASS_ANY  255

/*
 * Compressed names make much of few bytes. An honest message of 64 KiB doesn't come near this; of
 * another one the sections end here.
 */
#define TEXT_MAX (1u << 20)

/* More malformed names than this in a message say that all of it is noise. */
#define MALFORMED_NAMES_MAX 8

/* Where things are in a message, found before anything is written. */
struct outline {
	size_t at[DNS_SECTIONS];    /* where a section begins */
	size_t found[DNS_SECTIONS]; /* records of it that are there, the last maybe in part */
	struct dns_rr opt;	    /* of EDNS, RFC 6891, section 6.1 */
	bool has_opt;
	unsigned malformed_names;
	bool cut; /* the last record is there in part */
};

struct render {
	struct dns_message *m;
	struct buffer *out;
	const struct dns_reading *reading;
	struct cursor message; /* at its first byte */
	struct outline outline;
};

/* ---- the outline ---- */

static bool outline_section(struct render *r, struct cursor *c, enum dns_section section)
{
	struct outline *o = &r->outline;
	struct dns_rr rr;

	o->at[section] = cursor_position(c);
	while (o->found[section] < r->m->header.counts[section]) {
		dns_entry_read(c, section, &rr);
		if (!rr.sound && ++o->malformed_names > MALFORMED_NAMES_MAX)
			return false;
		if (!rr.present)
			return false;
		o->found[section]++;
		o->cut = c->failed;
		if (section == DNS_ADDITIONAL && rr.type == TYPE_OPT && !o->has_opt) {
			o->opt = rr;
			o->has_opt = true;
		}
		if (c->failed)
			return false;
	}
	return true;
}

static void outline(struct render *r)
{
	struct cursor c = r->message;

	dns_header_read(&c, &r->m->header);
	for (int i = 0; i < DNS_SECTIONS; i++)
		r->outline.at[i] = cursor_position(&c);
	for (int i = 0; i < DNS_SECTIONS; i++) {
		if (outline_section(r, &c, (enum dns_section)i))
			continue;
		if (r->reading->complete)
			dns_message_note(r->m, DNS_NOTE_COUNTS);
		return;
	}
	/* The data of DNS stateful operations stands behind the empty sections: RFC 8490, 5.4. */
	if (cursor_left(&c) > 0 && dns_opcode(&r->m->header) != DNS_OPCODE_DSO)
		dns_message_note(r->m, DNS_NOTE_TRAILING);
}

/* ---- names, types, classes ---- */

static struct cursor cursor_at(const struct render *r, size_t position)
{
	struct cursor c = r->message;

	c.pos = c.start + position;
	return c;
}

/* Whether nothing stands there but a pointer to the first question's name, as most answers have. */
static bool is_of_question(const struct render *r, const struct dns_rr *rr)
{
	const uint8_t *at = r->message.start + rr->name;

	return r->m->asks && r->message.end - at >= 2 && at[0] == 0xc0 && at[1] == DNS_HEADER_LEN;
}

static struct span name_text(struct render *r, const struct dns_rr *rr)
{
	struct cursor c = cursor_at(r, rr->name);
	struct buffer *scratch = r->reading->scratch;

	buffer_clear(scratch);
	if (is_of_question(r, rr)) {
		buffer_append_span(scratch, dns_message_part(r->m, r->m->qname));
		return buffer_span(scratch);
	}
	if (!dns_name_read(&c, scratch) && (r->reading->complete || !c.failed))
		dns_message_note(r->m, dns_name_loops(cursor_at(r, rr->name)) ? DNS_NOTE_LOOP
									      : DNS_NOTE_NAME);
	return buffer_span(scratch);
}

/* The class, when it isn't IN; and what multicast DNS puts into its top bit. */
static void append_class(struct render *r, uint16_t class, const char *top_name)
{
	bool top = r->reading->multicast && class & DNS_CLASS_TOP;

	if (top)
		class &= (uint16_t)~DNS_CLASS_TOP;
	if (class != CLASS_IN) {
		buffer_append_text(r->out, ",\"class\":\"");
		dns_number_append(r->out, &dns_classes, class);
		buffer_append_char(r->out, '"');
	}
	if (top)
		buffer_append_text(r->out, top_name);
}

static void append_name_and_type(struct render *r, const struct dns_rr *rr)
{
	buffer_append_text(r->out, "{\"name\":");
	json_append_string(r->out, name_text(r, rr));
	buffer_append_text(r->out, ",\"type\":\"");
	dns_schema_append_name(r->out, &dns_types, rr->type);
	buffer_append_char(r->out, '"');
}

/* ---- records ---- */

static void note_malformed(struct render *r, const struct dns_rr *rr)
{
	if (r->m->malformed || (!r->reading->complete && r->outline.cut))
		return;
	r->m->malformed = true;
	r->m->malformed_type = rr->type;
}

static void append_data(struct render *r, const struct dns_rr *rr)
{
	struct buffer *scratch = r->reading->scratch;
	/* Such records stand for sets, in an UPDATE: RFC 2136, sections 2.4 and 2.5. */
	bool set = (rr->class == CLASS_ANY || rr->class == CLASS_NONE) &&
		   cursor_left(&rr->rdata) == 0;

	buffer_clear(scratch);
	if (!set && !dns_schema_append(dns_schema_find(&dns_types, rr->type), rr->rdata, scratch))
		note_malformed(r, rr);
	buffer_append_text(r->out, ",\"data\":");
	json_append_string(r->out, buffer_span(scratch));
}

static void append_rr(struct render *r, const struct dns_rr *rr)
{
	append_name_and_type(r, rr);
	append_class(r, rr->class, ",\"flush\":true");
	buffer_append_text(r->out, ",\"ttl\":");
	buffer_append_u64(r->out, rr->ttl);
	append_data(r, rr);
	buffer_append_char(r->out, '}');
}

static void append_question(struct render *r, const struct dns_rr *rr)
{
	append_name_and_type(r, rr);
	append_class(r, rr->class, ",\"unicast\":true");
	buffer_append_char(r->out, '}');
}

/* "[" and the records of a section. */
static struct dns_part append_section(struct render *r, enum dns_section section)
{
	struct cursor c = cursor_at(r, r->outline.at[section]);
	size_t start = r->out->len;

	buffer_append_char(r->out, '[');
	for (size_t i = 0; i < r->outline.found[section]; i++) {
		struct dns_rr rr;

		if (r->out->len > TEXT_MAX) {
			dns_message_note(r->m, DNS_NOTE_LONG);
			break;
		}
		dns_entry_read(&c, section, &rr);
		if (section == DNS_ADDITIONAL && r->outline.has_opt &&
		    rr.name == r->outline.opt.name)
			continue;
		if (r->out->len > start + 1)
			buffer_append_char(r->out, ',');
		if (section == DNS_QUESTION)
			append_question(r, &rr);
		else
			append_rr(r, &rr);
	}
	return (struct dns_part){start, r->out->len - start};
}

/* The same with its "]". */
static struct dns_part append_whole_section(struct render *r, enum dns_section section)
{
	struct dns_part part = {r->out->len, 2};

	if (!r->outline.found[section]) {
		buffer_append(r->out, "[]", 2);
		return part;
	}
	part = append_section(r, section);
	buffer_append_char(r->out, ']');
	part.len++;
	return part;
}

/* ---- EDNS ---- */

static void append_option(struct render *r, uint16_t code, struct cursor data)
{
	const struct dns_schema *schema = dns_schema_find(&dns_options, code);
	struct buffer *scratch = r->reading->scratch;

	buffer_append_text(r->out, "{\"name\":\"");
	dns_schema_append_name(r->out, &dns_options, code);
	buffer_clear(scratch);
	if (!dns_schema_append(schema, data, scratch))
		note_malformed(r, &r->outline.opt);
	buffer_append_text(r->out, "\",\"data\":");
	json_append_string(r->out, buffer_span(scratch));
	buffer_append_char(r->out, '}');
}

static struct dns_part append_edns(struct render *r)
{
	const struct dns_rr *opt = &r->outline.opt;
	struct cursor c = opt->rdata;
	size_t start = r->out->len;

	/* RFC 6891, section 6.1.3: the class is a size, the ttl has version and flags. */
	r->m->rcode |= (uint16_t)(opt->ttl >> 24 << 4);
	buffer_append_text(r->out, "{\"udp_size\":");
	buffer_append_u64(r->out, opt->class);
	buffer_append_text(r->out, ",\"version\":");
	buffer_append_u64(r->out, opt->ttl >> 16 & 0xff);
	buffer_append_text(r->out, opt->ttl & 0x8000 ? ",\"do\":true" : ",\"do\":false");
	buffer_append_text(r->out, ",\"options\":[");
	for (bool first = true; cursor_left(&c) > 0; first = false) {
		uint16_t code = cursor_be16(&c);
		struct cursor data = cursor_part(&c, cursor_be16(&c));

		if (c.failed) {
			note_malformed(r, opt);
			break;
		}
		if (!first)
			buffer_append_char(r->out, ',');
		append_option(r, code, data);
	}
	buffer_append_text(r->out, "]}");
	return (struct dns_part){start, r->out->len - start};
}

/* ---- header and question ---- */

static struct dns_part append_number(struct render *r, const struct dns_numbers *numbers,
				     uint16_t number)
{
	size_t start = r->out->len;

	dns_number_append(r->out, numbers, number);
	return (struct dns_part){start, r->out->len - start};
}

static struct dns_part append_text(struct render *r, struct span text)
{
	size_t start = r->out->len;

	buffer_append_span(r->out, text);
	return (struct dns_part){start, r->out->len - start};
}

struct flag {
	uint16_t bit;
	const char *name;
};

static struct dns_part append_flags(struct render *r)
{
	static const struct flag dns[] = {
		{DNS_QR, "qr"}, {DNS_AA, "aa"}, {DNS_TC, "tc"}, {DNS_RD, "rd"}, {DNS_RA, "ra"},
		{DNS_Z, "z"},	{DNS_AD, "ad"}, {DNS_CD, "cd"}, {0, NULL},
	};
	/* RFC 4795, section 2.1.1: conflict, tentative. */
	static const struct flag llmnr[] = {
		{DNS_QR, "qr"}, {DNS_AA, "c"}, {DNS_TC, "tc"}, {DNS_RD, "t"}, {0, NULL},
	};
	size_t start = r->out->len;

	for (const struct flag *f = r->reading->llmnr ? llmnr : dns; f->name; f++) {
		if (!(r->m->header.flags & f->bit))
			continue;
		if (r->out->len > start)
			buffer_append_char(r->out, ' ');
		buffer_append_text(r->out, f->name);
	}
	return (struct dns_part){start, r->out->len - start};
}

static struct dns_part append_type(struct render *r, uint16_t type)
{
	size_t start = r->out->len;

	dns_schema_append_name(r->out, &dns_types, type);
	return (struct dns_part){start, r->out->len - start};
}

static void append_first_question(struct render *r)
{
	struct dns_message *m = r->m;
	struct cursor c = cursor_at(r, r->outline.at[DNS_QUESTION]);
	struct dns_rr question;

	if (m->header.counts[DNS_QUESTION] == 0)
		return;
	dns_question_read(&c, &question);
	m->qname = append_text(r, name_text(r, &question));
	if (!question.present)
		return;
	m->asks = question.sound;
	m->qtype = question.type;
	m->qtype_name = append_type(r, question.type);
	if (r->outline.found[DNS_QUESTION] > 1 || question.class != CLASS_IN)
		m->questions = append_whole_section(r, DNS_QUESTION);
}

void dns_message_read(struct dns_message *m, struct span data, const struct dns_reading *reading)
{
	struct render r = {
		.m = m,
		.out = &m->base.text,
		.reading = reading,
		.message = cursor_of(data.data, data.len),
	};

	m->times = 1;
	m->multicast = reading->multicast;
	if (!reading->complete && !m->base.partial)
		dns_message_note(m, DNS_NOTE_CUT);
	if (data.len < DNS_HEADER_LEN) {
		if (reading->complete)
			dns_message_note(m, DNS_NOTE_SHORT);
		return;
	}
	outline(&r);
	m->rcode = m->header.flags & DNS_RCODE;
	/* RFC 4795, section 2.1.1: whoever tells of a conflict is not answered. */
	m->tells = reading->multicast || (reading->llmnr && m->header.flags & DNS_AA);
	if (m->header.flags & DNS_TC)
		dns_message_note(m, DNS_NOTE_TRUNCATED);
	append_first_question(&r);
	m->authority = append_whole_section(&r, DNS_AUTHORITY);
	m->additional = append_whole_section(&r, DNS_ADDITIONAL);
	if (r.outline.has_opt)
		m->edns = append_edns(&r);
	m->opcode = append_number(&r, &dns_opcodes, (uint16_t)dns_opcode(&m->header));
	m->flags = append_flags(&r);
	m->answers_at = r.outline.at[DNS_ANSWER];
	m->answers_found = r.outline.found[DNS_ANSWER];
	m->answers = append_section(&r, DNS_ANSWER);
}

static void append_note(struct buffer *out, const char *whose, const char *text)
{
	if (out->len > 0)
		buffer_append_text(out, "; ");
	buffer_append_text(out, whose);
	buffer_append_text(out, text);
}

static void append_notes(struct buffer *out, const char *whose, const struct dns_message *m)
{
	static const char *const texts[] = {
#define DNS_NOTE_TEXT(name, text) text,
		DNS_NOTES(DNS_NOTE_TEXT)
#undef DNS_NOTE_TEXT
	};

	for (unsigned left = m->notes; left; left &= left - 1)
		append_note(out, whose, texts[__builtin_ctz(left)]);
	if (!m->malformed)
		return;
	append_note(out, whose, "malformed ");
	dns_schema_append_name(out, &dns_types, m->malformed_type);
	buffer_append_text(out, " record");
}

void dns_message_append_notes(const struct dns_message *request, const struct dns_message *response,
			      struct buffer *out)
{
	if (request)
		append_notes(out, response ? "query: " : "", request);
	if (response)
		append_notes(out, "", response);
	if (request && request->times > 1)
		buffer_printf(out, "%sasked %u times", out->len > 0 ? "; " : "", request->times);
}
