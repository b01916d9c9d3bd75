"""Sensors that fall silent: an alarm of its own, and what stood becomes uncertain, never clear.

An alarm is called uncertain after ten seconds at the earliest, so that one story serves all tests: six relays in alarm on two
lines; silence, exceptions, a cut line; the line is mended; the daemon is killed; the rest comes back.
"""
import pytest

from support.broker import Broker
from support.configuration import SILENT_SOON, UNLATCHED, Configuration
from support.feed import Feed
from support.gateway import Gateway
from support.simulator import Simulator

RULE = "residual-current-high"
RAISED, CLEARED, UNCERTAIN, CERTAIN = 1, 2, 6, 7
LINES = {"line-a": ("stays", "ends", "refuses", "healthy"), "line-b": ("cut-1", "cut-2")}
DEVICES = [(line, unit, name) for line, names in LINES.items() for unit, name in enumerate(names, 1)]
SCENARIO = '[scenario]\nname = "silence"\n' + "".join(f'[[line]]\nname = "{line}"\nbaud = 115200\n' for line in LINES) + "".join(
    f'[[device]]\nname = "{name}"\nline = "{line}"\nunit = {unit}\nholding = {{ 0x0000 = "0140 0000*27" }}\n'
    for line, unit, name in DEVICES)


class Story:
    def __init__(self, folder):
        self.parts = []
        self.sim = self._part(Simulator(SCENARIO, folder))
        broker = self._part(Broker(folder))
        self.feed = self._part(Feed(broker.port))
        self.gateway = self._part(Gateway(folder))
        configuration = Configuration(self.gateway.store).mqtt(broker.port)
        for line in LINES:
            configuration.serial(line, self.sim.lines[line], 115200, "100ms")
        for line, unit, name in DEVICES:
            configuration.relay(name, line, unit, UNLATCHED + SILENT_SOON)
        self.gateway.configure(configuration.text())

    def _part(self, part):
        self.parts.append(part)
        return part

    def tell(self):
        self.gateway.start()
        self.raised = {name: self.feed.wait_transition("RAISED", RULE, name).alarm for _, _, name in DEVICES}
        for name in ("stays", "ends"):
            self.sim.do("fault", target=name, kind="silence")
        self.sim.do("fault", target="refuses", kind="exception", code=4)
        self.sim.do("unplug", target="line-b")
        for name in self.raised:
            if name != "healthy":
                self.feed.wait_transition("UNCERTAIN", RULE, name)
        self.health = {name: self.gateway.health(name) for name in self.raised}
        self.uncertain = {alarm["device"]: alarm for alarm in self.gateway.alarms() if alarm["rule"] == RULE}
        self.sim.do("plug", target="line-b")
        for name in LINES["line-b"]:
            self.feed.wait_transition("CERTAIN", RULE, name)
            self.feed.wait_transition("CLEARED", "silent", name)
        self.before_kill = self.standing()
        self.gateway.kill()
        self.gateway.start()
        self.after_kill = self.standing()
        self.sim.set("ends", holding={"0x0000": "001E"})
        self.sim.do("clear")
        self.feed.wait_transition("CERTAIN", RULE, "stays")
        self.feed.wait_transition("CERTAIN", RULE, "refuses")
        self.feed.wait_transition("CLEARED", RULE, "ends")
        for name in ("stays", "ends", "refuses"):
            self.feed.wait_transition("CLEARED", "silent", name)

    def standing(self):
        return {(a["device"], a["rule"]): (a["id"], a["active"], a["uncertain"]) for a in self.gateway.alarms()}

    def kinds(self, device, rule=RULE):
        return [t.kind for t in self.feed.transitions(rule, device)]

    def close(self):
        for part in reversed(self.parts):
            part.close()


@pytest.fixture(scope="module")
def story(module_folder):
    made = Story(module_folder)
    try:
        made.tell()
        yield made
    finally:
        made.close()


@pytest.mark.parametrize("device", ["stays", "ends", "refuses", "cut-1", "cut-2"])
def test_silence_is_an_alarm_of_its_own(story, device):
    # (a line that is down suppresses the silences of its devices: that is another test's)
    silent = [t for t in story.feed.transitions("silent", device) if t.kind in (RAISED, CLEARED)]
    assert [t.kind for t in silent] == [RAISED, CLEARED]
    assert silent[0].alarm.point == "" and silent[0].alarm.text.en == f"{device} gives no reading"
    assert silent[0].alarm.id == silent[1].alarm.id


@pytest.mark.parametrize("device", ["stays", "refuses", "cut-1", "cut-2"])
def test_silence_clears_nothing_and_back_it_is_certain_again(story, device):
    assert story.kinds(device) == [RAISED, UNCERTAIN, CERTAIN]
    alarm = story.gateway.alarm(RULE, device)
    assert alarm["active"] and not alarm["uncertain"] and alarm["id"] == story.raised[device].id


def test_what_is_gone_when_the_sensor_is_back_clears(story):
    assert story.kinds("ends") == [RAISED, UNCERTAIN, CLEARED]
    cleared = story.feed.transitions(RULE, "ends")[-1].alarm
    assert cleared.id == story.raised["ends"].id and not cleared.uncertain and cleared.evidence.value == 30


def test_an_uncertain_alarm_shows_the_last_value_and_that_it_is_none_now(story):
    transition = next(t for t in story.feed.transitions(RULE, "stays") if t.kind == UNCERTAIN)
    assert transition.alarm.active and transition.alarm.uncertain
    assert transition.alarm.evidence.value == 320 and transition.alarm.evidence.quality == 3
    assert story.uncertain["stays"]["uncertain"] and not story.uncertain["healthy"]["uncertain"]


def test_an_exception_is_an_answer_but_no_value(story):
    assert story.health["refuses"] == "online"
    assert any(s.reason == 3 for s in story.feed.samples("refuses", "residual_current"))


def test_the_neighbour_goes_on(story):
    assert story.kinds("healthy") == [RAISED] and story.health["healthy"] == "online"
    assert story.health["stays"] == story.health["ends"] == "offline"
    assert [s.quality for s in story.feed.samples("healthy", "residual_current")].count(3) == 0


def test_uncertain_and_silent_outlive_a_kill(story):
    assert story.after_kill == story.before_kill
    assert story.before_kill["stays", RULE] == (story.raised["stays"].id, True, True)
    assert story.before_kill["stays", "silent"][1] is True


def test_bad_samples_reach_the_far_end(story):
    for device in ("stays", "cut-1"):
        story.feed.wait(lambda d=device: story.feed.last(d, "residual_current").quality == 1, "a good value after the silence")
        samples = story.feed.samples(device, "residual_current")
        assert {1, 3} <= {s.quality for s in samples}
        assert all(s.value == 320 for s in samples if s.quality == 1)
    story.feed.wait(lambda: story.feed.last("ends", "residual_current").value == 30, "the value after the silence")
