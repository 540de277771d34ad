// SPDX-License-Identifier: BSD-2-Clause
// Mux with Finagle. As a server it gives back what it is sent, fails, refuses or answers late when it is
// asked to, and answers calls of Thrift. As a client it does all of that, and appends what it did to
// $ledger, as ledger.py does.
//
//     java MuxShop.java server|client PORT
//     java MuxShop.java server PORT CERT KEY      TLS with those who want it
import com.twitter.finagle.*;
import com.twitter.finagle.liveness.FailureDetector;
import com.twitter.finagle.mux.*;
import com.twitter.finagle.service.RetryBudget;
import com.twitter.finagle.ssl.KeyCredentials;
import com.twitter.finagle.ssl.server.SslServerConfiguration;
import com.twitter.finagle.tracing.*;
import com.twitter.io.*;
import com.twitter.util.*;
import java.io.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

public class MuxShop {
	static final String ORDERS = "/orders/get";

	// ---- Thrift's binary protocol, as much of it as is needed: a call with a text, answered with one ----

	static byte[] thrift(int type, String method, int sequence, int field, String text) throws IOException {
		ByteArrayOutputStream bytes = new ByteArrayOutputStream();
		DataOutputStream out = new DataOutputStream(bytes);
		byte[] name = method.getBytes(StandardCharsets.UTF_8), value = text.getBytes(StandardCharsets.UTF_8);
		out.writeInt(0x80010000 | type);
		out.writeInt(name.length);
		out.write(name);
		out.writeInt(sequence);
		out.writeByte(11);
		out.writeShort(field);
		out.writeInt(value.length);
		out.write(value);
		out.writeByte(0);
		return bytes.toByteArray();
	}

	static byte[] answer(byte[] call) throws IOException {
		DataInputStream in = new DataInputStream(new ByteArrayInputStream(call));
		in.readInt();
		byte[] name = new byte[in.readInt()];
		in.readFully(name);
		int sequence = in.readInt();
		String method = new String(name, StandardCharsets.UTF_8);
		return method.equals("gone") ? thrift(3, method, sequence, 1, "no such method")
			: thrift(2, method, sequence, 0, "done: " + method);
	}

	// ---- the server ----

	static Future<Response> late() {
		return Future.sleep(Duration.fromSeconds(30), new JavaTimer(true))
			.map(com.twitter.util.Function.func(x -> Response$.MODULE$.apply(Bufs.utf8Buf("late"))));
	}

	static class Shop extends Service<Request, Response> {
		public Future<Response> apply(Request request) {
			byte[] body = Bufs.sharedByteArray(request.body());
			String text = new String(body, StandardCharsets.UTF_8);
			if (text.startsWith("fail"))
				return Future.exception(new RuntimeException("no such order"));
			if (text.startsWith("nack"))
				return Future.exception(Failure.rejected("busy"));
			if (text.startsWith("slow"))
				return late();
			try {
				return Future.value(Response$.MODULE$.apply(body.length > 0 && body[0] == (byte) 0x80
					? Bufs.ownedBuf(answer(body)) : request.body()));
			} catch (IOException e) {
				return Future.exception(e);
			}
		}
	}

	static Mux.Server encrypted(String cert, String key) {
		SslServerConfiguration tls = new SslServerConfiguration(
			new KeyCredentials.CertAndKey(new File(cert), new File(key)),
			SslServerConfiguration.$lessinit$greater$default$2(), SslServerConfiguration.$lessinit$greater$default$3(),
			SslServerConfiguration.$lessinit$greater$default$4(), SslServerConfiguration.$lessinit$greater$default$5(),
			SslServerConfiguration.$lessinit$greater$default$6(), SslServerConfiguration.$lessinit$greater$default$7());
		Mux.Server server = (Mux.Server) Mux.server().withTransport().tls(tls);
		return (Mux.Server) server.withOpportunisticTls(
			com.twitter.finagle.mux.transport.OpportunisticTls.Desired());
	}

	static void serve(int port, Mux.Server how) throws Exception {
		ListeningServer server = how.serve("127.0.0.1:" + port, new Shop());
		System.out.println("ready");
		// A line ends it. Those who are connected are told to go before (Tdrain).
		System.in.read();
		Await.result(server.close(Duration.fromSeconds(5)));
		System.exit(0);
	}

	// ---- the client ----

	static List<String> rows = new ArrayList<>();

	static String text(String s) {
		return s == null ? "null" : "\"" + s.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
	}

	static void did(String outcome, String type, long tag, String more) {
		rows.add(String.format("{\"outcome\":\"%s\",\"type\":\"%s\",\"sender\":\"client\",\"tag\":%d%s}", outcome,
			type, tag, more));
	}

	static void dispatched(String outcome, long tag, String status, String error, String payload, String answer,
			String more) {
		did(outcome, "dispatch", tag, String.format(",\"destination\":\"%s\",\"status\":%s,\"error\":%s,"
			+ "\"payload\":%s,\"resp_payload\":%s%s", ORDERS, text(status), text(error), text(payload),
			text(answer), more));
	}

	static Request request(byte[] body) {
		return Request$.MODULE$.apply(com.twitter.finagle.Path.read(ORDERS), Bufs.ownedBuf(body));
	}

	static Request request(String body) {
		return request(body.getBytes(StandardCharsets.UTF_8));
	}

	// The least number that is free is a request's tag; 1 is the negotiation's.
	static final long TAG = 2;

	static void oneByOne(Service<Request, Response> client) throws Exception {
		for (int i = 0; i < 30; i++) {
			String body = "order " + i;
			long id = 0x1000 + i;
			scala.Option<SpanId> trace = scala.Option.apply(new SpanId(id));
			TraceId parent = new TraceId(trace, scala.Option.empty(), new SpanId(0x77), scala.Option.empty(),
				Flags.apply());
			Future<Response> answer = Trace.letId(parent, false, () -> client.apply(request(body)));
			String got = Bufs.asUtf8String(Await.result(answer).body());
			dispatched("ok", TAG, "ok", null, body, got, String.format(",\"trace_id\":\"%016x\","
				+ "\"parent_id\":\"%016x\"", id, 0x77));
		}
	}

	static void delegated(Service<Request, Response> client) throws Exception {
		Dtab.unwind(() -> {
			Dtab.setLocal(Dtab.read("/s=>/srv/here;/a=>/b"));
			try {
				Await.result(client.apply(request("elsewhere")));
			} catch (Exception e) {
				throw new RuntimeException(e);
			}
			return null;
		});
		dispatched("ok", TAG, "ok", null, "elsewhere", "elsewhere",
			",\"dtab\":[[\"/s\",\"/srv/here\"],[\"/a\",\"/b\"]]");
	}

	static void thrifts(Service<Request, Response> client) throws Exception {
		for (int i = 0; i < 10; i++) {
			String method = i == 9 ? "gone" : "order" + i;
			Await.result(client.apply(request(thrift(1, method, i, 1, "text " + i))));
			String more = String.format(",\"method\":\"%s\",\"args\":{\"1\":\"text %d\"}", method, i)
				+ (i == 9 ? ",\"exception\":{\"1\":\"no such method\"}"
					: String.format(",\"result\":\"done: %s\"", method));
			dispatched(i == 9 ? "error" : "ok", TAG, "ok", i == 9 ? "no such method" : null, null, null, more);
		}
	}

	static void fails(Service<Request, Response> client, String body, String status, String error) throws Exception {
		try {
			Await.result(client.apply(request(body)));
			throw new AssertionError(body + " has an answer");
		} catch (Exception expected) {
			dispatched("error", TAG, status, error, body, null, "");
		}
	}

	static void changesItsMind(Service<Request, Response> client) throws Exception {
		Future<Response> answer = client.apply(request("slow"));
		String why = "java.lang.Exception: changed my mind";
		Thread.sleep(300);
		answer.raise(new Exception("changed my mind"));
		dispatched("error", TAG, null, null, "slow", null, ",\"discarded\":true,\"reason\":" + text(why));
		did("ok", "discarded", TAG, ",\"reason\":" + text(why));
		// Its tag is free again when the server has given it up.
		Thread.sleep(500);
	}

	static void large(Service<Request, Response> client) throws Exception {
		String body = "x".repeat(300000);
		Await.result(client.apply(request(body)));
		dispatched("ok", TAG, "ok", null, body, body, "");
	}

	// Their tags are all different; which one has which is the client's own business.
	static void atOnce(Service<Request, Response> client) throws Exception {
		List<Future<Response>> answers = new ArrayList<>();
		for (int i = 0; i < 100; i++)
			answers.add(client.apply(request(String.format("many %03d", i))));
		for (int i = 0; i < 100; i++) {
			String body = String.format("many %03d", i);
			Await.result(answers.get(i));
			dispatched("ok", 0, "ok", null, body, body, "");
		}
		rows.replaceAll(row -> row.replace("\"tag\":0,", ""));
	}

	static void write(String who, String sorted) throws Exception {
		String line = String.format("{\"port\":null,\"who\":\"%s\",\"sorted\":%s,\"rows\":[%s]}\n", who, sorted,
			String.join(",", rows));
		java.nio.file.Files.writeString(java.nio.file.Path.of(System.getenv("ledger")), line, StandardOpenOption.CREATE,
			StandardOpenOption.APPEND);
		rows.clear();
	}

	static Service<Request, Response> connect(int port) {
		// Neither pings nor repetitions of its own: what is sent is what is asked for here.
		Mux.Client client = (Mux.Client) Mux.client().withRetryBudget(RetryBudget.Empty())
			.configured(new FailureDetector.Param(FailureDetector.NullConfig$.MODULE$),
				FailureDetector.Param$.MODULE$.param());
		did("ok", "err", 1, ",\"payload\":\"tinit check\"");
		did("ok", "init", 1, ",\"payload\":null");
		return client.newService("127.0.0.1:" + port, "orders");
	}

	static void ask(int port) throws Exception {
		Service<Request, Response> client = connect(port);
		oneByOne(client);
		delegated(client);
		thrifts(client);
		fails(client, "fail", "error", "java.lang.RuntimeException: no such order");
		fails(client, "nack", "nack", null);
		changesItsMind(client);
		large(client);
		Await.result(client.close());
		write("Finagle, one by one", "null");
		client = connect(port);
		Await.result(client.apply(request("many")));
		dispatched("ok", TAG, "ok", null, "many", "many", "");
		atOnce(client);
		Await.result(client.close());
		write("Finagle, at once", "[\"type\",\"payload\"]");
		System.exit(0);
	}

	public static void main(String[] arguments) throws Exception {
		int port = Integer.parseInt(arguments[1]);
		if (arguments[0].equals("server"))
			serve(port, arguments.length > 2 ? encrypted(arguments[2], arguments[3]) : Mux.server());
		else
			ask(port);
	}
}
