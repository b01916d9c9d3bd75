"""gengfu-ingest: from the broker into the database, with the database on the same processors and fsync on."""
import itertools
import pathlib
import socket
import struct
import subprocess
import sys
import threading
import time

from figures import Figure, percentile
from programs import ROOT, Broker, MeasureError, Process, Programs, free_port

sys.path.insert(0, str(ROOT / "tests" / "governance"))

TARGETS = ["gengfu-ingest"]
_SAMPLES = 100        # of a message
_GATEWAYS = 20
_PATIENCE = 180.0
_ALARM_EVERY = 0.02   # seconds
_GOAL = 250_000       # samples a second; the paced half runs at it
_DATABASE = ROOT / "config/database/postgresql.conf"  # as docs/ingest.md advises

_SETTINGS = """
language = "en"
confirm_every = "5s"
state = "{folder}/ingest.state"
[mqtt]
brokers = ["mqtt://127.0.0.1:{broker}"]
client_id = "bench"
window = 2000
[database]
connection = "{uri}"
[http]
listen = "127.0.0.1:{http}"
"""


class Ingest(Process):
    def __init__(self, programs: Programs, folder: pathlib.Path, broker: Broker, uri: str):
        self.http = free_port()
        settings = folder / "ingest.toml"
        settings.write_text(_SETTINGS.format(folder=folder, broker=broker.port, uri=uri, http=self.http))
        super().__init__([programs.find("gengfu-ingest"), "run", "--config", settings], folder / "ingest.log")
        _wait(lambda: "presence: connected" in self.text() and "telemetry: connected" in self.text() and
              "events: connected" in self.text(), "gengfu-ingest to be connected", self)


def _wait(condition, what: str, process=None, pause: float = 0.01):
    end = time.monotonic() + _PATIENCE
    while not condition():
        if process is not None:
            process.check()
        if time.monotonic() > end:
            raise MeasureError(f"{what}: not within {_PATIENCE:.0f} s")
        time.sleep(pause)


class _Wide(Broker):
    """The shipped broker with a window as wide as a batch, as docs/ingest.md advises."""

    def __init__(self, folder: pathlib.Path):
        super().__init__(folder)
        self.end()
        settings = folder / "broker.conf"
        settings.write_text(settings.read_text().replace("max_inflight_messages 100", "max_inflight_messages 2000"))
        Process.__init__(self, ["mosquitto", "-c", settings], folder / "broker.log")
        _wait(lambda: socket.socket().connect_ex(("127.0.0.1", self.port)) == 0, "mosquitto to listen", self)


def _message(producer, feed_schema):
    """100 samples of 100 points, all steps and good: what a gateway of a hundred registers sends."""
    batch = feed_schema.Batch(catalogue_hash=producer.hash)
    batch.start.CopyFrom(producer._time(producer.wall_us))
    number = producer.sequences[2]
    batch.alias_delta.extend([1] * _SAMPLES)
    batch.delta_us.extend([0] + [120] * (_SAMPLES - 1))
    batch.step_delta.extend((number * 37 + i * 11) % 4096 for i in range(_SAMPLES))
    producer.wall_us += 1_000_000
    return producer._record(2, "tele", batch=batch)


def _visible(connection, latencies, published, stop):
    """Looks for each alarm event from its publication until its row is there."""
    seen = 0
    while not stop.is_set() or seen < len(published):
        highest = connection.execute("SELECT coalesce(max(sequence), 0) FROM governance.alarm_event "
                                     "WHERE gateway = 'gw-alarm'").fetchone()[0]
        now = time.monotonic()
        while seen < len(published) and published[seen][0] <= highest:
            latencies.append((now - published[seen][1]) * 1000)
            seen += 1
        time.sleep(0.002)


def _settings() -> dict:
    """What config/database/postgresql.conf says, as a server would read it."""
    lines = (line.partition("#")[0] for line in _DATABASE.read_text().splitlines())
    return {name.strip(): value.strip() for name, found, value in (line.partition("=") for line in lines) if found}


def _run_in(postgres):
    """A server that has been running keeps the segments of its write-ahead log and writes into them again; a new cluster
    has none, and makes each (16 MB of zeros and an fsync) while every commit waits."""
    for _ in range(1024):
        postgres.query("SELECT pg_logical_emit_message(false, 'bench', repeat('x', 1048576))")
    postgres.query("CHECKPOINT")
    postgres.query("CHECKPOINT")


class _Alarms:
    """Publishes an alarm every 20 ms while a block runs; `latencies` are the ms until each was a visible row."""

    def __init__(self, client, producer, uri: str):
        self.latencies, self._sent = [], []
        self._client, self._producer, self._uri = client, producer, uri
        self._stop, self._all_sent = threading.Event(), threading.Event()

    def _publish(self):
        while not self._stop.is_set():
            _, (topic, payload) = self._producer.transition("RAISED")
            self._sent.append((self._producer.sequences[1], time.monotonic()))
            self._client.publish(topic, payload, qos=1)
            time.sleep(_ALARM_EVERY)
        self._all_sent.set()

    def _watch(self):
        import psycopg
        with psycopg.connect(self._uri, autocommit=True) as connection:
            _visible(connection, self.latencies, self._sent, self._all_sent)

    def __enter__(self):
        self._threads = [threading.Thread(target=self._publish), threading.Thread(target=self._watch)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join(60)

    def figures(self, load: str) -> list:
        return [Figure(f"alarm to visible row p50, {load}", percentile(self.latencies, 0.5), "ms"),
                Figure(f"alarm to visible row p99, {load}", percentile(self.latencies, 0.99), "ms", None, 150),
                Figure(f"alarm to visible row max, {load}", max(self.latencies), "ms"),
                Figure(f"alarms measured, {load}", len(self.latencies), "events")]


def _paced(programs, folder, broker, postgres, alarms, client, batches, samples) -> list:
    """Telemetry comes at the goal's own rate, through the broker, for as long as `batches` last."""
    file = folder / "paced"
    with file.open("wb") as stream:
        for topic, payload in batches:
            stream.write(struct.pack("<II", len(topic), len(payload)) + topic.encode() + payload)
    count = len(batches)
    with Ingest(programs, folder, broker, postgres.uri) as ingest:
        before = samples()
        load = Process([sys.executable, "-B", ROOT / "tools/bench_support/paced_publisher.py", broker.port, _GOAL / _SAMPLES,
                        file], folder / "paced.log")
        with load:
            load.wait_for_text("begins")
            begun, cpu = time.monotonic(), ingest.cpu_seconds()
            with _Alarms(client, alarms, postgres.uri) as watched:
                _wait(lambda: samples() - before >= count * _SAMPLES, "the paced samples", ingest, pause=0.2)
                seconds, cpu = time.monotonic() - begun, ingest.cpu_seconds() - cpu
    total = count * _SAMPLES
    return [Figure("ingest samples, paced", total / seconds, "/s"),
            Figure("ingest own CPU a sample, paced", cpu / total * 1e6, "us", None, 0.5), *watched.figures("paced")]


def _chunks(connection, rows: int):
    """The rows that ingest wrote, as the same binary COPY takes them, `rows` a commit."""
    columns = 'hour, epoch, sequence, gateway, block, quality, offsets, points, "values"'
    total = connection.execute("SELECT count(*) FROM governance.sample_recent").fetchone()[0]
    out = []
    for offset in range(0, total, rows):
        with connection.cursor().copy(f"COPY (SELECT {columns} FROM governance.sample_recent ORDER BY gateway, sequence "
                                      f"OFFSET {offset} LIMIT {rows}) TO STDOUT (FORMAT binary)") as copy:
            out.append(b"".join(copy))
    return f"COPY governance.sample_recent ({columns}) FROM STDIN (FORMAT binary)", out, total


def _bare(connection, rows: int) -> float:
    """Samples a second of a bare binary COPY of the same rows into the same table."""
    sql, chunks, total = _chunks(connection, rows)
    begun = time.monotonic()
    for chunk in chunks:
        with connection.cursor().copy(sql) as copy:
            copy.write(chunk)
    return total * _SAMPLES / (time.monotonic() - begun)


def measure(programs: Programs, folder: pathlib.Path, quick: bool) -> list:
    """:return: throughput, own CPU, the share of a bare COPY, and an alarm's way under that load"""
    import psycopg
    from support.postgres import TemporaryPostgres
    from support.producer import Producer, connect
    from support.schema import feed as feed_schema

    messages = 30_000 if quick else 120_000
    for way in (folder.parent.parent, folder.parent, folder):
        way.chmod(0o755)  # PostgreSQL does not run as root
    with TemporaryPostgres(folder / "pg", _settings()) as postgres, _Wide(folder) as broker:
        subprocess.run([programs.find("gengfu-ingest"), "--database", postgres.uri, "migrate"], check=True,
                       stdout=subprocess.DEVNULL)
        _run_in(postgres)
        producers = [Producer(f"gw-{i:02}", 0xB0 + i, points=_SAMPLES) for i in range(_GATEWAYS)]
        alarms = Producer("gw-alarm", 0xA1)
        client = connect(broker.port, "bench-publisher", window=1000)

        def publish(messages):
            """A thousand at a time: paho looks through all that wait for each that is acknowledged."""
            messages = iter(messages)
            while part := list(itertools.islice(messages, 1000)):
                infos = [client.publish(*one, qos=1) for one in part]
                _wait(lambda: all(info._published for info in infos), "the broker to take all messages")

        def batches(count: int):
            return (_message(producers[i % _GATEWAYS], feed_schema) for i in range(count))

        def samples() -> int:
            # By the ledger: counting the samples themselves would take a processor from what is measured.
            return _SAMPLES * int(postgres.query("SELECT coalesce(sum(upper(held) - lower(held)), 0) FROM governance.ledger, "
                                                 "unnest(ranges) AS held WHERE stream = 2")[0][0])

        with Ingest(programs, folder, broker, postgres.uri) as ingest:
            publish(one for producer in [*producers, alarms] for one in (producer.birth(), producer.catalogue()))
            publish(batches(_GATEWAYS))
            _wait(lambda: samples() == _GATEWAYS * _SAMPLES, "the first samples", ingest)
        # The feed waits at the broker, so that who publishes it takes no processor from what is measured.
        publish(batches(messages))
        total = (messages + _GATEWAYS) * _SAMPLES
        with Ingest(programs, folder, broker, postgres.uri) as ingest, _Alarms(client, alarms, postgres.uri) as unpaced:
            begun, cpu, before = time.monotonic(), ingest.cpu_seconds(), samples()
            _wait(lambda: samples() >= total, "the waiting samples", ingest)
            seconds, cpu = time.monotonic() - begun, ingest.cpu_seconds() - cpu
        with psycopg.connect(postgres.uri, autocommit=True) as connection:
            stored = connection.execute("SELECT sum(cardinality(points)) FROM governance.sample_recent").fetchone()[0]
            if stored != total:
                raise MeasureError(f"{stored} samples are in the table, {total} were published")
            bare = _bare(connection, 200)
        paced = _paced(programs, folder, broker, postgres, alarms, client, list(batches(messages // 2)), samples)
        client.disconnect()
        client.loop_stop()
    drained = total - before
    rate = drained / seconds
    return [
        Figure("ingest samples (reference: bare COPY)", rate, "/s", bare, _GOAL, higher_is_better=True),
        Figure("ingest share of a bare COPY", rate / bare, "", None, 0.4, higher_is_better=True),
        Figure("ingest own CPU a sample", cpu / drained * 1e6, "us", None, 0.5),
        *unpaced.figures("unpaced"),
        *paced,
    ]
