"""The installer's tools: read --raw, scan, address, trace; with the daemon and without, over simulated lines. docs/command.md."""
import contextlib
import json
import os
import pathlib
import re
import select
import signal
import subprocess
import threading
import tty
from random import Random

import pytest

from support import programs
from support.configuration import UNLATCHED
from support.waiting import wait_for

RELAY_REGISTERS = "holding = {{ 0x0000 = \"0138 0000*23 {unit:04X} 0002 0000 0000\" }}\nunit_register = 0x0018\n"
HEAD = '[scenario]\nname = "tools"\n[[line]]\nname = "rs485-1"\n'


def relay(name: str, unit: int, more: str = "") -> str:
    """A residual-current relay: 312 mA, its own address in 0x0018, no alarm."""
    return f'[[device]]\nname = "{name}"\nline = "rs485-1"\nunit = {unit}\n{RELAY_REGISTERS.format(unit=unit)}{more}'


@pytest.fixture
def tools(gateway, configuration, simulate, folder):
    """tools(devices, configured units) gives the gateway, not started, on a simulated line at 115200."""
    def make(devices: str, units=(), baud: int = 115200):
        gateway.sim = simulate(HEAD + devices)
        configuration.serial("rs485-1", gateway.sim.lines["rs485-1"], baud, "100ms")
        for unit in units:
            configuration.relay(f"relay-{unit}", "rs485-1", unit, UNLATCHED)
        gateway.configure(configuration.text())
        gateway.state = str(folder / "scan.json")
        return gateway

    return make


def scan(gateway, *arguments, line="rs485-1"):
    return gateway.command("scan", line, "--timeout", "50", "--state", gateway.state, *arguments)


def scanned(gateway, *arguments):
    done = scan(gateway, "--json", *arguments)
    assert done.returncode == 0, done.stderr
    return {(one["unit"], one["line"]): one for one in json.loads(done.stdout)["found"]}


def writes(gateway):
    """Requests that were not reads never reach a device unseen: what it holds is as it was."""
    return {name: gateway.sim.do("get", device=name, space="holding", address=0, count=28)["words"]
            for name in gateway.sim.do("stats")["devices"]}


# ---- read

@pytest.mark.parametrize("running", [True, False], ids=["through-the-daemon", "by-itself"])
def test_read_says_the_exception_and_raw_shows_every_order(tools, running):
    gateway = tools(relay("relay-1", 1), [1])
    if running:
        gateway.start()
    fault = gateway.sim.do("fault", target="relay-1", kind="exception", code=2)["fault"]
    read = gateway.command("read", "relay-1")
    assert read.returncode == 1 and "exception 02: illegal data address" in read.stdout
    gateway.sim.do("clear", fault=fault)
    raw = gateway.command("read", "relay-1", "--raw", "--json")
    assert raw.returncode == 0, raw.stderr
    point = next(p for p in json.loads(raw.stdout)["points"] if p["point"] == "residual_current")
    values = {(v["order"], v["type"]): v for v in point["values"]}
    assert values["ABCD", "u16"]["value"] == 312 and values["ABCD", "u16"]["plausible"] and values["ABCD", "u16"]["as_profile"]
    assert values["BADC", "u16"]["value"] == 0x3801 and values["BADC", "i16"]["value"] == 0x3801
    text = gateway.command("read", "relay-1", "--raw").stdout
    assert "residual_current  holding:0x0000  0138" in text and "[312 *]" in text


def test_read_by_itself_says_that_a_unit_is_silent(tools):
    gateway = tools(relay("relay-1", 1), [1, 2])
    raw = gateway.command("read", "relay-2", "--raw")
    assert raw.returncode == 1 and "no answer in" in raw.stdout
    assert "time-out: unit 2 did not answer in 100 ms" in gateway.command("read", "relay-2").stdout


# ---- scan

def test_scan_finds_units_of_several_speeds_and_two_at_one_address(tools):
    fresh = 'baud = 9600\nsame_unit = true\n'
    gateway = tools(relay("a", 17) + relay("b", 18, "baud = 115200\n") + relay("c", 5, "baud = 19200\n")
                    + relay("fresh-1", 1, fresh) + relay("fresh-2", 1, fresh + 'turnaround = "3ms"\n'))
    before = writes(gateway)
    found = scanned(gateway, "--units", "1-20")
    assert writes(gateway) == before, "a scan must not write"
    assert found[17, "115200 8N2"]["profiles"][0]["profile"] == "acrel-asj"
    assert found[17, "115200 8N2"]["profiles"][0]["certainty"] == "likely"
    assert not found[18, "115200 8N2"]["several"] and found[5, "19200 8N1"]["profiles"]
    assert found[1, "9600 8N1"]["several"] and (2, "9600 8N1") not in found and (1, "9600 8E1") not in found


def test_scan_tells_of_a_slower_twin(tools):
    fresh = 'baud = 9600\nsame_unit = true\n'
    gateway = tools(relay("fresh-1", 1, fresh) + relay("fresh-2", 1, fresh + 'turnaround = "90ms"\n'))
    assert scanned(gateway, "--units", "1-2")[1, "9600 8N1"]["several"]


@contextlib.contextmanager
def noisy_line():
    """A port on which three random bytes come about twenty times a second, whoever is asked or nobody."""
    master, slave = os.openpty()
    tty.setraw(slave)
    over = threading.Event()
    random = Random(17)

    def disturb():
        while not over.wait(0.05):
            os.write(master, random.randbytes(3))
            if select.select([master], [], [], 0)[0]:
                os.read(master, 4096)
    thread = threading.Thread(target=disturb)
    thread.start()
    try:
        yield os.ttyname(slave)
    finally:
        over.set()
        thread.join()
        os.close(master)
        os.close(slave)


def test_noise_is_not_told_as_units(tools):
    """Every address of a noisy line looked like two units at one: an installer hunted what was not there."""
    gateway = tools(relay("a", 1))
    with noisy_line() as port:
        shown = scan(gateway, "--units", "20-21", "--line", "9600-8N1", "--configured", line=port)
        assert shown.returncode == 0, shown.stdout + shown.stderr
        assert "two or more units" not in shown.stdout and "[[" not in shown.stdout, shown.stdout
        assert shown.stdout.count("the line is noisy: bytes come even when nobody is asked") == 1, shown.stdout
        assert "at unit 20, 21 it is not known" in shown.stdout and "terminator" in shown.stdout
        refused = gateway.command("address", port, "--profile", "acrel-asj", "--from", "1", "--to", "17")
        assert refused.returncode == 1 and "the line is noisy" in refused.stderr, refused.stdout + refused.stderr
        assert "nothing was written" in refused.stderr and "choose another" not in refused.stderr


def test_scan_hints_at_a_unit_that_answers_after_the_time_out(tools):
    gateway = tools(relay("a", 17, 'turnaround = "250ms"\n'))
    shown = scan(gateway, "--units", "16-19", "--configured", "--line", "115200-8N2")
    assert "nobody answered" in shown.stdout and "--timeout 1000" in shown.stdout, shown.stdout
    found = gateway.command("scan", "rs485-1", "--timeout", "1000", "--units", "16-19", "--configured", "--state", gateway.state)
    assert "unit 17 at" in found.stdout and "--timeout 1000" not in found.stdout, found.stdout


def test_what_scan_prints_can_be_pasted(tools):
    gateway = tools(relay("a", 17))
    shown = scan(gateway, "--units", "16-18", "--configured")
    assert shown.returncode == 0 and "unit 17 at 115200 8N2: acrel-asj (Acrel ASJ series (ASJ20-LD and relatives)), likely" in shown.stdout
    block = shown.stdout[shown.stdout.index("[[device]]"):].split("\n\n")[0]
    gateway.configure(gateway.file.read_text() + "\n" + block + "\n")
    checked = gateway.command("check")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "312" in gateway.command("read", "acrel-asj-17").stdout


def test_what_a_scan_of_a_port_prints_can_be_pasted_and_scanned_by_name(tools, folder):
    """A gateway that knows nothing of its line yet; one unit that no profile knows stands beside the relays."""
    stranger = '[[device]]\nname = "x"\nline = "rs485-1"\nunit = 9\nholding = { 0x4000 = "0001" }\n'
    gateway = tools(relay("a", 17, "baud = 9600\n") + relay("b", 18, "baud = 9600\n") + stranger)
    text = gateway.file.read_text()
    gateway.configure(text[:text.index("[[bus]]")])
    port = str(gateway.sim.lines["rs485-1"])
    shown = scan(gateway, "--units", "9-18", line=port)
    assert shown.returncode == 0, shown.stdout + shown.stderr
    pasted = shown.stdout[shown.stdout.index("\n[[bus]]"):]
    assert "PROFILE" not in pasted and "# unit 9 answers, but no profile knows it" in pasted
    gateway.configure(gateway.file.read_text() + pasted)
    checked = gateway.command("check")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "312" in gateway.command("read", "acrel-asj-17").stdout
    again = scan(gateway, "--units", "16-19", "--configured")
    assert again.returncode == 0 and '"acrel-asj-17" of the configuration' in again.stdout, again.stdout + again.stderr
    assert "[[device]]" not in again.stdout
    assert "1 line setting, " in again.stderr, again.stderr


def test_a_scan_keeps_its_state_in_no_file_of_somebody_else(tools, folder):
    gateway = tools(relay("a", 17), [17])
    notes = folder / "notes.txt"
    notes.write_text("what the customer said\n")
    refused = gateway.command("scan", "rs485-1", "--units", "17", "--configured", "--state", str(notes))
    assert refused.returncode == 2 and "is not what a scan left, and is not written over" in refused.stderr
    assert notes.read_text() == "what the customer said\n"
    ours = gateway.command("scan", "rs485-1", "--configured", "--timeout", "50", "--limit", "1", "--state", gateway.state)
    assert "not finished" in ours.stdout, ours.stdout + ours.stderr
    assert json.loads(pathlib.Path(gateway.state).read_text())["next"] > 0
    assert scan(gateway, "--units", "17", "--configured").returncode == 0
    assert not pathlib.Path(gateway.state).exists()


def test_an_interrupted_scan_goes_on(tools):
    gateway = tools(relay("a", 2) + relay("b", 240))
    first = scan(gateway, "--configured", "--limit", "3")
    assert first.returncode == 1 and "not finished" in first.stdout and "unit 2 at" in first.stdout
    asked = gateway.sim.do("stats")["lines"]["rs485-1"]["requests_by_unit"]
    found = scanned(gateway, "--configured")
    assert {2, 240} == {unit for unit, _ in found}
    again = gateway.sim.do("stats")["lines"]["rs485-1"]["requests_by_unit"]
    assert again["3"] == asked["3"], "what was asked before the interruption is not asked again"


def test_scan_leaves_the_line_of_the_daemon_alone_unless_told(tools):
    gateway = tools(relay("a", 1) + relay("b", 2), [1])
    gateway.start()
    wait_for(lambda: gateway.health("relay-1") == "online", "the relay to be online")
    refused = scan(gateway, "--units", "1-2", "--configured")
    assert refused.returncode == 1 and "--takeover" in refused.stderr
    found = scanned(gateway, "--units", "1-2", "--configured", "--takeover")
    assert {1, 2} == {unit for unit, _ in found}
    wait_for(lambda: gateway.read("relay-1")["residual_current"]["quality"] == "good", "the daemon to have its line back")


def anybody(*rules: str) -> str:
    """A rule over silences."""
    return f'\n[[rule]]\nname = "anybody"\nkind = "any"\nof = {json.dumps(rules)}\nseverity = "major"\n'


def test_a_line_comes_back_by_itself_when_its_borrower_dies(tools):
    gateway = tools(relay("a", 1), [1])
    gateway.configure(gateway.file.read_text() + '\n[device.rule.silent]\nfor = "2s"\nwhy = "test: soon"\n' + anybody("relay-1/silent"))
    gateway.start()
    wait_for(lambda: gateway.health("relay-1") == "online", "the relay to be online")
    borrower = subprocess.Popen([programs.path("gengfu"), "scan", "rs485-1", "--takeover", "--config", str(gateway.file),
                                 "--units", "100-247", "--state", gateway.state, "--timeout", "1000"],
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: "lent to" in gateway.bus("rs485-1")["trouble"], "the line to be lent")
        bad = gateway.read("relay-1")["residual_current"]
        assert bad["quality"] == "bad" and bad["reason"] == "line" and "lent to" in bad["detail"]
    finally:
        borrower.send_signal(signal.SIGKILL)
        borrower.wait()
    # The loan lasts 10 s; the relay's rule of silence is reached long before.
    wait_for(lambda: gateway.read("relay-1")["residual_current"]["quality"] == "good", "the line to be back")
    assert gateway.alarm("silent") is None, "a borrowed line is nobody's silence"
    assert gateway.alarm("anybody") is None, "nor that of a group over it"


def test_a_line_is_lent_to_one_tool_at_a_time(tools, folder):
    """The second one failed, too, and then gave the first one's loan back: the daemon met a busy port."""
    gateway = tools(relay("a", 1), [1])
    gateway.start()
    wait_for(lambda: gateway.health("relay-1") == "online", "the relay to be online")
    with at_work(gateway, folder, "scan", "rs485-1", "--takeover", "--units", "100-247", "--state", gateway.state) as (first, _):
        wait_for(lambda: gateway.bus("rs485-1")["lent"], "the line to be lent")
        second = gateway.command("scan", "rs485-1", "--takeover", "--units", "1", "--configured", "--state", str(folder / "other.json"))
        assert second.returncode == 1 and "already, which is still at work" in second.stderr, second.stderr
        assert first.poll() is None and gateway.bus("rs485-1")["lent"]
        first.send_signal(signal.SIGINT)
        first.wait(20)
    wait_for(lambda: gateway.read("relay-1")["residual_current"]["quality"] == "good", "the line to be back")
    assert "busy" not in gateway.log()


def test_a_port_that_is_unplugged_is_not_borrowed_and_the_end_of_a_loan_is_told(tools):
    gateway = tools(relay("a", 1), [1])
    gateway.start()
    wait_for(lambda: gateway.health("relay-1") == "online", "the relay to be online")
    assert gateway.ask(verb="borrow", bus="rs485-1")["lent_seconds"] == 10
    wait_for(lambda: gateway.bus("rs485-1")["trouble"].startswith("lent to"), "the line to be lent")
    gateway.sim.do("unplug", target="rs485-1")
    gateway.process.wait_for_log("bus rs485-1 is not lent any more, but it is not usable: port")
    wait_for(lambda: "missing" in gateway.bus("rs485-1")["trouble"], "the truth in status")
    refused = scan(gateway, "--units", "1-2", "--configured", "--takeover")
    assert refused.returncode == 1 and "is missing" in refused.stderr and "nothing was borrowed" in refused.stderr
    assert "missing" in gateway.bus("rs485-1")["trouble"]
    gateway.sim.do("plug", target="rs485-1")
    wait_for(lambda: gateway.health("relay-1") == "online", "the relay to be back")
    gateway.ask(verb="borrow", bus="rs485-1")
    wait_for(lambda: gateway.bus("rs485-1")["trouble"].startswith("lent to"), "the line to be lent")
    gateway.process.wait_for_log("bus rs485-1 is not lent any more: its sensors are watched again")


def test_a_silence_that_outlasts_the_loan_of_its_line_is_told(tools):
    gateway = tools(relay("a", 1), [1])
    gateway.configure(gateway.file.read_text() + '\n[device.rule.silent]\nfor = "1s"\nwhy = "test: soon"\n' + anybody("relay-1/silent"))
    gateway.start()
    wait_for(lambda: gateway.health("relay-1") == "online", "the relay to be online")
    assert gateway.ask(verb="borrow", bus="rs485-1")["lent_seconds"] == 10
    gateway.sim.do("fault", target="a", kind="silence")
    gateway.ask(verb="give-back", bus="rs485-1")
    assert gateway.wait_alarm("silent", "relay-1")["active"]
    assert gateway.wait_alarm("anybody", "relay-1")["active"]


# ---- address

def address(gateway, *arguments):
    return gateway.command("address", "rs485-1", "--profile", "acrel-asj", *arguments)


@pytest.mark.parametrize("running", [True, False], ids=["with-the-daemon", "by-itself"])
def test_address_gives_a_new_sensor_its_unit_id(tools, running):
    gateway = tools(relay("old", 2) + relay("fresh", 1), [2])
    if running:
        gateway.start()
        wait_for(lambda: gateway.health("relay-2") == "online", "the relay to be online")
    done = address(gateway, "--from", "1", "--to", "17")
    assert done.returncode == 0 and "it answers to unit 17" in done.stdout, done.stdout + done.stderr
    assert gateway.sim.do("get", device="fresh", space="holding", address=0x18, count=1)["words"] == [17]
    assert gateway.sim.do("get", device="old", space="holding", address=0x18, count=1)["words"] == [2]
    if running:
        wait_for(lambda: gateway.read("relay-2")["residual_current"]["quality"] == "good", "the daemon to have its line back")


@pytest.mark.parametrize("devices, arguments, words", [
    (relay("a", 1) + relay("b", 2), ["--from", "1", "--to", "2"], "somebody answers to unit 2 already"),
    (relay("a", 1), ["--from", "3", "--to", "4"], "nobody answers to unit 3"),
    (relay("a", 1) + relay("b", 1, 'same_unit = true\nturnaround = "2ms"\n'), ["--from", "1", "--to", "4"],
     "two or more units answer to unit 1"),
    (relay("a", 1) + relay("b", 1, 'same_unit = true\nturnaround = "60ms"\n'), ["--from", "1", "--to", "4"],
     "two or more units answer to unit 1"),
    (relay("a", 1) + relay("b", 1, 'same_unit = true\nturnaround = "200ms"\n'), ["--from", "1", "--to", "4"],
     "two or more units answer to unit 1"),
    (relay("a", 1).replace("0001 0002", "0007 0002").replace("unit_register = 0x0018", ""), ["--from", "1", "--to", "4"],
     "holds 7, not its address"),
], ids=["taken", "silent", "two", "a-slower-twin", "a-much-slower-twin", "another-sensor"])
def test_address_writes_nothing_when_in_doubt(tools, devices, arguments, words):
    gateway = tools(devices)
    before = writes(gateway)
    refused = address(gateway, *arguments)
    assert refused.returncode == 1 and words in refused.stderr and "nothing was written" in refused.stderr
    assert writes(gateway) == before


def test_address_needs_a_profile_that_says_how(tools):
    gateway = tools(relay("a", 1))
    refused = gateway.command("address", "rs485-1", "--profile", "eastron-sdm630", "--from", "1", "--to", "2")
    assert refused.returncode == 2 and "does not say how a unit id is changed" in refused.stderr
    refused = gateway.command("address", "rs485-1", "--profile", "acrel-asi", "--from", "1", "--to", "2")
    assert refused.returncode == 2 and 'did you mean "acrel-asj"?' in refused.stderr


def test_address_leaves_addresses_of_the_configuration_alone(tools):
    """17 is configured, and cut off now; nothing on the line would tell."""
    gateway = tools(relay("fresh", 1), [17, 1])
    before = writes(gateway)
    for ids, name in ((("1", "40"), "relay-1"), (("3", "17"), "relay-17")):
        refused = address(gateway, "--from", ids[0], "--to", ids[1])
        assert refused.returncode == 1 and f'"{name}" of the configuration (' in refused.stderr
        assert f"--as {name}" in refused.stderr and "nothing was written" in refused.stderr
        assert ("while that one is unplugged" in refused.stderr) == (name == "relay-1"), refused.stderr
    assert writes(gateway) == before
    done = address(gateway, "--from", "1", "--to", "17", "--as", "relay-17", "--as", "relay-1")
    assert done.returncode == 0 and "it answers to unit 17" in done.stdout, done.stdout + done.stderr


# ---- trace

def test_a_trace_is_written_over_no_file(tools, folder):
    gateway = tools(relay("a", 1), [1])
    golden = folder / "golden.transcript"
    golden.write_text("protocol rtu\n")
    refused = gateway.command("trace", "rs485-1", "--save", str(golden), "--for", "1")
    assert refused.returncode == 1 and "exists, and a trace is not written over it" in refused.stderr
    assert golden.read_text() == "protocol rtu\n"
    gateway.sim.close()
    lost = folder / "nothing.transcript"
    assert gateway.command("trace", "rs485-1", "--save", str(lost), "--for", "1").returncode == 1
    assert not lost.exists(), "a file with nothing in it would be in the way of the next try"


def test_a_trace_after_a_split_plays_to_the_same_samples(tools, folder):
    """Registers 8 and 9 are missing: the one request for all is refused and split, long before the trace begins."""
    lacking = '[[device]]\nname = "a"\nline = "rs485-1"\nunit = 1\nholding = { 0x0000 = "0138", 0x001B = "0000" }\n'
    gateway = tools(lacking, [1])
    transcript = folder / "line.transcript"
    gateway.start()
    wait_for(lambda: gateway.read("relay-1")["rated_current"]["reason"] == "exception", "the split")
    wait_for(lambda: "refuses rated_current, warning_current" in gateway.command("status").stdout, "status to name them")
    assert gateway.command("trace", "rs485-1", "--save", str(transcript), "--for", "2").returncode == 0
    wait_for(lambda: "relay-1 refuses rated_current, warning_current" in gateway.log(), "the log to name them")
    assert gateway.log().count("relay-1 refuses") == 1
    live = json.loads(gateway.command("read", "relay-1", "--json").stdout)["samples"]
    gateway.stop()
    text = gateway.file.read_text()
    bus = f'[[bus]]\nname = "rs485-1"\nkind = "replay"\ntranscript = "{transcript}"\n\n'
    gateway.configure(text[:text.index("[[bus]]")] + bus + text[text.index("[[device]]"):])
    replayed = json.loads(gateway.command("read", "relay-1", "--json").stdout)["samples"]
    assert replayed == live
    assert {s["point"]: s["reason"] for s in live if s["quality"] != "good"} == {
        "rated_current": "exception", "warning_current": "exception"}


@pytest.mark.parametrize("text, status, words", [
    ("protocol rtu\r\n> 01 03 00 04 00 01 C5 CB\r\n< 01 03 02 00 01 79 84\r\n", 0, None),
    ("> 01 03 00 04 00 01 C5 CC\n", 78, ":1:1: error: the request's CRC is wrong: it ends in C5 CC, and to the bytes before belongs C5 CB"),
    ("> 01 03 00 04 00 01 C5 CB\n< 01 03 02 00 01 79 85\n", 0, ":2:1: warning: this answer's CRC is wrong"),
    ("> 01 03 00 04 00 01 C5 CB\n< 01 03 02 0", 78, ":2:12: error: a byte is two hexadecimal digits; found \"0\"; the file breaks off"),
    ("> 02 03 00 04 00 01 C5 F8\n< 02 03 02 00 01 3D 84\n", 0, 'unit 1 is never asked in'),
    ("", 0, ":1:1: warning: there is no request in it"),
], ids=["windows", "request-crc", "answer-crc", "cut", "another-line", "empty"])
def test_check_reads_transcripts(gateway, configuration, folder, text, status, words):
    transcript = folder / "line.transcript"
    transcript.write_bytes(text.encode())
    whole = configuration.relay("relay-1", "line", 1).text()
    bus = f'[[bus]]\nname = "line"\nkind = "replay"\ntranscript = "{transcript}"\n\n'
    gateway.configure(whole[:whole.index("[[device]]")] + bus + whole[whole.index("[[device]]"):])
    checked = gateway.command("check")
    assert checked.returncode == status, checked.stdout
    assert (str(transcript) in checked.stdout) == (words is not None) and (words or "") in checked.stdout, checked.stdout
    assert ("the daemon would start, and what is named there would not work" in checked.stdout) == (status == 78), checked.stdout


@pytest.mark.parametrize("running", [True, False], ids=["through-the-daemon", "by-itself"])
def test_a_trace_is_a_transcript_that_a_replay_bus_plays(tools, running, folder):
    gateway = tools(relay("a", 1) + relay("b", 2), [1, 2])
    gateway.sim.do("fault", target="b", kind="exception", code=4)
    transcript = folder / "line.transcript"
    if running:
        gateway.start()
    traced = gateway.command("trace", "rs485-1", "--save", str(transcript), "--for", "2")
    assert traced.returncode == 0, traced.stderr
    assert re.search(r"> unit 1: read \d+ holding registers from 0x0000", traced.stdout), traced.stdout
    assert "unit 1: " in traced.stdout and "holding registers: 312 " in traced.stdout
    assert "unit 2: exception 04: device failure" in traced.stdout
    if running:
        gateway.stop()
    live = {unit: gateway.command("read", f"relay-{unit}", "--json") for unit in (1, 2)}
    text = gateway.file.read_text()
    start = text.index("[[bus]]")
    bus = f'[[bus]]\nname = "rs485-1"\nkind = "replay"\ntranscript = "{transcript}"\n\n'
    gateway.configure(text[:start] + bus + text[text.index("[[device]]"):])
    for unit in (1, 2):
        replayed = gateway.command("read", f"relay-{unit}", "--json")
        assert json.loads(replayed.stdout)["samples"] == json.loads(live[unit].stdout)["samples"]


def as_replay(gateway, transcript):
    """The same devices, their line played from the transcript."""
    text = gateway.file.read_text()
    bus = f'[[bus]]\nname = "rs485-1"\nkind = "replay"\ntranscript = "{transcript}"\n\n'
    gateway.configure(text[:text.index("[[bus]]")] + bus + text[text.index("[[device]]"):])


@pytest.mark.parametrize("running", [True, False], ids=["through-the-daemon", "by-itself"])
@pytest.mark.parametrize("baud, requests", [(9600, 2), (115200, 1)])
def test_a_trace_plays_however_its_line_merged_requests(tools, configuration, folder, running, baud, requests):
    """The meter's points lie in 0x00..0x1F and 0x46..0x4B: a slow line does not read over the hole, a fast one does, and a
    replay bus, where nothing takes time, always wants to."""
    words = " ".join(f"{0x3F40 if i == 15 else 0x4100 + i:04X} 0000" for i in range(38))  # 15: the power factor, 0.75
    meter = f'[[device]]\nname = "m"\nline = "rs485-1"\nunit = 30\nmax_registers = 80\ninput = {{ 0x0000 = "{words}" }}\n'
    gateway = tools(relay("a", 1) + meter, [1], baud)
    configuration.device("meter-30", "rs485-1", 30, "eastron-sdm120", interval="1s")
    gateway.configure(configuration.text())
    transcript = folder / "line.transcript"
    if running:
        gateway.start()
    traced = gateway.command("trace", "rs485-1", "--save", str(transcript), "--for", "2")
    assert traced.returncode == 0, traced.stderr
    asked = {line.split("> ")[1] for line in transcript.read_text().splitlines() if "> 1E 04 " in line}
    assert len(asked) == requests, asked
    if running:
        gateway.stop()
    live = {name: json.loads(gateway.command("read", name, "--json").stdout)["samples"] for name in ("relay-1", "meter-30")}
    assert all(s["quality"] == "good" for s in live["meter-30"]) and len(live["meter-30"]) > 5, live
    as_replay(gateway, transcript)
    refused = gateway.command("trace", "rs485-1", "--for", "1")
    assert refused.returncode == 2 and f"plays {transcript}, and has no line" in refused.stderr
    for name, samples in live.items():
        assert json.loads(gateway.command("read", name, "--json").stdout)["samples"] == samples
    gateway.start()
    wait_for(lambda: all(s["quality"] == "good" for s in gateway.read("meter-30").values()), "the daemon to play it")
    told = gateway.command("status").stdout
    assert "refuses" not in told, told
    gateway.stop()


@contextlib.contextmanager
def at_work(gateway, folder, *arguments):
    """A tool that runs meanwhile, its output as a function; whatever happens it is ended."""
    out = folder / "tool.out"
    with out.open("wb") as file:
        tool = subprocess.Popen([programs.path("gengfu"), *arguments, "--config", str(gateway.file)], stdout=file, stderr=file)
    try:
        yield tool, out.read_text
    finally:
        if tool.poll() is None:
            tool.kill()
        tool.wait()


@pytest.mark.parametrize("running", [True, False], ids=["through-the-daemon", "by-itself"])
def test_a_trace_tells_that_its_line_is_gone(tools, folder, running):
    gateway = tools(relay("a", 1), [1])
    if running:
        gateway.start()
    transcript = folder / "line.transcript"
    with at_work(gateway, folder, "trace", "rs485-1", "--save", str(transcript)) as (trace, shown):
        wait_for(lambda: "312" in shown(), "the relay's answer")
        gateway.sim.do("unplug", target="rs485-1")
        wait_for(lambda: "the line is not there: " in shown(), "the trace to tell it")
        trace.send_signal(signal.SIGINT)
        assert trace.wait(10) == 1
        assert "the trace ended without its line: " in shown(), shown()
    assert "gap\n" in transcript.read_text()


@pytest.mark.parametrize("ctrl_c", [signal.SIGINT, signal.SIGTERM])
def test_a_scan_that_is_stopped_gives_its_line_back_at_once(tools, folder, ctrl_c):
    gateway = tools(relay("a", 1), [1])
    gateway.start()
    wait_for(lambda: gateway.health("relay-1") == "online", "the relay to be online")
    with at_work(gateway, folder, "scan", "rs485-1", "--takeover", "--units", "100-247", "--timeout", "1000",
                 "--state", gateway.state) as (scan_, shown):
        wait_for(lambda: "lent to" in gateway.bus("rs485-1")["trouble"], "the line to be lent")
        scan_.send_signal(ctrl_c)
        assert scan_.wait(10) == 1 and "not finished" in shown(), shown()
    assert "lent to" not in gateway.bus("rs485-1")["trouble"], "the loan is over with the scan, not 10 s later"
    wait_for(lambda: gateway.read("relay-1")["residual_current"]["quality"] == "good", "the daemon to have its line back")


def test_address_says_that_nothing_was_written_when_the_port_goes(tools, folder):
    gateway = tools(relay("fresh", 1))
    with at_work(gateway, folder, "address", "rs485-1", "--profile", "acrel-asj", "--from", "1", "--to", "17") as (tool, shown):
        wait_for(lambda: gateway.sim.do("stats")["lines"]["rs485-1"]["requests_by_unit"].get("17"), "its first question")
        gateway.sim.do("unplug", target="rs485-1")
        assert tool.wait(30) == 1  # it may come back within 10 s
        assert "unplugged" in shown() and "nothing was written" in shown(), shown()


def test_trace_shows_a_wrong_checksum(tools):
    gateway = tools(relay("a", 1), [1])
    gateway.sim.do("fault", target="a", kind="bad-crc")
    gateway.start()
    traced = gateway.command("trace", "rs485-1", "--for", "2")
    assert "wrong CRC" in traced.stdout or "no whole frame" in traced.stdout, traced.stdout
