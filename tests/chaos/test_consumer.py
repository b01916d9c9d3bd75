"""A consumer that confirms by name: a record stays until it has it, and comes again when it starts anew."""
from support.configuration import UNLATCHED
from support.consumer import EVENT, Consumer
from support.waiting import wait_for

RULE = "residual-current-high"


def test_what_is_unconfirmed_comes_again_when_the_consumer_starts(broker, gateway, configuration, relays, closing):
    consumer = closing(Consumer(broker.port))
    configuration.mqtt(broker.port).tcp("tcp", relays.port).relay("relay", "tcp", 1, UNLATCHED)
    gateway.configure(configuration.text().replace("[mqtt]\n", '[mqtt]\nconfirm = ["broker", "city"]\n'))
    gateway.start()
    relays.set(1, "holding", 0, "0140")
    raised = consumer.wait_transition("RAISED", RULE)
    wait_for(lambda: gateway.ask(verb="status")["store"]["events_pending"] >= 1, "it to stay though the broker has it")
    before = set(consumer.sequences(EVENT).popitem()[1])
    consumer.forget()
    consumer.announce()
    again = consumer.wait_transition("RAISED", RULE)
    assert again.alarm.id == raised.alarm.id
    consumer.wait(lambda: before <= set(consumer.sequences(EVENT).popitem()[1]), "all of them")

    def released():
        consumer.confirm()
        return gateway.ask(verb="status")["store"]["events_pending"] == 0

    wait_for(released, "the release")
