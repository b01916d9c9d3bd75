"""The schema goes up and down with data in place, once even when two try, and refuses what is not its own."""
import datetime
import re
import subprocess

import psycopg

from support.database import GATEWAY, ROOT, UTC, alarm, cluster, empty, fresh, ingest, program, put_samples, put_transition  # noqa: F401

NOW = datetime.datetime(2026, 11, 27, 12, 0, tzinfo=UTC)


def objects(connection):
    """Everything in the schema by kind and name, but for partitions."""
    return connection.execute("""
        SELECT 'relation', relkind::text, relname::text FROM pg_class
        WHERE relnamespace = 'governance'::regnamespace AND NOT relispartition AND relkind <> 'c'
          AND relname NOT LIKE '%pkey' AND relname !~ '_20[0-9]{6}_' AND relname !~ '_default_'
        UNION ALL
        SELECT 'function', prokind::text, oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'governance'::regnamespace
        ORDER BY 1, 2, 3""").fetchall()


def test_up_says_what_it_did_and_then_has_nothing_to_do(empty):
    names = sorted(path.name.removesuffix(".up.sql") for path in (ROOT / "governance/schema").glob("*.up.sql"))
    assert ingest(empty, "migrate", "status", expect=1).splitlines() == [
        *(f"{name:24} not applied" for name in names), "the schema is not there yet: run gengfu-ingest migrate"]
    ingest(empty, "migrate", "up", "--to", "1")
    assert ingest(empty, "migrate", "status", expect=1).splitlines()[-1] == "the schema is older than this program: run gengfu-ingest migrate"
    ingest(empty, "migrate", "down", "--to", "0", "--yes")
    assert ingest(empty, "migrate").splitlines() == [f"{name}: applied" for name in names]
    assert ingest(empty, "migrate").splitlines() == ["nothing to do"]
    status = ingest(empty, "migrate", "status").splitlines()
    assert len(status) == len(names) + 1 and status[-1] == "the schema is this program's"


def test_every_step_goes_down_and_up_again_to_the_same(fresh):
    there = objects(fresh)
    newest = fresh.execute("SELECT max(number) FROM governance.migration").fetchone()[0]
    for to in range(newest - 1, -1, -1):
        ingest(fresh.uri, "migrate", "down", "--to", to, "--yes")
    assert [row[2] for row in objects(fresh)] == ["migration"]
    for to in range(1, newest + 1):
        ingest(fresh.uri, "migrate", "up", "--to", to)
    assert objects(fresh) == there


def test_data_stays_when_what_stands_above_the_tables_goes_down_and_up(fresh):
    put_samples(fresh, [(1, NOW, 1.5, 256), (2, NOW, None, 769)])
    put_transition(fresh, alarm("7-1", 1, NOW), 1, at=NOW)
    fresh.execute("SELECT governance.claim('{gw-test-01}', '{7}', '{1}', '{1}', '{1}')")
    fresh.execute("SELECT governance.heard('{gw-test-01}')")
    of_the_first = (ROOT / "governance/schema/0001-tables.up.sql").read_text()
    tables = re.findall(r"^CREATE TABLE governance\.(\w+)", of_the_first, re.MULTILINE)
    assert len(tables) > 20

    def content():
        rows = {table: sorted(map(str, fresh.execute(f"SELECT t FROM governance.{table} AS t").fetchall())) for table in tables}
        rows["setting"] = [row for row in rows["setting"] if not re.match(r"\('\((quarantine|parked)_(of_gateway|in_all),", row)]
        return rows
    before = content()
    ingest(fresh.uri, "migrate", "down", "--to", "1", "--yes")
    assert content() == before
    ingest(fresh.uri, "migrate", "up")
    assert content() == before
    assert fresh.execute("SELECT count(*) FROM governance.sample").fetchone() == (2,)
    assert fresh.execute("SELECT count(*) FROM governance.alarm_now").fetchone() == (1,)


def test_two_at_once_are_harmless(empty):
    both = [subprocess.Popen([program(), "--database", empty, "migrate"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             stdin=subprocess.DEVNULL, text=True) for _ in range(4)]
    said = [process.communicate(timeout=120)[0] for process in both]
    assert [process.returncode for process in both] == [0] * 4, said
    assert sorted(text == "nothing to do\n" for text in said) == [False, True, True, True]


def test_a_failing_step_leaves_nothing_behind(empty):
    with psycopg.connect(empty, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA governance")
        connection.execute("CREATE TABLE governance.dispatch (mine int)")  # stands in the way of a later statement
        said = ingest(empty, "migrate", expect=1)
        assert 'migration 0001-tables: relation "dispatch" already exists' in said
        assert [row[2] for row in objects(connection)] == ["dispatch"]


def test_a_database_of_another_program_is_refused(fresh):
    fresh.execute("UPDATE governance.migration SET checksum = 'f00' WHERE number = 2")
    for command in (["migrate"], ["migrate", "down", "--to", "0", "--yes"], ["migrate", "status"]):
        assert "migration 0002-ingest of the database has another content" in ingest(fresh.uri, *command, expect=1)
    fresh.execute("DELETE FROM governance.migration WHERE number > 1")
    fresh.execute("INSERT INTO governance.migration (number, name, checksum) VALUES (2, '0002-else', '')")
    assert "made by another program" in ingest(fresh.uri, "migrate", expect=1)


def test_an_encoding_that_cannot_hold_chinese_is_refused(cluster):
    cluster.query("CREATE DATABASE latin ENCODING 'SQL_ASCII' TEMPLATE template0 LOCALE 'C'")
    assert "the database's encoding is SQL_ASCII: create it with ENCODING 'UTF8'" in ingest(cluster.uri_of("latin"), "migrate", expect=1)


def test_no_server_is_told_in_one_line(tmp_path):
    said = ingest(f"postgresql://gengfu@/none?host={tmp_path}", "migrate", expect=1)
    assert said.startswith("gengfu-ingest migrate: database: ") and "No such file" in said


def test_down_wants_to_be_sure(fresh):
    assert "--yes is required" in ingest(fresh.uri, "migrate", "down", "--to", "0", expect=2)
    assert "--to is required" in ingest(fresh.uri, "migrate", "down", "--yes", expect=2)


def test_every_table_and_column_and_question_is_explained(fresh):
    bare = fresh.execute("""
        SELECT relname, attname FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
        WHERE relnamespace = 'governance'::regnamespace AND relkind IN ('r', 'p', 'v') AND NOT relispartition AND attnum > 0
          AND NOT attisdropped AND col_description(attrelid, attnum) IS NULL
        UNION ALL
        SELECT relname, NULL FROM pg_class WHERE relnamespace = 'governance'::regnamespace AND relkind IN ('r', 'p', 'v')
          AND obj_description(oid, 'pg_class') IS NULL AND relname !~ '_20[0-9]{6}$'
        UNION ALL
        SELECT proname, NULL FROM pg_proc WHERE pronamespace = 'governance'::regnamespace
          AND obj_description(oid, 'pg_proc') IS NULL""").fetchall()
    assert bare == []


def test_every_key_of_what_a_gateway_says_begins_with_the_gateway(fresh):
    registry = {"component_class", "component", "party", "number_scale", "setting", "migration",
                "ingest"}
    keys = fresh.execute("""
        SELECT relname, conname, attname FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
        JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1]
        WHERE connamespace = 'governance'::regnamespace AND contype IN ('p', 'u', 'f') AND NOT relispartition""").fetchall()
    assert len(keys) > 15
    assert [key for key in keys if key[0] not in registry and key[2] != "gateway"] == []
    leading_out = fresh.execute("""
        SELECT conname FROM pg_constraint WHERE connamespace = 'governance'::regnamespace AND contype = 'f'
          AND conrelid::regclass::text NOT LIKE 'governance.component'
          AND confrelid::regclass::text IN ('governance.component', 'governance.party', 'governance.component_class')""").fetchall()
    assert leading_out == [], "an alarm on a component that nobody has entered must not be lost"
