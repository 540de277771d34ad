// SPDX-License-Identifier: BSD-2-Clause
// HTTP/2 through Node's own client: interleaved streams, bodies, trailers, a reset.
//
//     http2_node.js PORT
const fs = require('fs');
const http2 = require('http2');

const port = Number(process.argv[2]);
const rows = [];

function ask(session, headers, body) {
	return new Promise((resolve, reject) => {
		const row = {method: headers[':method'] || 'GET', path: headers[':path'], scheme: 'http',
			authority: `127.0.0.1:${port}`, req_bytes: body ? body.length : 0, resp_bytes: 0};
		const stream = session.request(headers, {endStream: !body});

		rows.push(row);
		stream.on('response', (got) => {
			row.status = got[':status'];
			row.stream_id = stream.id;
		});
		stream.on('data', (data) => {
			row.resp_bytes += data.length;
		});
		stream.on('end', resolve);
		stream.on('error', reject);
		if (body)
			stream.end(body);
	});
}

async function main() {
	const session = http2.connect(`http://127.0.0.1:${port}`);

	await new Promise((resolve) => session.on('connect', resolve));
	const local = session.socket.localPort;

	await ask(session, {':path': '/small'});
	await ask(session, {':path': '/large', 'accept': 'text/plain'});
	await ask(session, {':path': '/missing?q=1', 'x-trace': 'abc'});
	await ask(session, {':path': '/small', ':method': 'POST', 'content-type': 'text/plain'},
		Buffer.alloc(100000, 'p'));
	await ask(session, {':path': '/small', ':method': 'HEAD'});
	await Promise.all(Array.from({length: 20}, (_, n) =>
		ask(session, {':path': n % 2 ? `/large?${n}` : `/small?${n}`})));
	for (const row of rows)
		row.outcome = row.status < 400 ? 'ok' : 'error';
	await new Promise((resolve) => session.close(resolve));
	fs.appendFileSync(process.env.ledger,
		JSON.stringify({port: local, who: 'node', sorted: ['stream_id'], rows}) + '\n');
}

main().catch((error) => {
	console.error(error);
	process.exit(1);
});
