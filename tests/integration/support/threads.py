"""One thread of a process held still, as a driver that hangs holds it, while the others go on."""
import contextlib
import ctypes
import os
import pathlib

SEIZE, INTERRUPT, DETACH = 0x4206, 0x4207, 17
WALL = 0x40000000  # waitpid: also for threads


def named(pid: int, name: str) -> int:
    """The thread's id."""
    for thread in pathlib.Path(f"/proc/{pid}/task").iterdir():
        if (thread / "comm").read_text().strip() == name:
            return int(thread.name)
    raise LookupError(f"process {pid} has no thread {name!r}")


@contextlib.contextmanager
def held(pid: int, name: str):
    """Calls ptrace, which belongs to the calling thread: both ends in one."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    libc.ptrace.restype = ctypes.c_long

    def ptrace(request, thread):
        if libc.ptrace(request, thread, None, None) != 0:
            code = ctypes.get_errno()
            raise OSError(code, f"ptrace {request:#x}: {os.strerror(code)}")

    thread = named(pid, name)
    ptrace(SEIZE, thread)
    ptrace(INTERRUPT, thread)
    os.waitpid(thread, WALL)
    try:
        yield
    finally:
        ptrace(DETACH, thread)
