"""Rules over the rules of other devices, with one of them out of service, over kill -9: it neither raises nor clears any."""
import pytest

from support.configuration import UNLATCHED
from support.waiting import wait_for

RULE = "residual-current-high"
REST, ALARM = "001E", "0140"  # 30, 320 mA
GROUPS = ("one-and-two", "two-or-three", "two-of-three")
RULES = f"""
[[rule]]
name = "one-and-two"
kind = "all"
of = ["one/{RULE}", "two/{RULE}"]
severity = "critical"
[[rule]]
name = "two-or-three"
kind = "any"
device = "three"
of = ["two/{RULE}", "three/{RULE}"]
severity = "critical"
[[rule]]
name = "two-of-three"
kind = "count"
at_least = 2
of = ["one/{RULE}", "two/{RULE}", "three/{RULE}"]
severity = "critical"
"""


@pytest.fixture
def site(broker, feed, relays, gateway, configuration):
    configuration.mqtt(broker.port).tcp("tcp", relays.port)
    for unit, name in enumerate(("one", "two", "three"), 1):
        configuration.relay(name, "tcp", unit, UNLATCHED)
    gateway.configure(configuration.text() + RULES)
    gateway.start()
    feed.wait(lambda: feed.birth and feed.state and feed.state.online, "birth and state")
    return gateway


def groups(site):
    return sorted(alarm["rule"] for alarm in site.alarms() if alarm["rule"] in GROUPS and alarm["active"])


def killed_and_started(site):
    """And it has judged all of them since: what was due at once has come."""
    site.kill()
    site.start()
    wait_for(lambda: all(site.read(name)["residual_current"]["quality"] == "good" for name in ("one", "two", "three")),
             "a value of each after the start")


def test_who_is_out_of_service_speaks_in_no_group_also_after_a_kill(site, feed, relays):
    assert site.command("out-of-service", "two", "1h", "--why", "new relay").returncode == 0
    killed_and_started(site)
    relays.set(2, "holding", 0, ALARM)
    relays.set(1, "holding", 0, ALARM)
    assert not feed.wait_transition("RAISED", RULE, "two").notify
    assert feed.wait_transition("RAISED", RULE, "one").notify
    assert groups(site) == []
    killed_and_started(site)
    assert groups(site) == [], "the alarm of the one that is worked on stands, and still does not speak"
    relays.set(3, "holding", 0, ALARM)
    for rule in ("two-or-three", "two-of-three"):
        assert feed.wait_transition("RAISED", rule).notify
    before = {rule: site.alarm(rule)["id"] for rule in groups(site)}
    assert sorted(before) == ["two-of-three", "two-or-three"]
    killed_and_started(site)
    assert {rule: site.alarm(rule)["id"] for rule in groups(site)} == before
    assert site.command("return", "two", "--why", "fitted").returncode == 0
    assert feed.wait_transition("RAISED", "one-and-two").notify
    # The other way round: what stands by the one that leaves does not clear by it.
    assert site.command("out-of-service", "two", "--for", "1h", "--why", "once more").returncode == 0
    relays.set(2, "holding", 0, REST)
    feed.wait_transition("CLEARED", RULE, "two")
    killed_and_started(site)
    assert groups(site) == sorted(GROUPS), "what is not known clears nothing"
    assert site.command("return", "two", "--why", "done").returncode == 0
    feed.wait_transition("CLEARED", "one-and-two")
    relays.set(3, "holding", 0, REST)
    feed.wait_transition("CLEARED", "two-or-three")
    feed.wait_transition("CLEARED", "two-of-three")
    for rule in GROUPS:
        assert len(feed.transitions(rule)) == 2, "raised once, cleared once"
