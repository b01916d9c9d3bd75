"""A program under test: started, watched through its log, ended by its own id."""
import os
import pathlib
import signal
import subprocess
import time

from support.waiting import wait_for


class Process:
    """Runs until stop(), kill() or close(); its output goes to one file, which is shown when a test fails."""

    alive = []

    def __init__(self, name, arguments, log: pathlib.Path, environment=None):
        self.name = name
        self.log_path = log
        with open(log, "ab") as out:
            self._child = subprocess.Popen(
                arguments, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                env={**os.environ, **(environment or {})}, start_new_session=True)
        Process.alive.append(self)

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def status(self):
        """Exit status, None while it runs, -N when signal N ended it."""
        return self._child.poll()

    def log(self) -> str:
        return self.log_path.read_text(errors="replace")

    def wait_for_log(self, text: str, seconds: float = 30.0, times: int = 1):
        def seen():
            if self.log().count(text) >= times:
                return True
            if self.status is not None and self.log().count(text) < times:
                raise AssertionError(f"{self.name} ended with {self.status} before it said {text!r}:\n{self.log()[-3000:]}")
            return False

        wait_for(seen, f"{self.name} to say {text!r}", seconds)

    def signal(self, number):
        if self.status is None:
            os.kill(self._child.pid, number)

    def wait(self, seconds: float = 30.0) -> int:
        return self._child.wait(seconds)

    def stop(self, seconds: float = 15.0):
        """SIGTERM. Returns exit status and how long it took."""
        begun = time.monotonic()
        self.signal(signal.SIGTERM)
        status = self._child.wait(seconds)
        return status, time.monotonic() - begun

    def kill(self):
        self.signal(signal.SIGKILL)
        self._child.wait(10)

    def close(self):
        self.signal(signal.SIGCONT)  # a frozen program ends too
        self.kill()
        if self in Process.alive:
            Process.alive.remove(self)
