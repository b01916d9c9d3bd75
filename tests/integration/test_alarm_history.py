"""The figures of the alarm load, through the daemon and from the store alone."""
import json

from support.configuration import UNLATCHED, Configuration

RULE = "residual-current-high"
ALARM = "0140"


def figures(gateway, *arguments):
    done = gateway.command("alarms", "--history", "--json", *arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_alarms_are_counted_and_timed(relays, gateway, folder):
    configuration = Configuration(gateway.store).tcp("tcp", relays.port)
    for unit in (1, 2):
        configuration.relay(f"relay-{unit}", "tcp", unit, UNLATCHED)
    gateway.configure(configuration.text())
    gateway.start()
    assert figures(gateway)["calls"] == 0
    for unit in (1, 2):
        relays.set(unit, "holding", 0, ALARM)
        alarm = gateway.wait_alarm(RULE, f"relay-{unit}", active=True)
    gateway.wait_on_disk(2)
    assert gateway.command("ack", alarm["id"], "--why", "on my way").returncode == 0
    found = figures(gateway, "--since", "1d")
    assert found["calls"] == found["peak_in_10min"] == 2 and found["by_severity"]["major"] == 2
    assert found["acknowledged"] == 1 and found["unanswered"] == 1
    assert 0 <= found["time_to_acknowledge_seconds"]["longest"] < 60
    assert {one["device"] for one in found["most_frequent"]} == {"relay-1", "relay-2"}
    shown = gateway.command("alarms", "--history").stdout
    assert "EEMUA 191" in shown and "2 that called somebody" in shown and "1 not acknowledged" in shown
    gateway.stop()
    stopped = figures(gateway)
    assert (stopped["calls"], stopped["acknowledged"]) == (2, 1)
    assert [one["device"] for one in stopped["standing"]][:1] == ["relay-1"]
    copy = folder / "copy"
    gateway.store.rename(copy)
    assert figures(gateway, "--store", str(copy))["calls"] == 2
    done = gateway.command("alarms", "--history")
    assert done.returncode == 1 and "there is no store at" in done.stderr
    done = gateway.command("alarms", "--since", "1d")
    assert done.returncode == 2 and "--history" in done.stderr
    done = gateway.command("alarms", "--history", "--since", "soon")
    assert done.returncode == 2 and "how far back" in done.stderr
