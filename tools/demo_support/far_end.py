"""The far end: the governance database, where what arrived is read as rows; and a platform's connection to the broker,
by which commands are given and which sees what is retained there."""

import heapq
import itertools
import queue
import threading
import time

import paho.mqtt.client as mqtt


class FarEnd:
    """Receives on threads of its own, hands over to whoever calls `take`. Reconnects by itself for ever."""

    def __init__(self, wire, port, root, database, sabotage=None):
        """:param database: a Database of this run (database.py)"""
        self._wire = wire
        self._database = database
        self._root = root
        self._sabotage = sabotage
        self._arrived = queue.Queue()
        self._held = []
        self._order = itertools.count()
        self._lock = threading.Lock()
        self.identities = set()
        self.broken = []
        self.retained = {}
        self.base = None  # topic prefix of the gateway, known from its first message
        self.connected = threading.Event()
        self._client = mqtt.Client(client_id="gengfu-demo-far-end", protocol=mqtt.MQTTv311)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = lambda *_: self.connected.clear()
        self._client.on_message = self._on_message
        self._client.reconnect_delay_set(min_delay=1, max_delay=1)
        self._client.connect_async("127.0.0.1", port, keepalive=10)
        self._client.loop_start()
        self._closing = threading.Event()
        self._reader = threading.Thread(target=self._read_rows, daemon=True)
        self._reader.start()

    def close(self):
        self._closing.set()
        self._reader.join(10)
        self._client.disconnect()
        self._client.loop_stop()

    def _read_rows(self):
        """Every event's row once, soon after it became visible."""
        while not self._closing.wait(0.02):
            try:
                for seen, record in self._database.new_transitions(self._wire):
                    self._arrive(seen, record, time.monotonic_ns())
            except Exception as error:  # told by the verdict; the thread goes on
                with self._lock:
                    self.broken.append(f"the database: {error}")

    @property
    def redelivered(self):
        return self._database.redelivered()

    def _on_connect(self, client, _userdata, _flags, code):
        if code == 0:
            # What the broker kept is listed anew after a subscription; what it lost while we were away is not.
            with self._lock:
                self.retained = {}
            client.subscribe(f"{self._root}/#", qos=1)
            self.connected.set()

    def _on_message(self, _client, _userdata, message):
        now = time.monotonic_ns()
        try:
            self._sort(message, now)
        except Exception as error:  # a payload that cannot be read must not end paho's thread
            with self._lock:
                self.broken.append(f"{message.topic}: {error}")

    def _sort(self, message, now):
        parts = message.topic.removeprefix(self._root + "/").split("/")
        if len(parts) < 4 or parts[3] in ("command", "confirm"):
            return
        self.base = "/".join([self._root, *parts[:3]])
        if parts[3] == "alarm":
            if len(parts) == 6 and parts[4] != "marker":
                self._keep_retained(message.topic, message.payload)
            return
        if parts[3] == "reply":
            self._arrived.put(("reply", now, self._wire.envelope(message.payload).reply))

    def _keep_retained(self, topic, payload):
        with self._lock:
            if payload:
                self.retained[topic] = payload
            else:
                self.retained.pop(topic, None)

    def _arrive(self, seen, transition, now):
        with self._lock:
            ways = self._sabotage.spoil(seen) if self._sabotage else [(0.0, seen)]
            for delay, one in ways:
                heapq.heappush(self._held, (now + int(delay * 1e9), next(self._order), one, transition))
        self._arrived.put(("wake", now, None))

    def all_identities(self):
        """Of every event that is in the ledger, but for transitions that sabotage took away."""
        with self._lock:
            return self._database.other_events() | self.identities

    def _release(self, now):
        """Transitions whose time has come: at once, but for those that sabotage holds back."""
        out = []
        with self._lock:
            while self._held and self._held[0][0] <= now:
                due, _, seen, transition = heapq.heappop(self._held)
                self.identities.add(seen.identity)
                out.append(("transition", due, (seen, transition)))
        return out

    def take(self, timeout):
        """[(what, monotonic ns, value)] that have come since: ("transition", ns, (Seen, Transition)) and
        ("reply", ns, Reply). Waits at most `timeout` seconds for the first."""
        out = []
        try:
            out.append(self._arrived.get(timeout=timeout))
            while True:
                out.append(self._arrived.get_nowait())
        except queue.Empty:
            pass
        return [one for one in out if one[0] != "wake"] + self._release(time.monotonic_ns())

    def standing(self):
        """Topics of alarms that are retained now."""
        with self._lock:
            return sorted(self.retained)

    def command(self, verb, payload):
        """Publishes to command/{verb}. False when there is no connection, or no gateway has been heard yet."""
        if self.base is None or not self.connected.is_set():
            return False
        return self._client.publish(f"{self.base}/command/{verb}", payload, qos=1).rc == mqtt.MQTT_ERR_SUCCESS
