"""Serial lines: the share of the rate that physics allows, and what units that do not answer cost the others."""
import json
import pathlib
import random
import statistics
import subprocess
import time

from figures import Figure
from programs import MeasureError, Programs, wait_for
from simulated_line import Line, LineDaemon, Unit, exchange_s

_SETTLE = 10.0  # seconds after a start: from then on the promise for lines with dead units holds
_TIMEOUT_MS = 500  # of a bus that says nothing else: a dead unit is waited for so long
_PROBE_SHARE = 0.03  # of a line's time goes to units that do not answer
_LOOK = 0.01    # seconds between looks at the line's counters: how fine silences are seen
_SEED = 20261127
_GOALS = {9600: 0.99, 19200: 0.98, 115200: 0.95}


def _ideal():
    return [Unit(number, 0) for number in range(1, 11)]


def _mixed():
    """Nine units that take 5 to 50 ms, and one that takes 300."""
    draw = random.Random(_SEED)
    return [Unit(number, draw.randint(5, 50)) for number in range(1, 10)] + [Unit(10, 300)]


def _answering(line: Line, units):
    wait_for(lambda: all(line.requests().get(unit.number, 0) > 2 for unit in units if not unit.dead), "all units to be read")


def _share(line: Line, baud: int, units, seconds: float) -> float:
    """Time that what was read takes at least, of the time that it took."""
    before, begun = line.requests(), time.monotonic()
    time.sleep(seconds)
    after, took = line.requests(), time.monotonic() - begun
    return sum((after[unit.number] - before[unit.number]) * exchange_s(baud, unit) for unit in units) / took


def _bare_share(programs: Programs, line: Line, baud: int, units, seconds: int) -> float:
    done = subprocess.run([programs.find("bench_modbus_loop"), "--rtu", str(line.port), "--baud", str(baud), "--units",
                           str(len(units)), "--registers", "10", "--seconds", str(seconds)], check=True, capture_output=True,
                          text=True, timeout=seconds + 60)
    seen = json.loads(done.stdout)
    mean = sum(exchange_s(baud, unit) for unit in units) / len(units)
    return seen["reads"] * mean / seen["seconds"]


def rates(programs: Programs, folder: pathlib.Path, quick: bool) -> list:
    """The daemon and the bare loop of libmodbus, one after the other on the same line."""
    figures = []
    for baud, goal in _GOALS.items():
        for word, units in (("ideal slaves", _ideal()), ("5 to 50 ms, one of 300", _mixed())):
            place = folder / f"rate-{baud}-{len(figures)}"
            place.mkdir()
            with Line(programs, place, baud, units) as line:
                bare = _bare_share(programs, line, baud, units, 5 if quick else 20)
                wait_for(line.port.exists, "the line to be back")
                with LineDaemon(programs, place, line, baud, units, "0ms") as daemon:
                    _answering(line, units)
                    ours = _share(line, baud, units, 10 if quick else 60)
                    daemon.check()
                stats = line.stats()
            if stats["collisions"]:
                raise MeasureError(f"{stats['collisions']} collisions at {baud} baud")
            figures.append(Figure(f"share of the rate, {baud} baud, {word}", 100 * ours, "%", 100 * bare, 100 * goal,
                                  higher_is_better=True))
    return figures


def _watch(line: Line, living, seconds: float):
    """Requests a second to the living, and the longest time in which one of them was not asked."""
    before, begun = line.requests(), time.monotonic()
    seen, last, longest = dict(before), {unit.number: begun for unit in living}, 0.0
    while time.monotonic() - begun < seconds:
        time.sleep(_LOOK)
        requests, now = line.requests(), time.monotonic()
        for unit in living:
            if requests.get(unit.number, 0) != seen.get(unit.number, 0):
                longest = max(longest, now - last[unit.number])
                last[unit.number], seen[unit.number] = now, requests[unit.number]
    took = time.monotonic() - begun
    longest = max([longest] + [begun + took - at for at in last.values()])
    return sum(seen[unit.number] - before.get(unit.number, 0) for unit in living) / took, longest


def _run(programs: Programs, folder: pathlib.Path, baud: int, units, configured, seconds: float):
    folder.mkdir()
    living = [unit for unit in units if not unit.dead]
    with Line(programs, folder, baud, units) as line, LineDaemon(programs, folder, line, baud, configured, "0ms") as daemon:
        _answering(line, living)
        time.sleep(max(0.0, _SETTLE - (time.monotonic_ns() - daemon.started_ns) / 1e9))
        seen = _watch(line, living, seconds)
        daemon.check()
    return seen


def dead_units(programs: Programs, folder: pathlib.Path, quick: bool) -> list:
    """Ten units of 5 to 50 ms at 19200 baud, some of them dead; the reference has these taken out of its configuration.
    The median of rounds of the two, one after the other: two runs of the same configuration are up to 0.8 % apart. The dead
    are asked every probe's time / 3 %: a window of whole such periods has neither one more nor one fewer of it."""
    baud, rounds, probes, figures = 19200, 1 if quick else 3, 1 if quick else 3, []
    for dead in (1, 5):
        draw = random.Random(_SEED)
        units = [Unit(number, draw.randint(5, 50), dead=number <= dead) for number in range(1, 11)]
        living = [unit for unit in units if not unit.dead]
        cycle = sum(exchange_s(baud, unit) for unit in living)
        probe = max(exchange_s(baud, unit) + (max(unit.stated_ms, _TIMEOUT_MS) + 20) / 1e3 for unit in units if unit.dead)
        seconds = probes * (_TIMEOUT_MS + 20) / 1e3 / _PROBE_SHARE
        shares, silences = [], []
        for number in range(rounds):
            bare, _ = _run(programs, folder / f"without-{dead}-{number}", baud, units, living, seconds)
            ours, silence = _run(programs, folder / f"dead-{dead}-{number}", baud, units, units, seconds)
            shares.append(100 * ours / bare)
            silences.append(1e3 * silence)
        figures += [Figure(f"{dead} of 10 dead: rate of the living", statistics.median(shares), "%", 100, 97,
                           higher_is_better=True),
                    Figure(f"{dead} of 10 dead: longest silence of a living unit", max(silences), "ms", None,
                           1e3 * (cycle + probe + 2 * _LOOK))]
    return figures
