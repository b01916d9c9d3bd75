"""Two gateways watch one street; one of them is killed again and again. Both must tell the same alarms.

GENGFU_CHAOS_STREETS: how many streets (1). GENGFU_CHAOS_SEED: what happens in them, and where the kills fall.
"""
import collections
import os
import random
import time

import pytest

import street
from support.configuration import Configuration
from support.feed import Feed
from support.gateway import Gateway
from support.schema import alarm as alarm_schema
from support.schema import feed as feed_schema
from support.simulator import Simulator
from support.waiting import wait_for

STREETS = int(os.environ.get("GENGFU_CHAOS_STREETS", "1"))
SEED = int(os.environ.get("GENGFU_CHAOS_SEED", random.randrange(1 << 30)))
KILLS = 10
FLUSH, INTERVAL = 0.2, 0.1  # as configured
# Of two gateways on a busy machine that read the same register, one may be later by this.
APART = 1.0
RAISED, CLEARED, RISEN = (alarm_schema.TransitionKind.Value(f"TRANSITION_KIND_{kind}")
                          for kind in ("RAISED", "CLEARED", "SEVERITY_CHANGED"))

Told = collections.namedtuple("Told", "kind severity at")
Kill = collections.namedtuple("Kill", "at back")


class Watch:
    """A gateway, and the subscriber that hears it."""

    def __init__(self, name, folder, broker, ports, closing):
        self.gateway = closing(Gateway(folder, name))
        configuration = Configuration(self.gateway.store, gateway=name).mqtt(broker.port)
        street.configure(configuration, ports)
        self.gateway.configure(configuration.text())
        self.feed = closing(Feed(broker.port, gateway=name))
        self.gateway.start()

    def stories(self):
        """(device, rule, point) -> what was told of it, in the order of the record. The gateway's own disk is not compared."""
        with self.feed.changed:
            records = sorted((self.feed.records[i] for i in self.feed.order if i.stream == 1),
                             key=lambda record: (record.identity.start, record.identity.sequence))
        found = collections.defaultdict(list)
        for record in records:
            if record.WhichOneof("content") == "transition" and record.transition.kind in (RAISED, CLEARED, RISEN):
                alarm = record.transition.alarm
                if alarm.rule != "store-slow":
                    found[alarm.device, alarm.rule, alarm.point].append(
                        Told(record.transition.kind, alarm.severity, record.written.wall_us / 1e6))
        return dict(found)

    def shape(self):
        return {where: [(told.kind, told.severity) for told in story] for where, story in self.stories().items()}

    def ends(self):
        """What stands: (device, rule, point) -> its state."""
        return {(a["device"], a["rule"], a["point"]): {key: a[key] for key in ("severity", "active", "acknowledged", "latched",
                                                                              "uncertain")}
                for a in self.gateway.alarms() if a["rule"] != "store-slow"}

    def acknowledge(self, rule, device):
        """By the platform, which asks again as long as nobody answers."""
        alarm = self.feed.wait_transition("RAISED", rule, device).alarm

        def done():
            try:
                command = feed_schema.Command(id=f"ack {alarm.id}", alarm_id=alarm.id, revision=alarm.revision)
                command.issued.wall_us = int(time.time() * 1e6)
                command.expires.wall_us = command.issued.wall_us + 60_000_000
                self.feed.publish("command/ack", command.SerializeToString())
                return self.feed.wait(lambda: self.feed.reply(command.id), "a reply", 1.0)
            except AssertionError:
                return None

        return wait_for(done, f"an answer to the acknowledgement of {device}/{rule}", 30)


def moments(draw):
    """Random, but two seconds apart: time that nobody watches does not count, and a delay must be able to run out."""
    free = street.DURATION - 2 - 2 * KILLS
    return [2 + 2 * number + at for number, at in enumerate(sorted(draw.uniform(0, free) for _ in range(KILLS)))]


@pytest.mark.parametrize("number", range(STREETS))
def test_the_killed_gateway_tells_the_same(number, broker, folder, closing):
    seed = f"{SEED} {number}"
    print(f"GENGFU_CHAOS_SEED={SEED}")
    simulator = closing(Simulator(street.scenario(seed), folder, wait=True))
    calm = Watch("gw-calm", folder, broker, simulator.tcp, closing)
    killed = Watch("gw-killed", folder, broker, simulator.tcp, closing)
    for watch in (calm, killed):
        for device in (*street.RELAYS, *street.SHED, "cover", "lane"):
            wait_for(lambda w=watch, d=device: w.gateway.health(d) == "online", f"{device} to answer")
    simulator.do("play")
    begun, kills = time.monotonic(), []
    for at in moments(random.Random(f"kills {seed}")):
        time.sleep(max(0.0, begun + at - time.monotonic()))
        wall = time.time()
        killed.gateway.kill()
        killed.gateway.start()
        kills.append(Kill(wall, time.time()))
    time.sleep(max(0.0, begun + street.DURATION - time.monotonic()))

    def same():
        return calm.shape() == killed.shape() and calm.ends() == killed.ends()

    try:
        wait_for(same, "both to have told the same", 30)
    except AssertionError:
        one, other = calm.shape(), killed.shape()
        assert other == one, "the killed gateway told other alarms"
        assert killed.ends() == calm.ends(), "other alarms stand at the killed gateway"
        raise
    assert len(calm.shape()) >= 8, "the street was too quiet to show anything"
    for where, story in calm.stories().items():
        for mine, theirs in zip(story, killed.stories()[where]):
            if where[1] == "silent" and mine.kind == CLEARED:
                continue  # who does not answer is asked less and less often, but at once after a start
            # What each kill within the delays and until then may cost: the time nobody watched, what the last book did not
            # have, and the wait for the next sample.
            cost = sum(kill.back - kill.at + FLUSH + INTERVAL for kill in kills if mine.at - 5 < kill.at < theirs.at)
            late = theirs.at - mine.at
            assert -APART <= late <= cost + APART, (f"{where}: {late:.2f} s later, {cost:.2f} s allowed; {story}; "
                                                    f"{killed.stories()[where]}; {kills}")
    print(f"{len(kills)} kills, longest start {max(kill.back - kill.at for kill in kills):.2f} s, "
          f"{sum(map(len, calm.shape().values()))} transitions of {len(calm.shape())} alarms")
