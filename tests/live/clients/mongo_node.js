// SPDX-License-Identifier: BSD-2-Clause
// MongoDB through its driver for Node, which tells of each command and its answer: writes, cursors
// over several batches, errors.
//
//     mongo_node.js PORT
const fs = require("fs");
const { MongoClient, BSON } = require("mongodb");

const port = process.argv[2];
const shown = (document) => JSON.parse(BSON.EJSON.stringify(document, { relaxed: true }));
const rows = [{}]; // its hello, of which the driver doesn't tell
const asked = new Map();

function started(event) {
	const first = event.command[event.commandName];
	asked.set(event.requestId, {
		application: "node",
		command: event.commandName,
		database: event.databaseName,
		collection: event.command.collection ?? (typeof first === "string" ? first : null),
		request: shown(event.command),
		request_id: event.requestId,
	});
}

function ended(event, row) {
	rows.push({ ...asked.get(event.requestId), ...row });
	asked.delete(event.requestId);
}

function succeeded(event) {
	const errors = event.reply.writeErrors ?? [];
	const cursor = event.reply.cursor;
	const batch = cursor && (cursor.firstBatch ?? cursor.nextBatch);
	ended(event, {
		response: shown(event.reply),
		outcome: errors.length ? "error" : "ok",
		error_code: errors.length ? errors[0].code : 0,
		...(batch && { resp_documents: batch.length, cursor_id: Number(cursor.id) }),
	});
}

function failed(event) {
	const { code, codeName, errmsg } = event.failure.errorResponse ?? event.failure;
	ended(event, { outcome: "error", error_code: code, error: `${codeName}: ${errmsg}` });
}

async function work(client) {
	const items = client.db("stock").collection("items");
	await items.insertMany(
		Array.from({ length: 200 }, (_, i) => ({ _id: i, name: `é${i}`, price: i / 8 })));
	await items.find({ price: { $gte: 1 } }, { batchSize: 64 }).toArray();
	await items.updateOne({ _id: 7 }, { $set: { tags: ["a", "b"], at: new Date(1767225600123) } });
	await items.findOne({ _id: 7 });
	await items.replaceOne({ _id: 8 }, { name: "other" }, { upsert: true });
	await items.deleteMany({ _id: { $lt: 5 } });
	await items.countDocuments({});
	for (const bad of [() => items.insertOne({ _id: 7 }),
		() => client.db("stock").command({ noSuchCommand: 1 })]) {
		await bad().then(() => { throw new Error("it is refused"); }, () => {});
	}
}

async function main() {
	const client = new MongoClient(`mongodb://127.0.0.1:${port}`, {
		appName: "node", maxPoolSize: 1, monitorCommands: true, heartbeatFrequencyMS: 3600000,
	});
	client.on("commandStarted", started);
	client.on("commandSucceeded", succeeded);
	client.on("commandFailed", failed);
	await work(client);
	const write = (who, rows) => fs.appendFileSync(process.env.ledger,
		`${JSON.stringify({ port: null, who, rows })}\n`);
	write("the Node driver", rows);
	write("the Node driver's monitor", [{ application: "node" }]);
	// Closed, the driver would end its sessions without reading the answer.
	process.exit(0);
}

main();
