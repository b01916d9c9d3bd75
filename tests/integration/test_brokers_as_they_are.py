"""Brokers that grant less than others."""
import itertools
import socket
import threading
import time

import pytest

from support.broker import Broker, plain_settings
from support.configuration import UNLATCHED
from support.feed import Feed
from support.schema import feed as feed_schema
from support.waiting import wait_for

RULE = "residual-current-high"
ALARM = "0140"


def begin(gateway, configuration, relays, port, **keys):
    gateway.configure(configuration.mqtt(port, **keys).tcp("tcp", relays.port).relay("relay", "tcp", 1, UNLATCHED).text())
    gateway.start()


@pytest.mark.parametrize("version", ["5", "3.1.1"])
def test_a_broker_without_retained_messages(gateway, configuration, relays, folder, closing, version):
    broker = closing(Broker(folder, lambda port: plain_settings(port) + "\nretain_available false\n"))
    feed = closing(Feed(broker.port))
    begin(gateway, configuration, relays, broker.port, version=version)
    if version == "3.1.1":
        # MQTT 3.1.1 has no word for it: mosquitto refuses the connection for the retained will, and 5 is asked for instead.
        gateway.process.wait_for_log("no broker:")
        assert not gateway.ask(verb="status")["broker"]["connected"]
        return
    relays.set(1, "holding", 0, ALARM)
    raised = feed.wait_transition("RAISED", RULE).alarm
    late = closing(Feed(broker.port))
    assert late.birth is None, "nothing is retained"
    assert late.command("rebirth", id="all").outcome == feed_schema.OUTCOME_DONE
    late.wait(lambda: late.birth and raised.id in late.retained_alarms, "birth and standing alarm on request")
    assert raised.id in late.birth.standing_alarms
    state = late.wait(lambda: late.state, "the heartbeat")
    assert state.online


def test_fifty_messages_a_second_are_not_exceeded(gateway, configuration, relays, broker, feed):
    configuration.mqtt(broker.port, linger="0ms").tcp("tcp", relays.port)
    for unit in range(1, 7):
        configuration.relay(f"relay-{unit}", "tcp", unit, UNLATCHED, interval="20ms")
    gateway.configure(configuration.text().replace('linger = "0ms"', 'linger = "0ms"\nmax_rate = 50', 1))
    gateway.start()
    feed.wait(lambda: feed.birth, "the birth")
    published = lambda: gateway.ask(verb="status")["broker"]["published"]
    values = itertools.cycle(range(5, 100, 5))
    before, begun = published(), time.monotonic()

    def enough():
        for unit in range(1, 7):  # each change is a message of its own: unbounded, some 300 a second
            relays.set(unit, "holding", 0, f"{next(values):04X}")
        return published() >= before + 200

    wait_for(enough, "200 messages")
    took = time.monotonic() - begun
    assert took >= 200 / 50 - 1, f"200 messages in {took:.2f} s"
    feed.wait(lambda: len(feed.messages) >= 200, "them to arrive")


class _NodeOfACluster:
    """MQTT 3.1.1 as RabbitMQ's other nodes speak it while the one is away that keeps the session of client id `away`: they
    take the connection, and close it at the first SUBSCRIBE. `ids` are the client ids that came, `subscribed` those let in."""

    def __init__(self, away: str):
        self._away = away
        self.ids, self.subscribed = [], []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept)
        self._thread.start()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection, connection.makefile("rb") as stream:
            try:
                self._talk(connection, stream)
            except (OSError, IndexError):
                pass  # the gateway went

    def _talk(self, connection, stream):
        name = ""
        while head := stream.read(1):
            size, shift = 0, 0
            while True:
                digit = stream.read(1)[0]
                size |= (digit & 127) << shift
                shift += 7
                if digit < 128:
                    break
            body = stream.read(size)
            kind = head[0] >> 4
            if kind == 1:  # CONNECT: "MQTT", level, flags, keep alive, client id
                if body[6] == 5:
                    return
                name = body[12:12 + int.from_bytes(body[10:12], "big")].decode()
                self.ids.append(name)
                connection.sendall(b"\x20\x02\x00\x00")
            elif kind == 8:  # SUBSCRIBE
                if name == self._away:
                    return
                self.subscribed.append(name)
                filters, at = 0, 2
                while at < len(body):
                    at += 3 + int.from_bytes(body[at:at + 2], "big")
                    filters += 1
                connection.sendall(bytes([0x90, 2 + filters]) + body[:2] + b"\x01" * filters)
            elif kind == 3 and head[0] & 6:  # PUBLISH, QoS 1
                topic = int.from_bytes(body[:2], "big")
                connection.sendall(b"\x40\x02" + body[2 + topic:4 + topic])
            elif kind == 12:
                connection.sendall(b"\xd0\x00")

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()


def test_a_gateway_whose_session_lies_on_a_dead_node_comes_by_a_second_name(gateway, configuration, relays, closing):
    node = closing(_NodeOfACluster("gw-test-01"))
    begin(gateway, configuration, relays, node.port)
    wait_for(lambda: "gw-test-01-2" in node.subscribed, "the gateway to be let in", 60)
    assert node.ids[0] == "gw-test-01", "its own name first"
    wait_for(lambda: gateway.ask(verb="status")["broker"]["connected"], "the gateway to be connected")
    assert node.ids.count("gw-test-01") <= 2, "no more in vain than it must"
