"""Hears what a consumer says to gateways: confirmations and commands."""
import threading

import paho.mqtt.client as mqtt

from support.producer import BASE
from support.schema import feed as feed_schema
from support.waiting import PATIENCE


class Listener:
    def __init__(self, port: int):
        self._lock = threading.Lock()
        self._heard = []  # (gateway, what, message)
        ready = threading.Event()
        self._client = mqtt.Client(client_id="test-listener", protocol=mqtt.MQTTv311)
        self._client.on_connect = lambda client, *_: client.subscribe([(f"{BASE}/+/confirm", 1), (f"{BASE}/+/command/+", 1)])
        self._client.on_subscribe = lambda *_: ready.set()
        self._client.on_message = self._take
        self._client.connect_async("127.0.0.1", port)
        self._client.loop_start()
        assert ready.wait(PATIENCE), "the listener is not subscribed"

    def _take(self, _client, _data, message):
        levels = message.topic[len(BASE) + 1:].split("/")
        kind = feed_schema.Confirm if levels[1] == "confirm" else feed_schema.Command
        with self._lock:
            self._heard.append((levels[0], levels[-1], kind.FromString(message.payload)))

    def _of(self, gateway: str, what: str):
        with self._lock:
            return [message for name, said, message in self._heard if (name, said) == (gateway, what)]

    def confirms(self, gateway: str):
        return self._of(gateway, "confirm")

    def command(self, gateway: str, verb: str):
        """The last one, or None."""
        found = self._of(gateway, verb)
        return found[-1] if found else None

    def confirmed(self, gateway: str, epoch: int):
        """(stream, first, last) of the last confirmation."""
        found = [confirm for confirm in self.confirms(gateway) if confirm.ranges]
        return {(of.stream, span.first, span.last) for of in (found[-1].ranges if found else []) if of.epoch == epoch
                for span in of.ranges}

    def close(self):
        self._client.disconnect()
        self._client.loop_stop()
