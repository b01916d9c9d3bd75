"""encoding = "json": the same messages in protobuf's canonical JSON, and MQTT 3.1.1."""
import json

import pytest

from support.configuration import UNLATCHED
from support.feed import Feed

RULE = "residual-current-high"


@pytest.mark.parametrize("version", ["5", "3.1.1"])
def test_the_feed_speaks_json(broker, relays, gateway, configuration, closing, version):
    feed = closing(Feed(broker.port, json=True))
    gateway.configure(configuration.mqtt(broker.port, encoding="json", version=version).tcp("tcp", relays.port)
                      .relay("relay", "tcp", 1, UNLATCHED).text())
    gateway.start()
    relays.set(1, "holding", 0, "0140")
    raised = feed.wait_transition("RAISED", RULE).alarm
    assert raised.title.zh == "剩余电流超限" and raised.evidence.value == 320
    feed.wait(lambda: raised.id in feed.retained_alarms, "the retained alarm")
    feed.wait(lambda: any(s.value == 320 for s in feed.samples("relay", "residual_current")), "telemetry of the rise")
    done = feed.command("ack", id="j1", alarm_id=raised.id, revision=raised.revision)
    assert done.outcome == 1
    relays.set(1, "holding", 0, "001E")
    assert feed.wait_transition("CLEARED", RULE).over
    feed.wait(lambda: raised.id not in feed.retained_alarms, "the retained topic to be emptied")
    event = next(json.loads(m.payload) for m in feed.messages if m.topic.endswith("/event") and b"transition" in m.payload)
    identity = event["record"]["identity"]
    assert identity["gateway"] == "gw-test-01" and isinstance(identity["epoch"], str) and identity["stream"] == "STREAM_EVENT"
    assert f"(MQTT {version})" in gateway.ask(verb="status")["broker"]["address"]
    assert not feed.spoiled


def test_a_command_may_come_as_json(broker, feed, relays, gateway, configuration):
    gateway.configure(configuration.mqtt(broker.port).tcp("tcp", relays.port).relay("relay", "tcp", 1).text())
    gateway.start()
    relays.set(1, "holding", 0, "0140")
    raised = feed.wait_transition("RAISED", RULE).alarm
    feed.publish("command/ack", json.dumps({"id": "j2", "alarmId": raised.id, "revision": str(raised.revision),
                                            "expires": {"wallUs": "4000000000000000"}}).encode())
    reply = feed.wait(lambda: feed.reply("j2"), "a reply")
    assert reply.outcome == 1 and gateway.alarm(RULE)["acknowledged"]
