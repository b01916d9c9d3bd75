"""Samples through the view are the samples that came, value by value, before and after compaction, whatever else goes on."""
import datetime
import math
import random
import struct
import threading

import psycopg
import pytest

from support.database import (BOOT_UUID, GATEWAY, ROOT, UTC, all_samples, catalogue, cluster, db, empty, ingest,  # noqa: F401
                            put_catalogue, put_samples)

HOUR = datetime.datetime(2026, 11, 27, 8, 0, tzinfo=UTC)
NOW = HOUR + datetime.timedelta(hours=4, minutes=30)
US = datetime.timedelta(microseconds=1)
DAY = datetime.timedelta(days=1)


def maintain(db, now=NOW):
    db.execute("CALL governance.maintain(%s)", [now])


def counts(db):
    return tuple(db.execute(f"SELECT count(*) FROM governance.{table}").fetchone()[0] for table in ("sample_recent", "sample_hour"))


def coding(db):
    """Which array of each point's hour is filled."""
    return dict(db.execute("SELECT number, CASE WHEN small IS NOT NULL THEN 'small' WHEN steps IS NOT NULL THEN 'steps' "
                           "WHEN singles IS NOT NULL THEN 'singles' ELSE 'exacts' END FROM governance.sample_hour").fetchall())


def ordered(samples):
    return sorted(samples, key=lambda s: (s[0], s[1], s[3], math.inf if s[2] is None else s[2]))


def test_every_microsecond_of_an_hour_has_a_place(db):
    told = [(1, HOUR, 1.0, 256), (1, HOUR + US, 2.0, 256), (1, HOUR + datetime.timedelta(hours=1) - US, 3.0, 256),
            (1, HOUR + datetime.timedelta(hours=1), 4.0, 256)]
    put_samples(db, told)
    assert all_samples(db) == told
    maintain(db)
    assert counts(db) == (0, 2)
    assert all_samples(db) == told


def test_each_kind_of_value_is_stored_as_short_as_it_stays_exact(db):
    put_catalogue(db, catalogue([(n, "d", f"p{n}", 0.1 if n < 7 else 0, -40.0 if n == 3 else 0.0) for n in range(1, 10)]))
    values = {1: [*(k * 0.1 for k in (0, 1, 3, 32767, -32768)), None],   # two bytes
              2: [k * 0.1 for k in range(32760, 32775)],                  # four bytes
              3: [k * 0.1 + -40.0 for k in (1, 399, 7)],                  # with an offset
              4: [0.1, math.pi],                                          # no step
              5: [0.1, math.nan], 6: [1e300, -1e300, 1e-300, math.inf, 5e-324],
              7: [0.5, 1024.25, struct.unpack("f", struct.pack("f", 0.1))[0]], 8: [None, None], 9: [1e15, 2.0**53 + 2]}
    told = [(number, HOUR + i * 1_000_003 * US, value, 769 if value is None else 256)
            for number, some in values.items() for i, value in enumerate(some)]
    put_samples(db, told)
    maintain(db)
    assert coding(db) == {1: "small", 2: "steps", 3: "small", 4: "exacts", 5: "exacts", 6: "exacts", 7: "singles", 8: "small", 9: "exacts"}

    def same(a, b):
        return a[:2] == b[:2] and a[3] == b[3] and (a[2] == b[2] or (a[2] is not None and b[2] is not None and a[2] != a[2] and b[2] != b[2]))
    shown = all_samples(db)
    assert len(shown) == len(told)
    assert all(same(a, b) for a, b in zip(shown, ordered(told))), [pair for pair in zip(shown, ordered(told)) if not same(*pair)]


def test_any_samples_come_back_exactly(db):
    """Random points, qualities, times, values and batches, with points beyond the first block; compacted in between, so that
    late samples meet hours that are compacted already."""
    chance = random.Random(20261127)
    put_catalogue(db, catalogue([(n, "d", f"p{n}", chance.choice([0.1, 0.25, 1, 0]), chance.choice([0.0, -40.0])) for n in range(1, 12)]))
    resolution = dict(db.execute("SELECT number, resolution FROM governance.point LEFT JOIN governance.number_scale USING (scale)").fetchall())
    told = []
    for turn in range(6):
        batch = []
        for _ in range(300):
            number = chance.choice([*range(1, 12), 32767, 32768, 70000])
            step = resolution.get(number) or 0.3
            value = chance.choice([chance.randrange(-40000, 40000) * step, chance.uniform(-1e6, 1e6), None, float(chance.randrange(9))])
            batch.append((number, HOUR - DAY * chance.choice([0, 0, 0, 3]) + chance.randrange(3 * 3600 * 10**6) * US, value,
                          chance.choice([256, 256, 256, 512, 769, 773])))
        put_samples(db, batch, sequence=turn + 1)
        told += batch
        if turn % 2:
            maintain(db)
        assert all_samples(db) == ordered(told)
    maintain(db)
    assert counts(db)[0] == 0
    assert all_samples(db) == ordered(told)
    maintain(db)
    assert all_samples(db) == ordered(told)


def test_the_hour_that_goes_on_is_left_alone(db):
    put_samples(db, [(1, NOW, 1.0, 256), (1, NOW - datetime.timedelta(hours=1), 1.0, 256)])
    maintain(db)
    assert counts(db) == (1, 1)
    maintain(db, NOW + datetime.timedelta(minutes=44))
    assert counts(db) == (1, 1), "an hour waits a quarter of an hour for what comes late"
    maintain(db, NOW + datetime.timedelta(minutes=45))
    assert counts(db) == (0, 2)


def test_maintenance_beside_ingestion_and_beside_itself_loses_and_doubles_nothing(db):
    """Two ingest sessions write into the hours that two maintenance sessions compact."""
    told, failures, stop = [], [], threading.Event()
    lock = threading.Lock()

    def write(seed):
        chance = random.Random(seed)
        try:
            with psycopg.connect(db.uri, autocommit=True) as connection:
                for sequence in range(60):
                    batch = [(chance.randrange(1, 6), HOUR + chance.randrange(2 * 3600 * 10**6) * US, float(seed * 1000 + sequence), 256)
                             for _ in range(20)]
                    put_samples(connection, batch, gateway=GATEWAY, epoch=seed, sequence=sequence)
                    with lock:
                        told.extend(batch)
        except psycopg.Error as error:
            failures.append(error)

    def care():
        try:
            with psycopg.connect(db.uri, autocommit=True) as connection:
                while not stop.is_set():
                    maintain(connection)
        except psycopg.Error as error:
            failures.append(error)
    writers = [threading.Thread(target=write, args=(seed,)) for seed in (1, 2)]
    carers = [threading.Thread(target=care) for _ in range(2)]
    for thread in (*writers, *carers):
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    for thread in carers:
        thread.join()
    assert failures == []
    maintain(db)
    assert counts(db)[0] == 0
    assert all_samples(db) == ordered(told)


def test_a_compaction_that_is_killed_has_happened_or_not(cluster, db):
    told = [(number, HOUR + i * US * 1000, float(i), 256) for number in range(1, 40) for i in range(200)]
    put_samples(db, told)
    before = all_samples(db)
    other = psycopg.connect(db.uri)
    other.execute("SELECT governance.compact_hour(%s, %s)", [HOUR, [GATEWAY]])
    cluster.kill9()
    cluster.start()
    with psycopg.connect(db.uri, autocommit=True) as again:
        assert all_samples(again) == before
        maintain(again)
        assert counts(again)[0] == 0
        assert all_samples(again) == before


def test_samples_without_a_clock_stand_apart_until_it_is_known(db):
    put_catalogue(db, catalogue([(1, "d", "p", 0.1, 0.0)]))
    db.execute("INSERT INTO governance.sample_clockless (epoch, sequence, boot, monotonic_us, gateway, block, quality, offsets, points, \"values\") "
               "VALUES (7, 1, %s, 60000000, %s, 0, 256, '{0,500000}', '{1,1}', '{1.5,2.5}')", [BOOT_UUID, GATEWAY])
    assert all_samples(db) == []
    assert db.execute("SELECT number, monotonic_us, value FROM governance.sample_unplaced").fetchall() == [(1, 60000000, 1.5), (1, 60500000, 2.5)]
    maintain(db)
    zero = int(HOUR.timestamp()) * 10**6
    for version, off in ((2, 7_000_000), (1, 0), (3, 11)):
        db.execute("SELECT governance.put_clock_fix(%s, %s, %s, %s, 1000, 7, %s)", [GATEWAY, BOOT_UUID, version, zero + off, version])
        highest = {2: 7_000_000, 1: 7_000_000, 3: 11}[version]
        placed = HOUR + (60_000_000 + highest) * US
        assert all_samples(db) == [(1, placed, 1.5, 256), (1, placed + 500000 * US, 2.5, 256)]
        assert db.execute("SELECT at FROM governance.samples(%s, 'd', 'p', %s, %s)", [GATEWAY, HOUR, HOUR + DAY]).fetchall() == \
            [(placed,), (placed + 500000 * US,)]
    assert db.execute("SELECT count(*) FROM governance.sample_unplaced").fetchone() == (0,)


def partitions(db, table):
    return [row[0] for row in db.execute("SELECT relname::text FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid "
                                         "WHERE inhparent = %s::regclass ORDER BY 1", [f"governance.{table}"]).fetchall()]


def test_partitions_are_made_ahead_and_take_what_came_before_them(db):
    ahead = HOUR + 40 * DAY
    late = HOUR - 5 * DAY
    told = [(1, late, 1.0, 256), (1, HOUR, 2.0, 256), (1, ahead, 3.0, 256)]
    put_samples(db, told)
    maintain(db, ahead - 20 * DAY)
    assert all_samples(db) == told
    db.execute("SELECT governance.make_partitions(%s)", [ahead])
    names = partitions(db, "sample_recent")
    assert f"sample_recent_{ahead:%Y%m%d}" in names and f"sample_recent_{ahead + 7 * DAY:%Y%m%d}" in names
    assert db.execute(f"SELECT count(*) FROM governance.sample_recent_{ahead:%Y%m%d}").fetchone() == (1,)
    assert all_samples(db) == told
    assert db.execute("SELECT governance.make_partitions(%s)", [ahead]).fetchone() == (0,)


def test_retention_drops_whole_days_and_deletes_the_rest(db):
    old, young = NOW - 31 * DAY, NOW - 29 * DAY
    db.execute("SELECT governance.make_partitions(%s)", [old])
    strange = datetime.datetime(2020, 5, 1, tzinfo=UTC)
    put_samples(db, [(1, old, 1.0, 256), (1, strange, 1.0, 256), (1, young, 2.0, 256)])
    db.execute("INSERT INTO governance.sample_text (epoch, sequence, received_at, boot, monotonic_us, gateway, number, quality, value) "
               "SELECT 1, 1, at, %s, 0, %s, 1, 256, '' FROM unnest(%s::timestamptz[]) AS at", [BOOT_UUID, GATEWAY, [old, young]])
    db.execute("INSERT INTO governance.parked (gateway, epoch, sequence, start, hash, received_at, payload) VALUES (%s, 1, 1, 1, 'h', %s, 'x')",
               [GATEWAY, old])
    assert f"sample_recent_{old:%Y%m%d}" in partitions(db, "sample_recent")
    maintain(db)
    assert f"sample_recent_{old:%Y%m%d}" not in partitions(db, "sample_recent")
    assert [row[1] for row in all_samples(db)] == [young]
    assert db.execute("SELECT count(*) FROM governance.sample_text").fetchone() == (1,)
    assert db.execute("SELECT reason FROM governance.quarantine").fetchall() == [("its catalogue h never came",)]
    assert db.execute("SELECT count(*) FROM governance.parked").fetchone() == (0,)
    db.execute("UPDATE governance.setting SET value = '28 days' WHERE name = 'samples_kept'")
    maintain(db)
    assert all_samples(db) == []


def test_the_room_of_compacted_days_is_given_back(db):
    yesterday = NOW - DAY
    db.execute("SELECT governance.make_partitions(%s)", [yesterday])
    for sequence in range(20):
        put_samples(db, [(n, yesterday + n * US, 1.0, 256) for n in range(1, 200)], sequence=sequence)
    name = f"governance.sample_recent_{yesterday:%Y%m%d}"
    assert db.execute("SELECT pg_relation_size(%s)", [name]).fetchone()[0] > 0
    maintain(db)
    assert db.execute("SELECT pg_relation_size(%s)", [name]).fetchone() == (0,)
    assert len(all_samples(db)) == 20 * 199


def test_points_are_read_by_name_at_any_resolution(db):
    put_catalogue(db, catalogue([(1, "d", "p", 0.1, 0.0), (2, "d", "q", 0.1, 0.0)]))
    minute = datetime.timedelta(minutes=1)
    told = [(1, HOUR + k * 20 * US * 10**6, float(k), 256) for k in range(400)] + [(1, HOUR + minute / 2, None, 769), (2, HOUR, 9.0, 256)]
    put_samples(db, told)
    for turn in range(2):
        raw = db.execute("SELECT * FROM governance.samples(%s, 'd', 'p', %s, %s)", [GATEWAY, HOUR, HOUR + 2 * minute]).fetchall()
        assert [(row[1], row[2], row[3]) for row in raw] == [(0, "good", ""), (1, "good", ""), (None, "bad", "timeout"), (2, "good", ""),
                                                             (3, "good", ""), (4, "good", ""), (5, "good", "")]
        by = db.execute("SELECT * FROM governance.samples_by(%s, 'd', 'p', %s, %s, '1 minute')", [GATEWAY, HOUR, HOUR + 2 * minute]).fetchall()
        assert by == [(HOUR, 0, 1, 2, 2, 4, 3), (HOUR + minute, 3, 4, 5, 5, 3, 3)]
        hours = db.execute("SELECT at, lowest, highest, samples FROM governance.samples_by(%s, 'd', 'p', %s, %s, '1 hour')",
                           [GATEWAY, HOUR, HOUR + DAY]).fetchall()
        assert hours == [(HOUR, 0, 179, 181), (HOUR + 60 * minute, 180, 359, 180), (HOUR + 120 * minute, 360, 399, 40)]
        maintain(db)
    with pytest.raises(psycopg.errors.RaiseException, match='gateway "gw-test-01" has no point "x" of a device "d"'):
        db.execute("SELECT * FROM governance.samples(%s, 'd', 'x', %s, %s)", [GATEWAY, HOUR, NOW])


def test_partitions_may_be_left_to_an_extension(empty):
    """The recipe of docs/scale.md, with plain tables in the place of hypertables."""
    ingest(empty, "migrate", "up", "--to", "1")
    with psycopg.connect(empty, autocommit=True) as db:
        page = (ROOT / "docs/scale.md").read_text(encoding="utf-8")
        recipe = page.split("## TimescaleDB")[1].split("```sql")[1].split("```")[0]
        for statement in filter(str.strip, recipe.split(";")):
            if "timescaledb" not in statement and "create_hypertable" not in statement:
                db.execute(statement)
        ingest(empty, "migrate", "up")
        told = [(1, NOW - 40 * DAY, 1.0, 256), (1, HOUR, 2.0, 256), (2, HOUR + US, None, 769)]
        put_samples(db, told)
        assert all_samples(db) == told
        maintain(db)
        assert counts(db) == (0, 2)
        assert all_samples(db) == told[1:]
        assert partitions(db, "sample_recent") == []
