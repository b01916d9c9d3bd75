"""TCP ports of our own, on loopback."""
import random
import socket


def free_port() -> int:
    """A port that was free a moment ago. Below those that the kernel gives to outgoing connections: a neighbour's would
    take one of them before it is bound. Whoever binds it must be ready to try another."""
    while True:
        port = random.randrange(10000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
