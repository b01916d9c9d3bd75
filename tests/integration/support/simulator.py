"""gengfu-sim with its control socket."""
import json
import pathlib
import socket

from support import programs
from support.process import Process
from support.waiting import wait_for


class Simulator:
    """Plays `scenario` (TOML text), at once or, with `wait`, at do("play"). `lines` and `tcp` say where its lines and servers are."""

    def __init__(self, scenario: str, folder: pathlib.Path, wait: bool = False):
        file = folder / "scenario.toml"
        file.write_text(scenario)
        self._socket = folder / "sim.sock"
        self.process = Process("gengfu-sim", [programs.path("gengfu-sim"), str(file), "--directory", str(folder), "--control",
                                              str(self._socket), *(["--wait"] if wait else [])], folder / "sim.log")
        ready = wait_for(self._ready, "gengfu-sim to be ready")
        self.lines, self.tcp = ready["lines"], ready["tcp"]

    def _ready(self):
        assert self.process.status is None, f"gengfu-sim ended with {self.process.status}:\n{self.process.log()}"
        for line in self.process.log().splitlines():
            if line.startswith("{") and line.endswith("}") and json.loads(line).get("ready"):
                return json.loads(line)
        return None

    def do(self, what: str, **arguments):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(10)
            connection.connect(str(self._socket))
            connection.sendall(json.dumps({"do": what, **arguments}).encode() + b"\n")
            answer = b""
            while not answer.endswith(b"\n"):
                more = connection.recv(65536)
                assert more, "gengfu-sim closed its control socket"
                answer += more
        reply = json.loads(answer)
        assert reply["ok"], reply
        return reply

    def set(self, device: str, **spaces):
        """For example set("a", holding={"0x0000": "0138"})."""
        self.do("set", device=device, **spaces)

    def close(self):
        self.process.close()
