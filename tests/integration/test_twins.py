"""Two devices at one address: neither is ever taken for the other's next answer, and the installer is told which address it is."""
import pytest

from support.waiting import wait_for

SCENARIO = """
[scenario]
name = "two at one address"
[[line]]
name = "rs485-1"
baud = 9600
format = "8N1"
[[device]]
name = "first"
line = "rs485-1"
unit = 4
same_unit = true
turnaround = "40ms"
holding = { 0x0004 = "0064", 0x0020 = "00C8" }
[[device]]
name = "second"
line = "rs485-1"
unit = 4
same_unit = true
turnaround = "66ms"
holding = { 0x0004 = "0BB8", 0x0020 = "0FA0" }
[[device]]
name = "neighbour"
line = "rs485-1"
unit = 5
turnaround = "10ms"
holding = { 0x0004 = "0001", 0x0020 = "0002" }
"""
PROFILE = """
name = "two"
source = "test: two registers that no single request fetches"
forbid = ["holding:0x0005-0x001F"]
[serial]
turnaround = "200ms"
[[point]]
name = "a"
register = "holding:0x0004"
[[point]]
name = "b"
register = "holding:0x0020"
"""
#: What the registers of either hold: any other value is that of the wrong register.
A, B = {100, 3000}, {200, 4000}


#: One that comes to the neighbour's address later.
LATER = """
[[device]]
name = "later"
line = "rs485-1"
unit = 5
same_unit = true
turnaround = "60ms"
holding = { 0x0004 = "0007", 0x0020 = "0008" }
"""


@pytest.fixture
def line(simulate, broker, feed, gateway, configuration):
    sim = simulate(SCENARIO.replace('unit = 5\n', 'unit = 5\nsame_unit = true\n') + LATER)
    sim.later = sim.do("fault", target="later", kind="silence")["fault"]
    profiles = gateway.folder / "profiles"
    profiles.mkdir()
    (profiles / "two.toml").write_text(PROFILE)
    configuration.mqtt(broker.port).serial("rs485-1", sim.lines["rs485-1"], 9600, "200ms")
    for name, unit in (("cover", 4), ("next", 5)):
        configuration.device(name, "rs485-1", unit, "two", interval="500ms")
    gateway.configure(configuration.text())
    return sim


def good(feed, device, point):
    return [sample.value for sample in feed.samples(device, point) if sample.quality == 1]


def of(gateway, device):
    return next(d for d in gateway.bus("rs485-1")["devices"] if d["name"] == device)


def test_twins_from_the_start_never_give_a_value_of_another_register(line, feed, gateway):
    gateway.start()
    wait_for(lambda: of(gateway, "cover").get("two_answer"), "the twins to be told")
    alarm = wait_for(lambda: gateway.alarm("bus-address", "gateway"), "the alarm", 30)
    assert alarm["behind"] == ["cover"] and "cover (4)" in alarm["text"]["en"], alarm
    assert gateway.bus("rs485-1")["unasked_frames"] >= 2
    assert "two answer at this address" in gateway.log()
    wait_for(lambda: gateway.health("cover") == "offline", "nobody to believe them", 30)
    assert gateway.health("next") == "online"
    begun = of(gateway, "next")["traffic"]["answers"]
    wait_for(lambda: of(gateway, "next")["traffic"]["answers"] >= begun + 10, "the neighbour to be read all the while")
    assert of(gateway, "next")["traffic"]["bad_frames"] <= 2, "but for what collided"
    assert not good(feed, "cover", "a") and not good(feed, "cover", "b"), "nobody knows which of the two is the sensor"
    assert set(good(feed, "next", "a")) == {1} and set(good(feed, "next", "b")) == {2}


def test_an_address_more_is_told_while_the_alarm_stands(line, feed, gateway):
    gateway.start()
    first = wait_for(lambda: gateway.alarm("bus-address", "gateway"), "the alarm", 30)
    assert "cover (4)" in first["text"]["en"] and "next (5)" not in first["text"]["en"], first
    line.do("clear", fault=line.later)
    both = wait_for(lambda: next((a for a in [gateway.alarm("bus-address", "gateway")] if a and "next (5)" in a["text"]["en"]), None),
                    "the alarm to name the other address", 60)
    assert both["behind"] == ["cover", "next"] and "cover (4), next (5)" in both["text"]["en"], both
    assert both["id"] == first["id"] and "two answer at 2 of its addresses" in both["text"]["en"], both


def test_the_sensor_is_read_again_when_the_other_is_gone(line, feed, gateway):
    gateway.start()
    wait_for(lambda: of(gateway, "cover").get("two_answer"), "the twins to be told")
    line.do("fault", target="second", kind="silence")
    wait_for(lambda: gateway.health("cover") == "online", "the one that is left", 60)
    wait_for(lambda: [(gateway.read("cover")[point]["quality"], gateway.read("cover")[point].get("value")) for point in "ab"]
             == [("good", 100), ("good", 200)], "its values", 60)
    wait_for(lambda: good(feed, "cover", "b")[-1:] == [200], "them to be told", 60)
    assert of(gateway, "cover").get("two_answer"), "it is watched for a minute more"
    assert set(good(feed, "cover", "a")) <= A and set(good(feed, "cover", "b")) <= B
