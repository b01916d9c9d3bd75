"""What the platform orders over MQTT: carried out once, answered, recorded; refused with the reason."""
import time

from support.configuration import UNLATCHED
from support.schema import feed as feed_schema
from support.waiting import wait_for

RULE = "residual-current-high"
ALARM, REST = "0140", "001E"


def start(gateway, configuration, relays, broker):
    gateway.configure(configuration.mqtt(broker.port).tcp("tcp", relays.port).relay("relay", "tcp", 1, UNLATCHED).text())
    gateway.start()


def audits(feed):
    with feed.changed:
        return [record.audit for record in feed.records.values() if record.WhichOneof("content") == "audit"]


def test_a_device_is_read_on_order(gateway, configuration, relays, broker, feed):
    start(gateway, configuration, relays, broker)
    feed.wait(lambda: feed.birth, "the birth")
    reply = feed.command("read", id="r-1", device="relay", on_behalf_of="Li", reason="is it true?")
    assert reply.outcome == feed_schema.OUTCOME_DONE
    readings = {reading.point: reading for reading in reply.readings}
    assert readings["residual_current"].value == 30 and readings["residual_current"].unit == "mA"
    assert readings["residual_current"].taken.monotonic_us > 0
    audit = feed.wait(lambda: [a for a in audits(feed) if a.what == "command-read"], "the record of it")[0]
    assert audit.actor.on_behalf_of == "Li" and "r-1" in audit.text.en
    nobody = feed.command("read", id="r-2", device="no-such-device")
    assert nobody.outcome == feed_schema.OUTCOME_NOT_FOUND and "no-such-device" in nobody.message
    for verb in ("out-of-service", "return"):
        nobody = feed.command(verb, id=f"r-{verb}", device="no-such-device", seconds=60, reason="repair")
        assert nobody.outcome == feed_schema.OUTCOME_NOT_FOUND and "no-such-device" in nobody.message, verb


def test_a_command_is_carried_out_once_also_over_a_restart(gateway, configuration, relays, broker, feed):
    start(gateway, configuration, relays, broker)
    relays.set(1, "holding", 0, ALARM)
    raised = feed.wait_transition("RAISED", RULE).alarm
    order = dict(alarm_id=raised.id, revision=raised.revision, on_behalf_of="Li")
    first = feed.command("ack", id="once", **order)
    assert first.outcome == feed_schema.OUTCOME_DONE
    assert gateway.stop()[0] == 0
    gateway.start()
    epochs = feed.wait(lambda: feed.birth if feed.birth.start == 2 else None, "the second birth")
    assert epochs
    feed.command("ack", id="once", **order)
    replies = feed.wait(lambda: (lambda r: r if len(r) >= 2 else None)(
        [m for m in feed.messages if m.topic.endswith("/reply")]), "a second reply")
    again = feed._parse(feed_schema.Envelope, replies[1].payload).reply
    assert again == first, "word for word, with the time at which it was done"
    assert len(feed.transitions(RULE, kind=3)) == 1, "acknowledged once"


def test_whoever_lost_everything_gets_it_again(gateway, configuration, relays, broker, feed, closing):
    start(gateway, configuration, relays, broker)
    relays.set(1, "holding", 0, ALARM)
    feed.wait_transition("RAISED", RULE)
    relays.set(1, "holding", 0, REST)
    feed.wait_transition("CLEARED", RULE)
    assert gateway.stop()[0] == 0  # a kill would lose what came within the last `flush`
    gateway.start()
    feed.wait(lambda: feed.birth if feed.birth.start == 2 else None, "the second birth")
    wait_for(lambda: gateway.ask(verb="status")["store"]["events_pending"] == 0, "everything to be confirmed")
    feed.wait(lambda: len(feed.sequences(2)) == 2, "telemetry of both starts")
    with feed.changed:
        before = dict(feed.records)
        seen = len(feed.messages)
    assert len({identity.epoch for identity in before}) == 2
    reply = feed.command("resend", id="all", consumer="governance-db")
    assert reply.outcome == feed_schema.OUTCOME_DONE, reply

    def again():
        """Identity -> bytes of the record, of what has come since."""
        found = {}
        for message in feed.messages[seen:]:
            if message.topic.rsplit("/", 1)[1] in ("event", "hist"):
                envelope = feed._parse(feed_schema.Envelope, message.payload)
                if envelope.resent:
                    i = envelope.record.identity
                    found[(i.epoch, i.stream, i.sequence)] = envelope.record
        return found

    feed.wait(lambda: set(map(tuple, before)) <= set(again()), "all records once more")
    assert all(again()[tuple(identity)] == record for identity, record in before.items()), "the same, to the byte"
    # In one epoch's worth of order: events before telemetry.
    streams = [int(key[1]) for key in again()]
    assert streams == sorted(streams)


def test_a_catalogue_of_an_earlier_configuration_is_still_known(gateway, configuration, relays, broker, feed):
    start(gateway, configuration, relays, broker)
    old = feed.wait(lambda: feed.birth, "the birth").catalogue_hash
    feed.wait(lambda: feed.samples("relay", "residual_current"), "telemetry that names it")
    configuration.relay("relay-2", "tcp", 2, UNLATCHED)
    gateway.configure(configuration.text())
    gateway.reload()
    feed.wait(lambda: feed.birth.catalogue_hash != old, "the new catalogue")
    seen = len(feed.messages)
    reply = feed.command("rebirth", id="old", catalogue_hash=old)
    assert reply.outcome == feed_schema.OUTCOME_DONE, reply
    parts = [feed._parse(feed_schema.Envelope, m.payload).catalogue for m in feed.messages[seen:] if "/catalogue/" in m.topic]
    parts = [part for part in parts if part.hash == old]  # today's may still be on its way
    assert len(parts) == parts[0].parts
    assert feed.command("rebirth", id="none", catalogue_hash="0" * 16).outcome == feed_schema.OUTCOME_NOT_FOUND
    seen = len(feed.messages)
    assert feed.command("rebirth", id="now").outcome == feed_schema.OUTCOME_DONE
    kinds = feed.wait(lambda: (lambda k: k if {"birth", "state", "catalogue"} <= k else None)(
        {m.topic[len(feed.base) + 1:].split("/")[0] for m in feed.messages[seen:]}), "all that is retained")
    assert kinds


def test_an_expired_order_is_refused_and_recorded(gateway, configuration, relays, broker, feed):
    start(gateway, configuration, relays, broker)
    feed.wait(lambda: feed.birth, "the birth")
    late = feed_schema.Command(id="late")
    late.expires.wall_us = int((time.time() - 60) * 1e6)
    feed.publish("command/rebirth", late.SerializeToString())
    assert wait_for(lambda: feed.reply("late"), "a reply").outcome == feed_schema.OUTCOME_EXPIRED
    feed.wait(lambda: [a for a in audits(feed) if a.what == "command-refused"], "the record of the refusal")
