// SPDX-License-Identifier: BSD-2-Clause
// Groups of Kafka through its own Java client: in a group of the old protocol and in one of the new, a
// second consumer comes and goes; a share group reads what was produced. What each consumer was told
// of its group is appended to $ledger.
//
//     java KafkaGroups.java PORT
import java.nio.file.*;
import java.time.*;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;

public class KafkaGroups {
	static String broker;

	static synchronized void write(String format, Object... values) {
		try {
			Files.writeString(Path.of(System.getenv("ledger")), String.format(format, values) + "\n",
				StandardOpenOption.CREATE, StandardOpenOption.APPEND);
		} catch (Exception e) {
			throw new RuntimeException(e);
		}
	}

	static long now() {
		Instant i = Instant.now();
		return i.getEpochSecond() * 1000000000L + i.getNano();
	}

	static Properties properties(String... pairs) {
		Properties p = new Properties();
		p.put("bootstrap.servers", broker);
		for (String kind : List.of("key", "value")) {
			p.put(kind + ".serializer", "org.apache.kafka.common.serialization.StringSerializer");
			p.put(kind + ".deserializer", "org.apache.kafka.common.serialization.StringDeserializer");
		}
		for (int i = 0; i < pairs.length; i += 2)
			p.put(pairs[i], pairs[i + 1]);
		return p;
	}

	// A consumer in a thread of its own, which says what it was given until it is told to stop.
	static class Member extends Thread implements ConsumerRebalanceListener {
		final String group, protocol, name;
		final AtomicBoolean stop = new AtomicBoolean();
		final AtomicInteger assigned = new AtomicInteger(-1);
		Consumer<String, String> consumer;

		Member(String group, String protocol, String name) {
			this.group = group;
			this.protocol = protocol;
			this.name = name;
			start();
		}

		public void onPartitionsRevoked(Collection<TopicPartition> gone) {
			write("{\"group\":\"%s\",\"client\":\"%s\",\"revoked\":%d}", group, name, now());
		}

		public void onPartitionsAssigned(Collection<TopicPartition> got) {
			ConsumerGroupMetadata of = consumer.groupMetadata();
			write("{\"group\":\"%s\",\"client\":\"%s\",\"member\":\"%s\",\"generation\":%d,\"assigned\":%d,\"count\":%d}",
				group, name, of.memberId(), of.generationId(), now(), consumer.assignment().size());
			assigned.set(consumer.assignment().size());
		}

		public void run() {
			List<String> more = new ArrayList<>(List.of("group.id", group, "client.id", name, "group.protocol",
				protocol, "enable.auto.commit", "false", "auto.offset.reset", "earliest"));
			if (protocol.equals("classic"))
				more.addAll(List.of("heartbeat.interval.ms", "200", "partition.assignment.strategy",
					"org.apache.kafka.clients.consumer.RangeAssignor"));
			consumer = new KafkaConsumer<>(properties(more.toArray(new String[0])));
			consumer.subscribe(List.of("team"), this);
			while (!stop.get())
				consumer.poll(Duration.ofMillis(50));
			consumer.close();
			write("{\"group\":\"%s\",\"client\":\"%s\",\"left\":%d}", group, name, now());
		}

		void await(int count) throws Exception {
			for (int i = 0; assigned.get() != count; i++) {
				if (i == 600)
					throw new Exception(name + " has " + assigned.get() + " partitions, not " + count);
				Thread.sleep(50);
			}
		}

		void leave() throws Exception {
			stop.set(true);
			join();
		}
	}

	static void comeAndGo(String group, String protocol) throws Exception {
		Member first = new Member(group, protocol, group + "-a");
		first.await(3);
		Member second = new Member(group, protocol, group + "-b");
		first.await(2);
		second.await(1);
		second.leave();
		first.await(3);
		first.leave();
	}

	static void share() throws Exception {
		try (Admin admin = Admin.create(properties())) {
			admin.incrementalAlterConfigs(Map.of(new ConfigResource(ConfigResource.Type.GROUP, "sharers"),
				List.of(new AlterConfigOp(new ConfigEntry("share.auto.offset.reset", "earliest"),
					AlterConfigOp.OpType.SET)))).all().get();
		}
		try (Producer<String, String> producer = new KafkaProducer<>(properties("linger.ms", "50"))) {
			for (int n = 0; n < 20; n++)
				producer.send(new ProducerRecord<>("shared", 0, "k" + n, "shared " + n));
		}
		// Nobody is told the offset of what is sent so.
		try (Producer<String, String> producer = new KafkaProducer<>(properties("acks", "0",
				"enable.idempotence", "false"))) {
			producer.send(new ProducerRecord<>("shared", 0, "k", "no answer is wanted"));
		}
		int read = 0;
		try (ShareConsumer<String, String> consumer = new KafkaShareConsumer<>(
				properties("group.id", "sharers", "client.id", "sharers-a"))) {
			consumer.subscribe(List.of("shared"));
			for (int i = 0; i < 600 && read < 21; i++)
				for (ConsumerRecord<String, String> one : consumer.poll(Duration.ofMillis(100))) {
					write("{\"group\":\"sharers\",\"offset\":%d}", one.offset());
					read++;
				}
		}
		if (read != 21)
			throw new Exception("the share group read " + read);
	}

	public static void main(String[] args) throws Exception {
		broker = "127.0.0.1:" + args[0];
		comeAndGo("team", "classic");
		comeAndGo("team848", "consumer");
		share();
	}
}
