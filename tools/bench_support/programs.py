"""Starts and ends what a bench needs: slave, broker, listener, bare loop, daemon."""
import json
import os
import pathlib
import pwd
import signal
import random
import socket
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = ("gengfud", "gengfu")
BENCHES = ("bench_slave", "bench_bare_loop", "bench_listener")
_PATIENCE = 20.0  # seconds until something that ought to happen at once counts as failed


class MeasureError(Exception):
    """The measurement itself failed: no figure can be given."""


class Programs:
    def __init__(self, folders):
        self._folders = folders

    def find(self, name: str) -> str:
        for folder in self._folders:
            if (folder / name).is_file():
                return str(folder / name)
        raise MeasureError(f"{name} is not in {', '.join(map(str, self._folders))}")


def wait_for(condition, what: str):
    end = time.monotonic() + _PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise MeasureError(f"{what}: not within {_PATIENCE:.0f} s")
        time.sleep(0.005)


class Process:
    """A program that runs until the end of its `with`; its output in a file."""

    def __init__(self, command, log: pathlib.Path):
        self.log = log
        self._file = log.open("wb")
        self.started_ns = time.monotonic_ns()
        self.popen = subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=self._file,
                                      stderr=subprocess.STDOUT)

    @property
    def pid(self) -> int:
        return self.popen.pid

    def text(self) -> str:
        return self.log.read_text(errors="replace")

    def check(self):
        if self.popen.poll() is not None:
            raise MeasureError(f"{self.popen.args[0]} ended with {self.popen.returncode}:\n{self.text()[-2000:]}")

    def wait_for_text(self, text: str):
        def there():
            self.check()
            return text in self.text()
        wait_for(there, f"{self.popen.args[0]} to say \"{text}\"")

    def cpu_seconds(self) -> float:
        """utime + stime of all its threads, from the scheduler's clock: /proc/PID/stat has the same in steps of 10 ms."""
        return time.clock_gettime((~self.pid << 3) | 2)

    def status(self) -> dict:
        """Numbers of /proc/PID/status, memory in kB."""
        words = (line.split() for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines())
        return {row[0].rstrip(":"): int(row[1]) for row in words if len(row) > 1 and row[1].isdigit()}

    def end(self):
        if self.popen.poll() is None:
            self.popen.send_signal(signal.SIGTERM)
            try:
                self.popen.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait()
        self._file.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()


class Slave(Process):
    """Registers that change every `step_ns` from now on; the rule is shared with listeners."""

    def __init__(self, programs: Programs, folder: pathlib.Path, step_ns: int, pattern: str, more=()):
        self.rule = ["--start", time.monotonic_ns(), "--step", step_ns, "--pattern", pattern]
        super().__init__([programs.find("bench_slave"), *self.rule, *more], folder / "slave.log")
        self.wait_for_text("\n")
        self.port = int(self.text().split()[1])


def free_port() -> int:
    """A port that was free a moment ago. Below those that the kernel gives to outgoing connections: a neighbour's would
    take one of them before it is bound. Whoever binds it must be ready to try another."""
    while True:
        port = random.randrange(10000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


class Broker(Process):
    """mosquitto with the plain configuration that ships, on a port of its own."""

    def __init__(self, folder: pathlib.Path, name: str = "broker", more: str = ""):
        """:param more: settings of its listener"""
        self.port = free_port()
        settings = folder / f"{name}.conf"
        user = pwd.getpwuid(os.getuid()).pw_name  # started by root it would become user mosquitto
        shipped = (ROOT / "config/broker/plain.conf").read_text()
        settings.write_text(f"{shipped}\nlistener {self.port} 127.0.0.1\n{more}user {user}\n")
        super().__init__(["mosquitto", "-c", settings], folder / f"{name}.log")

        def listening():
            self.check()
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.port)) == 0
        wait_for(listening, "mosquitto to listen")


class Listener(Process):
    """A subscriber; result() ends it and says what it saw."""

    def __init__(self, programs: Programs, folder: pathlib.Path, broker: Broker, slave: Slave, payload: str):
        topic = "bare" if payload == "raw" else "gengfu/v1/#"
        super().__init__([programs.find("bench_listener"), "--broker", broker.port, "--topic", topic, "--payload", payload,
                          *slave.rule], folder / f"listener-{payload}.log")
        self.wait_for_text("subscribed\n")

    def result(self) -> dict:
        self.check()
        self.end()
        if self.popen.returncode != 0:
            raise MeasureError(f"the listener failed: {self.text()[-2000:]}")
        return json.loads(self.text().splitlines()[-1])


class BareLoop(Process):
    """The reference: libmodbus and a message a unit, nothing else."""

    def __init__(self, programs: Programs, folder: pathlib.Path, broker: Broker, slave: Slave, units: int, interval_ms: int):
        super().__init__([programs.find("bench_bare_loop"), "--modbus", slave.port, "--broker", broker.port, "--topic", "bare",
                          "--units", units, "--registers", 10, "--interval", interval_ms], folder / "bare.log")


_CONFIGURATION = """
[gateway]
id = "gw-bench-01"
language = "en"

[gateway.place]
division = "440309"
community_code = "440309008012"
grid = "440309008012003"

[mqtt]
brokers = ["mqtt://127.0.0.1:{broker}"]
{mqtt}

[store]
path = "{store}"

[[bus]]
name = "tcp"
kind = "modbus-tcp"
address = "127.0.0.1:{slave}"
"""

_POINT = """
[[point]]
name = "r{number}"
register = "holding:{number}"
type = "u16"
deadband = {deadband}
"""


class Daemon(Process):
    """gengfud on units 1 to `units` of ten registers each."""

    def __init__(self, programs: Programs, folder: pathlib.Path, broker: Broker, slave: Slave, units: int, interval: str,
                 mqtt: str = "", rule: str = "", before=(), deadbands=(0.0,) * 10):
        profiles = folder / "profiles"
        profiles.mkdir(exist_ok=True)
        (profiles / "bench-counter.toml").write_text('name = "bench-counter"\nsource = "tools/bench"\n' +
                                                     "".join(_POINT.format(number=i, deadband=deadband)
                                                             for i, deadband in enumerate(deadbands)))
        self.configuration = folder / "gengfu.toml"
        self._programs = programs
        self.store = folder / "store"
        self.configuration.write_text(
            _CONFIGURATION.format(broker=broker.port, slave=slave.port, store=self.store, mqtt=mqtt) +
            "".join(f'\n[[device]]\nname = "unit-{unit}"\nbus = "tcp"\nunit = {unit}\nprofile = "bench-counter"\n'
                    f'interval = "{interval}"\n{rule}' for unit in range(1, units + 1)))
        super().__init__([*before, programs.find("gengfud"), "--config", self.configuration], folder / "gengfud.log")
