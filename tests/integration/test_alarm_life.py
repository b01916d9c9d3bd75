"""An alarm from the register to the subscriber's hand, and through acknowledgement and reset to its end."""
import json
import time

import pytest
from paho.mqtt.client import MQTTv311

from support.configuration import AT_ONCE, UNLATCHED
from support.feed import Feed
from support.schema import feed as feed_schema
from support.waiting import wait_for

RULE = "residual-current-high"
REST, WARNING, ALARM = "001E", "00C8", "0140"  # 30, 200, 320 mA


@pytest.fixture
def site(broker, feed, relays, gateway, configuration):
    gateway.configure(configuration.mqtt(broker.port).tcp("tcp", relays.port)
                      .relay("plain", "tcp", 1, UNLATCHED).relay("latched", "tcp", 2, AT_ONCE).text())
    gateway.start()
    feed.wait(lambda: feed.birth and feed.state and feed.state.online, "birth and state")
    return gateway


def outcome(reply) -> str:
    return feed_schema.Outcome.Name(reply.outcome)[len("OUTCOME_"):]


def test_raised_acknowledged_cleared_over(site, feed, relays):
    relays.set(1, "holding", 0, ALARM)
    raised = feed.wait_transition("RAISED", RULE, "plain").alarm
    assert raised.active and not raised.acknowledged and raised.evidence.value == 320 and raised.evidence.limit == 300
    assert (raised.title.zh, raised.title.en) == ("剩余电流超限", "Residual current high")
    assert raised.text.en == "Residual current 320 mA, limit 300 mA" and raised.advice.zh and raised.hazard.en
    assert raised.component.code.startswith("4403090116") and raised.component.maintainer.name == "电工班"
    assert raised.component.place.grid == "440309008012003" and raised.component.place.estate == "龙悦居"
    assert raised.id == f"{raised.raise_epoch:016x}-{raised.raise_sequence}"
    topic = f"{feed.base}/alarm/440309008012003/{raised.id}"
    feed.wait(lambda: any(m.topic == topic and m.payload for m in feed.messages), f"a retained message on {topic}")

    listed = json.loads(site.command("alarms", "--json").stdout)
    assert [a["id"] for a in listed] == [raised.id] and listed[0]["severity"] == "major"
    for_people = site.command("alarms").stdout
    assert "剩余电流超限" in for_people and "电工班" in for_people and raised.id in for_people
    assert " +08:00" in for_people and listed[0]["raised"].endswith("Z"), "the gateway's own time for people, UTC for programs"
    assert " +08:00" in site.command("status").stdout.splitlines()[0]

    done = site.command("ack", raised.id[:12], "--why", "on my way")
    assert done.returncode == 0, done.stderr
    acknowledged = feed.wait_transition("ACKNOWLEDGED", RULE)
    assert acknowledged.actor.kind == "user" and acknowledged.actor.reason == "on my way" and acknowledged.actor.name
    assert acknowledged.alarm.revision > raised.revision
    feed.wait(lambda: feed.retained_alarms[raised.id].acknowledged, "the retained alarm to be acknowledged")

    relays.set(1, "holding", 0, REST)
    cleared = feed.wait_transition("CLEARED", RULE)
    assert cleared.over and not cleared.alarm.active and cleared.alarm.id == raised.id
    feed.wait(lambda: raised.id not in feed.retained_alarms, "the retained topic to be emptied")
    assert site.alarms() == [] and "no alarm stands" in site.command("alarms").stdout

    site.kill()
    site.start()
    for short in (raised.id.split("-")[1], raised.id[:12]):  # noted down before the start: it means no other alarm
        late = site.command("ack", short, "--why", "from yesterday's note")
        assert late.returncode == 1 and f"{raised.id} (over)" in late.stderr, late.stderr


def test_the_samples_around_an_alarm_go_with_it_and_after_it(site, feed, relays):
    relays.set(1, "holding", 0, "0064")  # 100 mA: how it came to the alarm is more than the alarm's own value
    wait_for(lambda: site.read("plain")["residual_current"]["value"] == 100, "100 mA to be read")
    relays.set(1, "holding", 0, ALARM)
    raised = feed.wait_transition("RAISED", RULE, "plain").alarm
    around = raised.evidence.samples
    assert 2 <= len(around) <= 48 and {s.point for s in around} == {""}
    assert [s.offset_us for s in around] == sorted(s.offset_us for s in around)
    assert (around[-1].offset_us, around[-1].value, around[-1].quality) == (0, 320, 1)
    assert 100 in [s.value for s in around[:-1]] and around[0].offset_us > -31_000_000
    feed.wait(lambda: raised.id in feed.retained_alarms, "its retained topic")
    assert not feed.retained_alarms[raised.id].evidence.samples
    # Behind it: every reading, also those that say nothing new.
    feed.wait(lambda: len([s for s in feed.samples("plain", "residual_current") if s.value == 320]) > 10,
              "equal samples after the alarm")
    assert site.command("ack", raised.id, "--why", "seen").returncode == 0
    assert not feed.wait_transition("ACKNOWLEDGED", RULE, "plain").alarm.evidence.samples


def test_acknowledged_over_mqtt_with_a_reply(site, feed, relays):
    relays.set(1, "holding", 0, ALARM)
    alarm = feed.wait_transition("RAISED", RULE, "plain").alarm
    done = feed.command("ack", id="c1", alarm_id=alarm.id, revision=alarm.revision, on_behalf_of="Wang", reason="seen")
    assert outcome(done) == "DONE" and done.verb == "ack" and done.alarm_id == alarm.id and done.revision > alarm.revision
    actor = feed.wait_transition("ACKNOWLEDGED", RULE).actor
    assert (actor.kind, actor.on_behalf_of, actor.reason) == ("platform", "Wang", "seen")
    assert outcome(feed.command("ack", id="c2", alarm_id=alarm.id, revision=done.revision)) == "ALREADY"
    assert outcome(feed.command("ack", id="c3", alarm_id="00000000000000ff-1", revision=1)) == "NOT_FOUND"
    assert outcome(feed.command("ack", retain=True, id="c6", alarm_id=alarm.id, revision=alarm.revision)) == "REFUSED"
    feed.publish("command/ack", b"", retain=True)
    assert outcome(feed.command("drill", id="c4", alarm_id=alarm.id, revision=1)) == "NOT_BUILT"
    late = feed_schema.Command(id="c5", alarm_id=alarm.id, revision=1)
    late.expires.wall_us = int((time.time() - 60) * 1e6)
    assert outcome(feed.command("ack", id="c5", alarm_id=alarm.id, revision=1, expires=late.expires)) == "EXPIRED"
    # The same command again is answered again and carried out once.
    feed.command("ack", id="c1", alarm_id=alarm.id, revision=alarm.revision)
    wait_for(lambda: sum(m.topic.endswith("/reply") for m in feed.messages) >= 6, "six replies")
    assert len(feed.transitions(RULE, kind=3)) == 1


def test_an_acknowledgement_of_an_earlier_raise_is_stale(site, feed, relays):
    relays.set(1, "holding", 0, WARNING)
    first = feed.wait_transition("RAISED", RULE, "plain").alarm
    assert first.severity == 3  # moderate
    relays.set(1, "holding", 0, ALARM)
    graver = feed.wait_transition("SEVERITY_CHANGED", RULE, "plain").alarm
    assert graver.id == first.id and graver.severity == 2 and graver.revision > first.revision
    assert outcome(feed.command("ack", id="late", alarm_id=first.id, revision=first.revision)) == "STALE"
    assert not site.alarm(RULE)["acknowledged"]


def test_a_latched_alarm_stays_until_it_is_reset(site, feed, relays):
    relays.set(2, "holding", 0, ALARM)
    raised = feed.wait_transition("RAISED", RULE, "latched").alarm
    assert raised.latched
    assert site.command("reset", raised.id, "--why", "too soon").returncode == 1
    assert site.command("ack", raised.id, "--why", "seen").returncode == 0
    relays.set(2, "holding", 0, REST)
    cleared = feed.wait_transition("CLEARED", RULE, "latched")
    assert not cleared.over and cleared.alarm.acknowledged
    assert raised.id in feed.retained_alarms and site.alarm(RULE)["active"] is False
    assert outcome(feed.command("reset", id="r1", alarm_id=raised.id, revision=cleared.alarm.revision)) == "DONE"
    assert feed.wait_transition("RESET", RULE, "latched").over
    feed.wait(lambda: raised.id not in feed.retained_alarms, "the retained topic to be emptied")
    assert site.command("reset", raised.id, "--why", "again").returncode == 1


def test_who_comes_late_finds_birth_state_catalogue_and_standing_alarms(site, feed, relays, broker, closing):
    relays.set(1, "holding", 0, ALARM)
    alarm = feed.wait_transition("RAISED", RULE, "plain").alarm
    feed.wait(lambda: alarm.id in feed.retained_alarms, "the retained alarm")
    late = closing(Feed(broker.port, version=MQTTv311))
    late.wait(lambda: alarm.id in late.retained_alarms and late.birth and late.state, "what is retained")
    assert late.birth.software.startswith("gengfu ") and late.birth.schema_version == 1 and late.state.online
    relays.set(1, "holding", 0, REST)
    late.wait(lambda: late.samples("plain", "residual_current"), "samples that the retained catalogue explains")


def test_a_gateway_that_ends_says_offline(site, feed):
    status, _ = site.stop()
    assert status == 0
    feed.wait(lambda: not feed.state.online, "state offline")


def test_a_gateway_that_is_killed_is_said_offline_by_its_will(site, feed):
    site.kill()
    feed.wait(lambda: not feed.state.online, "the last will")
