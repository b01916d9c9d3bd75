"""Texts of gateway configurations."""

_HEAD = """
[gateway]
id = "{gateway}"
language = "en"

[gateway.place]
division = "440309"
community_code = "440309008012"
grid = "440309008012003"
estate = "龙悦居"

[store]
path = "{store}"
flush = "200ms"
size_limit = "64MiB"

[console]
listen = "{console}"
"""

_PARTY = """
[[party]]
id = "crew-1"
code = "ZZ0401"
name = "电工班"
phone_ref = "roster:crew-1"
"""

# Rules without the delays that their class gives them, so that a test need not wait them out.
AT_ONCE = """
[device.rule.residual-current-high]
on_delay = "0s"
off_delay = "0s"
why = "test: no delays"
"""

UNLATCHED = AT_ONCE + "latch = false\n"

SILENT_SOON = """
[device.rule.silent]
for = "700ms"
why = "test: soon"
"""


class Configuration:
    """Collects tables; text() is the file."""

    def __init__(self, store, gateway: str = "gw-test-01", console: str = ""):
        """:param console: where its figures are served; several daemons run side by side: by default nowhere"""
        self._tables = [_HEAD.format(gateway=gateway, store=store, console=console), _PARTY]
        self._devices = 0  # also numbers the components: no two devices may have one

    def mqtt(self, *brokers, **keys):
        """:param brokers: ports on 127.0.0.1, or whole addresses; `keys` as they stand in the file, quoted here"""
        addresses = ", ".join(f'"{b}"' if isinstance(b, str) else f'"mqtt://127.0.0.1:{b}"' for b in brokers)
        keys = {"linger": "100ms", "heartbeat": "1s", **keys}
        self._tables.append(f"[mqtt]\nbrokers = [{addresses}]\n" + "".join(f'{k} = "{v}"\n' for k, v in keys.items()))
        return self

    def serial(self, name: str, port, baud: int = 9600, timeout: str = "500ms"):
        self._tables.append(f'[[bus]]\nname = "{name}"\nkind = "modbus-rtu"\nport = "{port}"\nbaud = {baud}\n'
                            f'parity = "none"\nstop_bits = 2\ntimeout = "{timeout}"\n')
        return self

    def tcp(self, name: str, port: int, kind: str = "modbus-tcp", timeout: str = "500ms"):
        self._tables.append(f'[[bus]]\nname = "{name}"\nkind = "{kind}"\naddress = "127.0.0.1:{port}"\n'
                            f'timeout = "{timeout}"\n')
        return self

    def device(self, name: str, bus: str, unit: int, profile: str, device_class: str = "", interval: str = "100ms",
               rules: str = "", more: str = ""):
        self._devices += 1
        class_line = f'class = "{device_class}"\n' if device_class else ""
        self._tables.append(f'[[device]]\nname = "{name}"\nbus = "{bus}"\nunit = {unit}\nprofile = "{profile}"\n{class_line}'
                            f'interval = "{interval}"\ncomponent = "44030901160{self._devices:05}"\nmaintainer = "crew-1"\n{more}{rules}')
        return self

    def relay(self, name: str, bus: str, unit: int, rules: str = UNLATCHED, interval: str = "100ms"):
        """A residual-current relay; RELAY are its registers. Its rule warns at 180 mA and alarms at 300."""
        return self.device(name, bus, unit, "acrel-asj", "electrical-fire", interval, rules)

    def text(self) -> str:
        return "\n".join(self._tables)


# Registers 0 to 0x1B of a residual-current relay at rest, 30 mA: hand-written after the data sheet's table.
RELAY = {"holding": {0: "001E 0000 0000 0000 0000 0000 0000 0000 01F4 012C" + " 0000" * 14 + " 0001 0000 0000 0000"}}
