// SPDX-License-Identifier: BSD-2-Clause
// A second Wireshark: that of the npm package @goodtools/wiregasm, whose folder is the first
// argument. Answers a line for each line of standard input, both JSON, as sharkd does:
//     {"load": FILE}             {"packets": N}
//     {"count": FILTER}          {"count": N}
//     {"follow": FILTER}         {"client": HEX, "server": HEX}
import fs from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import {createRequire} from 'node:module';

const require = createRequire(import.meta.url);
const dist = path.join(process.argv[2], 'dist');
const quiet = () => {};
const load = require(path.join(dist, 'wiregasm.js'));
const wireshark = await (load.default || load)({
	locateFile: (name) => path.join(dist, name),
	print: quiet, printErr: quiet, handleStatus: quiet, handleError: quiet,
});
wireshark.init();

const there = '/uploads/x.pcapng';
let session = null;

function open(file) {
	if (session)
		session.delete();
	wireshark.FS.writeFile(there, fs.readFileSync(file));
	session = new wireshark.DissectSession(there);
	const answer = session.load();
	if (answer.code !== 0)
		return {error: answer.error || `code ${answer.code}`};
	return {packets: answer.summary.packet_count};
}

function follow(filter) {
	const stream = session.follow('TCP', filter);
	const sides = ['', ''];
	const payloads = stream.follow ? stream.follow.payloads : stream.payloads;
	for (let i = 0; i < payloads.size(); i++) {
		const part = payloads.get(i);
		sides[part.server ? 1 : 0] += Buffer.from(part.data, 'base64').toString('hex');
	}
	return {client: sides[0], server: sides[1]};
}

function answer(question) {
	if (question.load)
		return open(question.load);
	if (question.count !== undefined)
		return {count: session.getFrames(question.count, 0, 0).matched};
	return follow(question.follow);
}

console.log(JSON.stringify({version: wireshark.wiresharkVersion ? wireshark.wiresharkVersion() : ''}));
for await (const line of readline.createInterface({input: process.stdin}))
	console.log(JSON.stringify(answer(JSON.parse(line))));
