"""A database that was set back by moments: what was confirmed and is gone is asked for again, whatever was written since."""
import shutil
import subprocess

import pytest

from conftest import Database
from support.ingest import Ingest
from support.postgres import Standby, TemporaryPostgres
from support.producer import Producer
from support.waiting import wait_for

GATEWAY, EPOCH = "gw-back", 0x5E7BAC


@pytest.fixture
def say(client):
    """say(message, ...) publishes as a gateway."""
    return client.send


def _all_in(producer, database):
    """Also in the view: a batch that came before its catalogue waits, in the ledger, for the service to look again."""
    producer.wait_all_in(database)
    wait_for(lambda: producer.difference(database) == ([], [], []), "every value in the view, once", 60)


def _answer(listener, say, producer):
    """As a gateway: sends what it holds and the ranges do not name; returns how many records."""
    command = wait_for(lambda: listener.command(producer.gateway, "resend"), "the lost records to be asked for", 60)
    has = {(r.stream, number) for r in command.except_ranges if r.epoch == producer.epoch
           for span in r.ranges for number in range(span.first, span.last + 1)}
    lacking = [message for key, message in producer.sent.items() if key not in has]
    say(*lacking)
    return len(lacking)


@pytest.mark.parametrize("written_since", [False, True])
def test_the_last_confirmation_is_covered(folder, closing, private_database, broker, say, listener, written_since):
    """The copy of the files is older by one confirmation, which came just before the crash. When others have written
    into the copy, its log has gone past what was remembered: the count of confirmations alone tells."""
    postgres = private_database.postgres
    ingest = closing(Ingest(folder, private_database.uri, broker.port))
    ingest.start()
    producer = Producer(GATEWAY, EPOCH)
    say(producer.birth(), producer.catalogue(), *[producer.batch() for _ in range(5)])
    wait_for(lambda: (2, 1, 5) in listener.confirmed(GATEWAY, EPOCH), "the first batches to be confirmed")
    ingest.stop()
    postgres.stop()
    backup = folder / "backup"
    subprocess.run(["cp", "-a", str(postgres.folder / "data"), str(backup)], check=True)
    postgres.start()
    ingest.start()
    say(producer.batch())
    wait_for(lambda: (2, 1, 6) in listener.confirmed(GATEWAY, EPOCH), "one more batch to be confirmed")
    ingest.freeze()
    postgres.kill9()
    shutil.rmtree(postgres.folder / "data")
    subprocess.run(["cp", "-a", str(backup), str(postgres.folder / "data")], check=True)
    postgres.start()
    if written_since:
        private_database.query("CREATE TABLE public.others AS SELECT repeat('x', 1000) FROM generate_series(1, 20000)")
    ingest.thaw()
    assert _answer(listener, say, producer) == 1, "what the copy has is not asked for"
    _all_in(producer, private_database)
    assert "restored or replaced" in ingest.log()


def test_a_standby_that_lacks_the_last_confirmation_is_noticed_at_once(folder, closing, broker, say, listener):
    """It is promoted and written into before the service sees it: its timeline is a new one from the first moment."""
    primary = closing(TemporaryPostgres(folder / "pg", access=("local all all trust", "local replication all trust")))
    database = Database(primary, "governance")
    standby = closing(Standby(primary, folder / "standby"))
    hosts = f"postgresql://gengfu@/governance?host={primary.folder},{standby.folder}&target_session_attrs=read-write"
    ingest = closing(Ingest(folder, hosts, broker.port))
    ingest.start()
    producer = Producer(GATEWAY, EPOCH)
    say(producer.birth(), producer.catalogue(), *[producer.batch() for _ in range(5)])
    wait_for(lambda: (2, 1, 5) in listener.confirmed(GATEWAY, EPOCH), "the first batches to be confirmed")
    position = primary.query("SELECT pg_current_wal_flush_lsn()::text")[0][0]
    wait_for(lambda: standby.has(position), "the standby to have them")
    standby.stop()
    say(producer.batch())
    wait_for(lambda: (2, 1, 6) in listener.confirmed(GATEWAY, EPOCH), "one more batch to be confirmed")
    ingest.freeze()
    primary.kill9()
    standby.start()
    standby.promote()
    wait_for(lambda: not standby.query("SELECT pg_is_in_recovery()")[0][0], "the standby to be a primary")
    standby.query("CREATE TABLE public.others AS SELECT repeat('x', 1000) FROM generate_series(1, 20000)", database="governance")
    ingest.thaw()
    assert _answer(listener, say, producer) == 1, "the standby lacks one batch"
    database.postgres = standby
    _all_in(producer, database)
    assert "restored or replaced" in ingest.log()


def _listens(ingest):
    try:
        return all(ingest.figure("broker_up", lane) for lane in ("events", "telemetry", "presence"))
    except OSError:
        return False


def test_nothing_is_confirmed_that_cannot_be_remembered(folder, ingest, database, say, listener):
    place = folder / "state"
    ingest.file.write_text(ingest.file.read_text().replace(f"{folder}/ingest-1.state", f"{place}/database"))
    ingest.launch()
    wait_for(lambda: _listens(ingest), "it to be subscribed")
    producer = Producer(GATEWAY, EPOCH)
    say(producer.birth(), producer.catalogue(), producer.batch())
    producer.wait_all_in(database)
    wait_for(lambda: "state file cannot be written" in ingest.get("/healthz")[1], "the trouble to be told")
    assert ingest.get("/healthz")[0] == 503
    assert not listener.confirmed(GATEWAY, EPOCH) and ingest.figure("confirms_total") == 0
    assert f"{place}/database" in ingest.log()
    place.mkdir()
    wait_for(lambda: (2, 1, 1) in listener.confirmed(GATEWAY, EPOCH), "the batch to be confirmed")
    wait_for(ingest.is_well, "healthz to say so")


def test_a_damaged_state_file_is_told_and_kept_and_everything_asked_for(folder, ingest, database, say, listener):
    ingest.start()
    producer = Producer(GATEWAY, EPOCH)
    say(producer.birth(), producer.catalogue(), producer.batch())
    wait_for(lambda: (2, 1, 1) in listener.confirmed(GATEWAY, EPOCH), "the batch to be confirmed")
    ingest.stop()
    assert "damaged" not in ingest.log() and not listener.command(GATEWAY, "resend")
    state = folder / "ingest-1.state"
    state.write_bytes(b"gengfu-ingest 2\nsys\xff")
    ingest.start()
    assert _answer(listener, say, producer) == 0, "the database has all"
    assert "state file is damaged" in ingest.log() and f"{state}.damaged" in ingest.log()
    assert (folder / "ingest-1.state.damaged").read_bytes() == b"gengfu-ingest 2\nsys\xff"
    ingest.stop()
    assert state.read_text().startswith("gengfu-ingest 2\nsystem ")


def _times(database):
    return database.query("SELECT last_heard_at, last_heard_at > now() - interval '1 minute' FROM governance.gateway "
                          "WHERE gateway = %s", GATEWAY)[0]


def test_what_the_broker_had_kept_is_not_heard(ingest, database, client, say):
    """A gateway that died long ago: its birth and its last state are retained, and come again at every start."""
    producer = Producer(GATEWAY, EPOCH)  # a minute old
    producer.wall_us -= 3_600_000_000
    state = producer.state()
    for topic, payload in (producer.birth(), state):
        client.mqtt.publish(topic, payload, qos=1, retain=True).wait_for_publish(30)
    ingest.start()
    wait_for(lambda: database.query("SELECT 1 FROM governance.gateway WHERE birth_start = 1 AND online"), "both to be stored")
    for _ in range(2):
        at, recent = _times(database)
        assert not recent and round(at.timestamp() * 1e6) == producer.wall_us, "the gateway's own time counts"
        assert "silent" in database.query("SELECT what FROM governance.gateway_trouble")[0][0]
        before = ingest.figure("messages_total", "presence")
        ingest.stop()
        ingest.start()
        wait_for(lambda: ingest.figure("messages_total", "presence") >= 2, "both to come again")
        assert before >= 2
    say(state)  # the same, said now
    wait_for(lambda: _times(database)[1], "the gateway to be heard")
    assert not database.query("SELECT 1 FROM governance.gateway_trouble WHERE what LIKE '%%silent%%'")


def test_a_gateway_known_only_by_what_was_kept_without_a_clock_is_silent(ingest, database, client, say):
    producer = Producer(GATEWAY, EPOCH)
    producer.clock = False
    client.mqtt.publish(*producer.birth(), qos=1, retain=True).wait_for_publish(30)
    ingest.start()
    wait_for(lambda: database.query("SELECT 1 FROM governance.gateway WHERE birth_start = 1"), "the birth to be stored")
    assert _times(database) == (None, None)
    assert "silent" in database.query("SELECT what FROM governance.gateway_trouble")[0][0]
    wait_for(lambda: ingest.figure("silent_gateways") == 1, "it to be counted")
