"""A door between gateway and broker that a test shuts and opens: a TCP relay in a thread."""
import socket
import threading
import time

_PIECE = 256  # bytes that a narrow door lets through at once: 40 ms of 50 kbit/s
_BUFFER = 4096  # what waits in front of a narrow door; what is sent beyond waits at the sender's


class Gate:
    """Relays 127.0.0.1:port to 127.0.0.1:`target` while open; shut, it refuses and cuts what runs. `pace`, set while it is
    shut, is how many bytes a second it lets out towards the target: a modem."""

    def __init__(self, target: int):
        self._target = target
        self._lock = threading.Lock()
        self._pairs = []
        self._open = True
        self.pace = None
        self.passed = 0  # bytes let out by the pace so far: the time of the narrow link itself, whatever the machine does
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._ended = False
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while not self._ended:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                if not self._open:
                    near.close()
                    continue
                try:
                    far = socket.create_connection(("127.0.0.1", self._target), 5)
                except OSError:
                    near.close()
                    continue
                if self.pace:
                    near.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
                    far.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
                self._pairs.append((near, far))
            threading.Thread(target=self._relay, args=(near, far), daemon=True).start()

    def _relay(self, near, far):
        ways = [threading.Thread(target=self._one_way, args=way, daemon=True) for way in
                ((near, far, self.pace), (far, near, None))]
        with near, far:
            for way in ways:
                way.start()
            for way in ways:
                way.join()

    def _one_way(self, source, target, pace):
        free = time.monotonic()  # when the line is free again
        try:
            while data := source.recv(_PIECE if pace else 65536):
                if pace:
                    free = max(free, time.monotonic()) + len(data) / pace
                    time.sleep(max(0.0, free - time.monotonic()))
                    self.passed += len(data)
                target.sendall(data)
        except OSError:
            pass
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # gone already

    def shut(self):
        with self._lock:
            self._open = False
            pairs, self._pairs = self._pairs, []
        for near, far in pairs:
            for end in (near, far):
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass  # gone already

    def open(self):
        with self._lock:
            self._open = True

    def close(self):
        self._ended = True
        self.shut()
        self._listener.close()
