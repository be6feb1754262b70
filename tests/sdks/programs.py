"""The SDK programs, and what must be known afterwards of what each of them sent."""
from dataclasses import dataclass, field

import installing


@dataclass(frozen=True)
class Thrown:
    """An exception of a program."""

    kind: str
    value: str
    # our own frames in calling order: (function, in-app); empty where the language keeps no stack for it
    frames: list = field(default_factory=list)
    # whether the last of them is where it was raised, with no frames of a library after it
    ends_there: bool = True


@dataclass
class Program:
    """One SDK in one version, and how its program is started."""

    name: str
    version: str
    platform: str
    sdk: str
    # of the error that it catches: causes first
    handled: list
    # of the error that nobody catches
    unhandled: list
    # what the SDK says of handled or not: of the first, of the second; None where it says nothing
    says: tuple
    # which exit status is right after an error that nobody caught
    status: int
    command: list
    env: dict = field(default_factory=dict)

    def tells(self):
        """What was seen of it when all checks passed, in one line."""
        words = {True: "handled", False: "unhandled", None: "handled or not unsaid"}
        caught, uncaught = (" <- ".join(each.kind for each in reversed(chain)) for chain in (self.handled, self.unhandled))
        return f"{caught} ({words[self.says[0]]}), {uncaught} ({words[self.says[1]]}), a message"


def python(which, version):
    return Program(
        name=f"python {version}",
        version=version,
        platform="python",
        sdk="sentry.python",
        handled=[
            Thrown("ZeroDivisionError", "division by zero", [("checkout", True), ("divide", True)]),
            Thrown("ValueError", "cannot price the order", [("capture", True), ("checkout", True)]),
        ],
        unhandled=[Thrown("RuntimeError", "no address to ship to", [("<module>", True), ("capture", True), ("ship", True)])],
        says=(True, False),
        status=1,
        command=installing.python(f"python/{which}", "python/app.py"),
    )


def javascript(name, version, **rest):
    """Node and the browser tell the same things, but for the frames around ours."""
    read = Thrown("TypeError", "Cannot read properties of undefined (reading 'amount')", [("capture", True), ("checkout", True), ("readPrice", True)])
    price = Thrown("RangeError", "cannot price the order", [("capture", True), ("checkout", True)])
    return Program(name=f"{name} {version}", version=version, handled=[read, price], **rest)


def node(which, version):
    return javascript(
        "node",
        version,
        platform="node",
        sdk="sentry.javascript.node",
        unhandled=[Thrown("SyntaxError", "no address to ship to", [("Module._compile", False), ("capture", True), ("ship", True)])],
        says=(True, False),
        status=1,
        command=installing.node(f"node/{which}", "node/app.js"),
    )


def browser(which, version):
    return javascript(
        "browser",
        version,
        platform="javascript",
        sdk="sentry.javascript.browser",
        unhandled=[Thrown("SyntaxError", "no address to ship to", [("onShip", True)])],
        says=(True, False),
        status=0,
        command=installing.node(f"browser/{which}", "browser/drive.js", "browser/app.js"),
        env={"CHROMIUM": installing.chromium()},
    )


def rust(which, version):
    def frames(*names):
        return [(f"belfry_sdk_test_rust::{name}", True) for name in names]

    return Program(
        name=f"rust {version}",
        version=version,
        platform="native",
        sdk="sentry.rust",
        handled=[
            Thrown("Error", "no price for an empty order"),
            Thrown("Error", "cannot price the order", frames("main", "capture", "checkout", "price"), ends_there=False),
        ],
        unhandled=[Thrown("panic", "no address to ship to", frames("main", "capture", "ship"), ends_there=False)],
        says=(None, False),
        status=101,
        command=installing.rust(f"rust/{which}"),
        env={"RUST_BACKTRACE": "1"},
    )


def go(which, version):
    def frames(*names):
        return [(name, True) for name in names]

    return Program(
        name=f"go {version}",
        version=version,
        platform="go",
        sdk="sentry.go",
        handled=[
            Thrown("*errors.errorString", "no price for an empty order"),
            Thrown("*fmt.wrapError", "cannot price the order: no price for an empty order", frames("main", "capture", "checkout")),
        ],
        unhandled=[Thrown("*errors.errorString", "no address to ship to", frames("main", "capture", "ship"))],
        says=(None, None),
        status=0,
        command=installing.go(f"go/{which}", "go/main.go"),
    )


def java(which, version):
    def frames(*names):
        return [(name, True) for name in names]

    return Program(
        name=f"java {version}",
        version=version,
        platform="java",
        sdk="sentry.java",
        handled=[
            Thrown("ArithmeticException", "/ by zero", frames("main", "capture", "checkout", "price")),
            Thrown("IllegalStateException", "cannot price the order", frames("main", "capture", "checkout")),
        ],
        unhandled=[Thrown("IllegalArgumentException", "no address to ship to", frames("main", "capture", "ship"))],
        says=(None, False),
        status=1,
        command=installing.java(f"java/{which}", "java/App.java"),
    )


# The newest to be had when this was written, and one from the middle of 2024.
CURRENT = {"python": "2.75.0", "node": "11.12.0", "browser": "11.12.0", "rust": "0.49.5", "go": "0.50.0", "java": "8.59.0"}
OLD = {"python": "1.45.1", "node": "7.118.0", "browser": "7.118.0", "rust": "0.34.0", "go": "0.28.1", "java": "7.10.0"}
MAKERS = {"python": python, "node": node, "browser": browser, "rust": rust, "go": go, "java": java}


def current(*languages):
    return [MAKERS[language]("new", CURRENT[language]) for language in languages]


def old(*languages):
    return [MAKERS[language]("old", OLD[language]) for language in languages]
