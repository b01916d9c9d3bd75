"""What a bench finds out: figures, and the table of them."""
import dataclasses
import math
import statistics
import typing


@dataclasses.dataclass
class Figure:
    name: str
    value: float
    unit: str
    reference: typing.Optional[float] = None  # the same, of what it is compared with, in the same run
    goal: typing.Optional[float] = None
    higher_is_better: bool = False

    @property
    def met(self) -> typing.Optional[bool]:
        if self.goal is None:
            return None
        return self.value >= self.goal if self.higher_is_better else self.value <= self.goal

    def as_json(self) -> dict:
        return {"name": self.name, "value": self.value, "unit": self.unit, "reference": self.reference, "goal": self.goal,
                "met": self.met}


def percentile(values, share: float) -> float:
    """The smallest value that `share` of all values do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def median(values) -> float:
    return statistics.median(values)


def _number(value: typing.Optional[float]) -> str:
    if value is None:
        return "-"
    return f"{value:.2f}" if abs(value) < 100 else f"{value:,.0f}"


def table(figures) -> str:
    rows = [("figure", "value", "unit", "reference", "goal", "")]
    for figure in figures:
        goal = "-" if figure.goal is None else (">= " if figure.higher_is_better else "<= ") + _number(figure.goal)
        verdict = {None: "", True: "met", False: "MISSED"}[figure.met]
        rows.append((figure.name, _number(figure.value), figure.unit, _number(figure.reference), goal, verdict))
    widths = [max(len(row[i]) for row in rows) for i in range(6)]
    lines = []
    for row in rows:
        cells = [cell.rjust(width) if i in (1, 3, 4) else cell.ljust(width) for i, (cell, width) in enumerate(zip(row, widths))]
        lines.append("  ".join(cells).rstrip())
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:]])
