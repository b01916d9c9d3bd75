"""From a sample to its acknowledged publish: what it costs, how fast a backlog leaves, what the disk and the memory bear."""
import json
import os
import pathlib
import subprocess
import time

from figures import Figure, median
from programs import ROOT, Broker, Daemon, Listener, MeasureError, Process, Programs, Slave, wait_for

TARGETS = ["gengfud", "gengfu", "bench_delivery", "bench_slave", "bench_listener"]
_DAY = 86400
_SECOND_NS = 1_000_000_000
# Points that count up by one a second leave these deadbands every 6, 7, … 15 seconds: one in ten a second, not all at once.
_DEADBANDS = [seconds - 0.5 for seconds in range(6, 16)]
_QUIET = 'linger = "2s"'


class TlsBroker(Broker):
    """With a certificate of tools/pki; nobody is asked to answer with one of his own."""

    def __init__(self, folder: pathlib.Path):
        pki = folder / "pki"
        subprocess.run([str(ROOT / "tools/pki"), str(pki), "broker", "127.0.0.1"], check=True, stdout=subprocess.DEVNULL)
        self.ca = pki / "ca.pem"
        super().__init__(folder, "tls-broker", f"certfile {pki / 'broker.pem'}\nkeyfile {pki / 'broker.key'}\n")


def _run(programs: Programs, folder: pathlib.Path, mode: str, port: int, samples: int, ca="none") -> dict:
    own = folder / f"{mode}-{time.monotonic_ns()}"
    own.mkdir()
    done = subprocess.run([programs.find("bench_delivery"), "--mode", mode, "--broker", str(port), "--ca", str(ca),
                           "--folder", str(own), "--samples", str(samples)],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=900, check=False)
    if done.returncode != 0:
        raise MeasureError(f"bench_delivery --mode {mode}: {done.stderr[-2000:]}")
    return {**json.loads(done.stdout.splitlines()[-1]), "folder": own}


def _cost(programs: Programs, folder: pathlib.Path, port: int, rounds: int, samples: int, ca="none"):
    """Ours and the library alone, in turn. :return: medians, in microseconds a sample"""
    ours, bare = [], []
    for _ in range(rounds):
        bare.append(_run(programs, folder, "library", port, samples, ca)["us_a_sample"])
        ours.append(_run(programs, folder, "cpu", port, samples, ca)["us_a_sample"])
    return median(ours), median(bare)


def _written(process: Process) -> int:
    """Bytes that it has caused to be sent to the disk."""
    lines = pathlib.Path(f"/proc/{process.pid}/io").read_text().splitlines()
    return int(dict(line.split(": ") for line in lines)["write_bytes"])


def _owed(store: pathlib.Path) -> int:
    """What the logs hold: it will be carried over into the files, each page once at most. (Too much for those of the state,
    which hold the same few pages over and over.)"""
    return sum(file.stat().st_size for file in store.glob("*-wal"))


def _disk(programs: Programs, folder: pathlib.Path, broker: Broker, seconds: int) -> float:
    """1,000 points a second of the real daemon. :return: bytes written a day, with what the logs owe the files by then"""
    folder.mkdir()
    with Slave(programs, folder, _SECOND_NS, "count") as slave, \
            Daemon(programs, folder, broker, slave, 100, "1s", _QUIET, deadbands=_DEADBANDS) as daemon:
        time.sleep(30)  # the first values of all points, the catalogue, new files
        daemon.check()
        begun, before = time.monotonic(), _written(daemon) + _owed(daemon.store)
        time.sleep(seconds)
        daemon.check()
        return (_written(daemon) + _owed(daemon.store) - before) / (time.monotonic() - begun) * _DAY


def _forget(folder: pathlib.Path):
    """What the kernel remembers of these files: a start reads them from the disk."""
    for file in folder.iterdir():
        if file.is_file():
            handle = os.open(file, os.O_RDONLY)
            os.fsync(handle)
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(handle)


def _start(programs: Programs, folder: pathlib.Path, broker: Broker, records: int, rounds: int):
    """The real daemon on a store that was filled before. :return: ms to the first sample at a subscriber, bytes of the store,
    and the ms of a new store"""
    folder.mkdir()
    filled = _run(programs, folder, "fill", 0, records)["folder"] / "store"
    size = sum(file.stat().st_size for file in filled.iterdir() if file.is_file())
    times = {"new": [], "full": []}
    with Slave(programs, folder, 100_000_000, "count") as slave:
        for _ in range(rounds):
            for kind in times:
                own = folder / f"{kind}-{len(times[kind])}"
                own.mkdir()
                if kind == "full":
                    filled.rename(own / "store")
                    _forget(own / "store")
                with Listener(programs, own, broker, slave, "tele") as listener, \
                        Daemon(programs, own, broker, slave, 1, "100ms", 'linger = "0ms"') as daemon:
                    wait_for(lambda: daemon.check() or _connected(programs, daemon), "a connection")
                    time.sleep(1.5)
                    seen = listener.result()
                    times[kind].append((seen["first_ns"] - daemon.started_ns) / 1e6)
                if kind == "full":
                    (own / "store").rename(filled)
    return median(times["full"]), size, median(times["new"])


def _connected(programs: Programs, daemon: Daemon) -> bool:
    said = subprocess.run([programs.find("gengfu"), "status", "--json", "--config", str(daemon.configuration)],
                          capture_output=True, text=True, check=False)
    return said.returncode == 0 and json.loads(said.stdout)["broker"]["connected"]


def measure(programs: Programs, folder: pathlib.Path, quick: bool) -> list:
    """:return: figures of the contract's lines on delivery"""
    rounds, samples = (1, 100_000) if quick else (3, 500_000)
    with Broker(folder) as broker, TlsBroker(folder) as tls:
        plain, plain_bare = _cost(programs, folder, broker.port, rounds, samples)
        coded, coded_bare = _cost(programs, folder, tls.port, rounds, samples, tls.ca)
        drains = [_run(programs, folder, "backlog", broker.port, 1_000_000) for _ in range(rounds)]
        alarm = _run(programs, folder, "alarm", broker.port, 200 if quick else 1000)
        outage = _run(programs, folder, "outage", 0, 1_000_000 if quick else 100 * _DAY)
        start, size, new = _start(programs, folder / "start", broker, 100_000 if quick else 900_000, 1 if quick else 3)
        written = _disk(programs, folder / "disk", broker, 90 if quick else 600)
    flat = max(outage["highest_mb"], outage["end_mb"]) - min(outage["settled_mb"], outage["lowest_mb"])
    return [
        Figure("cpu a sample, published (reference: library alone)", plain, "us", plain_bare, 1.0),
        Figure("... with TLS", coded, "us", coded_bare, 1.3),
        Figure("backlog drained", median([drain["samples_a_second"] for drain in drains]), "samples/s", None, 200_000, True),
        Figure("alarm p99 meanwhile, the worst run", max(drain["alarm_p99_ms"] for drain in drains), "ms", None, 50),
        Figure("alarm p50, verdict to subscriber (reference: fsync)", alarm["p50_ms"], "ms", alarm["fsync_p50_ms"]),
        Figure("alarm p99 (reference: fsync)", alarm["p99_ms"], "ms", alarm["fsync_p99_ms"], 10 + alarm["fsync_p99_ms"]),
        Figure("written a day, 1,000 points at 1 s, one in ten leaving its deadband", written / 1e6, "MB", None, 250),
        Figure("memory gained over a day of outage (reference: all)", flat, "MB", outage["end_mb"], 1),
        Figure(f"start on a store of {size / 2**30:.2f} GiB (reference: new)", start, "ms", new, 500),
    ]
