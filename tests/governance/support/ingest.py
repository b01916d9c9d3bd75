"""gengfu-ingest as a service under test, and the schema it needs."""
import pathlib
import signal
import subprocess
import urllib.request

from support import programs
from support.ports import free_port
from support.process import Process
from support.waiting import wait_for


def migrate(uri: str):
    """Makes the schema, by the program itself."""
    done = subprocess.run([programs.path("gengfu-ingest"), "--database", uri, "migrate"], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=120, check=False)
    assert done.returncode == 0, f"gengfu-ingest migrate: {done.stdout}{done.stderr}"


_SETTINGS = """
name = "governance-db"
language = "en"
state = "{folder}/{name}.state"
confirm_every = "{confirm_every}"

[mqtt]
brokers = [{brokers}]
client_id = "{name}"
{mqtt}

[database]
connection = "{uri}"
{database}

[batch]
linger = "{linger}"

[http]
listen = "127.0.0.1:{http}"
"""


class Ingest:
    """Does not run until start(). Stays the same instance (client id, state file) over kill() and start()."""

    def __init__(self, folder: pathlib.Path, uri: str, *brokers, name: str = "ingest-1", mqtt: str = "",
                 confirm_every: str = "1s", linger: str = "50ms", database: str = "", environment=None):
        """:param brokers: ports on 127.0.0.1, or whole addresses; mqtt, database: further lines of those tables"""
        self.name = name
        self.folder = folder
        self.http = free_port()
        self._environment = environment
        addresses = ", ".join(f'"{b}"' if isinstance(b, str) else f'"mqtt://127.0.0.1:{b}"' for b in brokers)
        self.file = folder / f"{name}.toml"
        self.file.write_text(_SETTINGS.format(folder=folder, name=name, brokers=addresses, uri=uri, mqtt=mqtt,
                                              confirm_every=confirm_every, linger=linger, http=self.http, database=database))
        self.process = None

    def launch(self, *more):
        if self.process:
            assert self.process.status is not None, f"{self.name} runs already"
            self.process.close()
        self.process = Process(self.name, [programs.path("gengfu-ingest"), "run", "--config", str(self.file), *more],
                               self.folder / f"{self.name}.log", self._environment)

    def start(self, *more):
        """Starts, and waits until every lane has its broker and the database."""
        self.launch(*more)
        wait_for(self.is_well, f"{self.name} to be at work")

    def get(self, path: str):
        """Status and text of an HTTP resource."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.http}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def is_well(self) -> bool:
        assert self.process.status is None, f"{self.name} ended with {self.process.status}:\n{self.process.log()[-4000:]}"
        try:
            return self.get("/healthz")[0] == 200
        except OSError:
            return False

    def figure(self, name: str, lane: str = "") -> float:
        """A figure of /metrics: "records_total", "telemetry"."""
        wanted = f"gengfu_ingest_{name}" + (f'{{lane="{lane}"}}' if lane else "")
        for line in self.get("/metrics")[1].splitlines():
            if line.rpartition(" ")[0] == wanted:
                return float(line.rpartition(" ")[2])
        raise AssertionError(f"no figure {wanted}")

    def kill(self):
        self.process.kill()

    def freeze(self):
        self.process.signal(signal.SIGSTOP)

    def thaw(self):
        self.process.signal(signal.SIGCONT)

    def stop(self):
        return self.process.stop()

    def log(self) -> str:
        return self.process.log()

    def close(self):
        if self.process:
            self.process.close()
