"""The wire contract in Python: generates proto/gengfu/v1 with protoc and reads payloads."""

import importlib
import subprocess
import sys
import time
import uuid
from pathlib import Path

from .verdict import Identity, Seen


class Wire:
    def __init__(self, proto_root, out):
        """Generates the messages into the folder `out`; raises CalledProcessError when protoc fails."""
        out.mkdir(parents=True, exist_ok=True)
        files = sorted(str(path) for path in Path(proto_root).glob("gengfu/v1/*.proto"))
        subprocess.run(["protoc", f"--proto_path={proto_root}", f"--python_out={out}", *files], check=True)
        sys.path.insert(0, str(out))
        self.common = importlib.import_module("gengfu.v1.common_pb2")
        self.alarm = importlib.import_module("gengfu.v1.alarm_pb2")
        self.feed = importlib.import_module("gengfu.v1.feed_pb2")
        self.event_stream = self.common.STREAM_EVENT

    def envelope(self, payload):
        message = self.feed.Envelope()
        message.ParseFromString(payload)
        return message

    @staticmethod
    def identity(record):
        wire = record.identity
        return Identity(wire.gateway, wire.epoch, wire.stream, wire.sequence)

    def severity(self, number):
        """"major" """
        return self.common.Severity.Name(number).removeprefix("SEVERITY_").lower()

    def seen(self, record, at):
        """The transition in a record."""
        transition = record.transition
        alarm = transition.alarm
        return Seen(
            self.identity(record),
            at,
            self.alarm.TransitionKind.Name(transition.kind).removeprefix("TRANSITION_KIND_"),
            alarm.id,
            alarm.revision,
            alarm.device,
            alarm.rule,
            alarm.point,
            self.severity(alarm.severity),
            transition.over,
        )

    def command(self, alarm_id, revision, person, reason):
        """(id, payload) of a command on an alarm."""
        message = self.feed.Command(id=str(uuid.uuid4()), alarm_id=alarm_id, revision=revision)
        message.on_behalf_of = person
        message.reason = reason
        now = time.time_ns() // 1000
        message.issued.wall_us = now
        message.expires.wall_us = now + 60_000_000
        return message.id, message.SerializeToString()
