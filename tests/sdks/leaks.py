"""A real SDK's event full of secrets leaves none of them behind: not in the API, the stores' files or documents, or logs."""
import json
import os
import subprocess
import urllib.request

import installing
from checks import equal, found

# Put together here, so that no scanner takes the source for a leak.
SECRETS = {
    "password": "hunter2-" + "Zq81kd",
    "key": "sk_" + "live_" + "51HxT9bQ2mZr8WcKpV4nYsLd",
    "card": "4111 1111 " + "1111 1111",
    "query": "kR7wq2" + "Xv9Ls4Tz",
    "header": "eP3x8" + "KqWm5RtY7uBv2Nc",
    "own_header": "maple" + "-Harbor-77",
    "cookie": "c00k1e" + "9f8e7d6c5b4a",
    "variable": "Tq5vL9" + "zXw2Rk",
    "breadcrumb": "Quiet" + "-River-1902",
    "crumb_url": "u8Wn4" + "Jd6Hs1Pb",
}
KEPT = ["PermissionError", "login failed with password ", " for the second time", "theme", "dark", "jane", "UPDATE users SET password = '", "sign_in"]


def clean(place, content):
    text = content.decode(errors="replace") if isinstance(content, bytes) else content
    for kind, secret in SECRETS.items():
        for form in {secret, secret.replace(" ", ""), secret.replace(" ", "+")}:
            at = text.lower().find(form.lower())
            assert at < 0, f"the {kind} is in {place}: {text[max(0, at - 80):at + 80]!r}"


def answers(server, event):
    whole = json.dumps(event, ensure_ascii=False)
    for part in KEPT:
        assert part in whole, f"{part!r} is lost: {whole}"
    clean("the event", whole)
    for path in (f"events/{event['id']}/explain", "events", "issues", "ledger", "stats/summary"):
        clean(path, json.dumps(server.get(path), ensure_ascii=False))
    for kind, secret in SECRETS.items():
        equal(f"what is found by the {kind}", server.get("events", query=json.dumps(secret))["events"], [])


def files(server):
    """The bytes of all files that the processes wrote but the log, their output among them, with what they pack."""
    python = installing.python_packages("python/stores", "requirements.txt") + "/bin/python"
    done = subprocess.run([python, f"{installing.HERE}/python/stores/unpack.py", server.folder], capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def documents(server):
    """All documents of Elasticsearch that are Belfry's."""
    base = f"{server.elasticsearch}/{server.prefix}-*"
    urllib.request.urlopen(urllib.request.Request(f"{base}/_refresh", method="POST"), timeout=30).close()
    with urllib.request.urlopen(f"{base}/_search?size=10000&expand_wildcards=all", timeout=30) as answer:
        found = json.load(answer)["hits"]
    equal("the documents seen", len(found["hits"]), found["total"]["value"])
    return json.dumps(found["hits"], ensure_ascii=False)


def check(server, program):
    env = {**os.environ, "SENTRY_DSN": server.dsn, "PROGRAM": "login", "SECRETS": json.dumps(SECRETS)}
    command = [program.command[0], f"{installing.HERE}/python/login.py"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    events, _ = found(server, 'tags.program:"login"', 1)
    answers(server, events[0])
    stored = files(server)
    if server.elasticsearch is None:
        assert b"login failed with password [Filtered]" in stored, "the event is not in the files"
    else:
        content = documents(server)
        assert "login failed with password [Filtered]" in content, "the event is not in the documents"
        clean("a document", content)
    clean("a file", stored)
    return f": {len(SECRETS)} secrets of {program.name} are nowhere"
