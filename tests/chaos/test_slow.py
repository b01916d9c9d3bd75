"""A disk that stalls and goes on, one on which the daemon is killed meanwhile; a link that is away for a day; a modem.

GENGFU_CHAOS_STALL: for how many seconds the disk stalls (5; 30 in tools/check --full).
"""
import os
import random
import threading
import time

import pytest

from support.clock import Clock
from support.consumer import EVENT, TELEMETRY
from support.disk import Disk
from support.schema import feed as feed_schema
from support.waiting import wait_for
from town import RULE, UNITS, Town

STALL = float(os.environ.get("GENGFU_CHAOS_STALL", "5"))
MODEM = 50_000 / 8  # bytes a second of a link of 50 kbit/s
DAY = 86400


@pytest.fixture
def town(broker, gateway, configuration, closing):
    return Town(broker, gateway, configuration, closing)


def begin(town, environment=None):
    town.gateway.start(environment)
    town.consumer.wait(lambda: town.consumer.birth, "the birth")


def raise_and_wait(town, unit):
    """Seconds from the register to the consumer."""
    told = len(town.told(unit))
    begun = time.monotonic()
    town.toggle(unit)
    town.consumer.wait(lambda: len(town.told(unit)) > told, f"the alarm of relay-{unit}")
    return time.monotonic() - begun


def volatile(consumer):
    """Rules of the events that came with the mark of not being on disk."""
    with consumer.changed:
        payloads = [m.payload for m in consumer.messages if m.topic == f"{consumer.base}/event"]
    envelopes = map(feed_schema.Envelope.FromString, payloads)
    return {envelope.record.transition.alarm.rule for envelope in envelopes if envelope.is_volatile}


def pending(town):
    return town.gateway.ask(verb="status")["store"]["telemetry_pending"]


def telemetry(town):
    """How many records of this run have come."""
    return len(town.consumer.sequences(TELEMETRY).get(town.consumer.birth.epoch, []))


class Wobble:
    """Relays whose readings change all the while, below their limits: telemetry."""

    def __init__(self, town, units):
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(town, units), daemon=True)
        self._thread.start()

    def _run(self, town, units):
        draw = random.Random(1)
        while not self._ended.wait(0.05):
            for unit in units:
                town.relays.set(unit, "holding", 0, f"{draw.randrange(5, 150):04X}")

    def close(self):
        self._ended.set()
        self._thread.join()


def test_disk_that_stalls_and_goes_on(town, folder):
    """Alarms go out as volatile; when the disk goes on, nothing is lost and nothing comes under two identities."""
    disk = Disk(folder)
    begin(town, disk.environment)
    town.settle()
    disk.stall()
    end = time.monotonic() + STALL
    longest = 0.0
    for unit in range(1, 7):
        longest = max(longest, raise_and_wait(town, unit))
    town.consumer.wait_transition("RAISED", "store-slow")
    assert {RULE, "store-slow"} <= volatile(town.consumer)
    rest = list(range(7, UNITS + 1))
    while time.monotonic() < end:
        if rest:
            longest = max(longest, raise_and_wait(town, rest.pop()))
        time.sleep(min(1.5, max(0.0, end - time.monotonic())))  # that it stands still for long is what is tried
    disk.be_well()
    town.settle()
    town.verdict()
    print(f"disk stalled for {STALL:g} s, longest from register to consumer {longest:.2f} s")


def test_killed_while_the_disk_stands_still(town, folder):
    """What was told is known to the broker alone: it is taken up again, told once."""
    disk = Disk(folder)
    begin(town, disk.environment)
    town.settle()
    disk.stall()
    for unit in range(1, 7):
        raise_and_wait(town, unit)
    # The retained alarm follows its event.
    town.consumer.wait(lambda: sum(a.rule == RULE for a in town.consumer.retained_alarms.values()) == 6, "six retained alarms")
    town.gateway.kill()
    disk.be_well()
    town.gateway.start(disk.environment)
    town.toggle(7)
    town.settle()
    for unit in range(1, 8):
        assert town.told(unit) == town.done[unit], f"relay-{unit}"
    assert not town.consumer.spoiled
    lost = town.consumer.missing(EVENT)
    assert lost == set(), f"neither came nor was declared: {sorted(lost)}"


def test_link_away_for_a_day(town, folder, closing):
    """A day passes on the gateway's clock while alarms come and go and readings change; then everything arrives."""
    clock = Clock(folder)
    begin(town, clock.environment)
    town.settle()
    town.gate.shut()
    wobble = closing(Wobble(town, range(13, UNITS + 1)))
    for hour in range(1, 25):
        clock.set(3600 + (hour - 1) * 24 * 3600 // 23)  # in all a whole day, which has a midnight whenever it begins
        unit = 1 + (hour - 1) % 6
        raised = len(town.done[unit]) % 2 == 0
        town.toggle(unit)
        wait_for(lambda: (town.gateway.alarm(RULE, f"relay-{unit}") or {"active": False})["active"] == raised, "the change")
        wait_for(lambda: pending(town) >= 4 * hour, "telemetry of the hour")
    # The first and the last hour are a whole day apart, so of two dates; the last one's readings may still be on their way to disk.
    wait_for(lambda: len(list(town.gateway.store.glob("telemetry-*.db"))) >= 2, "a day's file each")
    wobble.close()
    kept = pending(town)
    town.gate.open()
    town.settle()
    town.verdict()
    with town.consumer.changed:
        walls = [r.written.wall_us for r in town.consumer.records.values()]
    assert max(walls) - min(walls) >= 23 * 3600 * 1_000_000, "dated when they happened"
    print(f"{kept} telemetry records of the day arrived")


def test_an_alarm_overtakes_on_a_modem(town, closing):
    """50 kbit/s, and the telemetry of an outage waits: an alarm is at the consumer within 2 s."""
    begin(town)
    town.settle()
    town.gate.shut()
    wobble = closing(Wobble(town, range(13, UNITS + 1)))
    wait_for(lambda: pending(town) >= 120, "a backlog")
    town.gate.pace = MODEM
    town.gate.open()
    before = telemetry(town)
    town.consumer.wait(lambda: telemetry(town) >= before + 20, "the backlog to flow", 60)
    took, ahead = [], []
    for unit in range(1, 7):
        before = town.gate.passed
        took.append(raise_and_wait(town, unit))
        ahead.append(town.gate.passed - before)
        assert pending(town) > 5, "telemetry still waits"
    wobble.close()
    town.gate.shut()
    town.gate.pace = None
    town.gate.open()
    town.settle()
    town.verdict()
    print(f"alarms on a modem: {', '.join(f'{seconds:.2f}' for seconds in took)} s")
    # By the link's own time each within 2 s, however busy the machine is beside it.
    assert max(ahead) < 2.0 * MODEM, f"{max(ahead)} bytes went out before an alarm was there"
    assert sorted(took)[len(took) // 2] < 2.0 and max(took) < 4.0
