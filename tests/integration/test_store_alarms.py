"""What befalls the store and its consumers is an alarm of the gateway's own: raised, told while the disk fails, cleared."""
import pytest

from support.clock import Clock
from support.configuration import UNLATCHED
from support.disk import Disk
from support.schema import feed as feed_schema
from support.waiting import wait_for

RULE = "residual-current-high"
ALARM, REST = "0140", "001E"


@pytest.fixture
def start(gateway, configuration, relays, broker):
    def begin(environment=None, confirm=""):
        text = configuration.mqtt(broker.port).tcp("tcp", relays.port).relay("relay", "tcp", 1, UNLATCHED).text()
        gateway.configure(text.replace("[mqtt]\n", f"[mqtt]\n{confirm}\n"))
        gateway.start(environment)
        wait_for(lambda: gateway.health("relay") == "online", "the relay")
        return gateway

    return begin


def volatile(feed):
    """Events that came with the mark of not being on disk."""
    with feed.changed:
        payloads = [m.payload for m in feed.messages if m.topic == f"{feed.base}/event"]
    return [envelope.record for envelope in map(feed_schema.Envelope.FromString, payloads) if envelope.is_volatile]


def test_a_full_disk_is_an_alarm_that_goes_out_all_the_same(start, relays, feed, folder):
    disk = Disk(folder)
    gateway = start(disk.environment)
    disk.fill()
    relays.set(1, "holding", 0, ALARM)
    feed.wait_transition("RAISED", RULE)
    raised = feed.wait_transition("RAISED", "store-full")
    assert raised.alarm.device == "gateway"
    assert any(r.transition.alarm.rule == "store-full" for r in volatile(feed)), "it is not on disk, and says so"
    assert gateway.alarm("store-trouble") is None, "one trouble, one alarm"
    disk.be_well()
    cleared = feed.wait_transition("CLEARED", "store-full", seconds=60)
    assert cleared.alarm.id == raised.alarm.id


def test_a_disk_that_stalls_is_an_alarm_and_clears_when_it_has_been_well_for_a_while(start, relays, feed, folder):
    disk = Disk(folder)
    gateway = start(disk.environment)
    disk.stall()
    relays.set(1, "holding", 0, ALARM)
    feed.wait_transition("RAISED", RULE)
    raised = feed.wait_transition("RAISED", "store-slow")
    assert raised.alarm.evidence.value > 0.5
    assert {r.transition.alarm.rule for r in volatile(feed)} >= {RULE, "store-slow"}
    disk.be_well()
    wait_for(lambda: gateway.ask(verb="status")["store"]["events_pending"] == 0, "the disk to have it all")
    assert gateway.alarm("store-slow")["active"], "a card that stalls now and then is one alarm"
    assert feed.wait_transition("CLEARED", "store-slow", seconds=60).alarm.id == raised.alarm.id


def test_a_consumer_that_does_not_confirm_for_a_day_is_an_alarm_until_it_does(start, feed, folder):
    clock = Clock(folder)
    gateway = start(clock.environment, 'confirm = ["broker", "city"]')
    wait_for(lambda: gateway.ask(verb="status")["broker"]["connected"], "the connection")
    clock.set(ahead=23 * 3600)
    feed.wait(lambda: any(s.value in (22, 23) for s in feed.samples("gateway", "consumer_silent")), "nearly a day")
    assert gateway.alarm("consumer-silent") is None
    clock.set(ahead=25 * 3600)
    raised = feed.wait_transition("RAISED", "consumer-silent")
    assert raised.alarm.text.en.endswith(": city"), raised.alarm.text
    feed.publish("confirm", feed_schema.Confirm(consumer="somebody").SerializeToString())
    feed.publish("confirm", feed_schema.Confirm(consumer="city").SerializeToString())
    clock.set(ahead=25 * 3600 + 61)  # the next look
    feed.wait_transition("CLEARED", "consumer-silent")


def test_a_consumer_is_silent_over_restarts_and_a_restart_is_no_word_of_it(start, feed, folder):
    clock = Clock(folder)
    gateway = start(clock.environment, 'confirm = ["broker", "city"]')

    def connected():
        wait_for(lambda: gateway.ask(verb="status")["broker"]["connected"], "the connection")
    connected()
    clock.set(ahead=13 * 3600)
    feed.wait(lambda: any(s.value in (12, 13) for s in feed.samples("gateway", "consumer_silent")), "half a day")
    gateway.stop()
    gateway.start(clock.environment)
    connected()
    clock.set(ahead=20 * 3600)
    feed.wait(lambda: any(s.value in (19, 20) for s in feed.samples("gateway", "consumer_silent")), "it to go on")
    assert gateway.alarm("consumer-silent") is None
    clock.set(ahead=26 * 3600)
    raised = feed.wait_transition("RAISED", "consumer-silent")
    gateway.stop()
    seen = len(feed.samples("gateway", "consumer_silent"))
    gateway.start(clock.environment)
    connected()
    after = feed.wait(lambda: feed.samples("gateway", "consumer_silent")[seen:], "a look after the restart")
    assert all(sample.value in (25, 26) for sample in after), after
    standing = gateway.alarm("consumer-silent")
    assert standing["active"] and standing["id"] == raised.alarm.id
