"""The reference consumer: counts by identity, confirms what it has, and says which losses were declared to it."""
from support.feed import Feed
from support.schema import feed as feed_schema

EVENT, TELEMETRY = 1, 2


def ranges(numbers):
    """Ascending (first, last) of a sorted list."""
    found = []
    for number in numbers:
        if found and found[-1][1] + 1 == number:
            found[-1][1] = number
        else:
            found.append([number, number])
    return found


class Consumer(Feed):
    """A Feed that takes part in the protocol as `name`."""

    def __init__(self, port: int, name: str = "city", **keys):
        self.name = name
        super().__init__(port, **keys)

    def announce(self):
        """Says that it starts: it gets again what it has not confirmed."""
        self.publish("confirm", feed_schema.Confirm(consumer=self.name).SerializeToString())

    def confirm(self):
        """Says what it has."""
        message = feed_schema.Confirm(consumer=self.name)
        for stream in (EVENT, TELEMETRY):
            for epoch, numbers in self.sequences(stream).items():
                of = message.ranges.add(epoch=epoch, stream=stream)
                for first, last in ranges(numbers):
                    of.ranges.add(first=first, last=last)
        self.publish("confirm", message.SerializeToString())

    def forget(self):
        """Restored to a state before anything came."""
        with self.changed:
            self.records.clear()
            self.order.clear()

    def declared(self):
        """What the gateway has declared lost."""
        with self.changed:
            return [r.abandoned for r in self.records.values() if r.WhichOneof("content") == "abandoned"]

    def missing(self, stream: int):
        """(epoch, sequence) below the highest that came, or below a declared end of run, that neither came nor was declared."""
        lost, had = set(), self.sequences(stream)
        ends = {a.epoch: a.first for a in self.declared() if a.stream == stream and a.reason == "end-of-run"}
        excused = {(a.epoch, n) for a in self.declared() if a.stream == stream and a.reason != "end-of-run"
                   for n in range(a.first, a.last + 1)}
        for epoch in {*had, *ends}:
            numbers = set(had.get(epoch, []))
            end = ends.get(epoch, max(numbers, default=0) + 1)
            lost |= {(epoch, n) for n in range(1, end) if n not in numbers}
        return lost - excused
