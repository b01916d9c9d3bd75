"""A point that is aggregated: its windows come in place of its readings, rules still see each of them."""
from support.slaves import TcpSlaves
from support.waiting import wait_for

PROFILE = """
name = "flow-meter"
source = "made up by this test"
[[point]]
name = "flow"
register = "holding:0"
unit = "m3/h"
scale = 0.1
aggregate = "1s"
"""
RULE = """
[device.rule.high]
kind = "above"
point = "flow"
limit = 50
severity = "major"
on_delay = "0s"
off_delay = "0s"
"""


def test_windows_in_place_of_readings(gateway, configuration, broker, feed, closing):
    slaves = closing(TcpSlaves({1: {"holding": {0: "0064"}}}))
    (gateway.folder / "profiles").mkdir()
    (gateway.folder / "profiles" / "flow-meter.toml").write_text(PROFILE)
    configuration.mqtt(broker.port).tcp("tcp", slaves.port).device("main", "tcp", 1, "flow-meter", interval="50ms", rules=RULE)
    gateway.configure(configuration.text())
    gateway.start()
    feed.wait(lambda: len(feed.samples("main", "flow.mean")) >= 2, "a window or two")
    slaves.set(1, "holding", 0, "012C")  # 30 m3/h
    # A window in which both were: its bounds and something between.
    feed.wait(lambda: any(s.value == 30 for s in feed.samples("main", "flow.max")), "the change")
    lowest, means, highest = (feed.samples("main", f"flow.{part}") for part in ("min", "mean", "max"))
    assert lowest[0].value == means[0].value == highest[0].value == 10
    for low, mean, high in zip(lowest, means, highest):
        assert low.value <= mean.value <= high.value
    assert [s.value for s in feed.samples("main", "flow")] == [10], "the first reading alone"
    slaves.set(1, "holding", 0, "0258")  # 60 m3/h: no window long
    feed.wait_transition("RAISED", "high")
    feed.wait(lambda: any(s.value == 60 for s in feed.samples("main", "flow")), "readings around the alarm")
    wait_for(lambda: gateway.read("main")["flow"]["value"] == 60, "the command reads as ever")
