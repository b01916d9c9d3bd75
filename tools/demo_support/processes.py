"""The programs of the demo: starts them, and ends exactly those, by their process id."""

import json
import os
import queue
import signal
import random
import socket
import subprocess
import threading
import time
from pathlib import Path

STOP_WITHIN = 10.0


class Failed(Exception):
    """A program did not start or do what it is for; the text says which and why."""


def free_port():
    """A port that was free a moment ago. Below those that the kernel gives to outgoing connections: a neighbour's would
    take one of them before it is bound. Whoever binds it must be ready to try another."""
    while True:
        port = random.randrange(10000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def wait_for(what, condition, seconds, alive=None):
    """Asks `condition` until it is true; raises Failed after `seconds`, or when `alive` says no."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise Failed(f"{what}: not ready within {seconds:.0f} s")
        if alive and not alive():
            raise Failed(f"{what}: has ended")
        time.sleep(0.02)


def listens(port):
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Program:
    """One started program. Its standard error, and its output unless it is read, go to a log file."""

    def __init__(self, name, command, log, output=None, environment=None):
        self.name = name
        self._log = Path(log)
        with self._log.open("ab") as file:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output or file,
                stderr=file,
                start_new_session=True,  # Ctrl-C comes to us alone; we end them in order
                env={**os.environ, **(environment or {})},
            )

    def alive(self):
        return self.process.poll() is None

    def kill(self):
        """As a power cut would."""
        self.process.kill()
        self.process.wait()

    def stop(self):
        if not self.alive():
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            self.kill()

    def last_words(self, lines=12):
        text = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(text[-lines:])


class Broker:
    """A private mosquitto on a port of its own. It can be killed and started again; it keeps nothing."""

    def __init__(self, folder, shipped):
        self.port = free_port()
        self._folder = folder
        self._configuration = folder / "mosquitto.conf"
        # plain.conf is the shipped configuration for loopback; the port belongs to this run.
        text = Path(shipped).read_text(encoding="utf-8")
        self._configuration.write_text(f"listener {self.port} 127.0.0.1\n{text}", encoding="utf-8")
        self.program = None
        self.start()

    def start(self):
        mosquitto = "/usr/sbin/mosquitto" if Path("/usr/sbin/mosquitto").exists() else "mosquitto"
        self.program = Program("mosquitto", [mosquitto, "-c", str(self._configuration)], self._folder / "mosquitto.log")
        try:
            wait_for("mosquitto", lambda: listens(self.port), 10, self.program.alive)
        except Failed as error:
            raise Failed(f"{error}\n{self.program.last_words()}") from None


class Simulator:
    """gengfu-sim, waiting for `play`. What it says is put into `said` by a thread of its own."""

    def __init__(self, binary, scenario, folder):
        self.said = queue.Queue()
        self._control = folder / "sim.sock"
        command = [str(binary), str(scenario), "--directory", str(folder / "lines"), "--control", str(self._control)]
        self.program = Program("gengfu-sim", [*command, "--wait"], folder / "sim.log", output=subprocess.PIPE)
        first = self.program.process.stdout.readline()
        if not first:
            self.program.process.wait(STOP_WITHIN)
            raise Failed(f"gengfu-sim does not start:\n{self.program.last_words()}")
        self.ready = json.loads(first)
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        for line in self.program.process.stdout:
            self.said.put(json.loads(line))

    def ask(self, **command):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(10)
            connection.connect(str(self._control))
            connection.sendall(json.dumps(command).encode() + b"\n")
            with connection.makefile() as answers:
                answer = json.loads(answers.readline())
        if not answer.get("ok"):
            raise Failed(f"gengfu-sim: {answer.get('error')}")
        return answer


class Gateway:
    """gengfud with its configuration; and `gengfu` beside it."""

    def __init__(self, bin_folder, configuration, folder):
        self._bin = bin_folder
        self._configuration = configuration
        self._folder = folder
        self.program = None

    def start(self):
        command = [str(self._bin / "gengfud"), "--config", str(self._configuration)]
        self.program = Program("gengfud", command, self._folder / "gengfud.log")

    def command(self, *arguments):
        """Runs `gengfu` and returns its exit status and what it said."""
        command = [str(self._bin / "gengfu"), *arguments, "--config", str(self._configuration)]
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=10)
        except subprocess.TimeoutExpired:
            return 1, "no answer within 10 s"
        return done.returncode, (done.stdout + done.stderr).strip()

    def answers(self):
        return self.command("status", "--json")[0] == 0


def render(template_folder, folder, words):
    """Copies a configuration and puts `words` in place of @word@; raises Failed when one is left."""
    (folder / "devices.d").mkdir(parents=True, exist_ok=True)
    for source in [template_folder / "gengfu.toml", *sorted((template_folder / "devices.d").glob("*.toml"))]:
        text = source.read_text(encoding="utf-8")
        for word, value in words.items():
            text = text.replace(f"@{word}@", str(value))
        if "@" in text:
            line = next(number for number, line in enumerate(text.splitlines(), 1) if "@" in line)
            raise Failed(f"{source}:{line}: a word between @ that nobody gives")
        (folder / source.relative_to(template_folder)).write_text(text, encoding="utf-8")
    return folder / "gengfu.toml"
