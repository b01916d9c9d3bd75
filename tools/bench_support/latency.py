"""From the change of a register to the message: telemetry, alarms, and the first sample after a start."""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

from figures import Figure, median, percentile
from programs import BareLoop, Broker, Daemon, Listener, MeasureError, Process, Programs, Slave, wait_for

# Odd on purpose: changes must not keep step with anything that polls.
_TELEMETRY_STEP_NS = 5_003_000
_ALARM_STEP_NS = 51_370_000
_SETTLE_NS = 500_000_000  # what was read while connecting comes first, in one heap; the start has a figure of its own
_TOLD_AT_ONCE = 'linger = "0ms"'
_RULE = """
[device.rule.high]
kind = "above"
point = "r0"
limit = 10000
deadband = 0.0
on_delay = "0ms"
off_delay = "0ms"
severity = "major"
"""


def _run(seconds: float, listener: Listener, process: Process) -> dict:
    time.sleep(seconds)
    process.check()
    seen = listener.result()
    if len(seen["latencies_ns"]) < 20:
        raise MeasureError(f"hardly anything arrived from {process.popen.args[0]}:\n{process.text()[-2000:]}")
    seen["first_ms"] = (seen["first_ns"] - process.started_ns) / 1e6
    return seen


def _telemetry(programs: Programs, folder: pathlib.Path, broker: Broker, rounds: int, seconds: float):
    """Bare loop and daemon in turn, so that both see the same weather of the machine. Every round is a start."""
    ours, bare = [], []
    with Slave(programs, folder, _TELEMETRY_STEP_NS, "count") as slave:
        for _ in range(rounds):
            with Listener(programs, folder, broker, slave, "raw") as listener, \
                    BareLoop(programs, folder, broker, slave, 1, 0) as loop:
                bare.append(_run(seconds, listener, loop))
            with Listener(programs, folder, broker, slave, "tele") as listener, \
                    Daemon(programs, folder, broker, slave, 1, "0ms", _TOLD_AT_ONCE) as daemon:
                ours.append(_run(seconds, listener, daemon))
    return ours, bare


def fsync_ms(folder: pathlib.Path, times: int) -> list:
    """4 KiB written into a file that is there already, then fdatasync: what a commit costs at least."""
    took = []
    name = folder / "fsync"
    block = os.urandom(4096)
    name.write_bytes(bytes(4096 * 64))
    file = os.open(name, os.O_WRONLY)
    try:
        os.fsync(file)
        for i in range(times):
            begun = time.perf_counter_ns()
            os.pwrite(file, block, 4096 * (i % 64))
            os.fdatasync(file)
            took.append((time.perf_counter_ns() - begun) / 1e6)
    finally:
        os.close(file)
        name.unlink()
    return took


def _count_fsyncs(daemon: Daemon, folder: pathlib.Path, seconds: float):
    """fsync and fdatasync calls a second of the daemon; None where strace may not look."""
    if not shutil.which("strace"):
        return None
    log = folder / "strace.log"
    with open(log, "wb") as file:
        strace = subprocess.Popen(["strace", "-f", "-e", "trace=fsync,fdatasync", "-p", str(daemon.pid)], stderr=file,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        try:
            wait_for(lambda: strace.poll() is not None or b"attached" in log.read_bytes(), "strace to attach")
            if strace.poll() is not None:
                return None
            begun, before = time.monotonic(), log.read_bytes().count(b"sync(")
            time.sleep(seconds)
            calls = len(re.findall(rb"sync\(", log.read_bytes())) - before
            return calls / (time.monotonic() - begun)
        finally:
            strace.send_signal(signal.SIGINT)
            strace.wait()


def _alarms(programs: Programs, folder: pathlib.Path, broker: Broker, seconds: float):
    fsync = fsync_ms(folder, 60)
    with Slave(programs, folder, _ALARM_STEP_NS, "alternate") as slave, \
            Listener(programs, folder, broker, slave, "event") as listener, \
            Daemon(programs, folder, broker, slave, 1, "10ms", rule=_RULE) as daemon:
        seen = _run(seconds, listener, daemon)
        calls = _count_fsyncs(daemon, folder, seconds / 4)
    fsync += fsync_ms(folder, 60)
    return seen, fsync, calls


def _milliseconds(runs, step_ns: int) -> list:
    settled = _SETTLE_NS // step_ns  # changes, of which there is one each step
    return [ns / 1e6 for run in runs for ns in run["latencies_ns"][settled:]]


def measure(programs: Programs, folder: pathlib.Path, quick: bool) -> list:
    """:return: figures of telemetry, start and alarm"""
    rounds, seconds, alarm_seconds = (2, 2.0, 5.0) if quick else (5, 3.0, 14.0)
    with Broker(folder) as broker:
        (folder / "telemetry").mkdir()
        ours, bare = _telemetry(programs, folder / "telemetry", broker, rounds, seconds)
        (folder / "alarm").mkdir()
        alarm, fsync, calls = _alarms(programs, folder / "alarm", broker, alarm_seconds)
    telemetry, reference = _milliseconds(ours, _TELEMETRY_STEP_NS), _milliseconds(bare, _TELEMETRY_STEP_NS)
    alarms = _milliseconds([alarm], _ALARM_STEP_NS)
    disk = {share: percentile(fsync, share) for share in (0.5, 0.99)}
    figures = [
        Figure("telemetry p50", percentile(telemetry, 0.5), "ms", percentile(reference, 0.5), 1.5),
        Figure("telemetry p99", percentile(telemetry, 0.99), "ms", percentile(reference, 0.99), 3.0),
        Figure("start to first sample", median([run["first_ms"] for run in ours]), "ms",
               median([run["first_ms"] for run in bare]), 300),
        Figure("alarm p50 (reference: fsync)", percentile(alarms, 0.5), "ms", disk[0.5], 15 + disk[0.5]),
        Figure("alarm p99 (reference: fsync)", percentile(alarms, 0.99), "ms", disk[0.99], 25 + disk[0.99]),
        Figure("alarm events missed", alarm["missed"], "events", None, 0),
    ]
    if calls is not None:
        figures.append(Figure("fsyncs an event", calls * _ALARM_STEP_NS / 1e9, "calls"))
    return figures
