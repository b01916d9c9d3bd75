"""A RabbitMQ cluster of three nodes on loopback, with quorum queues for MQTT sessions. For the tests with --full.

Everything is the test's own: a folder, an epmd on a port of its own, a cookie. Nothing of an installed service is touched."""
import os
import pathlib
import secrets
import shutil
import signal
import socket

from support.ports import free_port
from support.process import Process
from support.waiting import wait_for

_SERVER = pathlib.Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
_PATIENCE = 180.0
NODES = 3

_SETTINGS = """
listeners.tcp.1 = 127.0.0.1:{amqp}
mqtt.listeners.tcp.1 = 127.0.0.1:{mqtt}
mqtt.allow_anonymous = true
mqtt.default_user = guest
mqtt.default_pass = guest
# Sessions that outlive their connection are replicated; it must be set before the first of them.
mqtt.durable_queue_type = quorum
# As wide as a batch of gengfu-ingest.
mqtt.prefetch = 1000
cluster_partition_handling = pause_minority
cluster_formation.peer_discovery_backend = classic_config
cluster_formation.classic_config.nodes.1 = r1@localhost
cluster_formation.classic_config.nodes.2 = r2@localhost
cluster_formation.classic_config.nodes.3 = r3@localhost
cluster_formation.randomized_startup_delay_range.min = 0
cluster_formation.randomized_startup_delay_range.max = 1
# A machine with little room on its disk must not stop the test's publishers.
disk_free_limit.absolute = 200MB
log.console = true
log.console.level = info
log.file = false
"""


def is_installed() -> bool:
    return _SERVER.exists()


class Node:
    def __init__(self, cluster, number: int):
        self.name = f"r{number}@localhost"
        self.mqtt, self._amqp, self._dist = free_port(), free_port(), free_port()
        self._folder = cluster.folder / f"r{number}"
        self._folder.mkdir()
        settings = self._folder / "rabbitmq.conf"
        settings.write_text(_SETTINGS.format(amqp=self._amqp, mqtt=self.mqtt))
        plugins = self._folder / "enabled_plugins"
        plugins.write_text("[rabbitmq_mqtt].\n")
        self._environment = {
            "HOME": str(cluster.folder), "ERL_EPMD_PORT": str(cluster.epmd_port), "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": self.name, "RABBITMQ_NODE_PORT": str(self._amqp), "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_DIST_PORT": str(self._dist), "RABBITMQ_CONFIG_FILE": str(settings),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(plugins), "RABBITMQ_MNESIA_BASE": str(self._folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self._folder / "log"), "RABBITMQ_PID_FILE": str(self._folder / "pid"),
            "RABBITMQ_CONF_ENV_FILE": str(self._folder / "no-environment"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        }
        self.process = None

    def launch(self):
        if self.process:
            self.process.close()
        self.process = Process(self.name, [str(_SERVER)], self._folder / "output", self._environment)

    def is_listening(self) -> bool:
        assert self.process.status is None, f"{self.name} ended with {self.process.status}:\n{self.process.log()[-4000:]}"
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.mqtt)) == 0

    def start(self):
        self.launch()
        wait_for(self.is_listening, f"{self.name} to listen", _PATIENCE)

    def kill(self):
        """kill -9 of the virtual machine and of the shell that began it: they are a session of their own."""
        if self.process and self.process.status is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def close(self):
        self.kill()
        if self.process:
            self.process.close()


class RabbitCluster:
    def __init__(self, folder: pathlib.Path):
        self.folder = folder / "rabbit"
        self.folder.mkdir()
        cookie = self.folder / ".erlang.cookie"
        cookie.write_text(secrets.token_hex(16))
        cookie.chmod(0o400)
        self.epmd_port = free_port()
        self._epmd = Process("epmd", ["epmd", "-port", str(self.epmd_port), "-address", "127.0.0.1"], self.folder / "epmd.log")
        self.nodes = [Node(self, number) for number in range(1, NODES + 1)]
        try:
            for node in self.nodes:
                node.launch()
            for node in self.nodes:
                wait_for(node.is_listening, f"{node.name} to listen", _PATIENCE)
        except BaseException:
            self.close()
            raise

    @property
    def ports(self):
        return [node.mqtt for node in self.nodes]

    def close(self):
        for node in self.nodes:
            node.close()
        self._epmd.close()
        shutil.rmtree(self.folder, ignore_errors=True)
