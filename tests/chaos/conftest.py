"""tests/chaos: the daemon killed at named moments and at random ones, and what befalls its neighbours. Wants programs built with GENGFU_KILL_POINTS, as the dev preset does."""
import importlib.util
import os
import pathlib
import sys

import pytest

_INTEGRATION = pathlib.Path(__file__).resolve().parents[1] / "integration"
sys.path[:0] = [str(_INTEGRATION), str(pathlib.Path(__file__).resolve().parent)]
_spec = importlib.util.spec_from_file_location("integration_conftest", _INTEGRATION / "conftest.py")
_shared = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_shared)
folder, closing, broker, gateway = _shared.folder, _shared.closing, _shared.broker, _shared.gateway
configuration, relays = _shared.configuration, _shared.relays
pytest_runtest_makereport = _shared.pytest_runtest_makereport
programs = _shared.programs
# Minutes of waiting for delays of minutes: only with what takes long.
collect_ignore = [] if os.environ.get("GENGFU_CHECK_FULL") else ["test_lines.py"]


def pytest_sessionstart(session):
    try:
        daemon = pathlib.Path(programs.path("gengfud")).read_bytes()
    except FileNotFoundError as error:
        pytest.exit(str(error), returncode=2)
    if b"GENGFU_KILL_AT" not in daemon:
        pytest.exit(f"{programs.path('gengfud')} has no kill points: set GENGFU_BIN=build/dev/bin", returncode=2)
