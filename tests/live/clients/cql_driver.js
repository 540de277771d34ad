// SPDX-License-Identifier: BSD-2-Clause
// CQL through Cassandra's Node driver: values with and without their types, many in flight, pages, a
// batch, errors, a trace. What it did goes to the ledger, as with cql_driver.py.
//
//     NODE_PATH=.../node_modules node cql_driver.js PORT VERSION
'use strict';
const crypto = require('crypto');
const fs = require('fs');
const cassandra = require('cassandra-driver');
const { types } = cassandra;

const port = Number(process.argv[2]), version = Number(process.argv[3]);
const errors = { 0x2000: 'SyntaxError', 0x2200: 'Invalid', 0x2400: 'AlreadyExists',
	0x1000: 'Unavailable' };
const client = new cassandra.Client({
	contactPoints: [`127.0.0.1:${port}`], localDataCenter: 'datacenter1',
	protocolOptions: { port, maxVersion: version },
	authProvider: new cassandra.auth.PlainTextAuthProvider('cassandra', 'cassandra'),
	policies: { retry: new cassandra.policies.retry.FallthroughRetryPolicy() },
	isMetadataSyncEnabled: false, pooling: { warmup: true }, socketOptions: { readTimeout: 60000 },
	queryOptions: { consistency: types.consistencies.one },
});

const untyped = 'values whose types are not known are shown as bytes';
const rows = [];
const common = { version, user: 'cassandra', compression: null, note: null };
const did = (row) => rows.push({ ...common, ...row });
// The server's id of a statement: the hash of its text.
const idOf = (text) => crypto.createHash('md5').update(text).digest('hex');
const prepared = new Set();

// Runs TEXT; SHOWN: its parameters, as they should be recorded.
async function run(opcode, text, params, shown, options, more) {
	const row = { opcode, statement: text, params: shown === undefined ? null : shown, ...more };
	if (opcode === 'EXECUTE' && !prepared.has(text)) {
		prepared.add(text);
		did({ opcode: 'PREPARE', statement: text, result: 'prepared', statement_id: idOf(text) });
	}
	try {
		const result = await client.execute(text, params, options);
		const found = result.columns !== null;
		did({ ...row, rows: found ? result.rows.length : null,
			columns: found ? result.columns.map((column) => column.name) : null,
			tracing_id: result.info.traceId ? result.info.traceId.toString() : null });
		return result;
	} catch (error) {
		did({ ...row, outcome: 'error', error_code: error.code, error_name: errors[error.code] });
		return null;
	}
}

async function schema() {
	await run('QUERY', 'DROP KEYSPACE IF EXISTS shop /* shop */');
	await run('QUERY', "CREATE KEYSPACE shop WITH replication = " +
		"{'class': 'SimpleStrategy', 'replication_factor': 1}");
	await run('QUERY', 'CREATE TABLE shop.every (id int PRIMARY KEY, a ascii, b bigint, c blob, ' +
		'd boolean, e decimal, f double, g inet, h text, i timestamp, j uuid, k varint, ' +
		'l list<text>, m map<text, bigint>, n set<int>)');
	await run('QUERY', 'CREATE TABLE shop.many (part int, at int, name text, ' +
		'PRIMARY KEY (part, at))');
}

async function values() {
	const insert = 'INSERT INTO shop.every (id, a, b, c, d, e, f, g, h, i, j, k, l, m, n) ' +
		'VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)';
	const id = '8ac6d1dc-fbeb-11e4-a322-1697f925ec7b';
	const params = [1, 'plain', types.Long.fromString('9007199254740993'), Buffer.from([0, 255]),
		false, types.BigDecimal.fromString('1234.5'), -0.25, types.InetAddress.fromString('10.1.2.3'),
		'h\u00e9', new Date(1), types.Uuid.fromString(id), types.Integer.fromString('-129'),
		['x', 'y'], { n: types.Long.fromNumber(-1) }, [3, 1]];
	// A set is sorted by the server only.
	const shown = [1, 'plain', 9007199254740993n, '0x00ff', false, 1234.5, -0.25, '10.1.2.3', 'h\u00e9',
		'1970-01-01T00:00:00.001Z', id, -129, ['x', 'y'], { n: -1 }];
	const options = { prepare: true };

	await run('EXECUTE', insert, params, [...shown, [3, 1]], options);
	await run('EXECUTE', insert, [2, ...Array(14).fill(null)], [2, ...Array(14).fill(null)], options);
	await run('EXECUTE', 'SELECT * FROM shop.every WHERE id = ?', [1], [1], options,
		{ row_data: [[...shown, [1, 3]]] });
	// Without being prepared its values have no types, on the wire.
	await run('QUERY', 'SELECT h FROM shop.every WHERE id = ?', [1], ['0x00000001'],
		{ hints: ['int'] }, { row_data: [['h\u00e9']], note: untyped });
	await run('QUERY', 'SELECT h FROM shop.every WHERE id = :id', { id: 1 }, { id: '0x00000001' },
		{ hints: { id: 'int' } }, { row_data: [['h\u00e9']], note: untyped });
}

async function many() {
	const insert = 'INSERT INTO shop.many (part, at, name) VALUES (?, ?, ?)';
	const all = [];

	await run('EXECUTE', insert, [0, 0, 'n0'], [0, 0, 'n0'], { prepare: true });
	for (let i = 1; i < 100; i++) {
		did({ opcode: 'EXECUTE', statement: insert, params: [i % 3, i, `n${i}`], result: 'void' });
		all.push(client.execute(insert, [i % 3, i, `n${i}`], { prepare: true }));
	}
	await Promise.all(all);
	const select = 'SELECT * FROM shop.many';
	let pageState;
	do {
		const result = await run('QUERY', select, [], undefined, { fetchSize: 40, pageState },
			{ page_size: 40 });
		pageState = result.pageState;
	} while (pageState);
}

async function batches() {
	const update = 'UPDATE shop.many SET name = ? WHERE part = ? AND at = ?';
	const plain = 'DELETE FROM shop.many WHERE part = 2';

	for (const text of [update, plain])
		did({ opcode: 'PREPARE', statement: text, statement_id: idOf(text) });
	await client.batch([{ query: update, params: ['\u00fc', 1, 1] }, { query: plain }],
		{ prepare: true, logged: false });
	did({ opcode: 'BATCH', statement: null, batch_type: 'unlogged', statements: 2, batch: [
		{ statement_id: idOf(update), statement: update, params: ['\u00fc', 1, 1] },
		{ statement_id: idOf(plain), statement: plain, params: [] }] });
}

async function failures() {
	for (const text of ['SELEKT 1 FROM shop.many', 'SELECT nothing FROM shop.many',
		'CREATE TABLE shop.many (id int PRIMARY KEY)'])
		await run('QUERY', text);
	await run('QUERY', 'SELECT * FROM shop.many LIMIT 1', [], undefined,
		{ consistency: types.consistencies.three }, { consistency: 'THREE' });
	await run('QUERY', 'SELECT name FROM shop.many LIMIT 1', [], undefined, { traceQuery: true });
}

(async () => {
	await client.connect();
	for (const step of [schema, values, many, batches, failures])
		await step();
	await client.shutdown();
	// Numbers that JavaScript has no number for are told as what they are.
	const line = JSON.stringify({ port: null, who: `the Node driver, version ${version}`, only: 'shop',
		rows }, (key, value) => typeof value === 'bigint' ? `<${value}>` : value);
	fs.appendFileSync(process.env.ledger, line.replace(/"<(-?\d+)>"/g, '$1') + '\n');
})().catch((error) => {
	console.error(error);
	process.exit(1);
});
