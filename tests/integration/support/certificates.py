"""A certificate authority of a test's own, made by tools/pki."""
import pathlib
import subprocess

from support.programs import ROOT


class Authority:
    """Signs for brokers and clients. Files: ca.pem, NAME.pem, NAME.key."""

    def __init__(self, folder: pathlib.Path, name: str = "test authority"):
        self.folder = folder
        self.ca = folder / "ca.pem"
        self._name = name
        self._run()

    def _run(self, *arguments):
        done = subprocess.run([ROOT / "tools" / "pki", self.folder, *map(str, arguments), "--name", self._name],
                              capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, f"tools/pki {arguments}: {done.stderr}"

    def issue(self, name: str, common_name: str, alternative: str = "", expired: bool = False, days: int = 397,
              future: bool = False):
        """Makes NAME.pem and NAME.key; :param alternative: name or address of a broker."""
        dates = ["--expired"] if expired else ["--future"] if future else ["--days", days]
        if alternative:
            self._run("broker", alternative, "--as", name, *dates)
        elif common_name in ("platform", "governance-db", "observer"):
            self._run(common_name, "--as", name, *dates)
        else:
            self._run("gateway", common_name, "--as", name, *dates)
        return self.folder / f"{name}.pem", self.folder / f"{name}.key"

    def revoke(self, name: str):
        self._run("revoke", name)
        return self.folder / "revoked.pem"
