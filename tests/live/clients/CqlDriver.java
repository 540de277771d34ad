// SPDX-License-Identifier: BSD-2-Clause
import com.datastax.oss.driver.api.core.AllNodesFailedException;
import com.datastax.oss.driver.api.core.CqlSession;
import com.datastax.oss.driver.api.core.config.DefaultDriverOption;
import com.datastax.oss.driver.api.core.config.DriverConfigLoader;
import com.datastax.oss.driver.api.core.cql.AsyncResultSet;
import com.datastax.oss.driver.api.core.cql.BatchStatement;
import com.datastax.oss.driver.api.core.cql.ColumnDefinition;
import com.datastax.oss.driver.api.core.cql.DefaultBatchType;
import com.datastax.oss.driver.api.core.cql.PreparedStatement;
import com.datastax.oss.driver.api.core.cql.SimpleStatement;
import com.datastax.oss.driver.api.core.cql.Statement;
import com.datastax.oss.driver.api.core.servererrors.InvalidQueryException;
import com.datastax.oss.driver.api.core.servererrors.SyntaxError;
import com.datastax.oss.protocol.internal.util.Bytes;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletionStage;

/**
 * CQL through Cassandra's Java driver: values, many in flight, pages, a batch, errors. What it did goes
 * to the ledger, as with cql_driver.py.
 *
 *     java -cp JARS CqlDriver.java PORT none|lz4
 */
public class CqlDriver {
	static final List<Object> rows = new ArrayList<>();
	static String compression;
	static CqlSession session;

	static String json(Object value) {
		StringBuilder out = new StringBuilder();
		if (value instanceof Map<?, ?> map) {
			map.forEach((key, one) -> out.append(out.length() > 0 ? "," : "").append(json(key))
				.append(':').append(json(one)));
			return "{" + out + "}";
		}
		if (value instanceof List<?> list) {
			list.forEach(one -> out.append(out.length() > 0 ? "," : "").append(json(one)));
			return "[" + out + "]";
		}
		if (!(value instanceof String text))
			return String.valueOf(value);
		for (char c : text.toCharArray())
			out.append(c < ' ' || c == '"' || c == '\\' ? String.format("\\u%04x", (int) c) : c);
		return "\"" + out + "\"";
	}

	/** A row; MORE: names and values in turn. */
	static void did(String opcode, String statement, Object... more) {
		Map<String, Object> row = new LinkedHashMap<>();
		row.put("version", 5);
		row.put("user", "cassandra");
		row.put("compression", compression);
		row.put("note", null);
		row.put("opcode", opcode);
		row.put("statement", statement);
		for (int i = 0; i < more.length; i += 2)
			row.put((String) more[i], more[i + 1]);
		rows.add(row);
	}

	static List<Object> list(Object... values) {
		List<Object> all = new ArrayList<>();
		for (Object value : values)
			all.add(value);
		return all;
	}

	/** Every page of it; SHOWN: its parameters, as they should be recorded. */
	static void run(String opcode, String text, Statement<?> statement, Object shown) {
		try {
			AsyncResultSet page = session.executeAsync(statement).toCompletableFuture().join();
			for (int number = 1;; number++) {
				List<Object> columns = new ArrayList<>();
				for (ColumnDefinition column : page.getColumnDefinitions())
					columns.add(column.getName().asInternal());
				boolean found = !columns.isEmpty();
				did(opcode, text, "params", shown, "rows", found ? page.remaining() : null,
					"columns", found ? columns : null, "page", found ? number : null);
				if (!page.hasMorePages())
					return;
				page = page.fetchNextPage().toCompletableFuture().join();
			}
		} catch (RuntimeException error) {
			Throwable cause = error.getCause() instanceof AllNodesFailedException all
				? all.getAllErrors().values().iterator().next().get(0) : error.getCause();
			String name = cause instanceof SyntaxError ? "SyntaxError"
				: cause instanceof InvalidQueryException ? "Invalid" : String.valueOf(cause);
			did(opcode, text, "outcome", "error", "error_name", name, "error", cause.getMessage());
		}
	}

	static void run(String text) {
		run("QUERY", text, SimpleStatement.newInstance(text), null);
	}

	static PreparedStatement prepare(String text) {
		PreparedStatement prepared = session.prepare(text);
		did("PREPARE", text, "result", "prepared", "statement_id", id(prepared));
		return prepared;
	}

	static String id(PreparedStatement prepared) {
		return Bytes.toHexString(prepared.getId()).substring(2);
	}

	static void values() throws Exception {
		String insert = "INSERT INTO shop.every (id, a, b, c, d, e, f, g, h, i, j, k, l, m) "
			+ "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
		String id = "8ac6d1dc-fbeb-11e4-a322-1697f925ec7b";
		PreparedStatement prepared = prepare(insert);
		run("EXECUTE", insert, prepared.bind(1, "h\u00e9\n", Long.MIN_VALUE, ByteBuffer.wrap(new byte[] {0, -1}),
			true, new BigDecimal("-12.50"), 0.1, InetAddress.getByName("10.1.2.3"), Instant.ofEpochMilli(-1),
			UUID.fromString(id), BigInteger.ONE.shiftLeft(70), LocalDate.of(2026, 2, 28),
			LocalTime.of(1, 2, 3), List.of("x", "y")),
			list(1, "h\u00e9\n", Long.MIN_VALUE, "0x00ff", true, new BigDecimal("-12.50"), 0.1, "10.1.2.3",
				"1969-12-31T23:59:59.999Z", id, "1180591620717411303424", "2026-02-28",
				"01:02:03.000000000", list("x", "y")));
		run("EXECUTE", insert, prepared.bind(2),
			list(2, Map.of("unset", true), Map.of("unset", true), Map.of("unset", true),
				Map.of("unset", true), Map.of("unset", true), Map.of("unset", true),
				Map.of("unset", true), Map.of("unset", true), Map.of("unset", true),
				Map.of("unset", true), Map.of("unset", true), Map.of("unset", true),
				Map.of("unset", true)));
		String select = "SELECT * FROM shop.every WHERE id = ?";
		prepared = prepare(select);
		/* The second time it knows the columns already. */
		for (int i = 0; i < 2; i++)
			run("EXECUTE", select, prepared.bind(1), list(1));
	}

	static void many() {
		String insert = "INSERT INTO shop.many (part, at, name) VALUES (?, ?, ?)";
		PreparedStatement prepared = prepare(insert);
		List<CompletionStage<?>> all = new ArrayList<>();
		for (int i = 0; i < 100; i++) {
			all.add(session.executeAsync(prepared.bind(i % 3, i, "n" + i)));
			did("EXECUTE", insert, "params", list(i % 3, i, "n" + i), "result", "void");
		}
		all.forEach(one -> one.toCompletableFuture().join());
		String select = "SELECT * FROM shop.many";
		run("QUERY", select, SimpleStatement.newInstance(select).setPageSize(30), null);
		String plain = "DELETE FROM shop.many WHERE part = 2";
		session.execute(BatchStatement.newInstance(DefaultBatchType.UNLOGGED,
			prepared.bind(5, 6, "seven"), SimpleStatement.newInstance(plain)));
		did("BATCH", null, "batch_type", "unlogged", "statements", 2, "batch", list(
			ordered("statement_id", id(prepared), "statement", insert, "params", list(5, 6, "seven")),
			ordered("statement", plain, "params", list())));
	}

	static Map<String, Object> ordered(Object... pairs) {
		Map<String, Object> map = new LinkedHashMap<>();
		for (int i = 0; i < pairs.length; i += 2)
			map.put((String) pairs[i], pairs[i + 1]);
		return map;
	}

	public static void main(String[] arguments) throws Exception {
		compression = arguments[1].equals("none") ? null : arguments[1];
		session = CqlSession.builder()
			.addContactPoint(new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[0])))
			.withLocalDatacenter("datacenter1").withAuthCredentials("cassandra", "cassandra")
			.withConfigLoader(DriverConfigLoader.programmaticBuilder()
				.withString(DefaultDriverOption.PROTOCOL_VERSION, "V5")
				.withString(DefaultDriverOption.PROTOCOL_COMPRESSION, arguments[1])
				.withBoolean(DefaultDriverOption.METADATA_SCHEMA_ENABLED, false)
				.withString(DefaultDriverOption.REQUEST_TIMEOUT, "60 seconds").build())
			.build();
		run("DROP KEYSPACE IF EXISTS shop /* shop */");
		run("CREATE KEYSPACE shop WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}");
		run("CREATE TABLE shop.every (id int PRIMARY KEY, a text, b bigint, c blob, d boolean, e decimal, "
			+ "f double, g inet, h timestamp, i uuid, j varint, k date, l time, m list<text>)");
		run("CREATE TABLE shop.many (part int, at int, name text, PRIMARY KEY (part, at))");
		values();
		many();
		run("SELEKT 1 FROM shop.many");
		run("SELECT nothing FROM shop.many");
		session.close();
		Map<String, Object> account = ordered("port", null, "who", "the Java driver, " + arguments[1],
			"only", "shop", "rows", rows);
		Files.writeString(Path.of(System.getenv("ledger")), json(account) + "\n", StandardOpenOption.CREATE,
			StandardOpenOption.APPEND);
	}
}
