"""The access list that ships in config/broker, refusal by refusal, at a real mosquitto with client certificates: who may write
what, and who reads what. A refusal is what the broker answers to whoever publishes, and that nobody receives it."""
import shutil
import subprocess

import paho.mqtt.client as mqtt
import pytest

from support.broker import Broker, tls_settings
from support.feed import BASE
from support.waiting import wait_for

OURS, OTHERS = f"{BASE}/gw-test-01", f"{BASE}/gw-test-02"
GATEWAY = ["birth", "catalogue/0", "state", "tele", "hist", "event", "alarm/440309008012003/9f3c00000000000e-7",
           "alarm/marker/9f3c00000000000e-1", "reply"]
VERBS = ["ack", "reset", "shelve", "unshelve", "out-of-service", "return", "handling", "calibrate", "drill", "read", "rebirth", "resend"]
COMMANDS = [f"command/{verb}" for verb in VERBS]
ODD = ["", "birth/more", "alarm", "alarm/only-one-level", "command", "confirm/more", "no-such-topic", "catalogue/0/1"]
EVERYTHING = [*GATEWAY, *COMMANDS, "confirm", *ODD]

# identity -> what it may write below its own gateway's topic, and below another's.
MAY_WRITE = {"gw-test-01": (GATEWAY, []),
             "platform": (COMMANDS, COMMANDS),
             "governance-db": (["confirm", "command/rebirth", "command/resend"],) * 2,
             "observer": ([], []),
             "stranger": ([], [])}


@pytest.fixture(scope="module")
def tls_broker(module_folder, authority):
    tls = module_folder / "tls"
    tls.mkdir()
    shutil.copy(authority.ca, tls / "ca.pem")
    for end in ("pem", "key"):
        shutil.copy(authority.folder / f"broker.{end}", tls / f"broker.{end}")
    authority.issue("stranger", "stranger")
    running = Broker(module_folder, lambda port: tls_settings(port, module_folder), "tls-broker")
    yield running
    running.close()


@pytest.fixture(scope="module")
def publish(tls_broker, authority):
    """publish(identity, topic) -> None, or the broker's word against it."""
    def send(identity: str, topic: str, payload: str = "x"):
        done = subprocess.run(
            ["mosquitto_pub", "-V", "5", "-h", "127.0.0.1", "-p", str(tls_broker.port), "-q", "1", "-t", topic, "-m", payload,
             "--cafile", authority.ca, "--cert", authority.folder / f"{identity}.pem", "--key", authority.folder / f"{identity}.key"],
            capture_output=True, text=True, timeout=30, check=False)
        words = (done.stdout + done.stderr).strip()
        return words or None

    return send


@pytest.mark.parametrize("identity", MAY_WRITE)
def test_what_each_identity_may_write(publish, identity):
    own, others = MAY_WRITE[identity]
    for gateway, allowed in ((OURS, own), (OTHERS, others)):
        for topic in EVERYTHING:
            word = publish(identity, f"{gateway}/{topic}" if topic else gateway)
            if topic in allowed:
                assert word is None, f"{identity} must be let write {gateway}/{topic}: {word}"
            else:
                assert word and "Not authorized" in word, f"{identity} must not write {gateway}/{topic}: {word}"


@pytest.mark.parametrize("topic", ["gengfu/v1", "other/v1/440309/440309008012/gw-test-01/event", "$SYS/broker/uptime",
                                   "gengfu/v1/440309/gw-test-01/event"])
def test_nobody_writes_beside_the_gateways(publish, topic):
    for identity in MAY_WRITE:
        assert "Not authorized" in (publish(identity, topic) or ""), (identity, topic)


class Reader:
    """What one identity receives of everything."""

    def __init__(self, broker, authority, identity):
        self.topics = []
        self._ready = False
        self._client = mqtt.Client(client_id=f"reader-{identity}", protocol=mqtt.MQTTv5)
        self._client.tls_set(str(authority.ca), str(authority.folder / f"{identity}.pem"), str(authority.folder / f"{identity}.key"))
        self._client.on_message = lambda _client, _data, message: self.topics.append(message.topic)
        self._client.on_subscribe = lambda *_: setattr(self, "_ready", True)
        self._client.on_connect = lambda client, *_: client.subscribe("gengfu/v1/#", qos=1)
        self._client.connect("127.0.0.1", broker.port)
        self._client.loop_start()
        wait_for(lambda: self._ready, f"{identity} to subscribe")

    def close(self):
        self._client.disconnect()
        self._client.loop_stop()


def test_what_each_identity_reads(tls_broker, authority, publish, closing):
    readers = {identity: closing(Reader(tls_broker, authority, identity)) for identity in [*MAY_WRITE, "gw-test-02"]}
    for topic in GATEWAY:
        assert publish("gw-test-01", f"{OURS}/{topic}") is None
    assert publish("platform", f"{OURS}/command/ack") is None
    assert publish("governance-db", f"{OURS}/confirm") is None
    told = {f"{OURS}/{topic}" for topic in [*GATEWAY, "command/ack", "confirm"]}
    for identity in ("platform", "governance-db", "observer"):
        wait_for(lambda: told <= set(readers[identity].topics), f"{identity} to read everything")
    own = {f"{OURS}/{topic}" for topic in ("birth", "state", "command/ack", "confirm", *(t for t in GATEWAY if t.startswith("alarm/")),
                                      "event", "tele", "hist")}  # its first records, to prove a PUBACK of MQTT 3.1.1
    wait_for(lambda: own <= set(readers["gw-test-01"].topics), "the gateway to read what is its own")
    assert set(readers["gw-test-01"].topics) == own, "neither catalogue nor replies"
    assert readers["stranger"].topics == [] and readers["gw-test-02"].topics == []


def test_without_a_certificate_or_with_a_foreign_one_nobody_comes_in(tls_broker, authority, folder):
    from support.certificates import Authority
    foreign = Authority(folder / "foreign", "foreign authority")
    foreign.issue("platform", "platform")
    expired = authority.issue("platform-expired", "platform", expired=True)
    for own in ([], ["--cert", foreign.folder / "platform.pem", "--key", foreign.folder / "platform.key"],
                ["--cert", expired[0], "--key", expired[1]]):
        done = subprocess.run(["mosquitto_pub", "-V", "5", "-h", "127.0.0.1", "-p", str(tls_broker.port), "-q", "1",
                               "-t", f"{OURS}/command/ack", "-m", "x", "--cafile", authority.ca, *own],
                              capture_output=True, text=True, timeout=30, check=False)
        assert done.returncode != 0, own


def test_a_revoked_gateway_is_put_out(authority, folder, closing):
    from support.certificates import Authority
    city = Authority(folder / "city", "city authority")
    for name in ("gw-stolen", "gw-good"):
        city.issue(name, name)
    city.issue("broker", "broker", "127.0.0.1")
    revoked = city.revoke("gw-stolen")
    (folder / "tls").mkdir()
    for name in ("ca.pem", "broker.pem", "broker.key", "revoked.pem"):
        shutil.copy(city.folder / name, folder / "tls" / name)
    assert revoked.exists()
    settings = lambda port: tls_settings(port, folder).replace("#crlfile", "crlfile")
    broker = closing(Broker(folder, settings, "crl-broker"))
    for name, comes_in in (("gw-good", True), ("gw-stolen", False)):
        done = subprocess.run(["mosquitto_pub", "-V", "5", "-h", "127.0.0.1", "-p", str(broker.port), "-q", "1",
                               "-t", f"{BASE}/{name}/event", "-m", "x", "--cafile", city.ca,
                               "--cert", city.folder / f"{name}.pem", "--key", city.folder / f"{name}.key"],
                              capture_output=True, text=True, timeout=30, check=False)
        assert (done.returncode == 0) == comes_in, (name, done.stderr)
