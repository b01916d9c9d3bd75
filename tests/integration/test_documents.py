"""What documents say of the command, held against the command."""
import re
import subprocess

import pytest

from support import programs

HELP = subprocess.run([programs.path("gengfu"), "--help"], capture_output=True, text=True, check=True).stdout
VERBS = re.findall(r"^  ([a-z-]+) {2,}", HELP.split("Subcommands:")[1], re.M)


@pytest.mark.parametrize("document", ["README.md", "README.zh.md", "docs/command.md"])
def test_every_command_is_named(document):
    assert len(VERBS) > 15
    text = (programs.ROOT / document).read_text("utf-8")
    assert [verb for verb in VERBS if not re.search(rf"`(gengfu )?{verb}\b", text)] == []


def test_the_readmes_name_no_command_that_is_none():
    for document in ("README.md", "README.zh.md"):
        row = next(line for line in (programs.ROOT / document).read_text("utf-8").splitlines() if line.startswith("| `gengfu` |"))
        assert [verb for verb in re.findall(r"`([a-z][a-z-]*)`", row)[1:] if verb not in VERBS] == []


def test_every_decision_that_is_named_has_its_record():
    records = {path.name[:4] for path in (programs.ROOT / "docs/decisions").glob("*.md")}
    named = {}
    for room in ("cli", "daemon", "docs", "drivers", "governance", "proto", "tests"):
        for path in (programs.ROOT / room).rglob("*"):
            if path.suffix in (".cpp", ".hpp", ".md", ".proto", ".py", ".sql"):
                for number in re.findall(r"decisions?[ /](\d{4})\b", path.read_text("utf-8")):
                    named.setdefault(number, str(path))
    assert len(named) > 20
    assert {number: where for number, where in named.items() if number not in records} == {}
