"""Fixtures of the city's side: a real PostgreSQL, a real mosquitto, the real gengfu-ingest."""
import pathlib
import shutil
import sys
import tempfile

import pytest

from support import programs
from support.broker import Broker
from support.feed_listener import Listener
from support.ingest import Ingest, migrate
from support.postgres import TemporaryPostgres
from support.process import Process
from support.producer import connect

sys.dont_write_bytecode = True


def pytest_addoption(parser):
    parser.addoption("--full", action="store_true", help="what takes long: outages of minutes, the RabbitMQ cluster")


def pytest_collection_modifyitems(config, items):
    if not config.getoption("--full"):
        long = [item for item in items if item.get_closest_marker("full")]
        items[:] = [item for item in items if item not in long]
        config.hook.pytest_deselected(items=long)


def pytest_configure(config):
    config.addinivalue_line("markers", "full: runs with --full alone (tools/check --full)")


def pytest_sessionstart(session):
    try:
        programs.folder()
    except FileNotFoundError as error:
        pytest.exit(str(error), returncode=2)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test shows the logs of what ran in it."""
    report = (yield).get_result()
    if report.failed:
        for process in Process.alive:
            report.sections.append((f"log of {process.name}", process.log()[-6000:]))


@pytest.fixture
def folder():
    # Short: the path of a unix socket has 107 bytes.
    path = pathlib.Path(tempfile.mkdtemp(prefix="gengfu-city-", dir="/tmp"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def closing():
    """closing(thing) has thing.close() called at the end of the test, last come first served."""
    things = []

    def keep(thing):
        things.append(thing)
        return thing

    yield keep
    for thing in reversed(things):
        thing.close()


@pytest.fixture(scope="session")
def cluster():
    """One PostgreSQL for all tests that do not harm it."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="gengfu-pg-", dir="/tmp"))
    path.chmod(0o711)
    with TemporaryPostgres(path / "pg") as postgres:
        yield postgres
    shutil.rmtree(path, ignore_errors=True)


class Database:
    """One database of a cluster, with the schema in it."""

    def __init__(self, postgres, name: str):
        self.postgres, self.name = postgres, name
        self.uri = postgres.create(name)
        migrate(self.uri)

    def query(self, sql, *arguments, database=None):
        return self.postgres.query(sql, *arguments, database=database or self.name)


@pytest.fixture
def database(cluster, request):
    """An empty governance database of the test's own."""
    made = Database(cluster, f"t{abs(hash(request.node.nodeid))}")
    yield made
    cluster.query(f'DROP DATABASE "{made.name}" WITH (FORCE)')


@pytest.fixture
def private_database(folder, closing):
    """A database in a cluster of the test's own, which it may kill."""
    return Database(closing(TemporaryPostgres(folder / "pg")), "governance")


@pytest.fixture
def broker(folder, closing):
    return closing(Broker(folder))


@pytest.fixture
def ingest(folder, closing, database, broker):
    """gengfu-ingest, not started."""
    return closing(Ingest(folder, database.uri, broker.port))


@pytest.fixture
def client(broker, closing):
    """A publisher without a name of its own."""
    class Closing:
        def __init__(self):
            self.mqtt = connect(broker.port, "test-publisher")

        def send(self, *messages):
            for topic, payload in messages:
                self.mqtt.publish(topic, payload, qos=1)

        def close(self):
            self.mqtt.disconnect()
            self.mqtt.loop_stop()
    return closing(Closing())


@pytest.fixture
def listener(broker, closing):
    """What is said to gateways."""
    return closing(Listener(broker.port))
