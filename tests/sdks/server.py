"""Starts the real binary, in one process or as a cluster, and asks its API. Standard library only."""
import collections
import json
import os
import queue
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

START_SECS = 60
STOP_SECS = 40


class Unavailable(AssertionError):
    """The API asked to try again in a moment (503)."""


class Process:
    """One `belfry` process; its output goes to a file that is shown when something fails."""

    def __init__(self, binary, args, folder, env):
        self.name = args[0]
        self.log = os.path.join(folder, f"{self.name}-{secrets.token_hex(3)}.log")
        with open(self.log, "wb") as log:
            self.popen = subprocess.Popen([binary, *args], stdout=subprocess.PIPE, stderr=log, stdin=subprocess.DEVNULL, env={**os.environ, **env})
        self.lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.popen.stdout:
            self.lines.put(line.decode(errors="replace").rstrip("\n"))
        self.lines.put(None)

    def line_with(self, prefix):
        """The rest of the first line that starts with `prefix`; lines before it are passed over."""
        deadline = time.monotonic() + START_SECS
        while True:
            try:
                line = self.lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"belfry {self.name} did not print {prefix!r} within {START_SECS} s\n{self.tail()}") from None
            if line is None:
                raise AssertionError(f"belfry {self.name} ended before it printed {prefix!r}\n{self.tail()}")
            if line.startswith(prefix):
                return line[len(prefix):].strip()

    def stop(self):
        """Asks it to end and waits; returns its exit status, or None when it had to be killed."""
        if self.popen.poll() is None:
            self.popen.send_signal(signal.SIGTERM)
            try:
                self.popen.wait(STOP_SECS)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait()
                return None
        return self.popen.returncode

    def tail(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return f"--- the end of {self.name}'s log\n" + "".join(log.readlines()[-30:])


class Server:
    """A running Belfry: where to send (`dsn`), where to ask (`api`), and with which token."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="belfry-sdks.")
        self.processes = []
        self.dsn = self.api = self.token = None
        self.elasticsearch = self.prefix = None  # of a cluster: its URL, and what the names of its indices begin with
        self.said = collections.Counter()  # what SDKs told it they lost: (reason, category) to quantity
        self.otlp_grpc = self.otlp_http = "off"  # HOST:PORT of OpenTelemetry's own listeners

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        statuses = [(process, process.stop()) for process in reversed(self.processes)]
        if error is not None:
            print("\n".join(process.tail() for process in self.processes))
        shutil.rmtree(self.folder, ignore_errors=True)
        bad = [f"belfry {process.name} ended with {status} after a stop" for process, status in statuses if status != 0]
        if bad and error is None:
            raise AssertionError("; ".join(bad))

    def start(self, binary, *args):
        env = {"BELFRY_OTLP__GRPC_LISTEN": self.otlp_grpc, "BELFRY_OTLP__HTTP_LISTEN": self.otlp_http}
        self.processes.append(Process(binary, list(args), self.folder, env))
        return self.processes[-1]

    def get(self, path, **query):
        """The JSON answer to GET /api/v1/PATH."""
        return self.request("GET", path + ("?" + urllib.parse.urlencode(query) if query else ""))

    def request(self, method, path, body=None):
        """The JSON answer to METHOD /api/v1/PATH."""
        url = f"{self.api}/api/v1/{path}"
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        request = urllib.request.Request(url, json.dumps(body).encode() if body else None, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            kind = Unavailable if error.code == 503 else AssertionError
            raise kind(f"{method} {url} answered {error.code}: {error.read().decode(errors='replace')[:500]}") from None

    def new_project(self, name, settings):
        """The DSN of a new project."""
        made = self.request("POST", "projects", {"name": name})
        self.request("PATCH", f"projects/{made['project']['id']}", {"settings": settings})
        return made["key"]["dsn"]

    def address(self):
        """HOST:PORT of the one that takes events."""
        return urllib.parse.urlsplit(self.dsn).netloc.rsplit("@", 1)[-1]

    def key(self):
        return urllib.parse.urlsplit(self.dsn).username

    def project(self):
        return urllib.parse.urlsplit(self.dsn).path.strip("/")


def one_process(binary, *args):
    """`belfry serve` on an empty data directory, which makes the first project and token by itself."""
    server = Server()
    try:
        server.otlp_grpc, server.otlp_http = (f"127.0.0.1:{port}" for port in free_ports(2))
        serve = server.start(binary, "serve", "--data", os.path.join(server.folder, "data"), "--listen", "127.0.0.1:0", *args)
        server.dsn = serve.line_with("DSN:")
        server.token = serve.line_with("Token:")
        server.api = f"http://{server.address()}"
        await_ready(serve, urllib.parse.urlsplit(server.api).port)
    except BaseException as error:
        server.__exit__(type(error), error, None)
        raise
    return server


def cluster(binary, kafka, elasticsearch):
    """ingest, two processors and api, each a process of its own; HOST:PORT of Kafka, URL of Elasticsearch."""
    server = Server()
    try:
        ingest_port, api_port, first, second = free_ports(4)
        server.elasticsearch, server.prefix = elasticsearch, f"sdks-{secrets.token_hex(4)}"  # of this run alone
        shared = cluster_config(kafka, elasticsearch, server.prefix)
        configs = {}
        for name, port in (("ingest", ingest_port), ("api", api_port), ("process-1", first), ("process-2", second)):
            configs[name] = os.path.join(server.folder, f"{name}.toml")
            with open(configs[name], "w", encoding="utf-8") as file:
                file.write(f'data = "{server.folder}/{name}"\nlisten = "127.0.0.1:{port}"\n{shared}')
        server.api = f"http://127.0.0.1:{api_port}"
        server.dsn = ask(binary, "project", "create", "checkout", "--json", "--config", configs["ingest"])["dsn"]
        server.token = ask(binary, "token", "create", "--role", "admin", "--json", "--config", configs["api"])["token"]
        for name, port in (("ingest", ingest_port), ("process-1", first), ("process-2", second), ("api", api_port)):
            server.start(binary, name.split("-")[0], "--config", configs[name])
            await_ready(server.processes[-1], port)
    except BaseException as error:
        server.__exit__(type(error), error, None)
        raise
    return server


def cluster_config(kafka, elasticsearch, prefix):
    return f"""
[log]
engine = "kafka"
[log.kafka]
brokers = "{kafka}"
topic = "{prefix}"
partitions = 4
replication = 1
[index]
engine = "elasticsearch"
[elasticsearch]
urls = ["{elasticsearch}"]
prefix = "{prefix}"
replicas = 0
"""


def ask(binary, *args):
    ran = subprocess.run([binary, *args], capture_output=True, text=True, timeout=START_SECS)
    assert ran.returncode == 0, f"belfry {' '.join(args)} ended with {ran.returncode}: {ran.stderr}"
    return json.loads(ran.stdout)


def await_ready(process, port):
    deadline = time.monotonic() + START_SECS
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5):
                return
        except OSError as error:
            assert process.popen.poll() is None, f"belfry {process.name} ended while starting\n{process.tail()}"
            assert time.monotonic() < deadline, f"belfry {process.name} is not ready after {START_SECS} s: {error}\n{process.tail()}"
            time.sleep(0.1)


def free_ports(count):
    held = [socket.socket() for _ in range(count)]
    for each in held:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in held]
    for each in held:
        each.close()
    return ports
