"""A small disk of one program alone (a tmpfs in a mount namespace of its own), to be filled to its last byte and freed. It
goes with the program."""
import pathlib
import subprocess

_MOUNT = 'mount -t tmpfs -o mode=700,size="$1" gengfu-test "$0" && shift && exec "$@"'


class SmallDisk:
    """`within` is put before the command of the program."""

    def __init__(self, folder: pathlib.Path, size: str):
        folder.mkdir(exist_ok=True)
        self._filler = folder / "filler"
        self.within = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", _MOUNT, str(folder), size]

    def _run(self, pid: int, *command):
        return subprocess.run(["nsenter", "--target", str(pid), "--user", "--mount", "--preserve-credentials", *command],
                              capture_output=True, text=True, timeout=60, check=False)

    def fill(self, pid: int):
        for size in ("4096", "1"):
            done = self._run(pid, "sh", "-c", f'dd if=/dev/zero bs={size} >> "$0"', str(self._filler))
            assert "No space left" in done.stderr, done.stderr

    def free(self, pid: int):
        done = self._run(pid, "rm", str(self._filler))
        assert done.returncode == 0, done.stderr
