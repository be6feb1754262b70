"""Runs a program and looks through the API at what arrived of it."""
import os
import subprocess
import time

import server as belfry

FOUND_SECS = 60
PROMISED_SECS = 2.0
CARD = "4111 1111 1111 1111"


def equal(what, actual, expected):
    assert actual == expected, f"{what} is {actual!r}, not {expected!r}"


def send(program, dsn):
    env = {**os.environ, "SENTRY_DSN": dsn, "PROGRAM": program.name, **program.env}
    done = subprocess.run(program.command, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == program.status, f"the program ended with {done.returncode}: {done.stdout}{done.stderr}"


def ask(server, what, query):
    """The events or issues that answer to the query."""
    try:
        return server.get(what, query=query)[what]
    except belfry.Unavailable:  # e.g. the index of a new day is being made
        return []


def found(server, query, count):
    """`count` events, whole, that answer to the query; and how long it took until they could be found."""
    begun = time.monotonic()
    while True:
        events = ask(server, "events", query)
        waited = time.monotonic() - begun
        if len(events) >= count:
            break
        assert waited < FOUND_SECS, f"{len(events)} of {count} events could be found within {FOUND_SECS} s with {query}"
        time.sleep(0.05)
    assert len(events) == count, f"{len(events)} events came of {count}: {[event['title'] for event in events]}"
    return [server.get(f"events/{event['id']}") for event in events], waited


def one(events, title):
    of_that_title = [event for event in events if title in event["title"]]
    equal(f"the number of events about {title!r} in {[event['title'] for event in events]}", len(of_that_title), 1)
    return of_that_title[0]


def check_common(program, event):
    equal("the user's id", event.get("user", {}).get("id"), "u-42")
    equal("the tag", event["tags"].get("program"), program.name)
    equal("the release", event.get("release"), "shop@1.2.3")
    equal("the environment", event.get("environment"), "staging")
    equal("the platform", event["platform"], program.platform)
    assert event["sdk"]["name"].startswith(program.sdk), f"the SDK is {event['sdk']['name']}, not {program.sdk}"
    equal("the SDK's version", event["sdk"]["version"], program.version)
    crumbs = [(crumb.get("category"), crumb.get("message")) for crumb in event["breadcrumbs"]]
    ours = [crumb for crumb in crumbs if crumb[0] in ("auth", "cart")]
    equal("the breadcrumbs", ours, [("auth", "user logged in"), ("cart", "order opened")])
    assert "paid with card" in f"{event.get('extra')} {event.get('contexts')}", "the note is not there"
    assert CARD not in str(event), "the card number is still there"


def check_thrown(event, chain, handled):
    equal("the chain", [(each.get("type"), each.get("value")) for each in event["exceptions"]], [(each.kind, each.value) for each in chain])
    equal("the title", event["title"], f"{chain[-1].kind}: {chain[-1].value}")
    said = [each["mechanism"]["handled"] for each in event["exceptions"] if each.get("mechanism", {}).get("handled") is not None]
    equal("handled or not", said[-1] if said else None, handled)
    for expected, exception in zip(chain, event["exceptions"]):
        check_frames(expected, exception.get("stacktrace", {}).get("frames", []))


def check_frames(expected, frames):
    """The right functions in calling order, each with its in-app flag, and nothing after the one that raised it."""
    seen = [(frame.get("function"), frame.get("in_app")) for frame in frames]
    assert all(in_app is not None for _, in_app in seen), f"frames without an in-app flag: {seen}"
    equal(f"our frames in {seen}", [frame for frame in seen if frame in expected.frames], expected.frames)
    if expected.frames and expected.ends_there:
        equal("the frame that raised it", seen[-1], expected.frames[-1])


def check_message(event):
    equal("the severity", event["severity"], "warning")
    equal("the message", event["error"].get("message"), "stock is low")
    # Some SDKs put the place of the call into an exception without a type.
    equal("the types of exceptions", [each["type"] for each in event.get("exceptions", []) if "type" in each], [])
    equal("the title", event["title"], "stock is low")


def check_issues(server, program, events):
    """Three errors, three issues; they can be found a moment after the events."""
    expected = sorted(event["title"] for event in events)
    deadline = time.monotonic() + FOUND_SECS
    while True:
        titles = sorted(issue["title"] for issue in ask(server, "issues", f'tags.program:"{program.name}"'))
        if titles == expected or time.monotonic() > deadline:
            break
        time.sleep(0.05)
    equal("the titles of its issues", titles, expected)


def check(server, program):
    """Returns how long it took until all could be found."""
    send(program, server.dsn)
    events, waited = found(server, f'tags.program:"{program.name}"', 3)
    for event in events:
        check_common(program, event)
    handled, unhandled = one(events, program.handled[-1].value), one(events, program.unhandled[-1].value)
    equal("the severity of the handled error", handled["severity"], "error")
    check_thrown(handled, program.handled, program.says[0])
    check_thrown(unhandled, program.unhandled, program.says[1])
    check_message(one(events, "stock is low"))
    check_issues(server, program, events)
    return waited
