"""A cluster of AnyWork on this machine, as docs/cluster.md draws it; everything listens on localhost."""

import secrets
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import boto3
import httpx

from anywork.local.postgres import FAST_SETTINGS, PrivateServer
from anywork.local.runner import server_binaries
from anywork.testing import nginx, rabbitmq
from anywork.testing.engines import Engine, HAProxy, PgBouncer, Redis
from anywork.testing.processes import Program, is_up, wait_for
from anywork.testing.smtp import MailServer, free_port
from anywork.testing.standby import Standby, execute

# The primary answers a commit when the standby has it.
SETTINGS = {**FAST_SETTINGS, "synchronous_commit": "on"}
BUCKET = "anywork-cluster"
KEYS = {"AWS_ACCESS_KEY_ID": "someone", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_S3_REGION_NAME": "eu-central-1"}
WEB_NODES = 2


class Stand:
    """The processes, by kind; usable as a context manager.

    `is_whole` is what `make cluster` runs; the short form has one worker, one beat, one RabbitMQ and no bucket.
    """

    def __init__(self, folder: Path, *, is_whole: bool) -> None:
        self.folder = folder
        self.is_whole = is_whole
        self._stack = ExitStack()
        self._programs: list[Program] = []
        self._nginx_port = free_port()
        self._web_ports = [free_port() for _ in range(WEB_NODES)]
        self.url = f"http://127.0.0.1:{self._nginx_port}"

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        for program in self._programs:
            program.kill()
        self._stack.close()

    def _start(self) -> None:
        self.brokers = rabbitmq.Cluster(self._folder("rabbitmq"), size=3 if self.is_whole else 1)
        self._stack.enter_context(self.brokers)
        self.mail = MailServer()
        self.mail.start()
        self._stack.callback(self.mail.stop)
        self.redis = self._until_the_end(Redis(self._folder("redis")))
        self._start_postgresql()
        self.environment = {
            "SECRET_KEY": secrets.token_urlsafe(50),
            "DATABASE_URL": self.pgbouncer.url,
            "DATABASE_OWNER_URL": self._at(self.haproxy.port, "anywork"),
            "DATABASE_REPLICA_URLS": self._at(self.haproxy.replica_port, "site"),
            "DB_POOLED": "on",
            "CELERY_BROKER_URL": self.brokers.url,
            "CELERY_QUEUE": "anywork.cluster",
            "CACHE_URL": self.redis.url,
            "EMAIL_URL": self.mail.url,
            "MEDIA_ROOT": str(self.folder / "media"),
            "NUM_PROXIES": "1",
            "SECURE_SSL_REDIRECT": "off",
            # All requests come from one address, and from few accounts.
            "THROTTLE_RATES": ",".join(f"{name}=off" for name in ("register", "login", "post", "apply", "upload")),
            **(self._start_bucket() if self.is_whole else {}),
        }
        self.manage("migrate", "--verbosity", "0")
        self.manage("configure_database_role")
        # Its connections have the parameters of before.
        self.restart(self.pgbouncer)
        self.synchronise()
        self.web = [self.start_web(number) for number in range(WEB_NODES)]
        self.workers = [self.start_worker() for _ in range(1 + self.is_whole)]
        self.beats = [self.start_beat() for _ in range(1 + self.is_whole)]
        for number in range(WEB_NODES):
            self.wait_for_web(number)
        folder = self._folder("nginx")
        self._stack.enter_context(nginx.running_nginx(self._nginx_config(), port=self._nginx_port, folder=folder))

    def _folder(self, name: str) -> Path:
        folder = self.folder / name
        folder.mkdir()
        return folder

    def _until_the_end(self, engine: Any) -> Any:
        self._stack.callback(engine.kill)
        return engine

    # --- PostgreSQL

    def _start_postgresql(self) -> None:
        folder = self.folder / "postgres1"
        self.primary = PrivateServer(folder, server_binaries(folder), settings=SETTINGS)
        self._stack.enter_context(self.primary)
        password = (folder / "password").read_text().strip()
        execute(self.primary, f"CREATE ROLE site LOGIN PASSWORD '{password}'")
        execute(self.primary, "CREATE ROLE haproxy LOGIN")
        rules = self.primary.data / "pg_hba.conf"
        rules.write_text("host postgres haproxy 127.0.0.1/32 trust\n" + rules.read_text())
        execute(self.primary, "SELECT pg_reload_conf()")
        self.standby = Standby(self.folder / "postgres2", self.primary)
        self._stack.enter_context(self.standby)
        ports = [int((server.directory / "port").read_text()) for server in (self.primary, self.standby)]
        self.haproxy = self._until_the_end(HAProxy(ports, self._folder("haproxy")))
        # It takes every server for a good one until the first check.
        time.sleep(2)
        site = self.primary.url.replace("//anywork:", "//site:")
        self.pgbouncer = self._until_the_end(PgBouncer(site, self._folder("pgbouncer"), port=self.haproxy.port))

    def _at(self, port: int, role: str) -> str:
        own = (self.primary.directory / "port").read_text().strip()
        return self.primary.url.replace(f":{own}/", f":{port}/").replace("//anywork:", f"//{role}:")

    def synchronise(self, *, names: str = "*") -> None:
        """Let commits wait for the standby, or for none if `names` is empty."""
        if names:
            wait_for(self.standby.is_receiving, "the standby")
        execute(self.primary, f"ALTER SYSTEM SET synchronous_standby_names = '{names}'")
        execute(self.primary, "SELECT pg_reload_conf()")

    @staticmethod
    def kill_server(server: PrivateServer) -> None:
        """Kill a PostgreSQL server as a machine that loses power."""
        assert server.process
        server.process.kill()
        server.process.wait()

    # --- The bucket

    def _start_bucket(self) -> dict[str, str]:
        port = free_port()
        command = (sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port))
        self.bucket = self._until_the_end(Engine(*command, port=port, folder=self._folder("bucket")))
        endpoint = f"http://127.0.0.1:{port}"
        self.s3 = boto3.client(
            "s3",
            endpoint_url=endpoint,
            aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
            region_name=KEYS["AWS_S3_REGION_NAME"],
        )
        region = {"LocationConstraint": KEYS["AWS_S3_REGION_NAME"]}
        self.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=region)
        return {**KEYS, "AWS_STORAGE_BUCKET_NAME": BUCKET, "AWS_S3_ENDPOINT_URL": endpoint}

    # --- Processes of AnyWork

    def manage(self, *command: str) -> None:
        program = self._run("django", *command)
        assert program.wait() == 0, program.log

    def start_web(self, number: int) -> Program:
        bind = f"127.0.0.1:{self._web_ports[number]}"
        return self._run("gunicorn", "anywork.wsgi", "--bind", bind, "--workers", "1", "--threads", "6")

    def wait_for_web(self, number: int) -> None:
        with httpx.Client(base_url=f"http://127.0.0.1:{self._web_ports[number]}") as client:
            wait_for(lambda: is_up(client), f"web server {number}:\n{self.web[number].log[-2_000:]}")

    def start_worker(self) -> Program:
        node = f"worker{len(self._programs)}@%h"
        options = ("--loglevel", "INFO", "--concurrency", "1", "--without-gossip", "--without-mingle")
        return self._run("celery", "-A", "anywork", "worker", *options, "--hostname", node)

    def start_beat(self) -> Program:
        schedule = self.folder / f"schedule{len(self._programs)}"
        return self._run("celery", "-A", "anywork", "beat", "--loglevel", "INFO", "--schedule", str(schedule))

    def _run(self, *command: str) -> Program:
        log = self.folder / f"{len(self._programs)}-{command[0]}.log"
        self._programs.append(Program(*command, log=log, environment=self.environment))
        return self._programs[-1]

    # --- What an operator does

    def restart(self, engine: Engine, *, after: float = 0) -> None:
        engine.kill()
        time.sleep(after)
        engine.start()

    def _nginx_config(self, drained: int | None = None) -> str:
        servers = [f"127.0.0.1:{port}{' down' * (number == drained)}" for number, port in enumerate(self._web_ports)]
        return nginx.deployed(self._nginx_port, *servers)

    def replace_web(self, number: int) -> None:
        """Start a web server again, as in a deployment: nginx sends it nothing meanwhile."""
        nginx.reload(self._nginx_config(drained=number), self.folder / "nginx")
        time.sleep(1)
        self.web[number].stop()
        self.web[number] = self.start_web(number)
        self.wait_for_web(number)
        nginx.reload(self._nginx_config(), self.folder / "nginx")

    def replace_worker(self) -> None:
        """Stop one worker and start another; return when it takes messages."""
        self.workers.pop(0).stop()
        worker = self.start_worker()
        self.workers.append(worker)
        wait_for(lambda: " ready." in worker.log, "the worker")

    def replace_beat(self) -> None:
        self.beats.pop(0).stop()
        self.beats.append(self.start_beat())
