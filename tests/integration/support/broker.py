"""mosquitto with the configuration that ships in config/broker, on a port of its own."""
import os
import pathlib
import pwd
import signal
import socket

from support.ports import free_port
from support.process import Process
from support.programs import ROOT
from support.waiting import wait_for

_SHIPPED = ROOT / "config" / "broker"


def _listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def plain_settings(port: int) -> str:
    return (_SHIPPED / "plain.conf").read_text() + f"\nlistener {port} 127.0.0.1\n"


def tls_settings(port: int, folder: pathlib.Path) -> str:
    """mosquitto.conf as it ships, with this test's folder in place of /etc/mosquitto/gengfu."""
    text = (_SHIPPED / "mosquitto.conf").read_text()
    for shipped, ours in (("listener 8883", f"listener {port} 127.0.0.1"), ("/etc/mosquitto/gengfu", str(folder)),
                          ("/var/lib/mosquitto/", f"{folder}/")):
        assert shipped in text, f"config/broker/mosquitto.conf no longer says {shipped}"
        text = text.replace(shipped, ours)
    (folder / "acl").write_text((_SHIPPED / "acl").read_text())
    return text


class Broker:
    """Started by the constructor; stays on its port over kill() and start()."""

    def __init__(self, folder: pathlib.Path, settings=plain_settings, name: str = "broker"):
        self.folder = folder
        self.name = name
        self._settings = settings
        self.process = None
        self.port = 0
        for _ in range(5):  # somebody else may take the port between our look and mosquitto's bind
            self.port = free_port()
            if self._try():
                return
        raise AssertionError(f"mosquitto does not start:\n{self.log()}")

    def _try(self) -> bool:
        settings = self.folder / f"{self.name}.conf"
        user = pwd.getpwuid(os.getuid()).pw_name  # started by root it would become user mosquitto
        settings.write_text(f"{self._settings(self.port)}\nuser {user}\n")
        self.process = Process(self.name, ["mosquitto", "-c", str(settings)], self.folder / f"{self.name}.log")
        wait_for(lambda: self.process.status is not None or _listening(self.port), "mosquitto to listen")
        if self.process.status is None:
            return True
        self.process.close()
        return False

    def start(self):
        assert self.process.status is not None, "the broker runs already"
        self.process.close()
        assert self._try(), f"mosquitto does not start again on port {self.port}:\n{self.log()}"

    def log(self) -> str:
        return self.process.log() if self.process else ""

    def kill(self):
        self.process.kill()

    def freeze(self):
        self.process.signal(signal.SIGSTOP)

    def thaw(self):
        self.process.signal(signal.SIGCONT)

    def close(self):
        self.process.close()
