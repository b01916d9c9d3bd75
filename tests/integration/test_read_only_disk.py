"""A start on a file system that is mounted read-only: the gateway watches, rings, says why, and is well again by itself."""
import pytest

from support.configuration import UNLATCHED
from support.read_only import ReadOnly
from support.schema import feed as feed_schema
from support.waiting import wait_for

RULE = "residual-current-high"
ALARM, REST = "0140", "001E"


@pytest.fixture
def site(gateway, configuration, relays, broker, folder):
    """The control socket is on another file system, as under systemd."""
    runtime = folder / "run"
    runtime.mkdir()
    gateway.socket = runtime / "control.sock"
    gateway.configure(configuration.mqtt(broker.port).tcp("tcp", relays.port).relay("relay", "tcp", 1, UNLATCHED).text())
    return {"RUNTIME_DIRECTORY": str(runtime)}


def store(gateway):
    return gateway.ask(verb="status")["store"]


def volatile(feed):
    with feed.changed:
        payloads = [m.payload for m in feed.messages if m.topic == f"{feed.base}/event"]
    return [envelope.record for envelope in map(feed_schema.Envelope.FromString, payloads) if envelope.is_volatile]


def test_a_start_on_a_read_only_disk_rings_and_recovers_when_the_disk_does(gateway, site, relays, feed):
    gateway.start(site)
    relays.set(1, "holding", 0, ALARM)
    before = feed.wait_transition("RAISED", RULE)
    gateway.kill()  # its log is not carried over into the database: a read-only start reads both
    disk = ReadOnly(gateway.store)
    gateway.start(site, disk.within)
    wait_for(lambda: gateway.health("relay") == "online", "the relay")
    assert gateway.alarm(RULE)["id"] == before.alarm.id, "the alarm book was read"
    trouble = feed.wait_transition("RAISED", "store-trouble")
    assert "read-only" in trouble.alarm.text.en, trouble.alarm.text
    assert "read-only" in gateway.command("status", "--socket", str(gateway.socket)).stdout
    relays.set(1, "holding", 0, REST)
    feed.wait_transition("CLEARED", RULE)
    relays.set(1, "holding", 0, ALARM)
    feed.wait(lambda: len([r for r in volatile(feed) if r.transition.alarm.rule == RULE]) >= 2, "both as volatile")
    disk.end(gateway.process.pid)
    wait_for(lambda: store(gateway)["trouble"] == "", "the store to be written")
    wait_for(lambda: store(gateway)["events_pending"] == 0, "all that waited to be on disk and confirmed")
    ring = gateway.alarm(RULE)["id"]
    gateway.stop()
    gateway.start(site)
    assert gateway.alarm(RULE)["id"] == ring, "what happened meanwhile is in the book"
    assert "set aside as" not in gateway.log()


def test_a_first_start_without_any_store(gateway, site, relays, feed, folder):
    disk = ReadOnly(gateway.folder)  # the store's folder is not there, and cannot be made
    gateway.start(site, disk.within)
    wait_for(lambda: gateway.health("relay") == "online", "the relay")
    relays.set(1, "holding", 0, ALARM)
    raised = feed.wait_transition("RAISED", RULE)
    assert feed.wait_transition("RAISED", "store-trouble")
    assert not gateway.store.exists()
    disk.end(gateway.process.pid)
    wait_for(lambda: store(gateway)["trouble"] == "", "the store to be made")
    wait_for(lambda: store(gateway)["events_pending"] == 0, "all that waited to be on disk and confirmed")
    gateway.kill()
    gateway.start(site)
    assert gateway.alarm(RULE)["id"] == raised.alarm.id
