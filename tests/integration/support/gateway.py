"""gengfud with a folder of its own, and the command `gengfu` for it."""
import json
import pathlib
import signal
import socket
import subprocess

from support import programs
from support.process import Process
from support.waiting import wait_for


class Gateway:
    """Does not run until start(); the folder, and with it the store, stays over kill() and start()."""

    def __init__(self, folder: pathlib.Path, name: str = "gateway"):
        self.folder = folder / name
        self.folder.mkdir()
        self.store = self.folder / "store"
        self.file = self.folder / "gengfu.toml"
        self.socket = self.store / "control.sock"
        self.process = None

    def configure(self, text: str):
        self.file.write_text(text)

    def launch(self, environment=None, within=()):
        """Starts without waiting. :param within: a command that ends by becoming the one that follows it"""
        if self.process:
            assert self.process.status is not None, "the gateway runs already"
            self.process.close()
        self.process = Process("gengfud", [*within, programs.path("gengfud"), "--config", str(self.file)],
                               self.folder / "gengfud.log", environment)

    def start(self, environment=None, within=()):
        """Starts, and waits until it answers."""
        self.launch(environment, within)
        wait_for(self.answers, "gengfud to answer on its control socket")

    def answers(self) -> bool:
        assert self.process.status is None, f"gengfud ended with {self.process.status}:\n{self.process.log()[-4000:]}"
        try:
            # The pid of the socket's owner: a predecessor's socket may still lie there.
            return self.ask(verb="version").get("version", "") != ""  # an error: too many connections
        except (OSError, ValueError):
            return False

    def ask(self, **request):
        return self.ask_raw(json.dumps(request).encode() + b"\n")

    def ask_raw(self, line: bytes):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(20)
            connection.connect(str(self.socket))
            connection.sendall(line)
            answer = b""
            while not answer.endswith(b"\n"):
                more = connection.recv(65536)
                if not more:
                    raise ConnectionError("gengfud closed the control connection")
                answer += more
        return json.loads(answer)

    def alarms(self):
        return self.ask(verb="alarms")["alarms"]

    def alarm(self, rule: str, device: str = ""):
        """The one alarm of the rule that is not over, or None."""
        found = [a for a in self.alarms() if a["rule"] == rule and device in ("", a["device"])]
        assert len(found) <= 1, found
        return found[0] if found else None

    def wait_alarm(self, rule: str, device: str = "", **wanted):
        """Waits until it stands and each field of `wanted` is as given."""
        def is_as_wanted():
            alarm = self.alarm(rule, device)
            return alarm if alarm and all(alarm[key] == value for key, value in wanted.items()) else None

        return wait_for(is_as_wanted, f"alarm {device}/{rule} with {wanted}")

    @staticmethod
    def sequence(alarm) -> int:
        """Which event of its run the raise was."""
        return int(alarm["id"].split("-")[1])

    def wait_on_disk(self, events: int):
        """Waits until so many events that no broker has confirmed are in the store. What is only listed, and told to nobody
        yet, may still be on its way there."""
        wait_for(lambda: self.ask(verb="status")["store"]["events_pending"] >= events, f"{events} events on disk")

    def bus(self, name: str):
        return next(bus for bus in self.ask(verb="status")["buses"] if bus["name"] == name)

    def health(self, device: str) -> str:
        return next(d["health"] for bus in self.ask(verb="status")["buses"] for d in bus["devices"] if d["name"] == device)

    def read(self, device: str):
        """Point -> sample, by the control socket."""
        return {sample["point"]: sample for sample in self.ask(verb="read", device=device)["samples"]}

    def command(self, *arguments, user=None):
        """Runs `gengfu ARGUMENTS --config FILE`. :param user: arguments of setpriv, to run as somebody else"""
        prefix = ["setpriv", *user] if user else []
        return subprocess.run([*prefix, programs.path("gengfu"), *arguments, "--config", str(self.file)],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)

    def reload(self):
        self.process.signal(signal.SIGHUP)

    def stop(self, seconds: float = 15.0):
        """SIGTERM. Exit status and seconds."""
        return self.process.stop(seconds)

    def kill(self):
        self.process.kill()

    def log(self) -> str:
        return self.process.log()

    def close(self):
        if self.process:
            self.process.close()
