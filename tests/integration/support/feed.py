"""The far end: an MQTT subscriber that decodes everything a gateway says and keeps it by identity."""
import collections
import ssl
import threading
import time

import paho.mqtt.client as mqtt
from google.protobuf import json_format

from support import batches
from support.schema import alarm as alarm_schema
from support.schema import feed as feed_schema
from support.waiting import PATIENCE, wait_for

Identity = collections.namedtuple("Identity", "epoch stream sequence")
Message = collections.namedtuple("Message", "topic payload retained")
BASE = "gengfu/v1/440309/440309008012"  # the place that support.configuration gives
KIND = alarm_schema.TransitionKind


class Feed:
    """Subscribes from the constructor on. Public fields are read under `changed`, or by wait()."""

    def __init__(self, port: int, gateway: str = "gw-test-01", version: int = mqtt.MQTTv5, tls=None, json: bool = False,
                 qos: int = 1, login=None):
        """:param tls: (ca, certificate, key) files; login: (user, password)"""
        self.base = f"{BASE}/{gateway}"
        self.changed = threading.Condition()
        self.messages = []
        self.records = {}        # Identity -> Record
        self.order = []          # Identity of each record, at its first coming
        self.spoiled = []        # what contradicts the contract
        self.retained_alarms = {}  # alarm id -> Alarm, of topics that are not empty
        self.birth = self.state = None
        self._catalogues = collections.defaultdict(dict)  # hash -> part -> CatalogueChange
        self._json = json
        self.connected = threading.Event()
        self._client = mqtt.Client(protocol=version)
        if tls:
            ca, certificate, key = map(str, tls)
            self._client.tls_set(ca, certificate, key, tls_version=ssl.PROTOCOL_TLS_CLIENT)
        if login:
            self._client.username_pw_set(*login)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = lambda client, *_: client.subscribe(f"{self.base}/#", qos=qos)
        self._client.on_subscribe = lambda *_: self.connected.set()
        self._client.on_disconnect = lambda *_: self.connected.clear()
        self._client.on_message = lambda _client, _data, message: self._take(message)
        self._client.connect_async("127.0.0.1", port, keepalive=60)
        self._client.loop_start()
        assert self.connected.wait(PATIENCE), "the subscriber is not connected"

    def close(self):
        self._client.disconnect()
        self._client.loop_stop()

    def reopen(self):
        """After close(): comes back, with what it had."""
        self._client.reconnect()
        self._client.loop_start()
        assert self.connected.wait(PATIENCE), "the subscriber is not connected"

    # ---- taking in

    def _parse(self, kind, payload):
        if self._json:
            return json_format.Parse(payload, kind())
        message = kind()
        message.ParseFromString(payload)
        return message

    def _take(self, message):
        with self.changed:
            self.messages.append(Message(message.topic, message.payload, message.retain))
            try:
                self._sort(message.topic[len(self.base) + 1:].split("/"), message.payload)
            except Exception as error:  # told by the test that waits, not lost in this thread
                self.spoiled.append(f"{message.topic}: {error!r}")
            self.changed.notify_all()

    def _sort(self, levels, payload):
        if levels[0] in ("command", "confirm") or levels[:2] == ["alarm", "marker"]:
            return
        if levels[0] == "alarm":
            self.retained_alarms.pop(levels[2], None)
            if payload:
                self.retained_alarms[levels[2]] = self._parse(alarm_schema.Alarm, payload)
            return
        envelope = self._parse(feed_schema.Envelope, payload)
        what = envelope.WhichOneof("content")
        if what == "record":
            self._keep(envelope.record, levels[0])
        elif what == "birth":
            self.birth = envelope.birth
        elif what == "state":
            self.state = envelope.state
        elif what == "catalogue":
            self._catalogues[envelope.catalogue.hash][envelope.catalogue.part] = envelope.catalogue

    def _keep(self, record, topic):
        identity = Identity(record.identity.epoch, record.identity.stream, record.identity.sequence)
        stream = 1 if topic == "event" else 2
        if identity.stream != stream:
            self.spoiled.append(f"a record of stream {identity.stream} on {topic}")
        known = self.records.get(identity)
        if known is None:
            self.records[identity] = record
            self.order.append(identity)
        elif known.SerializeToString(deterministic=True) != record.SerializeToString(deterministic=True):
            # Not by ==: a reading without a number is NaN, which is never equal to itself.
            self.spoiled.append(f"{identity} came twice with different content")
        if record.WhichOneof("content") == "catalogue":
            self._catalogues[record.catalogue.hash][record.catalogue.part] = record.catalogue

    # ---- looking

    def wait(self, condition, what: str, seconds: float = PATIENCE):
        """The first true value of `condition()`, which is looked at whenever a message has come."""
        end = time.monotonic() + seconds
        with self.changed:
            while True:
                assert not self.spoiled, self.spoiled
                value = condition()
                if value:
                    return value
                if not self.changed.wait(max(0.0, end - time.monotonic())) and time.monotonic() >= end:
                    raise AssertionError(f"{what}: not within {seconds:g} s; {self._seen()}")

    def _seen(self) -> str:
        kinds = [(KIND.Name(t.kind), t.alarm.device, t.alarm.point, t.alarm.rule, t.alarm.id) for t in self.transitions()]
        return f"{len(self.messages)} messages, transitions {kinds}"

    def transitions(self, rule=None, device=None, kind=None):
        """All transitions so far, in the order of their first coming."""
        with self.changed:
            records = [self.records[identity] for identity in self.order]
        found = [record.transition for record in records if record.WhichOneof("content") == "transition"]
        return [t for t in found if (rule is None or t.alarm.rule == rule) and (device is None or t.alarm.device == device)
                and (kind is None or t.kind == kind)]

    def wait_transition(self, kind: str, rule: str, device=None, count: int = 1, seconds: float = PATIENCE):
        """The `count`-th transition of the kind ("RAISED", ...)."""
        number = KIND.Value(f"TRANSITION_KIND_{kind}")
        found = self.wait(lambda: (lambda t: t if len(t) >= count else None)(self.transitions(rule, device, number)),
                          f"{count} x {kind} of {device or 'any'}/{rule}", seconds)
        return found[count - 1]

    def samples(self, device: str, point: str):
        """All samples of a point so far, by the catalogues that the batches name."""
        with self.changed:
            found = []
            for identity in self.order:
                record = self.records[identity]
                parts = self._catalogues.get(record.batch.catalogue_hash, {})
                if record.WhichOneof("content") != "batch" or not parts or len(parts) < next(iter(parts.values())).parts:
                    continue
                points = {p.alias: p for part in parts.values() for p in part.points}
                decoded = batches.decode(record.batch, {a: p.resolution for a, p in points.items()},
                                         {a: p.offset for a, p in points.items()})
                found += [s for s in decoded if (points[s.alias].device, points[s.alias].name) == (device, point)]
            return found

    def last(self, device: str, point: str):
        """The last sample of a point, or None."""
        found = self.samples(device, point)
        return found[-1] if found else None

    def sequences(self, stream: int):
        """Sequences by epoch, sorted."""
        with self.changed:
            by_epoch = collections.defaultdict(list)
            for identity in self.records:
                if identity.stream == stream:
                    by_epoch[identity.epoch].append(identity.sequence)
            return {epoch: sorted(numbers) for epoch, numbers in by_epoch.items()}

    # ---- saying

    def publish(self, topic: str, payload: bytes, retain: bool = False):
        self._client.publish(f"{self.base}/{topic}", payload, qos=1, retain=retain).wait_for_publish(PATIENCE)

    def command(self, verb: str, retain: bool = False, **fields):
        """Sends a command; the reply to it."""
        command = feed_schema.Command(**fields)
        wall = int(time.time() * 1e6)
        if not command.HasField("issued"):
            command.issued.wall_us = wall
        if not command.HasField("expires"):
            command.expires.wall_us = wall + 60_000_000
        self.publish(f"command/{verb}", command.SerializeToString(), retain)
        return wait_for(lambda: self.reply(command.id), f"a reply to {verb} {command.id}")

    def reply(self, command_id: str):
        with self.changed:
            for message in self.messages:
                if message.topic == f"{self.base}/reply":
                    reply = self._parse(feed_schema.Envelope, message.payload).reply
                    if reply.command_id == command_id:
                        return reply
        return None
