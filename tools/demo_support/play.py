"""Plays a scenario against the real programs and keeps what arrived at the far end."""

import queue
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from .expectation import COMMAND_WITHIN
from .database import Database
from .far_end import FarEnd
from .processes import Broker, Failed, Gateway, Simulator, render, wait_for
from .verdict import judge, match

ROOT = "gengfu/v1"
# A person reads before acknowledging.
READING = 0.7
# After the last thing that is due: what nobody expects may still come.
GRACE = 2.0
# A command is given again when it failed, as long as its transition may still come.
AGAIN = 1.0


@dataclass
class Places:
    """Where everything is."""

    programs: object  # folder of gengfud, gengfu and gengfu-sim
    community: object  # folder of the configuration and scenario.toml
    broker: object  # the shipped plain.conf
    proto: object
    folder: object  # of this run


class Stage:
    """The programs of one run. `close` ends them all, last started first."""

    def __init__(self, places, wire, sabotage):
        self._places = places
        self.broker = self.simulator = self.gateway = self.far_end = self.database = None
        try:
            self._build(wire, sabotage)
        except BaseException:
            self.close()
            raise

    def _build(self, wire, sabotage):
        places = self._places
        self.broker = Broker(places.folder, places.broker)
        scenario = places.community / "scenario.toml"
        self.simulator = Simulator(places.programs / "gengfu-sim", scenario, places.folder)
        words = {"run": places.folder, "broker": self.broker.port, **self.simulator.ready["tcp"]}
        configuration = render(places.community, places.folder / "etc", words)
        self.database = Database(places.programs, self.broker.port, places.folder)
        self.far_end = FarEnd(wire, self.broker.port, ROOT, self.database, sabotage)
        wait_for("the far end", self.far_end.connected.is_set, 10)
        self.gateway = Gateway(places.programs, configuration, places.folder)
        status, text = self.gateway.command("check")
        if status != 0:
            raise Failed(f"gengfu check refuses the demo's configuration:\n{text}")
        self.start_gateway()
        wait_for("gengfud's first message", lambda: self.far_end.base is not None, 15, self.gateway.program.alive)

    def start_gateway(self):
        self.gateway.start()
        try:
            wait_for("gengfud", self.gateway.answers, 15, self.gateway.program.alive)
        except Failed as error:
            raise Failed(f"{error}\n{self.gateway.program.last_words()}") from None

    def close(self):
        if self.gateway and self.gateway.program:
            self.gateway.program.stop()
        if self.far_end:
            self.far_end.close()
        if self.database:
            self.database.close()
        if self.simulator:
            self.simulator.program.stop()
        if self.broker:
            self.broker.program.stop()


@dataclass
class Order:
    """An acknowledgement or a reset to be given, by a person at the command or by the platform over MQTT."""

    index: int  # of the expectation
    kind: str
    alarm: str
    when: float  # next try, seconds of the play
    begun: float | None = None  # first try
    answer: object = None  # of a try under way: a future of (taken, else why not)
    tried: float = 0.0  # when the try under way was made
    over: bool = False


class Performance:
    """One play: shows what happens, kills and starts what the scenario says, acknowledges and resets as it says."""

    def __init__(self, stage, wire, play, screen):
        self._stage = stage
        self._wire = wire
        self._play = play
        self._screen = screen
        self._zero = None  # monotonic ns at which the play began
        self._seen = []
        self._latest = {}  # alarm id: (Alarm, over)
        self._orders = {}  # (index, kind): Order
        self._commands = {}  # (index, kind): (first try, the try that was taken)
        self._hands = ThreadPoolExecutor(4)  # the command may take its time; the play does not wait for it
        self._over_at = None
        self._gateway_down = False

    def at(self, nanoseconds):
        return (nanoseconds - self._zero) / 1e9

    def now(self):
        return self.at(time.monotonic_ns())

    def run(self):
        self._stage.simulator.ask(do="play")
        while self._zero is None:
            self._hear(self._stage.simulator.said.get(timeout=10))
        while not self._finished():
            self.step()

    def step(self):
        """Takes in what has come, at most a twentieth of a second of waiting."""
        for what, when, value in self._stage.far_end.take(0.05):
            if what == "transition":
                self._transition(when, *value)
            elif value.outcome not in (self._wire.feed.OUTCOME_DONE, self._wire.feed.OUTCOME_ALREADY):
                outcome = self._wire.feed.Outcome.Name(value.outcome).removeprefix("OUTCOME_").lower()
                self._screen.note(self.at(when), f"the gateway answers {value.verb}: {outcome} {value.message}")
        try:
            while True:
                self._hear(self._stage.simulator.said.get_nowait())
        except queue.Empty:
            pass
        self._give_commands()
        self._look_after_programs()

    def _look_after_programs(self):
        programs = [self._stage.simulator.program, self._stage.database.ingest]
        if not self._gateway_down:
            programs.append(self._stage.gateway.program)
        for program in programs:
            if not program.alive():
                raise Failed(f"{program.name} has ended by itself:\n{program.last_words()}")

    def _hear(self, line):
        if line.get("play"):
            self._zero = line["mono_ns"]
            return
        happened = line.get("happened")
        if happened is None:
            return
        at = line["at"]
        note = line.get("note", "")
        if happened in ("outage-begin", "outage-end"):
            self._outage(at, line["target"], happened == "outage-begin", note)
        elif happened == "done":
            self._over_at = at
        elif note:
            end = " (over)" if happened == "fault-end" else ""
            self._screen.note(at, f"{note}{end}  [{line['target']}]")

    def _outage(self, at, target, begins, note):
        if begins:
            self._screen.outage(at, f"{note or target + ' killed'} (kill -9)")
        else:
            self._screen.outage(at, f"{target} started again")
        if target == "broker":
            self._stage.broker.program.kill() if begins else self._stage.broker.start()
        elif begins:
            self._gateway_down = True
            self._stage.gateway.program.kill()
        else:
            self._stage.gateway.start()
            self._gateway_down = False

    def _transition(self, when, seen, transition):
        at = self.at(when)
        seen = type(seen)(**{**vars(seen), "at": at})
        self._seen.append(seen)
        known = self._latest.get(seen.alarm)
        if known is None or known[0].revision < transition.alarm.revision:
            self._latest[seen.alarm] = (transition.alarm, seen.over)
        self._screen.transition(at, seen.kind, transition.alarm, seen.severity)
        self._plan_commands(at)

    def _plan_commands(self, at):
        """An alarm is acknowledged once it has its final severity, and reset once it is clear."""
        for index, alarm_id in match(self._play.expectations, self._seen).items():
            wanted = self._play.expectations[index]
            kinds = {one.kind for one in self._seen if one.alarm == alarm_id}
            grown = "RAISED" in kinds and (wanted.due("SEVERITY_CHANGED") is None or "SEVERITY_CHANGED" in kinds)
            if wanted.ack and grown:
                self._order(index, "ACKNOWLEDGED", alarm_id, at + READING)
            if wanted.reset and {"CLEARED", "ACKNOWLEDGED"} <= kinds:
                self._order(index, "RESET", alarm_id, at + READING)

    def _order(self, index, kind, alarm_id, when):
        self._orders.setdefault((index, kind), Order(index, kind, alarm_id, when))

    def _give_commands(self):
        now = self.now()
        for order in self._orders.values():
            if order.answer is not None and order.answer.done():
                self._settle(order, now, *order.answer.result())
            elif not order.over and order.answer is None and now >= order.when and not self._gateway_down:
                order.begun = now if order.begun is None else order.begun
                order.tried = now
                order.answer = self._hands.submit(self._give, order)

    def _settle(self, order, now, taken, why):
        order.answer = None
        if taken:
            order.over = True
            self._commands[(order.index, order.kind)] = (order.begun, order.tried)
        elif now - order.begun > COMMAND_WITHIN:
            order.over = True
            wanted = self._play.expectations[order.index]
            self._screen.note(now, f"{order.kind} of {wanted.label} was not taken: {why}")
        else:
            order.when = now + AGAIN

    def _give(self, order):
        """(whether it was taken, else why not). Runs on another thread and touches nothing of ours."""
        wanted = self._play.expectations[order.index]
        way = wanted.ack if order.kind == "ACKNOWLEDGED" else wanted.reset
        verb = "ack" if order.kind == "ACKNOWLEDGED" else "reset"
        if way == "cli":
            status, text = self._stage.gateway.command(verb, order.alarm, "--why", "演示 demo")
            return status == 0, text
        revision = self._latest[order.alarm][0].revision
        _, payload = self._wire.command(order.alarm, revision, "王师傅", "演示 demo")
        return self._stage.far_end.command(verb, payload), "the broker is away"

    def verdict(self):
        far_end = self._stage.far_end
        verdict = judge(
            self._play.expectations,
            self._seen,
            far_end.all_identities(),
            self._commands,
            far_end.redelivered,
            self._wire.event_stream,
        )
        verdict.faults += [f"cannot be read: {text}" for text in far_end.broken]
        verdict.faults += [f"in quarantine: {topic}: {reason}" for topic, reason in self._stage.database.unstorable()]
        over = {alarm_id for alarm_id, (_, is_over) in self._latest.items() if is_over}
        for topic in far_end.standing():
            if topic.rsplit("/", 1)[-1] in over:
                verdict.faults.append(f"{topic} is still retained although its alarm is over")
        return verdict

    def _finished(self):
        """The scenario is done and everything due has come, or can no longer come in time."""
        if self._over_at is None:
            return False
        now = self.now()
        if now < self._over_at + GRACE:
            return False
        # A reset follows a clear, an acknowledgement a raise: room for one command after the last bound.
        end = max(self._play.last_bound(), self._over_at) + READING + COMMAND_WITHIN + GRACE
        return now > end or (self.verdict().good and now > self._last_arrival() + GRACE)

    def _last_arrival(self):
        return max((one.at for one in self._seen), default=0.0)
