# SPDX-License-Identifier: BSD-2-Clause
"""How fast the analyzer is, and how much memory it takes."""
import glob
import os
import re
import shutil
import subprocess

from measure import SOCKTAPE, bench_program, have, median, run, table

EXCHANGES = 500000
TSHARK_EXCHANGES = 20000
TSHARK_FIELDS = {
    "http": ["http.request.method", "http.request.uri", "http.response.code", "http.file_data"],
    "redis": ["resp.string", "resp.bulk_string.value"],
    "amqp": ["amqp.type", "amqp.channel", "amqp.length", "amqp.method.class", "amqp.method.method"] +
            [f"amqp.method.arguments.{name}" for name in (
                "exchange", "routing_key", "queue", "consumer_tag", "delivery_tag", "redelivered",
                "mandatory", "immediate", "multiple", "requeue", "message_count", "consumer_count",
                "reply_code", "reply_text", "class_id", "method_id")] +
            [f"amqp.method.properties.{name}" for name in (
                "content_type", "content_encoding", "headers", "delivery_mode", "priority",
                "correlation_id", "reply_to", "expiration", "message_id", "timestamp", "type",
                "user_id", "app_id", "cluster_id")] + ["amqp.header.body-size", "amqp.payload"],
    "mongodb": ["mongo.message_length", "mongo.request_id", "mongo.response_to", "mongo.opcode",
                "mongo.full_collection_name", "mongo.cursor_id", "mongo.number_returned",
                "mongo.element.name", "mongo.element.type"] +
               [f"mongo.element.value.{kind}" for kind in (
                   "bool", "int", "int64", "double", "string", "objectid", "regex.pattern")],
    "cql": ["cql.opcode", "cql.stream", "cql.string", "cql.consistency", "cql.int", "cql.varchar",
            "cql.double"],
    "http2": ["http2.headers.method", "http2.headers.path", "http2.headers.authority",
              "http2.headers.status", "http2.header.name", "http2.header.value", "http2.data.data",
              "http2.streamid"],
    "dns": ["dns.qry.name", "dns.qry.type", "dns.a", "dns.flags.rcode"],
    "pgsql": ["pgsql.type", "pgsql.query", "pgsql.val.data", "pgsql.tag", "pgsql.col.name",
              "pgsql.statement", "pgsql.portal", "pgsql.status"],
    "mysql": ["mysql.command", "mysql.query", "mysql.affected_rows", "mysql.row.text",
              "mysql.field.name", "mysql.error.message"],
    "kafka": ["kafka.api_key", "kafka.api_version", "kafka.client_id", "kafka.correlation_id",
              "kafka.topic_name", "kafka.partition_id", "kafka.offset", "kafka.message_key",
              "kafka.message_value", "kafka.error"],
    "thrift": ["thrift.method", "thrift.seq_id", "thrift.string", "thrift.i32", "thrift.i64"],
}
# The columns that say the same, beside the time and the connection.
SAME_COLUMNS = {
    "http": "method,path,code,req_body,resp_body",
    "redis": "command,args,reply",
    "amqp": "direction,class,method,channel,exchange,routing_key,queue,consumer_tag,delivery_tag,redelivered,"
            "mandatory,multiple,requeue,messages,consumers,reply_code,reply_text,cause,content_type,"
            "content_encoding,headers,delivery_mode,priority,correlation_id,reply_to,expiration,message_id,"
            "timestamp,type,user_id,app_id,cluster_id,body_bytes,body",
    "mongodb": "req_bytes,resp_bytes,request_id,opcode,database,collection,cursor_id,resp_documents,request,"
               "response",
    "cql": "opcode,stream_id,statement,consistency,params,columns,row_data",
    "http2": "method,path,authority,status,req_headers,resp_headers,req_body,resp_body,stream_id",
    "dns": "qname,qtype,answers,rcode",
    "pgsql": "operation,statement,params,command,columns,row_data,prepared,portal,transaction",
    "mysql": "command,statement,affected,columns,row_data,error",
    "kafka": "api,version,client_id,correlation_id,topics,topic,partitions,partition,offsets,offset,key,"
             "value,error_code",
    "thrift": "method,sequence_id,args,result",
}


def make(work, protocol, exchanges, connections=50):
    target = os.path.join(work, f"{protocol}-{exchanges}-{connections}")
    shutil.rmtree(target, ignore_errors=True)
    if run([bench_program("make_recording"), protocol, str(exchanges), target,
            str(connections)]).status != 0:
        raise RuntimeError("make_recording failed")
    return target


def tshark_rate(work, protocol):
    """Exchanges a second of tshark on the same traffic, written by socktape export; NaN where it has
    no dissector."""
    if protocol not in TSHARK_FIELDS:
        return float("nan")
    recording = make(work, protocol, TSHARK_EXCHANGES)
    capture = os.path.join(work, "same.pcapng")
    run([SOCKTAPE, "export", recording, "-q", "-o", capture])
    command = ["tshark", "-n", "-r", capture, "-T", "fields"]
    if protocol == "http2":
        command += ["-d", "tcp.port==8080,http2"]
    for field in ["frame.time_epoch", "tcp.stream"] + TSHARK_FIELDS[protocol]:
        command += ["-e", field]
    ended = run(command)
    return TSHARK_EXCHANGES / ended.cpu if ended.status == 0 else float("nan")


def bench_protocol(work, protocol, options):
    recording = make(work, protocol, EXCHANGES)
    segments = sorted(glob.glob(os.path.join(recording, "*.tape.zst")))
    show, same, zstd, tshark = [], [], [], []
    with_tshark = have("tshark")
    command = [SOCKTAPE, "show", recording, "--json", "--threads", "1"]
    for _ in range(options.rounds):
        show.append(EXCHANGES / run(command).cpu)
        if protocol in SAME_COLUMNS:
            same.append(EXCHANGES / run(command + ["--columns", "ts,conn," + SAME_COLUMNS[protocol]]).cpu)
        zstd.append(EXCHANGES / run(["zstd", "-dc", "--single-thread"] + segments).cpu)
        if with_tshark:
            tshark.append(tshark_rate(work, protocol))
    speed = median(show)
    beside = [f"{median(rates) / median(tshark):.1f}x" if rates and protocol in TSHARK_FIELDS else "-"
              for rates in (show, same)]
    return [protocol, f"{speed / 1e6:.2f} M/s", *beside, f"{median(zstd) / speed:.1f}x"]


def bench_memory(work, protocol):
    """Largest memory for a recording and for one ten times as long."""
    sizes = [EXCHANGES // 5, EXCHANGES * 2]
    peaks = []
    for size in sizes:
        recording = make(work, protocol, size)
        peaks.append(run([SOCKTAPE, "show", recording, "--json"], subprocess.DEVNULL).max_kb)
        shutil.rmtree(recording)
    return [protocol, f"{peaks[0] / 1000:.1f} MB", f"{peaks[1] / 1000:.1f} MB",
            f"{peaks[1] / peaks[0]:.2f}x"]


def base_socktape():
    """The analyzer of an earlier build, in the tree that BASE names; None without one."""
    program = os.path.join(os.environ.get("BASE", ""), "build/socktape")
    return program if "BASE" in os.environ and os.path.exists(program) else None


def bench_beside(work, protocol, connections, options):
    """One thread beside an earlier build, by CPU time; all threads beside one, by the clock."""
    recording = make(work, protocol, EXCHANGES, connections)
    show = ["show", recording, "--json"]
    base = base_socktape()
    modes = {"one": [SOCKTAPE, *show, "--threads", "1"], "all": [SOCKTAPE, *show]}
    if base:
        modes.update(base=[base, *show], again=[base, *show])
    results = {mode: [] for mode in modes}
    for count in range(options.rounds):
        turn = count % len(modes)
        for mode in list(modes)[turn:] + list(modes)[:turn]:
            results[mode].append(run(modes[mode]))
    shutil.rmtree(recording)
    cpu = {mode: median([r.cpu for r in ended]) for mode, ended in results.items()}
    wall = {mode: median([r.seconds for r in ended]) for mode, ended in results.items()}
    beside = [f"{cpu['base'] / cpu['one']:.2f}", f"{cpu['base'] / cpu['again']:.2f}"] if base \
        else ["-", "-"]
    return [f"{protocol}, {connections}", f"{EXCHANGES / cpu['one'] / 1e6:.2f} M/s", *beside,
            f"{wall['one'] / wall['all']:.2f}", f"{cpu['all'] / cpu['one']:.2f}"]


COUNTED = (2000, 20000)


def collected(command):
    """Instructions of a run, by callgrind; NaN where there is none."""
    ended = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
                            *command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                           check=False)
    found = re.search(rb"Collected : (\d+)", ended.stderr)
    return int(found.group(1)) if ended.returncode == 0 and found else float("nan")


def instructions(recordings, program, *options):
    """Of a record: of the longer recording less the shorter one, without what every run takes."""
    few, many = (collected([program, "show", recording, *options]) for recording in recordings)
    return (many - few) / (COUNTED[1] - COUNTED[0])


def bench_instructions(work, protocol):
    """Instructions of a record on one thread: the figure that noise doesn't change."""
    recordings = [make(work, protocol, count) for count in COUNTED]
    base, row = base_socktape(), [protocol]
    for form in (["--json"], []):
        new = instructions(recordings, SOCKTAPE, "--threads", "1", *form)
        row += [f"{new:,.0f}",
                f"{instructions(recordings, base, *form) / new:.3f}" if base else "-"]
    return row


def bench(work, options):
    print("\nreplay: socktape show --json, CPU time of one core")
    rows = [bench_protocol(work, p, options) for p in (
        "http", "http2", "redis", "dns", "pgsql", "mysql", "kafka", "amqp", "cql", "thrift", "mongodb",
        "nats", "mux")]
    table("records to JSON", ["", "records", "of tshark's speed", "with the same columns as tshark",
                              "of zstd -dc's time"], rows)
    rows = [bench_memory(work, p) for p in ("http", "redis")]
    table("peak memory", ["", f"{EXCHANGES // 5:,}", f"{EXCHANGES * 2:,} records", "ratio"], rows)
    if not base_socktape():
        print("\n  left out: BASE=DIR names a tree with an earlier build to compare with")
    if have("valgrind"):
        rows = [bench_instructions(work, p) for p in ("http", "redis", "dns")]
        table("instructions of a record, one thread", ["", "to JSON", "of the earlier", "as text",
                                                       "of the earlier"], rows)
    loads = [(p, c) for p in ("http", "redis") for c in (1, 50, 5000)] + [("dns", 50)]
    rows = [bench_beside(work, p, c, options) for p, c in loads]
    table("one thread beside an earlier build (CPU time), all threads beside one (wall clock)",
          ["", "one thread", "of the earlier", "A/A", "all threads", "their CPU time"], rows)
