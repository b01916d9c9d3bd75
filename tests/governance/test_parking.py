"""Batches that wait for their catalogue are bounded: what is beyond is not confirmed, so that its gateway keeps it."""
import psycopg
import pytest

from support.database import cluster, db, empty, ingest as run_ingest  # noqa: F401
from support.producer import Producer, connect
from support.waiting import wait_for

BIG = 400_000


@pytest.fixture
def small_room(db):
    db.execute("UPDATE governance.setting SET value = '1' WHERE name = 'parked_of_gateway'")
    db.execute("UPDATE governance.setting SET value = '2' WHERE name = 'parked_in_all'")
    yield
    db.execute("UPDATE governance.setting SET value = '8' WHERE name = 'parked_of_gateway'")
    db.execute("UPDATE governance.setting SET value = '256' WHERE name = 'parked_in_all'")


def _park(db, *batches):
    """(gateway, sequence, payload), as a transaction of gengfu-ingest does: how many were turned away."""
    gateways, sequences, payloads = (list(column) for column in zip(*batches))
    sevens = [7] * len(batches)
    with db.transaction():
        db.execute("SELECT governance.claim(%s::text[], %s::int8[], %s::int8[], %s::int2[], %s::int8[])",
                   [gateways, sevens, [1] * len(batches), [2] * len(batches), sequences])
        return db.execute("SELECT governance.park(%s::text[], %s::int8[], %s::int8[], %s::int8[], %s::text[], %s::bytea[])",
                          [gateways, sevens, sequences, [1] * len(batches), [f"h-{n}" for n in sequences], payloads]).fetchone()[0]


def _waiting(db):
    return db.execute("SELECT gateway, kept, turned_away, is_owed, last_hash FROM governance.waiting ORDER BY gateway").fetchall()


def _committed(db, gateway):
    return [tuple(row) for row in db.execute("SELECT first, last FROM governance.confirmed(%s) WHERE stream = 2", [gateway]).fetchall()]


def test_what_is_beyond_the_bound_is_not_committed(db, small_room):
    assert _park(db, *[("gw-a", n, b"x" * BIG) for n in range(1, 6)]) == 3
    assert _waiting(db) == [("gw-a", 2, 3, True, "h-5")] and _committed(db, "gw-a") == [(1, 2)]
    assert _park(db, ("gw-a", 4, b"small")) == 0, "there is room for a small one"
    assert _committed(db, "gw-a") == [(1, 2), (4, 4)]
    assert _park(db, ("gw-b", 1, b"y" * BIG), ("gw-b", 2, b"y" * BIG), ("gw-c", 1, b"y" * BIG), ("gw-c", 2, b"y" * BIG)) == 1
    assert _waiting(db) == [("gw-a", 3, 3, True, "h-5"), ("gw-b", 2, 0, False, ""), ("gw-c", 1, 1, True, "h-2")], \
        "all together have a bound, too"
    assert _committed(db, "gw-b") == [(1, 2)] and _committed(db, "gw-c") == [(1, 1)]
    db.execute("DELETE FROM governance.parked WHERE gateway = 'gw-a'")
    assert _park(db, ("gw-c", 2, b"y" * BIG)) == 0, "what goes makes room"
    assert _committed(db, "gw-c") == [(1, 2)]
    kept = "SELECT sum(kept), sum(kept_bytes) FROM governance.parked_tally"
    assert db.execute(kept).fetchone() == (4, 4 * (BIG + 300))
    db.execute("TRUNCATE governance.parked")
    assert db.execute(kept).fetchone() == (0, 0)


def test_what_a_gateway_sends_again_is_turned_away_again_and_nothing_else_of_it_is(db, small_room):
    _park(db, *[("gw-a", n, b"x" * BIG) for n in range(1, 4)])
    for _ in range(3):
        assert _park(db, ("gw-a", 3, b"x" * BIG)) == 1
    db.execute("SELECT governance.claim('{gw-a}', '{7}', '{1}', '{2}', '{9}')")  # a batch whose catalogue is known
    assert _committed(db, "gw-a") == [(1, 2), (9, 9)] and _waiting(db) == [("gw-a", 2, 4, True, "h-3")]


def test_trouble_names_it_and_retention_makes_room_and_forgets(db, small_room):
    db.execute("SELECT governance.heard('{gw-a}')")
    _park(db, *[("gw-a", n, b"x" * BIG) for n in range(1, 4)])
    what, = db.execute("SELECT what FROM governance.gateway_trouble WHERE gateway = 'gw-a'").fetchone()
    assert "batches parked, batches turned away" in what
    db.execute("SELECT governance.retain(now() + interval '32 days')")
    assert _waiting(db) == [("gw-a", 0, 1, True, "h-3")]
    assert db.execute("SELECT sequence, reason FROM governance.quarantine ORDER BY sequence").fetchall() == \
        [(1, "its catalogue h-1 never came"), (2, "its catalogue h-2 never came")]
    db.execute("SELECT governance.retain(now() + interval '91 days')")
    assert db.execute("SELECT count(*) FROM governance.parked_tally").fetchone() == (0,)


def test_what_was_parked_before_is_counted_and_stays(empty):
    run_ingest(empty, "migrate", "up", "--to", "8")
    with psycopg.connect(empty, autocommit=True) as connection:
        connection.execute("INSERT INTO governance.parked (gateway, epoch, sequence, start, hash, payload) "
                           "VALUES ('gw-a', 1, 1, 1, 'h', '1'), ('gw-a', 1, 2, 1, 'h', '22'), ('gw-b', 1, 1, 1, 'h', '333')")
        run_ingest(empty, "migrate")
        tally = "SELECT gateway, kept, kept_bytes FROM governance.parked_tally ORDER BY gateway"
        assert connection.execute(tally).fetchall() == [("gw-a", 2, 603), ("gw-b", 1, 303)]
        run_ingest(empty, "migrate", "down", "--to", "8", "--yes")
        assert connection.execute("SELECT count(*) FROM governance.parked").fetchone() == (3,)
        connection.execute("DELETE FROM governance.parked")
        connection.execute("SELECT governance.retain()")


def _reason_of_abandoned(connection):
    return connection.execute("SELECT col_description('governance.abandoned'::regclass, attnum) FROM pg_attribute "
                              "WHERE attrelid = 'governance.abandoned'::regclass AND attname = 'reason'").fetchone()[0]


def test_the_reasons_of_abandoned_records_are_those_that_gateways_say(db):
    for reason in ("size-limit", "disk-full", "damaged", "memory-full", "end-of-run"):
        assert reason in _reason_of_abandoned(db)
    assert "power-cut" not in _reason_of_abandoned(db)


def test_invented_catalogues_fill_nothing_and_a_true_one_loses_nothing(ingest, database, broker, listener):
    """A gateway whose catalogue comes too late for all that it sends, beside one that never has any, beside one that is well."""
    database.query("UPDATE governance.setting SET value = '1' WHERE name = 'parked_of_gateway'")
    ingest.start()
    client = connect(broker.port, "test-publisher")
    late, broken, well = Producer("gw-late", 0x1A7E), Producer("gw-broken", 0xBAD), Producer("gw-well", 0x600D)

    def send(*messages):
        for message in messages:
            client.publish(*message, qos=1)

    def batches(producer, count):
        for n in range(count):
            if producer is broken:
                producer.hash = f"invented-{n}"
            send(producer.batch(samples=5_000))

    send(late.birth(), late.state(), broken.birth(), broken.state(), well.birth(), well.catalogue())
    batches(late, 120)
    batches(broken, 120)
    batches(well, 5)
    well.wait_all_in(database)
    tally = "SELECT kept, turned_away, kept_bytes FROM governance.waiting WHERE gateway = %s"
    for producer in (late, broken):
        wait_for(lambda: sum(row[0] + row[1] for row in database.query(tally, producer.gateway)) == 120, "all to be looked at")
        kept, turned_away, kept_bytes = database.query(tally, producer.gateway)[0]
        assert turned_away > 10 and kept_bytes <= 1 << 20
        assert len(producer.missing_records(database)) == turned_away, "what is turned away is not committed"
        assert database.query("SELECT count(*) FROM governance.parked WHERE gateway = %s", producer.gateway) == [(kept,)]
    assert well.difference(database) == ([], [], [])
    wait_for(lambda: listener.confirmed("gw-late", 0x1A7E), "what is parked to be confirmed")
    turned_away = database.query(tally, "gw-late")[0][1]
    told = {number for stream, first, last in listener.confirmed("gw-late", 0x1A7E) if stream == 2
            for number in range(first, last + 1)}
    assert told.isdisjoint(number for stream, number in late.missing_records(database) if stream == 2)
    wait_for(lambda: f"and {turned_away} times one was turned away" in ingest.get("/healthz")[1], "healthz to say so", 40)
    status, text = ingest.get("/healthz")
    assert status == 200 and "batches of gateway gw-broken wait" in text and "wants catalogue invented-119\n" in text
    assert f'gengfu_ingest_turned_away_batches{{gateway="gw-late"}} {turned_away}\n' in ingest.get("/metrics")[1]
    assert ingest.figure("turned_away_total", "telemetry") == sum(database.query(tally, p.gateway)[0][1] for p in (late, broken))
    assert 1 <= ingest.log().count("found no room to wait for it") <= 3, "a flood is no flood in the log"
    assert not listener.command("gw-late", "resend")

    send(late.catalogue())
    command = wait_for(lambda: listener.command("gw-late", "resend"), "what was turned away to be asked for", 40)
    has = {(r.stream, number) for r in command.except_ranges if r.epoch == late.epoch
           for span in r.ranges for number in range(span.first, span.last + 1)}
    again = [message for key, message in late.sent.items() if key not in has]
    assert len(again) == turned_away, "nothing else is asked for"
    send(*[(topic.replace("/tele", "/hist"), payload) for topic, payload in again])
    late.wait_all_in(database)
    wait_for(lambda: database.query("SELECT count(*) FROM governance.parked WHERE gateway = 'gw-late'") == [(0,)], "all in place")
    assert late.difference(database) == ([], [], [])
    wait_for(lambda: database.query("SELECT is_owed FROM governance.waiting WHERE gateway = 'gw-late'") == [(False,)],
             "the debt to be settled", 40)
    assert not listener.command("gw-broken", "resend"), "what has no catalogue is not asked for"
    client.disconnect()
    client.loop_stop()
