/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyze/command/proto_file.h"
#include "analyze/command/select.h"
#include "analyze/listing/listing.h"
#include "analyze/output/escape.h"
#include "analyze/output/output.h"
#include "analyze/output/terminal.h"
#include "analyze/output/text.h"
#include "analyze/replay/reading.h"
#include "analyze/replay/said.h"
#include "analyze/replay/search.h"
#include "analyze/replay/streams.h"
#include "protocols/engine/budget.h"

static const char help[] =
	"Looks for a pattern (PCRE2) in what was said: in decoded heads and bodies of both\n"
	"sides, and in the streams of connections whose protocol isn't known. Prints the\n"
	"record, or the connection, and the line around each match.";

enum {
	OPT_IGNORE_CASE = SELECT_OPTIONS,
	OPT_LIST,
	OPT_COUNT,
	OPT_BYTES,
	OPT_WHERE,
	OPT_SORT,
	OPT_LIMIT,
	OPT_COLUMNS,
	OPT_PROTO,
	OPT_THREADS
};

static const struct command_option options[] = {
	SELECT_OPTIONS_WITH(0),
	{"ignore-case", 'i', NULL, "small and capital letters are the same"},
	{"list", 'l', NULL, "only the ids of records, and of connections"},
	{"count", 'c', NULL, "only how many of them have a match"},
	{"bytes", 0, "HEX", "these bytes in place of a pattern, as in 0d0a0d0a"},
	LISTING_OPTIONS,
	PROTO_OPTION,
	{"threads", 0, "N", "processors to use, from 1; as many as help unless told otherwise"},
	{0},
};

/* So much of the line before and behind a match is shown. */
#define CONTEXT 60

/* Of the memory this part may be for the list of connections that are searched as streams. */
#define LIST_SHARE 8

/* Of a stream so much is kept for a match that isn't whole. */
#define PARTIAL_MAX (1u << 20)

enum {
	COLUMN_TS,
	COLUMN_PROTO,
	COLUMN_RECORD,
	COLUMN_CONN,
	COLUMN_SIDE,
	COLUMN_PART,
	COLUMN_OFFSET,
	COLUMN_BEFORE,
	COLUMN_MATCH,
	COLUMN_AFTER,
	COLUMNS,
};

static const struct column columns[COLUMNS] = {
	{"ts", "BIGINT", "ns", "when the record began, or the bytes were moved"},
	{"proto", "TEXT", "", "the record's; null: it isn't known"},
	{"record_id", "TEXT", "", "null: the stream of a connection"},
	{"conn", "BIGINT", "", "connection id"},
	{"side", "TEXT", "", "client or server; of a stream: sent or received"},
	{"part", "TEXT", "", "head, body or stream"},
	{"offset", "BIGINT", "bytes", "where in that part the match is"},
	{"before", "TEXT", "", "what stands before it in its line"},
	{"match", "TEXT", "", "what matched"},
	{"after", "TEXT", "", "what stands behind it in its line"},
};

/* Where a match is. */
struct place {
	int64_t ts;
	const char *proto; /* NULL: a stream */
	const char *record;
	uint64_t conn;
	const char *side;
	const char *part;
	uint64_t offset; /* of the bytes that are searched */
};

/* What waits of one direction of a stream. */
struct tail {
	struct buffer bytes;
	uint64_t charged; /* of the streams' budget */
	size_t resume;	  /* of them: where to go on */
	uint64_t offset;
};

struct grep {
	const char *command;
	struct select select;
	bool ignore_case;
	bool list;
	bool count;
	const char *hex;
	struct listing_wish wish;
	struct listing listing;
	uint64_t threads;
	struct protobuf_schema *protobuf;

	struct search *search;
	struct reading reading;
	struct output *out;
	struct buffer text; /* that isn't written yet */
	bool colour;
	bool dead;

	uint64_t matched; /* records and connections */
	uint64_t partial; /* records that lack something */
	uint64_t holes;	  /* in streams */
	uint64_t cut;	  /* beginnings of matches that were too long */
	struct said said;

	struct id_set unknown; /* connections without a protocol */
	uint64_t unlisted;     /* for which there was no room */
	bool no_memory;
	struct streams *streams;
	struct map tails;   /* two struct tail by connection */
	struct id_set told; /* connections that have a match */
};

/* ---- printing ---- */

static bool is_over(const struct grep *g)
{
	return g->dead || g->no_memory || listing_is_full(&g->listing);
}

static void flush(struct grep *g)
{
	if (g->text.failed || (!g->dead && !terminal_write_text(&g->text)))
		g->dead = true;
	buffer_clear(&g->text);
}

/* The line in BYTES that has the match, no more than CONTEXT of it on either side. */
static struct span line_around(struct span bytes, const struct search_match *m)
{
	size_t begin = m->begin, end = m->end;

	while (begin > 0 && m->begin - begin < CONTEXT && bytes.data[begin - 1] != '\n')
		begin--;
	while (end < bytes.len && end - m->end < CONTEXT && bytes.data[end] != '\n' &&
	       bytes.data[end] != '\r')
		end++;
	return span_of(bytes.data + begin, end - begin);
}

/* V holds the row; its texts point into BYTES and P. */
static void fill_row(struct value v[static COLUMNS], const struct place *p, struct span bytes,
		     const struct search_match *m)
{
	struct span line = line_around(bytes, m);
	const char *end = line.data + line.len;
	const struct value filled[COLUMNS] = {
		[COLUMN_TS] = value_int(p->ts),
		[COLUMN_CONN] = value_int((int64_t)p->conn),
		[COLUMN_SIDE] = value_word(span_text(p->side)),
		[COLUMN_PART] = value_word(span_text(p->part)),
		[COLUMN_OFFSET] = value_int((int64_t)(p->offset + m->begin)),
		[COLUMN_BEFORE] = value_text(
			span_of(line.data, (size_t)(bytes.data + m->begin - line.data))),
		[COLUMN_MATCH] = value_text(span_of(bytes.data + m->begin, m->end - m->begin)),
		[COLUMN_AFTER] = value_text(
			span_of(bytes.data + m->end, (size_t)(end - (bytes.data + m->end)))),
	};

	memcpy(v, filled, sizeof(filled));
	if (p->proto)
		v[COLUMN_PROTO] = value_word(span_text(p->proto));
	if (p->record)
		v[COLUMN_RECORD] = value_word(span_text(p->record));
}

static void append_place(struct grep *g, const struct place *p)
{
	struct buffer *b = &g->text;

	if (g->colour)
		buffer_append_text(b, "\033[2m");
	text_append_time_of_day(b, p->ts);
	buffer_printf(b, "  %-9s  ", p->proto ? p->proto : "-");
	if (p->record)
		buffer_printf(b, "%-10s  ", p->record);
	else
		buffer_printf(b, "%-10" PRIu64 "  ", p->conn);
	buffer_append_text(
		b, strcmp(p->side, "client") == 0 || strcmp(p->side, "sent") == 0 ? "> " : "< ");
	if (g->colour)
		buffer_append_text(b, "\033[0m");
}

static void print_text(struct grep *g, const struct place *p, struct span bytes,
		       const struct search_match *m)
{
	struct buffer *b = &g->text;
	struct span line = line_around(bytes, m);
	size_t at = (size_t)(line.data - bytes.data);

	append_place(g, p);
	escape_append(b, span_of(line.data, m->begin - at));
	if (g->colour)
		buffer_append_text(b, "\033[1;31m");
	escape_append(b, span_of(bytes.data + m->begin, m->end - m->begin));
	if (g->colour)
		buffer_append_text(b, "\033[0m");
	escape_append(b, span_of(bytes.data + m->end, at + line.len - m->end));
	buffer_append_char(b, '\n');
	flush(g);
}

static void print_id(struct grep *g, const struct place *p)
{
	if (p->record)
		buffer_printf(&g->text, "%s\n", p->record);
	else
		buffer_printf(&g->text, "%" PRIu64 "\n", p->conn);
	flush(g);
}

/* False: it is not wanted. */
static bool print_match(struct grep *g, const struct place *p, struct span bytes,
			const struct search_match *m)
{
	struct value v[COLUMNS];
	const struct row_part part = {.columns = columns, .count = COLUMNS, .values = v};

	fill_row(v, p, bytes, m);
	if (!listing_wants(&g->listing, &part, 1))
		return false;
	if (g->count)
		return true;
	if (g->list)
		print_id(g, p);
	else if (listing_takes(&g->listing))
		listing_row(&g->listing, &part, 1, NULL, NULL);
	else if (g->select.format != OUTPUT_TEXT)
		output_row(g->out, &part, 1);
	else
		print_text(g, p, bytes, m);
	return true;
}

/* ---- records ---- */

/* A line is told once; what matches nothing of it doesn't count. Where to go on. */
static size_t behind(struct span bytes, const struct search_match *m)
{
	const char *end;

	if (m->begin == m->end)
		return m->end + 1;
	end = memchr(bytes.data + m->end, '\n', bytes.len - m->end);
	return end ? (size_t)(end - bytes.data) + 1 : bytes.len;
}

/* Whether there was a match; ONE is enough for those who only want to know that. */
static bool search_bytes(struct grep *g, const struct place *p, struct span bytes, bool one)
{
	struct search_match m;
	bool found = false;
	size_t at = 0;

	while (bytes.len && !is_over(g) && search_find(g->search, bytes, at, &m)) {
		at = behind(bytes, &m);
		if (m.begin == m.end || !print_match(g, p, bytes, &m))
			continue;
		found = true;
		if (one)
			break;
	}
	return found;
}

static bool search_side(struct grep *g, struct place *p, const struct row *row, enum side side)
{
	bool one = g->list || g->count, found;

	said_fill(&g->said, row, side, SAID_SEARCH);
	p->side = side == SIDE_CLIENT ? "client" : "server";
	p->part = "head";
	found = search_bytes(g, p, buffer_span(&g->said.head), one);
	if (found && one)
		return true;
	p->part = "body";
	return search_bytes(g, p, g->said.body, one) || found;
}

static void search_row(struct grep *g, const struct row *row)
{
	char id[ROW_ID_MAX];
	struct place p = {
		.ts = row->begin,
		.proto = row->table->name,
		.record = id,
		.conn = row->end->conn,
	};
	bool found;

	row_id(row, id);
	g->partial += row->outcome == OUTCOME_PARTIAL;
	found = search_side(g, &p, row, SIDE_CLIENT);
	if (!found || !(g->list || g->count))
		found |= search_side(g, &p, row, SIDE_SERVER);
	g->matched += found;
}

static uint64_t memory_of(const struct grep *g)
{
	return g->select.memory ? g->select.memory : REPLAY_MEMORY_LIMIT;
}

/* Of the thread that replays, until the last row came. */
static void learn_unknown(void *context, const struct connection *c)
{
	struct grep *g = context;
	struct spoken spoken[1];

	if (!(c->moved[0] + c->moved[1]) || connection_spoken(c, spoken, 1))
		return;
	if (id_set_size(&g->unknown) > memory_of(g) / LIST_SHARE)
		g->unlisted++;
	else if (!id_set_add(&g->unknown, c->id))
		g->no_memory = true;
}

static int search_records(struct grep *g)
{
	struct replay_options with = {
		.handlers = {.context = g, .conn_end = learn_unknown},
		.selection = &g->select.selection,
		.memory_limit = memory_of(g) - memory_of(g) / LIST_SHARE,
		.keylog = g->select.keylog,
		.keep = SESSION_KEEP_ALL,
		.protobuf = g->protobuf,
		.window = true,
		.threads = g->threads ? (unsigned)g->threads : command_processors(),
	};
	int status = reading_open_rows(&g->reading, g->command, g->select.operand.path, &with);
	const struct row *row;

	if (status)
		return status;
	while (!is_over(g) && (row = reading_row(&g->reading)) != NULL)
		if (row_is_selected_once(row, &g->select.selection))
			search_row(g, row);
	status = reading_end(&g->reading);
	reading_close(&g->reading);
	return status;
}

/* ---- streams ---- */

static void tell_stream(struct grep *g, const struct stream_run *run, struct tail *t,
			struct span bytes, const struct search_match *m)
{
	const struct place p = {
		.ts = replay_realtime(g->reading.replay, run->ts),
		.conn = run->conn,
		.side = direction_text(run->direction),
		.part = "stream",
		.offset = t->offset,
	};
	bool told = id_set_has(&g->told, run->conn);

	if ((told && (g->list || g->count)) || !print_match(g, &p, bytes, m) || told)
		return;
	g->matched++;
	if (!id_set_add(&g->told, run->conn))
		g->no_memory = true;
}

/* Searches what there is; GOES_ON: more may come. Returns where to go on then. */
static size_t search_stream(struct grep *g, const struct stream_run *run, struct tail *t,
			    struct span bytes, bool goes_on)
{
	size_t at = t->resume, resume = bytes.len;
	struct search_match m;

	while (at <= bytes.len && !is_over(g)) {
		if (goes_on ? !search_find_part(g->search, bytes, at, &m, &resume)
			    : !search_find(g->search, bytes, at, &m))
			break;
		if (m.begin < m.end)
			tell_stream(g, run, t, bytes, &m);
		at = behind(bytes, &m);
		resume = at < bytes.len ? at : bytes.len;
	}
	return resume;
}

/* A buffer that grew beyond this gives its memory back when it is empty. */
#define TAIL_KEPT_MAX 4096

static void settle(struct grep *g, struct tail *t)
{
	if (!t->bytes.len && t->bytes.capacity > TAIL_KEPT_MAX)
		buffer_free(&t->bytes);
	budget_settle(streams_budget(g->streams), &t->bytes, &t->charged);
}

/* Only what may be needed again stays. */
static void keep_tail(struct grep *g, struct tail *t, struct span bytes, size_t resume)
{
	size_t back = search_behind(g->search), from = resume > back ? resume - back : 0;

	if (bytes.len - from > PARTIAL_MAX) {
		g->cut++;
		from = resume = bytes.len;
	}
	if (bytes.data == t->bytes.data)
		buffer_consume(&t->bytes, from);
	else
		buffer_append(&t->bytes, bytes.data + from, bytes.len - from);
	t->offset += from;
	t->resume = resume - from;
	g->no_memory |= t->bytes.failed;
	settle(g, t);
}

static void end_tail(struct grep *g, const struct stream_run *run, struct tail *t)
{
	if (t->bytes.len)
		search_stream(g, run, t, buffer_span(&t->bytes), false);
	buffer_clear(&t->bytes);
	t->resume = 0;
	settle(g, t);
}

/* Of both directions. */
#define TAILS_SIZE (2 * sizeof(struct tail))

static struct tail *find_tails(struct grep *g, uint64_t conn)
{
	struct tail *tails = map_get(&g->tails, conn);

	if (tails)
		return tails;
	tails = calloc(1, TAILS_SIZE);
	if (tails && map_put(&g->tails, conn, tails)) {
		/* With what the allocator and the map add. */
		budget_add(streams_budget(g->streams), 2 * TAILS_SIZE);
		return tails;
	}
	free(tails);
	g->no_memory = true;
	return NULL;
}

static void take_run(void *context, const struct stream_run *run)
{
	struct grep *g = context;
	struct tail *tails = find_tails(g, run->conn), *t;
	struct span bytes = run->bytes;

	if (!tails || is_over(g))
		return;
	t = &tails[run->direction];
	if (run->missing) {
		g->holes++;
		end_tail(g, run, t);
		return;
	}
	if (t->bytes.len) {
		buffer_append_span(&t->bytes, run->bytes);
		bytes = buffer_span(&t->bytes);
		g->no_memory |= t->bytes.failed;
	} else {
		t->offset = run->offset;
	}
	if (!g->no_memory)
		keep_tail(g, t, bytes, search_stream(g, run, t, bytes, true));
}

static void end_streams(void *context, uint64_t conn, bool parted)
{
	struct grep *g = context;
	struct tail *tails = map_remove(&g->tails, conn);

	for (int d = 0; tails && d < 2; d++) {
		const struct stream_run run = {
			.conn = conn,
			.direction = (enum direction)d,
			.ts = replay_now(g->reading.replay),
		};

		/* What began to match might have gone on. */
		g->cut += parted && tails[d].resume < tails[d].bytes.len;
		end_tail(g, &run, &tails[d]);
		buffer_free(&tails[d].bytes);
		settle(g, &tails[d]);
	}
	if (tails)
		budget_give(streams_budget(g->streams), 2 * TAILS_SIZE);
	free(tails);
}

static void on_event(void *context, const struct event *event, const struct connection *conn)
{
	struct grep *g = context;

	if (!conn || !id_set_has(&g->unknown, conn->id))
		return;
	if (event->type == EVENT_CLOSE)
		streams_close(g->streams, conn->id);
	else if (event->type == EVENT_DATA && event->data.layer == LAYER_WIRE &&
		 !streams_push(g->streams, &event->data, event->ts))
		g->no_memory = true;
	if (is_over(g))
		replay_stop(g->reading.replay);
}

/* What only records can answer selects no stream. */
static bool streams_are_wanted(const struct grep *g)
{
	const unsigned of_records = SELECT_OF_RECORDS | SELECT_BIT(SELECT_PROTOCOL) |
				    SELECT_BIT(SELECT_ROLE);

	return g->unknown.count && !(g->select.selection.kinds & of_records) && !is_over(g);
}

static int search_streams(struct grep *g)
{
	uint64_t memory = memory_of(g);
	const struct replay_options with = {
		.handlers = {.context = g, .event = on_event},
		.selection = &g->select.selection,
		.memory_limit = memory / 2,
		.no_sessions = true,
		.window = true,
	};
	int status;

	if (!streams_are_wanted(g))
		return STATUS_DONE;
	g->streams = streams_new(take_run, end_streams, g, memory / 4);
	if (!g->streams)
		return command_fail(g->command, "%s", tape_error_text(TAPE_ERROR_MEMORY));
	g->reading = (struct reading){.again = true};
	status = reading_open(&g->reading, g->command, g->select.operand.path, &with);
	if (!status) {
		status = reading_run(&g->reading);
		streams_finish(g->streams);
		reading_close(&g->reading);
	}
	streams_free(g->streams);
	return status;
}

/* ---- what isn't found is said ---- */

static void tell_limits(const struct grep *g)
{
	if (g->partial)
		command_warn(g->command,
			     "%" PRIu64 " records are partial: what they lack isn't searched",
			     g->partial);
	if (g->holes)
		command_warn(g->command, "%" PRIu64 " holes in streams: no match goes across them",
			     g->holes);
	if (g->cut)
		command_warn(g->command,
			     "%" PRIu64 " matches may be missing that are longer than 1 MiB, or go "
			     "on where memory was short; --memory allows more",
			     g->cut);
	if (g->unlisted)
		command_warn(g->command,
			     "%" PRIu64 " connections without a protocol are not searched: memory "
			     "limit; --memory allows more",
			     g->unlisted);
	if (search_gave_up(g->search))
		command_warn(g->command, "the pattern tries too much: matches may be missing");
}

static bool finish(struct grep *g, int status)
{
	bool good;

	if (g->count && status != STATUS_USAGE)
		buffer_printf(&g->text, "%" PRIu64 "\n", g->matched);
	flush(g);
	good = !g->out || output_free(g->out);
	return good && !g->dead;
}

/* What is wrong with the wishes is told before anything is read. */
static int begin(struct grep *g)
{
	/* Lines can't wait for their order, cells can. */
	static const char cells[] = "proto,record_id,conn,side,before,match,after";
	bool ids = g->list || g->count;

	if (ids)
		g->select.format = OUTPUT_TEXT;
	if (g->select.format == OUTPUT_TEXT && g->wish.sort && !g->wish.columns)
		g->wish.columns = cells;
	g->out = output_new(g->select.format);
	if (!g->out || !fields_add(&g->listing.fields, columns, COLUMNS, NULL))
		return command_fail(g->command, "%s", tape_error_text(TAPE_ERROR_MEMORY));
	return listing_begin(&g->listing, g->command, &g->wish, g->select.format, g->out)
		       ? STATUS_DONE
		       : STATUS_USAGE;
}

static int search_all(struct grep *g)
{
	int status = search_records(g), later;

	if (status == STATUS_USAGE)
		return status;
	later = search_streams(g);
	status = later ? later : status;
	if (g->no_memory)
		status = command_fail(g->command, "%s", tape_error_text(TAPE_ERROR_MEMORY));
	tell_limits(g);
	if (!select_explain(&g->select, g->command) && !g->listing.asked)
		command_warn(g->command, "nothing matches");
	return listing_end(&g->listing, status);
}

static int run(struct grep *g)
{
	int status = begin(g);

	if (!status)
		status = search_all(g);
	if (!finish(g, status) && status != STATUS_USAGE)
		status = command_fail(g->command, "the output could not be written");
	listing_free(&g->listing);
	return status;
}

/* ---- the command line ---- */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Two digits a byte, blanks and colons between them allowed. */
static bool take_hex(const char *text, struct buffer *bytes)
{
	for (text += strspn(text, " :"); *text; text += strspn(text, " :")) {
		int high = hex_digit(text[0]), low = high < 0 ? -1 : hex_digit(text[1]);

		if (low < 0)
			return false;
		buffer_append_char(bytes, (char)(high << 4 | low));
		text += 2;
	}
	return bytes->len && !bytes->failed;
}

static bool make_search(struct grep *g, const char *pattern)
{
	struct buffer bytes = {0}, problem = {0};

	if (g->hex && !take_hex(g->hex, &bytes)) {
		command_fail(g->command, "--bytes wants hexadecimal digits, two a byte, not '%s'",
			     g->hex);
		buffer_free(&bytes);
		return false;
	}
	if (g->hex || *pattern)
		g->search = search_new(g->hex ? buffer_span(&bytes) : span_text(pattern), g->hex,
				       g->ignore_case, &problem);
	else
		buffer_append_text(&problem, "it is empty");
	if (!g->search)
		command_fail(g->command, "the pattern '%s' is none: %.*s", pattern,
			     (int)problem.len, problem.data);
	buffer_free(&bytes);
	buffer_free(&problem);
	return g->search;
}

static bool take_number(struct grep *g, const char *name, const char *value, uint64_t max,
			uint64_t *number)
{
	if (option_number(value, max, number) && *number)
		return true;
	command_fail(g->command, "--%s wants a number from 1, not '%s'", name, value);
	return false;
}

static bool take_option(struct grep *g, int option, const char *value)
{
	switch (option) {
	case OPT_IGNORE_CASE:
		g->ignore_case = true;
		return true;
	case OPT_LIST:
		g->list = true;
		return true;
	case OPT_COUNT:
		g->count = true;
		return true;
	case OPT_BYTES:
		g->hex = value;
		return true;
	case OPT_WHERE:
	case OPT_SORT:
	case OPT_LIMIT:
	case OPT_COLUMNS:
		return listing_option(&g->wish, g->command, option - OPT_WHERE, value);
	case OPT_PROTO:
		return proto_file_add(&g->protobuf, g->command, value);
	case OPT_THREADS:
		return take_number(g, "threads", value, UINT16_MAX, &g->threads);
	default:
		return select_option(&g->select, g->command, option, value);
	}
}

/* Whether the pattern stands where the recording should, as grep(1) has it; errno says why. */
static bool is_swapped(const struct grep *g, char **operands)
{
	if (g->hex || strcmp(operands[0], "-") == 0 || access(operands[1], F_OK) != 0)
		return false;
	return access(operands[0], F_OK) != 0;
}

static int parse(struct grep *g, int argc, char **argv)
{
	struct command_line line = {&grep_command, argc, argv, 0};
	const char *value;
	int option;

	while ((option = command_next_option(&line, &value)) != COMMAND_END) {
		if (option == COMMAND_HELP || option == COMMAND_WRONG)
			return option;
		if (!take_option(g, option, value))
			return COMMAND_WRONG;
	}
	if (argc - optind != (g->hex ? 1 : 2)) {
		command_fail(g->command, "wants a recording, and a pattern or --bytes; try "
					 "'socktape grep --help'");
		return COMMAND_WRONG;
	}
	if (g->list && g->count) {
		command_fail(g->command, "--list and --count exclude each other");
		return COMMAND_WRONG;
	}
	if ((g->list || g->count) && (g->wish.sort || g->wish.columns)) {
		command_fail(g->command,
			     "--%s prints no columns: --%s is for the matches themselves",
			     g->list ? "list" : "count", g->wish.sort ? "sort" : "columns");
		return COMMAND_WRONG;
	}
	if (is_swapped(g, argv + optind)) {
		command_fail(g->command, "%s: %s; the recording stands before the pattern",
			     argv[optind], strerror(errno));
		return COMMAND_WRONG;
	}
	if (!make_search(g, g->hex ? g->hex : argv[optind + 1]))
		return COMMAND_WRONG;
	return select_check(&g->select, g->command, argv[optind]) ? COMMAND_END : COMMAND_WRONG;
}

static int run_grep(int argc, char **argv)
{
	struct grep g = {.command = argv[0]};
	int status = parse(&g, argc, argv);

	if (status == COMMAND_END) {
		g.colour = terminal_find().colour;
		status = run(&g);
	} else {
		status = status == COMMAND_HELP ? STATUS_DONE : STATUS_USAGE;
	}
	search_free(g.search);
	said_free(&g.said);
	protobuf_schema_free(g.protobuf);
	buffer_free(&g.text);
	id_set_free(&g.unknown);
	map_free(&g.tails);
	id_set_free(&g.told);
	return select_end(&g.select, status);
}

const struct command grep_command = {
	.name = "grep",
	.run = run_grep,
	.arguments = "REC PATTERN [options]",
	.summary = "what was said: heads, bodies, streams",
	.help = help,
	.options = options,
};
