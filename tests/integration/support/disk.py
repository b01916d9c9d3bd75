"""A disk of a test's own for a gateway, which stalls, or is full, when the test says so (disk_shim.c)."""
import os
import pathlib
import subprocess


class Disk:
    """`environment` is what the program gets."""

    def __init__(self, folder: pathlib.Path):
        library = folder / "disk_shim.so"
        subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-o", str(library), str(pathlib.Path(__file__).with_name("disk_shim.c")),
                        "-ldl"], check=True, timeout=60)
        self._stalls, self._full = folder / "disk.stalls", folder / "disk.full"
        self.environment = {"LD_PRELOAD": str(library), "DISK_SHIM": str(folder / "disk"),
                            "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}

    def stall(self):
        self._stalls.touch()

    def fill(self):
        self._full.touch()

    def be_well(self):
        self._stalls.unlink(missing_ok=True)
        self._full.unlink(missing_ok=True)
