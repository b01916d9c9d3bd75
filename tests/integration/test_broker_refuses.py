"""A broker that does not let the gateway in, or does not take what it says: told once, nothing lost, and mended without a
restart of the gateway."""
import signal
import subprocess

import pytest

from support.broker import Broker, plain_settings
from support.configuration import UNLATCHED
from support.feed import Feed
from support.gate import Gate
from support.waiting import wait_for

RULE = "residual-current-high"
ALARM = "0140"
REST = "001E"


@pytest.fixture
def start(gateway, configuration, relays):
    def begin(port, **keys):
        gateway.configure(configuration.mqtt(port, **keys).tcp("tcp", relays.port).relay("relay", "tcp", 1, UNLATCHED).text())
        gateway.start()
        return gateway

    return begin


def test_a_wrong_password_is_told_once_and_the_right_one_is_taken(folder, closing, start, relays):
    passwords = folder / "passwords"
    passwords.touch(mode=0o600)
    for user, word in (("gw-test-01", "right"), ("observer", "looks")):
        subprocess.run(["mosquitto_passwd", "-b", str(passwords), user, word], check=True, capture_output=True, timeout=30)
    settings = lambda port: plain_settings(port).replace("allow_anonymous true", f"allow_anonymous false\npassword_file {passwords}")
    broker = closing(Broker(folder, settings))
    feed = closing(Feed(broker.port, login=("observer", "looks")))
    secret = folder / "secret"
    secret.write_text("wrong\n")
    gateway = start(broker.port, username="gw-test-01", password=secret)
    gateway.process.wait_for_log("no broker:")
    relays.set(1, "holding", 0, ALARM)
    alarm = gateway.wait_alarm(RULE)
    status = gateway.ask(verb="status")["broker"]
    assert not status["connected"] and "not authori" in status["trouble"].lower(), status
    assert "wrong" not in gateway.log() and "right" not in gateway.log(), "a password is never logged"
    secret.write_text("right\n")
    gateway.reload()
    assert feed.wait_transition("RAISED", RULE).alarm.id == alarm["id"]
    assert gateway.log().count("no broker:") == 1, "told once"


def test_what_the_access_list_denies_stays_in_the_store(folder, closing, start, relays):
    access = folder / "access"
    access.write_text("topic deny gengfu/v1/+/+/+/event\ntopic readwrite gengfu/v1/#\n")
    access.chmod(0o600)
    broker = closing(Broker(folder, lambda port: plain_settings(port) + f"\nacl_file {access}\n"))
    gate = closing(Gate(broker.port))
    feed = closing(Feed(broker.port))
    gateway = start(gate.port)
    relays.set(1, "holding", 0, ALARM)
    alarm = gateway.wait_alarm(RULE)
    gateway.process.wait_for_log("the broker refuses ")
    feed.wait(lambda: any(s.value == 320 for s in feed.samples("relay", "residual_current")), "telemetry, which is not denied")
    gateway.wait_on_disk(1)
    assert gateway.log().count("the broker refuses ") == 1, "told once"
    access.write_text("topic readwrite gengfu/v1/#\n")
    broker.process.signal(signal.SIGHUP)
    gate.shut()  # it tries again after a minute by itself; a new connection is sooner
    gateway.process.wait_for_log("no broker:")
    gate.open()
    assert feed.wait_transition("RAISED", RULE).alarm.id == alarm["id"]
    wait_for(lambda: gateway.ask(verb="status")["store"]["events_pending"] == 0, "everything to be confirmed")


def test_what_mqtt_3_1_1_acknowledges_though_the_access_list_denies_it_stays_in_the_store(folder, closing, start, relays):
    access = folder / "access"
    access.write_text("topic deny gengfu/v1/+/+/+/event\ntopic readwrite gengfu/v1/#\n")
    access.chmod(0o600)
    broker = closing(Broker(folder, lambda port: plain_settings(port) + f"\nacl_file {access}\n"))
    gate = closing(Gate(broker.port))
    feed = closing(Feed(broker.port))
    gateway = start(gate.port, version="3.1.1")
    relays.set(1, "holding", 0, ALARM)
    alarm = gateway.wait_alarm(RULE)
    gateway.process.wait_for_log("but it does not come back", seconds=60)
    status = gateway.ask(verb="status")
    assert not status["broker"]["connected"] and "ACL" in status["broker"]["trouble"], status["broker"]
    assert status["store"]["events_pending"] >= 1, "mosquitto has acknowledged it, and it is not delivered"
    access.write_text("topic readwrite gengfu/v1/#\n")
    broker.process.signal(signal.SIGHUP)
    gate.shut()  # it tries again after a minute by itself; a new connection is sooner
    gateway.process.wait_for_log("no broker:", times=2)
    gate.open()
    assert feed.wait_transition("RAISED", RULE).alarm.id == alarm["id"]
    wait_for(lambda: gateway.ask(verb="status")["store"]["events_pending"] == 0, "everything to be confirmed")


def test_an_access_list_that_changes_during_a_connection_of_mqtt_3_1_1_is_noticed_by_the_next_event(folder, closing, start, relays):
    access = folder / "access"
    allowed = "topic readwrite gengfu/v1/#\n"
    access.write_text(allowed)
    access.chmod(0o600)
    broker = closing(Broker(folder, lambda port: plain_settings(port) + f"\nacl_file {access}\n"))
    gate = closing(Gate(broker.port))
    feed = closing(Feed(broker.port))
    gateway = start(gate.port, version="3.1.1")

    def pending():
        return gateway.ask(verb="status")["store"]["events_pending"]
    relays.set(1, "holding", 0, ALARM)
    raised = feed.wait_transition("RAISED", RULE)
    wait_for(lambda: pending() == 0, "the first to be proven")
    access.write_text("topic deny gengfu/v1/+/+/+/event\n" + allowed)
    broker.process.signal(signal.SIGHUP)
    wait_for(lambda: "ot authorized" in subprocess.run(
        ["mosquitto_pub", "-V", "5", "-h", "127.0.0.1", "-p", str(broker.port), "-q", "1", "-t", "gengfu/v1/a/b/another/event", "-m", "?"],
        capture_output=True, text=True, timeout=30).stderr, "the list to be read anew")
    relays.set(1, "holding", 0, REST)
    wait_for(lambda: not gateway.alarm(RULE)["active"], "it to clear")
    gateway.process.wait_for_log("it did come back before", seconds=120)
    assert pending() >= 1, "mosquitto has acknowledged it, and it is not delivered"
    access.write_text(allowed)
    broker.process.signal(signal.SIGHUP)
    gate.shut()
    gateway.process.wait_for_log("no broker:", times=2)
    gate.open()
    assert feed.wait_transition("CLEARED", RULE).alarm.id == raised.alarm.id
    wait_for(lambda: pending() == 0, "everything to be confirmed")


def test_who_answers_is_no_broker(start, relays, closing):
    gateway = start(relays.port)  # Modbus TCP
    gateway.process.wait_for_log("no broker:")
    relays.set(1, "holding", 0, ALARM)
    assert gateway.wait_alarm(RULE)["active"]
