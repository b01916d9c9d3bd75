#!/usr/bin/python3
"""Changes one entry of the alarm tables of docs/alarms.md at a time, and shows that a test fails for each.

    tests/tools/mutate_alarm_table.py ALARMS_TEST [--sample N] [--seed S]

ALARMS_TEST is the built program alarms_test, which holds every cell against the alarm table in every state that can be
reached. Each cell is given another entry of its own table. A change that no test notices is a survivor: named, exit 1.
--sample tries so many, drawn by the seed, instead of all.
"""
import argparse
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "alarms.md"
FILTER = "Latch/Closure.*"
MARK = re.compile(r"<!-- states: (\w+) -->")


def cells(lines: list) -> list:
    """(line, column, table, entry) of every cell that stands for a behaviour."""
    found = []
    at = 0
    while at < len(lines):
        mark = MARK.fullmatch(lines[at])
        at += 1
        if not mark:
            continue
        at += 2  # the heading and the line under it
        while at < len(lines) and lines[at].startswith("|"):
            for column, entry in enumerate(lines[at].split("|")[2:-1], start=2):
                found.append((at, column, mark[1], entry.strip()))
            at += 1
    return found


def another(entry: str, of_table: list, draw: random.Random) -> str:
    return draw.choice(sorted({other for other in of_table if other != entry}))


def mutant(lines: list, line: int, column: int, entry: str) -> str:
    row = lines[line].split("|")
    row[column] = f" {entry} "
    return "\n".join([*lines[:line], "|".join(row), *lines[line + 1:]]) + "\n"


def passes(program: str, table: pathlib.Path, filter_: str) -> bool:
    done = subprocess.run([program, f"--gtest_filter={filter_}", "--gtest_brief=1"], env={**os.environ, "GENGFU_ALARM_TABLE": str(table)},
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=600)
    if "[  FAILED  ]" not in done.stdout and done.returncode != 0:
        sys.exit(f"{program} ended with {done.returncode}, which is no failed test:\n{done.stdout[-2000:]}")
    return done.returncode == 0


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("program")
    arguments.add_argument("--sample", type=int)
    arguments.add_argument("--seed", type=int, default=191)
    given = arguments.parse_args()
    lines = DOCUMENT.read_text().splitlines()
    all_cells = cells(lines)
    if len(all_cells) < 180:
        sys.exit(f"{DOCUMENT} has lost its tables: {len(all_cells)} cells")
    draw = random.Random(given.seed)
    chosen = draw.sample(all_cells, given.sample) if given.sample else all_cells
    survivors = 0
    with tempfile.TemporaryDirectory(prefix="gengfu-mutants-") as folder:
        table = pathlib.Path(folder) / "alarms.md"
        table.write_text("\n".join(lines) + "\n")
        tables = sorted({name for _, _, name, _ in chosen} - {"flags"}) or ["plain"]
        if not all(passes(given.program, table, f"Latch/Closure.*/{name}") for name in tables):
            sys.exit("the tests fail already with the table as it is")
        for line, column, name, entry in chosen:
            wrong = another(entry, [other for _, _, of, other in all_cells if of == name], draw)
            table.write_text(mutant(lines, line, column, wrong))
            filter_ = FILTER if name == "flags" else f"Latch/Closure.*/{name}"
            if passes(given.program, table, filter_):
                state = lines[line].split("|")[1].strip()
                print(f"survivor: docs/alarms.md:{line + 1}, table {name}, {state}, column {column - 1}: \"{entry}\" -> \"{wrong}\"")
                survivors += 1
    print(f"{len(chosen)} of {len(all_cells)} entries changed one at a time, {survivors} survivors")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
