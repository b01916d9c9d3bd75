"""Two gateways of one name: a copied card, a restored backup."""
import shutil

from support.configuration import UNLATCHED, Configuration
from support.gateway import Gateway
from support.schema import feed as feed_schema
from support.waiting import wait_for

RULE = "identity-in-use"


def configure(gateway, relays, broker):
    text = Configuration(gateway.store).mqtt(broker.port).tcp("tcp", relays.port).relay("relay", "tcp", 1, UNLATCHED).text()
    gateway.configure(text)


def standing(gateway):
    """The alarm, or None; a daemon that is just beginning anew has no socket for a moment."""
    try:
        return gateway.alarm(RULE)
    except OSError:
        return None


def test_a_store_that_was_restored_begins_above_what_it_has_forgotten(gateway, relays, broker, feed, folder):
    configure(gateway, relays, broker)
    gateway.start()
    feed.wait(lambda: feed.birth, "the first birth")
    assert gateway.stop()[0] == 0
    shutil.copytree(gateway.store, folder / "backup")
    gateway.start()
    second = feed.wait(lambda: feed.birth if feed.birth.start == 2 else None, "the second birth")
    assert gateway.stop()[0] == 0
    shutil.rmtree(gateway.store)
    shutil.copytree(folder / "backup", gateway.store)
    gateway.start()
    gateway.process.wait_for_log("beginning anew above it")
    third = feed.wait(lambda: feed.birth if feed.birth.start > 2 else None, "a birth above the forgotten one")
    assert third.epoch != second.epoch
    wait_for(lambda: gateway.answers() and gateway.ask(verb="status")["start"] == third.start, "the new start at work")
    assert gateway.alarm(RULE) is None, "nobody else is there"
    wait_for(lambda: gateway.ask(verb="status")["store"]["events_pending"] == 0, "everything to be confirmed")
    assert gateway.log().count("beginning anew above it") == 1


def hostile_birth(feed, start: int, retain: bool):
    envelope = feed_schema.Envelope()
    envelope.birth.gateway = "gw-test-01"
    envelope.birth.epoch, envelope.birth.start = 778, start
    feed.publish("birth", envelope.SerializeToString(), retain)


def test_a_birth_that_cannot_be_ours_neither_ends_the_gateway_nor_is_followed(gateway, relays, broker, feed):
    configure(gateway, relays, broker)
    hostile_birth(feed, 2**64 - 1, True)
    gateway.start()
    gateway.process.wait_for_log("which cannot be ours")
    wait_for(lambda: gateway.health("relay") == "online", "the relay to be watched")
    for start in (40_000_000, 2**25 - 2, 2**64 - 1):
        hostile_birth(feed, start, False)
    wait_for(lambda: standing(gateway), "the alarm about another of our name")
    assert gateway.ask(verb="status")["start"] == 1 and gateway.log().count("which cannot be ours") == 1
    assert gateway.stop()[0] == 0
    gateway.start()
    assert gateway.ask(verb="status")["start"] == 2 and "damaged" not in gateway.log()


def test_a_copied_card_is_an_alarm_and_no_storm(gateway, relays, broker, feed, folder, closing):
    configure(gateway, relays, broker)
    gateway.start()
    feed.wait(lambda: feed.birth, "the birth")
    assert gateway.stop()[0] == 0
    twin = closing(Gateway(folder, "twin"))
    shutil.copytree(gateway.store, twin.store)
    configure(twin, relays, broker)
    gateway.start()
    wait_for(lambda: gateway.ask(verb="status")["broker"]["connected"], "the first to be connected")
    twin.start()
    alarm = wait_for(lambda: standing(gateway) or standing(twin), "one of them to say so", 60)
    assert alarm["active"] and alarm["severity"] == "major"
    feed.wait_transition("RAISED", RULE, seconds=60)
    # Each may begin above the other once; then they only take turns, slowly, and both watch.
    for one in (gateway, twin):
        assert one.log().count("beginning anew above it") <= 1
        wait_for(lambda: one.answers() and one.health("relay") == "online", "both to watch")
    # Their records never mix: every epoch counts by itself, without a gap.
    for numbers in feed.sequences(1).values():
        assert numbers == list(range(1, len(numbers) + 1))
