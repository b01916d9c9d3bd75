"""Groups over a member that chatters, over kill -9, SIGTERM and SIGHUP: what was at rest, or held, before goes on."""
import pytest

from support.waiting import wait_for

RULES = """
[device.rule.residual-current-high]
enabled = false
why = "test: rules of its own"
[device.rule.lat]
kind = "above"
point = "residual_current"
limit = 1000
latch = true
severity = "minor"
"""
HI = RULES.replace("rule.lat", "rule.hi").replace("1000", "100").replace("latch = true\n", "")
GROUPS = """
[[rule]]
name = "two"
kind = "count"
at_least = 2
of = ["v1/lat", "v0/hi"]
severity = "critical"
[[rule]]
name = "both"
kind = "all"
of = ["v0/hi", "not v1/lat"]
within = "3s"
severity = "critical"
"""
UNITS = {"v0": 1, "v1": 2}


class Story:
    def __init__(self, gateway, feed, relays):
        self.gateway, self.feed, self.relays = gateway, feed, relays

    def set(self, device, value):
        """And waits until the gateway has judged it: what is read later has been judged after it."""
        self.relays.set(UNITS[device], "holding", 0, f"{value:04X}")
        for _ in range(2):
            wait_for(lambda: self.gateway.read(device)["residual_current"]["value"] == value, f"{device} to be {value}")

    def began_anew(self, way):
        before = self.gateway.log().count(" is at work ")
        if way == "SIGHUP":
            self.gateway.configure(self.gateway.file.read_text().replace("test: rules", "test again: rules"))
            self.gateway.reload()
            wait_for(lambda: self.gateway.log().count(" is at work ") > before, "the reload")
        else:
            self.gateway.kill() if way == "SIGKILL" else self.gateway.stop()
            self.gateway.start()
        for device in UNITS:
            wait_for(lambda d=device: self.gateway.read(d)["residual_current"]["quality"] == "good", "values after the start")

    def kinds(self, group):
        return [t.kind for t in self.feed.transitions(group)]

    def active(self):
        return sorted(alarm["rule"] for alarm in self.gateway.alarms() if alarm["active"])


@pytest.fixture
def story(broker, feed, relays, gateway, configuration):
    configuration.mqtt(broker.port).tcp("tcp", relays.port)
    configuration.relay("v0", "tcp", UNITS["v0"], HI).relay("v1", "tcp", UNITS["v1"], RULES)
    gateway.configure(configuration.text() + GROUPS)
    gateway.start()
    feed.wait(lambda: feed.birth and feed.state and feed.state.online, "birth and state")
    story = Story(gateway, feed, relays)
    for _ in range(4):
        story.set("v1", 2000)
        story.set("v1", 0)
    gateway.wait_alarm("lat", chattering=True, active=True)
    assert gateway.command("ack", gateway.alarm("lat")["id"], "--why", "seen").returncode == 0
    return story


@pytest.mark.parametrize("way", ["SIGKILL", "SIGTERM", "SIGHUP"])
def test_a_member_that_chatters_raises_and_clears_no_group_by_a_new_start(story, way):
    feed = story.feed
    # Its alarm stands, its condition does not hold: it is one of two, and what `both` asks not to hold.
    story.set("v0", 120)
    feed.wait_transition("RAISED", "hi")
    story.began_anew(way)
    feed.wait_transition("RAISED", "both")  # after its three seconds, which a start interrupts
    assert story.kinds("two") == [] and story.active() == ["both", "hi", "lat"]
    story.set("v0", 0)
    feed.wait_transition("CLEARED", "both")
    # Now the condition holds, under the same alarm.
    story.set("v1", 2000)
    story.set("v0", 120)
    feed.wait_transition("RAISED", "two")
    story.began_anew(way)
    assert story.active() == ["hi", "lat", "two"]
    story.set("v0", 0)
    feed.wait_transition("CLEARED", "two")
    assert len(story.kinds("two")) == 2 and len(story.kinds("both")) == 2, "each raised once, cleared once"
    assert story.gateway.alarm("lat")["chattering"] and len(feed.transitions("lat", kind=1)) == 3
