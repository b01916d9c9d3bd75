"""Configurations with mistakes: `gengfu check` and the daemon's start say where, why and what to do, and end with 78."""
import json
import re

import pytest

from support.programs import ROOT

WRONG = 78
TCP_BUS = '[[bus]]\nname = "tcp"\nkind = "modbus-tcp"\naddress = "127.0.0.1:1"\n'
RELAY = '[[device]]\nname = "relay"\nbus = "tcp"\nunit = 1\nprofile = "acrel-asj"\nclass = "electrical-fire"\n'
PLACE = re.compile(r"^[^:]*gengfu\.toml:(\d+):(\d+): error: ", re.M)

# name: (what is wrong beside a sound [gateway], text that must be told)
MISTAKES = {
    "broken TOML": ('[[bus]]\nname = "tcp\n', "error"),
    "a wrong type": (TCP_BUS + RELAY.replace("unit = 1", 'unit = "one"'), "unit must be a whole number"),
    "a number out of range": (TCP_BUS + RELAY.replace("unit = 1", "unit = 300"), "unit must be"),
    "a duration without unit": (TCP_BUS + RELAY + 'interval = 5\n', "must be a duration such as"),
    "an unknown key": (TCP_BUS + RELAY + 'intervall = "5s"\n', 'did you mean "interval"?'),
    "a bus that does not exist": (TCP_BUS + RELAY.replace('bus = "tcp"', 'bus = "tpc"'), 'did you mean "tcp"?'),
    "a profile that does not exist": (TCP_BUS + RELAY.replace("acrel-asj", "acrel-asi"), 'did you mean "acrel-asj"?'),
    "a class that does not exist": (TCP_BUS + RELAY.replace("electrical-fire", "electric-fire"), 'did you mean "electrical-fire"?'),
    "two devices of one name": (TCP_BUS + RELAY + RELAY.replace("unit = 1", "unit = 2"), '"relay"'),
    "two devices with one unit id": (TCP_BUS + RELAY + RELAY.replace('"relay"', '"other"'), 'that of device "relay"'),
    "a kind that is not built yet": (TCP_BUS.replace("modbus-tcp", "dlt645"), "dlt645"),
    "a rule without a limit": (TCP_BUS + '[[device]]\nname = "well"\nbus = "tcp"\nunit = 1\nprofile = "qdy30a"\nclass = "well-level"\n',
                               "level-high"),
    "a key of a rule that is not built yet": (TCP_BUS + RELAY + '[device.rule.own]\nkind = "above"\npoint = "residual_current"\nlimit = 300\naction = "x"\n', "action"),
    "bytes that are no text": ("[mqtt]\n# \udcff\udcfe\n", "error"),
}


def write(gateway, mistake: str):
    head = ('[gateway]\nid = "gw-test-01"\nlanguage = "en"\nplace = { division = "440309", community_code = "440309008012", '
            f'grid = "440309008012003" }}\n[store]\npath = "{gateway.store}"\n')
    gateway.file.write_bytes((head + mistake).encode("utf-8", "surrogateescape"))


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_with_its_place(gateway, name):
    text, told = MISTAKES[name]
    write(gateway, text)
    done = gateway.command("check")
    assert done.returncode == WRONG, done.stdout + done.stderr
    assert PLACE.search(done.stdout), done.stdout
    assert told in done.stdout, done.stdout
    lines = gateway.file.read_bytes().count(b"\n")
    assert all(1 <= int(line) <= lines + 1 for line, _ in PLACE.findall(done.stdout)), done.stdout

    for_programs = gateway.command("check", "--json")
    answer = json.loads(for_programs.stdout)
    assert for_programs.returncode == WRONG and not answer["ok"]
    assert any(d["gravity"] == "error" and d["line"] > 0 for d in answer["diagnostics"])


def test_all_mistakes_at_once(gateway):
    write(gateway, TCP_BUS + RELAY.replace("unit = 1", "unit = 300") + 'intervall = "5s"\n' + RELAY.replace('bus = "tcp"', 'bus = "tpc"'))
    done = gateway.command("check")
    assert len(PLACE.findall(done.stdout)) >= 3 and done.returncode == WRONG, done.stdout


def test_a_profile_that_reads_beyond_its_devices_limit_is_refused(gateway):
    profiles = gateway.folder / "profiles"
    profiles.mkdir()
    (profiles / "tight.toml").write_text(
        'name = "tight"\nvendor = "v"\nmodel = "m"\nsource = "s"\nverified = false\n[serial]\nmax_registers = 1\n'
        '[[point]]\nname = "level"\nregister = "holding:0x0000"\ntype = "f32"\nunit = "m"\n')
    write(gateway, TCP_BUS + '[[device]]\nname = "probe"\nbus = "tcp"\nunit = 1\nprofile = "tight"\n')
    done = gateway.command("check")
    assert done.returncode == WRONG and "level" in done.stdout, done.stdout


def test_a_thing_defined_twice_names_both_places(gateway):
    devices = gateway.folder / "devices.d"
    devices.mkdir()
    write(gateway, TCP_BUS)
    (devices / "10-north.toml").write_text(RELAY)
    (devices / "20-south.toml").write_text("\n" + RELAY.replace("unit = 1", "unit = 2"))
    done = gateway.command("check")
    assert done.returncode == WRONG
    assert "devices.d/20-south.toml:3:8: error: " in done.stdout and "devices.d/10-north.toml:2:8" in done.stdout, done.stdout


@pytest.mark.parametrize("name", ["broken TOML", "an unknown key", "bytes that are no text"])
def test_a_daemon_without_an_earlier_configuration_ends_with_78(gateway, name):
    text, told = MISTAKES[name]
    write(gateway, text)
    gateway.launch()
    assert gateway.process.wait() == WRONG
    assert told in gateway.log() and re.search(r"gengfu\.toml:\d+:\d+", gateway.log())
    assert "none was accepted yet" in gateway.log()


def test_a_missing_file_is_told(gateway):
    done = gateway.command("check")
    assert done.returncode == WRONG and str(gateway.file) in done.stdout + done.stderr


def test_the_example_that_ships_is_good(gateway):
    gateway.configure((ROOT / "config" / "gengfu.toml").read_text())
    done = gateway.command("check")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("verb", ["watch", "apply", "import"])
def test_a_verb_that_is_not_built_says_so(gateway, verb):
    done = gateway.command(verb)
    assert done.returncode == 1 and "not built in this release" in done.stderr


def test_wrong_usage_is_2(gateway):
    assert gateway.command("raed", "relay").returncode == 2
    assert gateway.command("ack").returncode == 2


def crowded(gateway, configuration, interval: str) -> str:
    """Four relays, read in whole, on a line of 9600 baud: about 0.1 s each for the bytes alone."""
    configuration.serial("line", gateway.store.parent / "no-such-port")
    for unit in range(1, 5):
        configuration.relay(f"relay-{unit}", "line", unit, interval=interval)
    return configuration.text()


def test_a_bus_asked_for_more_than_it_carries_is_refused(gateway, configuration):
    gateway.file.write_text(crowded(gateway, configuration, "50ms"))
    done = gateway.command("check")
    assert done.returncode == WRONG, done.stdout
    assert re.search(r'bus "line" is asked for \d+ % of what it carries', done.stdout), done.stdout
    assert 'instead of "50ms"' in done.stdout and '"relay-1"' in done.stdout
    assert not json.loads(gateway.command("check", "--json").stdout)["ok"]


@pytest.mark.parametrize("devices, interval", [(1, "10ms"), (4, "50ms"), (40, "100ms"), (40, "1s")])
def test_the_interval_that_check_advises_can_be_pasted(gateway, configuration, devices, interval):
    configuration.serial("line", gateway.store.parent / "no-such-port", 1200 if devices == 1 else 9600)
    for unit in range(1, devices + 1):
        configuration.relay(f"relay-{unit}", "line", unit, interval=interval)
    gateway.file.write_text(configuration.text())
    done = gateway.command("check")
    assert done.returncode == WRONG, done.stdout
    new, old = re.search(r'shortest interval that fits[^;]*: (interval = "\w+") instead of ("\w+")', done.stdout).groups()
    gateway.file.write_text(configuration.text().replace(f"interval = {old}", new))
    done = gateway.command("check")
    assert done.returncode == 0 and "asked for" not in done.stdout, done.stdout


def test_the_speed_of_a_line_behind_a_converter_is_reckoned_with(gateway, configuration):
    configuration.tcp("line", 4001, "modbus-rtu-over-tcp").relay("relay-1", "line", 1, interval="1s")
    loads = {}
    for settings, words in (("", "9600 8N1"), ('baud = 115200\nparity = "even"\n', "115200 8E1")):
        gateway.file.write_text(configuration.text().replace("[[bus]]\n", "[[bus]]\n" + settings))
        done = gateway.command("check")
        assert done.returncode == 0 and f"reckoned at {words};" in done.stdout, done.stdout
        loads[words] = json.loads(gateway.command("check", "--json").stdout)["buses"][0]["load"]
    assert loads["9600 8N1"] > 1.5 * loads["115200 8E1"]


def test_a_silence_shorter_than_a_round_of_time_outs_is_warned_of(gateway, configuration):
    text = crowded(gateway, configuration, "1s")
    gateway.file.write_text(text)
    assert "told as silent" not in gateway.command("check").stdout
    hasty = '[device.rule.silent]\nfor = "2600ms"\nwhy = "test: soon"\n'
    gateway.file.write_text(text + hasty)
    done = gateway.command("check")
    assert done.returncode == 0 and 'rule "silent" calls after 2.6 s without an answer' in done.stdout, done.stdout
    assert "each of its 4 units" in done.stdout
    advised = re.search(r'write for = "(\w+)"', done.stdout)[1]
    gateway.file.write_text(text + hasty.replace('"2600ms"', f'"{advised}"'))
    mended = gateway.command("check")
    assert mended.returncode == 0 and "told as silent" not in mended.stdout, mended.stdout


def test_what_check_promises_is_told_for_every_safety_point(gateway, configuration):
    gateway.file.write_text(crowded(gateway, configuration, "1s"))
    done = gateway.command("check")
    assert done.returncode == 0, done.stdout
    assert "reading everything once takes" in done.stdout and "one dead" in done.stdout
    bus = json.loads(gateway.command("check", "--json").stdout)["buses"][0]
    assert bus["name"] == "line" and 0 < bus["load"] < 1
    relay = {p["point"]: p for p in bus["safety_points"]}["relay-1/residual_current"]
    assert 1 < relay["alive_seconds"] < relay["one_dead_seconds"] < 5, relay
    assert relay["dead"] != "relay-1"


@pytest.mark.parametrize("interval, status", [("14s", 0), ("15s", WRONG)])
def test_an_electrical_fire_detector_read_too_seldom_is_refused(gateway, configuration, interval, status):
    """As docs/sensors.md says: an alarm within 30 s, polling and the class's own delays counted."""
    configuration.tcp("line", 1).device("relay", "line", 1, "acrel-asj", "electrical-fire", interval)
    gateway.file.write_text(configuration.text())
    done = gateway.command("check")
    assert done.returncode == status, done.stdout
