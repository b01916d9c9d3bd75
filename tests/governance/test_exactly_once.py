"""Every record once, whatever is killed: what was produced is counted, and read back value by value."""
import collections
import random
import threading
import time

import pytest

from support.ingest import Ingest
from support.producer import Producer, connect
from support.waiting import wait_for


class Load:
    """Several made-up gateways that publish batches and alarms until they are stopped."""

    def __init__(self, port: int, gateways: int = 3, pause: float = 0.01):
        self.producers = [Producer(f"gw-load-{i}", 0xA000000000000001 + i) for i in range(gateways)]
        self._clients = [connect(port, producer.gateway) for producer in self.producers]
        self._stop = threading.Event()
        self._pause = pause
        self._pending = [[] for _ in self.producers]
        self._threads = []

    def begin(self):
        """When somebody listens: a broker keeps nothing for nobody."""
        for producer, client in zip(self.producers, self._clients):
            client.publish(*producer.birth(), qos=1, retain=True)
            client.publish(*producer.catalogue(), qos=1)
        self._threads = [threading.Thread(target=self._run, args=(i,)) for i in range(len(self.producers))]
        for thread in self._threads:
            thread.start()

    def _run(self, i: int):
        producer, client = self.producers[i], self._clients[i]
        choose = random.Random(i)
        standing = []
        while not self._stop.is_set():
            self._pending[i].append(client.publish(*producer.batch(), qos=1))
            if choose.random() < 0.2:
                if standing and choose.random() < 0.5:
                    _, message = producer.transition("CLEARED", standing.pop(), over=True, active=False)
                else:
                    alarm, message = producer.transition("RAISED")
                    standing.append(alarm)
                self._pending[i].append(client.publish(*message, qos=1))
            self._stop.wait(self._pause)

    def stop(self):
        """Ends the load; waits until the broker has everything."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
        for pending in self._pending:
            for info in pending:
                wait_for(lambda: info._published, "the broker to have taken a message", 60)

    def send_again(self):
        """What a gateway does with what no confirmation names: everything once more, under its own identity."""
        for producer, client in zip(self.producers, self._clients):
            for topic, payload in list(producer.sent.values()):
                client.publish(topic.replace("/tele", "/hist"), payload, qos=1)

    def close(self):
        self._stop.set()
        for client in self._clients:
            client.disconnect()
            client.loop_stop()

    def judge(self, db):
        """Asserts that nothing is lost or doubled; returns what was counted."""
        counted = collections.Counter()
        for producer in self.producers:
            producer.wait_all_in(db)
            lost, doubled, wrong = producer.difference(db)
            assert (len(lost), len(doubled), len(wrong)) == (0, 0, 0), (lost[:3], doubled[:3], wrong[:3])
            events = db.query("SELECT count(*), count(DISTINCT (epoch, sequence)) FROM governance.alarm_event "
                              "WHERE gateway = %s", producer.gateway)[0]
            transitions = sum(1 for stream, _ in producer.sent if stream == 1) - 1  # the catalogue
            assert events == (transitions, transitions)
            states = db.query("SELECT alarm, revision FROM governance.alarm WHERE gateway = %s", producer.gateway)
            assert dict(states) == {alarm: state.revision for alarm, state in producer.alarms.items()}
            counted.update(samples=len(producer.expected), events=transitions, records=len(producer.sent))
        return counted


@pytest.fixture
def load(broker, closing):
    return closing(Load(broker.port))


def _until(producer, count: int):
    wait_for(lambda: producer.sequences[2] >= count, f"{count} batches produced")


def test_what_is_published_is_in_the_database_value_by_value(ingest, database, load):
    ingest.start()
    load.begin()
    _until(load.producers[0], 60)
    load.stop()
    counted = load.judge(database)
    assert counted["samples"] > 3000 and counted["events"] > 10
    around = database.query("SELECT evidence -> 'samples' FROM governance.alarm_event WHERE kind = 1 LIMIT 1")[0][0]
    assert [s["value"] for s in around] == ["NaN", 320], "how it came to an alarm, with the reading that failed"
    assert database.query("SELECT count(*) FROM governance.quarantine") == [(0,)]
    assert database.query("SELECT count(*) FROM governance.parked") == [(0,)]


def test_ingest_killed_under_load(ingest, database, load):
    ingest.start()
    load.begin()
    for kill in range(1, 5):
        _until(load.producers[0], load.producers[0].sequences[2] + 30)
        ingest.kill()
        ingest.start()
    _until(load.producers[0], load.producers[0].sequences[2] + 30)
    load.stop()
    load.judge(database)


def test_killed_while_each_gateway_is_claimed_by_itself(folder, closing, database, broker, load):
    """As where tables are distributed by gateway."""
    ingest = closing(Ingest(folder, database.uri, broker.port, database="distributed = true"))
    ingest.start()
    load.begin()
    _until(load.producers[0], 40)
    ingest.kill()
    ingest.start()
    _until(load.producers[0], load.producers[0].sequences[2] + 40)
    load.stop()
    load.judge(database)
    load.send_again()
    records = sum(len(producer.sent) for producer in load.producers)
    wait_for(lambda: ingest.figure("duplicates_total", "telemetry") + ingest.figure("duplicates_total", "events") >= records,
             "everything to have come again")
    load.judge(database)


def test_sent_again_whole_is_left_out(ingest, database, load):
    ingest.start()
    load.begin()
    _until(load.producers[0], 40)
    load.stop()
    load.judge(database)
    load.send_again()
    records = sum(len(producer.sent) for producer in load.producers)
    wait_for(lambda: ingest.figure("duplicates_total", "telemetry") + ingest.figure("duplicates_total", "events") >= records,
             "everything to have come again")
    load.judge(database)


def test_postgresql_killed_under_load(folder, closing, private_database, broker, load):
    ingest = closing(Ingest(folder, private_database.uri, broker.port))
    ingest.start()
    load.begin()
    for kill in range(3):
        _until(load.producers[0], load.producers[0].sequences[2] + 30)
        private_database.postgres.kill9()
        wait_for(lambda: "nothing is lost" in ingest.get("/healthz")[1] or ingest.get("/healthz")[0] == 503,
                 "ingest to say that the database is away")
        private_database.postgres.start()
        wait_for(ingest.is_well, "ingest to find the database again")
    _until(load.producers[0], load.producers[0].sequences[2] + 30)
    load.stop()
    load.judge(private_database)


def _database_away(folder, closing, private_database, broker, load, seconds: float):
    ingest = closing(Ingest(folder, private_database.uri, broker.port))
    ingest.start()
    load.begin()
    _until(load.producers[0], 30)
    private_database.postgres.stop()
    wait_for(lambda: ingest.get("/healthz")[0] == 503, "ingest to say that the database is away")
    end = time.monotonic() + seconds
    wait_for(lambda: time.monotonic() > end, "the outage to last", seconds + 5)
    read = ingest.figure("messages_total", "telemetry")
    _until(load.producers[0], load.producers[0].sequences[2] + 20)
    assert ingest.figure("messages_total", "telemetry") == read, "it goes on reading without a database"
    assert "reads nothing more until the database takes it" in ingest.log()
    private_database.postgres.start()
    wait_for(ingest.is_well, "ingest to find the database again", 60)
    load.stop()
    load.judge(private_database)


def test_database_away_for_a_while(folder, closing, private_database, broker, load):
    _database_away(folder, closing, private_database, broker, load, 6)


@pytest.mark.full
def test_database_away_for_five_minutes(folder, closing, private_database, broker, load):
    _database_away(folder, closing, private_database, broker, load, 300)


def test_broker_killed_under_load(ingest, database, broker, load):
    """A broker without a queue on disk loses what it had acknowledged: the gateways' own outbox, which no confirmation
    has emptied, covers that."""
    ingest.start()
    load.begin()
    for kill in range(2):
        _until(load.producers[0], load.producers[0].sequences[2] + 30)
        broker.kill()
        broker.start()
        wait_for(ingest.is_well, "ingest to find the broker again", 60)
    _until(load.producers[0], load.producers[0].sequences[2] + 30)
    load.stop()
    load.send_again()
    load.judge(database)


def test_two_instances_share_and_one_is_killed(folder, closing, database, broker, load):
    shared = 'share = "governance-db"'
    pair = [closing(Ingest(folder, database.uri, broker.port, name=f"ingest-{i}", mqtt=shared)) for i in (1, 2)]
    for one in pair:
        one.start()
    load.begin()
    _until(load.producers[0], 80)
    wait_for(lambda: all(one.figure("records_total", "telemetry") > 10 for one in pair), "both to take their share")
    pair[1].kill()
    _until(load.producers[0], load.producers[0].sequences[2] + 60)
    pair[1].start()  # with its own name: what the broker dealt to it waits there
    _until(load.producers[0], load.producers[0].sequences[2] + 30)
    load.stop()
    load.judge(database)


def test_two_instances_of_one_client_id_are_told(folder, closing, database, broker):
    first = closing(Ingest(folder, database.uri, broker.port))
    first.start()
    second_folder = folder / "second"
    second_folder.mkdir()
    second = closing(Ingest(second_folder, database.uri, broker.port))
    second.launch()
    words = 'another gengfu-ingest with client_id "ingest-1" is connected to this database'

    def told():
        try:
            return words in second.get("/healthz")[1]
        except OSError:
            return False
    wait_for(told, "the second to say so")
    assert second.get("/healthz")[0] == 503 and second.log().count(words) == 1 and words not in first.log()
    first.stop()
    wait_for(second.is_well, "the second to be well without the first")
    assert "client_id ingest-1 is this instance's alone now" in second.log()
