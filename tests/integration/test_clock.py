"""A gateway that starts without a clock, and one whose clock somebody sets: nothing appears as 1970, nothing is dropped, no
alarm fires or falls silent for it, and consumers can date everything in the end."""
import time

import pytest

from support.clock import Clock
from support.configuration import UNLATCHED
from support.waiting import wait_for

RULE = "residual-current-high"
ALARM, REST = "0140", "001E"
HOUR, DAY, YEAR = 3600, 86400, 365 * 86400


@pytest.fixture
def clock(folder):
    return Clock(folder)


@pytest.fixture
def start(gateway, configuration, relays, broker, clock):
    def begin(trust="synchronised"):
        gateway.configure(configuration.mqtt(broker.port).tcp("tcp", relays.port).relay("relay", "tcp", 1, UNLATCHED).text())
        clock.environment["GENGFU_CLOCK"] = trust
        gateway.start(clock.environment)
        return gateway

    return begin


def fixes(feed):
    with feed.changed:
        return [feed.records[i].clock_fix for i in feed.order if feed.records[i].WhichOneof("content") == "clock_fix"]


def dated(fix, stamp):
    """What a consumer makes of a time: seconds since 1970."""
    assert (stamp.boot_id_high, stamp.boot_id_low) == (fix.boot_id_high, fix.boot_id_low)
    return (fix.wall_of_zero_us + stamp.monotonic_us) / 1e6


def test_without_a_clock_everything_works_and_is_dated_later(start, relays, feed, clock):
    clock.set(-DAY, synchronised=False)
    gateway = start()
    assert gateway.ask(verb="status")["clock"] == "unknown"
    relays.set(1, "holding", 0, ALARM)
    raised = feed.wait_transition("RAISED", RULE)
    feed.wait(lambda: any(s.value == 320 for s in feed.samples("relay", "residual_current")), "telemetry")
    with feed.changed:
        before = list(feed.records.values())
        assert not feed.state.clock_known
    assert raised.alarm.raised.wall_us == 0 and raised.alarm.raised.monotonic_us > 0
    for record in before:
        assert record.written.wall_us == 0 and record.written.monotonic_us > 0, record
        assert record.batch.start.wall_us == 0
    now = time.time()
    clock.set(0, synchronised=True)
    fix = feed.wait(lambda: fixes(feed), "the fix")[0]
    assert abs(dated(fix, raised.alarm.raised) - now) < 60, "the alarm is dated, and not to yesterday"
    assert fix.uncertainty_us == 1500 and fix.version > 0
    feed.wait(lambda: feed.state.clock_known, "a heartbeat that knows the time")
    relays.set(1, "holding", 0, REST)
    cleared = feed.wait_transition("CLEARED", RULE).alarm
    assert abs(cleared.cleared.wall_us / 1e6 - time.time()) < 60
    assert len(fixes(feed)) == 1


def test_records_of_a_run_that_died_without_a_clock_are_dated_by_the_next(start, gateway, relays, feed, clock):
    clock.set(0, synchronised=False)
    start()
    relays.set(1, "holding", 0, ALARM)
    raised = feed.wait_transition("RAISED", RULE).alarm
    assert raised.raised.wall_us == 0
    gateway.kill()
    clock.set(0, synchronised=True)
    gateway.start(clock.environment)
    fix = feed.wait(lambda: fixes(feed), "the fix")[0]
    assert abs(dated(fix, raised.raised) - time.time()) < 120


@pytest.mark.parametrize("seconds", [-DAY, YEAR, -60 * YEAR])
def test_a_clock_that_jumps_neither_fires_nor_mutes_an_alarm(start, gateway, relays, feed, clock, seconds):
    start()
    relays.set(1, "holding", 0, ALARM)
    raised = feed.wait_transition("RAISED", RULE).alarm
    assert abs(raised.raised.wall_us / 1e6 - time.time()) < 60
    clock.set(seconds, synchronised=False)
    gateway.process.wait_for_log("somebody set the system's time")
    wait_for(lambda: gateway.ask(verb="status")["clock"] == "unknown", "the clock to be doubted")
    assert gateway.alarm(RULE)["id"] == raised.id and gateway.alarm(RULE)["active"]
    relays.set(1, "holding", 0, REST)
    cleared = feed.wait_transition("CLEARED", RULE).alarm
    assert cleared.cleared.wall_us == 0, "nobody vouches for it"
    relays.set(1, "holding", 0, ALARM)
    feed.wait_transition("RAISED", RULE, count=2)
    assert {(t.alarm.rule, t.kind) for t in feed.transitions()} == {(RULE, 1), (RULE, 2)}, "and nothing else rang"
    assert not any(record.written.wall_us < 0 for record in feed.records.values())
    clock.set(0, synchronised=True)
    fix = feed.wait(lambda: fixes(feed), "the fix")[-1]
    assert abs(dated(fix, cleared.cleared) - time.time()) < 60


def test_a_believed_clock_that_is_corrected_dates_its_boot_anew(start, gateway, relays, feed, clock):
    clock.set(-HOUR, synchronised=False)
    start("plausible")
    relays.set(1, "holding", 0, ALARM)
    raised = feed.wait_transition("RAISED", RULE).alarm
    assert abs(raised.raised.wall_us / 1e6 - (time.time() - HOUR)) < 60, "believed, and an hour late"
    assert fixes(feed) == []
    clock.set(0, synchronised=False)
    fix = feed.wait(lambda: fixes(feed), "the fix")[0]
    assert abs(dated(fix, raised.raised) - time.time()) < 60
    assert fix.uncertainty_us == 0, "nobody says how wrong it may be"
