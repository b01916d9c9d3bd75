"""The process stands still (a stopped process, a paused virtual machine): nobody was asked, and so nobody is silent."""
import signal
import time

import pytest

from support.broker import Broker
from support.configuration import SILENT_SOON, Configuration
from support.feed import Feed
from support.gateway import Gateway
from support.simulator import Simulator

NAMES = ("first", "second", "third")
SCENARIO = '[scenario]\nname = "pause"\n[[line]]\nname = "line"\nbaud = 115200\n' + "".join(
    f'[[device]]\nname = "{name}"\nline = "line"\nunit = {unit}\nholding = {{ 0x0000 = "0020 0000*27" }}\n'
    for unit, name in enumerate(NAMES, 1))
PAUSE = 2.5  # seconds; longer than PauseWatch::kPause, three times the rules' `for`


@pytest.fixture
def parts(tmp_path):
    made = []

    def make(part):
        made.append(part)
        return part

    try:
        sim = make(Simulator(SCENARIO, tmp_path))
        broker = make(Broker(tmp_path))
        feed = make(Feed(broker.port))
        gateway = make(Gateway(tmp_path))
        configuration = Configuration(gateway.store).mqtt(broker.port).serial("line", sim.lines["line"], 115200, "100ms")
        for unit, name in enumerate(NAMES, 1):
            configuration.relay(name, "line", unit, SILENT_SOON)
        gateway.configure(configuration.text())
        yield sim, feed, gateway
    finally:
        for part in reversed(made):
            part.close()


def test_a_pause_proves_no_silence(parts):
    sim, feed, gateway = parts
    gateway.start()
    for name in NAMES:
        feed.wait(lambda n=name: any(s.quality == 1 for s in feed.samples(n, "residual_current")), f"a value of {name}")
    for times in (1, 2):
        gateway.process.signal(signal.SIGSTOP)
        time.sleep(PAUSE)  # the pause itself
        gateway.process.signal(signal.SIGCONT)
        gateway.process.wait_for_log("stood still", times=times)
    # What is told by now, or would be behind this true silence, is all.
    sim.do("fault", target="second", kind="silence")
    feed.wait_transition("RAISED", "silent", "second")
    told = [(t.alarm.device, t.alarm.rule) for t in feed.transitions()]
    assert told == [("second", "silent")]
