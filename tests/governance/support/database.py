"""A database with the schema in it, by the program itself; and records as gengfu-ingest hands them to its functions."""
import contextlib
import datetime
import itertools
import os
import pathlib
import shutil
import subprocess
import tempfile

import psycopg
import pytest
from psycopg.types.json import Jsonb

from support.postgres import TemporaryPostgres

ROOT = pathlib.Path(__file__).resolve().parents[3]
UTC = datetime.timezone.utc
BOOT = {"boot_id_high": "1", "boot_id_low": "2"}
BOOT_UUID = "00000000-0000-0001-0000-000000000002"
GATEWAY = "gw-test-01"
_number = itertools.count(1)


def program() -> str:
    folder = pathlib.Path(os.environ.get("GENGFU_BIN", ROOT / "build/dev/bin"))
    return str(folder / "gengfu-ingest")


def ingest(uri, *arguments, expect=0):
    """Runs the program; the whole of what it said."""
    done = subprocess.run([program(), "--database", uri, *map(str, arguments)], capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL, timeout=120)
    assert done.returncode == expect, f"exit status {done.returncode}: {done.stdout}{done.stderr}"
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def cluster():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="gengfu-pg-", dir="/tmp"))
    with TemporaryPostgres(folder) as postgres:
        ingest(postgres.create("migrated"), "migrate")
        postgres.create("work", template="migrated")
        yield postgres
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def empty(cluster):
    """URI of a database without anything."""
    return cluster.create(f"test{next(_number)}")


@pytest.fixture
def fresh(cluster):
    """A connection to a new database with the schema, for tests that change the schema itself."""
    with _connected(cluster.create(f"test{next(_number)}", template="migrated")) as connection:
        yield connection


@pytest.fixture
def db(cluster):
    """A connection to a database with the schema and without data; each statement commits by itself. The same database for
    all tests of a module: making one takes hundreds of files, and as many fsyncs."""
    with _connected(cluster.uri_of("work")) as connection:
        connection.execute(_EMPTIED)
        yield connection


@contextlib.contextmanager
def _connected(uri):
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.uri = uri
        yield connection


_EMPTIED = """
DO $$
DECLARE
    name regclass;
BEGIN
    SET session_replication_role = replica;  -- in any order
    FOR name IN SELECT oid::regclass FROM pg_class WHERE relnamespace = 'governance'::regnamespace
        AND relkind IN ('r', 'p') AND NOT relispartition AND relname NOT IN ('migration', 'component_class', 'setting')
    LOOP
        EXECUTE format('DELETE FROM %s', name);
    END LOOP;
    SET session_replication_role = DEFAULT;
    UPDATE governance.setting SET value = '30 days' WHERE setting.name = 'samples_kept';
END $$"""


def wall(moment: datetime.datetime) -> int:
    """Microseconds since 1970."""
    return (moment - datetime.datetime(1970, 1, 1, tzinfo=UTC)) // datetime.timedelta(microseconds=1)


def time(moment=None, monotonic_us: int = 0) -> dict:
    """A Time of the feed; without `moment` by a gateway that does not know it."""
    told = {**BOOT, "monotonic_us": str(monotonic_us)}
    return {**told, "wall_us": str(wall(moment))} if moment else told


def alarm(identity: str, revision: int, at=None, start: int = 1, **more) -> dict:
    told = {"id": identity, "gateway": GATEWAY, "start": str(start), "revision": str(revision), "active": True, "severity": 2,
            "device": "manhole-017", "point": "angle", "rule": "cover-moved", "device_class": "manhole-cover",
            "title": {"zh": "井盖被打开", "en": "manhole cover opened"}, "raised": time(at, revision * 1000),
            "component": {"code": "4403090102000017", "maintainer": {"id": "drainage-3", "name": "gateway's name"},
                          "place": {"grid": "440309008012003", "community_code": "440309008012", "street": "民治街道"}}}
    return {**told, **more}


def put_transition(db, told: dict, sequence: int, kind: int = 1, over=False, at=None, epoch: int = 7, actor=None):
    transition = {"kind": kind, "alarm": told, **({"over": True} if over else {}), **({"actor": actor} if actor else {})}
    db.execute("SELECT governance.put_transition(%s, %s, %s, %s, false, %s, %s)",
               [told["gateway"], epoch, int(told["start"]), sequence, Jsonb(time(at, sequence * 1000)), Jsonb(transition)])


def put_birth(db, start: int, as_of: int, standing=(), gateway: str = GATEWAY, **more) -> int:
    told = {"gateway": gateway, "epoch": str(start * 100), "start": str(start), "as_of_sequence": str(as_of),
            "standing_alarms": list(standing), **more}
    return db.execute("SELECT governance.put_birth(%s, '440309', '440309008012', %s)", [gateway, Jsonb(told)]).fetchone()[0]


def catalogue(points, hash_: str = "0123456789abcdef", part: int = 0, parts: int = 1, **device) -> dict:
    """A CatalogueChange with the points (alias, device, name, resolution, offset)."""
    devices = [{"name": name, "device_class": "manhole-cover", **device} for name in sorted({p[1] for p in points})]
    return {"hash": hash_, "part": part, "parts": parts, "devices": devices,
            "points": [{"alias": alias, "device": device, "name": name, "type": 1, "unit": "mA", "role": "residual_current",
                        "resolution": resolution, "offset": offset} for alias, device, name, resolution, offset in points]}


def put_catalogue(db, change: dict, gateway: str = GATEWAY, start: int = 0, sequence: int = 0) -> bool:
    return db.execute("SELECT governance.put_catalogue_part(%s, %s, %s, %s)", [gateway, start, sequence, Jsonb(change)]).fetchone()[0]


def put_samples(db, samples, gateway: str = GATEWAY, epoch: int = 7, sequence: int = 1):
    """Samples (number, time, value, quality) of one message into sample_recent, as the service groups them."""
    rows = {}
    for number, moment, value, quality in samples:
        hour = moment.replace(minute=0, second=0, microsecond=0)
        row = rows.setdefault((hour, number >> 15, quality), ([], [], []))
        row[0].append((moment - hour - datetime.timedelta(minutes=30)) // datetime.timedelta(microseconds=1))
        row[1].append(number & 32767)
        row[2].append(value)
    for (hour, block, quality), (offsets, points, values) in rows.items():
        db.execute('INSERT INTO governance.sample_recent (hour, epoch, sequence, gateway, block, quality, offsets, points, "values") '
                   "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
                   [hour, epoch, sequence, gateway, block, quality, offsets, points, values])


def all_samples(db, number=None, gateway: str = GATEWAY):
    """(number, time, value, quality) of all that the view shows, in order."""
    rows = db.execute("SELECT number, at, value, quality FROM governance.sample WHERE gateway = %s AND "
                      "(%s::int IS NULL OR number = %s) ORDER BY number, at, quality, value", [gateway, number, number]).fetchall()
    return [(n, at.astimezone(UTC), value, quality) for n, at, value, quality in rows]
