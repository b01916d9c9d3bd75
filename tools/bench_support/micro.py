"""Benchmarks of single rooms, each a program of its own."""
import json
import pathlib
import subprocess

from figures import Figure
from programs import MeasureError, Programs

TARGETS = {"rules": ["rules_bench", "replay_bench"], "store": ["store_bench"]}
_RULES_GOAL = 3e6  # samples a second on one core
_STATE_GOAL = 256  # bytes of a rule without a window
_RESTART_GOAL_MS = 200
_REPLAY_GOAL = 1000  # times as fast as it was


def medians(program: str, quick: bool) -> list:
    command = [program, "--benchmark_format=json", f"--benchmark_repetitions={3 if quick else 7}",
               "--benchmark_report_aggregates_only=true", f"--benchmark_min_time={0.1 if quick else 0.5}"]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=300)
    rows = [row for row in json.loads(done.stdout)["benchmarks"] if row.get("aggregate_name") == "median"]
    if not rows:
        raise MeasureError(f"{program} measured nothing")
    return rows


def rules(programs: Programs, _folder: pathlib.Path, quick: bool) -> list:
    """:return: samples a second through three rules each and the alarm table, bytes a rule, a restart"""
    rows = medians(programs.find("rules_bench"), quick)
    bare = next(row["items_per_second"] for row in rows if row["run_name"] == "BareThresholds")
    figures = []
    for row in rows:
        name = row["run_name"].split("/")[0]
        if name == "StateOfARule":
            figures.append(Figure(name, row["bytes"], "bytes", None, _STATE_GOAL))
        elif name == "RestartWithThousandAlarms":
            figures.append(Figure(name, row["real_time"], row["time_unit"], None, _RESTART_GOAL_MS))
        elif name != "BareThresholds":
            # Reference: the same samples compared with three limits, without delays, levels, silence or alarms.
            figures.append(Figure(name, row["items_per_second"], "/s", bare, _RULES_GOAL, higher_is_better=True))
    return figures + replay(programs, quick)


def replay(programs: Programs, quick: bool) -> list:
    """:return: a day of 100 devices through `gengfu replay`"""
    command = [programs.find("replay_bench"), "--benchmark_format=json", f"--benchmark_repetitions={3 if quick else 5}",
               "--benchmark_report_aggregates_only=true"]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=600)
    row = next(row for row in json.loads(done.stdout)["benchmarks"] if row.get("aggregate_name") == "median")
    seconds = row["real_time"] / 1e3  # of milliseconds
    return [Figure("Replay", row["played_seconds"] / seconds, "times", None, _REPLAY_GOAL, higher_is_better=True),
            Figure("ReplayReadings", row["readings"] / seconds, "/s", None, None, higher_is_better=True)]


def store(programs: Programs, folder: pathlib.Path, _quick: bool) -> list:
    """:return: what the store's own benchmark says; a reference or goal of 0 is none"""
    out = folder / "store.json"
    subprocess.run([programs.find("store_bench"), "--json", str(out)], cwd=folder, check=True, timeout=600,
                   stdout=subprocess.DEVNULL)
    return [Figure(row["name"], row["value"], row["unit"], row["reference"] or None, row["goal"] or None)
            for row in json.loads(out.read_text())]
