"""Benchmarks of single rooms, each a program of its own."""
import json
import pathlib
import subprocess

from figures import Figure
from programs import MeasureError, Programs

TARGETS = {"rules": ["rules_bench"], "store": ["store_bench"]}
_RULES_GOAL = 3e6  # samples a second on one core


def medians(program: str, quick: bool) -> list:
    command = [program, "--benchmark_format=json", f"--benchmark_repetitions={3 if quick else 7}",
               "--benchmark_report_aggregates_only=true", f"--benchmark_min_time={0.1 if quick else 0.5}"]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=300)
    rows = [row for row in json.loads(done.stdout)["benchmarks"] if row.get("aggregate_name") == "median"]
    if not rows:
        raise MeasureError(f"{program} measured nothing")
    return rows


def figure(row: dict, goals: dict) -> Figure:
    name = row["run_name"]
    if "items_per_second" in row:
        return Figure(name, row["items_per_second"], "/s", None, goals.get(name), higher_is_better=True)
    return Figure(name, row["real_time"], row["time_unit"], None, goals.get(name))


def rules(programs: Programs, _folder: pathlib.Path, quick: bool) -> list:
    """:return: samples a second through three rules each and the alarm table"""
    goals = {"QuietDay": _RULES_GOAL, "BusyDay": _RULES_GOAL}
    return [figure(row, goals) for row in medians(programs.find("rules_bench"), quick)]


def store(programs: Programs, folder: pathlib.Path, _quick: bool) -> list:
    """:return: what the store's own benchmark says; a reference or goal of 0 is none"""
    out = folder / "store.json"
    subprocess.run([programs.find("store_bench"), "--json", str(out)], cwd=folder, check=True, timeout=600,
                   stdout=subprocess.DEVNULL)
    return [Figure(row["name"], row["value"], row["unit"], row["reference"] or None, row["goal"] or None)
            for row in json.loads(out.read_text())]
