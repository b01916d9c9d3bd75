"""Real profiles against units that nobody here wrote: pymodbus serves registers written by hand from data sheets and
published frames; the values must come out right at the far end and in `gengfu read`."""
import json

import pytest

from support.broker import Broker
from support.configuration import Configuration
from support.feed import Feed
from support.gateway import Gateway
from support.slaves import SerialSlaves, TcpSlaves

GOOD, BAD = "good", "bad"


def block(first: int, last: int, **at) -> dict:
    """Registers first to last, zero but for what `at` says, such as r5B="0350"."""
    words = ["0000"] * (last - first + 1)
    for key, text in at.items():
        start = int(key[1:], 16) - first
        for i, word in enumerate(text.split()):
            words[start + i] = word
    return {first: " ".join(words)}


# unit -> registers. 0x30 and 0x31 (two clamp-on meters) differ in their own opinion of their signal.
ON_THE_LINE = {
    0x01: {"holding": block(0x00, 0x1B, r0="0138", r8="01F4 012C", r18="0001", r1B="0002")},
    0x05: {"holding": {0x00: "0138", 0x08: "01F4 012C", 0x1B: "0000"}},  # what lies between does not exist
    0x02: {"holding": {0x00: "0002 0003 0010 0003 0708"}},
    0x03: {"input": block(0x00, 0x4B, r0="4366 8000", r2="4365 4000", r4="4367 0000", r34="447A 0000", r3E="3F00 0000",
                          r46="4248 0000", r48="42C9 0000")},
    0x04: {"discrete": {0: "1 0 1 0"}},
    0x10: {"holding": block(0x2000, 0x2006, r2000="4120 0000", r2004="F63C", r2006="1194")},
    0x30: {"holding": block(0x00, 0x5B, r0="0000 4050", r4="0000 3F00", r8="04D2 0000", rA="0000 3E80", r5B="0350")},
    0x31: {"holding": block(0x00, 0x5B, r0="1D9B BF5C", r8="FFC8 FFFF", r5B="0326")},
    0x50: {"holding": block(0x30, 0x48, r34="0000 0000 07D1", r3A="0064 FF38 01F4", r3D="0B61 F555 0000")},
    0x51: {"input": block(0x3E8, 0x3F9, r3E8="4174 0000 C048 0000 437D 0000", r3F2="3F00 0000")},
    0x64: {"holding": {0x1E: "0030", 0x1F8: "4366 8000", 0x1FC: "439C 4000", **block(0x200, 0x217, r200="4148 0000"),
                       0x21C: "447A 0000"}},  # as above
}
OVER_TCP = {
    0x01: {"holding": block(0x00, 0x13, r0="0000 0007 4020 0000")},  # warming up
    0x02: {"discrete": {0: "1 0 0 1 0 0 1 1"}},
    0x03: {"holding": block(0x01, 0x1C, r1="CDCC F642", r5="1E85 0B3F", r7="00AA", rA="CDCC CC3E", r1A="6666 6640", r1C="0009")},
}

# device -> (bus, unit, profile, {point: value or (value, reason)}); a pair is a bad sample
DEVICES = {
    "relay": ("line", 0x01, "acrel-asj", {"residual_current": 312, "rated_current": 500, "warning_current": 300,
                                          "device_warning": 0, "device_alarm": 1, "wire_break": 0}),
    "relay-with-holes": ("line", 0x05, "acrel-asj", {"residual_current": 312, "rated_current": 500, "warning_current": 300,
                                                     "device_alarm": 0, "wire_break": 0}),
    "probe": ("line", 0x02, "qdy30a", {"level": 1.8, "unit_code": 16, "decimals": 3}),
    "meter": ("line", 0x03, "eastron-sdm630", {"voltage_1": 230.5, "voltage_2": 229.25, "voltage_3": 231.0, "active_power": 1.0,
                                               "power_factor": 0.5, "frequency": 50.0, "energy_import": 100.5}),
    "smoke": ("line", 0x04, "calectro-ug3", {"mounted": 1, "smoke": 1, "service_alarm": 0}),
    "h2s": ("line", 0x10, "seeed-s-h2s-01", {"h2s": 10.0, "temperature": -25.0, "humidity": 45.0}),
    "flow": ("line", 0x30, "tuf-2000m", {"flow": 3.25, "velocity": 0.5, "positive_total": 1234, "positive_fraction": 0.25,
                                         "signal_quality": 80}),
    "flow-without-echo": ("line", 0x31, "tuf-2000m", {"flow": (-0.859827, "good-when"), "positive_total": -56,
                                                      "signal_quality": 38}),
    "cover": ("line", 0x50, "witmotion-wt901c485", {"gravity_z": 0.9770507812, "magnetic_x": 100, "magnetic_y": -200,
                                                    "magnetic_z": 500, "roll": 16.0016, "pitch": -15.0018, "yaw": 0}),
    "tilt": ("line", 0x51, "sst810", {"angle_x": 15.25, "angle_y": -3.125, "temperature": 25.3, "gravity_z": 0.5}),
    "cabinet": ("line", 0x64, "cet-pmc-512-d", {"residual_current": 312.5, "residual_high": 1, "residual_high_high": 1,
                                                "voltage": 230.5, "branch_current_1": 12.5}),
    "gas": ("tcp", 0x01, "honeywell-midas", {"monitoring_state": 0, "concentration": (2.5, "not-protecting")}),
    "contacts": ("tcp", 0x02, "generic-di-8", {"di0": 1, "di1": 0, "di3": 1, "di5": 0, "di6": 1, "di7": 1}),
    "valve": ("tcp", 0x03, "kaifeng-xintai", {"positive_total": 123.4, "flow": 0.545, "pressure": 0.4, "pipe_state": 170,
                                              "battery": 3.6, "valve_open": 1, "valve_closed": 0, "battery_low": 1}),
}
REASON = {"good-when": 9, "not-protecting": 7}


class Site:
    """All of the above on one line and one TCP server, with a gateway and a subscriber."""

    def __init__(self, folder):
        self.line = SerialSlaves(ON_THE_LINE, folder)
        self.tcp = TcpSlaves(OVER_TCP)
        self.broker = Broker(folder)
        self.feed = Feed(self.broker.port)
        self.gateway = Gateway(folder)
        configuration = Configuration(self.gateway.store).mqtt(self.broker.port)
        configuration.serial("line", self.line.port).tcp("tcp", self.tcp.port)
        for name, (bus, unit, profile, _) in DEVICES.items():
            configuration.device(name, bus, unit, profile, interval="2s")
        self.gateway.configure(configuration.text())
        self.gateway.start()

    def close(self):
        for part in (self.gateway, self.feed, self.broker, self.tcp, self.line):
            part.close()


@pytest.fixture(scope="module")
def site(module_folder):
    made = Site(module_folder)
    yield made
    made.close()


@pytest.mark.parametrize("device", DEVICES)
def test_values_come_out_right_at_the_far_end(site, device):
    for point, expected in DEVICES[device][3].items():
        value, reason = expected if isinstance(expected, tuple) else (expected, None)
        samples = site.feed.wait(lambda p=point: site.feed.samples(device, p), f"telemetry of {device}/{point}")
        last = samples[-1]
        assert (last.quality, last.reason) == ((3, REASON[reason]) if reason else (1, 0)), f"{device}/{point}: {last}"
        if last.value is not None:  # a bad value is evidence, and may stay out of telemetry
            assert last.value == pytest.approx(value, rel=1e-5, abs=1e-5), point
        assert reason or last.value is not None


@pytest.mark.parametrize("device", DEVICES)
def test_values_come_out_right_in_gengfu_read(site, device):
    done = site.gateway.command("read", device, "--json")
    samples = {sample["point"]: sample for sample in json.loads(done.stdout)["samples"]}
    for point, expected in DEVICES[device][3].items():
        value, reason = expected if isinstance(expected, tuple) else (expected, None)
        sample = samples[point]
        assert (sample["quality"], sample["reason"]) == ((BAD, reason) if reason else (GOOD, None)), f"{device}/{point}: {sample}"
        assert sample["value"] == pytest.approx(value, rel=1e-5, abs=1e-5), point
    assert done.returncode == 0


def test_gengfu_read_prints_units_and_words_for_people(site):
    done = site.gateway.command("read", "valve")
    assert done.returncode == 0, done.stderr
    rows = {line.split()[0]: line.split() for line in done.stdout.splitlines() if line.strip()}
    assert rows["flow"][1:4] == ["0.545", "m3/h", "good"] or rows["flow"][2:4] == ["m3/h", "good"]
    assert rows["pipe_state"][1:3] == ["170.0", "(full)"] or rows["pipe_state"][1:3] == ["170", "(full)"]


def test_gengfu_read_asks_the_bus_by_itself_when_no_daemon_runs(site, module_folder):
    alone = Gateway(module_folder, "alone")
    alone.configure(Configuration(alone.store).mqtt(site.broker.port).tcp("tcp", site.tcp.port)
                    .device("valve", "tcp", 0x03, "kaifeng-xintai").text())
    done = alone.command("read", "valve", "--json")
    assert done.returncode == 0, done.stderr
    samples = {sample["point"]: sample for sample in json.loads(done.stdout)["samples"]}
    assert samples["pressure"]["value"] == pytest.approx(0.4) and samples["pressure"]["quality"] == GOOD


def test_every_unit_is_online_and_no_answer_was_damaged(site):
    for name in ("line", "tcp"):
        bus = site.gateway.bus(name)
        assert bus["open"] and bus["bad_frames"] == 0 and bus["foreign_frames"] == 0, bus
    health = {name: site.gateway.health(name) for name in DEVICES}
    assert set(health.values()) == {"online"}, health


def test_a_changed_register_changes_the_value(site):
    before = len(site.feed.samples("contacts", "di1"))
    site.tcp.set(0x02, "discrete", 1, "1")
    samples = site.feed.wait(lambda: site.feed.samples("contacts", "di1")[before:], "the change at the far end")
    assert [s.value for s in samples] == [1]
    site.tcp.set(0x02, "discrete", 1, "0")
    site.feed.wait(lambda: site.feed.samples("contacts", "di1")[-1].value == 0, "the change back")
