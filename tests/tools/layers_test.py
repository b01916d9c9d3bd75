"""tools/layers on small trees with one mistake each: every kind must be seen, and nothing else."""

import subprocess
import tempfile
import unittest
from pathlib import Path

LAYERS = Path(__file__).resolve().parents[2] / "tools" / "layers"

SOUND = {
    "daemon/core/result.hpp": "#pragma once\n#include <tl/expected.hpp>\n",
    "daemon/config/site.hpp": '#pragma once\n#include "daemon/core/result.hpp"\n',
    "daemon/config/parse.cpp": '#include <toml++/toml.h>\n#include "daemon/config/site.hpp"\n',
    "drivers/bus.hpp": '#pragma once\n#include "daemon/core/result.hpp"\n',
    "drivers/modbus/rtu.cpp": '#include <modbus/modbus.h>\n#include "drivers/bus.hpp"\n',
    "daemon/rules/judge.hpp": '#pragma once\n#include "daemon/config/site.hpp"\n',
    "daemon/alarms/table.hpp": '#pragma once\n#include "daemon/rules/judge.hpp"\n',
    "daemon/publish/encode.cpp": '#include "gengfu/v1/alarm.pb.h"\n#include "daemon/alarms/table.hpp"\n',
    "daemon/app.hpp": '#pragma once\n#include "daemon/alarms/table.hpp"\n',
    "cli/main.cpp": '#include "daemon/config/site.hpp"\n',
    "tests/unit/alarms/table_test.cpp": '#include <sqlite3.h>\n#include "daemon/alarms/table.hpp"\n',
    "tests/sim/line.cpp": '#include "daemon/core/result.hpp"\n',
}


def run_on(files):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        done = subprocess.run([LAYERS, folder], capture_output=True, text=True, check=False)
        return done.returncode, done.stderr.splitlines()


class Layers(unittest.TestCase):
    def refused(self, name, text, *words):
        status, lines = run_on({**SOUND, name: text})
        self.assertEqual(status, 1, lines)
        self.assertEqual(len(lines), 1, lines)
        for word in (name, *words):
            self.assertIn(word, lines[0])

    def test_a_sound_tree_passes(self):
        self.assertEqual(run_on(SOUND), (0, []))

    def test_an_upward_include_is_named_with_file_and_line(self):
        self.refused(
            "daemon/rules/verdict.hpp",
            '#pragma once\n#include "daemon/alarms/table.hpp"\n',
            "verdict.hpp:2:",
            "daemon/alarms",
        )

    def test_core_includes_no_other_room(self):
        self.refused("daemon/core/ids.cpp", '#include "daemon/config/site.hpp"\n', "daemon/config")

    def test_a_driver_does_not_see_the_daemon(self):
        self.refused("drivers/modbus/tcp.cpp", '#include "daemon/rules/judge.hpp"\n', "daemon/rules")

    def test_no_room_includes_the_app(self):
        self.refused("daemon/alarms/book.cpp", '#include "daemon/app.hpp"\n', "daemon")

    def test_the_daemon_includes_no_tests(self):
        self.refused("daemon/app.cpp", '#include "tests/sim/line.hpp"\n', "tests/sim/line.hpp")

    def test_the_simulator_does_not_use_the_decoders(self):
        self.refused("tests/sim/unit.cpp", '#include "drivers/bus.hpp"\n', "drivers")

    def test_an_include_beside_the_file_is_not_named_from_the_root(self):
        self.refused("daemon/rules/above.cpp", '#include "judge.hpp"\n', "named from its root")

    def test_paho_is_seen_by_publish_alone(self):
        self.refused("daemon/app.cpp", "#include <mqtt/async_client.h>\n", "daemon/publish")

    def test_libmodbus_is_seen_by_drivers_alone(self):
        self.refused("daemon/rules/judge.cpp", "#include <modbus.h>\n", "drivers")

    def test_sqlite_is_seen_by_the_store_alone(self):
        self.refused("cli/read.cpp", "#include <sqlite3.h>\n", "daemon/store")

    def test_a_header_without_pragma_once_is_named(self):
        self.refused("daemon/rules/rate.hpp", "struct Rate {};\n", "#pragma once")

    def test_a_folder_that_is_no_room_is_named(self):
        self.refused("daemon/misc/util.cpp", '#include "daemon/core/result.hpp"\n', "daemon/misc")

    def test_an_empty_tree_is_an_error(self):
        self.assertEqual(run_on({"README": ""})[0], 2)


if __name__ == "__main__":
    unittest.main()
