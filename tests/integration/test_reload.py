"""SIGHUP, and a daemon that finds its configuration spoiled at its start: the last accepted one runs on, and says so."""
import os
import time

import pytest

from support.configuration import UNLATCHED, Configuration
from support.waiting import wait_for

RULE = "residual-current-high"
REFUSED = "configuration-refused"
ALARM, REST = "0140", "001E"


def text(gateway, broker, relays, *names, more=""):
    configuration = Configuration(gateway.store).mqtt(broker.port).tcp("tcp", relays.port)
    for unit, name in enumerate(names, 1):
        configuration.relay(name, "tcp", unit, UNLATCHED)
    return configuration.text() + more


@pytest.fixture
def site(broker, feed, relays, gateway):
    gateway.configure(text(gateway, broker, relays, "one", "two"))
    gateway.start()
    feed.wait(lambda: feed.birth, "birth")
    return gateway


def devices(gateway):
    try:
        return {d["name"] for bus in gateway.ask(verb="status")["buses"] for d in bus["devices"]} - {"gateway"}
    except OSError:
        return set()  # between the old and the new start


def test_a_good_file_is_taken_up_and_standing_alarms_stay(site, feed, relays, broker):
    relays.set(1, "holding", 0, ALARM)
    alarm = feed.wait_transition("RAISED", RULE, "one").alarm
    pid = site.process.pid
    site.configure(text(site, broker, relays, "one", "two", "three"))
    site.reload()
    wait_for(lambda: devices(site) == {"one", "two", "three"}, "the third device")
    assert site.process.status is None and site.process.pid == pid
    assert site.wait_alarm(RULE)["id"] == alarm.id
    relays.set(3, "holding", 0, ALARM)
    feed.wait_transition("RAISED", RULE, "three")
    assert len(feed.transitions(RULE, "one")) == 1, "the standing alarm was not raised anew"
    feed.wait(lambda: feed.birth.start == 2, "the birth of the second start")


def test_a_device_that_goes_ends_its_alarm_by_removed(site, feed, relays, broker):
    relays.set(2, "holding", 0, ALARM)
    alarm = feed.wait_transition("RAISED", RULE, "two").alarm
    site.configure(text(site, broker, relays, "one"))
    site.reload()
    removed = feed.wait_transition("REMOVED", RULE, "two").alarm
    assert removed.id == alarm.id and removed.removed and not removed.acknowledged
    assert site.command("ack", alarm.id, "--why", "taken out on purpose").returncode == 0
    feed.wait(lambda: alarm.id not in feed.retained_alarms, "the retained topic to be emptied")
    assert not [alarm for alarm in site.alarms() if alarm["device"] != "gateway"]


def test_a_rule_that_is_to_raise_no_alarm_any_more_ends_its_own_and_calls_when_it_may_again(site, feed, relays, broker):
    relays.set(2, "holding", 0, ALARM)
    first = feed.wait_transition("RAISED", RULE, "two").alarm
    site.configure(text(site, broker, relays, "one", "two", more="alarm = false\n"))  # of the last relay's rule
    site.reload()
    assert feed.wait_transition("REMOVED", RULE, "two").alarm.id == first.id
    relays.set(2, "holding", 0, REST)
    wait_for(lambda: devices(site) and site.read("two")["residual_current"]["value"] == 30, "the rest to be read")
    assert site.command("ack", first.id, "--why", "seen").returncode == 0
    site.configure(text(site, broker, relays, "one", "two"))
    site.reload()
    feed.wait(lambda: feed.birth.start == 3, "the third start")
    relays.set(2, "holding", 0, ALARM)
    second = feed.wait_transition("RAISED", RULE, "two", count=2)
    assert second.notify and second.alarm.id != first.id and not second.alarm.acknowledged


def test_a_bad_file_leaves_everything_as_it_was_and_raises_an_alarm(site, feed, relays, broker):
    site.configure(text(site, broker, relays, "one", "two", more='[[device]]\nname = "three"\nbus = "tpc"\n'))
    site.reload()
    refused = feed.wait_transition("RAISED", REFUSED).alarm
    assert refused.device == "gateway" and refused.active and refused.title.zh and refused.advice.en
    assert 'no bus is named "tpc"; did you mean "tcp"?' in site.log() and "gengfu.toml:" in site.log()
    assert devices(site) == {"one", "two"} and feed.birth.start == 1
    relays.set(1, "holding", 0, ALARM)
    feed.wait_transition("RAISED", RULE, "one")
    assert site.ask(verb="status")["configuration_trouble"]
    site.configure(text(site, broker, relays, "one", "two"))
    site.reload()
    assert feed.wait_transition("CLEARED", REFUSED).alarm.id == refused.id
    assert site.wait_alarm(RULE, "one")["active"]


def test_hangups_in_quick_succession_are_taken_one_after_another(site, feed, relays, broker):
    site.configure(text(site, broker, relays, "one", "two", "three"))
    for _ in range(40):
        site.reload()
        time.sleep(0.01)  # spaced over several starts, to come at every moment of one
    wait_for(lambda: devices(site) == {"one", "two", "three"}, "the third device")
    assert site.process.status is None
    relays.set(3, "holding", 0, ALARM)
    feed.wait_transition("RAISED", RULE, "three")


def test_a_file_that_is_none_is_refused_and_does_not_hang(site, feed):
    (site.folder / "devices.d").mkdir()
    os.mkfifo(site.folder / "devices.d" / "10-pipe.toml")
    done = site.command("check")
    assert done.returncode == 78 and "10-pipe.toml" in done.stdout + done.stderr
    site.reload()
    feed.wait_transition("RAISED", REFUSED)
    assert devices(site) == {"one", "two"}


def test_a_start_on_a_bad_file_runs_the_last_accepted_one(site, feed, relays, broker):
    assert site.stop()[0] == 0
    relays.set(1, "holding", 0, ALARM)
    site.configure(text(site, broker, relays, "one", "two", more="[gateway\n"))
    site.start()
    feed.wait_transition("RAISED", REFUSED)
    raised = feed.wait_transition("RAISED", RULE, "one").alarm
    assert devices(site) == {"one", "two"} and "the last accepted one runs" in site.log()
    # Good again, and a new one: the alarm about it goes, the other stays.
    site.configure(text(site, broker, relays, "one"))
    site.reload()
    feed.wait_transition("CLEARED", REFUSED)
    assert site.wait_alarm(RULE, "one")["id"] == raised.id


def test_the_last_accepted_one_brings_its_own_profiles(broker, feed, relays, gateway):
    """What was accepted is kept whole: a profile beside the configuration may be gone, too."""
    profiles = gateway.folder / "profiles"
    profiles.mkdir()
    own = profiles / "own-relay.toml"
    own.write_text('name = "own-relay"\nvendor = "v"\nmodel = "m"\nsource = "s"\nverified = false\n[[point]]\nname = "current"\n'
                   'register = "holding:0x0000"\ntype = "u16"\nunit = "mA"\n')
    gateway.configure(Configuration(gateway.store).mqtt(broker.port).tcp("tcp", relays.port)
                      .device("own", "tcp", 1, "own-relay").text())
    gateway.start()
    feed.wait(lambda: feed.samples("own", "current"), "a sample")
    gateway.kill()
    own.unlink()
    gateway.start()
    feed.wait_transition("RAISED", REFUSED)
    assert gateway.read("own")["current"]["value"] == 30
