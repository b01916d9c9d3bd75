"""Modbus TCP: one connection as fast as it goes, 128 at a pace, and what a bus costs in memory."""
import json
import os
import pathlib
import subprocess
import time

from figures import Figure, median
from programs import MeasureError, Process, Programs, Slave
from simulated_line import GATEWAY, write_profile

_CONNECTIONS, _FEW = 128, 8
_INTERVAL_MS = 100
_SETTLE_MS = 3000  # after a connection's first request


class TcpDaemon(Process):
    """gengfud with one unit behind each of `connections` connections to the slave; nothing to publish to."""

    def __init__(self, programs: Programs, folder: pathlib.Path, slave: Slave, connections: int, interval: str, before=()):
        folder.mkdir()
        write_profile(folder, "bench-tcp", 50)
        text = GATEWAY.format(mqtt="", store=folder / "store")
        for number in range(1, connections + 1):
            text += (f'\n[[bus]]\nname = "tcp-{number}"\nkind = "modbus-tcp"\naddress = "127.0.0.1:{slave.port}"\n'
                     f'\n[[device]]\nname = "unit-{number}"\nbus = "tcp-{number}"\nunit = 1\nprofile = "bench-tcp"\n'
                     f'interval = "{interval}"\n')
        self._programs = programs
        self.configuration = folder / "gengfu.toml"
        self.configuration.write_text(text)
        super().__init__([*before, programs.find("gengfud"), "--config", self.configuration], folder / "gengfud.log")

    def requests(self) -> list:
        done = subprocess.run([self._programs.find("gengfu"), "status", "--config", str(self.configuration), "--json"],
                              check=True, capture_output=True, text=True, timeout=30)
        return [bus["answers"] for bus in json.loads(done.stdout)["buses"] if bus["name"].startswith("tcp-")]


def _slave(programs: Programs, folder: pathlib.Path) -> Slave:
    return Slave(programs, folder, 10**15, "count", ["--settle", _SETTLE_MS])  # values stand still: the bus is what is measured


def _bare(programs: Programs, slave: Slave, seconds: int) -> dict:
    done = subprocess.run([programs.find("bench_modbus_loop"), "--tcp", str(slave.port), "--units", "1", "--registers", "10",
                           "--seconds", str(seconds)], check=True, capture_output=True, text=True, timeout=seconds + 60)
    seen = json.loads(done.stdout)
    if seen["failed"]:
        raise MeasureError(f"the bare loop failed {seen['failed']} times")
    return {"rate": seen["reads"] / seen["seconds"], "cpu_us": seen["cpu_seconds"] / seen["reads"] * 1e6}


def _ours(daemon: TcpDaemon, seconds: float) -> dict:
    before, cpu, begun = daemon.requests()[0], daemon.cpu_seconds(), time.monotonic()
    time.sleep(seconds)
    took, used = time.monotonic() - begun, daemon.cpu_seconds() - cpu
    reads = daemon.requests()[0] - before
    return {"rate": reads / took, "cpu_us": used / reads * 1e6}


def one_connection(programs: Programs, folder: pathlib.Path, quick: bool) -> list:
    """Daemon and bare loop in turn, five rounds."""
    rounds, seconds = (2, 3) if quick else (5, 6)
    ours, bare = [], []
    for number in range(rounds):
        with _slave(programs, folder) as slave:
            bare.append(_bare(programs, slave, seconds))
            with TcpDaemon(programs, folder / f"one-{number}", slave, 1, "0ms") as daemon:
                time.sleep(1.5)
                ours.append(_ours(daemon, seconds))
                daemon.check()

    def of(runs, key):
        return median([run[key] for run in runs])
    return [
        Figure("Modbus TCP, one connection: reads", of(ours, "rate"), "/s", of(bare, "rate"), 0.9 * of(bare, "rate"),
               higher_is_better=True),
        Figure("Modbus TCP, one connection: processor time a read", of(ours, "cpu_us"), "us", of(bare, "cpu_us"),
               1.3 * of(bare, "cpu_us")),
    ]


def many_connections(programs: Programs, folder: pathlib.Path, quick: bool) -> list:
    """The daemon on one processor. Due every 100 ms, a reading has missed its deadline when it comes more than 200 ms after
    the one before. Memory: what a bus adds, from this daemon and one with few."""
    seconds = 10 if quick else 60
    processor = str(max(os.sched_getaffinity(0)))
    with _slave(programs, folder) as slave, \
            TcpDaemon(programs, folder / "few", slave, _FEW, f"{_INTERVAL_MS}ms") as daemon:
        time.sleep(seconds / 2)
        few = daemon.status()["RssAnon"]
    with _slave(programs, folder) as slave:
        with TcpDaemon(programs, folder / "many", slave, _CONNECTIONS, f"{_INTERVAL_MS}ms",
                       ["taskset", "-c", processor]) as daemon:
            time.sleep(5)
            cpu, begun, before = daemon.cpu_seconds(), time.monotonic(), sum(daemon.requests())
            time.sleep(seconds)
            load = (daemon.cpu_seconds() - cpu) / (time.monotonic() - begun)
            rate = (sum(daemon.requests()) - before) / (time.monotonic() - begun)
            many = daemon.status()["RssAnon"]
            daemon.check()
            slave.end()
    clients = json.loads(slave.text().splitlines()[-1])["clients"]
    if len(clients) != _CONNECTIONS:
        raise MeasureError(f"{len(clients)} connections of {_CONNECTIONS}")
    gaps = [client["longest_gap_ns"] / 1e6 for client in clients]
    return [
        Figure("128 connections at 10 Hz: reads", rate, "/s", _CONNECTIONS * 1000 / _INTERVAL_MS),
        Figure("128 connections at 10 Hz: missed deadlines", sum(gap > 2 * _INTERVAL_MS for gap in gaps), "connections", None, 0),
        Figure("128 connections at 10 Hz: longest gap", max(gaps), "ms", _INTERVAL_MS, 2 * _INTERVAL_MS),
        Figure("128 connections at 10 Hz: load of the processor", 100 * load, "%"),
        Figure("memory a bus", (many - few) * 1024 / 1000 / (_CONNECTIONS - _FEW), "kB", None, 65.5),
    ]
