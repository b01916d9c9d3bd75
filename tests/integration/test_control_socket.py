"""The control socket: who may ask, and what it makes of nonsense. docs/control.md."""
import json
import os
import pwd
import random
import socket
import stat
import subprocess

import pytest

from support import programs
from support.configuration import AT_ONCE
from support.waiting import wait_for

RULE = "residual-current-high"
AS_ROOT = os.geteuid() == 0
NOBODY = ["--reuid", "65534", "--regid", "65534", "--clear-groups"]


@pytest.fixture
def site(gateway, configuration, relays, folder):
    gateway.configure(configuration.tcp("tcp", relays.port).relay("relay", "tcp", 1, AT_ONCE).text())
    runtime = folder / "run"
    runtime.mkdir()
    runtime.chmod(0o711)  # whoever knows the name gets as far as the socket: it alone must hold
    gateway.socket = runtime / "control.sock"
    gateway.start({"RUNTIME_DIRECTORY": str(runtime)})
    return gateway


def connect(gateway):
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(20)
    connection.connect(str(gateway.socket))
    return connection


def answer(connection):
    data = b""
    while not data.endswith(b"\n"):
        more = connection.recv(65536)
        if not more:
            return None
        data += more
    return json.loads(data)


def test_only_its_user_and_group_may_ask(site, relays):
    mode = site.socket.stat()
    assert stat.S_ISSOCK(mode.st_mode) and stat.S_IMODE(mode.st_mode) == 0o660 and mode.st_uid == os.geteuid()
    relays.set(1, "holding", 0, "0140")
    alarm = site.wait_alarm(RULE)
    status = site.command("status", "--socket", str(site.socket))
    assert status.returncode == 0 and "gw-test-01" in status.stdout
    if AS_ROOT:  # only root can try what it is to be somebody else
        refused = site.command("ack", alarm["id"], "--why", "x", "--socket", str(site.socket), user=NOBODY)
        assert refused.returncode == 1 and "you may not ask this daemon" in refused.stderr
        assert not site.alarm(RULE)["acknowledged"]
        in_group = ["--reuid", "65534", "--regid", str(mode.st_gid), "--clear-groups"]
        assert site.command("ack", alarm["id"], "--why", "x", "--socket", str(site.socket), user=in_group).returncode == 0
        assert site.alarm(RULE)["acknowledged_by"] == pwd.getpwuid(65534).pw_name
    else:
        assert site.command("ack", alarm["id"], "--why", "x", "--socket", str(site.socket)).returncode == 0
        assert site.alarm(RULE)["acknowledged_by"] == pwd.getpwuid(os.geteuid()).pw_name


def test_the_store_is_for_its_user_alone(site):
    assert stat.S_IMODE(site.store.stat().st_mode) == 0o700
    if AS_ROOT:  # root may look into everything: ask as somebody who may not
        locked = site.command("status", "--socket", str(site.store / "control.sock"), user=NOBODY)
        assert locked.returncode == 1 and f"may not look into {site.store}: become root or join" in locked.stderr


def test_more_connections_than_it_takes(site):
    """Sixteen are served; what is more is turned away at once, and served again when there is room."""
    connections = [connect(site) for _ in range(20)]
    served, refused = [], []
    for connection in connections:
        try:
            connection.sendall(b'{"verb":"version"}\n')
            got = answer(connection)
            (refused if got is None or "too many connections" in got.get("error", "") else served).append(connection)
        except (BrokenPipeError, ConnectionResetError):
            refused.append(connection)
    assert len(served) == 16 and len(refused) == 4
    for connection in served + refused:
        connection.close()
    wait_for(site.answers, "an answer after the crowd has gone")


@pytest.mark.parametrize("line", [
    b"\n", b"hello\n", b"[]\n", b"null\n", b'"ack"\n', b"{}\n", b'{"verb":5}\n', b'{"verb":"shelve"}\n', b'{"verb":"ack"}\n',
    b'{"verb":"ack","id":""}\n', b'{"verb":"ack","id":"../../etc"}\n', b'{"verb":"ack","id":{"a":1},"why":[]}\n',
    b'{"verb":"ack","id":"0","revision":-1}\n', b'{"verb":"read"}\n', b'{"verb":"read","device":"no-such"}\n',
    b'{"verb":"read","device":"gateway"}\n', b"\xff\xfe\x00\x01\n", b'{"verb":"\xc3\x28"}\n', b"[" * 20000 + b"\n",
    b'{"verb":"ack","id":"' + b"a" * 60000 + b'"}\n'], ids=lambda line: repr(line[:24]))
def test_nonsense_is_answered_with_an_error(site, line):
    assert "error" in site.ask_raw(line)
    assert site.answers()


def test_a_line_without_end_is_cut_off(site):
    with connect(site) as connection:
        try:
            for _ in range(64):
                connection.sendall(b"x" * 16384)
            while connection.recv(65536):
                pass
        except (BrokenPipeError, ConnectionResetError):
            pass
    assert site.answers()


def test_random_bytes_and_broken_connections_do_no_harm(site):
    chance = random.Random(3)
    for _ in range(60):
        with connect(site) as connection:
            try:
                connection.sendall(chance.randbytes(chance.randrange(1, 2000)) + b"\n" * chance.randrange(3))
                if chance.random() < 0.5:
                    connection.settimeout(0.01)
                    connection.recv(1000)
            except (TimeoutError, BrokenPipeError, ConnectionResetError):
                pass
    wait_for(site.answers, "an answer after it all")
    assert site.process.status is None


def test_requests_of_one_connection_are_answered_in_order(site):
    with connect(site) as connection:
        connection.sendall(b'{"verb":"read","device":"relay"}\n{"verb":"version"}\n{"verb":"alarms"}\n')
        data = b""
        while data.count(b"\n") < 3:
            data += connection.recv(65536)
    assert [sorted(json.loads(line)) for line in data.splitlines()] == [["device", "samples"], ["version"], ["alarms", "time_zone"]]


def test_an_alarm_is_named_by_its_beginning_or_its_number(site, relays):
    relays.set(1, "holding", 0, "0140")
    alarm = site.wait_alarm(RULE)
    assert "error" in site.ask(verb="ack", id="zz", why="x")
    assert site.ask(verb="ack", id=alarm["id"][:6], why="x", revision=alarm["revision"])["answer"] == "done"
    assert site.ask(verb="ack", id=alarm["id"][:6], why="x")["answer"] == "already"
    number = alarm["id"].split("-")[1]
    done = site.command("ack", number, "--why", "seen", "--socket", str(site.socket))
    assert done.returncode == 0 and alarm["id"] in done.stdout and "was so before" in done.stdout


@pytest.mark.parametrize("arguments, words", [
    (["frob"], 'no command "frob"'), (["STATUS"], 'did you mean "status"?'), (["help"], "did you mean `gengfu --help`?"),
    (["--json", "status"], "the command comes first"), (["status", "--bogus"], "--bogus"), (["ack"], "ID")])
def test_wrong_usage_says_which_word_is_wrong(arguments, words):
    done = subprocess.run([programs.path("gengfu"), *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2 and words in done.stderr


@pytest.mark.parametrize("program", ["gengfud", "gengfu-sim"])
def test_wrong_usage_of_the_other_programs_exits_with_2(program):
    for arguments in (["--bogus"], ["one", "two"]):
        done = subprocess.run([programs.path(program), *arguments], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 2, done.stderr


def test_the_command_tells_its_version():
    done = subprocess.run([programs.path("gengfu"), "--version"], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0 and done.stdout.startswith("gengfu ")


def test_the_simulator_says_what_it_cannot_read_or_misses(tmp_path):
    def run(*arguments):
        return subprocess.run([programs.path("gengfu-sim"), *arguments], capture_output=True, text=True, timeout=60, check=False)

    folder = run(str(tmp_path), "--check")
    assert folder.returncode == 78 and "is a directory" in folder.stderr
    (tmp_path / "empty.toml").write_text("")
    missing = run(str(tmp_path / "empty.toml"))
    assert missing.returncode == 2 and "--directory is missing" in missing.stderr and "--seed" not in missing.stderr
