"""A door between gateway and broker that a test shuts and opens: a TCP relay in a thread."""
import selectors
import socket
import threading


class Gate:
    """Relays 127.0.0.1:port to 127.0.0.1:`target` while open; shut, it refuses and cuts what runs."""

    def __init__(self, target: int):
        self._target = target
        self._lock = threading.Lock()
        self._pairs = []
        self._open = True
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
                self._pairs.append((near, far))
            threading.Thread(target=self._relay, args=(near, far), daemon=True).start()

    @staticmethod
    def _relay(near, far):
        with selectors.DefaultSelector() as both, near, far:
            both.register(near, selectors.EVENT_READ, far)
            both.register(far, selectors.EVENT_READ, near)
            try:
                while True:
                    for key, _ in both.select():
                        data = key.fileobj.recv(65536)
                        if not data:
                            return
                        key.data.sendall(data)
            except (OSError, ValueError):
                return

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
