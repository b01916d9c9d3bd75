"""tools/bench bus: how near the bus comes to what physics allows, and whether `gengfu check` keeps its promise."""
import json
import pathlib
import subprocess

import bus_promise
import bus_serial
import bus_tcp
from figures import Figure
from programs import PROGRAMS, Programs

TARGETS = [*PROGRAMS, "gengfu-sim", "bench_slave", "bench_modbus_loop", "bench_merge"]
_MAPS, _SEED = 1000, 20261127


def _merging(programs: Programs) -> list:
    done = subprocess.run([programs.find("bench_merge"), "--maps", str(_MAPS), "--seed", str(_SEED)], check=True,
                          capture_output=True, text=True, timeout=300)
    seen = json.loads(done.stdout)
    return [Figure("merging: register maps refused", seen["refused"], f"of {_MAPS}", None, 0),
            Figure("merging: cycle time / the best, worst map (reference: a request a point, mean)", seen["worst_ratio"], "",
                   seen["one_by_one_ratio"], 1.02)]


def measure(programs: Programs, folder: pathlib.Path, quick: bool) -> list:
    """:return: about a quarter of an hour of figures; three minutes when quick"""
    figures = _merging(programs)
    for part in (bus_tcp.one_connection, bus_tcp.many_connections, bus_serial.rates, bus_serial.dead_units,
                 bus_promise.promise):
        place = folder / part.__name__
        place.mkdir()
        figures += part(programs, place, quick)
    return figures
