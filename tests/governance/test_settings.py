"""An operator's settings: what would harm is refused in words."""
import psycopg
import pytest

from support.database import cluster, db, empty, ingest  # noqa: F401

WANTED = {
    "samples_kept": (["1 day", "30 days", "10 years", "P30D"],
                     ["-30 days", "0", "", "30", "23 hours", "thirty days", "200 years", "1 month -40 days", "-1 month 40 days",
                      "\u4e09\u5341\u5929"]),
    "partitions": (["by day", "elsewhere"], ["", "by week", "BY DAY"]),
    "partitions_ahead": (["1 day", "60 days"], ["0 days", "-7 days", "1 year"]),
    "compact_after": (["1 minute", "1 day"], ["-15 minutes", "0", "2 days"]),
    "events_kept": (["30 days", "1825 days"], ["-1825 days", "0 days", "1 hour"]),
    "quarantine_kept": (["1 day"], ["-90 days", "0"]),
    "silent_after": (["10 seconds", "5 min"], ["-90 seconds", "0", "2 days"]),
    "behind_after": (["1", "1000", "1000000000"], ["0", "-1", "1.5", "many", "", "99999999999999999999", "1000000001", " 5"]),
    "quarantine_of_gateway": (["1", "8"], ["0", "-1", "8 MiB", "100001"]),
    "quarantine_in_all": (["1", "256"], ["0", "-1", ""]),
    "parked_of_gateway": (["1", "8"], ["0", "-1", "8 MiB", "100001"]),
    "parked_in_all": (["1", "256"], ["0", "-1", ""]),
    "ledger_kept": (["60 days", "400 days"], ["30 days", "-400 days"]),
}


def test_each_setting_has_kind_and_range(db):
    there = [row[0] for row in db.execute("SELECT name FROM governance.setting ORDER BY name").fetchall()]
    limits = [row[0] for row in db.execute("SELECT name FROM governance.setting_limits() ORDER BY name").fetchall()]
    assert there == limits and set(WANTED) <= set(there)
    for name, (good, bad) in WANTED.items():
        before = db.execute("SELECT value FROM governance.setting WHERE name = %s", (name,)).fetchone()
        for value in good:
            db.execute("UPDATE governance.setting SET value = %s WHERE name = %s", (value, name))
        db.execute("UPDATE governance.setting SET value = %s WHERE name = %s", (*before, name))
        for value in bad:
            with pytest.raises(psycopg.Error) as refused:
                db.execute("UPDATE governance.setting SET value = %s WHERE name = %s", (value, name))
            said = refused.value.diag.message_primary
            assert said.startswith(f"setting {name} = '{value}': ") and " is wanted, such as '" in said, said
            assert db.execute("SELECT value FROM governance.setting WHERE name = %s", (name,)).fetchone() == before


@pytest.mark.parametrize("statement, why", [
    ("DELETE FROM governance.setting WHERE name = 'samples_kept'", "cannot be deleted"),
    ("TRUNCATE governance.setting", "cannot be deleted"),
    ("INSERT INTO governance.setting VALUES ('sample_kept', '1 day', '')", 'there is no setting "sample_kept"'),
    ("UPDATE governance.setting SET name = 'events_kept' WHERE name = 'samples_kept'", 'cannot become "events_kept"'),
])
def test_settings_neither_come_nor_go(db, statement, why):
    with pytest.raises(psycopg.Error) as refused:
        db.execute(statement)
    assert why in str(refused.value)


def test_a_database_with_a_bad_setting_is_not_migrated_before_it_is_mended(empty):
    ingest(empty, "migrate", "up", "--to", "5")
    with psycopg.connect(empty, autocommit=True) as connection:
        connection.execute("UPDATE governance.setting SET value = '-1 day' WHERE name = 'samples_kept'")
        said = ingest(empty, "migrate", expect=1)
        assert "migration 0006-settings: setting samples_kept = '-1 day': an interval from 1 day to 36500 days is wanted" in said
        connection.execute("UPDATE governance.setting SET value = '30 days' WHERE name = 'samples_kept'")
        assert "0006-settings: applied" in ingest(empty, "migrate")
