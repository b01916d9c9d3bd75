"""kill -9 of the daemon at many moments: no alarm is lost, none is doubled, and the book comes back as it was."""
import resource

import pytest

from support.configuration import AT_ONCE, UNLATCHED
from support.waiting import wait_for

RULE = "residual-current-high"
REST, ALARM = "001E", "0140"


@pytest.fixture
def site(broker, feed, relays, gateway, configuration):
    configuration.mqtt(broker.port).tcp("tcp", relays.port)
    for unit in range(1, 6):
        configuration.relay(f"relay-{unit}", "tcp", unit, UNLATCHED)
    gateway.configure(configuration.relay("latched", "tcp", 6, AT_ONCE).text())
    gateway.start()
    return gateway


def killed(gateway):
    gateway.kill()
    gateway.start()


def standing(gateway):
    """Device -> id of its alarm; fails when a device has two."""
    found = {}
    for alarm in gateway.alarms():
        assert alarm["device"] not in found, f"doubled: {alarm}"
        found[alarm["device"]] = alarm["id"]
    return found


def taken_up(feed):
    """Ids that events say were taken up from the broker, in the order in which they came."""
    with feed.changed:
        records = [feed.records[identity] for identity in feed.order]
    return [r.audit.alarm_id for r in records if r.WhichOneof("content") == "audit" and r.audit.what == "alarm-taken-up"]


def raised_ids(feed, device):
    return {t.alarm.id for t in feed.transitions(RULE, device)}


def test_killed_the_moment_the_event_arrives(site, feed, relays):
    ids = {}
    for unit in range(1, 5):
        relays.set(unit, "holding", 0, ALARM)
        ids[f"relay-{unit}"] = feed.wait_transition("RAISED", RULE, f"relay-{unit}").alarm.id
        killed(site)
        assert standing(site) == ids, "right after the start, before any sample"
    relays.set(5, "holding", 0, ALARM)  # a life sign of the judgement, after all of them
    ids["relay-5"] = feed.wait_transition("RAISED", RULE, "relay-5").alarm.id
    assert standing(site) == ids
    for device, alarm_id in ids.items():
        assert raised_ids(feed, device) == {alarm_id}
        assert len(feed.transitions(RULE, device, kind=1)) == 1, "raised once"
    killed(site)
    feed.wait(lambda: set(feed.birth.standing_alarms) == set(ids.values()), "a birth that lists them")
    feed.wait(lambda: set(feed.retained_alarms) == set(ids.values()), "each retained once")


def test_killed_without_looking_after_every_change(site, feed, relays):
    """Wherever the change is by then (on the line, judged, on its way to disk or broker), it comes out once."""
    for unit in range(1, 6):
        relays.set(unit, "holding", 0, ALARM)
        wait_for(lambda u=unit: site.alarm(RULE, f"relay-{u}") is not None or u % 2, "an odd unit: at once; an even: judged")
        killed(site)
    for unit in range(1, 6):
        device = f"relay-{unit}"
        raised = feed.wait_transition("RAISED", RULE, device).alarm
        assert site.wait_alarm(RULE, device)["id"] == raised.id and raised_ids(feed, device) == {raised.id}
    assert set(standing(site)) == {f"relay-{unit}" for unit in range(1, 6)}


def test_killed_again_while_it_starts(site, feed, relays):
    relays.set(1, "holding", 0, ALARM)
    raised = feed.wait_transition("RAISED", RULE, "relay-1").alarm
    for _ in range(4):
        site.kill()
        site.launch()
        wait_for(lambda: site.process.log(), "the first sign of life")
    site.kill()
    site.start()
    assert standing(site) == {"relay-1": raised.id}
    relays.set(1, "holding", 0, REST)
    site.wait_alarm(RULE, "relay-1", active=False)
    assert raised_ids(feed, "relay-1") == {raised.id}


def test_acknowledgement_latch_and_actor_survive(site, feed, relays):
    relays.set(6, "holding", 0, ALARM)
    alarm_id = feed.wait_transition("RAISED", RULE, "latched").alarm.id
    assert site.command("ack", alarm_id, "--why", "on my way").returncode == 0
    feed.wait_transition("ACKNOWLEDGED", RULE, "latched")  # told to the world, hence on disk
    before = site.alarm(RULE, "latched")
    killed(site)
    after = site.alarm(RULE, "latched")
    assert after == before and after["acknowledged"] and after["acknowledged_by"]
    relays.set(6, "holding", 0, REST)
    feed.wait_transition("CLEARED", RULE, "latched")
    killed(site)
    assert site.alarm(RULE, "latched")["latched"] and not site.alarm(RULE, "latched")["active"]
    assert site.command("reset", alarm_id, "--why", "repaired").returncode == 0
    feed.wait_transition("RESET", RULE, "latched")
    killed(site)
    assert standing(site) == {}


def test_an_answered_acknowledgement_survives_a_kill_at_once(site, feed, relays):
    for unit in range(1, 6):
        relays.set(unit, "holding", 0, ALARM)
    ids = [feed.wait_transition("RAISED", RULE, f"relay-{unit}").alarm.id for unit in range(1, 6)]
    for number, alarm_id in enumerate(ids, 1):
        assert site.ask(verb="ack", id=alarm_id, why="seen")["answer"] == "done"
        killed(site)
        assert sum(alarm["acknowledged"] for alarm in site.alarms()) == number, "what was answered is on disk"


def test_what_changed_while_it_was_down_is_noticed(site, feed, relays):
    relays.set(1, "holding", 0, ALARM)
    relays.set(2, "holding", 0, ALARM)
    first = feed.wait_transition("RAISED", RULE, "relay-1").alarm
    feed.wait_transition("RAISED", RULE, "relay-2")
    site.kill()
    relays.set(1, "holding", 0, REST)   # gone while it was down: clears
    relays.set(3, "holding", 0, ALARM)  # set in while it was down: raises
    site.start()
    cleared = feed.wait_transition("CLEARED", RULE, "relay-1").alarm
    assert cleared.id == first.id and not cleared.acknowledged
    feed.wait_transition("RAISED", RULE, "relay-3")
    assert set(standing(site)) == {"relay-1", "relay-2", "relay-3"}
    assert feed.transitions(RULE, "relay-2", kind=2) == [], "the one that still holds was not cleared"


def test_identities_never_repeat_over_starts(site, feed, relays):
    for unit in (1, 2, 3):
        relays.set(unit, "holding", 0, ALARM)
        feed.wait_transition("RAISED", RULE, f"relay-{unit}")
        killed(site)
    feed.wait(lambda: feed.birth.start >= 4, "the fourth birth")
    assert len({identity.epoch for identity in feed.order}) >= 3
    for epoch, numbers in feed.sequences(1).items():
        assert numbers == list(range(1, len(numbers) + 1)), f"gaps in the events of epoch {epoch:x}: {numbers}"
    starts = {feed.records[i].identity.epoch: feed.records[i].identity.start for i in feed.order}
    assert len(set(starts.values())) == len(starts), "one start number an epoch"


def test_an_alarm_that_the_disk_never_had_is_taken_up_from_the_broker(site, feed, relays):
    """The disk takes nothing: the alarm goes out as volatile. The crash comes before the disk has it."""
    feed.wait(lambda: any(1 in numbers for numbers in feed.sequences(1).values()), "the catalogue, which the disk has")
    resource.prlimit(site.process.pid, resource.RLIMIT_FSIZE, (8192, resource.RLIM_INFINITY))
    relays.set(1, "holding", 0, ALARM)
    alarm_id = feed.wait_transition("RAISED", RULE, "relay-1").alarm.id
    feed.wait(lambda: alarm_id in feed.retained_alarms, "the retained alarm")
    killed(site)
    wait_for(lambda: standing(site) == {"relay-1": alarm_id}, "the alarm of before the crash")
    relays.set(2, "holding", 0, ALARM)  # a life sign of the judgement, after what it might say of relay-1
    second = feed.wait_transition("RAISED", RULE, "relay-2").alarm.id
    assert standing(site) == {"relay-1": alarm_id, "relay-2": second}
    assert len(feed.transitions(RULE, "relay-1", kind=1)) == 1, "raised once"
    feed.wait(lambda: taken_up(feed) == [alarm_id], "the event that says it")
    killed(site)
    wait_for(lambda: standing(site) == {"relay-1": alarm_id, "relay-2": second}, "both, killed once more")
    relays.set(1, "holding", 0, REST)
    assert feed.wait_transition("CLEARED", RULE, "relay-1").alarm.id == alarm_id


@pytest.mark.parametrize("end", ["kill", "stop"])
def test_a_forged_retained_alarm_mutes_nothing(site, feed, relays, end):
    """Whoever may write below alarm/ puts an alarm there that is acknowledged and shelved, of the run before."""
    relays.set(1, "holding", 0, ALARM)
    real = feed.wait_transition("RAISED", RULE, "relay-1").alarm
    feed.wait(lambda: real.id in feed.retained_alarms, "the retained alarm")
    grid = next(message.topic.split("/")[-2] for message in feed.messages if message.topic.endswith(real.id))
    relays.set(1, "holding", 0, REST)
    feed.wait_transition("CLEARED", RULE, "relay-1")
    site.command("ack", real.id, "--why", "seen")
    feed.wait(lambda: real.id not in feed.retained_alarms, "the end of the alarm")
    getattr(site, end)()
    forged = type(real)()
    forged.CopyFrom(real)
    forged.raise_sequence += 1000
    forged.id = f"{real.id.split('-')[0]}-{forged.raise_sequence}"
    forged.acknowledged = True
    forged.shelved.expires.wall_us = forged.raised.wall_us + 86_400_000_000
    forged.shelved.since.CopyFrom(forged.raised)
    forged.shelved.seen = forged.severity
    for by in (forged.shelved.by, forged.acknowledged_by):
        by.kind, by.name = "user", "evil"
    feed.publish(f"alarm/{grid}/{forged.id}", forged.SerializeToString(), retain=True)
    site.start()
    if end == "kill":
        wait_for(lambda: standing(site) == {"relay-1": forged.id}, "the forged alarm")
        feed.wait(lambda: taken_up(feed) == [forged.id], "the event that says it")
        assert not site.alarm(RULE, "relay-1")["acknowledged"]
        feed.wait_transition("CLEARED", RULE, "relay-1", count=2)
    else:
        feed.wait(lambda: forged.id not in feed.retained_alarms, "what nobody told is emptied")
        assert taken_up(feed) == [] and standing(site) == {}
    relays.set(1, "holding", 0, ALARM)
    feed.wait(lambda: len(feed.transitions(RULE, "relay-1", kind=1)) == 2, "the danger is told")
    assert feed.transitions(RULE, "relay-1", kind=1)[-1].notify, "and calls"


def test_an_alarm_that_the_disk_never_had_and_that_is_no_more_clears(site, feed, relays):
    feed.wait(lambda: any(1 in numbers for numbers in feed.sequences(1).values()), "the catalogue, which the disk has")
    resource.prlimit(site.process.pid, resource.RLIMIT_FSIZE, (8192, resource.RLIM_INFINITY))
    relays.set(1, "holding", 0, ALARM)
    alarm_id = feed.wait_transition("RAISED", RULE, "relay-1").alarm.id
    feed.wait(lambda: alarm_id in feed.retained_alarms, "the retained alarm")
    site.kill()
    relays.set(1, "holding", 0, REST)
    site.start()
    assert feed.wait_transition("CLEARED", RULE, "relay-1").alarm.id == alarm_id
    assert raised_ids(feed, "relay-1") == {alarm_id}


RELATIVE = UNLATCHED + """
[device.rule.over-rated]
kind = "above"
point = "residual_current"
limit = { times = 0.6, of = "rated_current" }
severity = "moderate"
on_delay = "0s"
off_delay = "0s"
advice = { zh = "查看", en = "look" }
"""


def test_a_limit_from_another_point_is_not_forgotten(broker, feed, relays, gateway, configuration):
    """Killed after its only good value was read, which no alarm has needed yet; from then on the point shows 0."""
    configuration.mqtt(broker.port).tcp("tcp", relays.port)
    gateway.configure(configuration.relay("relay-1", "tcp", 1, RELATIVE).text())
    gateway.start()
    wait_for(lambda: any(b"above of rated_current" in path.read_bytes() for path in gateway.store.glob("state.db*")),
             "the limit on disk, long before the store's flush is due", seconds=8)
    relays.set(1, "holding", 8, "0000")
    killed(gateway)
    relays.set(1, "holding", 0, "0258")
    assert feed.wait_transition("RAISED", "over-rated", "relay-1").alarm.evidence.limit == pytest.approx(300)


def test_a_limit_that_changed_just_before_a_kill_is_the_old_one_or_the_new_but_never_none(broker, feed, relays, gateway, configuration):
    """Killed right after another limit was read, which is saved within a minute; from then on the point shows 0."""
    configuration.mqtt(broker.port).tcp("tcp", relays.port)
    gateway.configure(configuration.relay("relay-1", "tcp", 1, RELATIVE).text())
    gateway.start()
    wait_for(lambda: any(b"above of rated_current" in path.read_bytes() for path in gateway.store.glob("state.db*")),
             "the first limit on disk", seconds=8)
    relays.set(1, "holding", 8, "03E8")  # 1000: the limit is 600
    wait_for(lambda: gateway.read("relay-1")["rated_current"]["value"] == 1000, "another limit to be read")
    gateway.kill()
    relays.set(1, "holding", 8, "0000")
    gateway.start()
    relays.set(1, "holding", 0, "0320")  # 800: more than either
    raised = feed.wait_transition("RAISED", "over-rated", "relay-1").alarm
    assert raised.evidence.limit in (pytest.approx(300), pytest.approx(600))
    relays.set(1, "holding", 8, "07D0")  # 2000: the limit is 1200 as soon as it is read
    wait_for(lambda: gateway.read("relay-1")["rated_current"]["value"] == 2000, "the next one to be read")
    assert feed.wait_transition("CLEARED", "over-rated", "relay-1").alarm.id == raised.id
