"""Two dozen relays, a gateway, a broker behind a gate and the reference consumer; what the relays did is what must arrive."""
from support.configuration import RELAY, UNLATCHED
from support.consumer import EVENT, TELEMETRY, Consumer
from support.gate import Gate
from support.slaves import TcpSlaves
from support.waiting import wait_for

RULE = "residual-current-high"
REST, ALARM = "001E", "0140"
UNITS = 24
PATIENCE = 60.0


class Town:
    """toggle() changes a relay; each of them comes and goes at most twice: a third raise within a minute would be held."""

    def __init__(self, broker, gateway, configuration, closing):
        self.gateway, self.broker = gateway, broker
        self.relays = closing(TcpSlaves({unit: RELAY for unit in range(1, UNITS + 1)}))
        self.gate = closing(Gate(broker.port))
        # A subscriber that only reads gets all that the broker took from the gateway, also from one that is killed.
        self.consumer = closing(Consumer(broker.port, qos=0))
        self.done = {unit: [] for unit in range(1, UNITS + 1)}  # kinds of the transitions that must come
        configuration.mqtt(self.gate.port).tcp("tcp", self.relays.port)
        for unit in self.done:
            configuration.relay(f"relay-{unit}", "tcp", unit, UNLATCHED)
        gateway.configure(configuration.text().replace("[mqtt]\n", '[mqtt]\nconfirm = ["city"]\n'))

    def toggle(self, unit: int):
        """Changes the relay."""
        rises = len(self.done[unit]) % 2 == 0
        assert len(self.done[unit]) < 4, "a third raise would be held as chattering"
        self.done[unit].append(1 if rises else 2)
        self.relays.set(unit, "holding", 0, ALARM if rises else REST)

    def told(self, unit: int):
        return [t.kind for t in self.consumer.transitions(RULE, f"relay-{unit}") if t.kind in (1, 2)]

    def wait_told(self):
        """Everything that the relays did has arrived."""
        def all_told():
            self.confirm()
            return all(len(self.told(unit)) >= len(done) for unit, done in self.done.items())
        wait_for(all_told, "all transitions to arrive", PATIENCE)

    def confirm(self):
        if self.consumer.connected.is_set():
            self.consumer.confirm()

    def settle(self):
        """Waits until all that the gateway has is confirmed, then holds what came against what was done."""
        self.consumer.announce()
        self.wait_told()

        def released():
            self.confirm()
            try:
                store = self.gateway.ask(verb="status")["store"]
            except OSError:
                return False  # it begins anew above a start number that is not its own
            # The one record that may be pending is the newest; an older one is still to come once more.
            return (store["events_pending"] == 0 and store["telemetry_pending"] <= 1 and
                    not self.consumer.missing(TELEMETRY))

        wait_for(released, "everything to be confirmed", PATIENCE)

    def verdict(self, telemetry: bool = True):
        """Lost 0, doubled 0; what is missing was declared."""
        for unit, done in self.done.items():
            assert self.told(unit) == done, f"relay-{unit}: did {done}, told {self.told(unit)}"
        lost = self.consumer.missing(EVENT)
        assert lost == set(), f"neither came nor was declared: {sorted(lost)}"
        if telemetry:
            lost = self.consumer.missing(TELEMETRY)
            assert lost == set(), f"neither came nor was declared: {sorted(lost)}"
        assert not self.consumer.spoiled
