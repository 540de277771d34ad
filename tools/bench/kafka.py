# SPDX-License-Identifier: BSD-2-Clause
"""A Kafka broker of one node, from Maven, and the producer that comes with it."""
import os
import re
import shutil
import subprocess

from measure import TOP, Background, free_port, have, listening, run

FOLDER = os.path.join(TOP, "build/bench-kafka")
CLASSES = os.path.join(FOLDER, "jars/*")
POM = """<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>bench</groupId><artifactId>bench</artifactId><version>1</version><dependencies>
<dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId>
<version>3.9.1</version></dependency>
<dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId>
<version>3.9.1</version></dependency>
<dependency><groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId>
<version>1.7.36</version></dependency></dependencies></project>
"""
PROPERTIES = """process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
controller.quorum.voters=1@127.0.0.1:{controller}
log.dirs={work}/log
log.retention.bytes=200000000
log.segment.bytes=100000000
num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
"""


def there():
    if not have("java"):
        return False
    if not os.path.exists(os.path.join(FOLDER, "fetched")):
        if not have("mvn"):
            return False
        shutil.rmtree(FOLDER, ignore_errors=True)
        os.makedirs(FOLDER)
        pom = os.path.join(FOLDER, "pom.xml")
        with open(pom, "w", encoding="ascii") as file:
            file.write(POM)
        if run(["mvn", "-q", "-f", pom, "dependency:copy-dependencies",
                "-DoutputDirectory=jars"]).status != 0:
            print("  left out: Kafka's jars can't be fetched by Maven")
            return False
        with open(os.path.join(FOLDER, "fetched"), "w", encoding="ascii"):
            pass
    return True


def start(work, port):
    config = os.path.join(work, "server.properties")
    with open(config, "w", encoding="ascii") as file:
        file.write(PROPERTIES.format(port=port, controller=free_port(), work=work))
    # Its name tells the broker from the producer, which is java, too.
    broker = os.path.join(work, "kafka-broker")
    os.symlink(os.path.realpath(shutil.which("java")), broker)
    java = [broker, "-Xmx512m", "-cp", CLASSES]
    if run(java + ["kafka.tools.StorageTool", "format", "-t", "AAAAAAAAAAAAAAAAAAAAAQ", "-c",
                   config]).status != 0:
        raise RuntimeError("Kafka can't format its folder")
    return Background(java + ["kafka.Kafka", config], listening(port))


def load(port, seconds):
    ended = run(["java", "-Xmx256m", "-cp", CLASSES, "org.apache.kafka.tools.ProducerPerformance",
                 "--topic", "bench", "--num-records", str(int(seconds * 50000)), "--record-size",
                 "1000", "--throughput", "-1", "--producer-props",
                 f"bootstrap.servers=127.0.0.1:{port}"], subprocess.PIPE)
    last = ended.out.decode().strip().splitlines()[-1]
    return float(re.search(r"([\d.]+) records/sec", last).group(1)), int(seconds * 50000)
