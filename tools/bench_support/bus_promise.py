"""The promise of `gengfu check`: written down first, then held against thousands of changes on a loaded line."""
import json
import pathlib
import random
import subprocess
import threading
import time

from figures import Figure, median
from programs import Broker, MeasureError, Programs, wait_for
from simulated_line import Line, LineDaemon, Unit

_BAUD = 19200
_INTERVAL = "800ms"  # loads the line to about four fifths
_SEED = 20261128
_POINTS = 10
_WINDOW = 66.0  # seconds: an alarm raised a third time within a minute is held as chattering; verdicts come up to some seconds late
_RULE = """
[device.rule.high-{point}]
kind = "above"
point = "r{point}"
limit = 1
deadband = 0.0
on_delay = "0ms"
off_delay = "0ms"
severity = "major"
"""


def _rules(_unit) -> str:
    return "".join(_RULE.format(point=point) for point in range(_POINTS))


def _units():
    draw = random.Random(_SEED)
    return [Unit(number, draw.randint(5, 50), dead=number == 10) for number in range(1, 11)]


class _Verdicts:
    """Transitions as mosquitto_sub prints them: when core judged, by device and point, on CLOCK_MONOTONIC."""

    def __init__(self, broker: Broker):
        self.seen = {}
        self._lock = threading.Lock()
        self._sub = subprocess.Popen(["mosquitto_sub", "-p", str(broker.port), "-V", "5", "-q", "1", "-t", "gengfu/v1/#", "-F",
                                      "%t %p"], stdout=subprocess.PIPE, text=True)
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self):
        for line in self._sub.stdout:
            topic, _, payload = line.partition(" ")
            if not topic.endswith("/event"):
                continue
            transition = json.loads(payload).get("record", {}).get("transition")
            if not transition or transition["kind"] not in ("TRANSITION_KIND_RAISED", "TRANSITION_KIND_CLEARED"):
                continue
            alarm = transition["alarm"]
            raised = transition["kind"] == "TRANSITION_KIND_RAISED"
            if "point" in alarm:
                with self._lock:
                    key = (alarm["device"], alarm["point"], raised)
                    self.seen.setdefault(key, []).append(int(alarm["raised" if raised else "cleared"]["monotonicUs"]) / 1e6)

    def of(self, key) -> list:
        with self._lock:
            return list(self.seen.get(key, []))

    def close(self):
        self._sub.terminate()
        self._sub.wait()
        self._thread.join()


def _bounds(programs: Programs, daemon: LineDaemon) -> dict:
    """Of each device, with one dead (which is what the line has)."""
    done = subprocess.run([programs.find("gengfu"), "check", "--config", str(daemon.configuration), "--json"],
                          capture_output=True, text=True, timeout=60)
    bus = next(bus for bus in json.loads(done.stdout)["buses"] if bus["name"] == "line")
    return {point["point"].split("/")[0]: point["one_dead_seconds"] for point in bus["safety_points"]}, bus["load"]


def _change(line: Line, values: dict, unit: Unit, point: int, high: bool) -> float:
    """Sets the register; returns a moment just before it has changed."""
    values[unit.number][point] = 2 if high else 0
    words = " ".join(f"{value:04X}" for value in values[unit.number])
    before = time.monotonic()
    line.do("set", device=unit.name, holding={"0x0000": words})
    return before


def promise(programs: Programs, folder: pathlib.Path, quick: bool) -> list:
    """Every point goes up and comes down at random moments, at most twice a minute, each time after its verdict is in."""
    units = _units()
    living = [unit for unit in units if not unit.dead]
    wanted, draw = (200 if quick else 5000), random.Random(_SEED)
    with Broker(folder) as broker, Line(programs, folder, _BAUD, units) as line:
        mqtt = f'brokers = ["mqtt://127.0.0.1:{broker.port}"]\nencoding = "json"'
        verdicts = _Verdicts(broker)
        try:
            with LineDaemon(programs, folder, line, _BAUD, units, _INTERVAL, mqtt, _rules) as daemon:
                bounds, load = _bounds(programs, daemon)
                wait_for(lambda: all(line.requests().get(unit.number, 0) > 20 for unit in living), "all units to be read")
                reader = _Reader(programs, daemon, units)
                try:
                    late, latest, done = _drive(line, living, verdicts, bounds, wanted, draw)
                finally:
                    reader.close()
                daemon.check()
        finally:
            verdicts.close()
    ratios = [bounds[unit.name] / latest[unit.name] for unit in living]
    return [
        Figure("promise: load of the line by gengfu check", 100 * load, "%"),
        Figure("promise: changes", done, "", None, wanted, higher_is_better=True),
        Figure("promise: reads on demand meanwhile", reader.done, ""),
        Figure("promise: verdicts later than promised", late, "", None, 0),
        Figure("promise: latest verdict", 1e3 * max(latest.values()), "ms", 1e3 * max(bounds.values())),
        Figure("promise: bound / latest verdict, median of units", median(ratios), "", None, 1.5),
        Figure("promise: bound / latest verdict, worst unit", max(ratios), "", None, 1.5),
    ]


class _Reader:
    """Somebody who looks at values all the while, mostly of the unit that does not answer: that is part of the promise."""

    def __init__(self, programs: Programs, daemon: LineDaemon, units):
        self._command = [programs.find("gengfu"), "read", "--config", str(daemon.configuration), "--socket",
                         str(daemon.store / "control.sock")]
        self._units, self._draw, self._end, self.done = units, random.Random(_SEED), threading.Event(), 0
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        while not self._end.is_set():
            unit = self._draw.choice([unit for unit in self._units if unit.dead] * 9 + list(self._units))
            subprocess.run(self._command + [unit.name], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120)
            self.done += 1
            self._end.wait(0.2)

    def close(self):
        self._end.set()
        self._thread.join()


class _Point:
    def __init__(self, unit: Unit, number: int, begin: float):
        self.unit, self.number, self.high = unit, number, False
        self.next, self.rises, self.waiting = begin, [], None


def _drive(line: Line, living, verdicts: _Verdicts, bounds: dict, wanted: int, draw: random.Random):
    values = {unit.number: [0] * _POINTS for unit in living}
    begun = time.monotonic()
    points = [_Point(unit, number, begun + draw.uniform(0, _WINDOW / 4)) for unit in living for number in range(_POINTS)]
    latest, late, done = {unit.name: 0.0 for unit in living}, 0, 0
    patience = 10 * max(bounds.values())
    while done < wanted:
        now = time.monotonic()
        for point in points:
            if point.waiting is None:
                if now >= point.next:
                    point.high = not point.high
                    point.waiting = _change(line, values, point.unit, point.number, point.high)
                    if point.high:
                        point.rises = point.rises[-1:] + [point.waiting]
                continue
            heard = [at for at in verdicts.of((point.unit.name, f"r{point.number}", point.high)) if at >= point.waiting]
            if not heard:
                if now - point.waiting > patience:
                    raise MeasureError(f"{point.unit.name}/r{point.number}: no verdict in {patience:.1f} s")
                continue
            took = heard[0] - point.waiting
            latest[point.unit.name] = max(latest[point.unit.name], took)
            late += took > bounds[point.unit.name]
            done += 1
            point.waiting = None
            # Its next rise must not be the third within the window.
            rest = draw.uniform(0.2, 3.0)
            point.next = now + rest if point.high or len(point.rises) < 2 else max(now + rest, point.rises[-2] + _WINDOW)
        time.sleep(0.004)
    return late, latest, done
