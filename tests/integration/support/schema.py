"""The wire contract as Python classes, made from proto/ by protoc once a session."""
import atexit
import importlib
import shutil
import subprocess
import sys
import tempfile

from support.programs import ROOT


def _generate() -> str:
    folder = tempfile.mkdtemp(prefix="gengfu-schema-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    protos = [str(path.relative_to(ROOT / "proto")) for path in sorted((ROOT / "proto" / "gengfu" / "v1").glob("*.proto"))]
    subprocess.run(["protoc", f"-I{ROOT / 'proto'}", f"--python_out={folder}", *protos], check=True, timeout=60)
    return folder


sys.path.insert(0, _generate())
common = importlib.import_module("gengfu.v1.common_pb2")
alarm = importlib.import_module("gengfu.v1.alarm_pb2")
feed = importlib.import_module("gengfu.v1.feed_pb2")
