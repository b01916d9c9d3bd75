"""Spoils the stream between broker and comparison on purpose, so that it can be seen that the comparison notices.

One transition out of those that the scenario expects is chosen at random, and then dropped, doubled (the same under
another identity) or held back until its time is over.
"""

import random
from dataclasses import dataclass, replace

KINDS = ("drop", "double", "late")
# How much later than its bound a late transition comes, seconds.
BEYOND = 1.5


@dataclass
class Sabotage:
    how: str
    label: str
    device: str
    rule: str
    point: str
    kind: str
    hold: float  # late: seconds after its first arrival
    hit: bool = False

    def __str__(self):
        return f"{self.how} {self.kind} of {self.label}"

    def concerns(self, seen):
        same = seen.device == self.device and seen.rule == self.rule and self.point in ("", seen.point)
        return same and seen.kind == self.kind

    def spoil(self, seen):
        """[(delay in seconds, transition)] that take the place of one that arrived."""
        if not self.concerns(seen):
            return [(0.0, seen)]
        self.hit = True
        if self.how == "drop":
            return []
        if self.how == "late":
            return [(self.hold, seen)]
        foreign = replace(seen.identity, sequence=seen.identity.sequence + 1_000_000)
        return [(0.0, seen), (0.0, replace(seen, identity=foreign))]


def choose(how, expectations, seed=None):
    generator = random.Random(seed)
    expectation = generator.choice(expectations)
    due = generator.choice(expectation.dues)
    return Sabotage(
        how,
        expectation.label,
        expectation.device,
        expectation.rule,
        expectation.point,
        due.kind,
        due.within + BEYOND,
    )
