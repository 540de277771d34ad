// SPDX-License-Identifier: BSD-2-Clause
// WebSocket through Node's ws: messages with and without compression, pings from both ends.
//
//     websocket.js PORT
const fs = require('fs');
// Where Debian has it.
const WebSocket = require('/usr/share/nodejs/ws');

const port = process.argv[2];

function converse(who, perMessageDeflate) {
	return new Promise((resolve, reject) => {
		const socket = new WebSocket(`ws://127.0.0.1:${port}/shop`, {perMessageDeflate});
		const messages = ['first', 'ünïcode', 'n'.repeat(3000), Buffer.from([0, 1, 254]), 'last'];
		const rows = [];
		let local;
		const did = (sender, message) => rows.push({sender, opcode: typeof message === 'string' ? 'text' : 'binary',
			length: Buffer.byteLength(message),
			payload: typeof message === 'string' ? message : '\0\x01\\xfe'});
		const next = () => {
			if (rows.length / 2 < messages.length) {
				const message = messages[rows.length / 2];

				did('client', message);
				socket.send(message);
			} else {
				socket.ping('ping');
			}
		};

		socket.on('upgrade', (response) => {
			local = response.socket.localPort;
		});
		socket.on('open', next);
		socket.on('message', (data, binary) => {
			did('server', binary ? data : data.toString());
			next();
		});
		socket.on('pong', (data) => {
			rows.push({sender: 'client', opcode: 'ping', payload: 'ping'});
			rows.push({sender: 'server', opcode: 'pong', payload: data.toString()});
			socket.close(4000, 'own code');
		});
		socket.on('close', (code, reason) => {
			rows.push({sender: 'client', opcode: 'close', close_code: 4000, close_reason: 'own code'});
			rows.push({sender: 'server', opcode: 'close', close_code: code, close_reason: reason.toString()});
			fs.appendFileSync(process.env.ledger, JSON.stringify({port: local, who, rows}) + '\n');
			resolve();
		});
		socket.on('error', reject);
	});
}

converse('ws', false).then(() => converse('ws, compressed', true)).catch((error) => {
	console.error(error);
	process.exit(1);
});
