"""The broker gone, refusing, killed: nothing stored is lost, and everything arrives once by identity."""
import pytest

from support.configuration import UNLATCHED
from support.feed import Feed
from support.gate import Gate
from support.waiting import wait_for

RULE = "residual-current-high"
REST, ALARM = "001E", "0140"
EVENT, TELEMETRY = 1, 2


@pytest.fixture
def feed(broker, closing):
    """Takes everything with QoS 0: paho-mqtt for Python throws away what it has not read yet when it cannot send a PUBACK,
    that is when a broker is killed. A subscriber that only reads gets all that the broker took from the gateway."""
    subscriber = closing(Feed(broker.port, qos=0))
    yield subscriber
    assert not subscriber.spoiled


@pytest.fixture
def gate(broker, closing):
    """The gateway's only way to the broker. Shut, it is alone; the subscriber stays."""
    return closing(Gate(broker.port))


@pytest.fixture
def site(gate, feed, relays, gateway, configuration):
    configuration.mqtt(gate.port).tcp("tcp", relays.port)
    for unit in range(1, 7):
        configuration.relay(f"relay-{unit}", "tcp", unit, UNLATCHED)
    gateway.configure(configuration.text())
    gateway.start()
    feed.wait(lambda: feed.birth, "birth")
    return gateway


def assert_whole(feed, *streams):
    """Each stream's sequences begin at 1 and have no gap."""
    for stream in streams:
        for epoch, numbers in feed.sequences(stream).items():
            assert numbers == list(range(1, numbers[-1] + 1)), f"stream {stream} of {epoch:x} has gaps: {numbers}"


def test_what_happens_meanwhile_comes_afterwards(site, feed, relays, gate):
    gate.shut()
    site.process.wait_for_log("no broker:")
    ids = {}
    for unit in range(1, 5):
        relays.set(unit, "holding", 0, ALARM)
        ids[unit] = site.wait_alarm(RULE, f"relay-{unit}")["id"]
    relays.set(1, "holding", 0, REST)
    site.wait_alarm(RULE, "relay-1", active=False)
    assert feed.transitions(RULE) == []
    site.wait_on_disk(5)
    assert not site.ask(verb="status")["broker"]["connected"]
    gate.open()
    for unit, alarm_id in ids.items():
        assert feed.wait_transition("RAISED", RULE, f"relay-{unit}").alarm.id == alarm_id
    feed.wait_transition("CLEARED", RULE, "relay-1")
    feed.wait(lambda: set(feed.retained_alarms) == set(ids.values()), "the standing alarms, retained")
    wait_for(lambda: site.ask(verb="status")["store"]["telemetry_pending"] <= 1, "the backlog of telemetry to be sent")
    feed.wait(lambda: any(m.topic.endswith("/hist") for m in feed.messages), "old telemetry on hist")
    assert_whole(feed, EVENT, TELEMETRY)
    values = [s.value for s in feed.samples("relay-1", "residual_current")]
    assert 320 in values and values[-1] == 30
    assert site.log().count("no broker:") == 1, "told once"


def test_an_outage_outlives_a_kill_of_the_daemon(site, feed, relays, gate):
    wait_for(lambda: site.ask(verb="status")["store"]["events_pending"] == 0, "everything so far to be confirmed")
    gate.shut()
    site.process.wait_for_log("no broker:")
    relays.set(1, "holding", 0, ALARM)
    alarm_id = site.wait_alarm(RULE, "relay-1")["id"]
    site.wait_on_disk(1)
    site.kill()
    site.start()
    relays.set(2, "holding", 0, ALARM)
    site.wait_alarm(RULE, "relay-2")
    gate.open()
    assert feed.wait_transition("RAISED", RULE, "relay-1").alarm.id == alarm_id
    feed.wait_transition("RAISED", RULE, "relay-2")
    assert len(feed.transitions(RULE, "relay-1")) == 1
    assert_whole(feed, EVENT)


def test_an_alarm_that_ended_meanwhile_leaves_the_retained_topics(site, feed, relays, gate):
    relays.set(1, "holding", 0, ALARM)
    alarm = feed.wait_transition("RAISED", RULE, "relay-1").alarm
    feed.wait(lambda: alarm.id in feed.retained_alarms, "the retained alarm")
    gate.shut()
    assert site.command("ack", alarm.id, "--why", "seen").returncode == 0
    relays.set(1, "holding", 0, REST)
    wait_for(lambda: site.alarm(RULE) is None, "the alarm to be over")
    gate.open()
    feed.wait(lambda: alarm.id not in feed.retained_alarms, "the retained topic to be emptied")
    assert feed.wait_transition("CLEARED", RULE, "relay-1").over


def test_an_alarm_of_an_earlier_start_that_ended_meanwhile_leaves_them_too(site, feed, relays, gate):
    relays.set(1, "holding", 0, ALARM)
    alarm = feed.wait_transition("RAISED", RULE, "relay-1").alarm
    feed.wait(lambda: alarm.id in feed.retained_alarms, "the retained alarm")
    gate.shut()
    assert site.command("ack", alarm.id, "--why", "seen").returncode == 0
    site.kill()
    site.start()
    relays.set(1, "holding", 0, REST)
    wait_for(lambda: site.alarm(RULE) is None, "the alarm to be over")
    site.kill()  # its end is on disk or not yet: either way it is over with the next sample
    site.start()
    wait_for(lambda: site.alarm(RULE) is None, "the alarm to be over still")
    gate.open()
    feed.wait(lambda: alarm.id not in feed.retained_alarms, "the retained topic to be emptied")


def test_broker_killed_while_events_come(site, feed, relays, gate, broker):
    """The subscriber is there again before the gateway: what the new broker takes from it, it can deliver."""
    for round_ in range(2):
        for unit in range(1, 7):
            relays.set(unit, "holding", 0, REST if round_ else ALARM)
            if unit == 3:
                feed.wait(lambda r=round_: len(feed.transitions(RULE)) > 6 * r, "events to come")
                gate.shut()
                broker.kill()
                feed.connected.clear()
        broker.start()
        wait_for(feed.connected.is_set, "the subscriber to be back")
        gate.open()
        kind = "CLEARED" if round_ else "RAISED"
        for unit in range(1, 7):
            feed.wait_transition(kind, RULE, f"relay-{unit}")
    for unit in range(1, 7):
        assert [t.kind for t in feed.transitions(RULE, f"relay-{unit}")] == [1, 2], "each transition once"
    assert_whole(feed, EVENT, TELEMETRY)
    # A killed broker has lost its retained messages: the gateway has put them back.
    # Of the relays: on a busy machine the gateway may have an alarm of its own about its disk.
    standing = {alarm["id"] for alarm in site.alarms() if alarm["device"] != "gateway"}
    assert len(standing) == 6
    feed.wait(lambda: set(feed.retained_alarms) >= standing, "the standing alarms, retained again")


def test_the_second_broker_of_the_list_takes_over(broker, feed, relays, gateway, configuration, closing, gate):
    first = Gate(broker.port)
    closing(first)
    gateway.configure(configuration.mqtt(first.port, gate.port).tcp("tcp", relays.port).relay("relay", "tcp", 1).text())
    gateway.start()
    wait_for(lambda: gateway.ask(verb="status")["broker"]["address"].endswith(f":{first.port} (MQTT 5)"), "the first broker")
    first.shut()
    wait_for(lambda: f":{gate.port} " in gateway.ask(verb="status")["broker"]["address"], "the second broker")
    relays.set(1, "holding", 0, ALARM)
    feed.wait_transition("RAISED", RULE, "relay")
