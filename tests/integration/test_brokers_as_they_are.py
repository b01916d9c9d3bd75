"""Brokers that grant less than others."""
import itertools
import time

import pytest

from support.broker import Broker, plain_settings
from support.configuration import UNLATCHED
from support.feed import Feed
from support.schema import feed as feed_schema
from support.waiting import wait_for

RULE = "residual-current-high"
ALARM = "0140"


def begin(gateway, configuration, relays, port, **keys):
    gateway.configure(configuration.mqtt(port, **keys).tcp("tcp", relays.port).relay("relay", "tcp", 1, UNLATCHED).text())
    gateway.start()


@pytest.mark.parametrize("version", ["5", "3.1.1"])
def test_a_broker_without_retained_messages(gateway, configuration, relays, folder, closing, version):
    broker = closing(Broker(folder, lambda port: plain_settings(port) + "\nretain_available false\n"))
    feed = closing(Feed(broker.port))
    begin(gateway, configuration, relays, broker.port, version=version)
    if version == "3.1.1":
        # MQTT 3.1.1 has no word for it: mosquitto refuses the connection for the retained will, and 5 is asked for instead.
        gateway.process.wait_for_log("no broker:")
        assert not gateway.ask(verb="status")["broker"]["connected"]
        return
    relays.set(1, "holding", 0, ALARM)
    raised = feed.wait_transition("RAISED", RULE).alarm
    late = closing(Feed(broker.port))
    assert late.birth is None, "nothing is retained"
    assert late.command("rebirth", id="all").outcome == feed_schema.OUTCOME_DONE
    late.wait(lambda: late.birth and raised.id in late.retained_alarms, "birth and standing alarm on request")
    assert raised.id in late.birth.standing_alarms
    state = late.wait(lambda: late.state, "the heartbeat")
    assert state.online


def test_fifty_messages_a_second_are_not_exceeded(gateway, configuration, relays, broker, feed):
    configuration.mqtt(broker.port, linger="0ms").tcp("tcp", relays.port)
    for unit in range(1, 7):
        configuration.relay(f"relay-{unit}", "tcp", unit, UNLATCHED, interval="20ms")
    gateway.configure(configuration.text().replace('linger = "0ms"', 'linger = "0ms"\nmax_rate = 50', 1))
    gateway.start()
    feed.wait(lambda: feed.birth, "the birth")
    published = lambda: gateway.ask(verb="status")["broker"]["published"]
    values = itertools.cycle(range(5, 100, 5))
    before, begun = published(), time.monotonic()

    def enough():
        for unit in range(1, 7):  # each change is a message of its own: unbounded, some 300 a second
            relays.set(unit, "holding", 0, f"{next(values):04X}")
        return published() >= before + 200

    wait_for(enough, "200 messages")
    took = time.monotonic() - begun
    assert took >= 200 / 50 - 1, f"200 messages in {took:.2f} s"
    feed.wait(lambda: len(feed.messages) >= 200, "them to arrive")
