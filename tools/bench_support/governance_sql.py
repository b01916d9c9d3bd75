"""tools/bench ingest, the database's half: bytes a sample before and after compaction, one point's last day, one grid's alarms.

The samples are made in the server: a gateway with 333 points sends 1,389 messages of 100 samples an hour, a sample of each point about
every 9 seconds. Six different hours of that are copied over gateways and hours; bytes and plans do not depend on the copies being alike.
"""
import pathlib
import random
import subprocess
import sys
import time

from figures import Figure, median, percentile
from programs import ROOT, MeasureError

sys.path.append(str(ROOT / "tests/governance"))

import psycopg  # noqa: E402
from support.postgres import TemporaryPostgres  # noqa: E402

TARGETS = ("gengfu-ingest",)
_POINTS = 333
_MESSAGES = 1389  # an hour and gateway
_HOURS = 24
_ASKED = 41  # queries for a median

# Resolution 0.1 for all points but every tenth, whose values are no steps: floats of a meter.
_POINTS_SQL = f"""
INSERT INTO governance.number_scale VALUES (1, 0.1, 0);
INSERT INTO governance.gateway (gateway) SELECT format('gw-city-%%s', to_char(g, 'FM0000')) FROM generate_series(1, %(gateways)s) AS g;
INSERT INTO governance.point (gateway, number, device, point, type, scale, present)
SELECT gateway, n, 'device-' || n / 8, 'point-' || n, 1, CASE WHEN n %% 10 > 0 THEN 1 END, true
FROM governance.gateway, generate_series(1, {_POINTS}) AS n;
SELECT setseed(0.5);
CREATE TABLE template AS
SELECT t, m, (SELECT array_agg(((m - 1) * 3600000000.0 / {_MESSAGES} + (i - 1) * 20000 + floor(random() * 9000) - 1800000000)::int ORDER BY i)
              FROM generate_series(1, 100) AS i) AS offsets,
       (SELECT array_agg((1 + (m * 100 + i) %% {_POINTS})::int2 ORDER BY i) FROM generate_series(1, 100) AS i) AS points,
       (SELECT array_agg(CASE WHEN (1 + (m * 100 + i) %% {_POINTS}) %% 10 > 0 THEN floor(200 + random() * 900) * 0.1::float8
                              ELSE (random() * 100)::float4::float8 END ORDER BY i) FROM generate_series(1, 100) AS i) AS values
FROM generate_series(1, 6) AS t, generate_series(1, {_MESSAGES}) AS m;
"""
_SAMPLES_SQL = """
INSERT INTO governance.sample_recent (hour, epoch, sequence, gateway, block, quality, offsets, points, "values")
SELECT %(hour)s, 7, m, gateway, 0, 256, offsets, points, values
FROM template, (SELECT gateway, row_number() OVER (ORDER BY gateway) AS n FROM governance.gateway) AS g
WHERE t = 1 + (n + %(turn)s) %% 6 ORDER BY m, gateway
"""
_ALARMS_SQL = """
INSERT INTO governance.party (id, code, name, phone_ref)
SELECT 'party-' || n, 'ZZ' || n, '养护单位' || n, 'roster:' || n FROM generate_series(1, 200) AS n;
INSERT INTO governance.component (code, grid, community_code, street, authority, owner, maintainer)
SELECT format('4403090102%%s', to_char(n, 'FM000000')), format('440309008%%s', to_char(n %% 1000, 'FM000000')), '', '民治街道',
       'party-1', 'party-2', 'party-' || 1 + n %% 200
FROM generate_series(1, 100000) AS n;
INSERT INTO governance.alarm (gateway, alarm, start, revision, sequence, device, point, rule, device_class, severity, active, acknowledged,
    latched, uncertain, removed, is_over, title_zh, title_en, text_zh, advice_zh, component, maintainer, told_grid, grid, street,
    community_code, place, raised_at, evidence, state)
SELECT format('gw-city-%%s', to_char(n %% 3000, 'FM0000')), 'a' || n, 1, 1, n, 'device-1', 'angle', 'cover-moved', 'manhole-cover', 1 + n %% 4, true,
    n %% 3 = 0, false, false, false, n > %(standing)s, '井盖被打开', 'manhole cover opened', '倾角 23.4 度', '先围挡,勿下井,先测气体',
    component.code, '{"id": "party-3", "name": "养护单位3"}', component.grid, component.grid, component.street, '440309008012',
    '{"estate": "龙悦居", "area": "北门"}', now() - n * interval '1 second', '{"value": 23.4, "limit": 15, "unit": "deg"}', '{}'
FROM generate_series(1, %(standing)s * 3) AS n
JOIN governance.component ON component.code = format('4403090102%%s', to_char(1 + n %% 100000, 'FM000000'));
ANALYZE;
"""


def _size(db, table: str) -> int:
    """Bytes of all partitions, with indexes and what lies out of line."""
    return db.execute("SELECT sum(pg_total_relation_size(inhrelid))::int8 FROM pg_inherits WHERE inhparent = %s::regclass",
                      [f"governance.{table}"]).fetchone()[0]


def _timed(db, sql, arguments) -> list:
    """Milliseconds of each, the first (which plans and reads the catalogue) left out; rows come over the socket."""
    took = []
    for one in arguments:
        begun = time.monotonic_ns()
        db.execute(sql, one)
        took.append((time.monotonic_ns() - begun) / 1e6)
    return took[1:]


def _samples(db, gateways: int):
    chance = random.Random(1)
    db.execute("SELECT set_config('synchronous_commit', 'off', false)")  # filling is not what is measured
    first = db.execute("SELECT date_trunc('hour', now(), 'UTC') - interval '25 hours'").fetchone()[0]
    for statement in filter(str.strip, _POINTS_SQL.split(";")):
        db.execute(statement, {"gateways": gateways})
    for turn in range(_HOURS):
        hour = db.execute("SELECT %s + %s * interval '1 hour'", [first, turn]).fetchone()[0]
        db.execute(_SAMPLES_SQL, {"hour": hour, "turn": turn})
    db.execute("SELECT set_config('synchronous_commit', 'on', false)")
    samples = gateways * _HOURS * _MESSAGES * 100
    before = _size(db, "sample_recent") / samples
    begun = time.monotonic()
    db.execute("CALL governance.compact(now())")
    compaction = (time.monotonic() - begun) / samples * 1e6
    db.execute("VACUUM ANALYZE governance.sample_hour")
    there = db.execute("SELECT sum(cardinality(offsets)) FROM governance.sample_hour").fetchone()[0]
    if there != samples:
        raise MeasureError(f"{there} of {samples} samples after compaction")
    after = _size(db, "sample_hour") / samples

    # What it is compared with: the same samples as plain rows with the key that a point is read by.
    db.execute("CREATE TABLE plain AS SELECT gateway, number, at, value, quality FROM governance.sample WHERE gateway = 'gw-city-0001'")
    db.execute("ALTER TABLE plain ADD PRIMARY KEY (gateway, number, at)")
    db.execute("VACUUM ANALYZE plain")
    plain = db.execute("SELECT pg_total_relation_size('plain')::float8 / count(*) FROM plain").fetchone()[0]
    asked = [[f"gw-city-{chance.randrange(1, gateways + 1):04}", chance.randrange(1, _POINTS + 1), first, first] for _ in range(_ASKED)]
    day = _timed(db, "SELECT at, value, quality FROM governance.sample WHERE gateway = %s AND number = %s AND hour >= %s AND at >= %s", asked)
    plain_day = _timed(db, "SELECT at, value, quality FROM plain WHERE gateway = %s AND number = %s AND at >= %s AND at >= %s",
                       [["gw-city-0001", *one[1:]] for one in asked])
    return [
        Figure(f"disk before compaction, {samples / 1e6:.0f} M samples", before, "B a sample", plain, 20),
        Figure("disk after compaction", after, "B a sample", plain, 12),
        Figure("compaction, one session", compaction, "us a sample"),
        Figure(f"one point's last 24 h of {samples / 1e6:.0f} M samples, median", median(day), "ms", median(plain_day), 50),
        Figure("the same, worst of 40", max(day), "ms", max(plain_day)),
    ]


def _alarms(db, standing: int):
    for statement in filter(str.strip, _ALARMS_SQL.split(";")):
        db.execute(statement, {"standing": standing})
    grids = [[f"440309008{k * 7 % 1000:06}"] for k in range(_ASKED)]
    took = _timed(db, "SELECT * FROM governance.alarm_now WHERE grid = %s", grids)
    bare = _timed(db, "SELECT * FROM governance.alarm WHERE grid = %s AND NOT is_over", grids)
    rows = db.execute("SELECT count(*) FROM governance.alarm_now WHERE grid = %s", grids[0]).fetchone()[0]
    return [
        Figure(f"what is wrong in a grid ({rows} of {standing:,} standing), median", median(took), "ms", median(bare), 20),
        Figure("the same, 95th percentile", percentile(took, 0.95), "ms", percentile(bare, 0.95)),
    ]


def measure(programs, folder: pathlib.Path, quick: bool):
    pathlib.Path(folder).chmod(0o711)
    pathlib.Path(folder).parent.chmod(0o711)
    settings = {"shared_buffers": "2GB", "max_wal_size": "8GB", "max_parallel_workers_per_gather": "0", "checkpoint_timeout": "15min"}
    with TemporaryPostgres(folder / "pg", settings) as postgres:
        done = subprocess.run([programs.find("gengfu-ingest"), "--database", postgres.uri, "migrate"], capture_output=True, text=True,
                              check=False, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            raise MeasureError(f"gengfu-ingest migrate: {done.stderr}")
        with psycopg.connect(postgres.uri, autocommit=True) as db:
            return _samples(db, 3 if quick else 30) + _alarms(db, 10_000 if quick else 100_000)
