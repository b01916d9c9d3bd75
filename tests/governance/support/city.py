"""A real gateway on Modbus units, under a real gengfu-ingest: what the units did must be in the database once."""
import collections
import threading

import paho.mqtt.client as mqtt

from support import batches
from support.configuration import RELAY, UNLATCHED, Configuration
from support.feed import Feed
from support.gateway import Gateway
from support.producer import signed
from support.slaves import TcpSlaves
from support.waiting import wait_for

GATEWAY = "gw-test-01"
RULE = "residual-current-high"
RAISED, CLEARED = 1, 2
_REST, _ALARM = "001E", "0140"
_PATIENCE = 90.0


class City:
    """The first two relays change all the time; toggle() changes one of the others. A listener at the broker writes down
    what the gateway said, and decodes it by none of the product's code."""

    def __init__(self, folder, closing, brokers, relays: int = 12, listen: int = 0):
        """:param brokers: port, or ports, of the gateway's brokers; listen: the listener's, by default the first"""
        brokers = [brokers] if isinstance(brokers, int) else list(brokers)
        self.relays = closing(TcpSlaves({unit: RELAY for unit in range(1, relays + 1)}))
        self.feed = closing(Feed(listen or brokers[0], gateway=GATEWAY, version=mqtt.MQTTv311))
        self.gateway = closing(Gateway(folder))
        configuration = Configuration(self.gateway.store, GATEWAY).mqtt(*brokers).tcp("tcp", self.relays.port)
        for unit in range(1, relays + 1):
            configuration.relay(f"relay-{unit}", "tcp", unit, UNLATCHED)
        self.gateway.configure(configuration.text().replace("[mqtt]\n", '[mqtt]\nconfirm = ["governance-db"]\n'))
        self.done = {unit: [] for unit in range(3, relays + 1)}  # kinds of the transitions that must come
        self._stop = threading.Event()
        self._driver = threading.Thread(target=self._drive)
        closing(self)

    def begin(self):
        self.gateway.start()
        self._driver.start()

    def _drive(self):
        """Values below the alarm's 180 mA, no two equal ones after each other."""
        step = 0
        while not self._stop.wait(0.03):
            step += 1
            for unit in (1, 2):
                self.relays.set(unit, "holding", 0, f"{10 + (step * 7 + unit) % 120:04X}")

    def toggle(self):
        """The relay that has done least rises or falls; returns its unit."""
        unit = min(self.done, key=lambda one: len(self.done[one]))
        assert len(self.done[unit]) < 4, "a third raise within a minute would be held as chattering"
        rises = len(self.done[unit]) % 2 == 0
        self.done[unit].append(RAISED if rises else CLEARED)
        self.relays.set(unit, "holding", 0, _ALARM if rises else _REST)
        return unit

    def told(self, unit: int):
        return [t.kind for t in self.feed.transitions(RULE, f"relay-{unit}") if t.kind in (RAISED, CLEARED)]

    def settle(self):
        """Ends the load; waits until the gateway keeps nothing any more, since all is confirmed."""
        self._stop.set()
        self._driver.join()
        wait_for(lambda: all(len(self.told(unit)) >= len(done) for unit, done in self.done.items()),
                 "all transitions to have been said", _PATIENCE)

        def released():
            try:
                store = self.gateway.ask(verb="status")["store"]
            except OSError:
                return False
            return store["events_pending"] == 0 and store["telemetry_pending"] <= 1
        wait_for(released, "the gateway to have let go of everything", _PATIENCE)

    def said(self):
        """(device, point, us) -> [(value, quality * 256 + reason)], of all batches that the listener has."""
        catalogues = self.feed._catalogues
        found = collections.defaultdict(list)
        with self.feed.changed:
            records = [record for record in self.feed.records.values() if record.WhichOneof("content") == "batch"]
        for record in records:
            points = {p.alias: p for part in catalogues[record.batch.catalogue_hash].values() for p in part.points}
            for sample in batches.decode(record.batch, {a: p.resolution for a, p in points.items()},
                                         {a: p.offset for a, p in points.items()}):
                if not isinstance(sample.value, str):
                    at = record.batch.start.wall_us + sample.offset_us
                    key = (points[sample.alias].device, points[sample.alias].name, at)
                    found[key].append((sample.value, sample.quality * 256 + sample.reason))
        return found

    def rows(self, db):
        """The same, by the view."""
        found = collections.defaultdict(list)
        for device, point, at, value, quality in db.query(
                "SELECT device, point.point, (extract(epoch FROM at) * 1000000)::int8, value, quality "
                "FROM governance.sample JOIN governance.point USING (gateway, number) WHERE gateway = %s", GATEWAY):
            found[(device, point, at)].append((value, quality))
        return found

    def missing_in(self, db):
        """(epoch, stream, sequence) that the listener has and the ledger has not."""
        held = db.query("SELECT epoch, stream, lower(r), upper(r) FROM governance.ledger, unnest(ranges) AS r WHERE gateway = %s",
                        GATEWAY)
        with self.feed.changed:
            heard = list(self.feed.records)
        return [one for one in heard if not any((epoch, stream) == (signed(one.epoch), one.stream) and first <= one.sequence < end
                                                for epoch, stream, first, end in held)]

    def _faults(self, db, heard_all: bool):
        said, rows = self.said(), self.rows(db)
        return {"lost": [key for key in said if key not in rows],
                "doubled": [key for key, values in rows.items() if len(values) != len(said.get(key, values[:1]))],
                "wrong": [(key, values, said.get(key)) for key, values in rows.items() if (heard_all or key in said) and
                          sorted(map(str, values)) != sorted(map(str, said.get(key, [])))]}

    def judge(self, db, heard_all: bool = True):
        """Asserts that nothing is lost or doubled; returns what was counted. :param heard_all: no broker fell: the listener
        has all that the database has"""
        wait_for(lambda: not self.missing_in(db), "all that was said to be in the ledger", _PATIENCE)
        assert not self.feed.spoiled, self.feed.spoiled
        # The gateway numbers without gaps: what it has said and nobody heard would be one.
        gaps = db.query("SELECT epoch, stream, ranges FROM governance.ledger WHERE gateway = %s AND ranges <> "
                        "int8multirange(int8range(1, upper(ranges)))", GATEWAY)
        assert gaps == []
        wait_for(lambda: db.query("SELECT count(*) FROM governance.parked") == [(0,)], "no batch to wait for its catalogue", _PATIENCE)
        # The gateway goes on reading: a sample that comes between the look at the listener and the one at the database is no
        # fault, and is with both at the next look. What is lost, doubled or wrong stays so.
        faults = {}

        def agree():
            faults.update(self._faults(db, heard_all))
            return not any(faults.values())
        try:
            wait_for(agree, "listener and database to agree", _PATIENCE)
        except AssertionError as error:
            raise AssertionError(f"{error}: { {kind: (len(found), found[:3]) for kind, found in faults.items()} }") from None
        rows = self.rows(db)
        for unit, done in self.done.items():
            kinds = [kind for kind, in db.query(
                "SELECT event.kind FROM governance.alarm_event AS event JOIN governance.alarm USING (gateway, alarm) "
                "WHERE alarm.gateway = %s AND alarm.device = %s AND alarm.rule = %s AND event.kind IN (1, 2) "
                "ORDER BY event.start, event.sequence", GATEWAY, f"relay-{unit}", RULE)]
            assert kinds == done, f"relay-{unit}: did {done}, the database has {kinds}"
        epochs = db.query("SELECT count(DISTINCT epoch) FROM governance.ledger WHERE gateway = %s", GATEWAY)[0][0]
        return {"samples": len(rows), "events": sum(map(len, self.done.values())), "runs of the gateway": epochs,
                "records": len(self.feed.records)}

    def close(self):
        self._stop.set()
