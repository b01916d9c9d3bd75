"""A cover's pose taken by a person: now or from a file, recorded, kept over a kill -9."""
import itertools
import json

import pytest

from support.configuration import Configuration
from support.schema import feed as feed_schema
from support.slaves import TcpSlaves
from support.waiting import wait_for

RULE = "cover-moved"
FLAT, LEANING = "0000 0000 0800", "05A8 0000 05A8"  # gravity x, y, z from 0x0034 on: 1 g down; 45 degrees
AT_ONCE = '[device.rule.cover-moved]\non_delay = "0s"\noff_delay = "0s"\nwhy = "test: no delays"\n'


@pytest.fixture
def covers(closing):
    registers = {"holding": {0x0034: FLAT + " 0000" * 14}}
    return closing(TcpSlaves({1: registers, 2: registers}))


def text(gateway, covers, broker):
    configuration = Configuration(gateway.store).mqtt(broker.port).tcp("tcp", covers.port)
    for unit in (1, 2):
        configuration.device(f"cover-{unit}", "tcp", unit, "witmotion-wt901c485", "manhole-cover", rules=AT_ONCE)
    return configuration.text()


def learned(gateway, device="cover-1"):
    """kind -> (calibrated or learned, numbers) of the cover's pose."""
    for line in gateway.ask(verb="learned", device=device)["learned"].splitlines()[1:]:
        _, _, rule, _, how, numbers = line.split("\t")
        if rule == RULE:
            return how, [float(number) for number in numbers.split()]
    return None


@pytest.fixture
def site(covers, broker, feed, gateway):
    gateway.configure(text(gateway, covers, broker))
    gateway.start()
    for device in ("cover-1", "cover-2"):
        wait_for(lambda d=device: (learned(gateway, d) or (0, [0] * 7))[1][6] > 2.2, "a pose learned by itself, held against others from 2 s on")
    return gateway


def begun_anew(gateway) -> bool:
    try:
        return gateway.ask(verb="status")["start"] > 1
    except (OSError, ValueError):
        return False


REFUSED = ("has not been the same for", "are needed, over")


def calibrate(gateway, device, x):
    """As soon as the last ten seconds are all of the new pose; until then it is refused."""
    def done():
        answer = gateway.command("calibrate", device, "--why", "mounted on a slope")
        if answer.returncode == 1:
            assert any(why in answer.stderr for why in REFUSED) and "nothing was calibrated" in answer.stderr, answer.stderr
            return False
        assert answer.returncode == 0 and f"{device} calibrated: {RULE}" in answer.stdout, answer.stdout + answer.stderr
        return True

    wait_for(done, "the pose of now")
    assert learned(gateway, device)[1][0] == pytest.approx(x, abs=0.03)


def test_the_pose_of_now_ends_the_alarm_is_recorded_and_survives_a_kill(site, covers, feed):
    covers.set(1, "holding", 0x0034, LEANING)
    site.wait_alarm(RULE, "cover-1", active=True)
    calibrate(site, "cover-1", 0.7071)
    site.kill()  # the moment it was told "done"
    site.start()
    how, numbers = learned(site)
    assert how == "calibrated" and numbers[0] == pytest.approx(0.7071, abs=0.05)
    site.wait_alarm(RULE, "cover-1", active=False)
    assert learned(site, "cover-2")[0] == "learned", "of one device"
    audit = feed.wait(lambda: [r.audit for r in feed.records.values() if r.WhichOneof("content") == "audit" and r.audit.what == "calibrated"],
                      "the record of it")[0]
    assert (audit.device, audit.actor.reason) == ("cover-1", "mounted on a slope")
    assert audit.actor.name and "mounted on a slope" in audit.text.en


def test_the_platform_calibrates(site, covers, feed):
    """Told "done" when a power cut can no longer undo it, in whose name it was."""
    covers.set(1, "holding", 0x0034, LEANING)
    site.wait_alarm(RULE, "cover-1", active=True)

    def outcome(number, device="cover-1", **more):
        reply = feed.command("calibrate", id=f"c-{number}", device=device, on_behalf_of="Li Wei", **{"reason": "re-laid", **more})
        return feed_schema.Outcome.Name(reply.outcome), reply.message

    def done(numbers=itertools.count()):
        what, why = outcome(next(numbers))
        assert what == "OUTCOME_DONE" or (what == "OUTCOME_REFUSED" and any(one in why for one in REFUSED)), (what, why)
        return what == "OUTCOME_DONE"

    assert not done(), "it moved a moment ago"
    wait_for(done, "the pose of now")
    assert learned(site)[1][0] == pytest.approx(0.7071, abs=0.03)
    assert outcome(0)[0] == "OUTCOME_REFUSED", "the same command again: the same answer"
    before = feed.state.start
    site.kill()
    site.start()
    assert learned(site)[0] == "calibrated" and learned(site, "cover-2")[0] == "learned"
    site.wait_alarm(RULE, "cover-1", active=False)
    audits = [r.audit for r in feed.records.values() if r.WhichOneof("content") == "audit" and r.audit.what == "calibrated"]
    assert {(a.device, a.actor.kind, a.actor.on_behalf_of, a.actor.reason) for a in audits} == {
        ("cover-1", "platform", "Li Wei", "re-laid")}
    # Sessions start clean: what is sent while the gateway is away, it never hears.
    feed.wait(lambda: feed.state.online and feed.state.start > before, "the gateway at the broker again")
    assert outcome("x1", "cover-9") == ("OUTCOME_NOT_FOUND", 'no device is named "cover-9"')
    assert outcome("x2", "gateway")[0] == "OUTCOME_NOT_FOUND"
    assert "does not say why" in outcome("x3", reason="")[1]


def test_a_file_brings_it_to_another_gateway(site, covers, broker, folder, closing):
    covers.set(1, "holding", 0x0034, LEANING)
    site.wait_alarm(RULE, "cover-1", active=True)
    calibrate(site, "cover-1", 0.7071)
    file = folder / "poses.txt"
    assert site.command("calibrate", "--export", str(file)).returncode == 0
    assert file.read_text().count(RULE) == 2
    site.stop()
    (site.store).rename(folder / "broken gateway")
    site.start()
    wait_for(lambda: begun_anew(site), "the new one to begin anew above the old one's starts")
    wait_for(lambda: learned(site), "a pose learned by the new one")
    covers.set(1, "holding", 0x0034, FLAT)
    wait_for(lambda: site.read("cover-1")["gravity_x"]["value"] == 0, "the cover to lie flat")
    done = site.command("calibrate", "--import", str(file), "--why", "gateway swapped", "--json")
    assert done.returncode == 0, done.stderr
    assert [json.loads(line)["device"] for line in done.stdout.splitlines()] == ["cover-1", "cover-2"]
    assert learned(site)[0] == "calibrated" and learned(site)[1][0] == pytest.approx(0.7071, abs=0.05)
    site.wait_alarm(RULE, "cover-1", active=True)  # it does not lie as it did: watched as before the swap
    site.kill()
    site.start()
    assert learned(site)[0] == "calibrated"


def test_what_does_not_fit_is_refused_and_changes_nothing(site, covers, folder):
    before = learned(site)[1][:3]
    head, good = "gengfu-learned 1\n", f"cover-1\tgravity_z\t{RULE}\tmoved\tcalibrated\t"
    pose = "1 0 0 1 0 0 60 0\n"

    other = good.replace("cover-1", "cover-2") + pose

    def refused(content, *arguments, line=None):
        file = folder / "in.txt"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        done = site.command("calibrate", *arguments, "--import", str(file), "--why", "x")
        assert done.returncode == 1 and not done.stdout, done.stdout
        assert line is None or f"in.txt:{line}: " in done.stderr and "nothing was changed" in done.stderr, done.stderr
        return done.stderr

    assert "of another device" in refused(head + good + pose, "cover-2", line=2)
    assert 'did you mean "cover-1"' in refused(head + good.replace("cover-1", "cover-9") + pose, line=2)
    assert 'judges point "gravity_z", not "gravity_x"' in refused(head + good.replace("gravity_z", "gravity_x") + pose, line=2)
    assert f'did you mean "{RULE}"' in refused(head + good.replace(RULE, "cover-mved") + pose, line=2)
    assert 'is of kind "moved", not "occupied"' in refused(head + good.replace("\tmoved", "\toccupied") + pose, line=2)
    assert "home x y z is no direction" in refused(head + good + "0.5 0.5 0 1 0 0 60 0\n", line=2)
    assert "number 7 (seconds settled) is -60" in refused(head + good + "1 0 0 1 0 0 -60 0\n", line=2)
    assert "here are 9 (is the file of a later release?)" in refused(head + good + "1 0 0 1 0 0 60 0 7\n", line=2)
    refused(head + good + "1 0 0 1 0 0 60 0\t7\n", line=2)
    assert "of line 2 again" in refused(head + good + pose + other + good + pose, line=4)
    assert "number 1 (home x) is 5" in refused(head + good + pose + other.replace("1 0 0 1", "5 0 0 1"), line=3), "another device's"
    refused(head + "x\n", line=2)
    assert 'number 1 ("nan") is none' in refused(head + good + "nan nan nan\n", line=2)
    assert 'number 3 ("inf") is none' in refused(head + good + "1 0 inf 1 0 0 60 0\n", line=2)
    refused("", line=1)
    refused(b"\xff\x00" * 999, line=1)
    assert "nothing in it" in refused(head)
    assert "it was cut off" in refused(head + good + "1 0 0 1 0 0 6", line=2)
    assert "CR LF" in refused((head + good + pose).replace("\n", "\r\n"), line=1)
    assert "byte order mark" in refused(b"\xef\xbb\xbf" + (head + good + pose).encode(), line=1)
    there = site.command("calibrate", "--import", str(folder), "--why", "x")
    assert there.returncode == 1 and "is a folder" in there.stderr, there.stderr
    assert "too long" in refused(b"\n" * (5 << 20))
    assert "cannot be read" in site.command("calibrate", "--import", str(folder / "none"), "--why", "x").stderr
    for wrong in ({"device": "cover-1"}, {"device": 7, "why": "x"}, {"device": "cover-1", "why": "x", "learned": 7},
                  {"device": "cover-1", "why": "x" * 1001}, {"device": "cover-9", "why": "x"},
                  {"device": "cover-1", "why": "x", "only_check": True}, {"device": "cover-1", "why": "x", "only_check": 1}):
        assert "error" in site.ask(verb="calibrate", **wrong), wrong
    assert learned(site)[1][:3] == pytest.approx(before, abs=1e-6) and learned(site)[0] == "learned"
    assert learned(site, "cover-2")[0] == "learned"
    assert site.ask(verb="calibrate", device="cover-1", why="x", learned=head + good + pose, only_check=True) == {
        "device": "cover-1", "answer": "fits"}
    assert learned(site)[0] == "learned", "only looked at"
    assert site.command("calibrate").returncode == 2
    assert site.command("calibrate", "cover-1").returncode == 2, "without a reason"
    assert "none of its rules" in site.command("calibrate", "gateway", "--why", "x").stderr


def test_a_silent_sensor_has_nothing_to_calibrate_by(covers, broker, gateway):
    gateway.configure(text(gateway, covers, broker).replace("unit = 2", "unit = 3"))
    gateway.start()
    wait_for(lambda: learned(gateway), "the one that answers")
    done = gateway.command("calibrate", "cover-2", "--why", "x")
    assert done.returncode == 1 and "no good value" in done.stderr
    assert learned(gateway, "cover-2") is None
