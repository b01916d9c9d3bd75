"""What an alarm switches: on when it goes active, off when it clears and when its time is over, never without the profile's
leave, and known after a kill. One scenario for all tests: a relay that alarms, and a box with a siren on another line."""
import pytest

from support.configuration import UNLATCHED
from support.waiting import wait_for

RULE = "residual-current-high"
REST, ALARM = "001E", "0140"  # 30, 320 mA
SCENARIO = """
[scenario]
name = "actions"
[[tcp]]
name = "panels"
kind = "modbus-tcp"
[[tcp]]
name = "boxes"
kind = "modbus-tcp"
[[device]]
name = "panel"
tcp = "panels"
unit = 1
holding = { 0x0000 = "001E 0000*7 01F4 012C 0000*14 0001 0000*3" }
[[device]]
name = "box"
tcp = "boxes"
unit = 2
coil = { 0 = "0 0 0 0" }
"""
PROFILE = """
name = "test-box"
vendor = "Test"
model = "relay box"
source = "the test"
[[point]]
name = "siren"
register = "coil:2"
type = "bool"
{leave}
"""
LEAVE = '[[write]]\nregister = "coil:2"\nrange = [0, 1]\n'


class Site:
    def __init__(self, sim, gateway, configuration, broker):
        self.sim = sim
        self.gateway = gateway
        self.configuration = configuration.mqtt(broker.port)
        self.configuration.tcp("panels", self.sim.tcp["panels"]).tcp("boxes", self.sim.tcp["boxes"], timeout="100ms")
        (gateway.folder / "profiles").mkdir()

    def configure(self, lasts, leave=LEAVE):
        (self.gateway.folder / "profiles" / "test-box.toml").write_text(PROFILE.format(leave=leave))
        action = f'action = {{ device = "box", write = "coil:2", for = "{lasts}" }}\n'
        self.configuration.relay("panel", "panels", 1, UNLATCHED + action).device("box", "boxes", 2, "test-box")
        self.gateway.configure(self.configuration.text())

    def current(self, words):
        self.sim.set("panel", holding={"0x0000": words})

    def siren(self) -> bool:
        return self.sim.do("get", device="box", space="coil", address=2, count=1)["words"] == [1]

    def wait_siren(self, state):
        wait_for(lambda: self.siren() == state, f"the siren to be {'on' if state else 'off'}")


@pytest.fixture
def site(simulate, gateway, configuration, broker):
    return Site(simulate(SCENARIO), gateway, configuration, broker)


def audits(feed, what):
    with feed.changed:
        return [r.audit for r in feed.records.values() if r.WhichOneof("content") == "audit" and r.audit.what == what]


def test_on_with_the_alarm_and_off_when_it_clears(site, feed):
    site.configure("10min")
    site.gateway.start()
    assert not site.siren()
    site.current(ALARM)
    raised = feed.wait_transition("RAISED", RULE, "panel").alarm
    site.wait_siren(True)
    on = feed.wait(lambda: audits(feed, "action-on"), "the record of it")[0]
    assert (on.device, on.alarm_id, on.actor.kind) == ("box", raised.id, "gateway")
    assert on.until.monotonic_us > raised.raised.monotonic_us and "1 to box coil:0x0002 for panel/" in on.text.en
    site.current(REST)
    feed.wait_transition("CLEARED", RULE, "panel")
    site.wait_siren(False)
    off = feed.wait(lambda: audits(feed, "action-off"), "the record of it")[0]
    assert off.alarm_id == raised.id and off.text.en.endswith("the alarm is clear")


def test_off_when_its_time_is_over_although_the_alarm_stands(site, feed):
    site.configure("1s")
    site.gateway.start()
    site.current(ALARM)
    off = feed.wait(lambda: audits(feed, "action-off"), "its time to be over")[0]
    assert off.text.en.endswith("its time is over, the alarm stands")
    assert len(audits(feed, "action-on")) == 1
    site.wait_siren(False)
    assert site.gateway.alarm(RULE)["active"]


def test_a_new_danger_of_an_alarm_that_chatters_switches_it_on_again(site, feed):
    """The alarm stays active while its condition comes and goes, and is told no more: the siren must sound all the same."""
    site.configure("1s")
    site.gateway.start()
    for _ in range(3):
        site.current(ALARM)
        site.wait_siren(True)
        site.current(REST)
        site.wait_siren(False)
    wait_for(lambda: site.gateway.alarm(RULE)["chattering"], "it to chatter")
    for _ in range(2):  # its time is over now, and the alarm stands
        site.current(REST)
        wait_for(lambda: site.gateway.read("panel")["residual_current"]["value"] == 30, "the rest to be read")
        raises = site.gateway.alarm(RULE)["raises"]
        site.current(ALARM)
        wait_for(lambda: site.gateway.alarm(RULE)["raises"] == raises + 1, "the danger to be seen")
        site.wait_siren(True)
        site.wait_siren(False)
    assert site.gateway.alarm(RULE)["active"]


def test_without_the_profiles_leave_the_configuration_is_refused(site):
    site.configure("10min", leave="")
    checked = site.gateway.command("check")
    assert checked.returncode == 78
    place = next(line for line in checked.stdout.splitlines() if "coil:0x0002" in line)
    line = 1 + next(i for i, text in enumerate(site.configuration.text().splitlines()) if text.startswith("action"))
    assert f"gengfu.toml:{line}:36: error: rule \"{RULE}\": action: profile \"test-box\" of device \"box\" gives no leave" in place
    site.gateway.launch()
    assert site.gateway.process.wait(20) == 78
    assert not site.siren()


def test_what_the_unit_drops_between_two_answers_is_written_again(site, feed):
    """Its power failed for less than the time between two readings: no answer is missed."""
    site.configure("10min")
    site.gateway.start()
    site.current(ALARM)
    raised = feed.wait_transition("RAISED", RULE, "panel").alarm
    site.wait_siren(True)
    for _ in range(2):
        site.sim.set("box", coil={"2": "0"})
        site.wait_siren(True)
    lost = feed.wait(lambda: audits(feed, "action-lost"), "the record of it")
    assert (lost[0].device, lost[0].alarm_id) == ("box", raised.id)
    assert len(lost) == 1 and len(audits(feed, "action-on")) == 1
    site.current(REST)
    site.wait_siren(False)
    site.sim.set("box", coil={"2": "1"})  # by hand: nobody's business
    feed.wait_transition("CLEARED", RULE, "panel")
    assert site.siren()


def test_what_is_over_before_the_unit_returns_is_not_switched_on_for_a_moment(site, feed):
    """A second try waits for its share of the line, ten seconds after half a second of time-out; its time is over by then."""
    site.configure("5s")
    slow = site.configuration.text().replace('timeout = "100ms"', 'timeout = "500ms"')
    assert slow != site.configuration.text()
    site.gateway.configure(slow)
    site.gateway.start()
    site.sim.do("fault", target="box", kind="silence")
    site.current(ALARM)
    feed.wait_transition("RAISED", RULE, "panel")
    wait_for(lambda: site.gateway.health("box") == "offline", "the box to be offline")
    site.sim.set("box", coil={"2": "1"})  # it may have obeyed, before its answer was lost
    site.sim.do("clear")
    site.wait_siren(False)
    assert site.gateway.alarm(RULE)["active"]
    site.current(REST)
    feed.wait_transition("CLEARED", RULE, "panel")
    assert not audits(feed, "action-on") and not site.siren()


def test_after_a_kill_it_goes_on_and_ends(site, feed):
    site.configure("10min")
    site.gateway.start()
    site.current(ALARM)
    raised = feed.wait_transition("RAISED", RULE, "panel").alarm
    site.wait_siren(True)
    site.gateway.kill()
    site.sim.set("box", coil={"2": "0"})  # its power failed meanwhile
    site.gateway.start()
    site.wait_siren(True)
    # Once more within the three seconds in which an output is written at once only once: it waits, and comes.
    site.sim.set("box", coil={"2": "0"})
    site.gateway.kill()
    site.gateway.start()
    site.wait_siren(True)
    site.sim.set("box", coil={"2": "0"})
    site.wait_siren(True)
    assert site.gateway.alarm(RULE)["id"] == raised.id
    site.gateway.kill()
    site.current(REST)
    site.gateway.start()
    site.wait_siren(False)
    feed.wait_transition("CLEARED", RULE, "panel")


def test_its_time_runs_on_while_the_daemon_is_dead(site, feed):
    site.configure("2s")
    site.gateway.start()
    site.current(ALARM)
    feed.wait_transition("RAISED", RULE, "panel")
    site.wait_siren(True)
    site.gateway.kill()
    assert site.siren()
    site.gateway.start()
    site.wait_siren(False)
    assert site.gateway.alarm(RULE)["active"]


def test_an_orderly_end_undoes_and_a_reload_does_not(site, feed):
    site.configure("10min")
    site.gateway.start()
    site.current(ALARM)
    site.wait_siren(True)
    first = feed.wait(lambda: feed.birth, "a birth").epoch
    site.gateway.reload()
    feed.wait(lambda: feed.birth.epoch != first, "the birth of the new start")
    wait_for(site.gateway.answers, "gengfud to answer")
    assert site.siren() and not audits(feed, "action-off")
    assert site.gateway.stop()[0] == 0
    assert not site.siren()
    site.gateway.start()
    site.wait_siren(True)


def test_what_is_on_and_could_not_be_switched_off_refuses_the_reload(site, feed):
    """The box gets another number while its siren sounds: the daemon would never reach the one that is on."""
    site.configure("10min")
    site.gateway.start()
    site.current(ALARM)
    site.wait_siren(True)
    alarm = feed.wait_transition("RAISED", RULE, "panel").alarm
    site.gateway.configure(site.configuration.text().replace('unit = 2\n', 'unit = 3\n'))
    site.gateway.reload()
    feed.wait_transition("RAISED", "configuration-refused", "gateway")
    assert "box coil:0x0002 switched on" in site.gateway.log() and site.siren() and feed.birth.start == 1
    assert "gengfu shelve" in site.gateway.ask(verb="status")["configuration_trouble"]
    assert site.gateway.command("shelve", alarm.id, "--for", "1h", "--why", "the box is moved").returncode == 0
    site.wait_siren(False)
    feed.wait(lambda: audits(feed, "action-off"), "it to be known to be off")
    site.gateway.reload()
    feed.wait(lambda: feed.birth.start == 2, "the new start")


def test_a_unit_that_refuses_is_an_alarm_and_is_tried_on(site, feed):
    site.configure("10min")
    site.gateway.start()
    site.sim.do("fault", target="box", kind="exception", code=4)
    site.current(ALARM)
    failed = feed.wait_transition("RAISED", "action-failed", "gateway").alarm
    assert failed.point == "action_failed.box.coil-0x0002" and failed.title.en == "Action failed: box coil:0x0002"
    told = feed.wait(lambda: audits(feed, "action-failed"), "the record of it")[0]
    assert told.device == "box" and "tried on" in told.text.en
    assert not site.siren()
    site.sim.do("clear")
    site.wait_siren(True)
    feed.wait_transition("CLEARED", "action-failed", "gateway")


def test_check_lists_what_alarms_switch(site):
    site.configure("10min")
    shown = site.gateway.command("check")
    assert shown.returncode == 0, shown.stdout
    assert f"panel/{RULE}: box coil:0x0002 = 1 for at most 10min, then 0" in shown.stdout
