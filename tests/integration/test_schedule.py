"""A rule with hours, at a gateway whose clock somebody sets: over midnight, at the end of the week, before and after summer time."""
import datetime
import time
import zoneinfo

import pytest

from support.clock import Clock
from support.waiting import wait_for

ZONE = "America/New_York"  # summer time began on Sunday, 14 March 2027
RULES = """
[device.rule.residual-current-high]
enabled = false
why = "test: rules of its own"
[device.rule.night]
kind = "above"
point = "residual_current"
limit = 100
severity = "minor"
schedule = "mon-fri 22:00-06:00"
[device.rule.always]
kind = "above"
point = "residual_current"
limit = 100
severity = "minor"
"""
REST, ALARM = "0000", "0140"
MOMENTS = [
    ((2027, 3, 12, 21, 58), False),  # a Friday
    ((2027, 3, 12, 22, 0), True),
    ((2027, 3, 13, 5, 58), True),    # the morning after: still Friday's night
    ((2027, 3, 13, 6, 0), False),
    ((2027, 3, 15, 5, 0), False),    # a Monday: Sunday's night
    ((2027, 3, 15, 21, 58), False),  # an hour nearer to Greenwich
    ((2027, 3, 15, 22, 0), True),
]


@pytest.fixture
def clock(folder):
    return Clock(folder)


@pytest.fixture
def site(broker, feed, relays, gateway, configuration, clock):
    configuration.mqtt(broker.port).tcp("tcp", relays.port).relay("one", "tcp", 1, RULES)
    gateway.configure(configuration.text().replace('language = "en"', f'language = "en"\ntime_zone = "{ZONE}"'))
    gateway.start(clock.environment)
    feed.wait(lambda: feed.birth and feed.state and feed.state.online, "birth and state")
    return gateway


def is_active(gateway, rule):
    return (gateway.alarm(rule) or {"active": False})["active"]


def test_a_rule_with_hours_raises_within_them_only(site, relays, clock):
    for count, (moment, within) in enumerate(MOMENTS, 1):
        relays.set(1, "holding", 0, REST)
        wait_for(lambda: not is_active(site, "always") and not is_active(site, "night"), "rest")
        wall = datetime.datetime(*moment, tzinfo=zoneinfo.ZoneInfo(ZONE)).timestamp()
        clock.set(int(wall - time.time()) + 1, ahead=count * 90)  # so that nothing chatters
        running = site.ask(verb="status")["running_seconds"]
        wait_for(lambda: site.ask(verb="status")["running_seconds"] > running + 1.5, "the rules to be told the time")
        relays.set(1, "holding", 0, ALARM)
        wait_for(lambda: is_active(site, "always"), "the other rule, which judges the same value")
        assert is_active(site, "night") == within, f"{moment}: {site.ask(verb='status')['clock']}"
