"""A promise of `gengfu check` that rests on assumed response times, and units that are slower. docs/bus.md."""
import json
import re

from support.waiting import wait_for

_HEAD = '[scenario]\nname = "slow"\n[[line]]\nname = "rs485-1"\n'
_REGISTERS = 'holding = { 0x0000 = "001E 0000*23 0001 0000 0000 0000" }\n'


def test_units_slower_than_assumed_are_told_with_what_to_write(gateway, configuration, simulate):
    slow = "".join(f'[[device]]\nname = "u{unit}"\nline = "rs485-1"\nunit = {unit}\nturnaround = "300ms"\n{_REGISTERS}'
                   for unit in range(1, 5))
    sim = simulate(_HEAD + slow)
    configuration.serial("rs485-1", sim.lines["rs485-1"], 115200)
    for unit in range(1, 5):
        configuration.relay(f"relay-{unit}", "rs485-1", unit, interval="1s")
    gateway.configure(configuration.text())
    checked = gateway.command("check")
    assert checked.returncode == 0
    assert "it assumes that these answer within 20 ms, which their profiles do not state: acrel-asj" in checked.stdout
    gateway.start()
    wait_for(lambda: len(gateway.bus("rs485-1").get("broken_promise", {}).get("slow", [])) == 4, "the promise to be seen broken", 30)
    broken = gateway.bus("rs485-1")["broken_promise"]
    assert broken["worst_seconds"] is None or broken["worst_seconds"] > broken["promised_seconds"]
    assert all(unit["assumed"] and 0.3 <= unit["takes_seconds"] <= unit["write_seconds"] for unit in broken["slow"])
    shown = gateway.command("status").stdout
    assert "rs485-1 is slower than promised: a change at relay-" in shown
    assert re.search(r'relay-1 answers after up to 3\d\d ms, assumed are 20 ms: write turnaround = "\d+ms" in its', shown), shown
    assert "bus rs485-1 is slower than promised: " in gateway.log()
    alarm = wait_for(lambda: gateway.alarm("bus-late", "gateway"), "the alarm", 60)
    assert alarm["active"] and "write turnaround" in json.dumps(alarm)
    gateway.stop()

    # What it says to write is taken, and then nothing is assumed.
    text = gateway.file.read_text()
    for unit in broken["slow"]:
        name, ms = unit["device"], round(unit["write_seconds"] * 1000)
        text = text.replace(f'name = "{name}"\n', f'name = "{name}"\nturnaround = "{ms}ms"\n')
    gateway.configure(text.replace('interval = "1s"', 'interval = "5s"'))
    checked = gateway.command("check")
    assert checked.returncode == 0 and "it assumes" not in checked.stdout, checked.stdout
