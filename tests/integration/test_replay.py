"""Recorded history through changed rules, with the daemon running and from the store alone."""
import json
import shutil

import pytest

from support.configuration import UNLATCHED, Configuration
from support.waiting import wait_for

RULE = "residual-current-high"
REST, ABOVE_250, ALARM = "001E", "0104", "0140"
OWN = '[device.rule.own]\nkind = "above"\npoint = "residual_current"\nlimit = 250\ndeadband = 5\nseverity = "major"\ntitle = "250"\n'
OFF = f'[device.rule.{RULE}]\nenabled = false\nwhy = "test: without it"\n'


@pytest.fixture
def site(relays, gateway):
    def text(first, second):
        configuration = Configuration(gateway.store).tcp("tcp", relays.port)
        return configuration.relay("relay-1", "tcp", 1, first).relay("relay-2", "tcp", 2, second).text()

    gateway.text = text
    gateway.configure(text(UNLATCHED, UNLATCHED))
    gateway.start()
    relays.set(1, "holding", 0, ALARM)
    gateway.wait_alarm(RULE, "relay-1", active=True)
    relays.set(2, "holding", 0, ABOVE_250)
    wait_for(lambda: gateway.read("relay-2")["residual_current"]["value"] == 260, "260 mA at relay-2")
    gateway.wait_alarm(RULE, "relay-2", severity="moderate")
    relays.set(1, "holding", 0, REST)
    gateway.wait_alarm(RULE, "relay-1", active=False)
    relays.set(2, "holding", 0, REST)
    gateway.wait_alarm(RULE, "relay-2", active=False)
    return gateway


def replay(gateway, *arguments, status=0):
    done = gateway.command("replay", *arguments)
    assert done.returncode == status, done.stdout + done.stderr
    return done


def played(gateway, *arguments):
    return json.loads(replay(gateway, "--since", "1h", "--json", *arguments).stdout)


def names(occurrences):
    return sorted((one["device"], one["rule"]) for one in occurrences)


def test_the_same_rules_raise_the_same_alarms(site):
    wait_for(lambda: len(played(site)["kept"]) == 2, "both alarms in the record")
    result = played(site)
    assert result["by_exception"] and result["samples"] > 0 and result["repeated"] > 0
    assert result["added"] == [] and result["removed"] == []
    for one in result["kept"]:
        assert one["moved_seconds"] == 0 and one["came"]["severity"] == one["would"]["severity"]
        assert one["came"]["cleared"] and one["would"]["cleared"]
    assert {one["came"]["severity"] for one in result["kept"]} == {"major", "moderate"}
    shown = replay(site, "--since", "1h").stdout
    assert "0 added, 0 removed, 0 changed, 2 as they came" in shown and "by exception" in shown


def test_other_rules_add_and_remove(site):
    wait_for(lambda: len(played(site)["kept"]) == 2, "both alarms in the record")
    site.configure(site.text(OFF, UNLATCHED + OWN))  # the daemon does not reload: a file on trial
    result = played(site)
    assert names(result["removed"]) == [("relay-1", RULE)]
    assert names(result["added"]) == [("relay-2", "own")]
    assert names(one["came"] for one in result["kept"]) == [("relay-2", RULE)]
    shown = replay(site, "--since", "1h").stdout
    assert "1 added, 1 removed, 0 changed, 1 as they came" in shown


def test_a_stopped_gateway_and_a_copy_of_its_store_say_the_same(site, folder):
    wait_for(lambda: len(played(site)["kept"]) == 2, "both alarms in the record")
    site.stop()
    stopped = played(site)
    assert stopped["added"] == [] and stopped["removed"] == [] and len(stopped["kept"]) == 2
    copy = folder / "copy"
    site.store.rename(copy)
    moved = played(site, "--store", str(copy))
    assert (moved["kept"], moved["samples"]) == (stopped["kept"], stopped["samples"])
    copy.rename(site.store)
    site.start()  # what was read is as it was
    assert {alarm["device"] for alarm in site.alarms()} == {"relay-1", "relay-2"}


def on_disk(site, folder):
    """What the files hold now, or None: the daemon also reads to us what it has yet to flush, which a kill takes along."""
    copy = folder / "seen"
    shutil.rmtree(copy, ignore_errors=True)
    try:
        shutil.copytree(site.store, copy, ignore=shutil.ignore_patterns("*.sock"))
    except shutil.Error:  # a file went away between listing and copying
        return None
    done = site.command("replay", "--since", "1h", "--json", "--store", str(copy))
    return json.loads(done.stdout) if done.returncode == 0 else None


def test_a_store_that_a_crash_left_is_read_whole(site, folder):
    wait_for(lambda: len((on_disk(site, folder) or {"kept": []})["kept"]) == 2, "both alarms in the files")
    site.kill()
    result = played(site)
    assert len(result["kept"]) == 2 and result["starts"] == 1
    site.start()
    wait_for(lambda: played(site)["starts"] == 2, "samples of the second start")


def test_bad_arguments_are_answered_in_words(site, folder):
    assert "how far back, for example 7d" in replay(site, "--since", "yesterday", status=2).stderr
    assert "how far back" in replay(site, "--since", "0d", status=2).stderr
    assert "--since is required" in replay(site, status=2).stderr
    assert "there is no store at" in replay(site, "--since", "1d", "--store", str(folder / "none"), status=1).stderr
    assert "is no store of a gateway" in replay(site, "--since", "1d", "--store", str(folder), status=1).stderr
    assert "another gengfud runs on it" in replay(site, "--since", "1d", "--store", str(site.store), status=1).stderr
    site.configure(site.text(UNLATCHED, UNLATCHED).replace("unit = 1", "unit = 999"))
    assert "999" in replay(site, "--since", "1d", status=78).stderr
    site.configure(site.text(UNLATCHED, UNLATCHED))
    site.stop()
    (site.store / "events.db").unlink()
    assert "no events.db" in replay(site, "--since", "1d", status=1).stderr


def test_a_request_for_records_that_is_none_is_refused(site):
    assert "which run" in site.ask(verb="records")["error"]
    assert "which run" in site.ask(verb="records", epoch="xyz", stream="event")["error"]
    assert site.ask(verb="records", epoch="0" * 16, stream="event") == {"records": [], "more": False}
    assert site.ask(verb="catalogue", hash="../../etc/passwd") == {"parts": []}


def test_what_a_kill_took_with_it_is_unknown_and_not_removed(site, relays, folder):
    """The alarm is on disk before it is told; its samples are written a moment later."""
    wait_for(lambda: len((on_disk(site, folder) or {"kept": []})["kept"]) == 2, "both alarms in the files")
    site.kill()
    site.start()
    wait_for(lambda: (on_disk(site, folder) or {"starts": 0})["starts"] == 2, "samples of the second run in the files")
    relays.set(1, "holding", 0, ALARM)
    site.wait_alarm(RULE, "relay-1", active=True)
    site.kill()
    relays.set(1, "holding", 0, REST)
    site.start()
    site.wait_alarm(RULE, "relay-1", active=False)
    wait_for(lambda: played(site)["starts"] == 3, "samples of the third run")
    result = played(site)
    assert result["added"] == [] and result["removed"] == []
    assert len(result["kept"]) + len(result["unknown"]) == 3
    assert all(name == ("relay-1", RULE) for name in names(result["unknown"]))
    shown = replay(site, "--since", "1h").stdout
    assert (", 1 unknown" in shown and "cannot be told" in shown) == bool(result["unknown"])
    site.configure(site.text(OFF, UNLATCHED))
    assert names(played(site)["removed"]) == [("relay-1", RULE)] * 2, "no rule, no alarm: that is known"
