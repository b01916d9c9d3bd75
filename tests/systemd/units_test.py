"""What is in systemd/, judged by systemd's own tools, without a running systemd."""

import re
import subprocess
import tempfile
import unittest
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "systemd"
UNIT = FOLDER / "gengfu.service"
WORST_EXPOSURE = 15  # tenths: 1.5 of 10, what the unit's needs (network, serial ports) leave


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)


def verify(text):
    """systemd-analyze's complaints about a unit; the program stands in for the daemon, which is not installed."""
    with tempfile.TemporaryDirectory() as folder:
        unit = Path(folder) / UNIT.name
        unit.write_text(re.sub(r"/usr/bin/gengfu(d|-ingest)\b", "/bin/true", text), encoding="utf-8")
        done = run("systemd-analyze", "verify", "--man=no", str(unit))
        # It exits 0 after a directive that it does not know: what it prints counts.
        return done.returncode, done.stderr


def setting(text, key):
    return re.findall(rf"^{key}=(.*)$", text, re.MULTILINE)


class Unit(unittest.TestCase):
    worst = WORST_EXPOSURE

    def setUp(self):
        self.text = UNIT.read_text(encoding="utf-8")

    def test_systemd_has_nothing_to_say_about_the_unit(self):
        self.assertEqual(verify(self.text), (0, ""))

    def test_a_typing_error_would_be_seen(self):
        self.assertIn("WatchdogSecs", verify(self.text.replace("WatchdogSec=", "WatchdogSecs="))[1])

    def test_the_drop_in_fits_the_unit(self):
        service = (FOLDER / "credentials.conf").read_text(encoding="utf-8").partition("[Service]")[2]
        self.assertEqual(verify(self.text.replace("[Service]", "[Service]" + service, 1)), (0, ""))

    def exposure_is_below(self, text):
        with tempfile.TemporaryDirectory() as folder:
            unit = Path(folder) / UNIT.name
            unit.write_text(text, encoding="utf-8")
            done = run("systemd-analyze", "security", "--offline=true", f"--threshold={self.worst}", str(unit))
        self.assertIn("Overall exposure level", done.stdout, done.stderr)
        return done.returncode == 0

    def test_the_unit_is_hardened(self):
        self.assertTrue(self.exposure_is_below(self.text))

    def test_a_lost_restriction_would_be_seen(self):
        for lost in ["CapabilityBoundingSet=", "SystemCallFilter=@system-service", "RestrictNamespaces=yes"]:
            with self.subTest(lost):
                self.assertIn(lost + "\n", self.text)
                self.assertFalse(self.exposure_is_below(self.text.replace(lost + "\n", "")))

    def test_a_fallen_or_hung_daemon_is_started_again_for_ever(self):
        self.assertEqual(setting(self.text, "Type"), ["notify"])
        self.assertEqual(setting(self.text, "Restart"), ["always"])
        self.assertEqual(setting(self.text, "StartLimitIntervalSec"), ["0"])
        self.assertEqual(len(setting(self.text, "WatchdogSec")), 1)

    def test_the_daemon_has_longer_to_stop_than_it_takes(self):
        self.assertGreater(int(setting(self.text, "TimeoutStopSec")[0].rstrip("s")), 10)


class IngestUnit(Unit):
    """The city's service keeps the same rules, and needs no serial ports."""

    worst = 12

    def setUp(self):
        self.text = (FOLDER / "gengfu-ingest.service").read_text(encoding="utf-8")


class Accounts(unittest.TestCase):
    def test_the_units_user_is_made_without_a_login(self):
        user = setting(UNIT.read_text(encoding="utf-8"), "User")[0]
        with tempfile.TemporaryDirectory() as root:
            (Path(root) / "etc").mkdir()
            done = run("systemd-sysusers", f"--root={root}", str(FOLDER / "sysusers.conf"))
            self.assertEqual(done.returncode, 0, done.stderr)
            entries = (Path(root) / "etc/passwd").read_text(encoding="utf-8").splitlines()
        fields = next(entry.split(":") for entry in entries if entry.startswith(user + ":"))
        self.assertEqual(fields[5:], ["/var/lib/gengfu", "/usr/sbin/nologin"])

    def test_keys_are_for_the_units_group_alone(self):
        line = (FOLDER / "tmpfiles.conf").read_text(encoding="utf-8").splitlines()[-1].split()
        self.assertEqual(line[:5], ["d", "/etc/gengfu/tls", "0750", "root", "gengfu"])


class Udev(unittest.TestCase):
    def test_each_rule_matches_something_and_sets_something(self):
        for rule in (FOLDER / "udev.rules").read_text(encoding="utf-8").splitlines():
            if rule.startswith("#"):
                continue
            parts = [re.fullmatch(r'([A-Z]+(?:\{\w+\})?)(==|=)"([^"]*)"', part) for part in rule.split(", ")]
            self.assertNotIn(None, parts, rule)
            operators = [part.group(2) for part in parts]
            self.assertIn("==", operators)
            self.assertEqual(operators[-1], "=")


if __name__ == "__main__":
    unittest.main()
