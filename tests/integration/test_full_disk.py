"""A disk that takes no records any more: told at once, watched through, and told again when it is over."""
import resource

from support.configuration import UNLATCHED
from support.ports import free_port
from support.waiting import wait_for

RULE = "residual-current-high"
ALARM = "0140"


def test_a_disk_that_is_full_is_told_at_once_and_so_is_its_end(gateway, configuration, relays):
    gateway.configure(configuration.mqtt(free_port()).tcp("tcp", relays.port).relay("relay", "tcp", 1, UNLATCHED).text())
    gateway.start()
    wait_for(lambda: gateway.health("relay") == "online", "the relay")
    assert gateway.ask(verb="status")["store"]["trouble"] == ""
    # No file of the daemon may grow beyond this; its log is still much shorter.
    whole = resource.prlimit(gateway.process.pid, resource.RLIMIT_FSIZE, (8192, resource.RLIM_INFINITY))
    relays.set(1, "holding", 0, ALARM)
    gateway.wait_alarm(RULE)
    wait_for(lambda: "cannot be written" in gateway.ask(verb="status")["store"]["trouble"], "the trouble in status")
    assert "cannot be written" in gateway.command("status").stdout
    gateway.process.wait_for_log("events cannot be written, they are kept in memory")
    assert gateway.process.status is None
    assert gateway.wait_alarm("store-full"), "a limit of file size (or a quota) is a full disk"
    resource.prlimit(gateway.process.pid, resource.RLIMIT_FSIZE, whole)
    gateway.process.wait_for_log("events are written again")
    wait_for(lambda: gateway.ask(verb="status")["store"]["trouble"] == "", "the end of the trouble")
    assert sum("store: " in line and "events cannot be written, they" in line and "alarm" not in line
               for line in gateway.log().splitlines()) == 1, "told once"
    assert "PRAGMA" not in gateway.log()
