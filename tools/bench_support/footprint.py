"""Memory and processor time of 100 devices with 1,000 points, every one of them changing every second."""
import pathlib
import time

from figures import Figure
from programs import BareLoop, Broker, Daemon, Listener, MeasureError, Programs, Slave

_UNITS = 100
_POINTS = 1000
_STEP_NS = 1_003_000  # every reading finds another value
_ENOUGH = 0.95  # of the samples due must have arrived, or the processor time is not that of the work


def _samples_due(seconds: float) -> float:
    return _POINTS * seconds


def _enough(name: str, seen: dict, seconds: float):
    if seen["samples"] < _ENOUGH * _samples_due(seconds):
        raise MeasureError(f"{name} delivered {seen['samples']} samples in {seconds:.0f} s, {_samples_due(seconds):.0f} are due")


def measure(programs: Programs, folder: pathlib.Path, quick: bool) -> list:
    """Daemon and bare loop poll the same server at the same time and pace, so that both see the same weather."""
    settle, seconds = (5.0, 20.0) if quick else (12.0, 75.0)
    with Broker(folder) as broker, Slave(programs, folder, _STEP_NS, "count") as slave, \
            Listener(programs, folder, broker, slave, "tele") as hears_ours, \
            Listener(programs, folder, broker, slave, "raw") as hears_bare, \
            Daemon(programs, folder, broker, slave, _UNITS, "1s") as daemon, \
            BareLoop(programs, folder, broker, slave, _UNITS, 1000) as bare:
        time.sleep(settle)
        begun, ours_then, bare_then = time.monotonic(), daemon.cpu_seconds(), bare.cpu_seconds()
        time.sleep(seconds)
        lasted = time.monotonic() - begun
        ours_took, bare_took = daemon.cpu_seconds() - ours_then, bare.cpu_seconds() - bare_then
        daemon.check()
        bare.check()
        memory, bare_memory = daemon.status(), bare.status()
        ours_seen, bare_seen = hears_ours.result(), hears_bare.result()
        first_ms = (ours_seen["first_ns"] - daemon.started_ns) / 1e6
        bare_first_ms = (bare_seen["first_ns"] - bare.started_ns) / 1e6
    _enough("the daemon", ours_seen, lasted + settle - 3)  # its linger, and the time to connect
    _enough("the bare loop", bare_seen, lasted + settle - 1)
    points = _samples_due(lasted)
    megabytes = {key: memory[key] * 1024 / 1e6 for key in ("VmRSS", "VmHWM", "RssAnon")}
    return [
        Figure("memory, VmRSS", megabytes["VmRSS"], "MB", bare_memory["VmRSS"] * 1024 / 1e6, 20),
        Figure("memory, RssAnon", megabytes["RssAnon"], "MB", bare_memory["RssAnon"] * 1024 / 1e6),
        Figure("memory, highest VmRSS", megabytes["VmHWM"], "MB", bare_memory["VmHWM"] * 1024 / 1e6),
        Figure("processor time a point", ours_took / points * 1e6, "us", bare_took / points * 1e6, bare_took / points * 1e6),
        Figure("start to first sample, 100 units, linger 2 s", first_ms, "ms", bare_first_ms),
    ]
