"""128 Modbus TCP endpoints: each at its own pace, and one that hangs delays neither another nor the daemon's stop. docs/bus.md.

A look-up that hangs needs a resolver that does: NameLookup.HangingLookupEndsAtTheDeadlineAndIsNotStartedTwice in
tests/unit/drivers/tcp_bus_test.cpp has one; here names are refused."""
import selectors
import socket
import threading
import time

import pytest

from support.waiting import wait_for

ENDPOINTS = 128
# How an endpoint hangs, for the first ones of each kind; all others answer.
NEVER_ACCEPTS, SILENT, MID_FRAME, AFTER_FRAME, NO_NAME = range(5)
HANGING = [NEVER_ACCEPTS] * 4 + [SILENT] * 4 + [MID_FRAME] * 4 + [AFTER_FRAME] * 4 + [NO_NAME] * 4
INTERVAL = 0.2


class Endpoints:
    """All of them in one thread, so that a test of 128 costs one."""

    def __init__(self, hanging):
        self._selector = selectors.DefaultSelector()
        self._lock = threading.Lock()
        self.asked = {}  # endpoint -> times of requests
        self.ports = []
        self._plugs = []
        for number in range(ENDPOINTS):
            listener = socket.create_server(("127.0.0.1", 0), backlog=0 if number < len(hanging)
                                            and hanging[number] == NEVER_ACCEPTS else 16)
            self.ports.append(listener.getsockname()[1])
            kind = hanging[number] if number < len(hanging) else None
            if kind == NEVER_ACCEPTS:
                self._fill(listener)
            else:
                listener.setblocking(False)
                self._selector.register(listener, selectors.EVENT_READ, (number, kind, True))
            self._plugs.append(listener)
        self._stop = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _fill(self, listener):
        """Connections that nobody takes: the kernel lets further ones wait for ever."""
        for _ in range(3):
            plug = socket.socket()
            plug.setblocking(False)
            plug.connect_ex(listener.getsockname())
            self._plugs.append(plug)

    def _run(self):
        while not self._stop:
            for key, _ in self._selector.select(0.05):
                number, kind, listens = key.data
                if listens:
                    connection, _ = key.fileobj.accept()
                    connection.setblocking(False)
                    self._selector.register(connection, selectors.EVENT_READ, (number, kind, False))
                else:
                    self._answer(key.fileobj, number, kind)

    def _answer(self, connection, number, kind):
        try:
            request = connection.recv(512)
        except OSError:
            request = b""
        if not request:
            self._selector.unregister(connection)
            connection.close()
            return
        with self._lock:
            self.asked.setdefault(number, []).append(time.monotonic())
        count = int.from_bytes(request[10:12], "big")
        answer = request[:4] + (3 + 2 * count).to_bytes(2, "big") + request[6:8] + bytes([2 * count]) + bytes(2 * count)
        if kind == SILENT:
            return
        if kind == MID_FRAME:
            answer = answer[:9]
        if kind == AFTER_FRAME:
            answer += answer[:9]  # a whole one, and the beginning of one more
        try:
            connection.send(answer)
        except OSError:
            pass

    def times(self, number):
        with self._lock:
            return list(self.asked.get(number, []))

    def close(self):
        self._stop = True
        self._thread.join(5)
        for plug in self._plugs:
            plug.close()


@pytest.mark.parametrize("hanging", [[], HANGING], ids=["all-well", "some-hang"])
def test_each_of_128_endpoints_keeps_its_own_pace(gateway, configuration, closing, hanging):
    endpoints = closing(Endpoints(hanging))
    for number, port in enumerate(endpoints.ports):
        kind = hanging[number] if number < len(hanging) else None
        address = f"nobody-{number}.invalid" if kind == NO_NAME else "127.0.0.1"
        configuration._tables.append(f'[[bus]]\nname = "tcp-{number}"\nkind = "modbus-tcp"\n'
                                     f'address = "{address}:{port}"\ntimeout = "500ms"\n')
        configuration.relay(f"relay-{number}", f"tcp-{number}", 1, interval=f"{int(INTERVAL * 1000)}ms")
    gateway.configure(configuration.text())
    gateway.start()
    well = range(len(hanging), ENDPOINTS)
    wait_for(lambda: all(len(endpoints.times(number)) > 3 for number in well), "all that answer to be asked", 60)
    began = {number: len(endpoints.times(number)) for number in well}
    start = time.monotonic()
    wait_for(lambda: time.monotonic() > start + 5, "five seconds of it")
    elapsed = time.monotonic() - start
    counts = [len(endpoints.times(number)) - began[number] for number in well]
    # A machine that is busy may lose some; a neighbour that hangs costs half a second a request and would lose most.
    assert min(counts) >= 0.6 * elapsed / INTERVAL, (min(counts), max(counts), elapsed)
    assert max(counts) <= 1.5 * elapsed / INTERVAL + 2
    for number, kind in enumerate(hanging):
        if kind in (SILENT, MID_FRAME):
            assert gateway.read(f"relay-{number}")["residual_current"]["quality"] == "bad"
        if kind == AFTER_FRAME:
            assert len(endpoints.times(number)) > 3, "a connection that brings half frames is made anew"
    status, seconds = gateway.stop()
    assert status == 0 and seconds < 10, (status, seconds)
