"""The registry's imports: line-precise, all or nothing, a dry run that changes nothing, safe against odd files."""
import os
import threading

import psycopg

from support.database import (GATEWAY, ROOT, alarm, catalogue, cluster, db, empty, ingest, put_catalogue,  # noqa: F401
                            put_transition)

FILES = ROOT / "tests/golden/registry"


def written(folder, name, text):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def components(db):
    return db.execute("SELECT code, street, maintainer, round(longitude::numeric, 4)::float8 FROM governance.component ORDER BY 1").fetchall()


def test_import_upsert_and_dry_run(db, tmp_path):
    assert "3 new, 0 changed, 0 as they were (dry run" in ingest(db.uri, "import-parties", FILES / "parties.csv", "--dry-run")
    assert db.execute("SELECT count(*) FROM governance.party").fetchone() == (0,)
    ingest(db.uri, "import-parties", FILES / "parties.csv")
    assert "3 new, 0 changed, 0 as they were" in ingest(db.uri, "import-components", FILES / "components.csv")
    assert components(db) == [("4403090101000044", "民治街道", "drainage-3", 114.03), ("4403090102000017", "民治街道", "drainage-3", 114.0302),
                              ("4403090102000018", "", None, None)]
    assert "0 new, 0 changed, 3 as they were" in ingest(db.uri, "import-components", FILES / "components.csv")
    some = written(tmp_path, "some.csv", "code,street,maintainer\n4403090102000017,新街,\n4403090102000019,,drainage-3\n")
    assert "1 new, 1 changed, 0 as they were" in ingest(db.uri, "import-components", some)
    assert components(db)[1] == ("4403090102000017", "新街", None, 114.0302), "an empty cell empties, an absent column leaves alone"


def test_one_mistake_and_nothing_is_imported(db, tmp_path):
    file = written(tmp_path, "bad.csv", "code,name\n4403090102000017,good\n44030901020000,short\n4403090199000001,class\n")
    said = ingest(db.uri, "import-components", file, expect=1)
    assert f"{file}:3:1: error: component code" in said and f"{file}:4:1: error: component code" in said and "nothing was imported" in said
    assert components(db) == []


def test_an_error_of_the_database_undoes_all(db, tmp_path):
    db.execute("ALTER TABLE governance.component ADD CONSTRAINT no_room CHECK (name <> 'no room')")
    try:
        lines = [f"44030901020{k:05},{'no room' if k == 2500 else k}" for k in range(3000)]
        file = written(tmp_path, "c.csv", "code,name\n" + "\n".join(lines))
        said = ingest(db.uri, "import-components", file, expect=1)
        assert f"{file}:2502:1: error: the database does not take this row: " in said and "violates check constraint" in said
        assert "nothing was imported" in said
    finally:
        db.execute("ALTER TABLE governance.component DROP CONSTRAINT no_room")
    assert components(db) == []


def test_a_row_that_contradicts_what_it_leaves_out_is_told_with_its_line(db, tmp_path):
    first = written(tmp_path, "a.csv", "code,grid,community_code\n4403090102000017,440309008012003,440309008012\n"
                                       "4403090102000018,,440309008012\n")
    ingest(db.uri, "import-components", first)
    said = ingest(db.uri, "import-components",
                  written(tmp_path, "b.csv", "code,grid\n4403090102000018,440309008012001\n4403090102000017,440309008013001\n"), expect=1)
    assert (f"{tmp_path}/b.csv:3:18: error: grid 440309008013001 does not begin with community_code 440309008012; the registry has "
            "that community_code of this component, and the file leaves it as it is: give both columns\n") in said
    said = ingest(db.uri, "import-components", written(tmp_path, "c.csv", "code,community_code\n4403090102000017,440309008013\n"), expect=1)
    assert "c.csv:2:18: error: grid 440309008012003 does not begin with community_code 440309008013; the registry has that grid" in said
    ingest(db.uri, "import-components", written(tmp_path, "d.csv", "code,community_code\n4403090102000017,\n"))


def test_a_feature_that_is_none_is_told_and_nothing_imported(db, tmp_path):
    file = written(tmp_path, "f.geojson", '{"type":"FeatureCollection","features":[\n'
                   '{"type":"Feature","geometry":null,"properties":{"code":"4403090102000017"}},\n"4403090102000018"]}')
    said = ingest(db.uri, "import-components", file, expect=1)
    assert f"{file}:3:18: error: a feature that is a text or a number: an object" in said and components(db) == []


def test_codes_may_change_hands(db, tmp_path):
    ingest(db.uri, "import-parties", written(tmp_path, "a.csv", "id,code,name\na,1,A\nb,2,B\n"))
    assert "0 new, 2 changed" in ingest(db.uri, "import-parties", written(tmp_path, "b.csv", "id,code\na,2\nb,1\n"))
    assert db.execute("SELECT id, code FROM governance.party ORDER BY 1").fetchall() == [("a", "2"), ("b", "1")]


def test_standing_alarms_move_to_where_the_registry_has_them_and_differences_are_listed(db):
    put_transition(db, alarm("7-1", 1, component={"code": "4403090102000017", "place": {"grid": "440309008012001"}}), 1)
    told = catalogue([(1, "manhole-017", "angle", 0, 0)])
    told["devices"][0]["component"] = {"code": "4403090102000017", "maintainer": {"id": "some\x1b[31mbody"}}
    put_catalogue(db, told)
    ingest(db.uri, "import-parties", FILES / "parties.csv")
    said = ingest(db.uri, "import-components", FILES / "components.csv")
    assert "1 difference between gateways and registry" in said
    assert f"  {GATEWAY} manhole-017 (4403090102000017): maintainer: gateway says some [31mbody, registry says drainage-3\n" in said
    assert db.execute("SELECT grid FROM governance.alarm_now").fetchall() == [("440309008012003",)]


def test_classes_of_a_city(db, tmp_path):
    more = (ROOT / "config/components/components.toml").read_text(encoding="utf-8") + \
        '\n[[component]]\ncode = "0199"\nzh = "甲"\nen = "one of ours"\n'
    assert "1 new or changed of 74" in ingest(db.uri, "import-classes", written(tmp_path, "c.toml", more))
    try:
        assert "1 new" in ingest(db.uri, "import-components", written(tmp_path, "c.csv", "code\n4403090199000001\n"))
        ingest(db.uri, "migrate")
        assert db.execute("SELECT en FROM governance.component_class WHERE code = '0199'").fetchone() == ("one of ours",)
    finally:
        db.execute("DELETE FROM governance.component")
        db.execute("DELETE FROM governance.component_class WHERE code = '0199'")


def test_two_imports_at_once(db, tmp_path):
    files = [written(tmp_path, f"{name}.csv", "id,name\n" + "".join(f"p{k},{name}\n" for k in range(500))) for name in ("a", "b")]
    said = []
    threads = [threading.Thread(target=lambda f=file: said.append(ingest(db.uri, "import-parties", f))) for file in files]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted("500 new" in text for text in said) == [False, True] and sorted("500 changed" in text for text in said) == [False, True]
    assert len(db.execute("SELECT DISTINCT name FROM governance.party").fetchall()) == 1


def test_odd_files_are_refused_in_words(db, tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    for name, why in (("absent.csv", "No such file"), (".", "is a directory"), ("pipe.csv", "not a regular file")):
        assert why in ingest(db.uri, "import-components", tmp_path / name, expect=1)
    big = tmp_path / "big.csv"
    with big.open("wb") as file:
        file.truncate((512 << 20) + 1)
    assert "more than 512 MiB: divide it" in ingest(db.uri, "import-components", big, expect=1)
    (tmp_path / "gb.csv").write_bytes("code,name\n4403090102000017,井盖\n".encode("gb18030"))
    assert 'gb.csv:2:1: error: not UTF-8: save the table as "CSV UTF-8"' in ingest(db.uri, "import-components", tmp_path / "gb.csv", expect=1)
    injected = written(tmp_path, "sql.csv", "code,name\n4403090102000017,\"'); DROP TABLE governance.party; --\"\n")
    ingest(db.uri, "import-components", injected)
    assert db.execute("SELECT name FROM governance.component").fetchone() == ("'); DROP TABLE governance.party; --",)


def test_a_schema_that_is_not_there_yet_is_told(empty):
    assert "run gengfu-ingest migrate" in ingest(empty, "import-parties", FILES / "parties.csv", expect=1)


def test_twenty_thousand_components(db, tmp_path):
    lines = [f"44030901020{k % 100000:05},114.{k % 1000:03},22.5,gcj02,440309008012{k % 1000:03}" for k in range(20_000)]
    file = written(tmp_path, "city.csv", "code,longitude,latitude,datum,grid\n" + "\n".join(lines))
    assert "20000 new" in ingest(db.uri, "import-components", file)
    with psycopg.connect(db.uri) as connection:
        assert connection.execute("SELECT count(*), count(longitude) FROM governance.component").fetchone() == (20_000, 20_000)
