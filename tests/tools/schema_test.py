#!/usr/bin/python3
"""tools/schema refuses every kind of break, and nothing else."""
import pathlib
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

RELEASED = """syntax = "proto3";
package gengfu.v1;
message Part { string name = 1; }
message Alarm {
  string id = 1;
  uint64 revision = 2;
  repeated Part parts = 3;
  oneof content { Part first = 4; Kind kind = 5; }
  reserved 7, 10 to 12;
  reserved "old";
  message Inner { sint64 step = 1; }
  Inner inner = 6;
  map<int64, string> words = 8;
}
enum Kind {
  KIND_UNSPECIFIED = 0;
  KIND_RAISED = 1;
  KIND_CLEARED = 2;
  reserved 9;
  reserved "KIND_OLD";
}
"""

# name -> (what is replaced, by what, what is said about it)
BREAKS = {
    "renumbered": ("string id = 1;", "string id = 20;", "field id was 1 and is 20"),
    "renamed": ("string id = 1;", "string name = 1;", "field 1 was id and is name"),
    "retyped": ("uint64 revision = 2;", "int64 revision = 2;", "revision was optional uint64 and is optional int64"),
    "another message": ("repeated Part parts = 3;", "repeated Inner parts = 3;", "field parts was"),
    "no list any more": ("repeated Part parts = 3;", "Part parts = 3;", "field parts was repeated"),
    "with presence": ("uint64 revision = 2;", "optional uint64 revision = 2;", "field revision was"),
    "into the oneof": ("uint64 revision = 2;", "oneof other { uint64 revision = 2; }", "field revision was"),
    "oneof renamed": ("oneof content {", "oneof contents {", "field first was"),
    "gone": ("uint64 revision = 2;", "", "field revision = 2 is gone"),
    "gone, number reserved alone": ("uint64 revision = 2;", "reserved 2;", "revision = 2 is gone"),
    "gone, name reserved alone": ("uint64 revision = 2;", 'reserved "revision";', "revision = 2 is gone"),
    "reservation taken back": ("reserved 7, 10 to 12;", "reserved 10 to 12;", "number 7 was reserved"),
    "reservation made shorter": ("10 to 12;", "10 to 11;", "number 12 was reserved"),
    "reserved name taken back": ('reserved "old";', "", 'name "old" was reserved'),
    "nested": ("sint64 step = 1;", "int64 step = 1;", "Inner: field step was"),
    "map": ("map<int64, string> words = 8;", "map<int64, uint64> words = 8;", "WordsEntry"),
    "message gone": ("message Part { string name = 1; }", "message Piece { string name = 1; }", "Part: is gone"),
    "value renumbered": ("KIND_CLEARED = 2;", "KIND_CLEARED = 3;", "value KIND_CLEARED was 2 and is 3"),
    "value renamed": ("KIND_CLEARED = 2;", "KIND_OVER = 2;", "value 2 was KIND_CLEARED and is KIND_OVER"),
    "value gone": ("KIND_CLEARED = 2;", "", "value KIND_CLEARED = 2 is gone"),
    "value's reservation taken back": ("  reserved 9;\n", "", "number 9 was reserved"),
    "no unspecified": ("}\nenum Kind", "}\nenum Colour { RED = 0; }\nenum Kind", "Colour: must begin with COLOUR_UNSPECIFIED = 0"),
    "another package": ("package gengfu.v1;", "package gengfu.v2;", "package"),
}
HARMLESS = {
    "nothing": ("", ""),
    "a field": ("uint64 revision = 2;", "uint64 revision = 2; string why = 30;"),
    "a value": ("KIND_CLEARED = 2;", "KIND_CLEARED = 2; KIND_RESET = 3;"),
    "a choice": ("Kind kind = 5;", "Kind kind = 5; Inner fix = 31;"),
    "a message": ("message Part {", "message New { string id = 1; }\nmessage Part {"),
    "gone and reserved": ("uint64 revision = 2;", 'reserved 2; reserved "revision";'),
    "a comment": ("uint64 revision = 2;", "uint64 revision = 2;  // raised by every transition"),
    "a longer reservation": ("10 to 12;", "10 to 14;"),
}


class Schema(unittest.TestCase):
    def run_on(self, old, new):
        text = RELEASED.replace(old, new, 1) if old else RELEASED
        self.assertIn(old, RELEASED)
        text = text.replace("repeated Part parts", "repeated Piece parts").replace("Part first", "Piece first") \
            if "message Piece" in text else text
        with tempfile.TemporaryDirectory() as scratch:
            for name, content in (("released", RELEASED), ("now", text)):
                folder = pathlib.Path(scratch) / name / "gengfu" / "v1"
                folder.mkdir(parents=True)
                (folder / "a.proto").write_text(content)
            return subprocess.run([ROOT / "tools" / "schema", pathlib.Path(scratch) / "now", pathlib.Path(scratch) / "released"],
                                  capture_output=True, text=True, check=False)

    def test_every_break_is_refused(self):
        for name, (old, new, words) in BREAKS.items():
            with self.subTest(name):
                done = self.run_on(old, new)
                self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
                self.assertIn(words, done.stdout)

    def test_what_breaks_nothing_passes(self):
        for name, (old, new) in HARMLESS.items():
            with self.subTest(name):
                done = self.run_on(old, new)
                self.assertEqual((done.returncode, done.stdout), (0, ""), done.stdout + done.stderr)

    def test_a_file_that_is_gone_or_no_schema_is_told(self):
        with tempfile.TemporaryDirectory() as scratch:
            for name in ("released", "now"):
                (pathlib.Path(scratch) / name / "gengfu").mkdir(parents=True)
            (pathlib.Path(scratch) / "released" / "gengfu" / "a.proto").write_text('syntax = "proto3"; message A {}')
            arguments = [ROOT / "tools" / "schema", pathlib.Path(scratch) / "now", pathlib.Path(scratch) / "released"]
            empty = subprocess.run(arguments, capture_output=True, text=True, check=False)
            self.assertNotEqual(empty.returncode, 0)
            self.assertIn("no .proto file", empty.stderr)
            (pathlib.Path(scratch) / "now" / "gengfu" / "b.proto").write_text("no schema")
            broken = subprocess.run(arguments, capture_output=True, text=True, check=False)
            self.assertNotEqual(broken.returncode, 0)
            self.assertIn("b.proto", broken.stderr)

    def test_ours_breaks_nothing(self):
        done = subprocess.run([ROOT / "tools" / "schema"], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
