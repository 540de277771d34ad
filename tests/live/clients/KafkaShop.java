// SPDX-License-Identifier: BSD-2-Clause
// Kafka through its own Java client: a transaction that is committed and one that is aborted, then a
// group of the new protocol (KIP-848) that reads what was committed. What it did is appended to
// $ledger, as ledger.py does.
//
//     java KafkaShop.java PORT
import java.nio.file.*;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;

public class KafkaShop {
	static String broker;

	static String row(String direction, String topic, int partition, long offset, String key, String value, String more) {
		return String.format("{\"direction\":\"%s\",\"topic\":\"%s\",\"partition\":%d,\"offset\":%d,\"key\":\"%s\","
			+ "\"value\":\"%s\"%s}", direction, topic, partition, offset, key, value, more);
	}

	static void write(String who, List<String> rows) throws Exception {
		String line = String.format("{\"port\":null,\"who\":\"%s\",\"sorted\":[\"topic\",\"partition\",\"offset\"],"
			+ "\"rows\":[%s]}\n", who, String.join(",", rows));
		Files.writeString(Path.of(System.getenv("ledger")), line, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
	}

	static Properties properties(String... pairs) {
		Properties p = new Properties();
		p.put("bootstrap.servers", broker);
		for (int i = 0; i < pairs.length; i += 2)
			p.put(pairs[i], pairs[i + 1]);
		return p;
	}

	static void produce() throws Exception {
		String serializer = "org.apache.kafka.common.serialization.StringSerializer";
		List<String> rows = new ArrayList<>();
		try (Producer<String, String> producer = new KafkaProducer<>(properties("transactional.id", "till",
				"compression.type", "zstd", "key.serializer", serializer, "value.serializer", serializer))) {
			producer.initTransactions();
			for (int t = 0; t < 3; t++) {
				List<Future<RecordMetadata>> told = new ArrayList<>();
				producer.beginTransaction();
				for (int n = 0; n < 10; n++)
					told.add(producer.send(new ProducerRecord<>("ledger", 0, "k" + n, "entry " + t + "." + n)));
				producer.flush();
				for (int n = 0; n < 10; n++)
					rows.add(row("produced", "ledger", 0, told.get(n).get().offset(), "k" + n,
						"entry " + t + "." + n, ",\"transactional\":true,\"compression\":\"zstd\""));
				if (t == 1)
					producer.abortTransaction();
				else
					producer.commitTransaction();
			}
		}
		write("Java, which pays", rows);
	}

	static void consume() throws Exception {
		String deserializer = "org.apache.kafka.common.serialization.StringDeserializer";
		List<String> rows = new ArrayList<>();
		// The client isn't told of what was aborted, nor of the markers; they come all the same.
		for (int n = 0; n < 10; n++)
			rows.add(row("fetched", "ledger", 0, 11 + n, "k" + n, "entry 1." + n, ""));
		for (long marker : new long[]{10, 21, 32})
			rows.add("{\"direction\":\"fetched\",\"topic\":\"ledger\",\"partition\":0,\"offset\":" + marker + ",\"control\":true}");
		try (Consumer<String, String> consumer = new KafkaConsumer<>(properties("group.id", "readers", "group.protocol", "consumer",
				"isolation.level", "read_committed", "auto.offset.reset", "earliest", "key.deserializer", deserializer,
				"value.deserializer", deserializer))) {
			consumer.subscribe(List.of("ledger"));
			for (int got = 0, tries = 0; got < 20 && tries < 60; tries++) {
				for (ConsumerRecord<String, String> r : consumer.poll(Duration.ofMillis(500))) {
					rows.add(row("fetched", r.topic(), r.partition(), r.offset(), r.key(), r.value(), ",\"control\":false"));
					got++;
				}
			}
			consumer.commitSync();
		}
		write("Java, which reads what is committed", rows);
	}

	public static void main(String[] arguments) throws Exception {
		broker = "127.0.0.1:" + arguments[0];
		try (Admin admin = Admin.create(properties())) {
			admin.createTopics(List.of(new NewTopic("ledger", 1, (short) 1))).all().get();
		}
		produce();
		consume();
	}
}
