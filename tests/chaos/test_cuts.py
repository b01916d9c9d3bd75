"""The broker stopped, frozen, forgetful, the connection cut; the consumer set back; the store copied or damaged; kills at
random. Lost 0, doubled 0, and every loss declared.

GENGFU_CHAOS_RANDOM: how many kills at random moments (20). GENGFU_CHAOS_SEED: where they fall.
"""
import os
import random
import shutil
import time

import pytest

from support.consumer import EVENT
from support.schema import feed as feed_schema
from support.waiting import wait_for
from town import UNITS, Town

RANDOM_KILLS = int(os.environ.get("GENGFU_CHAOS_RANDOM", "20"))
KILLS_A_TOWN = 4 * UNITS  # each relay comes and goes twice
SEED = int(os.environ.get("GENGFU_CHAOS_SEED", random.randrange(1 << 30)))


@pytest.fixture
def town(broker, gateway, configuration, closing):
    print(f"GENGFU_CHAOS_SEED={SEED}")
    made = Town(broker, gateway, configuration, closing)
    gateway.start()
    made.consumer.wait(lambda: made.consumer.birth, "the birth")
    return made


def restart_broker(town):
    """The subscriber is back before the gateway: what the new broker takes from it, it can deliver."""
    town.broker.start()
    wait_for(town.consumer.connected.is_set, "the subscriber to be back")
    town.gate.open()


def test_broker_killed_with_its_queue(town):
    for unit in range(1, 9):
        town.toggle(unit)
        if unit == 4:
            town.gate.shut()
            town.broker.kill()
            town.consumer.connected.clear()
    restart_broker(town)
    town.settle()
    town.verdict()


def test_broker_forgets_what_it_took(town):
    """It answered every PUBACK and delivered nothing: the consumer was away, and the queue died with the broker."""
    town.settle()
    town.consumer.close()
    for unit in range(1, 7):
        town.toggle(unit)
    wait_for(lambda: len(town.gateway.alarms()) >= 6, "six alarms")
    begun = town.gateway.ask(verb="status")["broker"]["acknowledged"]
    wait_for(lambda: town.gateway.ask(verb="status")["broker"]["acknowledged"] >= begun + 10, "the broker to have them")
    town.gate.shut()
    town.broker.kill()
    town.broker.start()
    town.consumer.reopen()
    town.gate.open()
    town.settle()
    town.verdict()


def test_broker_frozen(town):
    town.broker.freeze()
    for unit in range(1, 7):
        town.toggle(unit)
    wait_for(lambda: len(town.gateway.alarms()) >= 6, "the alarms, judged meanwhile")
    town.broker.thaw()
    town.settle()
    town.verdict()


def test_connection_cut_again_and_again(town):
    draw = random.Random(SEED)
    for unit in range(1, 9):
        town.gate.shut()
        town.toggle(unit)
        town.gate.open()
        if draw.random() < 0.5:
            # After some cuts the pause before the next attempt may be a minute.
            wait_for(lambda: town.gateway.ask(verb="status")["broker"]["connected"], "a connection", 90)
    town.settle()
    town.verdict()


def test_consumer_set_back_and_served_again(town):
    """What was released long ago comes again at the platform's word, under the same identities."""
    for unit in range(1, 7):
        town.toggle(unit)
    town.settle()
    before = {epoch: list(numbers) for epoch, numbers in town.consumer.sequences(EVENT).items()}
    town.consumer.forget()
    reply = town.consumer.command("resend", id="restored", consumer="city")
    assert reply.outcome == feed_schema.OUTCOME_DONE, reply
    town.consumer.wait(lambda: all(set(numbers) <= set(town.consumer.sequences(EVENT).get(epoch, []))
                                   for epoch, numbers in before.items()), "all events once more", 60)
    for unit in range(1, 7):
        town.toggle(unit)
    town.settle()
    town.verdict(telemetry=False)  # what left the history is not missing


def test_copied_store_started_twice(town):
    """A card that was cloned: the copy repeats no identity. What happened before the copy is not told again; what the copy
    cannot know is, under alarms of its own."""
    for unit in range(1, 4):
        town.toggle(unit)
    town.settle()
    town.gateway.kill()
    shutil.copytree(town.gateway.store, town.gateway.folder / "copy", ignore=shutil.ignore_patterns("*.sock"))
    town.gateway.start()
    for unit in range(4, 7):
        town.toggle(unit)
    town.settle()
    town.gateway.kill()
    shutil.rmtree(town.gateway.store)
    (town.gateway.folder / "copy").rename(town.gateway.store)
    town.gateway.start()
    town.toggle(7)
    town.settle()
    for unit in (1, 2, 3, 7):
        assert town.told(unit) == town.done[unit], f"relay-{unit}"
    for unit in (4, 5, 6):
        assert town.told(unit) == [1, 1], f"relay-{unit}: once by each of the two"
    assert not town.consumer.spoiled, "no identity says two things"


@pytest.mark.parametrize("damage", ["flip", "truncate", "empty"])
@pytest.mark.parametrize("file", ["events.db", "telemetry-*.db", "state.db", "state.db.copy"])
def test_damaged_between_runs(town, file, damage):
    """Stored bytes are destroyed: doubled 0, what is undamaged arrives, the rest is declared, and the daemon runs."""
    draw = random.Random(f"{SEED} {file} {damage}")
    for unit in range(1, 4):
        town.toggle(unit)
    town.wait_told()
    town.gateway.kill()
    for path in sorted(town.gateway.store.glob(file)):
        content = bytearray(path.read_bytes())
        if damage == "flip":
            for _ in range(8):
                content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
        else:
            del content[0 if damage == "empty" else draw.randrange(len(content)):]
        path.write_bytes(content)
    town.gateway.start()
    for unit in range(4, 7):
        town.toggle(unit)
    town.settle()
    for unit in range(1, 7):
        assert town.told(unit) == town.done[unit], f"relay-{unit}: nothing doubled, nothing that was told is lost"
    assert not town.consumer.spoiled


@pytest.mark.parametrize("part", range(-(-RANDOM_KILLS // KILLS_A_TOWN)))
def test_killed_at_random_moments(town, part):
    """kill -9 under load, alarms coming and going all the while."""
    draw = random.Random(f"{SEED} {part}")
    order = [unit for _ in range(4) for unit in draw.sample(range(1, UNITS + 1), UNITS)]
    kills = min(KILLS_A_TOWN, RANDOM_KILLS - part * KILLS_A_TOWN)
    longest = 0.0
    for number in range(kills):
        town.toggle(order[number])
        time.sleep(draw.uniform(0, 0.4))  # the random moment
        begun = time.monotonic()
        town.gateway.kill()
        town.gateway.start()
        longest = max(longest, time.monotonic() - begun)
        town.confirm()
    town.settle()
    town.verdict()
    print(f"{kills} kills, longest start {longest:.2f} s")
