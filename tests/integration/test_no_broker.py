"""A gateway without a broker watches as well, and keeps what it has to say."""
from support.configuration import AT_ONCE, UNLATCHED, Configuration
from support.feed import Feed
from support.ports import free_port
from support.waiting import wait_for

RULE = "residual-current-high"
ALARM, REST = "0140", "001E"


def test_without_any_broker_in_the_configuration(gateway, configuration, relays):
    gateway.configure(configuration.tcp("tcp", relays.port).relay("relay", "tcp", 1, AT_ONCE).text())
    assert "publishes nowhere" in gateway.command("check").stdout
    gateway.start()
    relays.set(1, "holding", 0, ALARM)
    alarm = gateway.wait_alarm(RULE)
    assert gateway.command("ack", alarm["id"], "--why", "seen").returncode == 0
    relays.set(1, "holding", 0, REST)
    gateway.wait_alarm(RULE, active=False)
    gateway.wait_on_disk(gateway.sequence(alarm) + 2)  # raised, acknowledged, cleared
    gateway.kill()
    gateway.start()
    assert gateway.alarm(RULE)["id"] == alarm["id"] and gateway.alarm(RULE)["acknowledged"]
    assert gateway.command("reset", alarm["id"], "--why", "repaired").returncode == 0
    assert gateway.alarms() == []
    assert "no broker" not in gateway.log()
    assert gateway.stop()[0] == 0


def test_with_a_broker_that_never_was_there(gateway, configuration, relays):
    gateway.configure(configuration.mqtt(free_port()).tcp("tcp", relays.port).relay("relay", "tcp", 1, UNLATCHED).text())
    gateway.start()
    gateway.process.wait_for_log("no broker: ")
    relays.set(1, "holding", 0, ALARM)
    alarm = gateway.wait_alarm(RULE)
    gateway.wait_on_disk(gateway.sequence(alarm))
    gateway.kill()
    gateway.start()
    assert gateway.alarm(RULE)["id"] == alarm["id"]
    relays.set(1, "holding", 0, REST)
    gateway.wait_alarm(RULE, active=False)
    gateway.wait_on_disk(gateway.sequence(alarm) + 1)
    wait_for(lambda: gateway.ask(verb="status")["broker"]["trouble"], "the trouble with the broker to be shown")
    assert not gateway.ask(verb="status")["broker"]["connected"]
    assert gateway.stop()[0] == 0


def test_what_happened_without_a_broker_is_told_when_there_is_one(gateway, relays, broker, closing):
    """From none configured, over a kill, to one configured: nothing in the store is lost."""
    def text(configuration):
        return configuration.tcp("tcp", relays.port).relay("relay", "tcp", 1, UNLATCHED).text()

    nowhere = free_port()
    gateway.configure(text(Configuration(gateway.store).mqtt(nowhere)))
    gateway.start()
    relays.set(1, "holding", 0, ALARM)
    alarm = gateway.wait_alarm(RULE)
    gateway.wait_on_disk(gateway.sequence(alarm))
    gateway.kill()
    feed = closing(Feed(broker.port))
    gateway.configure(text(Configuration(gateway.store).mqtt(broker.port)))
    gateway.start()
    assert feed.wait_transition("RAISED", RULE).alarm.id == alarm["id"]
    feed.wait(lambda: alarm["id"] in feed.retained_alarms, "the retained alarm")
    wait_for(lambda: gateway.ask(verb="status")["store"]["events_pending"] == 0, "everything to be confirmed")
    for epoch, numbers in feed.sequences(1).items():
        assert numbers == list(range(1, numbers[-1] + 1)), f"events of {epoch:x}: {numbers}"
