"""A worker that hangs in the driver of its port, and a line whose units have become too slow, with real processes: both are
alarms, the rest of the gateway goes on, and both end when it is over. Twelve minutes: only in a full check (conftest.py)."""
import os
import pathlib
import subprocess

import pytest

from support.configuration import RELAY, UNLATCHED
from support.feed import Feed
from support.simulator import Simulator
from support.waiting import wait_for

RULE = "residual-current-high"
SLOW = [f"slow-{unit}" for unit in range(1, 5)]
REGISTERS = f'holding = {{ 0x0000 = "{RELAY["holding"][0]}" }}'


def scenario() -> str:
    text = '[scenario]\nname = "lines"\nseed = 1\n'
    text += "".join(f'[[line]]\nname = "{name}"\nbaud = 9600\nformat = "8N2"\n' for name in ("hung", "busy"))
    for name, line, unit in [("hung-1", "hung", 1), *[(name, "busy", unit) for unit, name in enumerate(SLOW, 1)]]:
        text += f'[[device]]\nname = "{name}"\nline = "{line}"\nunit = {unit}\nturnaround = "5ms"\n{REGISTERS}\n'
    return text


class Driver:
    """Of the port `link` (line_shim.c)."""

    def __init__(self, folder: pathlib.Path, link: str):
        library = folder / "line_shim.so"
        source = pathlib.Path(__file__).resolve().parents[1] / "integration" / "support" / "line_shim.c"
        subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"], check=True, timeout=60)
        self._hangs = pathlib.Path(link + ".hangs")
        self.environment = {"LD_PRELOAD": str(library), "LINE_SHIM": link,
                            "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}

    def hang(self):
        self._hangs.touch()

    def go_on(self):
        self._hangs.unlink()


@pytest.fixture
def site(broker, gateway, configuration, folder, closing):
    simulator = closing(Simulator(scenario(), folder))
    driver = Driver(folder, simulator.lines["hung"])
    configuration.mqtt(broker.port).serial("hung", simulator.lines["hung"]).serial("busy", simulator.lines["busy"])
    configuration.relay("hung-1", "hung", 1, UNLATCHED, interval="500ms")
    for unit, name in enumerate(SLOW, 1):
        configuration.relay(name, "busy", unit, UNLATCHED, interval="1s")
    gateway.configure(configuration.text())
    feed = closing(Feed(broker.port))
    gateway.start(driver.environment)
    for name in ("hung-1", *SLOW):
        wait_for(lambda n=name: gateway.health(n) == "online", f"{name} to answer")
    return gateway, feed, simulator, driver


def current(simulator, device, milliamperes: int):
    simulator.set(device, holding={"0x0000": f"{milliamperes:04X}"})


def test_a_hung_worker_and_an_overloaded_line(site):
    gateway, feed, simulator, driver = site
    driver.hang()
    late = simulator.do("fault", target="busy", kind="late", delay="450ms")["fault"]
    stuck = feed.wait_transition("RAISED", "bus-stuck", seconds=120).alarm
    assert stuck.point == "bus_stuck.hung" and stuck.active and "hung" in stuck.text.en
    assert gateway.ask(verb="version")["version"], "core goes on"
    current(simulator, SLOW[0], 320)
    feed.wait_transition("RAISED", RULE, SLOW[0])
    overloaded = feed.wait_transition("RAISED", "bus-overloaded", seconds=300).alarm
    assert overloaded.point == "bus_load.busy" and overloaded.evidence.value >= 97
    for name in SLOW[1:]:  # every one of them is still watched
        current(simulator, name, 320)
        feed.wait_transition("RAISED", RULE, name)

    current(simulator, "hung-1", 320)
    driver.go_on()
    feed.wait_transition("CLEARED", "bus-stuck", seconds=60)
    feed.wait_transition("RAISED", RULE, "hung-1")
    simulator.do("clear", fault=late)
    feed.wait_transition("CLEARED", "bus-overloaded", seconds=480)
    for rule in ("bus-stuck", "bus-overloaded"):
        told = [t.kind for t in feed.transitions(rule)]
        assert told == [1, 2], f"{rule}: once, and over: {told}"
    driver.hang()
    status, seconds = gateway.stop(30)
    assert status == 0 and seconds < 15, f"SIGTERM while the worker hangs: {status} after {seconds:.1f} s"
