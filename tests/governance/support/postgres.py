"""A PostgreSQL cluster of a test's own: a private folder, a unix socket, fsync on. Used by the benches, too."""
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import time

import psycopg

_PROGRAMS = pathlib.Path("/usr/lib/postgresql/15/bin")
_PATIENCE = 60.0

# As an installation would set them on a machine with 2 GB to spare; what is about safety is PostgreSQL's default, on.
SETTINGS = {
    "listen_addresses": "''",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "max_connections": "40",
    "autovacuum_naptime": "5s",
    "timezone": "'Asia/Shanghai'",  # an operator's choice; nothing may lean on it
    "log_line_prefix": "'%m [%p] %a '",
}


def _wait_for(condition, what: str):
    end = time.monotonic() + _PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {_PATIENCE:.0f} s")
        time.sleep(0.02)


class TemporaryPostgres:
    """`with TemporaryPostgres(folder) as db:` runs one until the end of the block. `folder` must be short (the path of a
    unix socket has 107 bytes) and is given to the user that the server runs as: initdb refuses root."""

    def __init__(self, folder: pathlib.Path, settings=None, access=("local all all trust",)):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(exist_ok=True)
        self._data = self.folder / "data"
        self._log = self.folder / "postgres.log"
        self._settings = {**SETTINGS, "unix_socket_directories": f"'{self.folder}'", **(settings or {})}
        self._server = None
        self._as = {}
        if os.getuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
            self._as = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        self._make(access)
        with (self._data / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = {value}\n" for name, value in self._settings.items())
        self.start()

    def _make(self, access):
        self._run("initdb", "-D", self._data, "-U", "gengfu", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
        (self._data / "pg_hba.conf").write_text("\n".join(access) + "\n")

    @property
    def uri(self) -> str:
        return self.uri_of("postgres")

    def uri_of(self, database: str) -> str:
        port = f"&port={self._settings['port']}" if "port" in self._settings else ""
        return f"postgresql://gengfu@/{database}?host={self.folder}{port}"

    @property
    def pid(self) -> int:
        return self._server.pid

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def _run(self, program, *arguments):
        done = subprocess.run([_PROGRAMS / program, *map(str, arguments)], capture_output=True, text=True, check=False,
                              stdin=subprocess.DEVNULL, cwd=self.folder, **self._as)
        if done.returncode != 0:
            raise AssertionError(f"{program} failed: {done.stderr[-2000:]}")
        return done.stdout

    def start(self):
        with self._log.open("ab") as log:
            self._server = subprocess.Popen([_PROGRAMS / "postgres", "-D", self._data], stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, cwd=self.folder, start_new_session=True, **self._as)

        def ready():
            if self._server.poll() is not None:
                raise AssertionError(f"postgres ended with {self._server.returncode}:\n{self.log[-2000:]}")
            try:
                psycopg.connect(self.uri, connect_timeout=2).close()
                return True
            except psycopg.OperationalError:
                return False
        _wait_for(ready, "PostgreSQL to be ready")

    def _family(self):
        """The server and its backends, by parent."""
        found = [self._server.pid]
        for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == self._server.pid:
                found.append(int(stat.parent.name))
        return found

    def kill9(self):
        """As a power cut ends it, but for what the kernel still holds: the server and all backends at once."""
        os.kill(self._server.pid, signal.SIGSTOP)  # it must not start new ones meanwhile
        family = self._family()
        for pid in family:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self._server.wait()
        _wait_for(lambda: not any(_is_running(pid) for pid in family[1:]), "the backends to end")

    def stop(self, how=signal.SIGINT):
        """SIGINT: rolls back what is open, writes all and ends ("fast"). SIGQUIT: ends at once, as after a crash."""
        if self._server.poll() is None:
            self._server.send_signal(how)
            self._server.wait(_PATIENCE)

    def create(self, database: str, template: str = "template1") -> str:
        """A new database, as empty as the template; its URI. Nobody may be connected to the template."""
        self.query(f'CREATE DATABASE "{database}" TEMPLATE "{template}" STRATEGY wal_log')
        return self.uri_of(database)

    def query(self, sql, *arguments, database="postgres"):
        """All rows of one statement that commits by itself; [] where it returns none."""
        with psycopg.connect(self.uri_of(database), autocommit=True) as connection:
            cursor = connection.execute(sql, arguments or None)
            return cursor.fetchall() if cursor.description else []

    def dump(self, database: str, file: pathlib.Path):
        """A backup in pg_dump's own format."""
        self._run("pg_dump", "-h", self.folder, "-U", "gengfu", "-Fc", "-f", file, database)

    def restore(self, database: str, file: pathlib.Path):
        self._run("pg_restore", "-h", self.folder, "-U", "gengfu", "-d", database, file)

    def close(self):
        self.stop(signal.SIGQUIT)  # what is thrown away needs no checkpoint: that is an fsync a file
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Standby(TemporaryPostgres):
    """A copy of a running server that follows it by streaming replication, asynchronously. The primary's `access` must
    have a line for replication. stop() and start() as any other; promote() makes it a primary."""

    def __init__(self, primary: TemporaryPostgres, folder: pathlib.Path):
        self._primary = primary
        super().__init__(folder, access=())

    def _make(self, access):
        self._run("pg_basebackup", "-h", self._primary.folder, "-U", "gengfu", "-D", self._data, "-R", "-X", "stream", "-c", "fast")

    def promote(self):
        self._run("pg_ctl", "promote", "-D", self._data)

    def has(self, position: str) -> bool:
        """Whether it has replayed the primary's log up to there."""
        return self.query("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", position)[0][0]


def _is_running(pid: int) -> bool:
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
