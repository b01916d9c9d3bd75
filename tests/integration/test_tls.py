"""TLS with client certificates and the access list of config/broker."""
import shutil

import pytest

from support.broker import Broker, tls_settings
from support.certificates import Authority
from support.configuration import UNLATCHED
from support.feed import Feed
from support.schema import feed as feed_schema
from support.waiting import wait_for

RULE = "residual-current-high"


@pytest.fixture
def tls_broker(folder, closing, authority):
    """tls_broker(certificate name) starts the broker as it ships, with that certificate of its own."""
    def start(certificate: str = "broker", revoked=None):
        (folder / "tls").mkdir()
        shutil.copy(authority.ca, folder / "tls" / "ca.pem")
        for end in ("pem", "key"):
            shutil.copy(authority.folder / f"{certificate}.{end}", folder / "tls" / f"broker.{end}")
        more = f"\ncrlfile {revoked}\n" if revoked else ""
        return closing(Broker(folder, lambda port: tls_settings(port, folder) + more, "tls-broker"))

    return start


@pytest.fixture
def as_(authority):
    """The files of one client: as_("platform")."""
    return lambda name: (authority.ca, authority.folder / f"{name}.pem", authority.folder / f"{name}.key")


@pytest.fixture
def start(gateway, configuration, relays):
    def begin(broker, ca, certificate, key):
        configuration.mqtt(f"mqtts://127.0.0.1:{broker.port}", ca=ca, certificate=certificate, key=key)
        gateway.configure(configuration.tcp("tcp", relays.port).relay("relay", "tcp", 1, UNLATCHED).text())
        gateway.start()
        return gateway

    return begin


def test_client_certificates_and_who_may_what(tls_broker, as_, start, relays, closing):
    broker = tls_broker()
    observer, platform, other_gateway = (closing(Feed(broker.port, tls=as_(name)))
                                         for name in ("observer", "platform", "gw-test-02"))
    gateway = start(broker, *as_("gw-test-01"))
    assert gateway.ask(verb="version")
    relays.set(1, "holding", 0, "0140")
    raised = observer.wait_transition("RAISED", RULE).alarm
    observer.wait(lambda: raised.id in observer.retained_alarms, "the retained alarm")

    # An observer's and another gateway's command does not arrive; the platform's, sent after them, does.
    command = feed_schema.Command(id="forged", alarm_id=raised.id, revision=raised.revision)
    command.expires.wall_us = 4_000_000_000_000_000
    observer.publish("command/ack", command.SerializeToString())
    other_gateway.publish("command/ack", command.SerializeToString())
    done = platform.command("ack", id="real", alarm_id=raised.id, revision=raised.revision, on_behalf_of="Li")
    assert done.outcome == feed_schema.OUTCOME_DONE
    assert observer.wait_transition("ACKNOWLEDGED", RULE).actor.on_behalf_of == "Li"
    assert platform.reply("forged") is None

    # Another gateway reads nothing of this one, and cannot speak in its name.
    other_gateway.publish("event", b"forged")
    other_gateway.publish(f"alarm/440309008012003/{raised.id}", b"")
    relays.set(1, "holding", 0, "001E")
    observer.wait_transition("CLEARED", RULE)
    assert not observer.spoiled and other_gateway.messages == []
    assert not any(m.payload == b"forged" for m in observer.messages)
    assert gateway.log().count("refuses") == 0, "the access list lets the gateway do all that it does"


@pytest.mark.parametrize("certificate, words", [
    ("broker-expired", "certificate has expired"),
    ("broker-of-another-name", 'is not for the name "127.0.0.1"'),
    ("wrong-authority", "is not trusted (mqtt.ca)")])
def test_a_broker_that_cannot_be_trusted_gets_nothing(tls_broker, as_, start, relays, closing, folder, certificate, words):
    ca, *own = as_("gw-test-01")
    broker = tls_broker("broker" if certificate == "wrong-authority" else certificate)
    if certificate == "wrong-authority":
        ca = Authority(folder / "another", "another authority").ca
    gateway = start(broker, ca, *own)
    gateway.process.wait_for_log(words)
    # It tries on, says so once, and watches meanwhile.
    tries = broker.log().count("New connection")
    wait_for(lambda: broker.log().count("New connection") >= tries + 3, "further tries")
    relays.set(1, "holding", 0, "0140")
    assert gateway.wait_alarm(RULE)["active"]
    assert gateway.log().count(words) == 1, "told once"
    status = gateway.ask(verb="status")["broker"]
    assert not status["connected"] and words in status["trouble"]
    assert "client connected" not in broker.log()


@pytest.mark.parametrize("trouble, words", [
    ("foreign", "it is of an authority that the broker does not know"),
    ("expired", "it expired on "),
    ("future", "it is valid only from "),
    ("revoked", "it has been revoked"),
    ("garbage", "own.pem holds no certificate in PEM"),
    ("broken", "own.pem:1: what begins here is no certificate in PEM"),
    ("key", "does not belong to the certificate")])
def test_what_is_wrong_with_the_gateways_certificate_is_told(tls_broker, as_, start, relays, folder, authority, trouble, words):
    ca, certificate, key = as_("gw-test-01")
    own = [folder / name for name in ("own.pem", "own.key")]
    if trouble == "foreign":
        certificate, key = Authority(folder / "another", "another authority").issue("gw-test-01", "gw-test-01")
    elif trouble in ("expired", "future"):
        certificate, key = authority.issue(f"gw-test-01-{trouble}", "gw-test-01", **{trouble: True})
    elif trouble == "revoked":
        certificate, key = authority.issue("gw-test-01-revoked", "gw-test-01")
    elif trouble == "key":
        key = as_("gw-test-02")[2]
    for source, target in zip((certificate, key), own):
        shutil.copy(source, target)
    if trouble == "garbage":
        own[0].write_text("not a certificate\n")
    elif trouble == "broken":
        own[0].write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    broker = tls_broker(revoked=authority.revoke("gw-test-01-revoked") if trouble == "revoked" else None)
    tries = broker.log().count("New connection")
    gateway = start(broker, ca, *own)
    gateway.process.wait_for_log(words)
    if trouble in ("garbage", "broken", "key"):
        assert broker.log().count("New connection") == tries, "nothing is tried without the certificate"
    relays.set(1, "holding", 0, "0140")
    assert gateway.wait_alarm(RULE)["active"]
    status = gateway.ask(verb="status")["broker"]
    assert not status["connected"] and words in status["trouble"], status


def test_renewed_certificates_are_taken_up_without_a_restart(tls_broker, as_, start, relays, closing, folder, authority):
    broker = tls_broker()
    observer = closing(Feed(broker.port, tls=as_("observer")))
    ca, certificate, key = as_("gw-test-01")
    own = [folder / name for name in ("own.pem", "own.key")]
    old = authority.issue("gw-test-01-old", "gw-test-01", expired=True)
    for source, target in zip(old, own):
        shutil.copy(source, target)
    gateway = start(broker, ca, *own)
    gateway.process.wait_for_log("no broker:")
    for source, target in zip((certificate, key), own):
        shutil.copy(source, target)
    relays.set(1, "holding", 0, "0140")
    observer.wait_transition("RAISED", RULE)


def test_a_certificate_that_is_about_to_expire_is_an_alarm_and_a_renewed_one_ends_it(tls_broker, as_, start, relays, closing,
                                                                                    folder, authority):
    broker = tls_broker()
    observer = closing(Feed(broker.port, tls=as_("observer")))
    ca, certificate, key = as_("gw-test-01")
    own = [folder / name for name in ("own.pem", "own.key")]
    for source, target in zip(authority.issue("gw-test-01-soon", "gw-test-01", days=12), own):
        shutil.copy(source, target)
    gateway = start(broker, ca, *own)
    alarm = observer.wait_transition("RAISED", "certificate-expiring").alarm
    assert "11 days" in alarm.text.en or "12 days" in alarm.text.en, alarm.text.en
    assert alarm.severity == 3 and "mqtt.certificate" in alarm.advice.en
    for source, target in zip((certificate, key), own):
        shutil.copy(source, target)
    gateway.reload()  # looks at once; by itself it looks every minute
    observer.wait_transition("CLEARED", "certificate-expiring")


def test_a_renewal_while_the_gateway_is_at_work_loses_nothing_and_doubles_nothing(tls_broker, as_, start, relays, closing,
                                                                                 folder, authority):
    broker = tls_broker()
    observer = closing(Feed(broker.port, tls=as_("observer")))
    ca, *_ = as_("gw-test-01")
    own = [folder / name for name in ("own.pem", "own.key")]
    pairs = [authority.issue(f"gw-test-01-{number}", "gw-test-01") for number in range(3)]
    for source, target in zip(pairs[0], own):
        shutil.copy(source, target)
    gateway = start(broker, ca, *own)
    observer.wait(lambda: observer.birth, "the birth")
    connected = lambda: broker.log().count("as gw-test-01 ")
    relays.set(1, "holding", 0, "0140")
    alarm_id = observer.wait_transition("RAISED", RULE).alarm.id
    noted = 0
    for pair in pairs[1:]:
        before = connected()
        for source, target in zip(pair, own):
            shutil.copy(source, target)

        def renewed():
            nonlocal noted
            # Events all the while, also over the moment of the new connection. (An alarm that came and went so often
            # would be held as chattering.)
            noted += 1
            assert gateway.ask(verb="handling", id=alarm_id, why=f"note {noted}")["answer"] == "done"
            return connected() > before

        wait_for(renewed, "the renewed certificate to be taken up")
    observer.wait_transition("HANDLING", RULE, count=noted)
    for numbers in observer.sequences(1).values():
        assert numbers == list(range(1, len(numbers) + 1)), "events without a gap"
    wait_for(lambda: gateway.ask(verb="status")["store"]["telemetry_pending"] == 0, "telemetry to be confirmed")
    for numbers in observer.sequences(2).values():
        assert numbers == list(range(1, len(numbers) + 1)), "telemetry without a gap"
    assert not observer.spoiled
    assert "no broker" not in gateway.log() and "the certificate files have changed" in gateway.log()
