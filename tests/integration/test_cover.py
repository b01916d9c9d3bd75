"""A cover from three registers to the far end: the alarm's event brings what all three axes did before."""
import pytest

from support.slaves import TcpSlaves
from support.waiting import wait_for

RULE = "cover-moved"
AXES = ("gravity_x", "gravity_y", "gravity_z")
FLAT, LEANING = "0000 0000 0800", "05A8 0000 05A8"  # gravity x, y, z from 0x0034 on: 1 g down; 45 degrees about y
AT_ONCE = '[device.rule.cover-moved]\non_delay = "300ms"\noff_delay = "0s"\nwhy = "test: soon"\n'


@pytest.fixture
def cover(closing):
    return closing(TcpSlaves({1: {"holding": {0x0034: FLAT + " 0000" * 14}}}))


def axis(transition, point):
    """(seconds before the evidence, value) of one axis, oldest first. An alarm's own point is not named in its samples."""
    return [(sample.offset_us / 1e6, sample.value) for sample in transition.alarm.evidence.samples
            if (sample.point or transition.alarm.point) == point]


def test_all_axes_travel_with_the_event(cover, broker, feed, gateway, configuration):
    configuration.mqtt(broker.port).tcp("tcp", cover.port)
    gateway.configure(configuration.device("cover", "tcp", 1, "witmotion-wt901c485", "manhole-cover", rules=AT_ONCE).text())
    gateway.start()
    wait_for(lambda: "calibrated: " + RULE in gateway.command("calibrate", "cover", "--why", "laid flat").stdout, "a pose")
    cover.set(1, "holding", 0x0034, LEANING)
    raised = feed.wait_transition("RAISED", RULE, "cover")
    evidence = raised.alarm.evidence
    assert (evidence.rule_kind, evidence.unit, evidence.limit) == ("moved", "°", 15)
    assert evidence.value == pytest.approx(45, abs=0.5)
    for point, flat, leaning in zip(AXES, (0, 0, 1), (0.7075, 0, 0.7075)):
        seen = axis(raised, point)
        assert len(seen) >= 3, f"{point}: {seen}"
        offsets = [offset for offset, _ in seen]
        assert offsets == sorted(offsets) and -31 <= offsets[0] < -0.3 and offsets[-1] <= 0.001, f"{point}: {offsets}"
        assert seen[0][1] == pytest.approx(flat, abs=0.01) and seen[-1][1] == pytest.approx(leaning, abs=0.01), f"{point}: {seen}"
    assert not feed.retained_alarms or not any(a.evidence.samples for a in feed.retained_alarms.values())
    cover.set(1, "holding", 0x0034, FLAT)
    cleared = feed.wait_transition("CLEARED", RULE, "cover")
    assert all(axis(cleared, point)[-1][1] == pytest.approx(flat, abs=0.01) for point, flat in zip(AXES, (0, 0, 1)))
    # What came after the raise follows as telemetry, every reading.
    for point, leaning in zip(AXES, (0.7075, 0, 0.7075)):
        feed.wait(lambda p=point, v=leaning: any(abs(sample.value - v) < 0.01 for sample in feed.samples("cover", p)),
                  f"{point} of the lifted cover in the telemetry")
