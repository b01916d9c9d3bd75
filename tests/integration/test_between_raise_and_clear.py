"""What a value between what raises and what clears means after a kill: an alarm that stood stands, one that had cleared does
not; a rule without an alarm of its own goes by the last checkpoint."""
import pytest

from support.waiting import wait_for

RULES = """
[device.rule.residual-current-high]
enabled = false
why = "test: rules of its own"
[device.rule.high]
kind = "above"
point = "residual_current"
limit = 100
deadband = 30
severity = "minor"
[device.rule.quiet-member]
kind = "above"
point = "residual_current"
limit = 1000
deadband = 300
severity = "minor"
alarm = false
"""
GROUP = """
[[rule]]
name = "together"
kind = "all"
of = ["one/quiet-member", "two/high"]
severity = "critical"
"""
UNITS = {"one": 1, "two": 2}


@pytest.fixture
def site(broker, feed, relays, gateway, configuration):
    configuration.mqtt(broker.port).tcp("tcp", relays.port)
    for name, unit in UNITS.items():
        configuration.relay(name, "tcp", unit, RULES)
    gateway.configure(configuration.text() + GROUP)
    gateway.start()
    feed.wait(lambda: feed.birth and feed.state and feed.state.online, "birth and state")
    return gateway


@pytest.fixture
def put(site, relays):
    """put(device, value): the registers, and waits until the gateway has judged it where it runs."""
    def put(device, value):
        relays.set(UNITS[device], "holding", 0, f"{value:04X}")
        for _ in range(2 if site.process.status is None else 0):
            wait_for(lambda: site.read(device)["residual_current"]["value"] == value, f"{device} to be {value}")

    return put


def killed(site, put, device, value):
    site.kill()
    put(device, value)
    site.start()
    put(device, value)


def test_an_alarm_that_stood_stands_by_a_value_that_would_not_have_cleared_it(site, feed, put):
    put("one", 120)
    raised = feed.wait_transition("RAISED", "high", "one").alarm
    killed(site, put, "one", 90)  # it may have been at rest meanwhile: nobody looked
    assert site.alarm("high", "one")["active"] and site.alarm("high", "one")["id"] == raised.id
    put("one", 60)
    assert feed.wait_transition("CLEARED", "high", "one").alarm.id == raised.id
    killed(site, put, "one", 90)
    put("one", 120)  # a sign that the 90 before it has been judged
    feed.wait(lambda: len(feed.transitions("high", "one")) == 3, "the next raise")
    last = feed.transitions("high", "one")[-1].alarm
    assert last.evidence.value == 120, "what had cleared is not raised again by less than its limit"


def in_the_book(site):
    return any(b"residual_current\x1a\x0cquiet-member" in path.read_bytes() for path in site.store.glob("state.db*"))


def test_a_rule_without_an_alarm_goes_by_the_last_checkpoint(site, feed, put):
    put("one", 1200)
    feed.wait_transition("RAISED", "high", "one")
    wait_for(lambda: in_the_book(site), "the checkpoint")
    killed(site, put, "one", 800)
    put("two", 120)
    feed.wait_transition("RAISED", "together")
    put("one", 60)
    feed.wait_transition("CLEARED", "together")
    killed(site, put, "one", 800)  # the checkpoint with the clear of `together` is not older than that
    put("one", 1200)
    feed.wait(lambda: len(feed.transitions("together")) == 3, "the group to be raised anew")
    assert feed.transitions("together")[-1].alarm.evidence.value == 2
