"""A cluster of RabbitMQ nodes for tests and fault runs, apart from any other RabbitMQ of the machine."""

import json
import os
import secrets
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Self

from anywork.local.identity import Identity
from anywork.testing.proxy import amqp_url
from anywork.testing.smtp import free_port

# Debian's programs on PATH change to the user rabbitmq and to its folders; these run as the user that calls them.
PROGRAMS = Path("/usr/lib/rabbitmq/bin")
START_SECONDS = 60

_CONFIG = """\
listeners.tcp.1 = 127.0.0.1:{port}
cluster_formation.peer_discovery_backend = classic_config
cluster_formation.classic_config.nodes.1 = node1@localhost
cluster_formation.classic_config.nodes.2 = {name}
# A queue on the node that declares it.
queue_master_locator = client-local
# Preallocated on disk; by default 512 MB.
raft.wal_max_size_bytes = 16777216
disk_free_limit.absolute = 50MB
"""


def find_program(name: str) -> Path | None:
    """Return the path of `rabbitmq-server` or `rabbitmqctl`, None if it is not installed."""
    found = shutil.which(name, path=f"{PROGRAMS}:{os.environ['PATH']}")
    return Path(found) if found and shutil.which("epmd") else None


class Node:
    """A node of a cluster, with its files in `directory`; it dies with the process that starts it."""

    def __init__(self, cluster: "Cluster", number: int) -> None:
        self.cluster = cluster
        self.name = f"node{number}@localhost"
        self.port = free_port()
        self.directory = cluster.directory / f"node{number}"
        self.directory.mkdir()
        self.process: subprocess.Popen[bytes] | None = None
        self._log = self.directory / "log"
        self._environment = {
            **cluster.environment,
            "RABBITMQ_NODENAME": self.name,
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_MNESIA_BASE": str(self.directory),
            "RABBITMQ_LOG_BASE": str(self.directory),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_CONFIG_FILE": str(self.directory / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(self.directory / "advanced.config"),
            "RABBITMQ_CONF_ENV_FILE": str(self.directory / "rabbitmq-env.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.directory / "enabled_plugins"),
            # Two cores are enough for three nodes if none of them spins.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none",
        }
        (self.directory / "enabled_plugins").write_text("[].\n")
        (self.directory / "rabbitmq.conf").write_text(_CONFIG.format(port=self.port, name=self.name))

    @property
    def url(self) -> str:
        return amqp_url(self.port)

    @property
    def log(self) -> str:
        """What the node has said since it was started the last time."""
        return self._log.read_text(errors="replace")

    def launch(self) -> None:
        """Start the node, or start it again with its data; `Cluster.wait` waits until it is up."""
        program = find_program("rabbitmq-server")
        assert program
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                Identity().command([program], signal.SIGKILL),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment,
                cwd=self.directory,
                start_new_session=True,
            )

    def kill(self) -> None:
        """Kill the node, as a machine that loses power."""
        self._signal(signal.SIGKILL)
        if self.process:
            self.process.wait()
            self.process = None

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, number)


class Cluster:
    """Nodes of RabbitMQ with one set of queues, under `directory`; usable as a context manager."""

    def __init__(self, directory: Path, size: int = 3) -> None:
        self.directory = directory
        cookie = directory / ".erlang.cookie"
        cookie.write_text(secrets.token_hex(16))
        cookie.chmod(0o400)
        # A port mapper of its own: it ends with the cluster, and its names are not those of other nodes.
        self._epmd_port = free_port()
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("RABBITMQ_", "ERL_"))},
            "HOME": str(directory),
            "ERL_EPMD_PORT": str(self._epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
        }
        self._epmd: subprocess.Popen[bytes] | None = None
        self.nodes = [Node(self, number) for number in range(1, size + 1)]

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The CELERY_BROKER_URL of all nodes."""
        return ";".join(node.url for node in self.nodes)

    def start(self) -> None:
        """Start all nodes; return when they are one cluster."""
        epmd = ["epmd", "-port", str(self._epmd_port), "-address", "127.0.0.1"]
        self._epmd = subprocess.Popen(Identity().command(epmd, signal.SIGKILL), env=self.environment)
        self.nodes[0].launch()
        self.wait()
        # Their peer: while others are looking for it, it could not start.
        for node in self.nodes[1:]:
            node.launch()
        self.wait()
        self.control(self.nodes[0], "await_online_nodes", str(len(self.nodes)), "--timeout", "30")

    def stop(self) -> None:
        for node in self.nodes:
            node.kill()
        if self._epmd:
            self._epmd.kill()
            self._epmd.wait()

    def wait(self) -> None:
        """Wait until all nodes that were started are up."""
        until = time.monotonic() + START_SECONDS
        for node in filter(lambda each: each.process, self.nodes):
            while "Server startup complete" not in node.log:
                assert node.process
                assert node.process.poll() is None, node.log[-2_000:]
                assert time.monotonic() < until, f"{node.name} did not start:\n{node.log[-2_000:]}"
                time.sleep(0.1)

    def control(self, node: Node, *command: str) -> str:
        """Return the output of `rabbitmqctl`, which takes two seconds."""
        program = find_program("rabbitmqctl")
        assert program
        done = subprocess.run(
            [program, "--quiet", "--node", node.name, *command],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def leader(self, queue: str) -> Node:
        """Return the node that leads this quorum queue."""
        node = next(node for node in self.nodes if node.process)
        rows = json.loads(self.control(node, "list_queues", "--formatter", "json", "name", "leader"))
        [name] = [row["leader"] for row in rows if row["name"] == queue]
        return next(node for node in self.nodes if node.name == name)
