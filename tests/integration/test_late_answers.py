"""An answer that comes too late is never taken for that of the next request, although function and length are the same."""
import pytest

from support.waiting import wait_for

NEAR, FAR = 0x1111, 0x2222  # what the registers hold, far apart: two requests of one register each
SCENARIO = """
[scenario]
name = "late answers"
[[line]]
name = "rs485-1"
baud = 115200
[[device]]
name = "twin"
line = "rs485-1"
unit = 7
turnaround = "5ms"
holding = { 0x0000 = "1111", 0x0800 = "2222" }
"""
PROFILE = """
name = "twin"
source = "test: two registers that no single request fetches"
[serial]
turnaround = "250ms"
[[point]]
name = "near"
register = "holding:0x0000"
[[point]]
name = "far"
register = "holding:0x0800"
"""


@pytest.mark.parametrize("delay", ["300ms", "480ms"], ids=lambda delay: delay)
def test_a_late_answer_is_never_the_next_one(simulate, broker, feed, gateway, configuration, delay):
    """The unit's profile allows it 250 ms: what comes later comes when its other register could have been asked. (A unit
    that is later than its profile says by as much again can be mistaken: docs/bus.md, Owing.)"""
    sim = simulate(SCENARIO)
    profiles = gateway.folder / "profiles"
    profiles.mkdir()
    (profiles / "twin.toml").write_text(PROFILE)
    configuration.mqtt(broker.port).serial("rs485-1", sim.lines["rs485-1"], 115200, "250ms")
    gateway.configure(configuration.device("twin", "rs485-1", 7, "twin", interval="40ms").text())
    gateway.start()
    wait_for(lambda: gateway.health("twin") == "online", "the unit to be online")
    sim.do("fault", target="twin", kind="late", delay=delay, share=0.4)
    begun = gateway.bus("rs485-1")["late_frames"]
    wait_for(lambda: gateway.bus("rs485-1")["late_frames"] >= begun + 10, "ten answers that came too late", 90)
    sim.do("clear")
    last = len(feed.samples("twin", "near"))
    feed.wait(lambda: len(feed.samples("twin", "near")) > last, "samples after the fault", 90)
    for point, value in (("near", NEAR), ("far", FAR)):
        good = [sample.value for sample in feed.samples("twin", point) if sample.quality != 3]
        assert good and set(good) == {value}, f"{point}: {set(good)}"
    assert any(sample.quality == 3 for sample in feed.samples("twin", "near") + feed.samples("twin", "far")), "some were late"
