"""What gengfu-ingest tells systemd: ready, alive, what it waits for, stopping; and the unit's own rules."""
import pathlib
import signal
import socket
import subprocess
import threading

import pytest

from support.ingest import Ingest
from support.programs import ROOT
from support.waiting import wait_for


class Manager:
    """systemd's end of NOTIFY_SOCKET. Reads at once, as systemd does: the kernel holds only ten messages."""

    def __init__(self, path: pathlib.Path):
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._path = str(path)
        self._lock = threading.Lock()
        self._said = []
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self):
        while (text := self._socket.recv(4096).decode()) != "end of the test":
            with self._lock:
                self._said += text.splitlines()

    def said(self):
        with self._lock:
            return list(self._said)

    def signs(self) -> int:
        return self.said().count("WATCHDOG=1")

    def close(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
            end.sendto(b"end of the test", self._path)
        self._thread.join()
        self._socket.close()


@pytest.fixture
def manager(folder, closing):
    return closing(Manager(folder / "notify"))


def _watched(folder, closing, uri, port, watchdog_us: int = 400_000):
    return closing(Ingest(folder, uri, port, environment={"NOTIFY_SOCKET": str(folder / "notify"),
                                                          "WATCHDOG_USEC": str(watchdog_us)}))


def test_ready_alive_stopping(folder, closing, database, broker, manager):
    ingest = _watched(folder, closing, database.uri, broker.port)
    ingest.start()
    wait_for(lambda: manager.signs() >= 4, "four signs of life")
    assert manager.said().count("READY=1") == 1
    wait_for(lambda: any(line.startswith("STATUS=") for line in manager.said()), "a line for systemctl status")
    assert ingest.stop()[0] == 0
    said = manager.said()
    assert said.count("STOPPING=1") == 1 and said.index("READY=1") < said.index("STOPPING=1")


def test_it_lives_while_the_database_is_away_and_says_why_it_waits(folder, closing, private_database, broker, manager):
    ingest = _watched(folder, closing, private_database.uri, broker.port)
    ingest.start()
    private_database.postgres.stop()
    wait_for(lambda: ingest.get("/healthz")[0] == 503, "ingest to say that the database is away")
    signs = manager.signs()
    wait_for(lambda: manager.signs() >= signs + 5, "signs of life without a database: a restart would not bring it back")
    wait_for(lambda: [line for line in manager.said() if line.startswith("STATUS=")][-1] != "STATUS=ok", "the reason in the status")


def test_a_service_that_does_not_move_gives_no_signs(folder, closing, database, broker, manager):
    ingest = _watched(folder, closing, database.uri, broker.port)
    ingest.start()
    wait_for(lambda: manager.signs() >= 2, "signs of life")
    ingest.freeze()
    wait_for(lambda: pathlib.Path(f"/proc/{ingest.process.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T", "the freeze")
    signs = manager.signs()
    with pytest.raises(AssertionError):
        wait_for(lambda: manager.signs() > signs, "a sign of life", 1.2)  # systemd's SIGABRT would come after 0.4 s
    ingest.thaw()
    wait_for(lambda: manager.signs() > signs, "signs of life again")
    ingest.process.signal(signal.SIGABRT)  # as systemd ends what is silent: what it had not committed is the broker's
    assert ingest.process.wait() != 0


def test_it_is_not_ready_on_a_wrong_configuration(folder, closing, database, broker, manager):
    ingest = _watched(folder, closing, database.uri, broker.port)
    ingest.file.write_text(ingest.file.read_text().replace("client_id", "client"))
    ingest.launch()
    assert ingest.process.wait() == 78, "RestartPreventExitStatus of the unit names it"
    assert "READY=1" not in manager.said()


def test_systemd_finds_nothing_wrong_with_the_unit(folder):
    """With the program of this build in place of /usr/bin: verify looks whether it can be run."""
    from support import programs
    unit = (ROOT / "systemd" / "gengfu-ingest.service").read_text()
    assert "Type=notify" in unit and "WatchdogSec=" in unit
    file = folder / "gengfu-ingest.service"
    file.write_text(unit.replace("/usr/bin/gengfu-ingest", programs.path("gengfu-ingest")))
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", file], capture_output=True, text=True, timeout=60, check=False)
    about = [line for line in (done.stdout + done.stderr).splitlines() if "gengfu-ingest" in line]
    assert done.returncode == 0 and not about, done.stdout + done.stderr
