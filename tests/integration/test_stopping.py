"""SIGTERM ends the daemon within ten seconds, cleanly, whatever hangs around it."""
import socket
import threading

import pytest

from support.configuration import RELAY, UNLATCHED
from support.waiting import wait_for

RULE = "residual-current-high"
LIMIT = 10.0
SILENT_UNIT = """
[scenario]
name = "silence"
[[line]]
name = "rs485-1"
baud = 9600
[[device]]
name = "alive"
line = "rs485-1"
unit = 1
holding = { 0x0000 = "0138 0000*27" }
"""


def assert_ends_cleanly(gateway):
    status, seconds = gateway.stop()
    assert status == 0 and seconds < LIMIT, f"status {status} after {seconds:.1f} s"
    assert not gateway.socket.exists(), "the control socket is taken away"
    assert "did not close cleanly" not in gateway.log()


class HangingServer:
    """A TCP server that does not do what it should.

    "connect": its queue is full, so that connecting hangs; "mid-frame": half an answer, then nothing; "mute": nothing.
    """

    def __init__(self, how: str):
        self._how = how
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=0)
        self.port = self._listener.getsockname()[1]
        self.heard = threading.Event()
        self._fillers = []
        if how == "connect":
            for _ in range(4):
                filler = socket.socket()
                filler.setblocking(False)
                filler.connect_ex(("127.0.0.1", self.port))
                self._fillers.append(filler)
        else:
            threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._fillers.append(connection)
            threading.Thread(target=self._hang, args=(connection,), daemon=True).start()

    def _hang(self, connection):
        try:
            while request := connection.recv(512):
                if self._how == "mid-frame":
                    connection.sendall(request[:4] + b"\x00\x3b" + request[6:8] + b"\x38\x00\x01")
                self.heard.set()
        except OSError:
            pass  # the gateway hung up

    def close(self):
        self._listener.close()
        for connection in self._fillers:
            connection.close()


@pytest.mark.parametrize("timeout", ["500ms", "30s"])
@pytest.mark.parametrize("how", ["connect", "mid-frame", "mute"])
def test_a_tcp_slave_hangs(gateway, configuration, closing, how, timeout):
    server = closing(HangingServer(how))
    gateway.configure(configuration.tcp("tcp", server.port, timeout=timeout).device("relay", "tcp", 1, "acrel-asj", interval="20s").text())
    gateway.start()
    if how != "connect":
        assert server.heard.wait(30)
    assert_ends_cleanly(gateway)


def test_a_unit_is_silent(gateway, configuration, simulate):
    sim = simulate(SILENT_UNIT)
    configuration.serial("rs485-1", sim.lines["rs485-1"], timeout="20s")
    gateway.configure(configuration.device("silent", "rs485-1", 2, "acrel-asj", interval="60s").text())
    gateway.start()
    wait_for(lambda: sim.do("stats")["lines"]["rs485-1"]["requests_by_unit"].get("2"), "the silent unit to be asked")
    assert_ends_cleanly(gateway)


def test_the_broker_is_frozen(gateway, configuration, broker, feed, relays):
    gateway.configure(configuration.mqtt(broker.port, heartbeat="30s").tcp("tcp", relays.port).relay("relay", "tcp", 1, UNLATCHED).text())
    gateway.start()
    feed.wait(lambda: feed.birth, "birth")
    broker.freeze()
    relays.set(1, "holding", 0, "0140")
    alarm = gateway.wait_alarm(RULE)
    assert_ends_cleanly(gateway)
    broker.thaw()
    gateway.start()
    assert gateway.wait_alarm(RULE)["id"] == alarm["id"]
    assert feed.wait_transition("RAISED", RULE).alarm.id == alarm["id"], "what the frozen broker did not confirm is not lost"
    assert len(feed.transitions(RULE)) == 1


def test_the_broker_hangs_in_connect(gateway, configuration, relays, closing):
    server = closing(HangingServer("mute"))
    gateway.configure(configuration.mqtt(server.port).tcp("tcp", relays.port).relay("relay", "tcp", 1).text())
    gateway.start()
    assert server.heard.wait(30)
    assert_ends_cleanly(gateway)


def test_in_the_middle_of_all_its_work(gateway, configuration, broker, feed, relays, serial_slaves):
    """Everything that was said before is at the far end or in the store, and the next start has no gap."""
    line = serial_slaves({unit: RELAY for unit in range(1, 4)})
    configuration.mqtt(broker.port).tcp("tcp", relays.port).serial("line", line.port)
    for unit in range(1, 4):
        configuration.relay(f"tcp-{unit}", "tcp", unit, UNLATCHED, "20ms").relay(f"line-{unit}", "line", unit, UNLATCHED, "400ms")
    gateway.configure(configuration.text())
    gateway.start()
    for unit in range(1, 4):
        relays.set(unit, "holding", 0, "0140")
        line.set(unit, "holding", 0, "0140")
    feed.wait_transition("RAISED", RULE)
    assert_ends_cleanly(gateway)
    feed.wait(lambda: not feed.state.online, "goodbye")
    gateway.start()
    for unit in range(1, 4):
        for bus in ("tcp", "line"):
            feed.wait_transition("RAISED", RULE, f"{bus}-{unit}")
            assert len({t.alarm.id for t in feed.transitions(RULE, f"{bus}-{unit}")}) == 1
    for stream in (1, 2):
        for epoch, numbers in feed.sequences(stream).items():
            assert numbers == list(range(1, numbers[-1] + 1)), f"stream {stream} of {epoch:x}: {numbers}"


def test_twice_is_once(gateway, configuration, relays):
    gateway.configure(configuration.tcp("tcp", relays.port).relay("relay", "tcp", 1).text())
    gateway.start()
    gateway.process.signal(15)
    gateway.process.signal(15)
    gateway.process.signal(2)
    assert gateway.process.wait(LIMIT) == 0
