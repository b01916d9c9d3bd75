"""What keeps alarms quiet: shelves, devices out of service, causes; over MQTT and the command, over kill -9."""
import json

import pytest

from support import threads
from support.configuration import RELAY, SILENT_SOON, UNLATCHED
from support.schema import feed as feed_schema
from support.slaves import TcpSlaves
from support.waiting import wait_for

RULE = "residual-current-high"
REST, ALARM = "001E", "0140"  # 30, 320 mA


@pytest.fixture
def site(broker, feed, relays, gateway, configuration):
    gateway.configure(configuration.mqtt(broker.port).tcp("tcp", relays.port)
                      .relay("one", "tcp", 1, UNLATCHED).relay("two", "tcp", 2, UNLATCHED).text())
    gateway.start()
    feed.wait(lambda: feed.birth and feed.state and feed.state.online, "birth and state")
    return gateway


def outcome(reply) -> str:
    return feed_schema.Outcome.Name(reply.outcome)[len("OUTCOME_"):]


def calls_about_silence(feed) -> list:
    """By rule; a disk that is slow on a busy machine is told, too."""
    return [t.alarm.rule for t in feed.transitions() if t.notify and t.alarm.rule in ("bus-down", "bus-stuck", "silent", "anybody")]


def answers(gateway) -> dict:
    return {d["name"]: d["traffic"]["answers"] for bus in gateway.ask(verb="status")["buses"] for d in bus["devices"]
            if d["name"] != "gateway"}


def audits(feed):
    with feed.changed:
        return [r.audit for r in feed.records.values() if r.WhichOneof("content") == "audit"]


def test_a_shelf_is_quiet_outlives_a_kill_and_ends_by_itself(site, feed, relays):
    relays.set(1, "holding", 0, ALARM)
    raised = feed.wait_transition("RAISED", RULE, "one")
    assert raised.notify
    endless = site.command("shelve", raised.alarm.id, "--why", "known, on the list")
    assert endless.returncode == 2 and "for how long? for example: gengfu shelve " in endless.stderr
    assert site.command("shelve", raised.alarm.id, "12s", "--why", "known, on the list").returncode == 0
    shelved = feed.wait_transition("SHELVED", RULE, "one")
    assert not shelved.notify and shelved.alarm.shelved.by.reason == "known, on the list"
    assert shelved.alarm.shelved.expires.wall_us - shelved.alarm.shelved.since.wall_us == 12_000_000
    site.kill()
    site.start()
    standing = site.alarm(RULE)
    assert standing["active"] and standing["shelved"]["why"] == "known, on the list"
    ended = feed.wait_transition("UNSHELVED", RULE, "one", seconds=30)
    assert ended.notify and ended.actor.kind == "gateway" and ended.alarm.active
    assert not ended.alarm.HasField("shelved")


def test_shelved_from_the_platform_with_a_time_and_a_reason(site, feed, relays):
    relays.set(1, "holding", 0, ALARM)
    alarm = feed.wait_transition("RAISED", RULE, "one").alarm
    seen = dict(alarm_id=alarm.id, revision=alarm.revision, on_behalf_of="Wang")
    assert outcome(feed.command("shelve", id="s1", reason="x", **seen)) == "REFUSED"
    assert outcome(feed.command("shelve", id="s2", reason="x", seconds=90_000, **seen)) == "REFUSED"
    assert outcome(feed.command("shelve", id="s3", reason="road works", seconds=3600, **seen)) == "DONE"
    assert feed.wait_transition("SHELVED", RULE).alarm.shelved.by.on_behalf_of == "Wang"
    feed.wait(lambda: feed.retained_alarms[alarm.id].HasField("shelved"), "the retained alarm to be shelved")
    assert outcome(feed.command("handling", id="h1", reason="Zhao is there", seconds=1800, **seen)) == "DONE"
    assert feed.wait_transition("HANDLING", RULE).alarm.handling.by.reason == "Zhao is there"
    assert outcome(feed.command("unshelve", id="u1", reason="done", **seen)) == "DONE"
    assert feed.wait_transition("UNSHELVED", RULE).actor.on_behalf_of == "Wang"
    listed = site.command("alarms").stdout
    assert "Zhao is there" in listed


def test_late_and_repeated_acknowledgements_are_in_the_record(site, feed, relays):
    relays.set(1, "holding", 0, ALARM)
    alarm = feed.wait_transition("RAISED", RULE, "one").alarm
    assert outcome(feed.command("ack", id="a1", alarm_id=alarm.id, revision=alarm.revision)) == "DONE"
    assert outcome(feed.command("ack", id="a2", alarm_id=alarm.id, revision=alarm.revision)) == "ALREADY"
    assert outcome(feed.command("ack", id="a3", alarm_id=alarm.id, revision=99)) == "STALE"
    relays.set(1, "holding", 0, REST)
    assert feed.wait_transition("CLEARED", RULE).over
    assert outcome(feed.command("ack", id="a4", alarm_id=alarm.id, revision=alarm.revision)) == "NOT_FOUND"
    feed.wait(lambda: len(audits(feed)) == 3, "three audits")
    assert [a.what for a in audits(feed)] == ["command-ack"] * 3


def test_a_repeated_acknowledgement_of_a_user_is_in_the_record(site, feed, relays):
    relays.set(1, "holding", 0, ALARM)
    alarm = feed.wait_transition("RAISED", RULE, "one").alarm
    for _ in range(2):
        assert site.command("ack", alarm.id, "--why", "seen").returncode == 0
    feed.wait(lambda: audits(feed), "the audit")
    assert (audits(feed)[0].what, audits(feed)[0].alarm_id) == ("ack-already", alarm.id)
    assert audits(feed)[0].actor.reason == "seen"


def test_a_device_out_of_service_calls_nobody_over_a_kill(site, feed, relays):
    assert site.command("out-of-service", "one", "1h", "--why", "new relay").returncode == 0
    feed.wait(lambda: audits(feed), "the audit")
    assert (audits(feed)[0].what, audits(feed)[0].device) == ("out-of-service", "one")
    site.kill()
    site.start()
    relays.set(1, "holding", 0, ALARM)
    relays.set(2, "holding", 0, ALARM)
    quiet = feed.wait_transition("RAISED", RULE, "one")
    assert not quiet.notify and quiet.alarm.out_of_service.by.reason == "new relay"
    assert feed.wait_transition("RAISED", RULE, "two").notify
    status = json.loads(site.command("status", "--json").stdout)
    marks = {d["name"]: d.get("out_of_service", {}).get("why") for bus in status["buses"] for d in bus["devices"]}
    assert marks["one"] == "new relay" and marks["two"] is None
    assert outcome(feed.command("return", id="r1", device="one", reason="done")) == "DONE"
    returned = feed.wait_transition("RETURNED", RULE, "one")
    assert returned.notify and not returned.alarm.HasField("out_of_service")
    assert outcome(feed.command("return", id="r2", device="one", reason="done")) == "ALREADY"
    assert outcome(feed.command("return", id="r3", device="nobody", reason="done")) == "NOT_FOUND"
    assert site.command("return", "one", "--why", "x").returncode == 1


def test_out_of_service_and_back_by_the_platform(site, feed, relays):
    seen = dict(device="one", on_behalf_of="Wang")
    assert outcome(feed.command("out-of-service", id="o1", reason="new relay", **seen)) == "REFUSED", "no time"
    assert outcome(feed.command("out-of-service", id="o2", seconds=3600, **seen)) == "REFUSED", "no reason"
    assert outcome(feed.command("out-of-service", id="o3", seconds=3600, reason="new relay", **seen)) == "DONE"
    site.kill()  # the moment it was told "done"
    site.start()
    relays.set(1, "holding", 0, ALARM)
    quiet = feed.wait_transition("RAISED", RULE, "one")
    hold = quiet.alarm.out_of_service
    assert not quiet.notify and (hold.by.kind, hold.by.on_behalf_of, hold.by.reason) == ("platform", "Wang", "new relay")
    assert outcome(feed.command("out-of-service", id="o3", seconds=3600, reason="new relay", **seen)) == "DONE", "as it was told"
    assert outcome(feed.command("return", id="o4", reason="fitted", **seen)) == "DONE"
    assert feed.wait_transition("RETURNED", RULE, "one").notify


def test_a_dead_line_is_one_alarm(broker, feed, gateway, configuration):
    relays = TcpSlaves({unit: RELAY for unit in range(1, 5)})
    configuration.mqtt(broker.port).tcp("tcp", relays.port)
    for unit, name in enumerate(("a", "b", "c", "d"), 1):
        configuration.relay(name, "tcp", unit, UNLATCHED + SILENT_SOON.replace("700ms", "2s"))
    text = configuration.text() + '[[rule]]\nname = "anybody"\nkind = "any"\nof = ["a/silent", "b/silent"]\nseverity = "major"\n'
    gateway.configure(text)
    gateway.start()
    feed.wait(lambda: all(feed.last(name, "residual_current") for name in "abcd"), "a value of each")
    relays.close()
    down = feed.wait_transition("RAISED", "bus-down", seconds=40)
    assert down.notify and sorted(down.alarm.behind) == ["a", "b", "c", "d"]
    for name in "abcd":
        child = feed.wait_transition("RAISED", "silent", name, seconds=30)
        assert not child.notify and child.alarm.suppressed.cause == down.alarm.id
    group = feed.wait_transition("RAISED", "anybody", seconds=30)
    assert not group.notify and group.alarm.suppressed.cause == down.alarm.id
    assert calls_about_silence(feed) == ["bus-down"]
    listed = {a["device"] + "/" + a["rule"]: a for a in gateway.alarms()}
    assert listed["a/silent"]["suppressed"]["cause"] == down.alarm.id
    assert listed["gateway/bus-down"]["behind"] == ["a", "b", "c", "d"]
    first = feed.birth.epoch
    gateway.configure(text.replace('"tcp"', '"renamed"'))
    gateway.reload()
    gateway.process.wait_for_log("the alarm of bus_down.tcp is that of bus_down.renamed now")
    wait_for(gateway.answers, "gengfud to answer")
    assert gateway.wait_alarm("bus-down")["point"] == "bus_down.renamed"
    explained = {a["device"] + "/" + a["rule"] for a in gateway.alarms() if a.get("suppressed")}
    assert explained == {"a/silent", "b/silent", "c/silent", "d/silent", "a/anybody"}
    feed.wait(lambda: feed.birth.epoch != first, "the birth of the new start")
    assert calls_about_silence(feed) == ["bus-down"]


@pytest.mark.parametrize("names", ["a", "abc"])
def test_a_line_whose_worker_hangs_is_one_call(broker, feed, relays, gateway, configuration, names):
    """The silence of its devices is found before the minute that a hang takes by itself."""
    configuration.mqtt(broker.port).tcp("tcp", relays.port)
    for unit, name in enumerate(names, 1):
        configuration.relay(name, "tcp", unit, UNLATCHED + SILENT_SOON.replace("700ms", "12s"))
    gateway.configure(configuration.text())
    gateway.start()
    feed.wait(lambda: all(feed.last(name, "residual_current") for name in names), "a value of each")
    with threads.held(gateway.process.pid, "bus tcp"):
        stuck = feed.wait_transition("RAISED", "bus-stuck", seconds=40)
        assert stuck.notify and set(stuck.alarm.behind) <= set(names)
        for name in names:
            child = feed.wait_transition("RAISED", "silent", name, seconds=30)
            assert not child.notify and child.alarm.suppressed.cause == stuck.alarm.id
        assert sorted(gateway.alarm("bus-stuck")["behind"]) == list(names)
    for name in names:
        feed.wait_transition("CLEARED", "silent", name, seconds=30)
    assert gateway.alarm("bus-stuck")["active"], "until all have had the time to come back"
    assert calls_about_silence(feed) == ["bus-stuck"]


def test_a_line_that_fails_once_more_calls_anew(broker, feed, gateway, configuration):
    relays = TcpSlaves({unit: RELAY for unit in range(1, 6)})
    configuration.mqtt(broker.port).tcp("tcp", relays.port)
    for unit, name in enumerate("abcde", 1):
        configuration.relay(name, "tcp", unit, UNLATCHED + SILENT_SOON.replace("700ms", "2s"))
    gateway.configure(configuration.text())
    gateway.start()
    feed.wait(lambda: all(feed.last(name, "residual_current") for name in "abcde"), "a value of each")
    relays.units.mute(1, 2, 3, 4, 5)
    down = feed.wait_transition("RAISED", "bus-down", seconds=40)
    acknowledged = feed.command("ack", id="a1", alarm_id=down.alarm.id, revision=down.alarm.revision)
    assert outcome(acknowledged) == "DONE"
    for name in "abcde":
        feed.wait_transition("RAISED", "silent", name, seconds=30)
    relays.units.unmute(1, 2, 3, 4, 5)
    for name in "abcde":
        feed.wait_transition("CLEARED", "silent", name, seconds=40)
    before = answers(gateway)
    wait_for(lambda: all(count >= before[name] + 90 for name, count in answers(gateway).items()), "all to be back", 30)
    assert gateway.wait_alarm("bus-down")["acknowledged"]
    relays.units.mute(1, 2, 3, 4, 5)
    anew = feed.wait_transition("RAISED", "bus-down", count=2, seconds=40)
    assert anew.notify and anew.alarm.id == down.alarm.id and not anew.alarm.acknowledged
    assert sorted(anew.alarm.behind) == list("abcde")
    for name in "abcde":
        child = feed.wait_transition("RAISED", "silent", name, count=2, seconds=30)
        assert not child.notify and child.alarm.suppressed.cause == down.alarm.id
    assert calls_about_silence(feed) == ["bus-down", "bus-down"]
    gateway.kill()
    gateway.start()
    feed.wait(lambda: feed.state and feed.state.online, "it to be back at the broker")
    standing = gateway.alarm("bus-down")
    assert standing["active"] and not standing["acknowledged"] and sorted(standing["behind"]) == list("abcde")
    assert all(gateway.alarm("silent", name)["suppressed"]["cause"] == down.alarm.id for name in "abcde")
    before = answers(gateway)
    relays.units.unmute(1, 2, 3, 4, 5)
    wait_for(lambda: all(count >= before[name] + 90 for name, count in answers(gateway).items()), "all to be back", 60)
    relays.units.mute(1, 2, 3, 4, 5)
    third = feed.wait_transition("RAISED", "bus-down", count=3, seconds=40)
    assert third.alarm.id == down.alarm.id, "what worked since the restart has failed anew"
    assert not third.notify, "nobody has taken note of the second call, which stands"
    assert calls_about_silence(feed) == ["bus-down"] * 2
