"""Fixtures of the integration tests. docs/testing.md says what runs here and how to add to it."""
import logging
import pathlib
import shutil
import sys
import tempfile

import pytest

from support import programs
from support.broker import Broker
from support.certificates import Authority
from support.configuration import RELAY, Configuration
from support.feed import Feed
from support.gateway import Gateway
from support.process import Process
from support.simulator import Simulator
from support.slaves import SerialSlaves, TcpSlaves

sys.dont_write_bytecode = True
# Says each exception that it answers with as an error: that is what some tests are for.
logging.getLogger("pymodbus").setLevel(logging.CRITICAL)


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


def _folder(scope_name: str):
    # Short: the path of a unix socket has 107 bytes. Open to pass through: a test asks as another user.
    folder = pathlib.Path(tempfile.mkdtemp(prefix=f"gengfu-{scope_name}-", dir="/tmp"))
    folder.chmod(0o711)
    return folder


@pytest.fixture
def folder():
    path = _folder("test")
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="module")
def module_folder():
    path = _folder("module")
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


@pytest.fixture
def broker(folder, closing):
    return closing(Broker(folder))


@pytest.fixture
def gateway(folder, closing):
    return closing(Gateway(folder))


@pytest.fixture
def feed(broker, closing):
    """A subscriber that was there before the gateway. What contradicts the contract fails the test."""
    subscriber = closing(Feed(broker.port))
    yield subscriber
    assert not subscriber.spoiled


@pytest.fixture
def relays(closing):
    """Six residual-current relays as Modbus TCP units 1 to 6, by pymodbus."""
    return closing(TcpSlaves({unit: RELAY for unit in range(1, 7)}))


@pytest.fixture
def configuration(gateway):
    return Configuration(gateway.store)


@pytest.fixture
def simulate(folder, closing):
    """simulate(scenario text) starts gengfu-sim."""
    return lambda scenario: closing(Simulator(scenario, folder))


@pytest.fixture
def serial_slaves(folder, closing):
    return lambda units, **keys: closing(SerialSlaves(units, folder, **keys))


@pytest.fixture(scope="session")
def authority():
    """A certificate authority with a broker's and some clients' certificates."""
    path = _folder("ca")
    made = Authority(path)
    made.issue("broker", "broker", "127.0.0.1")
    made.issue("broker-of-another-name", "broker", "elsewhere.example")
    made.issue("broker-expired", "broker", "127.0.0.1", expired=True)
    for client in ("gw-test-01", "gw-test-02", "platform", "governance-db", "observer"):
        made.issue(client, client)
    yield made
    shutil.rmtree(path, ignore_errors=True)
