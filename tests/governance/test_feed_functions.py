"""What gengfu-ingest calls: the ledger, births, alarms, catalogues. Any order and any repetition gives the same tables."""
import datetime
import itertools
import random
import threading

import psycopg
import pytest

from support.database import (BOOT_UUID, GATEWAY, UTC, alarm, catalogue, cluster, db, empty, put_birth,  # noqa: F401
                            put_catalogue, put_transition, time)

NOW = datetime.datetime(2026, 11, 27, 12, 0, tzinfo=UTC)


def claim(db, told):
    """told: (gateway, epoch, stream, sequence)"""
    gateways, epochs, streams, sequences = zip(*told)
    return db.execute("SELECT governance.claim(%s, %s::int8[], %s::int8[], %s::int2[], %s::int8[])",
                      [list(gateways), list(epochs), [1] * len(told), list(streams), list(sequences)]).fetchone()[0]


def confirmed(db, gateway=GATEWAY):
    return db.execute("SELECT * FROM governance.confirmed(%s)", [gateway]).fetchall()


def test_a_record_is_new_once(db):
    assert claim(db, [("a", 1, 2, 1), ("a", 1, 2, 2), ("a", 1, 2, 1), ("b", 1, 2, 1), ("a", 1, 1, 1), ("a", -5, 2, 1)]) == \
        [True, True, False, True, True, True]
    assert claim(db, [("a", 1, 2, 2), ("a", 1, 2, 4), ("a", 1, 2, 3)]) == [False, True, True]
    assert claim(db, [("a", 1, 2, 9)]) == [True]
    assert confirmed(db, "a") == [(-5, 2, 1, 1), (1, 1, 1, 1), (1, 2, 1, 4), (1, 2, 9, 9)]


def test_a_claim_that_is_rolled_back_was_never_made(db):
    with pytest.raises(ZeroDivisionError), db.transaction():
        assert claim(db, [(GATEWAY, 1, 2, 1)]) == [True]
        raise ZeroDivisionError
    assert confirmed(db) == []
    assert claim(db, [(GATEWAY, 1, 2, 1)]) == [True]


def test_sequences_at_the_end_of_the_range(db):
    assert claim(db, [(GATEWAY, 1, 2, 2**63 - 2), (GATEWAY, 2**63 - 1, 2, 1), (GATEWAY, -2**63, 2, 1)]) == [True] * 3
    with pytest.raises(psycopg.errors.NumericValueOutOfRange):
        claim(db, [(GATEWAY, 1, 2, 2**63 - 1)])  # a closed range ends before the next number, and there is none


def test_two_sessions_with_the_same_redelivered_records_claim_each_once(db):
    """Batches of two instances in any order, with doubles and in wrong order: every record is claimed exactly once, and
    nobody runs into a deadlock."""
    everything = [(gateway, epoch, stream, sequence) for gateway in ("a", "b", "c") for epoch in (1, 2) for stream in (1, 2)
                  for sequence in range(1, 60)]
    won, failures = [], []

    def session(seed):
        chance = random.Random(seed)
        told = everything * 2
        chance.shuffle(told)
        try:
            with psycopg.connect(db.uri, autocommit=True) as connection:
                while told:
                    size = chance.randrange(1, 80)
                    batch, told = told[:size], told[size:]
                    with connection.transaction():
                        won.extend(record for record, fresh in zip(batch, claim(connection, batch)) if fresh)
        except psycopg.Error as error:
            failures.append(error)
    threads = [threading.Thread(target=session, args=(seed,)) for seed in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert sorted(won) == sorted(everything)
    assert confirmed(db, "b") == [(epoch, stream, 1, 59) for epoch in (1, 2) for stream in (1, 2)]


def state(db):
    return db.execute("SELECT alarm, start, revision, sequence, is_over, superseded, acknowledged, severity FROM governance.alarm "
                      "ORDER BY alarm").fetchall()


def test_the_newest_state_of_an_alarm_stays_in_any_order_of_events(db):
    events = [(alarm("7-1", 1, NOW), 1, 1, False), (alarm("7-1", 2, NOW, severity=1), 2, 5, False),
              (alarm("7-1", 3, NOW, acknowledged=True, active=False), 3, 3, True), (alarm("7-4", 1, NOW), 4, 1, False)]
    wanted = [("7-1", 1, 3, 3, True, False, True, 2), ("7-4", 1, 1, 4, False, False, False, 2)]
    for order in itertools.permutations(events):
        with db.transaction(force_rollback=True):
            for told, sequence, kind, over in [*order, order[0]]:
                put_transition(db, told, sequence, kind, over, NOW)
            assert state(db) == wanted
            assert db.execute("SELECT count(*) FROM governance.alarm_event").fetchone() == (4,)


def test_a_birth_closes_what_it_no_longer_lists_in_any_order(db):
    """Births of two starts, alarms before and after them: all interleavings end alike."""
    steps = [lambda: put_transition(db, alarm("7-1", 1, NOW), 1, at=NOW),              # ended unseen in start 1
             lambda: put_transition(db, alarm("7-2", 1, NOW), 2, at=NOW),              # stands over both
             lambda: put_transition(db, alarm("7-3", 1, NOW), 3, at=NOW),              # raised after the first birth
             lambda: put_birth(db, 1, 2, ["7-2"]),
             lambda: put_transition(db, alarm("c8-1", 1, NOW, start=2), 1, at=NOW, epoch=200),  # after the second birth
             lambda: put_birth(db, 2, 0, ["7-2", "7-3"])]
    wanted = [("7-1", True, True), ("7-2", False, False), ("7-3", False, False), ("c8-1", False, False)]
    for order in itertools.permutations(steps):
        with db.transaction(force_rollback=True):
            for step in order:
                step()
            assert db.execute("SELECT alarm, is_over, superseded FROM governance.alarm ORDER BY alarm").fetchall() == wanted


def test_an_alarm_that_a_birth_closed_stands_again_when_it_moves(db):
    put_transition(db, alarm("7-1", 1, NOW), 1, at=NOW)
    assert put_birth(db, 1, 1, []) == 1
    assert state(db)[0][4:6] == (True, True)
    put_transition(db, alarm("7-1", 2, NOW), 2, at=NOW)
    assert state(db)[0][4:6] == (False, False)


def test_an_older_birth_changes_nothing(db):
    put_birth(db, 2, 5, ["7-1"])
    put_transition(db, alarm("7-1", 1, NOW), 1, at=NOW)
    assert put_birth(db, 1, 9, []) == 0
    assert put_birth(db, 2, 4, []) == 0
    assert state(db)[0][4:6] == (False, False)


def test_a_retained_state_is_taken_and_gives_way_to_its_event(db):
    from psycopg.types.json import Jsonb
    for _ in range(2):
        db.execute("SELECT governance.put_alarm_state(%s, %s)", [GATEWAY, Jsonb(alarm("7-1", 1, NOW))])
    assert state(db) == [("7-1", 1, 1, 0, False, False, False, 2)]
    put_transition(db, alarm("7-1", 1, NOW), 4, at=NOW)
    db.execute("SELECT governance.put_alarm_state(%s, %s)", [GATEWAY, Jsonb(alarm("7-1", 1, NOW))])
    assert state(db) == [("7-1", 1, 1, 4, False, False, False, 2)]


@pytest.mark.parametrize("spoil, why", [
    ({"id": ""}, "without a usable id"),
    ({"id": "x" * 65}, "without a usable id"),
    ({"gateway": "another"}, "came under gateway"),
    ({"revision": "18446744073709551615"}, "out of range"),
    ({"severity": 99999}, "out of range"),
    ({"device": "a\x00b"}, "unsupported Unicode"),
])
def test_an_alarm_that_cannot_be_stored_is_refused_whole(db, spoil, why):
    from psycopg.types.json import Jsonb
    told = {**alarm("7-1", 1, NOW), **spoil}
    with pytest.raises(psycopg.Error, match=why):
        db.execute("SELECT governance.put_transition(%s, 7, 1, 1, false, %s, %s)", [GATEWAY, Jsonb(time(NOW)),
                                                                                  Jsonb({"kind": 1, "alarm": told})])
    assert state(db) == []
    assert db.execute("SELECT count(*) FROM governance.alarm_event").fetchone() == (0,)


def test_nothing_appears_as_1970_and_a_clock_fix_places_it(db):
    put_transition(db, alarm("7-1", 1, raised=time(None, 90_000_000)), 1, at=None)
    late = datetime.datetime(1970, 1, 2, tzinfo=UTC)
    put_transition(db, alarm("7-2", 1, late), 2, at=late)
    assert db.execute("SELECT raised_at FROM governance.alarm_now").fetchall() == [(None,), (None,)]
    zero = 1_795_780_800_000_000
    for version, wall in ((1, zero + 5_000_000), (3, zero), (2, zero + 9_000_000)):
        db.execute("SELECT governance.put_clock_fix(%s, %s, %s, %s, 1000, 7, %s)", [GATEWAY, BOOT_UUID, version, wall, 10 + version])
    placed = db.execute("SELECT raised_at FROM governance.alarm_now WHERE alarm = '7-1'").fetchone()[0]
    assert placed == datetime.datetime.fromtimestamp(zero / 1e6 + 90, UTC)
    assert db.execute("SELECT at FROM governance.alarm_history WHERE alarm = '7-1'").fetchone()[0] == \
        datetime.datetime.fromtimestamp(zero / 1e6 + 0.001, UTC)


def test_a_state_is_overtaken_by_the_last_will_and_that_by_the_next_state(db):
    from psycopg.types.json import Jsonb

    def put(**told):
        db.execute("SELECT governance.put_state(%s, '440309', '440309008012', %s)", [GATEWAY, Jsonb({"gateway": GATEWAY, **told})])

    def seen():
        return db.execute("SELECT online, events_pending, state_start FROM governance.gateway").fetchone()
    put(start="1", online=True, events_pending="5", at=time(NOW, 1000))
    put(start="1", online=True, events_pending="3", at=time(NOW, 900))   # late
    assert seen() == (True, 5, 1)
    put(start="1", online=False, at=time(NOW, 10))                       # will, written when the connection began
    assert seen() == (False, 5, 1)
    put(start="1", online=True, events_pending="2", at=time(NOW, 2000))
    assert seen() == (True, 2, 1)
    put(start="2", online=True, events_pending="1", at=time(NOW, 5))     # another boot: monotonic time begins anew
    put(start="1", online=False, at=time(NOW, 10))                       # the will of the start before
    assert seen() == (True, 1, 2)


def points(db):
    return db.execute("SELECT device, point, type, unit, present, resolution FROM governance.point "
                      "LEFT JOIN governance.number_scale USING (scale) ORDER BY device, point").fetchall()


def test_a_catalogue_counts_when_all_parts_are_there(db):
    first = catalogue([(1, "d1", "p", 0.1, 0.0)], part=0, parts=2)
    second = catalogue([(2, "d2", "p", 0.25, -40.0)], part=1, parts=2)
    assert put_catalogue(db, second) is False
    assert db.execute("SELECT * FROM governance.catalogue_points(%s, %s)", [GATEWAY, second["hash"]]).fetchall() == []
    assert put_catalogue(db, second) is False
    assert put_catalogue(db, first) is True
    assert put_catalogue(db, second) is True
    told = db.execute("SELECT alias, type, resolution, \"offset\" FROM governance.catalogue_points(%s, %s)",
                      [GATEWAY, first["hash"]]).fetchall()
    assert told == [(1, 1, 0.1, 0.0), (2, 1, 0.25, -40.0)]
    assert points(db) == [("d1", "p", 1, "mA", True, 0.1), ("d2", "p", 1, "mA", True, 0.25)]


def test_points_keep_their_number_when_a_new_card_begins_its_aliases_anew(db):
    old, new = catalogue([(1, "d", "a", 0.1, 0.0), (2, "d", "b", 0.1, 0.0)], "old"), catalogue([(1, "d", "b", 0.5, 0.0), (2, "d", "c", 0, 0)], "new")

    def names(hash_):
        return dict(db.execute("SELECT alias, point || ' ' || number FROM governance.catalogue_points(%s, %s) "
                               "JOIN governance.point USING (number) WHERE gateway = %s", [GATEWAY, hash_, GATEWAY]).fetchall())
    assert put_catalogue(db, old, start=1, sequence=1)
    assert put_catalogue(db, new, start=2, sequence=1)
    assert names("old") == {1: "a 1", 2: "b 2"}
    assert names("new") == {1: "b 2", 2: "c 3"}
    assert [row[1:] for row in points(db)] == [("a", 1, "mA", False, 0.1), ("b", 1, "mA", True, 0.5), ("c", 1, "mA", True, None)]
    history = db.execute("SELECT point, hash, alias, resolution FROM governance.point_history ORDER BY 1, start").fetchall()
    assert history == [("a", "old", 1, 0.1), ("b", "old", 2, 0.1), ("b", "new", 1, 0.5), ("c", "new", 2, 0.0)]


def test_the_catalogue_in_force_is_the_births_in_any_order(db):
    one, two = catalogue([(1, "d", "a", 0.1, 0.0)], "one"), catalogue([(2, "e", "b", 0.2, 0.0)], "two")
    steps = [lambda: put_catalogue(db, one, start=1, sequence=1), lambda: put_catalogue(db, two, start=2, sequence=1),
             lambda: put_birth(db, 1, 0, catalogue_hash="one"), lambda: put_birth(db, 2, 0, catalogue_hash="two"),
             lambda: put_birth(db, 3, 0, catalogue_hash="one")]
    for order in itertools.permutations(steps):
        with db.transaction(force_rollback=True):
            for step in order:
                step()
            assert [(row[0], row[4]) for row in points(db)] == [("d", True), ("e", False)]
            assert db.execute("SELECT device, present FROM governance.device ORDER BY 1").fetchall() == [("d", True), ("e", False)]


@pytest.mark.parametrize("change", [
    {"hash": "", "part": 0, "parts": 1}, {"hash": "h", "part": 1, "parts": 1}, {"hash": "h", "part": -1, "parts": 1},
    {"hash": "h", "part": 0, "parts": 5000}, {"hash": "h", "part": 0, "parts": 1, "points": [{"alias": 1}]},
    {"hash": "h", "part": 0, "parts": 1, "points": [{"alias": 0, "device": "d", "name": "p"}]},
    {"hash": "h", "part": 0, "parts": 1, "points": [{"alias": 1, "device": "d", "name": n} for n in "pq"]},
    {"hash": "h", "part": 0, "parts": 1, "points": "x"},
])
def test_a_catalogue_that_makes_no_sense_is_refused(db, change):
    with pytest.raises(psycopg.Error):
        put_catalogue(db, change)
    assert points(db) == []


def test_hostile_numbers_of_steps_are_kept_apart_from_compaction(db):
    steps = [5e-324, 1e308, "NaN", "Infinity", -1e-9, 0]
    assert put_catalogue(db, catalogue([(i + 1, "d", f"p{i}", step, 1e300 if i == 4 else 0.0) for i, step in enumerate(steps)]))
    assert db.execute("SELECT count(*) FROM governance.number_scale").fetchone() == (0,)
    assert db.execute("SELECT count(*) FROM governance.point WHERE scale IS NOT NULL").fetchone() == (0,)


def test_datums(db):
    """A map pin and a GPS reading of one place; the test points that are published with the formula."""
    for wgs, gcj in (((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),       # Shanghai
                     ((113.912316, 22.543847), (113.9171764808363, 22.540796131694766)),       # Shenzhen
                     ((116.377817, 39.911954), (116.38404722455657, 39.91334545536069))):      # Beijing
        told = db.execute("SELECT governance.gcj02_of(%s, %s)", wgs).fetchone()[0]
        assert told == pytest.approx(gcj, abs=1e-9)
        back = db.execute("SELECT governance.wgs84_of(%s, %s, 'gcj02')", told).fetchone()[0]
        assert back == pytest.approx(wgs, abs=1e-8)
    assert db.execute("SELECT governance.wgs84_of(2.35, 48.85, 'gcj02')").fetchone()[0] == [2.35, 48.85]
    with pytest.raises(psycopg.errors.RaiseException, match="none of wgs84"):
        db.execute("SELECT governance.wgs84_of(114, 22, 'bd09')")
