"""A certificate authority of a test's own, made with the openssl command."""
import pathlib
import subprocess

_SETTINGS = """
[ca]
default_ca = own
[own]
dir = {folder}
new_certs_dir = {folder}
database = {folder}/index.txt
serial = {folder}/serial
default_md = sha256
policy = any
copy_extensions = copy
unique_subject = no
[any]
commonName = supplied
"""
# Far apart from any clock the tests may run under.
_LONG_AGO, _LAST_YEAR, _FAR = "20000101000000Z", "20010101000000Z", "20991231000000Z"


def _openssl(*arguments):
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, f"openssl {arguments}: {done.stderr}"


class Authority:
    """Signs for brokers and clients. Files: ca.pem, NAME.pem, NAME.key."""

    def __init__(self, folder: pathlib.Path, name: str = "test authority"):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.ca = folder / "ca.pem"
        (folder / "settings").write_text(_SETTINGS.format(folder=folder))
        (folder / "index.txt").write_text("")
        (folder / "serial").write_text("01\n")
        _openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", 3650,
                 "-subj", f"/CN={name}", "-keyout", folder / "ca.key", "-out", self.ca)

    def issue(self, name: str, common_name: str, alternative: str = "", expired: bool = False):
        """Makes NAME.pem and NAME.key; `alternative` such as "IP:127.0.0.1"."""
        certificate, key, request = (self.folder / f"{name}.{end}" for end in ("pem", "key", "csr"))
        extension = ["-addext", f"subjectAltName={alternative}"] if alternative else []
        _openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                 "-subj", f"/CN={common_name}", *extension, "-keyout", key, "-out", request)
        _openssl("ca", "-batch", "-notext", "-config", self.folder / "settings", "-cert", self.ca,
                 "-keyfile", self.folder / "ca.key", "-startdate", _LONG_AGO,
                 "-enddate", _LAST_YEAR if expired else _FAR, "-in", request, "-out", certificate)
        return certificate, key
