"""What people ask the database: the views and functions of docs/governance.md, and the queries that it shows."""
import datetime
import re

import psycopg
import pytest
from psycopg.types.json import Jsonb

from support.database import (GATEWAY, ROOT, UTC, alarm, catalogue, cluster, db, empty, ingest, put_birth, put_catalogue,  # noqa: F401
                            put_samples, put_transition, time)

NOW = datetime.datetime.now(UTC).replace(microsecond=0)
MINUTE = datetime.timedelta(minutes=1)
CODE = "4403090102000017"


def register(db, code=CODE, **more):
    columns = {"code": code, "grid": "440309008012003", "street": "民治街道", **more}
    names = ", ".join(columns)
    db.execute(f"INSERT INTO governance.component ({names}) VALUES ({', '.join(['%s'] * len(columns))})", list(columns.values()))


def parties(db):
    db.execute("INSERT INTO governance.party (id, code, name, phone_ref) VALUES ('drainage-3', 'ZZ0312', '龙华排水三队', 'roster:drainage-3'), "
               "('drainage-4', 'ZZ0313', '龙华排水四队', ''), ('water-bureau', 'ZZ0001', '水务局', ''), ('longhua-water', 'ZZ0201', '龙华水务', '')")


def now(db, columns, where="true", *arguments):
    return db.execute(f"SELECT {columns} FROM governance.alarm_now WHERE {where} ORDER BY alarm", arguments).fetchall()


def test_an_alarm_shows_where_it_is_and_whose_and_the_registry_wins(db):
    parties(db)
    put_transition(db, alarm("7-1", 1, NOW), 1, at=NOW)
    assert now(db, "severity, title_zh, class_zh, grid, maintainer, maintainer_phone_ref, registered, told, raised_at") == \
        [("major", "井盖被打开", "污水井盖", "440309008012003", "龙华排水三队", "roster:drainage-3", False, 0, NOW)]
    register(db, grid="440309008012007", maintainer="drainage-4", owner="longhua-water", authority="water-bureau",
             longitude=114.03, latitude=22.6, told_longitude=114.03, told_latitude=22.6, told_datum="wgs84", landmark="北门岗亭旁")
    assert db.execute("SELECT governance.place_alarms()").fetchone() == (1,)
    assert now(db, "grid, authority, owner, maintainer, registered, longitude, landmark") == \
        [("440309008012007", "水务局", "龙华水务", "龙华排水四队", True, 114.03, "北门岗亭旁")]
    put_transition(db, alarm("7-1", 2, NOW), 2, at=NOW)
    put_transition(db, alarm("7-3", 1, NOW), 3, at=NOW)
    assert now(db, "alarm", "grid = '440309008012007'") == [("7-1",), ("7-3",)]
    assert now(db, "alarm", "class = '0102' AND street = '民治街道'") == [("7-1",), ("7-3",)]
    assert now(db, "alarm", "grid = '440309008012003'") == []


def test_what_is_over_is_not_wrong_now(db):
    put_transition(db, alarm("7-1", 1, NOW), 1, at=NOW)
    put_transition(db, alarm("7-1", 2, NOW, active=False), 2, 2, at=NOW)
    assert now(db, "alarm, active") == [("7-1", False)], "cleared, but nobody has taken note"
    put_transition(db, alarm("7-1", 3, NOW, active=False, acknowledged=True), 3, 3, over=True, at=NOW)
    assert now(db, "alarm") == []


def test_who_has_been_told(db):
    put_transition(db, alarm("7-1", 1, NOW), 1, at=NOW)
    db.execute("INSERT INTO governance.dispatch (gateway, alarm, number, person, channel, told_at, seen_at, acknowledged_at) VALUES "
               "(%s, '7-1', 1, '王', 'page', %s, NULL, NULL), (%s, '7-1', 2, '李', 'page', %s, %s, %s)",
               [GATEWAY, NOW, GATEWAY, NOW + MINUTE, NOW + 2 * MINUTE, NOW + 2 * MINUTE])
    assert now(db, "told, told_last, seen, taken_by") == [(2, NOW + MINUTE, 1, "李")]


def test_history_and_response_times_by_maintainer(db):
    parties(db)
    register(db, maintainer="drainage-4")
    wang = {"kind": "platform", "name": "roster", "on_behalf_of": "王", "reason": "on my way"}
    put_transition(db, alarm("7-1", 1, NOW), 1, at=NOW)
    put_transition(db, alarm("7-1", 2, NOW, acknowledged=True), 2, 3, at=NOW + 3 * MINUTE, actor=wang)
    put_transition(db, alarm("7-1", 3, NOW, acknowledged=True, active=False), 3, 2, over=True, at=NOW + 20 * MINUTE)
    put_transition(db, alarm("7-4", 1, NOW), 4, at=NOW + 30 * MINUTE)
    put_transition(db, alarm("7-4", 2, NOW, active=False), 5, 2, at=NOW + 31 * MINUTE)
    put_transition(db, alarm("7-4", 3, NOW), 6, 1, at=NOW + 40 * MINUTE)
    put_transition(db, alarm("7-4", 4, NOW, acknowledged=True), 7, 3, at=NOW + 45 * MINUTE)
    history = db.execute("SELECT what, at, on_behalf_of, why FROM governance.alarm_history WHERE alarm = '7-1' ORDER BY start, revision").fetchall()
    assert history == [("raised", NOW, "", ""), ("acknowledged", NOW + 3 * MINUTE, "王", "on my way"), ("cleared", NOW + 20 * MINUTE, "", "")]
    response = db.execute("SELECT alarm, raised_at, until_acknowledged, until_cleared FROM governance.alarm_response ORDER BY 2").fetchall()
    assert response == [("7-1", NOW, 3 * MINUTE, 20 * MINUTE), ("7-4", NOW + 30 * MINUTE, None, MINUTE), ("7-4", NOW + 40 * MINUTE, 5 * MINUTE, None)]
    by = db.execute("SELECT * FROM governance.response_by_maintainer(%s, %s)", [NOW, NOW + 60 * MINUTE]).fetchall()
    assert by == [("drainage-4", "龙华排水四队", 3, 2, 3 * MINUTE, 5 * MINUTE, 5 * MINUTE, MINUTE, 1)]


def test_last_value_and_quality_of_every_point_of_a_component(db):
    told = catalogue([(1, "d", "angle", 0.1, 0.0), (2, "d", "state", 1, 0.0), (3, "d", "name", 0, 0.0), (4, "e", "other", 0, 0.0), (5, "d", "new", 0, 0)])
    told["points"][1]["enumeration"] = {"0": "closed", "1": "open"}
    told["points"][2]["type"] = 3
    told["points"][3]["component"] = {"code": "4403090101000044"}
    for device in told["devices"]:
        device["component"] = {"code": CODE}
    put_catalogue(db, told)
    put_samples(db, [(1, NOW - 2 * MINUTE, 1.5, 256), (1, NOW - MINUTE, None, 769), (2, NOW - 100 * MINUTE, 1.0, 256)])
    db.execute("INSERT INTO governance.sample_text (epoch, sequence, at, boot, monotonic_us, gateway, number, quality, value) "
               "VALUES (7, 1, %s, gen_random_uuid(), 0, %s, 3, 256, 'v2')", [NOW, GATEWAY])
    wanted = [("angle", NOW - MINUTE, None, "", "bad", "timeout"), ("name", NOW, None, "v2", "good", ""),
              ("new", None, None, "", "unspecified", ""), ("state", NOW - 100 * MINUTE, 1.0, "open", "good", "")]
    for turn in range(2):
        rows = db.execute("SELECT point, at, value, word, quality, reason FROM governance.component_now(%s)", [CODE]).fetchall()
        assert rows == wanted
        db.execute("CALL governance.compact(%s)", [NOW + 60 * MINUTE])
    assert db.execute("SELECT point FROM governance.component_now('4403090101000044')").fetchall() == [("other",)]
    assert db.execute("SELECT count(*) FROM governance.component_now('')").fetchone() == (0,)


def trouble(db):
    return dict(db.execute("SELECT gateway, what FROM governance.gateway_trouble").fetchall())


def test_gateways_that_are_silent_or_behind(db):
    def state(gateway, **told):
        db.execute("SELECT governance.put_state(%s, '440309', '440309008012', %s)",
                   [gateway, Jsonb({"start": "1", "online": True, "clock_known": True, "at": time(NOW, 5), **told})])
        put_birth(db, 1, 0, gateway=gateway)
    for gateway in ("good", "silent"):
        state(gateway)
    state("behind", telemetry_pending="1001")
    state("off", online=False)
    state("clockless", clock_known=False, records_abandoned="2")
    db.execute("SELECT governance.put_birth('catalogueless', '', '', %s)", [Jsonb({"start": "1", "catalogue_hash": "h"})])
    db.execute("INSERT INTO governance.quarantine (gateway, topic, reason, payload) VALUES ('good', 't', 'r', 'x')")
    db.execute("DELETE FROM governance.quarantine")
    db.execute("UPDATE governance.gateway SET last_heard_at = now() - interval '2 minutes' WHERE gateway = 'silent'")
    assert trouble(db) == {"silent": "silent", "behind": "behind", "off": "offline", "clockless": "clock unknown, has abandoned records",
                           "catalogueless": "catalogue missing"}
    db.execute("SELECT governance.heard('{silent,stranger}')")
    assert trouble(db)["stranger"] == "no birth" and "silent" not in trouble(db)


def test_where_gateway_and_registry_differ(db):
    parties(db)
    register(db, maintainer="drainage-4", owner="longhua-water", longitude=114.03, latitude=22.6, told_longitude=114.03,
             told_latitude=22.6, told_datum="wgs84")
    told = catalogue([(1, "d", "p", 0, 0), (2, "e", "p", 0, 0)])
    told["devices"][0]["component"] = {"code": CODE, "maintainer": {"id": "drainage-3"}, "owner": {"id": "longhua-water"},
                                       "location": {"longitude": 114.031, "latitude": 22.6, "datum": 1}, "place": {"grid": "440309008012009"}}
    told["devices"][1]["component"] = {"code": "4403090102999999"}
    told["parties"] = [{"id": "drainage-3", "code": "ZZ0312", "name": "another name"}, {"id": "nobody"}]
    put_catalogue(db, told)
    rows = db.execute("SELECT device, what, gateway_says, registry_says FROM governance.registry_difference ORDER BY 1, 2").fetchall()
    assert rows == [("", "party drainage-3: name", "another name", "龙华排水三队"), ("", "party nobody: id", "nobody", "not registered"),
                    ("d", "grid", "440309008012009", "440309008012003"), ("d", "location", "114.031000 22.600000", "114.030000 22.600000"),
                    ("d", "maintainer", "drainage-3", "drainage-4"), ("e", "component", "4403090102999999", "not registered")]


def test_figures_by_community(db):
    for k in range(12):
        put_transition(db, alarm(f"7-{k}", 1, NOW, severity=1 if k else 4, device=f"d{k % 3}"), k + 1, at=NOW + k * MINUTE / 4)
    put_transition(db, alarm("7-20", 1, NOW, acknowledged=True), 20, at=NOW + 30 * MINUTE)
    row = db.execute("SELECT * FROM governance.eemua(%s, %s)", [NOW, NOW + 60 * MINUTE]).fetchall()
    assert row == [("440309008012", "", 13, 13 * 24.0, pytest.approx(13 / 6), 12, pytest.approx(100 / 6), 100.0, 11, 1, 0, 1, 13, 0, 12)]


def test_components_near_a_place_are_the_same_with_and_without_postgis(db):
    for k in range(50):
        register(db, f"44030901020001{k:02}", longitude=114.03 + k * 1e-4, latitude=22.6 + (k % 7) * 1e-4, told_longitude=0, told_latitude=0,
                 told_datum="wgs84")
    def near():
        return db.execute("SELECT * FROM governance.near(114.0312, 22.6003, 120)").fetchall()
    assert db.execute("SELECT governance.use_postgis()").fetchone() == (False,)
    sphere = near()
    assert 10 < len(sphere) < 50
    db.execute("CREATE EXTENSION postgis")
    try:
        assert db.execute("SELECT governance.use_postgis(), governance.use_postgis()").fetchone() == (True, True)
        ellipsoid = near()
        plan = db.execute("EXPLAIN SELECT code FROM governance.component WHERE longitude IS NOT NULL AND st_dwithin(st_setsrid("
                          "st_makepoint(longitude, latitude), 4326)::geography, st_setsrid(st_makepoint(114.03, 22.6), 4326)::geography, 120)")
        assert "component_geography" in str(plan.fetchall())
    finally:
        db.execute("DROP EXTENSION postgis CASCADE")
    assert dict(sphere).keys() ^ dict(ellipsoid).keys() <= {code for code, away in sphere + ellipsoid if abs(away - 120) < 1}
    for code, away in ellipsoid:
        assert dict(sphere).get(code, away) == pytest.approx(away, rel=0.006)
    assert near() == sphere


def test_every_query_of_the_document_runs(db):
    page = (ROOT / "docs/governance.md").read_text(encoding="utf-8")
    queries = re.findall(r"```sql\n(.*?)```", page, re.DOTALL)
    assert len(queries) >= 9
    put_catalogue(db, catalogue([(1, "manhole-017", "angle", 0.1, 0.0)]), gateway="gw-north-01")
    for query in queries:
        for statement in filter(None, (part.strip() for part in query.split(";"))):
            try:
                db.execute(statement)
            except psycopg.Error as error:
                pytest.fail(f"{statement}\n{error}")
    functions = [row[0] for row in db.execute("SELECT relname FROM pg_class WHERE relnamespace = 'governance'::regnamespace "
                                              "AND relkind IN ('r', 'p', 'v') AND NOT relispartition AND relname NOT LIKE '%\\_default'")]
    assert [name for name in functions if f"`{name}`" not in page] == [], "tables and views that the page does not name"
