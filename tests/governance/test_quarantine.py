"""What cannot be stored is bounded: the first are kept whole, the rest is counted, and who sends it is shown."""
import pytest

from support.database import GATEWAY, cluster, db, empty  # noqa: F401
from support.producer import BASE, Producer, connect
from support.waiting import wait_for

BIG = 400_000


@pytest.fixture
def small_room(db):
    db.execute("UPDATE governance.setting SET value = '1' WHERE name = 'quarantine_of_gateway'")
    db.execute("UPDATE governance.setting SET value = '2' WHERE name = 'quarantine_in_all'")
    yield
    db.execute("UPDATE governance.setting SET value = '8' WHERE name = 'quarantine_of_gateway'")
    db.execute("UPDATE governance.setting SET value = '256' WHERE name = 'quarantine_in_all'")


def _put(db, *messages):
    """(gateway, sequence or None, payload): how many were only counted."""
    rows = [(gateway, None if sequence is None else 7, None if sequence is None else 2, sequence, f"t/{gateway}", f"why {n}", payload)
            for n, (gateway, sequence, payload) in enumerate(messages)]
    return db.execute("SELECT governance.put_quarantine(%s::text[], %s::int8[], %s::int2[], %s::int8[], %s::text[], %s::text[], "
                      "%s::bytea[])", [list(column) for column in zip(*rows)]).fetchone()[0]


def _tally(db):
    return db.execute("SELECT gateway, told, kept, only_counted FROM governance.offender ORDER BY gateway").fetchall()


def _kept(db):
    return db.execute("SELECT gateway, sequence FROM governance.quarantine ORDER BY number").fetchall()


def test_the_first_are_kept_and_the_rest_counted(db, small_room):
    db.execute("SELECT governance.heard('{gw-a,gw-b,gw-c}')")
    assert _put(db, *[("gw-a", n, b"x" * BIG) for n in range(1, 5)]) == 2
    assert _kept(db) == [("gw-a", 1), ("gw-a", 2)] and _tally(db) == [("gw-a", 4, 2, 2)]
    assert _put(db, ("gw-a", 9, b"small")) == 0, "there is room for a small one"
    assert _put(db, ("gw-b", 1, b"y" * BIG), ("gw-c", 1, b"y" * BIG), ("gw-b", 2, b"y" * BIG), ("gw-c", 2, b"y" * BIG)) == 1
    assert _tally(db) == [("gw-a", 5, 3, 2), ("gw-b", 2, 2, 0), ("gw-c", 2, 1, 1)], "all together have a bound, too"
    db.execute("DELETE FROM governance.quarantine WHERE gateway = 'gw-a'")
    assert _put(db, ("gw-c", 3, b"y" * BIG)) == 0, "what is deleted makes room"
    assert _tally(db) == [("gw-a", 5, 0, 2), ("gw-b", 2, 2, 0), ("gw-c", 3, 2, 1)]
    assert db.execute("SELECT kept_bytes FROM governance.quarantine_tally WHERE gateway = 'gw-a'").fetchone() == (0,)
    db.execute("TRUNCATE governance.quarantine")
    assert db.execute("SELECT sum(kept), sum(kept_bytes) FROM governance.quarantine_tally").fetchone() == (0, 0)


def test_all_that_are_not_known_share_one_room_and_are_named(db, small_room):
    assert _put(db, *[(f"gw-{n}", None, bytes([n]) * BIG) for n in range(5)]) == 3
    assert _tally(db) == [("", 5, 2, 3)]
    assert db.execute("SELECT is_known, names, last_topic, last_reason FROM governance.offender").fetchone() == \
        (False, ["gw-0", "gw-1"], "t/gw-4", "why 4")
    db.execute("SELECT governance.heard('{gw-0}')")  # it was one after all
    db.execute("DELETE FROM governance.quarantine WHERE gateway = 'gw-0'")
    assert _tally(db) == [("", 5, 1, 3)]


def test_the_same_without_an_identity_is_kept_and_counted_once(db):
    assert _put(db, ("", None, b"?"), ("", None, b"?"), ("", None, b"!")) == 0
    assert _put(db, ("", None, b"?"), (GATEWAY, None, b"?")) == 0
    assert _tally(db) == [("", 3, 3, 0)]
    assert _put(db, (GATEWAY, 1, b"?"), (GATEWAY, 2, b"?")) == 0, "records are never the same"
    assert _tally(db) == [("", 5, 5, 0)]


def test_retention_makes_room_and_forgets(db):
    _put(db, ("gw-old", None, b"?"))
    db.execute("SELECT governance.retain(now() + interval '91 days')")
    assert _kept(db) == [] and _tally(db) == []


def test_what_was_kept_before_is_counted(empty):
    from support.database import ingest
    import psycopg
    ingest(empty, "migrate", "up", "--to", "6")
    with psycopg.connect(empty, autocommit=True) as connection:
        connection.execute("SELECT governance.heard('{gw-a}')")
        connection.execute("INSERT INTO governance.quarantine (gateway, topic, reason, payload) VALUES ('gw-a', '', '', '1'), "
                           "('gw-a', '', '', '2'), ('gw-x', '', '', '3')")
        ingest(empty, "migrate")
        assert _tally(connection) == [("", 1, 1, 0), ("gw-a", 2, 2, 0)]
        ingest(empty, "migrate", "down", "--to", "6", "--yes")
        assert connection.execute("SELECT count(*) FROM governance.quarantine").fetchone() == (3,)


def test_a_flood_is_counted_and_told_once_and_does_not_stop_the_rest(ingest, database, broker, closing):
    database.query("UPDATE governance.setting SET value = '1' WHERE name = 'quarantine_of_gateway'")
    ingest.start()
    client = connect(broker.port, "test-publisher")
    producer = Producer("gw-well", 0x600D)
    messages = [producer.birth(), producer.catalogue(), *[producer.batch() for _ in range(10)]]
    flood = [(f"{BASE}/gw-flood-{n % 50}/tele", b"\xff%d" % n + b"?" * 1_000) for n in range(3_000)]
    for message in [*flood[:1_500], *messages, *flood[1_500:]]:
        client.publish(*message, qos=1)
    producer.wait_all_in(database)
    wait_for(lambda: database.query("SELECT told FROM governance.offender WHERE gateway = ''") == [(3_000,)], "all to be counted")
    kept, only_counted = database.query("SELECT kept, only_counted FROM governance.offender WHERE gateway = ''")[0]
    assert 500 < kept < 1_100 and kept + only_counted == 3_000
    assert kept == database.query("SELECT count(*) FROM governance.quarantine")[0][0]
    assert producer.difference(database) == ([], [], [])
    assert ingest.figure("quarantined_total", "telemetry") == 3_000
    assert ingest.figure("quarantine_only_counted_total", "telemetry") == only_counted
    wait_for(lambda: "quarantine: 3000 messages of unknown gateways (gw-flood-0, " in ingest.get("/healthz")[1], "healthz to name them", 40)
    status, text = ingest.get("/healthz")
    assert status == 200 and text.startswith("ok\n") and f"({only_counted} of them only counted)" in text
    assert 'gengfu_ingest_offender_messages{gateway=""} 3000' in ingest.get("/metrics")[1]
    assert 1 <= ingest.log().count("messages cannot be stored") <= 3, "a flood is no flood in the log"
    client.disconnect()
    client.loop_stop()
