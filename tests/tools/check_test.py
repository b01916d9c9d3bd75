"""tools/check, tools/format and the pre-commit hook must be able to say no: each on a small tree of its own."""

import os
import shutil
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TIDY = "int main() {\n    return 0;\n}\n"
UNTIDY = "int main(){return 0;}\n"


class Tree(unittest.TestCase):
    """A folder with the real tools in it."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        shutil.copytree(ROOT / "tools", self.root / "tools", ignore=shutil.ignore_patterns("demo*"))
        shutil.copy(ROOT / ".clang-format", self.root)

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def stub(self, name, status):
        self.write(name, f"#!/bin/sh\necho {name} ran\nexit {status}\n").chmod(0o755)

    def run_in(self, *command):
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("GIT_", "GENGFU_"))}
        done = subprocess.run(
            command, cwd=self.root, env=environment, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
        )
        return done.returncode, done.stdout.splitlines(), done.stderr


class Check(Tree):
    def test_all_steps_passed(self):
        self.stub("tools/format", 0)
        self.stub("tools/layers", 0)
        status, lines, _ = self.run_in("tools/check", "format", "layers")
        self.assertEqual((status, lines[-1]), (0, "2 passed, 0 failed"))

    def test_a_failed_step_is_told_and_does_not_stop_the_next(self):
        self.stub("tools/format", 7)
        self.stub("tools/layers", 0)
        status, lines, _ = self.run_in("tools/check", "format", "layers")
        self.assertEqual((status, lines[-1]), (1, "1 passed, 1 failed"))
        self.assertIn("tools/format ran", lines)
        self.assertTrue(any("format" in line and "FAILED (7)" in line for line in lines))
        self.assertEqual((self.root / "build/check/layers.log").read_text(), "tools/layers ran\n")

    def test_sabotage_that_is_not_caught_fails(self):
        for status, wanted in [(0, 1), (1, 0), (2, 1)]:
            with self.subTest(demo=status):
                self.stub("tools/demo", status)
                self.assertEqual(self.run_in("tools/check", "sabotage")[0], wanted)

    def test_a_build_in_the_background_counts_like_any_other_step(self):
        self.stub("tools/format", 0)
        self.stub("tools/layers", 0)
        # No compiler's tree here: the build must fail, and be told at its own place.
        status, lines, _ = self.run_in("tools/check", "format", "release-build", "layers")
        self.assertEqual((status, lines[-1]), (1, "2 passed, 1 failed"))
        told = [line for line in lines if line.startswith("== ") and line.split(":")[0] in ("== format", "== release-build", "== layers")]
        self.assertEqual([line.split()[1].rstrip(":") for line in told if " in " in line], ["format", "release-build", "layers"])
        self.assertTrue(any("release-build" in line and "FAILED" in line for line in lines))

    def test_the_background_goes_on_beside_the_steps_between(self):
        """The tests that stand before a build in the order do not wait for it, nor it for them."""
        os.mkfifo(self.root / "built")
        (self.root / "bin").mkdir()
        # The second call is the build itself.
        self.write("bin/cmake", f'#!/bin/sh\n[ "$1" != --build ] || echo built >{self.root}/built\n').chmod(0o755)
        self.write("bin/ctest", "#!/bin/sh\nexit 0\n").chmod(0o755)
        # Either waits for the other: one after the other would never end.
        self.write("tools/layers", f"#!/bin/sh\nread line <{self.root}/built\n").chmod(0o755)
        self.write("tools/check", (self.root / "tools/check").read_text().replace("PATH=/usr", f"PATH={self.root}/bin:/usr"))
        status, lines, _ = self.run_in("timeout", "60", "tools/check", "dev-test", "layers", "release-build")
        self.assertEqual((status, lines[-1]), (0, "3 passed, 0 failed"))

    def test_what_runs_is_ended_with_it(self):
        os.mkfifo(self.root / "never")  # nobody writes into it
        self.write("tools/layers", f"#!/bin/sh\necho $$ >{self.root}/pid\nexec cat {self.root}/never\n").chmod(0o755)
        process = subprocess.Popen([self.root / "tools/check", "layers"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(process.kill)
        while not (self.root / "pid").exists() or not (self.root / "pid").read_text():
            time.sleep(0.05)
        process.terminate()
        self.assertEqual(process.wait(timeout=60), 130)
        child = int((self.root / "pid").read_text())
        until = time.monotonic() + 30
        while Path(f"/proc/{child}").exists() and time.monotonic() < until:
            time.sleep(0.05)
        self.assertFalse(Path(f"/proc/{child}").exists())

    def test_an_unknown_step_is_wrong_usage(self):
        self.assertEqual(self.run_in("tools/check", "everything")[0], 2)


class Format(Tree):
    def test_a_file_that_is_not_formatted_is_named_and_then_mended(self):
        path = self.write("a.cpp", UNTIDY)
        status, _, complaint = self.run_in("tools/format", "--check", "a.cpp")
        self.assertEqual(status, 1)
        self.assertIn("a.cpp", complaint)
        self.assertEqual(path.read_text(), UNTIDY)
        self.assertEqual(self.run_in("tools/format", "a.cpp")[0], 0)
        self.assertEqual(self.run_in("tools/format", "--check", "a.cpp")[0], 0)


class Hook(Tree):
    def setUp(self):
        super().setUp()
        self.run_in("git", "init", "-q")
        self.run_in("git", "config", "user.name", "test")
        self.run_in("git", "config", "user.email", "test@localhost")
        hooks = self.root / ".git/hooks"
        hooks.mkdir(exist_ok=True)
        (hooks / "pre-commit").symlink_to("../../tools/hooks/pre-commit")

    def commit(self):
        self.run_in("git", "add", "-A")
        return self.run_in("git", "commit", "-q", "-m", "test")

    def test_a_sound_change_goes_in(self):
        self.write("cli/main.cpp", TIDY)
        self.assertEqual(self.commit()[0], 0)

    def test_what_is_staged_counts_and_not_what_lies_there(self):
        self.write("cli/main.cpp", UNTIDY)
        self.run_in("git", "add", "-A")
        self.write("cli/main.cpp", TIDY)
        status, _, complaint = self.run_in("git", "commit", "-q", "-m", "test")
        self.assertEqual(status, 1)
        self.assertIn("cli/main.cpp", complaint)

    def test_an_upward_include_does_not_go_in(self):
        self.write("cli/main.hpp", "#pragma once\n")
        self.write("daemon/core/ids.cpp", '#include "cli/main.hpp"\n')
        status, _, complaint = self.commit()
        self.assertEqual(status, 1)
        self.assertIn("daemon/core/ids.cpp:1:", complaint)


if __name__ == "__main__":
    unittest.main()
