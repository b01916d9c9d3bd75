"""tools/bench: arguments, the build, the table."""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import anomaly
import bus
import delivery
import footprint
import governance_sql
import ingest
import latency
import micro
from figures import table
from programs import BENCHES, PROGRAMS, ROOT, MeasureError, Programs



def ingest_whole(programs: Programs, folder: pathlib.Path, quick: bool) -> list:
    """:return: the service's figures, then the database's"""
    figures = []
    for room, measure in (("service", ingest.measure), ("database", governance_sql.measure)):
        own = folder / room
        own.mkdir()
        figures += measure(programs, own, quick)
    return figures


BUILT = {"bus": bus.measure, "latency": latency.measure, "footprint": footprint.measure, "rules": micro.rules, "store": micro.store,
         "anomaly": anomaly.measure, "ingest": ingest_whole, "delivery": delivery.measure}
TARGETS = {**micro.TARGETS, "bus": bus.TARGETS, "anomaly": anomaly.TARGETS, "delivery": delivery.TARGETS, "ingest": [*ingest.TARGETS, *governance_sql.TARGETS]}
_MEMORY_FILE_SYSTEMS = {"tmpfs", "ramfs", "devtmpfs"}


def arguments():
    parser = argparse.ArgumentParser(prog="tools/bench")
    parser.add_argument("names", nargs="+", metavar="NAME")
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--bin", type=pathlib.Path, action="append", default=[])
    parser.add_argument("--anomaly", type=pathlib.Path)
    parser.add_argument("--folder", type=pathlib.Path, default=pathlib.Path("/var/tmp"))
    return parser.parse_args()


def build(names) -> list[pathlib.Path]:
    targets = {target for name in names for target in TARGETS.get(name, [*PROGRAMS, *BENCHES])}
    subprocess.run(["cmake", "--preset", "release"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", "--preset", "release", "--target", *sorted(targets)], cwd=ROOT, check=True,
                   stdout=sys.stderr)
    return [ROOT / "build/release/bin", ROOT / "build/release/bench"]


def refuse_memory_disk(folder: pathlib.Path):
    """The store must be on a disk whose fsync costs something."""
    kind = subprocess.run(["stat", "-f", "-c", "%T", str(folder)], check=True, capture_output=True, text=True).stdout.strip()
    if kind in _MEMORY_FILE_SYSTEMS:
        raise MeasureError(f"{folder} is in memory ({kind}): name a folder on a real disk with --folder")


def main() -> int:
    wanted = arguments()
    for name in wanted.names:
        if name not in BUILT:
            print(f"tools/bench: no such name: {name} (there are {', '.join(BUILT)})", file=sys.stderr)
            return 1
    figures = []
    run = pathlib.Path(tempfile.mkdtemp(prefix="gengfu-bench-", dir=wanted.folder))
    try:
        refuse_memory_disk(run)
        programs = Programs([folder.resolve() for folder in wanted.bin] or build(wanted.names))
        print(f"load average before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors", file=sys.stderr)
        for name in wanted.names:
            folder = run / name
            folder.mkdir(exist_ok=True)
            more = {"data": wanted.anomaly} if name == "anomaly" else {}
            figures += BUILT[name](programs, folder, wanted.quick, **more)
    except (MeasureError, OSError, subprocess.SubprocessError) as error:
        print(f"tools/bench: not measured: {error}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(run, ignore_errors=True)
    print(table(figures), flush=True)
    if wanted.json:
        wanted.json.write_text(json.dumps([figure.as_json() for figure in figures], indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
