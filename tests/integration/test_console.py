"""Figures and health over HTTP. docs/control.md."""
import json
import re
import signal
import socket
import urllib.error
import urllib.request

import pytest

from support.configuration import Configuration
from support.ports import free_port
from support.waiting import wait_for


def get(port, path):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def figure(text, name, **labels):
    """The value of the one sample that has these labels, or None."""
    for line in text.splitlines():
        parts = re.fullmatch(r"([a-z_]+)(?:\{(.*)\})? (\S+)", line)
        if parts and parts[1] == name and labels.items() <= dict(re.findall(r'([a-z]+)="([^"]*)"', parts[2] or "")).items():
            return float(parts[3])
    return None


@pytest.fixture
def port():
    return free_port()


@pytest.fixture
def site(gateway, relays, port):
    text = Configuration(gateway.store, console=f"127.0.0.1:{port}").tcp("tcp", relays.port)
    gateway.configure(text.relay("one", "tcp", 1).relay("two", "tcp", 2).text())
    return gateway


def test_the_figures_are_those_of_status(site, port):
    site.start()
    wait_for(lambda: (figure(get(port, "/metrics")[1], "gengfu_device_health", device="two") or 0) == 3, "both to answer")
    status, text = get(port, "/metrics")
    assert status == 200
    assert get(port, "/healthz") == (200, '{"status":"ok","trouble":[]}\n')
    assert figure(text, "gengfu_info", gateway="gw-test-01") == 1
    assert figure(text, "gengfu_bus_open", bus="tcp") == 1
    requests = figure(text, "gengfu_bus_requests_total", bus="tcp")
    assert requests > 0
    bus = next(bus for bus in site.ask(verb="status")["buses"] if bus["name"] == "tcp")
    assert bus["requests"] >= requests
    one = next(device for device in bus["devices"] if device["name"] == "one")
    bound = figure(text, "gengfu_device_alarm_latency_bound_seconds", device="one", **{"with": "all-alive"})
    assert bound == pytest.approx(one["alarm_latency_seconds"]["bound"]) and 0.1 <= bound < 1
    assert figure(text, "gengfu_bus_promise_breaks_total", bus="tcp") >= figure(text, "gengfu_bus_promise_broken", bus="tcp")
    assert bus["computed_load"] == pytest.approx(figure(text, "gengfu_bus_computed_load_ratio", bus="tcp"))
    wait_for(lambda: figure(get(port, "/metrics")[1], "gengfu_bus_requests_total", bus="tcp") > requests, "counters to go on")


def test_health_fails_when_nothing_is_watched(gateway, port):
    nobody = free_port()
    text = Configuration(gateway.store, console=f"127.0.0.1:{port}").tcp("tcp", nobody).relay("one", "tcp", 1)
    gateway.configure(text.text())
    gateway.start()
    wait_for(lambda: "refuses the connection" in get(port, "/healthz")[1], "the loss of the only line to be told")
    status, text = get(port, "/healthz")
    told = json.loads(text)
    assert status == 503 and told["status"] == "failing"
    assert any(line.startswith("bus tcp: ") for line in told["trouble"])


def test_a_port_of_somebody_else_is_no_reason_not_to_watch(site, port):
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        site.start()
        assert "another program listens there" in site.process.log()
    wait_for(lambda: figure(get_or_nothing(port), "gengfu_bus_open", bus="tcp") == 1, "the port to be taken when it is free")


def get_or_nothing(port):
    try:
        return get(port, "/metrics")[1]
    except OSError:
        return ""


def test_it_comes_again_after_a_reload(site, port):
    site.start()
    wait_for(lambda: figure(get_or_nothing(port), "gengfu_start_number") == 1, "figures")
    site.process.signal(signal.SIGHUP)
    wait_for(lambda: figure(get_or_nothing(port), "gengfu_start_number") == 2, "figures after the reload")
    assert "another program" not in site.process.log()
