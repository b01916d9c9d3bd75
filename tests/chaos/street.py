"""A street that lives by a drawn timeline, played by gengfu-sim over Modbus TCP: sensors rise, fall, twitch and fall silent."""
import random

from support.configuration import RELAY

DURATION = 32.0  # seconds until (almost) everything has happened
RELAYS = [f"relay-{number}" for number in range(1, 5)]
# On one connection that is cut as a whole; the last of them also falls silent alone.
SHED = [f"shed-{number}" for number in range(1, 4)]
REST, WARNING, ALARM = "001E", "00C8", "0140"  # 30, 200, 320 mA
LYING, TILTED, OVERTURNED = "0000 0000 0800", "0000 0400 06ED", "0000 0800 0000"  # 1 g = 0x0800: 0, 30, 90 degrees

# Delays long enough to be hit by a kill, short enough that a test can wait them out.
DELAYED = """
[device.rule.residual-current-high]
on_delay = "1200ms"
off_delay = "1s"
latch = {latch}
why = "test: shorter delays"
[device.rule.silent]
for = "1500ms"
why = "test: soon"
"""
COVER = """
[device.rule.cover-moved]
on_delay = "1s"
off_delay = "1500ms"
why = "test: shorter delays"
"""
LANE = """
[device.rule.lane-blocked]
levels = [{ limit = 2, severity = "moderate" }, { limit = 5, severity = "major" }]
off_delay = "1s"
why = "test: soon"
"""


def configure(configuration, ports):
    """The devices of the street. `ports`: endpoint of the simulator -> port."""
    configuration.tcp("street", ports["street"]).tcp("shed", ports["shed"])
    for unit, name in enumerate(RELAYS, 1):
        configuration.relay(name, "street", unit, DELAYED.format(latch="true" if unit == 1 else "false"))
    for unit, name in enumerate(SHED, 1):
        configuration.relay(name, "shed", unit, DELAYED.format(latch="false"))
    configuration.device("cover", "street", 11, "witmotion-wt901c485", "manhole-cover", "100ms", COVER)
    configuration.device("lane", "street", 12, "banner-dx80-m-gage", "fire-lane", "100ms", LANE)


def _devices() -> str:
    relay = f'holding = {{ 0x0000 = "{RELAY["holding"][0]}" }}'
    rows = [(name, "street", unit, relay) for unit, name in enumerate(RELAYS, 1)]
    rows += [(name, "shed", unit, relay) for unit, name in enumerate(SHED, 1)]
    rows.append(("cover", "street", 11, f'holding = {{ 0x0034 = "{LYING} 0000 0000 0000 0040 0021 01F4 0000 0000 0000 09C4" }}'))
    rows.append(("lane", "street", 12, 'holding = { 0x0010 = "0014 0000*15" }'))
    return "".join(f'[[device]]\nname = "{name}"\ntcp = "{tcp}"\nunit = {unit}\n{registers}\n' for name, tcp, unit, registers in rows)


def _step(at: float, device: str, address: str, words: str) -> str:
    return f'[[step]]\nat = "{at:.2f}s"\ndevice = "{device}"\nholding = {{ {address} = "{words}" }}\n'


def scenario(seed) -> str:
    """A condition that must alarm holds for at least 5 s: delay, and what several kills may cost. One that must not, for half
    of its delay, and then rests for 4 s: whoever did not see the pause would add the two."""
    draw = random.Random(f"street {seed}")
    text = f'[scenario]\nname = "street"\nseed = 1\n'
    text += "".join(f'[[tcp]]\nname = "{name}"\nkind = "modbus-tcp"\n' for name in ("street", "shed")) + _devices()
    for name in RELAYS:
        at = draw.uniform(2, 4)
        for _ in range(2):  # a third raise within a minute would be held as chattering
            if draw.random() < 0.5:
                text += _step(at, name, "0x0000", ALARM) + _step(at + 0.6, name, "0x0000", REST)
                at += draw.uniform(4, 5)
            text += _step(at, name, "0x0000", draw.choice((WARNING, ALARM)))
            if draw.random() < 0.5:
                at += draw.uniform(5, 6)
                text += _step(at, name, "0x0000", ALARM)
            at += draw.uniform(5, 6)
            text += _step(at, name, "0x0000", REST)
            at += draw.uniform(4, 5)
            if at > DURATION - 9:
                break
    text += _step(draw.uniform(4, 6), "cover", "0x0034", TILTED)
    text += _step(draw.uniform(11, 13), "cover", "0x0034", OVERTURNED)
    text += _step(draw.uniform(18, 24), "cover", "0x0034", LYING)
    text += _step(draw.uniform(3, 5), "lane", "0x0010", "012C")
    text += _step(draw.uniform(15, 17), "lane", "0x0010", "0014")
    # Behind the cut one is in alarm, one falls silent before, and stays so.
    text += _step(draw.uniform(2, 3), "shed-2", "0x0000", ALARM)
    cut = draw.uniform(12, 14)
    text += f'[[fault]]\ntcp = "shed"\nkind = "unplug"\nfrom = "{cut:.2f}s"\nto = "{cut + draw.uniform(6, 7):.2f}s"\n'
    alone = draw.uniform(3, 4)
    text += f'[[fault]]\ndevice = "shed-3"\nkind = "silence"\nfrom = "{alone:.2f}s"\nto = "{cut + 12:.2f}s"\n'
    return text
