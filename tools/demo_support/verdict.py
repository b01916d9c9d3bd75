"""Compares what arrived at the far end with what the scenario says must arrive. Values in, values out.

Every alarm transition must arrive exactly once by identity (gateway, epoch, stream, sequence), in its time, and none
that nobody expects. The same identity twice is a redelivery, which QoS 1 allows and every consumer removes; the same
transition under another identity is a double. The event stream of an epoch must have no gap.
"""

from dataclasses import dataclass, field

# A transition may not arrive before its cause, but for the width of a thread's wake-up.
EARLY = 0.2


@dataclass(frozen=True)
class Identity:
    gateway: str
    epoch: int
    stream: int
    sequence: int


@dataclass(frozen=True)
class Seen:
    """One transition as it arrived first; `at` in seconds of the play."""

    identity: Identity
    at: float
    kind: str
    alarm: str
    revision: int
    device: str
    rule: str
    point: str
    severity: str
    over: bool


@dataclass
class Line:
    """One line of the table."""

    label: str
    kind: str
    due: str
    arrived: float | None
    verdict: str

    @property
    def good(self):
        return self.verdict == "ok"


@dataclass
class Verdict:
    lines: list[Line] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    redelivered: int = 0

    @property
    def good(self):
        return not self.faults and all(line.good for line in self.lines)


def _key(device, rule, point):
    return (device, rule, point)


def match(expectations, seen):
    """Which alarm answers which expectation: {index of expectation: alarm id}, by device, rule and point in the order
    of their first arrival."""
    alarms = {}
    for one in seen:
        alarms.setdefault(one.alarm, one)
    free = list(alarms.values())
    matched = {}
    order = sorted(range(len(expectations)), key=lambda i: expectations[i].dues[0].at)
    for index in order:
        wanted = expectations[index]
        for one in free:
            same = one.device == wanted.device and one.rule == wanted.rule
            if same and wanted.point in ("", one.point):
                matched[index] = one.alarm
                free.remove(one)
                break
    return matched


def _bounds(due, commanded):
    """(earliest, latest) of a transition, or None when its command was never taken."""
    if due.at is not None:
        return due.at, due.at + due.within
    return (commanded[0], commanded[1] + due.within) if commanded is not None else None


def _judge(due, arrivals, commanded):
    bounds = _bounds(due, commanded)
    text = "no command" if bounds is None else f"{bounds[0]:.1f} .. {bounds[1]:.1f}"
    first = arrivals[0] if arrivals else None
    at = first.at if first else None
    if first is None:
        return text, at, "MISSING"
    if len(arrivals) > 1:
        return text, at, f"{len(arrivals)} TIMES"
    if bounds is None:
        return text, at, "UNASKED"
    if at < bounds[0] - EARLY:
        return text, at, "EARLY"
    if at > bounds[1]:
        return text, at, "LATE"
    if due.severity and first.severity != due.severity:
        return text, at, f"IS {first.severity.upper()}"
    return text, at, "ok"


def _unexpected(one):
    where = f"{one.device}/{one.point}" if one.point else one.device
    return f"unexpected {one.kind} at {one.at:.1f} s: {one.rule} of {where} ({one.alarm})"


def _is_of_lines(one):
    """What the gateway says of a line that is down, or slow on a busy machine, and of silences that this explains: a scenario names sensors only."""
    return (one.device == "gateway" and one.rule in ("bus-down", "bus-late")) or one.kind in ("SUPPRESSED", "RELEASED")


def _line_faults(seen):
    """A line that is down is one alarm."""
    raised = [one for one in seen if one.device == "gateway" and one.rule == "bus-down" and one.kind == "RAISED"]
    points = [one.point for one in raised]
    return [_unexpected(one) for index, one in enumerate(raised) if one.point in points[:index]]


def _gaps(identities, event_stream):
    """Ranges of sequences that are missing within the event stream of each epoch."""
    streams = {}
    for identity in identities:
        if identity.stream == event_stream:
            streams.setdefault((identity.gateway, identity.epoch), set()).add(identity.sequence)
    for (gateway, epoch), have in sorted(streams.items()):
        before = 0
        for sequence in sorted(have):
            if sequence != before + 1:
                yield f"gap: events {before + 1} to {sequence - 1} of {gateway}, epoch {epoch:x}, never arrived"
            before = sequence


def _disorder(alarm, mine):
    revisions = [one.revision for one in sorted(mine, key=lambda one: one.revision)]
    if len(set(revisions)) != len(revisions):
        yield f"alarm {alarm}: two transitions have one revision"


def judge(expectations, seen, identities, commands, redelivered, event_stream):
    """The verdict.

    seen: transitions, each identity once, in order of arrival. identities: of every record that arrived.
    commands: {(index of expectation, "ACKNOWLEDGED" | "RESET"): (time of the first try, of the one that was taken)}.
    redelivered: how many records
    came again under an identity that was there."""
    verdict = Verdict(redelivered=redelivered)
    verdict.faults += _line_faults(seen)
    seen = [one for one in seen if not _is_of_lines(one)]
    matched = match(expectations, seen)
    for index, wanted in enumerate(expectations):
        mine = [one for one in seen if one.alarm == matched.get(index)]
        kinds = {due.kind for due in wanted.dues}
        for due in wanted.dues:
            arrivals = [one for one in mine if one.kind == due.kind]
            text, at, word = _judge(due, arrivals, commands.get((index, due.kind)))
            verdict.lines.append(Line(wanted.label, due.kind, text, at, word))
        verdict.faults += [_unexpected(one) for one in mine if one.kind not in kinds]
        verdict.faults += _disorder(matched.get(index), mine)
        latest = max(mine, key=lambda one: one.revision, default=None)
        if latest is not None and wanted.due("CLEARED") and wanted.ack and not latest.over:
            verdict.faults.append(f"{wanted.label}: {latest.alarm} is not over")
    known = set(matched.values())
    verdict.faults += [_unexpected(one) for one in seen if one.alarm not in known]
    verdict.faults += _gaps(identities, event_stream)
    return verdict
