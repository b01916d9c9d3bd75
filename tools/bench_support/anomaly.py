"""How well the anomaly detectors do on the open benchmark half, and what a sample costs.

The data, its labels and its scorer are not part of this repository: --anomaly FOLDER or the environment's
GENGFU_ANOMALY_DATA names a folder with nab/, skab/ and score.py; without one, cost and false alarms on clean noise are
measured alone, and that is said. The tool is run as a user would run it; the figures
come from that scorer. Parameters are fitted on all folds but one and scored on that one (tests/bench/anomaly/folds.toml).
"""
import csv
import datetime
import json
import os
import pathlib
import subprocess
import sys
import tomllib
import typing

import micro
from figures import Figure
from programs import ROOT, MeasureError, Programs

TARGETS = ["gengfu", "detectors_bench", "anomaly_noise", "anomaly_fit", "anomaly_device_fit"]
VARIABLE = "GENGFU_ANOMALY_DATA"
# Standard, low FP, low FN: published detectors on the same half, scored by the same scorer.
_PUBLISHED = {
    "ARTime": (74.66, 64.39, 80.23), "CAD OSE": (71.14, 67.42, 74.44), "Numenta HTM": (69.21, 63.69, 73.15),
    "Random Cut Forest": (53.56, 37.56, 61.57), "Windowed Gaussian": (43.27, 22.04, 51.83)}
_PUBLISHED_SKAB = {"Conv-AE": (0.78, 11.26, 30.54), "T2+Q (PCA)": (0.77, 25.36, 23.59), "LSTM-AE": (0.74, 30.14, 25.53)}
_PROFILES = (("standard", 75, 0), ("reward_low_FP_rate", 66, 1), ("reward_low_FN_rate", 80, 2))
_FEATURES = ("spike", "extreme", "step", "level 2", "level 8", "level 32", "louder", "quieter", "season 1", "season 12",
             "season 64", "envelope", "sequence", "rare value", "record", "pattern")


def _data(folder) -> typing.Optional[pathlib.Path]:
    named = folder or os.environ.get(VARIABLE)
    if not named:
        print("tools/bench anomaly: the scores are NOT measured: the benchmark data is not part of the repository; name its folder"
              f" with --anomaly or {VARIABLE}", file=sys.stderr)
        return None
    data = pathlib.Path(named)
    for part in ("nab/data", "nab/labels/combined_windows.json", "skab/data", "score.py"):
        if not (data / part).exists():
            raise MeasureError(f"{data} has no {part}")
    return data


def _folds(benchmark: str) -> dict:
    listed = tomllib.loads((ROOT / "tests/bench/anomaly/folds.toml").read_text())[benchmark]
    return {file: number for number, files in enumerate(listed.values()) for file in files}


def _score(data: pathlib.Path, what: str, arguments: list, results: pathlib.Path) -> dict:
    out = results.with_suffix(".json")
    done = subprocess.run(["/usr/bin/python3", str(data / "score.py"), what, "--data", str(data / what / "data"), *arguments,
                           "--results", str(results), "--json", str(out)], capture_output=True, text=True, timeout=600)
    if done.returncode != 0:
        raise MeasureError(f"the scorer failed (it wants python3-numpy): {done.stderr.strip()[-300:]}")
    return json.loads(out.read_text())


def _seconds(text: str) -> int:
    return int(datetime.datetime.fromisoformat(text.strip()).replace(tzinfo=datetime.timezone.utc).timestamp())


def _nab_series(data: pathlib.Path, to):
    """For anomaly_fit: see its head."""
    windows = json.loads((data / "nab/labels/combined_windows.json").read_text())
    for file, fold in _folds("nab").items():
        rows = list(csv.DictReader((data / "nab/data" / file).open()))
        first = {}
        for number, row in enumerate(rows):
            first.setdefault(row["timestamp"], number)
        print("file", file, fold, len(rows), len(windows[file]), file=to)
        for start, end in windows[file]:
            print(first[start[:19]], first[end[:19]], file=to)
        for row in rows:
            print(_seconds(row["timestamp"]), row["value"], file=to)


def _skab_files(data: pathlib.Path, to):
    """For anomaly_device_fit: see its head."""
    for file, fold in _folds("skab").items():
        rows = list(csv.DictReader((data / "skab/data" / file).open(), delimiter=";"))
        channels = [name for name in rows[0] if name not in ("datetime", "anomaly", "changepoint")]
        print("file", file, fold, len(rows), len(channels), file=to)
        for row in rows:
            print(int(float(row["anomaly"])), *(row[name] for name in channels), file=to)


def _fit(program: str, folder: pathlib.Path, write) -> dict:
    """What the fitting program printed: by the first word of each line, its numbers."""
    series = folder / "series.txt"
    with series.open("w") as to:
        write(to)
    with series.open() as given:
        done = subprocess.run([program], stdin=given, capture_output=True, text=True, check=True, timeout=1800)
    lines = {}
    for line in done.stdout.splitlines():
        name, *pairs = line.split()
        if name == "without":
            number, value = pairs[0].split("=")
            lines.setdefault(name, {})[int(number)] = float(value)
        else:
            lines[name] = {key: float(value) for key, value in (pair.split("=") for pair in pairs)}
    return lines


def _tell_nab(scored: dict, fitted: dict):
    """The table beside the published rows, on standard error: the figures proper go the way of all benches."""
    say = lambda *words: print(*words, file=sys.stderr)
    say("\nNAB, open half: standard / low FP / low FN, threshold optimised on the half")
    say("  {:24}".format("Gengfu"), " / ".join(f"{scored[name]['score']:.2f}" for name, _, _ in _PROFILES),
        f"  windows {scored['standard']['windows_found']}/{scored['standard']['windows']},"
        f" false rows {scored['standard']['false_rows']}, threshold {scored['standard']['threshold']:.4f}")
    for name, row in _PUBLISHED.items():
        say(f"  {name:24}", " / ".join(f"{value:.2f}" for value in row))
    say("left out folds:", ", ".join(f"{name} {line['left_out']:.1f}" for name, line in fitted.items() if "left_out" in line))
    whole = fitted["defaults"]["fitted"]
    say("without a feature:", ", ".join(f"{_FEATURES[i]} {value - whole:+.1f}" for i, value in fitted["without"].items()))


def _tell_skab(scored: dict, fitted: dict):
    say = lambda *words: print(*words, file=sys.stderr)
    say("\nSKAB, open half: F1 / false alarms % / missed alarms %")
    say("  {:24}".format("Gengfu"), f"{scored['F1']:.3f} / {scored['FAR_percent']:.2f} / {scored['MAR_percent']:.2f}")
    for name, (f1, far, mar) in _PUBLISHED_SKAB.items():
        say(f"  {name:24} {f1:.2f} / {far:.2f} / {mar:.2f}")
    say("left out folds:", ", ".join(f"{name} {line['f1']:.2f}" for name, line in fitted.items() if name.startswith("fold")))


def _noise(programs: Programs, quick: bool) -> list:
    """False alarms a year of the worst kind of clean noise, at sensitivity 5."""
    years = "1" if quick else "4"
    done = subprocess.run([programs.find("anomaly_noise"), years], capture_output=True, text=True, check=True, timeout=1800)
    worst = {}
    print(f"\nfalse alarms a year on clean noise, one value a minute, {years} years of each kind, by sensitivity", file=sys.stderr)
    for line in done.stdout.splitlines():
        what, kind, *rates = line.split()
        rate = {int(level): float(value) for level, value in (pair.split("=") for pair in rates)}
        print(f"  {what:7} {kind:11}", *(f"{level}: {value:.1f}" for level, value in rate.items() if value > 0), file=sys.stderr)
        worst[what] = max(worst.get(what, 0), rate[5])
    return [Figure("false alarms a point and year, sensitivity 5, worst noise", worst["point"], "", None, 1),
            Figure("false alarms a device and year, sensitivity 5, worst noise", worst["device"], "", None, 1)]


def _cost(programs: Programs, quick: bool) -> list:
    goals = {"PointSample": 1000.0, "DeviceSampleOf8": 1000.0}
    return [Figure(row["run_name"], row["real_time"], row["time_unit"], None, goals.get(row["run_name"]))
            for row in micro.medians(programs.find("detectors_bench"), quick)]


def measure(programs: Programs, folder: pathlib.Path, quick: bool, data=None) -> list:
    """:return: scores tuned and cross-validated where there is data; false alarms on noise; nanoseconds a sample"""
    data = _data(data)
    scores = _scores(programs, folder, data) if data else []
    return scores + _noise(programs, quick) + _cost(programs, quick)


def _scores(programs: Programs, folder: pathlib.Path, data: pathlib.Path) -> list:
    tool = programs.find("gengfu")
    for what in ("nab", "skab"):
        subprocess.run([tool, "anomaly", "--folder", str(data / what / "data"), str(folder / what)], check=True,
                       stdout=subprocess.DEVNULL, timeout=600)
    nab = _score(data, "nab", ["--labels", str(data / "nab/labels/combined_windows.json")], folder / "nab")["profiles"]
    skab = _score(data, "skab", [], folder / "skab")
    fitted = _fit(programs.find("anomaly_fit"), folder, lambda to: _nab_series(data, to))
    fitted_skab = _fit(programs.find("anomaly_device_fit"), folder, lambda to: _skab_files(data, to))
    _tell_nab(nab, fitted)
    _tell_skab(skab, fitted_skab)
    best = _PUBLISHED["ARTime"]
    figures = [Figure(f"nab {name}", nab[name]["score"], "points", best[column], goal, True) for name, goal, column in _PROFILES]
    crossed = fitted["cross_validated"]
    figures += [Figure("nab cross-validated", crossed["fitted"], "points", None, 70, True),
                Figure("nab cross-validated, threshold only", crossed["threshold_only"], "points", None, None, True),
                Figure("skab F1", skab["F1"], "", 0.78, 0.82, True),
                Figure("skab false alarms", skab["FAR_percent"], "%", 11.26, 15),
                Figure("skab missed alarms", skab["MAR_percent"], "%", 30.54, None),
                Figure("skab cross-validated F1", fitted_skab["cross_validated"]["f1"], "", None, None, True),
                Figure("skab cross-validated false alarms", 100 * fitted_skab["cross_validated"]["far"], "%")]
    return figures
