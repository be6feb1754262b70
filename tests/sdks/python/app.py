"""Sends errors with the Python SDK, to the DSN in SENTRY_DSN and tagged with the name in PROGRAM.

Without an argument: a chained exception that is handled, a message, and an exception that ends the program. With
`steps`: what the lines on standard input ask for, each answered with `done` once the SDK has nothing left to send.
"""
import os
import sys

import sentry_sdk

sentry_sdk.init(release="shop@1.2.3", environment="staging", traces_sample_rate=1.0)


def divide(n):
    note = "paid with card 4111 1111 1111 1111"  # a local variable, which the SDK sends along
    return len(note) / n


def checkout():
    try:
        divide(0)
    except ZeroDivisionError as cause:
        raise ValueError("cannot price the order") from cause


def ship():
    raise RuntimeError("no address to ship to")


def capture():
    sentry_sdk.set_user({"id": "u-42"})
    sentry_sdk.set_tag("program", os.environ["PROGRAM"])
    sentry_sdk.set_extra("note", "paid with card 4111 1111 1111 1111")
    sentry_sdk.add_breadcrumb(category="auth", message="user logged in", level="info")
    sentry_sdk.add_breadcrumb(category="cart", message="order opened", level="info")
    try:
        checkout()
    except ValueError:
        sentry_sdk.capture_exception()
    sentry_sdk.capture_message("stock is low", level="warning")
    ship()


def steps():
    for line in sys.stdin:
        step, _, text = line.strip().partition(" ")
        if step == "error":
            sentry_sdk.capture_exception(RuntimeError(text))
        else:
            sentry_sdk.start_transaction(name="checkout", op="task").finish()
        sentry_sdk.flush(5)
        print("done", flush=True)


steps() if sys.argv[1:] == ["steps"] else capture()
