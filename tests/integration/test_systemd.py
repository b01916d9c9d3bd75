"""What the daemon tells systemd: ready, alive, reloading, stopping."""
import socket

import pytest

from support.waiting import wait_for


class Manager:
    """systemd's end of NOTIFY_SOCKET."""

    def __init__(self, path):
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.setblocking(False)
        self._said = []

    def said(self):
        try:
            while True:
                self._said += self._socket.recv(4096).decode().splitlines()
        except BlockingIOError:
            return self._said

    def close(self):
        self._socket.close()


@pytest.fixture
def manager(folder, closing):
    return closing(Manager(folder / "notify"))


@pytest.fixture
def site(gateway, configuration, relays, manager, folder):
    gateway.configure(configuration.tcp("tcp", relays.port).relay("relay", "tcp", 1).text())
    gateway.environment = {"NOTIFY_SOCKET": str(folder / "notify"), "WATCHDOG_USEC": "400000"}
    gateway.start(gateway.environment)
    return gateway


def test_ready_alive_stopping(site, manager):
    wait_for(lambda: manager.said().count("WATCHDOG=1") >= 4, "four signs of life")
    said = manager.said()
    assert said.count("READY=1") == 1
    assert site.stop()[0] == 0
    said = manager.said()
    assert said.count("STOPPING=1") == 1 and said.index("READY=1") < said.index("STOPPING=1")


def test_reloading_is_told_and_ready_again(site, manager):
    wait_for(lambda: "READY=1" in manager.said(), "ready")
    site.reload()
    wait_for(lambda: manager.said().count("READY=1") == 2, "ready again")
    assert "RELOADING=1" in manager.said() and any(line.startswith("MONOTONIC_USEC=") for line in manager.said())
    signs = manager.said().count("WATCHDOG=1")
    wait_for(lambda: manager.said().count("WATCHDOG=1") > signs + 1, "signs of life of the new start")


def test_it_is_not_ready_on_a_wrong_configuration(gateway, manager, folder):
    gateway.configure(f'[store]\npath = "{gateway.store}"\n')
    gateway.launch({"NOTIFY_SOCKET": str(folder / "notify")})
    assert gateway.process.wait() == 78
    assert "READY=1" not in manager.said()
