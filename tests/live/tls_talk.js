// SPDX-License-Identifier: BSD-2-Clause
// The same as tls_talk.py, by node:
//     tls_talk.js serve CERT KEY PORTFILE
//     tls_talk.js client CERT PORT CONNECTIONS MESSAGES
const fs = require('fs');
const tls = require('tls');

const [what, cert, ...args] = process.argv.slice(2);
const held = process.env.TALK_HELD;
let missing = Number(args[1]);

function text(i, k) {
	return `conn-${i}-msg-${k}-${'x'.repeat((i * 7 + k * 13) % 400)}.`;
}

function serve(key, path) {
	const options = { key: fs.readFileSync(key), cert: fs.readFileSync(cert) };
	const server = tls.createServer(options, (socket) => {
		socket.on('data', (data) => socket.write(data));
		socket.on('error', () => {});
	});
	server.listen({ port: 0, host: '127.0.0.1', backlog: 256 }, () => {
		fs.writeFileSync(path + '.new', String(server.address().port));
		fs.renameSync(path + '.new', path);
	});
}

function talk(port, i, messages) {
	const options = { port, host: '127.0.0.1', ca: fs.readFileSync(cert), servername: 'localhost' };
	let k = 0;
	let got = '';
	const socket = tls.connect(options, say);
	function say() {
		setTimeout(() => socket.write(text(i, k)), Math.random() * 20);
	}
	// TALK_HELD: as in tls_talk.py.
	function wait() {
		if (fs.existsSync(held)) say();
		else setTimeout(wait, 20);
	}
	socket.on('data', (data) => {
		got += data;
		if (got.length < text(i, k).length) return;
		if (got !== text(i, k)) process.exit(1);
		got = '';
		if (++k === 1 && held) {
			if (!--missing) fs.writeFileSync(held + '.held', '1');
			wait();
		} else if (k < messages) say();
		else socket.end();
	});
}

if (what === 'serve') serve(args[0], args[1]);
else for (let i = 0; i < Number(args[1]); i++) talk(Number(args[0]), i, Number(args[2]));
