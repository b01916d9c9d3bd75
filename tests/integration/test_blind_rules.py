"""Rules that can raise nothing, for want of a limit, a value or a member, are named by status and in /metrics."""
import json
import urllib.request

import pytest

from support.configuration import Configuration
from support.ports import free_port
from support.waiting import wait_for

OF_THE_RATED = """
[device.rule.over-the-rated]
kind = "above"
point = "residual_current"
limit = { times = 0.6, of = "rated_current" }
severity = "major"
"""
BOTH = """
[[rule]]
name = "both"
kind = "all"
of = ["sound/over-the-rated", "blind/over-the-rated"]
severity = "critical"
"""


def not_judging(gateway):
    """By device: what for want of which its rules do not judge."""
    status = json.loads(gateway.command("status", "--json").stdout)
    return {device["name"]: {one["for_want_of"]: one for one in device.get("not_judging", [])}
            for bus in status["buses"] for device in bus["devices"]}


@pytest.fixture
def port():
    return free_port()


@pytest.fixture
def site(relays, gateway, port):
    configuration = Configuration(gateway.store, console=f"127.0.0.1:{port}")
    configuration.tcp("tcp", relays.port)
    configuration.relay("sound", "tcp", 1, OF_THE_RATED)
    configuration.relay("blind", "tcp", 2, OF_THE_RATED)
    relays.set(2, "holding", 8, "0000")  # no rated current has been set: out of the point's range
    relays.set(1, "holding", 0, "0140")
    gateway.configure(configuration.text() + BOTH)
    gateway.start()
    return gateway


def test_status_names_the_rules_that_judge_nothing_and_why(site, port):
    wait_for(lambda: "over-the-rated" in {alarm["rule"] for alarm in site.alarms()}, "the sound one to alarm")
    wait_for(lambda: "limit" in not_judging(site)["blind"], "the limit that is not there to be named")
    missing = not_judging(site)
    assert "limit" not in missing["sound"] and "value" not in missing["sound"]
    limit = missing["blind"]["limit"]
    assert (limit["rules"], limit["point"], limit["reason"]) == (["over-the-rated"], "rated_current", "out-of-range")
    assert missing["blind"]["learning"]["rules"] == ["residual-current-growing"]
    asked = next(want["member"] for want in missing.values() if "member" in want)
    assert (asked["rules"], asked["member"]) == (["both"], "blind/over-the-rated")
    text = site.command("status").stdout
    assert ("blind: rule over-the-rated judges nothing: the limit is taken from rated_current, which has never given a "
            "value above 0 (out-of-range)") in text
    assert "rule both judges nothing: nobody knows at present whether blind/over-the-rated holds" in text
    assert "still learning: sound/residual-current-growing, blind/residual-current-growing" in text
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=20) as answer:
        figures = answer.read().decode()
    for want, count in {"limit": 1, "value": 0, "member": 1, "learning": 2}.items():
        assert f'gengfu_rules_not_judging{{for_want_of="{want}"}} {count}\n' in figures
