"""What the demo shows: alarms as they come, and the table at the end. Colours on a terminal only."""

import os
import sys
import unicodedata

_SEVERITIES = {
    "critical": ("I 级 红  特别重大", "CRITICAL", "1;97;41"),
    "major": ("II 级 橙 重大", "MAJOR", "1;30;48;5;208"),
    "moderate": ("III 级 黄 较大", "MODERATE", "1;30;43"),
    "minor": ("IV 级 蓝 一般", "MINOR", "1;97;44"),
}
_KINDS = {
    "RAISED": ("▲", "发生", "raised", "1;31"),
    "SEVERITY_CHANGED": ("▲▲", "升级", "severity changed", "1;35"),
    "ACKNOWLEDGED": ("✓", "已确认", "acknowledged", "36"),
    "CLEARED": ("▽", "恢复", "cleared", "32"),
    "RESET": ("↺", "复位", "reset", "36"),
    "UNCERTAIN": ("?", "存疑", "uncertain", "33"),
    "CERTAIN": ("!", "确定", "certain", "33"),
    "REMOVED": ("×", "移除", "removed", "33"),
}
_LABELS = 16


def width(text):
    """Columns that a text takes: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def pad(text, columns):
    return text + " " * max(0, columns - width(text))


class Screen:
    def __init__(self, out=sys.stdout):
        self._out = out
        self._colours = out.isatty() and "NO_COLOR" not in os.environ

    def _colour(self, text, code):
        return f"\x1b[{code}m{text}\x1b[0m" if self._colours else text

    def say(self, text=""):
        print(text, file=self._out, flush=True)

    def heading(self, text):
        self.say(self._colour(f"\n━━ {text} " + "━" * max(0, 96 - width(text)), "1"))

    def note(self, at, text):
        self.say(self._colour(f"{at:6.1f} s  ·  {text}", "2"))

    def outage(self, at, text):
        self.say(self._colour(f"{at:6.1f} s  ⚡  {text}", "1;33"))

    def transition(self, at, kind, alarm, severity):
        """One transition, with all that a worker needs when it is a raise."""
        mark, zh, en, code = _KINDS.get(kind, ("•", kind, kind.lower(), "0"))
        head = self._colour(pad(f"{mark} {zh} {en}", 26), code)
        title = f"{alarm.title.zh} · {alarm.title.en}"
        where = alarm.device + (f"/{alarm.point}" if alarm.point else "")
        self.say(f"{at:6.1f} s  {head} {self._severity(severity)}  {self._colour(title, '1')}  [{where}]")
        if kind == "RAISED":
            self._details(alarm)
        elif kind == "SEVERITY_CHANGED":
            self._detail("Value", f"{alarm.text.zh} · {alarm.text.en}")
        elif kind == "ACKNOWLEDGED" and alarm.acknowledged_by.kind:
            by = alarm.acknowledged_by
            person = f" for {by.on_behalf_of}" if by.on_behalf_of else ""
            self._detail("By", f"{by.kind} {by.name}{person}: {by.reason}")

    def _severity(self, severity):
        zh, en, code = _SEVERITIES.get(severity, ("", severity.upper(), "0"))
        return self._colour(pad(f" {zh} {en} ", 29), code)

    def _detail(self, label, text):
        if text:
            self.say(" " * 10 + self._colour(pad(label, _LABELS), "2") + text)

    def _details(self, alarm):
        component = alarm.component
        place = component.place
        self._detail("数值 Value", f"{alarm.text.zh} · {alarm.text.en}")
        words = [place.street, place.community, place.estate, place.area, place.building, place.floor, place.landmark]
        self._detail("地点 Place", f"{' '.join(word for word in words if word)}  (网格 grid {place.grid})")
        spot = component.location
        lonlat = f"  {spot.longitude:.4f}, {spot.latitude:.4f}" if spot.longitude or spot.latitude else ""
        self._detail("部件 Component", component.code + lonlat)
        parties = [
            f"{role} {party.name} ({party.code})"
            for role, party in [
                ("主管", component.authority),
                ("权属", component.owner),
                ("养护", component.maintainer),
            ]
            if party.id
        ]
        self._detail("单位 Parties", " · ".join(parties))
        self._detail("处置 Do first", alarm.advice.zh)
        self._detail("", alarm.advice.en)
        self._detail("危害 Hazard", f"{alarm.hazard.zh} · {alarm.hazard.en}")

    def database(self, database):
        """What a platform engineer sees: the alarms that stand, as rows of one query."""
        samples, events, alarms = database.counts()
        self.heading("in the governance database")
        self.say(f"{alarms} alarms with {events} transitions, {samples} samples. Standing now (docs/governance.md):")
        self.say("\n".join(f"    {line}" for line in database.statement().splitlines()))
        names, *rows = database.standing()
        cells = [names, *[tuple("" if cell is None else str(cell) for cell in row) for row in rows]]
        widths = [max(width(row[i]) for row in cells) for i in range(len(names))]
        for number, row in enumerate(cells):
            line = "  ".join(pad(cell, widths[i]) for i, cell in enumerate(row)).rstrip()
            self.say("  " + (self._colour(line, "1") if number == 0 else line))
        if not rows:
            self.say("  (none)")

    def table(self, verdict):
        labels = max([width(line.label) for line in verdict.lines] + [10])
        self.heading("what arrived, against what the scenario says must arrive")
        self.say(self._colour(f"{pad('alarm', labels)}  {'transition':17} {'due, s':>15}  {'arrived':>8}  verdict", "1"))
        for line in verdict.lines:
            arrived = f"{line.arrived:8.1f}" if line.arrived is not None else "       -"
            row = f"{pad(line.label, labels)}  {line.kind.lower():17} {line.due:>15}  {arrived}  {line.verdict}"
            self.say(row if line.good else self._colour(row, "1;31"))
        for fault in verdict.faults:
            self.say(self._colour(fault, "1;31"))
        good = sum(line.good for line in verdict.lines)
        self.say(
            f"{good} of {len(verdict.lines)} transitions as expected, {len(verdict.faults)} other faults, "
            f"{verdict.redelivered} redelivered under their own identity"
        )
        word = ("PASSED", "1;32") if verdict.good else ("FAILED", "1;31")
        self.say(self._colour(*word))
