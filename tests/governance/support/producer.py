"""Gateways that are none: they publish what a gateway would, as fast as asked, and remember every value of it."""
import collections
import struct
import threading
import time

import paho.mqtt.client as mqtt

from support.schema import alarm as alarm_schema
from support.schema import common
from support.schema import feed as feed_schema
from support.waiting import PATIENCE, wait_for

BASE = "gengfu/v1/440309/440309008012"
BOOT = (0x1122334455667788, 0x99AABBCCDDEEFF00)
RESOLUTION = 0.1


def connect(port: int, client_id: str, window: int = 200) -> mqtt.Client:
    """A publisher that reconnects by itself and keeps what is not acknowledged."""
    client = mqtt.Client(client_id=client_id, clean_session=False, protocol=mqtt.MQTTv311)
    client.max_inflight_messages_set(window)
    client.max_queued_messages_set(0)
    client.reconnect_delay_set(1, 1)
    up = threading.Event()
    client.on_connect = lambda *_: up.set()
    client.connect_async("127.0.0.1", port, keepalive=30)
    client.loop_start()
    assert up.wait(PATIENCE), f"{client_id} does not connect"
    return client


def signed(number: int) -> int:
    """The same 64 bits as PostgreSQL's int8."""
    return struct.unpack("<q", struct.pack("<Q", number))[0]


class Producer:
    """One run of one made-up gateway. Keeps the payload of every record, so that it can be sent again; `expected` has
    every sample: (point, time in us) -> value."""

    def __init__(self, gateway: str, epoch: int, start: int = 1, points: int = 10, wall_us: int = 0):
        self.gateway, self.epoch, self.start, self.points = gateway, epoch, start, points
        self.base = f"{BASE}/{gateway}"
        self.hash = f"{epoch:016x}"
        self.wall_us = wall_us or int(time.time() * 1e6) - 60_000_000
        self.clock = True  # False: says no wall time
        self.sequences = collections.Counter()
        self.sent = {}      # (stream, sequence) -> (topic, payload)
        self.expected = {}  # (point, us) -> value or None
        self.alarms = {}    # alarm id -> Alarm

    # ---- making

    def _time(self, wall_us: int):
        return common.Time(boot_id_high=BOOT[0], boot_id_low=BOOT[1], monotonic_us=wall_us - self.wall_us + 1_000_000,
                           wall_us=wall_us if self.clock else 0)

    def _record(self, stream: int, topic: str, **content):
        self.sequences[stream] += 1
        sequence = self.sequences[stream]
        identity = common.Identity(gateway=self.gateway, epoch=self.epoch, start=self.start, stream=stream,
                                   sequence=sequence)
        record = feed_schema.Record(identity=identity, written=self._time(self.wall_us), **content)
        payload = feed_schema.Envelope(record=record).SerializeToString()
        self.sent[(stream, sequence)] = (f"{self.base}/{topic}", payload)
        return self.sent[(stream, sequence)]

    def point(self, alias: int) -> str:
        return f"p{alias}"

    def catalogue_part(self):
        points = [feed_schema.CataloguePoint(alias=alias, device="d", name=self.point(alias), unit="mA",
                                             type=feed_schema.POINT_TYPE_NUMBER, resolution=RESOLUTION)
                  for alias in range(1, self.points + 1)]
        device = feed_schema.CatalogueDevice(name="d", device_class="electrical-fire", profile="acrel-asj", bus="b", unit=1)
        device.component.code = "4403090116000001"
        return feed_schema.CatalogueChange(hash=self.hash, part=0, parts=1, devices=[device], points=points)

    def catalogue(self):
        return self._record(1, "event", catalogue=self.catalogue_part())

    def birth(self, standing=(), as_of=None):
        birth = feed_schema.Birth(gateway=self.gateway, epoch=self.epoch, start=self.start, software="gengfu test",
                                  catalogue_hash=self.hash, standing_alarms=list(standing), schema_version=1,
                                  catalogue_parts=1, as_of_sequence=self.sequences[1] if as_of is None else as_of)
        birth.at.CopyFrom(self._time(self.wall_us))
        return f"{self.base}/birth", feed_schema.Envelope(birth=birth).SerializeToString()

    def state(self, online: bool = True):
        state = feed_schema.State(gateway=self.gateway, epoch=self.epoch, start=self.start, online=online, clock_known=self.clock)
        state.at.CopyFrom(self._time(self.wall_us))
        return f"{self.base}/state", feed_schema.Envelope(state=state).SerializeToString()

    def batch(self, samples: int = 20, topic: str = "tele"):
        """Every third value is a single, every seventh none and bad."""
        batch = feed_schema.Batch(catalogue_hash=self.hash)
        begin = self.wall_us
        batch.start.CopyFrom(self._time(begin))
        last_alias, kinds, qualities, steps = 0, [], [], {}
        for i in range(samples):
            alias = i % self.points + 1
            number = self.sequences[2] * samples + i
            batch.alias_delta.append(alias - last_alias)
            batch.delta_us.append(0 if i == 0 else 1000)
            last_alias = alias
            value = None
            if number % 7 == 6:
                kinds.append(3)
            elif number % 3 == 2:
                kinds.append(1)
                value = number / 4
                batch.single.append(value)
            else:
                kinds.append(0)
                batch.step_delta.append(number - steps.get(alias, 0))
                steps[alias] = number
                value = number * RESOLUTION
            qualities.append(3 * 256 + 1 if value is None else 256)
            self.expected[(self.point(alias), begin + i * 1000)] = value
        for kind in kinds:
            batch.value_runs.append(4 + kind)
        for quality in qualities:
            batch.quality_runs.extend([1, quality])
        self.wall_us = begin + samples * 1000
        return self._record(2, topic, batch=batch)

    def transition(self, kind: str, alarm_id: str = "", over: bool = False, **state):
        """Raises an alarm when no id is given, else changes that one."""
        self.wall_us += 1
        if alarm_id:
            alarm = alarm_schema.Alarm()
            alarm.CopyFrom(self.alarms[alarm_id])
        else:
            sequence = self.sequences[1] + 1
            alarm = alarm_schema.Alarm(id=f"{self.epoch:016x}-{sequence}", raise_epoch=self.epoch, raise_sequence=sequence,
                                       active=True, severity=2, gateway=self.gateway, device="d", point="p1",
                                       rule="residual-current-high")
            alarm.raised.CopyFrom(self._time(self.wall_us))
            alarm.title.zh, alarm.title.en = "漏电超限", "residual current high"
            # How it came to it; one reading failed and has no value.
            alarm.evidence.value, alarm.evidence.unit = 320, "mA"
            alarm.evidence.samples.add(offset_us=-1_000_000, value=float("nan"), quality=3, reason=1)
            alarm.evidence.samples.add(offset_us=0, value=320, quality=1)
            alarm.component.code = "4403090116000001"
            alarm.component.place.grid = "440309008012003"
            alarm.component.maintainer.id = "crew-1"
        alarm.revision += 1
        alarm.start, alarm.epoch = self.start, self.epoch
        for name, value in state.items():
            setattr(alarm, name, value)
        self.alarms[alarm.id] = alarm
        number = alarm_schema.TransitionKind.Value(f"TRANSITION_KIND_{kind}")
        message = self._record(1, "event", transition=alarm_schema.Transition(kind=number, alarm=alarm, over=over))
        return alarm.id, message

    # ---- looking

    def samples_in(self, db):
        """(point, us) -> [values], by the view."""
        rows = db.query("SELECT point.point, (extract(epoch FROM at) * 1000000)::int8, value FROM governance.sample "
                        "JOIN governance.point USING (gateway, number) WHERE gateway = %s", self.gateway)
        found = collections.defaultdict(list)
        for point, at, value in rows:
            found[(point, at)].append(value)
        return found

    def difference(self, db):
        """(lost, doubled, wrong): counts of samples, against what was produced, value by value."""
        found = self.samples_in(db)
        lost = [key for key in self.expected if key not in found]
        doubled = [key for key, values in found.items() if len(values) > 1]
        wrong = [(key, values) for key, values in found.items()
                 if key not in self.expected or values[0] != self.expected[key]]
        return lost, doubled, wrong

    def missing_records(self, db):
        """(stream, sequence) of all that was sent and is not in the ledger."""
        rows = db.query("SELECT stream, first, last FROM governance.confirmed(%s) WHERE epoch = %s", self.gateway,
                        signed(self.epoch))
        held = [(stream, range(first, last + 1)) for stream, first, last in rows]
        return [key for key in self.sent if not any(key[0] == stream and key[1] in numbers for stream, numbers in held)]

    def wait_all_in(self, db, seconds: float = PATIENCE * 2):
        wait_for(lambda: not self.missing_records(db), f"all records of {self.gateway} in the database", seconds)
