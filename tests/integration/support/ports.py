"""TCP ports of our own, on loopback."""
import socket


def free_port() -> int:
    """A port that was free a moment ago. Whoever binds it must be ready to try another."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
