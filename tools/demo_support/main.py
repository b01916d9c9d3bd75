"""The demo, once its programs are built: see tools/demo."""

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools"))

from demo_support import expectation, play  # noqa: E402
from demo_support import sabotage as spoil  # noqa: E402
from demo_support.processes import Failed  # noqa: E402
from demo_support.screen import Screen  # noqa: E402
from demo_support.wire import Wire  # noqa: E402


def arguments():
    parser = argparse.ArgumentParser(prog="tools/demo")
    parser.add_argument("--once", action="store_true")
    parser.add_argument("--sabotage", choices=["drop", "double", "late"])
    parser.add_argument("--seed", type=int, help="which event is spoiled")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--programs", type=Path, required=True)
    parser.add_argument("--keep", action="store_true")
    given = parser.parse_args()
    if not given.once and (given.sabotage or given.json):
        parser.error("--sabotage and --json go with --once")
    return given


def write_json(path, verdict, sabotage):
    result = {
        "passed": verdict.good,
        "sabotage": str(sabotage) if sabotage else None,
        "transitions": [vars(line) for line in verdict.lines],
        "faults": verdict.faults,
        "redelivered": verdict.redelivered,
    }
    path.write_text(json.dumps(result, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def once(stage, performance, screen, given, sabotage):
    performance.run()
    verdict = performance.verdict()
    screen.database(stage.database)
    screen.table(verdict)
    if sabotage:
        screen.say(f"sabotage: {sabotage}{'' if sabotage.hit else ' (it never arrived)'}")
    if given.json:
        write_json(given.json, verdict, sabotage)
    return 0 if verdict.good else 1


def show(stage, performance, screen, folder, programs):
    performance.run()
    screen.database(stage.database)
    screen.heading("the play is over; the community goes on. Ctrl-C ends it")
    screen.say(f"look around:  {programs}/gengfu status --config {folder}/etc/gengfu.toml")
    screen.say(f"              {programs}/gengfu alarms --config {folder}/etc/gengfu.toml")
    screen.say(f"              psql '{stage.database.postgres.uri}' -c 'SELECT * FROM governance.alarm_now'")
    screen.say(f"              mosquitto_sub -p {stage.broker.port} -t 'gengfu/#' -v -N")
    while True:
        performance.step()


def perform(given, programs, folder):
    screen = Screen()
    places = play.Places(programs, ROOT / "demo/community", ROOT / "config/broker/plain.conf", ROOT / "proto", folder)
    acts = expectation.load(places.community / "scenario.toml")
    sabotage = spoil.choose(given.sabotage, acts.expectations, given.seed) if given.sabotage else None
    stage = None
    try:
        wire = Wire(places.proto, folder / "python")
        stage = play.Stage(places, wire, sabotage)
        screen.heading(f"Gengfu demo: {len(acts.expectations)} alarms in {acts.lasts:.0f} s")
        performance = play.Performance(stage, wire, acts, screen)
        if given.once:
            return once(stage, performance, screen, given, sabotage)
        show(stage, performance, screen, folder, programs)
    except Failed as error:
        print(f"tools/demo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130 if given.once else 0
    finally:
        if stage:
            stage.close()
    return 0


def end_in_order(*_):
    """SIGTERM: what was started is ended, as with Ctrl-C."""
    raise KeyboardInterrupt


def main():
    given = arguments()
    programs = given.programs.resolve()
    signal.signal(signal.SIGTERM, end_in_order)
    folder = Path(tempfile.mkdtemp(prefix="gengfu-demo-"))
    os.chmod(folder, 0o755)  # mosquitto gives up root and reads its configuration as another user
    status = 1
    try:
        status = perform(given, programs, folder)
    finally:
        if given.keep or (status == 1 and not given.sabotage):
            print(f"the run's configuration, store and logs: {folder}", file=sys.stderr)
        else:
            shutil.rmtree(folder, ignore_errors=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
