"""A folder that is mounted read-only for one program alone, in a mount namespace of its own, until the test says otherwise."""
import pathlib
import subprocess

_MOUNT = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'


class ReadOnly:
    """`within` is put before the command of the program."""

    def __init__(self, folder: pathlib.Path):
        self._folder = str(folder)
        self.within = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", _MOUNT, self._folder]

    def end(self, pid: int):
        subprocess.run(["nsenter", "--target", str(pid), "--user", "--mount", "--preserve-credentials",
                        "mount", "-o", "remount,bind,rw", self._folder], check=True, timeout=30)
