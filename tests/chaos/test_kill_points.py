"""kill -9 at every named moment: no event lost or doubled, no telemetry that was on disk lost, every end of a run declared.

GENGFU_CHAOS_KILLS: how often a point (an even number; 2). GENGFU_CHAOS_SEED: which pass of the point is the deadly one.
"""
import os
import random

import pytest

from support.configuration import UNLATCHED
from support.consumer import EVENT, TELEMETRY, Consumer
from support.waiting import wait_for

RULE = "residual-current-high"
REST, ALARM = "001E", "0140"
KILLS = int(os.environ.get("GENGFU_CHAOS_KILLS", "2"))
SEED = int(os.environ.get("GENGFU_CHAOS_SEED", random.randrange(1 << 30)))
# Name, and up to which pass of it the process may live. Six alarms that change at once may share a commit.
POINTS = {"before-commit": 2, "after-commit": 2, "before-flush": 4, "after-flush": 4, "before-publish": 12, "after-publish": 12,
          "before-puback": 12, "after-puback": 6, "before-confirm": 1, "after-confirm": 2, "before-release": 1, "after-release": 1,
          "between-copies": 1, "before-rotation": 1, "after-rotation": 1, "start-read": 1, "start-before-epoch": 1,
          "start-after-epoch": 1}


def dies_at(gateway, consumer, relays, point, passes, value):
    """Starts with the kill point armed, changes every relay, and waits for the end."""
    gateway.launch({"GENGFU_KILL_AT": f"{point}:{passes}"})
    for unit in range(1, 7):
        relays.set(unit, "holding", 0, value)

    def dead():
        if gateway.process.status is None and consumer.connected.is_set():
            consumer.confirm()  # some points are passed when a confirmation comes
        return gateway.process.status == -9

    wait_for(dead, f"gengfud to die at {point}:{passes}")


def ended_runs_declared(consumer):
    """Whether of every run that the consumer knows, but the present one, the end of both streams is declared."""
    ends = {(a.epoch, a.stream) for a in consumer.declared() if a.reason == "end-of-run"}
    known = {*consumer.sequences(EVENT), *consumer.sequences(TELEMETRY)} - {consumer.birth.epoch}
    return all((epoch, stream) in ends for epoch in known for stream in (EVENT, TELEMETRY))


@pytest.mark.parametrize("number", range(KILLS // 2))
@pytest.mark.parametrize("point", POINTS)
def test_killed_at(point, number, broker, gateway, configuration, relays, closing):
    draw = random.Random(f"{SEED} {point} {number}")
    print(f"GENGFU_CHAOS_SEED={SEED}")
    consumer = closing(Consumer(broker.port))
    configuration.mqtt(broker.port).tcp("tcp", relays.port)
    for unit in range(1, 7):
        configuration.relay(f"relay-{unit}", "tcp", unit, UNLATCHED)
    gateway.configure(configuration.text().replace("[mqtt]\n", '[mqtt]\nconfirm = ["broker", "city"]\n'))
    for value, kind in ((ALARM, "RAISED"), (REST, "CLEARED")):
        if "rotation" in point and gateway.store.exists():
            for file in gateway.store.glob("telemetry-*"):
                file.unlink()  # the next flush begins a file; all that these held was confirmed below
        dies_at(gateway, consumer, relays, point, draw.randint(1, POINTS[point]), value)
        gateway.start()
        consumer.announce()
        for unit in range(1, 7):
            consumer.wait_transition(kind, RULE, f"relay-{unit}")

        def settled():
            consumer.confirm()
            store = gateway.ask(verb="status")["store"]
            return store["events_pending"] == 0 and store["telemetry_pending"] <= 1 and ended_runs_declared(consumer)

        wait_for(settled, "everything to be confirmed, and the end of every earlier run to be declared")
        gateway.stop()
    for unit in range(1, 7):
        told = consumer.transitions(RULE, f"relay-{unit}")
        assert [t.kind for t in told if t.kind in (1, 2)] == [1, 2], f"relay-{unit}: each transition once"
        assert len({t.alarm.id for t in told}) == 1, f"relay-{unit}: one alarm"
    assert consumer.missing(EVENT) == set()
    assert consumer.missing(TELEMETRY) == set()
    assert consumer.declared(), "the end of a run is declared"
    assert not consumer.spoiled
