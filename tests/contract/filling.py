"""Fills a server with real data: events of every kind of SDK in several projects, what comes beside events, what an
administrator makes. Answers what is there by name, for `values.py`. Standard library only."""
import glob
import json
import os
import time
import urllib.error
import urllib.parse
import urllib.request

import server as belfry

HERE = os.path.dirname(os.path.abspath(__file__))
CORPORA = os.path.join(os.path.dirname(os.path.dirname(HERE)), "..", "shared", "corpora")
DEADLINE_SECS = 120
DOOMED = 40  # tokens and keys that requests may use up
ISSUES = 80  # so many issues with their newest event are told
PAIRS = 12  # so many of them are merged in pairs, for requests that take that back
RULES = {
    "sampling": [{"name": "less noise", "condition": "level:debug", "keep_one_in": 2}],
    "filters": [{"name": "old noise", "condition": "message:nobody_says_this"}],
}


def payloads():
    """Every event of the corpora."""
    found = []
    for folder in ("events", "sdk-payloads", "glitchtip-2022/incoming_events"):
        for path in sorted(glob.glob(f"{CORPORA}/{folder}/**/*.json", recursive=True)):
            with open(path, encoding="utf-8") as file:
                event = json.load(file)
            found.append(event[2] if isinstance(event, list) else event)
    assert len(found) > 150, f"only {len(found)} payloads below {CORPORA}"
    return found


def events():
    """(project's number, id, payload): each payload twice within the last day, with much that can be asked for."""
    now = time.time()
    for number, event in enumerate(payloads() * 2):
        event = {key: value for key, value in event.items() if key not in ("event_id", "received")}
        event["timestamp"] = now - number * 7919 % 80000
        event["environment"] = ("production", "staging", "dev")[number % 3]
        event["release"] = f"shop@1.{number % 4}"
        event["level"] = ("error", "warning", "fatal", "info")[number % 4]
        event["user"] = {"id": f"user-{number % 17}"}
        event["contexts"] = {"trace": {"trace_id": f"{number % 9 + 1:032x}", "span_id": f"{number + 1:016x}"}}
        yield number % 3, f"{number + 1:032x}", event


def envelope(id, *items):
    lines = [json.dumps({"event_id": id} if id else {})]
    for kind, payload in items:
        payload = payload if isinstance(payload, str) else json.dumps(payload)
        lines += [json.dumps({**kind, "length": len(payload.encode())}), payload]
    return "\n".join(lines) + "\n"


def send(dsn, body):
    parts = urllib.parse.urlsplit(dsn)
    url = f"http://{parts.netloc.rsplit('@', 1)[-1]}/api{parts.path}/envelope/"
    request = urllib.request.Request(url, body.encode(), {"X-Sentry-Auth": f"Sentry sentry_version=7, sentry_key={parts.username}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 200


def send_all(dsns):
    """Sends it all; how many events that makes."""
    count = 0
    for project, id, event in events():
        send(dsns[project], envelope(id, ({"type": "event"}, event)))
        count += 1
    first = f"{1:032x}"
    attachment = {"type": "attachment", "filename": "notes.txt", "content_type": "text/plain"}
    report = {"event_id": first, "name": "Jane", "email": "jane@shop.example", "comments": "it broke"}
    send(dsns[0], envelope(first, (attachment, "what the user saw"), ({"type": "user_report"}, report)))
    for number in range(30):
        session = {"sid": f"{number}", "did": f"user {number % 7}", "init": True, "status": ("ok", "exited", "crashed")[number % 3]}
        session |= {"started": stamp(number * 61), "errors": number % 2, "attrs": {"release": f"shop@1.{number % 4}", "environment": "production"}}
        send(dsns[number % 3], envelope(None, ({"type": "session"}, session)))
    lost = [{"reason": "queue_overflow", "category": "error", "quantity": 23}]
    send(dsns[0], envelope(None, ({"type": "client_report"}, {"discarded_events": lost})))
    for number in range(3):
        send(dsns[number], envelope(f"bad{number:029x}", ({"type": "event"}, '{"message":')))
    return count


def stamp(ago):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - ago))


def eventually(what, holds):
    deadline = time.monotonic() + DEADLINE_SECS
    while not holds():
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        time.sleep(0.1)


def fill(server):
    """Everything; answers the values that are there, by what they are."""
    dsns = [server.dsn] + [server.request("POST", "projects", {"name": name})["key"]["dsn"] for name in ("Shop", "Billing")]
    whole = {"storms": {"enabled": False}}  # which events of a storm are slim depends on the second
    server.request("PUT", "rules", whole)
    count = send_all(dsns)
    eventually(f"{count} events are there", lambda: server.get("stats/summary", **{"from": "-30h"})["total"] >= count)
    eventually("the rest is there", lambda: all([
        len(server.get("dead-letters")["dead_letters"]) == 3,
        server.get("feedback")["feedback"],
        server.get(f"events/{1:032x}/attachments", project="default")["attachments"],
        server.get("sessions")["total"]["sessions"] == 30,
        server.get("client-reports")["total"] == 23,
    ]))
    # What is sent by the way goes into a project of its own, which no request changes.
    inbox = server.request("POST", "projects", {"name": "Inbox"})
    return about_events(server) | administered(server) | {"inbox": {"project": inbox["project"]["id"], "key": inbox["key"]["key"]}}


def about_events(server):
    about = []
    for issue in server.get("issues", limit=ISSUES, **{"from": "-30h"})["issues"]:
        found = server.get(f"issues/{issue['id']}")
        newest = found["latest_event"]
        about.append({
            "issue": issue["id"],
            "fingerprints": found["fingerprints"],
            "project": server.get(f"projects/{issue['project']}")["slug"],
            "event": newest["id"],
        })
    letters = [letter["position"] for letter in server.get("dead-letters")["dead_letters"]]
    attachments = server.get(f"events/{1:032x}/attachments", project="default")["attachments"]
    return {
        "about": about,
        "merged": [pair(server, about) for _ in range(PAIRS)],
        "position": [f"{at['partition']}-{at['offset']}" for at in letters],
        "attachment": {"event": f"{1:032x}", "attachment": attachments[0]["id"]},
        "cursor": [server.get(path, limit=2)["next"] for path in ("events", "issues")],
    }


def pair(server, about):
    """Takes two issues of a project out and merges them."""
    one = about.pop()
    other = next(each for each in reversed(about) if each["project"] == one["project"])
    about.remove(other)
    change = server.request("POST", f"issues/{one['issue']}/merge", {"issues": [other["issue"]]})["change"]["id"]
    return {"issue": one["issue"], "change": change, "fingerprints": other["fingerprints"]}


def administered(server):
    keys = [server.request("POST", "projects/shop/keys")["key"] for _ in range(DOOMED // 4)]
    server.request("POST", "projects/shop/deploys", {"release": "shop@1.1"})
    server.request("PUT", "projects/shop/rules", RULES)
    server.request("PUT", "services/cart", {"team": "sales"})
    tokens = [server.request("POST", "tokens", {"role": "viewer"}) for _ in range(DOOMED)]
    bound = server.request("POST", "tokens", {"role": "viewer", "projects": ["billing"]})
    jobs = [
        server.request("POST", "projects/shop/rules/preview", {"rules": RULES}),
        server.request("POST", "erase", {"user": {"id": "user-16"}, "what": "events", "dry_run": True}),
    ]
    return {
        "key": keys,
        "token": [token["id"] for token in tokens],
        "job": [job["id"] for job in jobs],
        "viewer": bound["token"],
    }
