/* SPDX-License-Identifier: BSD-2-Clause */
/* Protocols of databases. */
#include <stdint.h>
#include <string.h>

#include "protocols/cql/cql.h"
#include "protocols/mongodb/mongodb.h"
#include "protocols/mysql/mysql.h"
#include "protocols/pgsql/pgsql.h"
#include "tests/unit/pgsql_messages.h"
#include "tests/unit/stretch.h"

/* ---- PostgreSQL ---- */

static void pgsql_open(struct speech *s)
{
	speech_client(s);
	SPEECH_BYTES(s, STARTUP);
	speech_server(s);
	SPEECH_BYTES(s, WELCOME);
}

/* What is put after it is a message of TYPE until pgsql_end(). */
static size_t pgsql_begin(struct speech *s, char type)
{
	speech_be(s, (uint8_t)type, 1);
	return speech_mark(s);
}

static void pgsql_end(struct speech *s, size_t mark)
{
	speech_be_before(s, mark, 4, 4);
}

static void pgsql_text(struct speech *s, char type, const char *with, size_t n)
{
	size_t mark = pgsql_begin(s, type);

	speech_repeat(s, with, n);
	speech_be(s, 0, 1);
	pgsql_end(s, mark);
}

static void pgsql_column(struct speech *s, unsigned type, unsigned format)
{
	SPEECH_BYTES(s, "n\0\0\0\0\0\0\0");
	speech_be(s, type, 4);
	SPEECH_BYTES(s, "\xff\xff\xff\xff\xff\xff");
	speech_be(s, format, 2);
}

static void pgsql_statement(struct speech *s, size_t n)
{
	pgsql_open(s);
	speech_client(s);
	pgsql_text(s, 'Q', "q", n);
	speech_server(s);
	pgsql_text(s, 'C', "1", n);
	SPEECH_BYTES(s, READY);
}

/* An error whose words have N bytes, after N notices. */
static void pgsql_error(struct speech *s, size_t n)
{
	size_t mark;

	pgsql_open(s);
	speech_client(s);
	pgsql_text(s, 'Q', "q", 1);
	speech_server(s);
	for (size_t i = 0; i < n % 40; i++)
		pgsql_text(s, 'N', "M", 1);
	mark = pgsql_begin(s, 'E');
	SPEECH_BYTES(s, "SERROR\0C42601\0M");
	speech_repeat(s, "m", n);
	SPEECH_BYTES(s, "\0\0");
	pgsql_end(s, mark);
	SPEECH_BYTES(s, READY);
}

static void pgsql_rows(struct speech *s, size_t columns, size_t rows, size_t len)
{
	size_t mark;

	pgsql_open(s);
	speech_client(s);
	pgsql_text(s, 'Q', "q", 1);
	speech_server(s);
	mark = pgsql_begin(s, 'T');
	speech_be(s, columns, 2);
	for (size_t i = 0; i < columns; i++)
		pgsql_column(s, 25, 0);
	pgsql_end(s, mark);
	for (size_t k = 0; k < rows; k++) {
		mark = pgsql_begin(s, 'D');
		speech_be(s, columns, 2);
		for (size_t i = 0; i < columns; i++) {
			speech_be(s, len, 4);
			speech_repeat(s, "v", len);
		}
		pgsql_end(s, mark);
	}
	pgsql_text(s, 'C', "SELECT 1", 1);
	SPEECH_BYTES(s, READY);
}

static void pgsql_columns(struct speech *s, size_t n)
{
	pgsql_rows(s, n, 2, 1);
}

static void pgsql_many(struct speech *s, size_t n)
{
	pgsql_rows(s, 1, n, 1);
}

static void pgsql_long(struct speech *s, size_t n)
{
	pgsql_rows(s, 2, 2, n);
}

/* A value in binary form: an array of N dimensions, or a number of N groups of digits. */
static void pgsql_value(struct speech *s, unsigned type, size_t n)
{
	size_t mark, value;

	pgsql_open(s);
	speech_client(s);
	pgsql_text(s, 'Q', "q", 1);
	speech_server(s);
	mark = pgsql_begin(s, 'T');
	speech_be(s, 1, 2);
	pgsql_column(s, type, 1);
	pgsql_end(s, mark);
	mark = pgsql_begin(s, 'D');
	speech_be(s, 1, 2);
	value = speech_mark(s);
	if (type == 1007) {
		speech_be(s, n, 4);
		SPEECH_BYTES(s, "\0\0\0\0\0\0\0\x17");
		for (size_t i = 0; i < n; i++)
			SPEECH_BYTES(s, "\0\0\0\1\0\0\0\1");
		SPEECH_BYTES(s, "\0\0\0\4\0\0\0\7");
	} else {
		speech_be(s, n, 2);
		speech_be(s, n / 2, 2);
		speech_be(s, n % 3 ? 0 : 0x4000, 2);
		speech_be(s, n, 2);
		for (size_t i = 0; i < n; i++)
			speech_be(s, 1000 + i % 9000, 2);
	}
	speech_be_before(s, value, 4, 0);
	pgsql_end(s, mark);
	pgsql_text(s, 'C', "SELECT 1", 1);
	SPEECH_BYTES(s, READY);
}

static void pgsql_array(struct speech *s, size_t n)
{
	pgsql_value(s, 1007, n);
}

static void pgsql_numeric(struct speech *s, size_t n)
{
	pgsql_value(s, 1700, n);
}

/* A statement with a name of N bytes and N parameters, bound and closed. */
static void pgsql_bound(struct speech *s, size_t n)
{
	size_t mark;

	pgsql_open(s);
	speech_client(s);
	mark = pgsql_begin(s, 'P');
	speech_repeat(s, "s", n);
	SPEECH_BYTES(s, "\0select $1\0\0\0");
	pgsql_end(s, mark);
	mark = pgsql_begin(s, 'B');
	speech_be(s, 0, 1);
	speech_repeat(s, "s", n);
	SPEECH_BYTES(s, "\0\0\0");
	speech_be(s, n, 2);
	for (size_t i = 0; i < n; i++)
		SPEECH_BYTES(s, "\0\0\0\1p");
	speech_be(s, 0, 2);
	pgsql_end(s, mark);
	SPEECH_BYTES(s, EXECUTE SYNC);
	speech_server(s);
	SPEECH_BYTES(s, PARSED BOUND);
	pgsql_text(s, 'C', "SELECT 1", 1);
	SPEECH_BYTES(s, READY);
}

static void pgsql_pipeline(struct speech *s, size_t n)
{
	pgsql_open(s);
	speech_client(s);
	for (size_t i = 0; i < n; i++)
		SPEECH_BYTES(s, BIND_IT EXECUTE SYNC);
	speech_server(s);
	for (size_t i = 0; i < n; i++)
		SPEECH_BYTES(s, BOUND "C\0\0\0\x0dSELECT 1\0" READY);
}

/* Without its beginning: N messages in a row are told by nothing else. */
static void pgsql_middle(struct speech *s, size_t n)
{
	speech_server(s);
	for (size_t i = 0; i < n % 10; i++)
		SPEECH_BYTES(s, "D\0\0\0\x0b\0\1\0\0\0\1a");
	speech_client(s);
	pgsql_text(s, 'Q', "select", n);
}

/* ---- MySQL ---- */

#define MYSQL_GREETING                                                                             \
	"\x49\0\0\0\x0a"                                                                           \
	"8.0.1\0\x07\0\0\0"                                                                        \
	"saltsalt\0\xff\xff\xff\2\0\xff\xdf\x15"                                                   \
	"\0\0\0\0\0\0\0\0\0\0saltsaltsalt\0mysql_native_password\0"
#define MYSQL_LOGIN                                                                                \
	"\x28\0\0\1\x08\x82\0\0\0\0\0\1\x21\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0me\0\0db" \
	"\0\0"
#define MYSQL_OK(seq) "\7\0\0" seq "\0\0\0\2\0\0\0"

static void mysql_open(struct speech *s)
{
	speech_server(s);
	SPEECH_BYTES(s, MYSQL_GREETING);
	speech_client(s);
	SPEECH_BYTES(s, MYSQL_LOGIN);
	speech_server(s);
	SPEECH_BYTES(s, MYSQL_OK("\2"));
}

static void mysql_head(struct speech *s, size_t len, size_t seq)
{
	speech_le(s, len, 3);
	speech_be(s, seq, 1);
}

static void mysql_statement(struct speech *s, size_t n)
{
	mysql_open(s);
	speech_client(s);
	mysql_head(s, n + 1, 0);
	speech_be(s, 3, 1);
	speech_repeat(s, "q", n);
	speech_server(s);
	mysql_head(s, n + 9, 1);
	SPEECH_BYTES(s, "\xff\x28\4#42000");
	speech_repeat(s, "e", n);
}

static void mysql_rows(struct speech *s, size_t columns, size_t rows, size_t len)
{
	size_t seq = 1, value = len < 251 ? 1 : 3;

	mysql_open(s);
	speech_client(s);
	SPEECH_BYTES(s, "\x09\0\0\0\3select 1");
	speech_server(s);
	mysql_head(s, columns < 251 ? 1 : 3, seq++);
	if (columns >= 251)
		speech_be(s, 0xfc, 1);
	speech_le(s, columns, columns < 251 ? 1 : 2);
	for (size_t i = 0; i < columns; i++) {
		mysql_head(s, 23, seq++);
		SPEECH_BYTES(s, "\3def\0\0\0\1n\0\x0c\x3f\0\x0b\0\0\0\xfd\0\0\0\0\0");
	}
	mysql_head(s, 5, seq++);
	SPEECH_BYTES(s, "\xfe\0\0\2\0");
	for (size_t k = 0; k < rows; k++) {
		mysql_head(s, columns * (value + len), seq++);
		for (size_t i = 0; i < columns; i++) {
			if (value > 1)
				speech_be(s, 0xfc, 1);
			speech_le(s, len, value > 1 ? 2 : 1);
			speech_repeat(s, "v", len);
		}
	}
	mysql_head(s, 5, seq++);
	SPEECH_BYTES(s, "\xfe\0\0\2\0");
}

static void mysql_columns(struct speech *s, size_t n)
{
	mysql_rows(s, n, 2, 1);
}

static void mysql_many(struct speech *s, size_t n)
{
	mysql_rows(s, 1, n, 1);
}

static void mysql_long(struct speech *s, size_t n)
{
	mysql_rows(s, 2, 2, n);
}

/* Parameters of a prepared statement, of each kind. */
static void mysql_bound(struct speech *s, size_t n)
{
	mysql_open(s);
	speech_client(s);
	SPEECH_BYTES(s, "\x09\0\0\0\x16select ?");
	speech_server(s);
	mysql_head(s, 12, 1);
	SPEECH_BYTES(s, "\0\1\0\0\0\0\0");
	speech_le(s, n, 2);
	SPEECH_BYTES(s, "\0\0\0");
	for (size_t i = 0; i < n; i++) {
		mysql_head(s, 23, i + 2);
		SPEECH_BYTES(s, "\3def\0\0\0\1?\0\x0c\x3f\0\x0b\0\0\0\xfd\0\0\0\0\0");
	}
	if (n) {
		mysql_head(s, 5, n + 2);
		SPEECH_BYTES(s, "\xfe\0\0\2\0");
	}
	speech_client(s);
	mysql_head(s, 11 + (n + 7) / 8 + 4 * n, 0);
	SPEECH_BYTES(s, "\x17\1\0\0\0\0\1\0\0\0");
	for (size_t i = 0; i < (n + 7) / 8; i++)
		speech_be(s, 0, 1);
	speech_be(s, 1, 1);
	for (size_t i = 0; i < n; i++)
		SPEECH_BYTES(s, "\xfd\0");
	for (size_t i = 0; i < n; i++)
		SPEECH_BYTES(s, "\1p");
	speech_server(s);
	SPEECH_BYTES(s, MYSQL_OK("\1"));
}

/* ---- MongoDB ---- */

static size_t mongodb_begin(struct speech *s, unsigned id, unsigned to)
{
	size_t mark = speech_mark(s);

	speech_le(s, id, 4);
	speech_le(s, to, 4);
	SPEECH_BYTES(s, "\xdd\7\0\0\0\0\0\0\0");
	return mark;
}

static void mongodb_end(struct speech *s, size_t mark)
{
	speech_le_before(s, mark, 4, 4);
}

static void mongodb_ok(struct speech *s)
{
	size_t mark;

	speech_server(s);
	mark = mongodb_begin(s, 2, 1);
	SPEECH_BYTES(s, "\x11\0\0\0\1ok\0\0\0\0\0\0\0\xf0\x3f\0");
	mongodb_end(s, mark);
}

static void mongodb_text(struct speech *s, size_t n)
{
	size_t mark, document;

	speech_client(s);
	mark = mongodb_begin(s, 1, 0);
	document = speech_mark(s);
	SPEECH_BYTES(s, "\2find\0");
	speech_le(s, n + 1, 4);
	speech_repeat(s, "f", n);
	SPEECH_BYTES(s, "\0\2$db\0\5\0\0\0shop\0\0");
	speech_le_before(s, document, 4, 4);
	mongodb_end(s, mark);
	mongodb_ok(s);
}

static void mongodb_fields(struct speech *s, size_t n)
{
	size_t mark, document;

	speech_client(s);
	mark = mongodb_begin(s, 1, 0);
	document = speech_mark(s);
	SPEECH_BYTES(s, "\x10ping\0\1\0\0\0");
	for (size_t i = 0; i < n; i++)
		SPEECH_BYTES(s, "\x10k\0\7\0\0\0");
	speech_be(s, 0, 1);
	speech_le_before(s, document, 4, 4);
	mongodb_end(s, mark);
	mongodb_ok(s);
}

static void mongodb_depth(struct speech *s, size_t n)
{
	size_t mark, document;

	speech_client(s);
	mark = mongodb_begin(s, 1, 0);
	document = speech_mark(s);
	SPEECH_BYTES(s, "\x10ping\0\1\0\0\0");
	for (size_t i = 0; i < n; i++) {
		SPEECH_BYTES(s, "\3d\0");
		speech_le(s, 5 + 8 * (n - i - 1), 4);
	}
	for (size_t i = 0; i <= n; i++)
		speech_be(s, 0, 1);
	speech_le_before(s, document, 4, 4);
	mongodb_end(s, mark);
	mongodb_ok(s);
}

/* Documents in a sequence beside the command. */
static void mongodb_sequence(struct speech *s, size_t n)
{
	size_t mark, sequence;

	speech_client(s);
	mark = mongodb_begin(s, 1, 0);
	SPEECH_BYTES(s, "\x14\0\0\0\2insert\0\2\0\0\0a\0\0\1");
	sequence = speech_mark(s);
	SPEECH_BYTES(s, "documents\0");
	for (size_t i = 0; i < n; i++)
		SPEECH_BYTES(s, "\x0c\0\0\0\x10i\0\1\0\0\0\0");
	speech_le_before(s, sequence, 4, 4);
	mongodb_end(s, mark);
	mongodb_ok(s);
}

/* ---- CQL ---- */

static void cql_head(struct speech *s, bool request, unsigned opcode, size_t len)
{
	speech_be(s, request ? 4 : 0x84, 1);
	SPEECH_BYTES(s, "\0\0\1");
	speech_be(s, opcode, 1);
	speech_be(s, len, 4);
}

static void cql_open(struct speech *s)
{
	speech_client(s);
	cql_head(s, true, 1, 22);
	SPEECH_BYTES(s, "\0\1\0\x0b"
			"CQL_VERSION\0\5"
			"3.0.0");
	speech_server(s);
	cql_head(s, false, 2, 0);
}

static void cql_statement(struct speech *s, size_t n)
{
	cql_open(s);
	speech_client(s);
	cql_head(s, true, 7, n + 7);
	speech_be(s, n, 4);
	speech_repeat(s, "q", n);
	SPEECH_BYTES(s, "\0\1\0");
	speech_server(s);
	cql_head(s, false, 0, n % 60000 + 6);
	SPEECH_BYTES(s, "\0\0\x20\0");
	speech_be(s, n % 60000, 2);
	speech_repeat(s, "e", n % 60000);
}

/* Rows of COLUMNS columns of TYPE, each of LEN bytes. */
static void cql_table(struct speech *s, size_t columns, size_t rows, unsigned type, size_t len)
{
	size_t mark;

	cql_open(s);
	speech_client(s);
	cql_head(s, true, 7, 8);
	SPEECH_BYTES(s, "\0\0\0\1q\0\1\0");
	speech_server(s);
	SPEECH_BYTES(s, "\x84\0\0\1\x08");
	mark = speech_mark(s);
	SPEECH_BYTES(s, "\0\0\0\2\0\0\0\1");
	speech_be(s, columns, 4);
	SPEECH_BYTES(s, "\0\1k\0\1t");
	for (size_t i = 0; i < columns; i++) {
		SPEECH_BYTES(s, "\0\1c");
		speech_be(s, type, 2);
	}
	speech_be(s, rows, 4);
	for (size_t i = 0; i < rows * columns; i++) {
		speech_be(s, len, 4);
		speech_repeat(s, "v", len);
	}
	speech_be_before(s, mark, 4, 0);
}

static void cql_columns(struct speech *s, size_t n)
{
	cql_table(s, n, 2, 13, 1);
}

static void cql_many(struct speech *s, size_t n)
{
	cql_table(s, 1, n, 13, 1);
}

static void cql_varint(struct speech *s, size_t n)
{
	cql_table(s, 2, 2, 14, n);
}

static void cql_decimal(struct speech *s, size_t n)
{
	cql_table(s, 1, 1, 6, n);
}

static void cql_long(struct speech *s, size_t n)
{
	cql_table(s, 2, 2, 3, n);
}

const struct stretch stretches_of_databases[] = {
	{"pgsql statement", &protocol_pgsql, 70000, pgsql_statement, 0},
	{"pgsql error", &protocol_pgsql, 70000, pgsql_error, 0},
	{"pgsql columns", &protocol_pgsql, 2000, pgsql_columns, 0},
	{"pgsql rows", &protocol_pgsql, 20000, pgsql_many, 0},
	{"pgsql long values", &protocol_pgsql, 70000, pgsql_long, 0},
	{"pgsql array", &protocol_pgsql, 40, pgsql_array, 0},
	{"pgsql numeric", &protocol_pgsql, 17000, pgsql_numeric, 0},
	{"pgsql bound", &protocol_pgsql, 2100, pgsql_bound, 0},
	{"pgsql pipeline", &protocol_pgsql, 300, pgsql_pipeline, 0},
	{"pgsql from the middle", NULL, 130, pgsql_middle, 0},
	{"mysql statement", &protocol_mysql, 70000, mysql_statement, 0},
	{"mysql columns", &protocol_mysql, 2000, mysql_columns, 0},
	{"mysql rows", &protocol_mysql, 20000, mysql_many, 0},
	{"mysql long values", &protocol_mysql, 60000, mysql_long, 0},
	{"mysql bound", &protocol_mysql, 2000, mysql_bound, 0},
	{"mysql, inferred", NULL, 300, mysql_bound, 0},
	{"mongodb text", &protocol_mongodb, 70000, mongodb_text, 0},
	{"mongodb fields", &protocol_mongodb, 20000, mongodb_fields, 0},
	{"mongodb depth", &protocol_mongodb, 300, mongodb_depth, 0},
	{"mongodb sequence", &protocol_mongodb, 20000, mongodb_sequence, 0},
	{"cql statement", &protocol_cql, 70000, cql_statement, 0},
	{"cql columns", &protocol_cql, 2000, cql_columns, 0},
	{"cql rows", &protocol_cql, 20000, cql_many, 0},
	{"cql varint", &protocol_cql, 300, cql_varint, 0},
	{"cql decimal", &protocol_cql, 300, cql_decimal, 0},
	{"cql long values", &protocol_cql, 70000, cql_long, 0},
	{"cql, inferred", NULL, 300, cql_statement, 0},
	{0},
};
