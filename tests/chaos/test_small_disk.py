"""A disk that others fill to its last byte, and free again, while alarms come and go: a real one, a small tmpfs."""
from support.small_disk import SmallDisk
from support.waiting import wait_for
from town import UNITS, Town


def test_disk_filled_to_the_last_byte_and_freed(broker, gateway, configuration, closing, folder):
    town = Town(broker, gateway, configuration, closing)
    runtime = folder / "run"
    runtime.mkdir()
    gateway.socket = runtime / "control.sock"  # the store's folder is the daemon's alone
    disk = SmallDisk(gateway.store, "6m")
    gateway.start({"RUNTIME_DIRECTORY": str(runtime)}, disk.within)
    town.consumer.wait(lambda: town.consumer.birth, "the birth")
    for unit in range(1, 5):
        town.toggle(unit)
    town.settle()
    disk.fill(gateway.process.pid)
    for unit in range(1, UNITS + 1):
        told = len(town.told(unit))
        town.toggle(unit)
        town.consumer.wait(lambda: len(town.told(unit)) > told, f"the alarm of relay-{unit}")  # also with no room
    town.consumer.wait_transition("RAISED", "store-full")
    disk.free(gateway.process.pid)
    wait_for(lambda: gateway.ask(verb="status")["store"]["trouble"] == "", "the store to be written")
    for unit in range(1, 5):
        town.toggle(unit)
    town.settle()
    town.verdict()
    assert "damaged" not in gateway.log()
