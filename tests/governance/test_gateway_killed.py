"""A real gateway that trusts governance-db alone, the real ingest, a real PostgreSQL: each killed in turn under load."""
import pytest

from support.city import City
from support.ingest import Ingest
from support.waiting import wait_for


def _kill_in_turns(folder, closing, private_database, broker, rounds: int):
    city = City(folder, closing, broker.port, relays=4 + 4 * rounds)
    ingest = closing(Ingest(folder, private_database.uri, broker.port))
    ingest.start()
    city.begin()

    def kill_ingest():
        ingest.kill()
        city.toggle()
        ingest.start()

    def kill_database():
        private_database.postgres.kill9()
        city.toggle()
        private_database.postgres.start()
        wait_for(ingest.is_well, "ingest to find the database again", 60)

    def kill_gateway():
        unit = city.toggle()
        # What it has not read, or not put on its disk, was never its own: the relay stays as it is until it has.
        wait_for(lambda: len(city.told(unit)) >= len(city.done[unit]), "the alarm to be said", 60)
        city.gateway.kill()
        city.gateway.start()

    for _ in range(rounds):
        for kill in (kill_ingest, kill_database, kill_gateway):
            before = len(city.feed.records)
            city.toggle()
            kill()
            wait_for(lambda: len(city.feed.records) >= before + 10, "the load to go on", 60)
    city.settle()
    counted = city.judge(private_database)
    print(f"killed {rounds} times each: ingest, PostgreSQL, gateway: {counted}, lost 0, doubled 0")
    assert counted["samples"] > 50 * rounds and counted["events"] == 6 * rounds
    assert counted["runs of the gateway"] == rounds + 1
    assert private_database.query("SELECT count(*) FROM governance.quarantine") == [(0,)]


def test_ingest_postgresql_and_gateway_killed_in_turns(folder, closing, private_database, broker):
    _kill_in_turns(folder, closing, private_database, broker, 1)


@pytest.mark.full
def test_ingest_postgresql_and_gateway_killed_ten_times_each(folder, closing, private_database, broker):
    _kill_in_turns(folder, closing, private_database, broker, 10)
