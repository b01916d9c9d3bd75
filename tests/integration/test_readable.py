"""What a technician with Debian's own tools sees: mosquitto_sub piped into protoc --decode."""
import itertools
import subprocess

import pytest

from support.configuration import UNLATCHED
from support.programs import ROOT

RULE = "residual-current-high"


class Pipeline:
    """mosquitto_sub -t TOPIC -C 1 -N | protoc --decode MESSAGE. -N: without the line feed that would be put after it."""

    def __init__(self, port: int, topic: str, message: str = "gengfu.v1.Envelope", file: str = "gengfu/v1/feed.proto"):
        self._topic = topic
        self._subscriber = subprocess.Popen(
            ["mosquitto_sub", "-h", "127.0.0.1", "-p", str(port), "-t", topic, "-C", "1", "-N", "-W", "60"], stdout=subprocess.PIPE)
        self._decoder = subprocess.Popen(["protoc", f"-I{ROOT / 'proto'}", "--decode", message, file], stdin=self._subscriber.stdout,
                                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self._subscriber.stdout.close()

    def done(self) -> bool:
        return self._subscriber.poll() is not None

    def text(self) -> str:
        out, _ = self._decoder.communicate(timeout=90)
        assert self._subscriber.wait(5) == 0, f"nothing came on {self._topic}"
        assert self._decoder.returncode == 0, out
        return out


@pytest.fixture
def site(broker, feed, relays, gateway, configuration):
    gateway.configure(configuration.mqtt(broker.port).tcp("tcp", relays.port).relay("relay", "tcp", 1, UNLATCHED).text())
    gateway.start()
    feed.wait(lambda: feed.birth and feed.state and feed.sequences(1), "birth, state and the catalogue's event")
    return gateway


def test_retained_topics_are_readable(site, broker, feed, relays):
    birth = Pipeline(broker.port, "gengfu/v1/+/+/+/birth").text()
    assert 'gateway: "gw-test-01"' in birth and 'software: "gengfu ' in birth
    assert "online: true" in Pipeline(broker.port, "gengfu/v1/+/+/+/state").text()
    catalogue = Pipeline(broker.port, "gengfu/v1/+/+/+/catalogue/0").text()
    assert 'name: "residual_current"' in catalogue and 'unit: "mA"' in catalogue and 'profile: "acrel-asj"' in catalogue
    relays.set(1, "holding", 0, "0140")
    raised = feed.wait_transition("RAISED", RULE).alarm
    alarm = Pipeline(broker.port, f"{feed.base}/alarm/+/{raised.id}", "gengfu.v1.Alarm", "gengfu/v1/alarm.proto").text()
    assert f'id: "{raised.id}"' in alarm and "severity: SEVERITY_MAJOR" in alarm and "value: 320" in alarm


@pytest.mark.parametrize("topic, expected", [
    ("event", ("stream: STREAM_EVENT", "transition {", 'rule: "residual-current-high"', 'en: "Residual current high"')),
    ("tele", ("stream: STREAM_TELEMETRY", "batch {", "catalogue_hash:"))])
def test_records_are_readable_as_they_come(site, broker, feed, relays, topic, expected):
    pipeline = Pipeline(broker.port, f"{feed.base}/{topic}")
    # Something happens until the subscriber, which does not tell when it has begun to listen, has caught one.
    for value, count in zip(itertools.cycle(["0140", "001E"]), itertools.count(1)):
        relays.set(1, "holding", 0, value)
        feed.wait(lambda n=count: len(feed.transitions(RULE)) >= n, "a transition")
        if pipeline.done():
            break
        assert count < 100, "mosquitto_sub does not get what other subscribers get"
    text = pipeline.text()
    assert 'gateway: "gw-test-01"' in text
    for line in expected:
        assert line in text
