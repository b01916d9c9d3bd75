"""Ports that are missing, unplugged, busy, and lines full of noise: told once, the rest goes on, never a good sample
from garbage."""
import fcntl
import os
import random
import socket
import threading

import pytest

from support.configuration import RELAY, UNLATCHED
from support.waiting import wait_for

RULE = "residual-current-high"
SCENARIO = """
[scenario]
name = "bad lines"
[[line]]
name = "rs485-1"
baud = 115200
[[tcp]]
name = "plant"
kind = "modbus-tcp"
[[tcp]]
name = "converter"
kind = "rtu-over-tcp"
"""
DEVICE = """
[[device]]
name = "{name}"
{where}
unit = {unit}
holding = {{ 0x0000 = "0138 0000*27" }}
"""
ON = {"rs485-1": 'line = "rs485-1"', "plant": 'tcp = "plant"', "converter": 'tcp = "converter"'}
TRUE_VALUE = 312  # 0138


def scenario():
    return SCENARIO + "".join(DEVICE.format(name=f"{bus}-{unit}", where=where, unit=unit) for bus, where in ON.items()
                              for unit in (1, 2))


@pytest.fixture
def site(simulate, broker, feed, gateway, configuration):
    sim = simulate(scenario())
    configuration.mqtt(broker.port).serial("rs485-1", sim.lines["rs485-1"], 115200, "100ms")
    configuration.tcp("plant", sim.tcp["plant"], timeout="100ms")
    configuration.tcp("converter", sim.tcp["converter"], "modbus-rtu-over-tcp", "100ms")
    for bus in ON:
        for unit in (1, 2):
            configuration.relay(f"{bus}-{unit}", bus, unit, UNLATCHED)
    gateway.configure(configuration.text())
    gateway.sim = sim
    gateway.start()
    for bus in ON:
        wait_for(lambda b=bus: gateway.health(f"{b}-1") == gateway.health(f"{b}-2") == "online", f"{bus} to be online")
    return gateway


def asked(gateway):
    """Requests that each device has had."""
    return {name: stats["requests"] for name, stats in gateway.sim.do("stats")["devices"].items()}


def is_good(feed, device):
    last = feed.last(device, "residual_current")
    return last and last.quality == 1


def is_bad(feed, device):
    last = feed.last(device, "residual_current")
    return last and last.quality == 3


def assert_only_true_values(feed):
    for bus in ON:
        for unit in (1, 2):
            good = [s.value for s in feed.samples(f"{bus}-{unit}", "residual_current") if s.quality != 3]
            assert good and set(good) == {TRUE_VALUE}, f"{bus}-{unit}: {set(good)}"


@pytest.mark.parametrize("fault", [
    {"kind": "garbage", "bytes": 40}, {"kind": "noise", "before": 7, "after": 5}, {"kind": "truncated", "bytes": 20},
    {"kind": "wrong-unit"}, {"kind": "bad-crc"}, {"kind": "late", "delay": "250ms"}], ids=lambda fault: fault["kind"])
def test_what_is_no_answer_is_never_a_good_sample(site, feed, fault):
    for bus in ON:
        if not (bus == "plant" and fault["kind"] == "bad-crc"):
            # Some of the answers: a unit that never answers is soon asked but rarely.
            site.sim.do("fault", target=f"{bus}-1", share=0.3, **fault)
    begun = asked(site)
    wait_for(lambda: all(asked(site)[device] >= begun[device] + 10 for device in begun), "ten requests to each device", 60)
    site.sim.do("clear")
    for bus in ON:
        assert site.health(f"{bus}-2") != "offline", "the neighbour was not dragged along"
        wait_for(lambda b=bus: site.health(f"{b}-1") == "online", f"{bus}-1 to be back")
        feed.wait(lambda b=bus: is_good(feed, f"{b}-1"), "a good value again")
    assert_only_true_values(feed)
    assert site.process.status is None


def test_a_line_that_is_unplugged_is_told_once_and_comes_back(site, feed):
    begun = asked(site)
    site.sim.do("unplug", target="rs485-1")
    site.process.wait_for_log("bus rs485-1 is not usable: ")
    feed.wait(lambda: is_bad(feed, "rs485-1-1"), "bad samples")
    wait_for(lambda: all(asked(site)[f"{bus}-1"] >= begun[f"{bus}-1"] + 10 for bus in ("plant", "converter")),
             "the other lines to go on")
    assert "is unplugged" in site.bus("rs485-1")["trouble"]
    site.sim.do("plug", target="rs485-1")
    feed.wait(lambda: is_good(feed, "rs485-1-1"), "good samples again")
    site.process.wait_for_log("bus rs485-1 is usable again")
    assert site.log().count("bus rs485-1 is not usable") == 1, "told once"
    assert "device rs485-1-1 does not answer" not in site.log(), "nobody could ask it"
    assert_only_true_values(feed)


def test_a_port_that_is_missing_appears_later(gateway, configuration, folder, serial_slaves):
    port = folder / "line"
    gateway.configure(configuration.serial("line", port).relay("relay", "line", 1).text())
    gateway.start()
    gateway.process.wait_for_log(f"port {port} is missing: no such device, or it is unplugged")
    wait_for(lambda: gateway.health("relay") == "offline", "the relay to be given up")
    serial_slaves({1: RELAY})
    gateway.process.wait_for_log("bus line is usable again")
    wait_for(lambda: gateway.health("relay") == "online", "the relay")
    assert gateway.log().count("is missing") == 1, "told once"


def test_a_port_that_is_busy_is_left_alone_until_it_is_free(gateway, configuration, serial_slaves):
    line = serial_slaves({1: RELAY})
    holder = os.open(line.port, os.O_RDWR | os.O_NOCTTY)
    fcntl.flock(holder, fcntl.LOCK_EX)
    gateway.configure(configuration.serial("line", line.port).relay("relay", "line", 1).text())
    gateway.start()
    gateway.process.wait_for_log(f"port {line.port} is busy: another program has opened it")
    os.close(holder)
    gateway.process.wait_for_log("bus line is usable again")
    wait_for(lambda: gateway.health("relay") == "online", "the relay")


class Chatterbox:
    """A TCP server that answers whatever it hears, and at times nothing at all, with random bytes."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.said = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        chance = random.Random(7)
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(connection, random.Random(chance.random())), daemon=True).start()

    def _talk(self, connection, chance):
        with connection:
            try:
                while heard := connection.recv(512):
                    # The beginning of a true header makes the garbage more believable.
                    begin = heard[:chance.randrange(9)] if chance.random() < 0.7 else b""
                    connection.sendall(begin + chance.randbytes(chance.randrange(1, 300)))
                    self.said += 1
            except OSError:
                pass  # the gateway had enough

    def close(self):
        self._listener.close()


@pytest.mark.parametrize("kind", ["modbus-tcp", "modbus-rtu-over-tcp"])
def test_random_bytes_never_become_a_sample(broker, feed, gateway, configuration, closing, kind):
    chatter = closing(Chatterbox())
    configuration.mqtt(broker.port).tcp("chatter", chatter.port, kind, "50ms")
    devices = [f"relay-{unit}" for unit in range(1, 7)]  # some: each is asked three times and then rarely
    for unit, name in enumerate(devices, 1):
        configuration.relay(name, "chatter", unit, UNLATCHED)
    gateway.configure(configuration.text())
    gateway.start()
    wait_for(lambda: chatter.said >= 16, "sixteen answers of random bytes", 60)
    wait_for(lambda: all(gateway.health(device) == "offline" for device in devices), "nobody to be believed")
    told = [line for line in gateway.log().splitlines() if "bus chatter is" in line]
    assert len(told) <= 1, "told once, whatever the bytes are"
    assert not any("bus chatter: " in line for line in told), "the bus is named once"
    for device in devices:
        feed.wait(lambda d=device: feed.samples(d, "residual_current"), "samples")
        assert all(s.quality == 3 for s in feed.samples(device, "residual_current"))
    assert feed.transitions(RULE) == [] and gateway.process.status is None
    assert all(s["quality"] == "bad" for s in gateway.read("relay-1").values())
