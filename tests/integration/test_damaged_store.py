"""Files of the store that a power cut or a dying card has spoilt: the gateway starts, tells it, and watches."""
import pytest

from support.configuration import UNLATCHED
from support.waiting import wait_for

RULE = "residual-current-high"


def spoil(file, how):
    file.write_bytes(b"" if how == "empty" else bytes(range(256)) * 32)
    for suffix in ("-wal", "-shm", "-journal"):
        file.with_name(file.name + suffix).unlink(missing_ok=True)


@pytest.mark.parametrize("how", ["empty", "garbage"])
def test_both_copies_of_the_state_lost_is_told_and_every_alarm_stands_again(gateway, broker, feed, relays, configuration, how):
    gateway.configure(configuration.mqtt(broker.port).tcp("tcp", relays.port).relay("relay", "tcp", 1, UNLATCHED).text())
    gateway.start()
    relays.set(1, "holding", 0, "0140")
    alarm = feed.wait_transition("RAISED", RULE).alarm.id
    gateway.kill()
    for name in ("state.db", "state.db.copy"):
        spoil(gateway.store / name, how)
    gateway.start()
    assert gateway.wait_alarm(RULE)["id"] == alarm, "taken up from events.db"
    assert "both copies of state.db are damaged" in gateway.log()
    assert len(list(gateway.store.glob("*.damaged-*"))) >= 2
    told = feed.wait_transition("RAISED", "store-trouble")
    assert str(gateway.store / "state.db.damaged-1") in told.alarm.text.en, "where it was set aside"
    assert len(feed.transitions(RULE, kind=1)) == 1, "raised once"
    gateway.kill()
    gateway.start()
    wait_for(lambda: gateway.alarm(RULE) and gateway.alarm(RULE)["id"] == alarm, "the alarm, after one more start")
