"""The clustered broker: three RabbitMQ nodes with quorum queues, MQTT 3.1.1, without $share. Runs with --full.

RabbitMQ of Debian 12 speaks no MQTT 5: gateway and ingest begin with 5, are refused, and go on with 3.1.1."""
import pytest
from test_exactly_once import Load

from support import rabbit
from support.city import City
from support.ingest import Ingest
from support.waiting import wait_for

pytestmark = pytest.mark.full
_PATIENCE = 120.0


@pytest.fixture(scope="module")
def nodes(tmp_path_factory):
    assert rabbit.is_installed(), "rabbitmq-server is not installed: tools/setup --full"
    cluster = rabbit.RabbitCluster(tmp_path_factory.mktemp("r"))
    yield cluster
    cluster.close()


def _more(producer, count: int):
    wanted = producer.sequences[2] + count
    wait_for(lambda: producer.sequences[2] >= wanted, f"{count} batches produced", _PATIENCE)


def test_each_node_killed_under_load(folder, closing, database, nodes):
    """What the cluster has acknowledged comes, though nobody sends it again: quorum queues survive a node."""
    first, second, third = nodes.ports
    load = closing(Load(first))
    ingest = closing(Ingest(folder, database.uri, second, third, first, name="ingest-rabbit"))
    ingest.start()
    assert "(MQTT 3.1.1)" in ingest.log()
    load.begin()
    _more(load.producers[0], 100)
    for node in nodes.nodes:  # the publishers' own, ingest's own, the third
        node.kill()
        _more(load.producers[0], 50)
        node.start()
        wait_for(ingest.is_well, "ingest to be at work", _PATIENCE)
        _more(load.producers[0], 50)
    load.stop()
    counted = load.judge(database)
    duplicates = ingest.figure("duplicates_total", "telemetry") + ingest.figure("duplicates_total", "events")
    print(f"RabbitMQ x3, each node killed: {dict(counted)}, redelivered and left out {duplicates:.0f}, lost 0, doubled 0")
    load.send_again()
    wait_for(lambda: ingest.figure("duplicates_total", "telemetry") + ingest.figure("duplicates_total", "events") >=
             duplicates + counted["records"], "everything to have come again", _PATIENCE)
    load.judge(database)


def test_a_real_gateway_while_each_node_is_killed(folder, closing, database, nodes):
    city = City(folder, closing, nodes.ports, listen=nodes.ports[2], relays=12)
    ingest = closing(Ingest(folder, database.uri, *reversed(nodes.ports), name="ingest-rabbit-city"))
    ingest.start()
    city.begin()
    for node in nodes.nodes[:2]:  # the listener is on the third
        city.toggle()
        before = len(city.feed.records)
        wait_for(lambda: len(city.feed.records) >= before + 10, "the load to go on", _PATIENCE)
        node.kill()
        city.toggle()
        before = len(city.feed.records)
        wait_for(lambda: len(city.feed.records) >= before + 10, "the load to go on without a node", _PATIENCE)
        node.start()
        wait_for(ingest.is_well, "ingest to be at work", _PATIENCE)
        city.toggle()
    city.settle()
    counted = city.judge(database, heard_all=False)
    print(f"RabbitMQ x3 and a real gateway, two nodes killed: {counted}, lost 0, doubled 0")
    assert counted["samples"] > 100 and counted["events"] == 6
    assert "MQTT 3.1.1" in city.gateway.log()
