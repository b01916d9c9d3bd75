"""Rules of kind `anomaly`: a sensor that behaves unlike before, from its registers to the broker; and what was learnt stays."""
import random

import pytest
from pymodbus.datastore import ModbusSparseDataBlock

from support.configuration import RELAY
from support.slaves import TcpSlaves
from support.waiting import wait_for

# Values come fifty times as often as the shortest pace of the defaults needs; all else is the detector's own default.
PACE = "20ms"
WARM_UP_VALUES = 300


class Restless(ModbusSparseDataBlock):
    """Holding registers of which some are read with noise, never twice the same number by agreement."""

    def __init__(self, cells: dict, noisy: dict):
        """:param noisy: address -> mean"""
        super().__init__(cells)
        self.mean = noisy
        self.reads = 0
        self._random = random.Random(5)

    def getValues(self, address, count=1):
        values = super().getValues(address, count)
        for noisy, mean in self.mean.items():
            if address <= noisy < address + count:
                values[noisy - address] = max(0, round(self._random.gauss(mean, 2)))
                self.reads += noisy == 0
        return values


@pytest.fixture
def slaves(closing):
    return closing(TcpSlaves({1: RELAY}))


@pytest.fixture
def sensor(slaves):
    cells = {first + i: int(word, 16) for first, text in RELAY["holding"].items() for i, word in enumerate(text.split())}
    block = Restless(cells, {0: 30})
    slaves.units.context[1].store["h"] = block
    return block


def rule(keys: str) -> str:
    return ('[device.rule.unusual]\nkind = "anomaly"\n'
            f'every = "{PACE}"\nwarm_up = "{WARM_UP_VALUES * 20}ms"\n' + keys)


@pytest.fixture
def site(broker, feed, slaves, gateway, configuration):
    def start(keys: str):
        gateway.configure(configuration.mqtt(broker.port).tcp("tcp", slaves.port)
                          .device("relay", "tcp", 1, "acrel-asj", interval=PACE, rules=rule(keys)).text())
        gateway.start()
        feed.wait(lambda: feed.birth and feed.state and feed.state.online, "birth and state")
        return gateway
    return start


def wait_reads(sensor, more: int):
    until = sensor.reads + more
    wait_for(lambda: sensor.reads >= until, f"{more} more readings", 120)


def test_a_change_of_behaviour_arrives_with_its_aspect_and_what_was_expected(site, sensor, feed):
    gateway = site('point = "residual_current"\nsensitivity = 6\n')
    wait_reads(sensor, WARM_UP_VALUES + 50)
    assert gateway.alarms() == [] and feed.transitions("unusual") == [], "the usual is no alarm"
    sensor.mean[0] = 300
    raised = feed.wait_transition("RAISED", "unusual", "relay").alarm
    assert raised.severity == 4 and raised.point == "residual_current"  # minor
    evidence = raised.evidence
    assert evidence.rule_kind == "anomaly" and evidence.unit == "mA" and evidence.value > 280
    assert evidence.anomaly.aspect in ("level", "shape", "spread", "season") and evidence.anomaly.point == "residual_current"
    assert 20 < evidence.anomaly.expected < 40 and evidence.anomaly.low < evidence.anomaly.high < 280
    assert 0.6 < evidence.anomaly.score < 1
    assert (raised.title.zh, raised.title.en) == ("读数异常", "Unusual reading")
    assert evidence.anomaly.aspect in raised.text.en and "异常" in raised.text.zh and "{" not in raised.text.en
    feed.wait(lambda: raised.id in feed.retained_alarms, "the retained alarm")
    assert feed.retained_alarms[raised.id].evidence.anomaly.aspect == evidence.anomaly.aspect
    told = gateway.alarm("unusual")["anomaly"]
    assert told["aspect"] == evidence.anomaly.aspect and told["point"] == "residual_current"
    shown = gateway.command("alarms")
    assert shown.returncode == 0 and "usually" in shown.stdout and evidence.anomaly.aspect in shown.stdout
    assert len(feed.transitions("unusual", kind=1)) == 1, "rung once"


def test_what_was_learnt_outlives_a_restart(site, sensor, feed):
    gateway = site('point = "residual_current"\nsensitivity = 6\n')
    wait_reads(sensor, WARM_UP_VALUES + 50)
    assert gateway.stop()[0] == 0
    learnt = gateway.store / "learnt"
    assert 4000 < learnt.stat().st_size < 8192 and learnt.stat().st_mode & 0o777 == 0o600
    gateway.start()
    assert "1 of 1 go on with what they had learnt" in gateway.log()
    wait_reads(sensor, 20)
    before = sensor.reads
    sensor.mean[0] = 300
    feed.wait_transition("RAISED", "unusual", "relay")
    assert sensor.reads - before < WARM_UP_VALUES, "it did not have to learn anew"


def test_a_damaged_memory_is_told_once_and_learnt_anew(site, sensor, feed):
    gateway = site('point = "residual_current"\nsensitivity = 6\n')
    wait_reads(sensor, 50)
    assert gateway.stop()[0] == 0
    learnt = gateway.store / "learnt"
    content = bytearray(learnt.read_bytes())
    content[200] ^= 1
    learnt.write_bytes(content)
    gateway.start()
    assert gateway.log().count("learn anew") == 1 and "0 of 1 go on" in gateway.log()
    wait_reads(sensor, WARM_UP_VALUES + 50)
    sensor.mean[0] = 300
    feed.wait_transition("RAISED", "unusual", "relay")


def test_points_judged_together_name_the_one_that_left(site, slaves, sensor, feed):
    gateway = site('points = ["residual_current", "device_warning", "device_alarm"]\nsensitivity = 5\n')
    wait_reads(sensor, WARM_UP_VALUES + 200)
    sensor.mean[0] = 60
    raised = feed.wait_transition("RAISED", "unusual", "relay").alarm
    assert raised.point == "" and raised.evidence.anomaly.point == "residual_current" and raised.evidence.unit == "mA"
    assert raised.evidence.anomaly.aspect == "level" and 25 < raised.evidence.anomaly.expected < 40
    assert "residual_current" in gateway.alarm("unusual")["text"]["en"]
