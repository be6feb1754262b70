"""Programs with OpenTelemetry's SDKs, which report one error twice: as a log record and as an exception of a span."""
import os
import subprocess
import time
from dataclasses import dataclass

import installing
from checks import FOUND_SECS, check_frames, equal, found
from programs import Thrown
from proxy import Proxy, Refusal


@dataclass
class Telemetry:
    """One SDK, and what must be known afterwards of the error."""

    name: str
    version: str
    platform: str
    # what OTEL_EXPORTER_OTLP_PROTOCOL may be; Go's and Java's exporters know no JSON
    protocols: tuple
    # causes first, as far as the text of the stack tells them
    chain: list
    command: list


BINARY = ("http/protobuf", "grpc")
EACH = ("http/protobuf", "http/json", "grpc")


def python():
    return Telemetry(
        name="otel python",
        version="1.45.1",
        platform="python",
        protocols=EACH,
        chain=[
            Thrown("ZeroDivisionError", "division by zero", [("checkout", True), ("divide", True)]),
            Thrown("ValueError", "cannot price the order", [("<module>", True), ("checkout", True)]),
        ],
        command=installing.python("otel/python", "otel/python/app.py"),
    )


def node():
    return Telemetry(
        name="otel node",
        version="2.12.1",
        platform="node",
        protocols=EACH,
        # V8's stack text says nothing of a cause.
        chain=[Thrown("RangeError", "cannot price the order", [("Module._compile", False), ("main", True), ("checkout", True)])],
        command=installing.node("otel/node", "otel/node/app.js"),
    )


def go():
    return Telemetry(
        name="otel go",
        version="1.47.0",
        platform="go",
        protocols=BINARY,
        chain=[
            Thrown(
                "*fmt.wrapError",
                "cannot price the order: no price for an empty order",
                [("main", True), ("checkout", True)],
                ends_there=False,  # the stack is taken by a function that checkout calls
            )
        ],
        command=installing.go("otel/go", "otel/go/main.go"),
    )


def java():
    return Telemetry(
        name="otel java",
        version="1.67.0",
        platform="java",
        protocols=BINARY,
        chain=[
            Thrown("java.lang.ArithmeticException", "/ by zero", [("main", True), ("checkout", True), ("price", True)]),
            Thrown("java.lang.IllegalStateException", "cannot price the order", [("main", True), ("checkout", True)]),
        ],
        command=installing.java("otel/java", "otel/java/App.java"),
    )


MAKERS = {"otel python": python, "otel node": node, "otel go": go, "otel java": java}


def door(server, protocol):
    """Where the program sends to: each protocol to another listener or path."""
    return {
        "grpc": f"http://{server.otlp_grpc}",
        "http/protobuf": f"http://{server.otlp_http}",
        "http/json": f"{server.api}/api/{server.project()}/integration/otlp",
    }[protocol]


def report(program, protocol, endpoint, server, service):
    """Has the program report its error; returns the trace's id and what the SDK complained of."""
    env = {
        **os.environ,
        "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
        "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
        "OTEL_EXPORTER_OTLP_HEADERS": f"x-sentry-auth=sentry%20sentry_key%3D{server.key()}",
        "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip",
        "OTEL_SERVICE_NAME": service,
        "OTEL_RESOURCE_ATTRIBUTES": "service.version=1.2.3,deployment.environment.name=staging",
        "OTEL_METRICS_EXPORTER": "none",
    }
    done = subprocess.run(program.command, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, f"the program ended with {done.returncode}: {done.stdout}{done.stderr}"
    return done.stdout.strip(), done.stderr


def outcomes(server):
    """How many records of today were stored, and how many were known already."""
    counts = {entry["kind"]: entry["count"] for entry in server.get("ledger")["outcomes"]}
    return counts.get("stored", 0), counts.get("duplicate", 0)


def check(server, program, protocol):
    """Both reports of the error make one event, whichever came first."""
    service = f"{program.name.replace(' ', '-')}-{protocol.replace('/', '-')}"
    before = outcomes(server)
    trace, complaint = report(program, protocol, door(server, protocol), server, service)
    equal("what the SDK complained of", complaint, "")
    (event,), _ = found(server, f'service:"{service}"', 1)
    equal("the platform", event["platform"], program.platform)
    equal("the release", event.get("release"), "1.2.3")
    equal("the environment", event.get("environment"), "staging")
    equal("the trace", event["trace"]["trace_id"], trace)
    equal("the user's id", event.get("user", {}).get("id"), "u-42")
    equal("the SDK", (event["sdk"]["name"], event["sdk"]["version"]), ("opentelemetry", program.version))
    equal("the chain", [(each.get("type"), each.get("value")) for each in event["exceptions"]], [(each.kind, each.value) for each in program.chain])
    for expected, exception in zip(program.chain, event["exceptions"]):
        check_frames(expected, exception.get("stacktrace", {}).get("frames", []))
    check_counted_once(server, before)
    return ": a log record and a span, one event"


def check_counted_once(server, before):
    """Of two records one was stored, and the other was known to be the same."""
    expected = (before[0] + 1, before[1] + 1)
    deadline = time.monotonic() + FOUND_SECS
    while (now := outcomes(server)) != expected and time.monotonic() < deadline:
        time.sleep(0.05)
    equal("the number of records stored and known already", now, expected)


def sends_again(server, program):
    """What is answered with 503 and a time is sent again after it, so that nothing is lost."""
    service = f"{program.name.replace(' ', '-')}-again"
    before = outcomes(server)
    with Proxy(server) as proxy:
        proxy.refuse(Refusal(503, {"Retry-After": "1"}, times=2))
        report(program, "http/protobuf", f"http://{proxy.address}", server, service)
        equal("the answers to the two reports", sorted(proxy.events()), [200, 200, 503, 503])
    found(server, f'service:"{service}"', 1)
    check_counted_once(server, before)
    return ": both reports sent again, one event"
