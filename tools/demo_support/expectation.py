"""What a scenario file says must arrive: its [[expect]] tables as plain values. gengfu-sim has checked them."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0}

# How soon after its command an acknowledgement or a reset must arrive, seconds.
COMMAND_WITHIN = 6.0


def seconds(text):
    """"12.5s" -> 12.5"""
    match = re.fullmatch(r"([0-9.]+)(us|ms|s|min|h)", text)
    if not match:
        raise ValueError(f'"{text}" is no duration')
    return float(match.group(1)) * _UNITS[match.group(2)]


@dataclass(frozen=True)
class Due:
    """One transition of an expected alarm: it arrives once, from `at` on and within `within` seconds of it.
    For an acknowledgement or a reset `at` is None: it counts from the command."""

    kind: str
    at: float | None
    within: float
    severity: str = ""


@dataclass(frozen=True)
class Expectation:
    device: str
    rule: str
    point: str
    ack: str
    reset: str
    dues: tuple[Due, ...]

    @property
    def label(self):
        return f"{self.device}/{self.rule}"

    def due(self, kind):
        return next((due for due in self.dues if due.kind == kind), None)


def _expectation(table):
    dues = [Due("RAISED", seconds(table["raised_at"]), seconds(table["within"]), table["severity"])]
    if "rises_to" in table:
        dues.append(
            Due("SEVERITY_CHANGED", seconds(table["rises_at"]), seconds(table["rises_within"]), table["rises_to"])
        )
    if "ack" in table:
        dues.append(Due("ACKNOWLEDGED", None, COMMAND_WITHIN))
    if "cleared_at" in table:
        dues.append(Due("CLEARED", seconds(table["cleared_at"]), seconds(table["cleared_within"])))
    if "reset" in table:
        dues.append(Due("RESET", None, COMMAND_WITHIN))
    return Expectation(
        table["device"],
        table["rule"],
        table.get("point", ""),
        table.get("ack", ""),
        table.get("reset", ""),
        tuple(dues),
    )


@dataclass(frozen=True)
class Play:
    """The parts of a scenario that concern who watches it."""

    lasts: float
    expectations: tuple[Expectation, ...]

    def last_bound(self):
        """When the last transition with a time of its own must have arrived, seconds."""
        return max(due.at + due.within for e in self.expectations for due in e.dues if due.at is not None)


def load(path):
    tables = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    expectations = tuple(_expectation(table) for table in tables.get("expect", []))
    return Play(seconds(tables["scenario"]["duration"]), expectations)
