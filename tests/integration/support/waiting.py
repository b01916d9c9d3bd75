"""Waiting for a condition: never a fixed sleep, never without an end."""
import time

# Long, since a test machine may be busy; a wait that is met takes as long as it takes.
PATIENCE = 30.0
_LOOK = 0.02


def wait_for(condition, what: str, seconds: float = PATIENCE):
    """The first true value of `condition()`; fails, saying `what` was waited for, when none comes in time."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {seconds:g} s")
        time.sleep(_LOOK)
