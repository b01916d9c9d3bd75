"""The governance database of one run: a private PostgreSQL, gengfu-ingest before it, and what the demo asks of it."""

import subprocess
import sys
import urllib.request
from pathlib import Path

import psycopg
from google.protobuf import json_format

from .processes import Failed, Program, free_port, wait_for
from .verdict import Identity, Seen

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "governance"))

from support.postgres import TemporaryPostgres  # noqa: E402

_SETTINGS = """
name = "governance-db"
[mqtt]
brokers = ["mqtt://127.0.0.1:{broker}"]
client_id = "demo"
[database]
connection = "{uri}"
[batch]
linger = "100ms"
[http]
listen = "127.0.0.1:{http}"
"""

# The query of docs/governance.md: what is wrong, where, and whose it is.
STANDING = """
SELECT severity, title_zh, component, class_zh, grid, concat_ws(' ', street, community, estate, area, landmark) AS place,
       authority, owner, maintainer
FROM governance.alarm_now ORDER BY raised_at
"""

_NEW = """
SELECT event.gateway, event.epoch, event.sequence, event.kind, event.alarm, event.revision, event.is_over, event.severity,
       alarm.device, alarm.rule, alarm.point, alarm.state
FROM governance.alarm_event AS event JOIN governance.alarm USING (gateway, alarm)
WHERE NOT (event.epoch, event.sequence) IN (SELECT * FROM unnest(%s::int8[], %s::int8[]))
ORDER BY event.start, event.sequence
"""


class Database:
    """`close` ends ingest and PostgreSQL."""

    def __init__(self, programs, broker_port, folder):
        self._programs, self._folder = programs, folder
        self._seen = ([], [])
        self._http = free_port()
        self.ingest = self._connection = None
        try:
            self.postgres = TemporaryPostgres(folder / "pg")
        except AssertionError as error:
            raise Failed(f"PostgreSQL: {error}") from None
        try:
            self._begin(broker_port)
        except BaseException:
            self.close()  # nobody else knows of it yet
            raise

    def _begin(self, broker_port):
        programs, folder = self._programs, self._folder
        if not (programs / "gengfu-ingest").is_file():
            raise Failed(f"no gengfu-ingest in {programs}: build it with the other programs")
        done = subprocess.run([programs / "gengfu-ingest", "--database", self.postgres.uri, "migrate"], text=True,
                              capture_output=True, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            raise Failed(f"gengfu-ingest migrate: {done.stdout}{done.stderr}")
        settings = folder / "ingest.toml"
        settings.write_text(_SETTINGS.format(broker=broker_port, uri=self.postgres.uri, http=self._http), encoding="utf-8")
        self.ingest = Program("gengfu-ingest", [programs / "gengfu-ingest", "run", "--config", settings], folder / "ingest.log")
        self._connection = psycopg.connect(self.postgres.uri, autocommit=True)
        try:
            wait_for("gengfu-ingest", self._is_well, 20, self.ingest.alive)
        except Failed as error:
            raise Failed(f"{error}\n{self.ingest.last_words()}") from None

    def _get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self._http}{path}", timeout=5) as answer:
            return answer.read().decode()

    def _is_well(self):
        try:
            return self._get("/healthz") == "ok\n"
        except OSError:
            return False

    def new_transitions(self, wire):
        """[(Seen, Transition)] of the rows that were not there at the last call."""
        out = []
        for row in self._connection.execute(_NEW, self._seen).fetchall():
            gateway, epoch, sequence, kind, alarm, revision, over, severity, device, rule, point, state = row
            self._seen[0].append(epoch)
            self._seen[1].append(sequence)
            transition = wire.alarm.Transition(kind=kind, over=over)
            json_format.ParseDict(state, transition.alarm, ignore_unknown_fields=True)
            transition.alarm.revision = revision
            transition.alarm.severity = severity
            name = wire.alarm.TransitionKind.Name(kind).removeprefix("TRANSITION_KIND_")
            identity = Identity(gateway, epoch & (2**64 - 1), wire.event_stream, sequence)
            seen = Seen(identity, 0.0, name, alarm, revision, device, rule, point, wire.severity(severity), over)
            out.append((seen, transition))
        return out

    def other_events(self):
        """Identities of events in the ledger that are no transitions: catalogues, audit."""
        rows = self._connection.execute(
            "SELECT gateway, epoch, sequence FROM (SELECT gateway, epoch, generate_series(lower(held), upper(held) - 1) AS "
            "sequence FROM governance.ledger, unnest(ranges) AS held WHERE stream = 1) AS known "
            "WHERE NOT EXISTS (SELECT FROM governance.alarm_event AS event WHERE (event.gateway, event.epoch, event.sequence) "
            "= (known.gateway, known.epoch, known.sequence))"
        ).fetchall()
        return {Identity(gateway, epoch & (2**64 - 1), 1, sequence) for gateway, epoch, sequence in rows}

    def unstorable(self):
        """[(topic, reason)] of what is in quarantine."""
        return self._connection.execute("SELECT topic, reason FROM governance.quarantine").fetchall()

    @staticmethod
    def statement():
        return STANDING.strip()

    def standing(self):
        """Rows of STANDING, with the names of its columns first."""
        cursor = self._connection.execute(STANDING)
        return [tuple(column.name for column in cursor.description), *cursor.fetchall()]

    def counts(self):
        """(samples, events, alarms)"""
        return self._connection.execute(
            "SELECT (SELECT count(*) FROM governance.sample), (SELECT count(*) FROM governance.alarm_event), "
            "(SELECT count(*) FROM governance.alarm)"
        ).fetchone()

    def redelivered(self):
        return int(sum(
            float(line.rpartition(" ")[2])
            for line in self._get("/metrics").splitlines()
            if line.startswith("gengfu_ingest_duplicates_total{")
        ))

    def close(self):
        if self._connection:
            self._connection.close()
        if self.ingest:
            self.ingest.stop()
        self.postgres.close()
