"""Two daemons on one store: the second ends and says why, the first does not notice."""
import pytest

from support.configuration import UNLATCHED
from support.gateway import Gateway

RULE = "residual-current-high"


@pytest.fixture
def pair(folder, gateway, configuration, relays, closing):
    text = configuration.tcp("tcp", relays.port).relay("relay", "tcp", 1, UNLATCHED).text()
    gateway.configure(text)
    gateway.start()
    second = closing(Gateway(folder, "second"))
    second.configure(text)  # with the store of the first
    return gateway, second


def test_the_second_daemon_ends_and_says_why(pair, relays):
    first, second = pair
    second.launch()
    assert second.process.wait() == 1
    assert f"store {first.store}: another gengfud runs on it" in second.log()
    relays.set(1, "holding", 0, "0140")
    assert first.wait_alarm(RULE)["active"]
    assert first.socket.exists()


def test_the_second_may_run_when_the_first_has_gone(pair, relays):
    first, second = pair
    relays.set(1, "holding", 0, "0140")
    alarm = first.wait_alarm(RULE)
    first.wait_on_disk(first.sequence(alarm))
    first.kill()
    second.store, second.socket = first.store, first.socket
    second.start()
    assert second.alarm(RULE)["id"] == alarm["id"]
