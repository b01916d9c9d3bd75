"""What a platform meets: poison, unknown catalogues, a database from a backup, alarms that ended unseen."""
import random
import shutil
import subprocess

import pytest

from support.ingest import Ingest
from support.producer import BASE, Producer, signed
from support.schema import feed as feed_schema
from support.waiting import wait_for


def _count(db, table: str) -> int:
    return db.query(f"SELECT count(*) FROM governance.{table}")[0][0]


def test_a_poison_message_does_not_stop_the_rest(ingest, database, client):
    ingest.start()
    producer = Producer("gw-poison", 0xFEED)
    client.send(producer.birth(), producer.catalogue())
    for _ in range(5):
        client.send(producer.batch())
    topic, payload = producer.batch()
    producer.sent.pop((2, producer.sequences[2]))  # this one is spoiled below: its samples must not come
    for i in range(20):
        producer.expected.pop((producer.point(i % 10 + 1), producer.wall_us - 20_000 + i * 1000))
    envelope = feed_schema.Envelope.FromString(payload)
    envelope.record.batch.alias_delta[3] = 4_000
    envelope.record.batch.alias_delta[4] -= 4_000
    raised, message = producer.transition("RAISED")
    nothing, unstorable = producer.transition("RAISED")
    producer.alarms.pop(nothing)
    spoiled_event = feed_schema.Envelope.FromString(unstorable[1])
    spoiled_event.record.transition.alarm.title.en = "a NUL \0 that jsonb cannot hold"
    client.send((topic, envelope.SerializeToString()), (f"{BASE}/gw-poison/tele", b"\xff\xff\xff"),
                (f"{BASE}/gw-poison/event", b"{\"record\":"), (unstorable[0], spoiled_event.SerializeToString()), message)
    for _ in range(5):
        client.send(producer.batch())
    producer.wait_all_in(database)
    wait_for(lambda: _count(database, "quarantine") == 4, "four messages in quarantine")
    assert producer.difference(database) == ([], [], [])
    assert database.query("SELECT alarm FROM governance.alarm WHERE gateway = %s", "gw-poison") == [(raised,)]
    reasons = [reason for reason, in database.query("SELECT reason FROM governance.quarantine ORDER BY number")]
    assert any("4003 is no number of its catalogue" in reason for reason in reasons), reasons
    assert sum("cannot be read" in reason for reason in reasons) == 2, reasons
    # What could not be stored is committed all the same: sent again, it is known.
    client.send((topic, envelope.SerializeToString()))
    wait_for(lambda: ingest.figure("duplicates_total", "telemetry") == 1, "the poison to be known")
    assert _count(database, "quarantine") == 4


def test_a_batch_without_its_catalogue_waits_and_the_catalogue_is_asked_for(ingest, database, client, listener):
    ingest.start()
    producer = Producer("gw-late", 0xCAFE)
    client.send(producer.birth(), *[producer.batch() for _ in range(10)])
    wait_for(lambda: _count(database, "parked") == 10, "the batches to be parked")
    asked = wait_for(lambda: listener.command("gw-late", "rebirth"), "rebirth to be asked")
    assert asked.catalogue_hash == producer.hash and asked.on_behalf_of == "governance-db" and asked.id
    assert asked.expires.wall_us > asked.issued.wall_us
    # Parked is committed: the gateway need not send it again.
    wait_for(lambda: (2, 1, 10) in listener.confirmed("gw-late", 0xCAFE), "the parked batches to be confirmed")
    part = feed_schema.Envelope(catalogue=producer.catalogue_part()).SerializeToString()
    client.send((f"{producer.base}/catalogue/0", part))
    wait_for(lambda: _count(database, "parked") == 0, "the parked batches to find their place")
    assert producer.difference(database) == ([], [], [])


def test_ranges_are_confirmed_after_an_announcement(ingest, database, client, listener):
    ingest.start()
    producer = Producer("gw-told", 0xBEEF)
    client.send(producer.birth(), producer.catalogue(), *[producer.batch() for _ in range(7)])
    wait_for(lambda: (2, 1, 7) in listener.confirmed("gw-told", 0xBEEF), "the batches to be confirmed")
    wait_for(lambda: (1, 1, 1) in listener.confirmed("gw-told", 0xBEEF), "the catalogue to be confirmed")
    assert not listener.confirms("gw-told")[0].ranges, "a consumer that starts says so first"
    count = len(listener.confirms("gw-told"))
    ingest.stop()
    ingest.start()  # says to those it knows what it has, without having heard of them
    wait_for(lambda: len(listener.confirms("gw-told")) >= count + 2, "the announcement of the next life")
    assert not listener.confirms("gw-told")[count].ranges


def test_an_alarm_that_a_birth_no_longer_lists_is_closed(ingest, database, client):
    ingest.start()
    producer = Producer("gw-born", 0xB0B)
    first, raised = producer.transition("RAISED")
    second, other = producer.transition("RAISED")
    client.send(producer.catalogue(), raised, other)
    wait_for(lambda: _count(database, "alarm") == 2, "both alarms")
    client.send(producer.birth(standing=[second]))
    wait_for(lambda: database.query("SELECT is_over, superseded FROM governance.alarm WHERE alarm = %s", first) == [(True, True)],
             "the alarm that is not listed to be closed")
    assert database.query("SELECT is_over FROM governance.alarm WHERE alarm = %s", second) == [(False,)]
    assert ingest.figure("superseded_total") == 1


def test_a_database_from_a_backup_asks_for_what_it_lacks(folder, closing, private_database, broker, client, listener):
    """A copy of the files is put back: the ledger is older than what gateways were told."""
    postgres = private_database.postgres
    ingest = closing(Ingest(folder, private_database.uri, broker.port))
    ingest.start()
    known, later = Producer("gw-known", 0xAAA1), Producer("gw-later", 0xAAA2)
    client.send(known.birth(), known.catalogue(), *[known.batch() for _ in range(20)])
    known.wait_all_in(private_database)
    ingest.stop()
    postgres.stop()
    backup = folder / "backup"
    subprocess.run(["cp", "-a", str(postgres.folder / "data"), str(backup)], check=True)
    postgres.start()
    ingest.start()
    client.send(*[known.batch() for _ in range(20)], later.birth(), later.catalogue(), *[later.batch() for _ in range(20)])
    for producer in (known, later):
        producer.wait_all_in(private_database)
    wait_for(lambda: (2, 1, 40) in listener.confirmed("gw-known", 0xAAA1), "everything to be confirmed")
    state = folder / "ingest-1.state"
    written = state.read_text()
    wait_for(lambda: state.read_text() != written, "the database to be remembered")
    postgres.kill9()
    shutil.rmtree(postgres.folder / "data")
    subprocess.run(["cp", "-a", str(backup), str(postgres.folder / "data")], check=True)
    (postgres.folder / "data" / "postmaster.pid").unlink(missing_ok=True)
    postgres.start()

    def answer(producer):
        """As a gateway: sends what it holds and the ranges do not name."""
        command = wait_for(lambda: listener.command(producer.gateway, "resend"), f"resend of {producer.gateway}", 60)
        assert command.consumer == "governance-db" and not command.ranges
        has = {(r.stream, number) for r in command.except_ranges if r.epoch == producer.epoch
               for span in r.ranges for number in range(span.first, span.last + 1)}
        client.send(*[(topic.replace("/tele", "/hist"), payload) for key, (topic, payload) in producer.sent.items()
                      if key not in has])
        return has

    assert len(answer(known)) == 21, "what the backup has is not asked for"
    assert not listener.command("gw-later", "resend"), "the backup does not know this gateway"
    client.send(later.birth())  # it connects, or the broker has kept this
    assert not answer(later)
    for producer in (known, later):
        producer.wait_all_in(private_database)
        assert producer.difference(private_database) == ([], [], [])
    assert "restored or replaced" in ingest.log()


def _tables(db, gateways):
    """All that the records of these gateways left, but for when it came."""
    queries = [
        "SELECT point.point, sample.at, sample.value, sample.quality FROM governance.sample JOIN governance.point "
        "USING (gateway, number) WHERE gateway = %s ORDER BY 1, 2, 3, 4",
        "SELECT alarm, start, revision, sequence, active, is_over, superseded, severity FROM governance.alarm WHERE gateway = %s "
        "ORDER BY alarm",
        "SELECT epoch, sequence, alarm, revision, kind FROM governance.alarm_event WHERE gateway = %s ORDER BY 1, 2",
        "SELECT epoch, stream, start, ranges::text FROM governance.ledger WHERE gateway = %s ORDER BY 1, 2",
        "SELECT device, point, unit FROM governance.point WHERE gateway = %s ORDER BY 1, 2",
        "SELECT birth_start, birth_as_of, birth_alarms FROM governance.gateway WHERE gateway = %s",
    ]
    return [db.query(query, gateway) for gateway in gateways for query in queries]


def _two_sessions(choose):
    """Messages of two runs of each of two gateways, with alarms that the second run takes over."""
    messages, producers = [], []
    for gateway in ("gw-a", "gw-b"):
        first = Producer(gateway, choose.getrandbits(64) | 1, start=1, wall_us=1_790_000_000_000_000)
        second = Producer(gateway, choose.getrandbits(64) | 1, start=2, wall_us=1_790_000_100_000_000)
        second.hash = first.hash
        alarms = []
        messages.append(first.catalogue())
        for _ in range(12):
            messages.append(first.batch())
            if choose.random() < 0.5:
                alarm, message = first.transition("RAISED")
                alarms.append(alarm)
                messages.append(message)
        messages.append(first.birth(standing=alarms))
        second.alarms = dict(first.alarms)
        for alarm in alarms[::2]:
            messages.append(second.transition("CLEARED", alarm, over=choose.random() < 0.7, active=False)[1])
        messages += [second.batch() for _ in range(12)]
        messages.append(second.birth(standing=alarms[1::4]))
        producers += [first, second]
    return messages, producers


@pytest.mark.parametrize("seed", range(3))
def test_any_order_of_redelivered_batches_gives_the_same_tables(folder, closing, cluster, broker, client, seed):
    choose = random.Random(seed)
    messages, producers = _two_sessions(choose)
    results = []
    for turn in range(2):
        from conftest import Database
        db = Database(cluster, f"order_{seed}_{turn}")
        ingest = closing(Ingest(folder, db.uri, broker.port, name=f"order-{turn}", linger=f"{choose.choice([1, 20, 200])}ms"))
        ingest.start()
        order = list(messages)
        if turn:
            choose.shuffle(order)
            for _ in range(len(messages)):
                order.insert(choose.randrange(len(order)), choose.choice(messages))
        client.send(*order)
        for producer in producers:
            producer.wait_all_in(db)
        births = sum(topic.endswith("/birth") for topic, _ in order)
        wait_for(lambda: ingest.figure("messages_total", "presence") >= births, "all births")
        wait_for(lambda: _count(db, "parked") == 0, "nothing to be parked")
        ingest.stop()
        results.append(_tables(db, ("gw-a", "gw-b")))
        cluster.query(f'DROP DATABASE "{db.name}" WITH (FORCE)')
    for straight, shuffled in zip(*results):
        assert straight == shuffled
    lost = [producer.gateway for producer in producers if not producer.expected]
    assert not lost and results[0][0], "the test produced nothing"


def test_epochs_beyond_2_to_63_are_the_same_bits(ingest, database, client):
    ingest.start()
    producer = Producer("gw-high", 0xFFFFFFFFFFFFFFFE)
    client.send(producer.birth(), producer.catalogue(), producer.batch())
    producer.wait_all_in(database)
    assert database.query("SELECT DISTINCT epoch FROM governance.ledger") == [(signed(0xFFFFFFFFFFFFFFFE),)]
