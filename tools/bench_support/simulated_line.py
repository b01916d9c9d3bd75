"""A serial line true to its speed, by gengfu-sim, with units of ten registers; and gengfud on it."""
import dataclasses
import json
import pathlib
import socket

from programs import Process, Programs, wait_for

BITS = 11  # a character, 8N2: a pty has no parity
REQUEST, ANSWER = 8, 5 + 2 * 10  # characters: ten registers a request


@dataclasses.dataclass
class Unit:
    number: int
    turnaround_ms: int  # of the unit; its profile states a little more
    dead: bool = False

    @property
    def name(self) -> str:
        return f"unit-{self.number}"

    @property
    def stated_ms(self) -> int:
        return self.turnaround_ms + 10


def silence_s(baud: int) -> float:
    """t3.5; fixed above 19200 baud (Modbus over Serial Line V1.02, 2.5.1.1)."""
    return 1.75e-3 if baud > 19200 else 3.5 * BITS / baud


def exchange_s(baud: int, unit: Unit) -> float:
    """What reading ten registers takes at least: request, silence or turnaround, answer, silence."""
    character = BITS / baud
    return (REQUEST + ANSWER) * character + max(silence_s(baud), unit.turnaround_ms / 1e3) + silence_s(baud)


class Line(Process):
    """The line `line`, on which `units` answer."""

    def __init__(self, programs: Programs, folder: pathlib.Path, baud: int, units):
        scenario = folder / "scenario.toml"
        text = f'[scenario]\nname = "bench"\n\n[[line]]\nname = "line"\nbaud = {baud}\n'
        for unit in units:
            text += (f'\n[[device]]\nname = "{unit.name}"\nline = "line"\nunit = {unit.number}\n'
                     f'turnaround = "{unit.turnaround_ms}ms"\nholding = {{ 0x0000 = "0000*10" }}\n')
            if unit.dead:
                text += f'\n[[fault]]\ndevice = "{unit.name}"\nkind = "silence"\nfrom = "0s"\n'
        scenario.write_text(text)
        self._socket = folder / "sim.sock"
        self.port = folder / "lines" / "line"
        super().__init__([programs.find("gengfu-sim"), scenario, "--directory", self.port.parent, "--control", self._socket],
                         folder / "sim.log")
        self.wait_for_text('"ready":true')
        self._connection = socket.socket(socket.AF_UNIX)
        self._connection.connect(str(self._socket))
        self._answers = self._connection.makefile("rb")

    def do(self, what: str, **arguments) -> dict:
        self._connection.sendall(json.dumps({"do": what, **arguments}).encode() + b"\n")
        answer = json.loads(self._answers.readline())
        if not answer.get("ok"):
            raise RuntimeError(f"gengfu-sim refuses {what}: {answer}")
        return answer

    def stats(self) -> dict:
        return self.do("stats")["lines"]["line"]

    def requests(self) -> dict:
        """Requests so far, by unit."""
        return {int(unit): count for unit, count in self.stats()["requests_by_unit"].items()}

    def end(self):
        self._answers.close()
        self._connection.close()
        super().end()


GATEWAY = """
[gateway]
id = "gw-bench-01"
language = "en"

[gateway.place]
division = "440309"
community_code = "440309008012"
grid = "440309008012003"

[mqtt]
{mqtt}

[store]
path = "{store}"
"""

_POINT = """
[[point]]
name = "r{number}"
register = "holding:{number}"
type = "u16"
deadband = 0.5
"""


def write_profile(folder: pathlib.Path, name: str, turnaround_ms: int, points: int = 10):
    profiles = folder / "profiles"
    profiles.mkdir(exist_ok=True)
    (profiles / f"{name}.toml").write_text(
        f'name = "{name}"\nsource = "tools/bench"\n\n[serial]\nturnaround = "{turnaround_ms}ms"\n' +
        "".join(_POINT.format(number=i) for i in range(points)))


class LineDaemon(Process):
    """gengfud on the line of `line`; `more(unit)` adds to a device's table."""

    def __init__(self, programs: Programs, folder: pathlib.Path, line: Line, baud: int, units, interval: str, mqtt: str = "",
                 more=lambda unit: "", name: str = "gengfud"):
        self.store = folder / f"{name}-store"
        self.configuration = folder / f"{name}.toml"
        self._programs = programs
        text = GATEWAY.format(mqtt=mqtt, store=self.store)
        text += f'\n[[bus]]\nname = "line"\nkind = "modbus-rtu"\nport = "{line.port}"\nbaud = {baud}\nstop_bits = 2\n'
        for unit in units:
            write_profile(folder, f"bench-{unit.stated_ms}ms", unit.stated_ms)
            text += (f'\n[[device]]\nname = "{unit.name}"\nbus = "line"\nunit = {unit.number}\n'
                     f'profile = "bench-{unit.stated_ms}ms"\ninterval = "{interval}"\n{more(unit)}')
        self.configuration.write_text(text)
        wait_for(line.port.exists, "the line to be there")
        super().__init__([programs.find("gengfud"), "--config", self.configuration], folder / f"{name}.log")
