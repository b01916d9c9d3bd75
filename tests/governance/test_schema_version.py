"""A service and a schema of different releases: said in words, nothing read, nothing lost, at work once it fits."""
import subprocess

from support import programs
from support.producer import Producer, connect
from support.waiting import wait_for


def _migrate(database, *arguments):
    subprocess.run([programs.path("gengfu-ingest"), "--database", database.uri, "migrate", *arguments], check=True,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=120)


def _says(ingest, words: str):
    def told():
        try:
            return words in ingest.get("/healthz")[1]
        except OSError:
            return False
    wait_for(told, f"healthz to say: {words}")
    assert ingest.get("/healthz")[0] == 503
    assert words in ingest.log()


def test_a_schema_that_is_missing_or_older_is_waited_for(ingest, database, broker, closing):
    ingest.start()  # its session is at the broker
    ingest.stop()
    _migrate(database, "down", "--to", "0", "--yes")
    ingest.launch()
    _says(ingest, "the database has no governance schema yet: run gengfu-ingest migrate")
    client = connect(broker.port, "test-publisher")
    producer = Producer("gw-early", 0xEA)
    for message in (producer.birth(), producer.catalogue(), producer.batch()):
        client.publish(*message, qos=1).wait_for_publish(30)
    client.disconnect()
    client.loop_stop()
    _migrate(database, "up", "--to", "5")
    _says(ingest, "the database's schema is older than this program, it lacks migration 0006-settings")
    _migrate(database)
    wait_for(ingest.is_well, "it to be at work")
    producer.wait_all_in(database)
    wait_for(lambda: producer.difference(database) == ([], [], []), "all of it in its place")


def test_a_schema_of_a_later_release_is_not_written_into(ingest, database):
    database.query("INSERT INTO governance.migration (number, name, checksum) VALUES (99, '0099-later', '')")
    ingest.launch()
    _says(ingest, "the database has migration 0099-later, which this program does not know: it is newer; use the gengfu-ingest "
                  "that made it")
    assert ingest.process.status is None
    assert not database.query("SELECT 1 FROM governance.ingest")
