"""tools/demo_support: what it says of streams that are right, and of streams that are not."""

import dataclasses
import io
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tools"))

from demo_support import expectation, processes, sabotage, screen, verdict  # noqa: E402

EVENT = 1
SCENARIO = """
[scenario]
name = "small"
duration = "60s"
[[expect]]
device = "manhole-01"
rule = "cover-moved"
point = "gravity_z"
severity = "moderate"
raised_at = "5s"
within = "4s"
rises_to = "major"
rises_at = "10s"
rises_within = "4s"
cleared_at = "20s"
cleared_within = "5s"
ack = "cli"
reset = "mqtt"
[[expect]]
device = "flow-01"
rule = "silent"
severity = "minor"
raised_at = "30s"
within = "10s"
"""


def load():
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
        file.write(SCENARIO)
        file.flush()
        return expectation.load(file.name)


def seen(sequence, at, kind, alarm="a-1", severity="major", over=False):
    device, rule, point = {
        "a-1": ("manhole-01", "cover-moved", "gravity_z"),
        "a-2": ("flow-01", "silent", ""),
        "a-9": ("manhole-01", "surprise", "gravity_z"),
    }[alarm]
    identity = verdict.Identity("gw", 0xABC, EVENT, sequence)
    return verdict.Seen(identity, at, kind, alarm, sequence, device, rule, point, severity, over)


def right():
    """A stream with nothing wrong in it; sequence 1 is a record that is no transition."""
    return [
        seen(2, 7.0, "RAISED", severity="moderate"),
        seen(3, 12.0, "SEVERITY_CHANGED"),
        seen(4, 14.0, "ACKNOWLEDGED"),
        seen(5, 22.0, "CLEARED"),
        seen(6, 24.0, "RESET", over=True),
        seen(7, 35.0, "RAISED", "a-2", "minor"),
    ]


def judge(stream, commands=None):
    identities = {one.identity for one in stream} | {verdict.Identity("gw", 0xABC, EVENT, 1)}
    if commands is None:
        commands = {(0, "ACKNOWLEDGED"): (12.5, 13.0), (0, "RESET"): (23.0, 23.0)}
    return verdict.judge(load().expectations, stream, identities, commands, 0, EVENT)


def words(result):
    return {(line.label, line.kind): line.verdict for line in result.lines}


class Verdicts(unittest.TestCase):
    def test_a_right_stream_passes(self):
        result = judge(right())
        self.assertTrue(result.good, (words(result), result.faults))
        self.assertEqual(len(result.lines), 6)

    def test_every_missing_transition_is_found(self):
        for index in range(len(right())):
            stream = right()
            lost = stream.pop(index)
            result = judge(stream)
            self.assertFalse(result.good, lost.kind)
            self.assertIn("MISSING", words(result).values())

    def test_a_gap_in_the_sequences_is_found(self):
        self.assertTrue(any("events 4 to 4" in fault for fault in judge(right()[:2] + right()[3:]).faults))

    def test_the_same_transition_under_another_identity_is_a_double(self):
        stream = right()
        stream.append(dataclasses.replace(stream[0], identity=verdict.Identity("gw", 0xABC, EVENT, 8)))
        result = judge(stream)
        self.assertEqual(words(result)[("manhole-01/cover-moved", "RAISED")], "2 TIMES")
        self.assertFalse(result.good)

    def test_late_and_early_are_found(self):
        for at, word in [(9.1, "LATE"), (4.0, "EARLY")]:
            stream = right()
            stream[0] = dataclasses.replace(stream[0], at=at)
            self.assertEqual(words(judge(stream))[("manhole-01/cover-moved", "RAISED")], word)

    def test_a_wrong_severity_is_found(self):
        stream = right()
        stream[0] = dataclasses.replace(stream[0], severity="critical")
        self.assertFalse(judge(stream).good)

    def test_an_alarm_that_nobody_expects_is_found(self):
        result = judge(right() + [seen(8, 40.0, "RAISED", "a-9")])
        self.assertTrue(any("surprise" in fault for fault in result.faults))

    def test_a_transition_that_nobody_expects_is_found(self):
        result = judge(right() + [seen(8, 40.0, "CLEARED", "a-2", "minor")])
        self.assertTrue(any("unexpected CLEARED" in fault for fault in result.faults))

    def test_an_acknowledgement_without_a_command_is_found(self):
        result = judge(right(), {(0, "RESET"): (23.0, 23.0)})
        self.assertEqual(words(result)[("manhole-01/cover-moved", "ACKNOWLEDGED")], "UNASKED")

    def test_an_alarm_that_does_not_end_is_found(self):
        stream = right()
        stream[4] = dataclasses.replace(stream[4], over=False)
        self.assertTrue(any("is not over" in fault for fault in judge(stream).faults))

    def test_nothing_at_all_fails(self):
        self.assertFalse(judge([], {}).good)


class Sabotages(unittest.TestCase):
    def spoiled(self, how, seed):
        """The right stream as it reaches the comparison, and what was done to it."""
        done = sabotage.choose(how, load().expectations, seed)
        stream = []
        for one in right():
            stream += [dataclasses.replace(out, at=one.at + delay) for delay, out in done.spoil(one)]
        return stream, done

    def test_each_kind_is_caught_whichever_event_it_hits(self):
        for how in sabotage.KINDS:
            for seed in range(40):
                stream, done = self.spoiled(how, seed)
                self.assertTrue(done.hit, str(done))
                self.assertFalse(judge(stream).good, str(done))

    def test_every_transition_can_be_hit(self):
        hit = {str(self.spoiled("drop", seed)[1]) for seed in range(200)}
        self.assertEqual(len(hit), 6)


class Helpers(unittest.TestCase):
    def test_durations(self):
        self.assertEqual(expectation.seconds("12.5s"), 12.5)
        self.assertEqual(expectation.seconds("2min"), 120)
        self.assertRaises(ValueError, expectation.seconds, "soon")

    def test_the_shipped_scenario_expects_what_can_be_told_apart(self):
        wanted = expectation.load(ROOT / "demo/community/scenario.toml").expectations
        keys = [(one.device, one.rule, one.point) for one in wanted]
        self.assertEqual(len(keys), len(set(keys)))

    def test_a_word_that_nobody_gives_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "from"
            (source / "devices.d").mkdir(parents=True)
            (source / "gengfu.toml").write_text('a = "@run@"\nb = "@port@"\n')
            words = {"run": "/run"}
            with self.assertRaisesRegex(processes.Failed, "gengfu.toml:2"):
                processes.render(source, Path(folder) / "to", words)
            made = processes.render(source, Path(folder) / "to", {**words, "port": 5})
            self.assertEqual(made.read_text(), 'a = "/run"\nb = "5"\n')

    def test_chinese_characters_take_two_columns(self):
        self.assertEqual(screen.width("井盖a"), 5)

    def test_no_colours_where_there_is_no_terminal(self):
        out = io.StringIO()
        screen.Screen(out).table(judge(right()))
        self.assertNotIn("\x1b", out.getvalue())
        self.assertIn("PASSED", out.getvalue())


if __name__ == "__main__":
    unittest.main()
