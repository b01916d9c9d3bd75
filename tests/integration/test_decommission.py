"""A gateway that goes out of service for good leaves nothing at the broker."""
import subprocess

from support.configuration import UNLATCHED
from support.waiting import wait_for

RULE = "residual-current-high"
ALARM = "0140"


def start(gateway, configuration, relays, broker):
    gateway.configure(configuration.mqtt(broker.port).tcp("tcp", relays.port).relay("relay", "tcp", 1, UNLATCHED).text())
    gateway.start()


def retained(broker):
    """Topics of everything that is retained below our root."""
    done = subprocess.run(["mosquitto_sub", "-p", str(broker.port), "-t", "gengfu/v1/#", "-v", "-F", "%t", "--retained-only", "-W", "2"],
                          capture_output=True, text=True, timeout=30, check=False)
    return done.stdout.split()


def test_nothing_stays_at_the_broker_and_the_daemon_does_not_come_back(gateway, configuration, relays, broker, feed):
    start(gateway, configuration, relays, broker)
    relays.set(1, "holding", 0, ALARM)
    raised = feed.wait_transition("RAISED", RULE).alarm
    wait_for(lambda: any(topic.endswith(raised.id) for topic in retained(broker)), "the retained alarm")
    assert len(retained(broker)) >= 4  # birth, state, catalogue, alarm
    refused = gateway.command("decommission")
    assert refused.returncode == 2 and "--why" in refused.stderr
    refused = gateway.command("decommission", "--why", "replaced")
    assert refused.returncode == 2 and "--gateway gw-test-01" in refused.stderr
    refused = gateway.command("decommission", "--why", "replaced", "--gateway", "gw-test-02")
    assert refused.returncode == 2 and "is gw-test-01, not gw-test-02" in refused.stderr
    assert gateway.alarm(RULE), "nothing was done so far"
    done = gateway.command("decommission", "--why", "replaced by a new box", "--gateway", "gw-test-01")
    assert done.returncode == 0, done.stderr
    assert "is out of service" in done.stdout
    assert gateway.process.wait() == 78
    assert retained(broker) == []
    audit = feed.wait(lambda: [r.audit for r in feed.records.values() if r.audit.what == "decommissioned"], "the record of it")[0]
    assert audit.actor.reason == "replaced by a new box" and audit.actor.name
    assert not feed.state.online, "a goodbye for whoever listened"
    gateway.launch()
    assert gateway.process.wait() == 78
    assert "taken out of service" in gateway.log() and "replaced by a new box" in gateway.log()
    assert retained(broker) == []
    undone = gateway.command("decommission", "--undo")
    assert undone.returncode == 0, undone.stderr
    gateway.start()
    wait_for(lambda: gateway.alarm(RULE), "it to watch again")
    assert gateway.command("decommission", "--undo").returncode == 1


def test_without_a_broker_it_stays_in_service(gateway, configuration, relays, broker):
    start(gateway, configuration, relays, broker)
    wait_for(lambda: gateway.ask(verb="status")["broker"]["connected"], "a connection")
    broker.kill()
    wait_for(lambda: not gateway.ask(verb="status")["broker"]["connected"], "the connection to be gone")
    refused = gateway.command("decommission", "--why", "replaced", "--gateway", "gw-test-01")
    assert refused.returncode == 1 and "no connection to a broker" in refused.stderr
    relays.set(1, "holding", 0, ALARM)
    assert gateway.wait_alarm(RULE)["active"]
