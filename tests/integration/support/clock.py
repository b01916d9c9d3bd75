"""A wall clock of a test's own for a gateway (clock_shim.c)."""
import os
import pathlib
import subprocess


class Clock:
    """`environment` is what the program gets; set() takes effect at its next look."""

    def __init__(self, folder: pathlib.Path):
        library = folder / "clock_shim.so"
        subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-o", str(library), str(pathlib.Path(__file__).with_name("clock_shim.c")),
                        "-ldl"], check=True, timeout=60)
        self._file = folder / "clock"
        self.set()
        # Programs with the address sanitizer want it loaded first otherwise.
        self.environment = {"LD_PRELOAD": str(library), "CLOCK_SHIM": str(self._file),
                            "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}

    def set(self, seconds_off: int = 0, synchronised: bool = True, ahead: int = 0):
        """:param ahead: seconds that the monotonic clock is ahead of the machine's; never less than before"""
        fresh = self._file.with_suffix(".new")
        fresh.write_text(f"{seconds_off} {int(synchronised)} {ahead}\n")
        fresh.replace(self._file)
