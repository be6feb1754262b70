"""What schemathesis tries besides what it makes up: ids that exist, queries that can be read, times within reach. A
hook puts them into requests before they are sent. Which values a request gets comes from the request itself, so that
each run with the same seed sends the same."""
import json
import os
import random

import schemathesis
from schemathesis.core import NOT_SET

with open(os.environ["BELFRY_CONTRACT_KNOWN"], encoding="utf-8") as file:
    KNOWN = json.load(file)
ANSWERS = os.environ["BELFRY_CONTRACT_ANSWERS"]  # a line for each answer
AS_MADE, LEFT_OUT = 0.25, 0.35  # shares of the parameters of a query

FIELDS = ["level", "service", "release", "environment", "error.type", "message", "user", "project", "fingerprint", "tags.tenant", "handled"]
QUERIES = [
    "level:error", "-environment:dev", "release:shop@1.*", "has:user", "(level:error OR level:fatal) error", '"not found"',
    "status:>=500", "timestamp:>2026-01-01", "user.id:user-3", "no:such:thing", "level:", "nobody_says_this",
]
WINDOWS = ["-30d/-7d", "-2d/-1d", "-1d/now", "release:shop@1.1", "release:shop@1.2", "release:", "x"]
QUERY = {
    "project": ["default", "shop", "billing", "shop,billing", "1", "nowhere"],
    "query": QUERIES,
    "from": ["-24h", "-30h", "-7d", "2026-01-01"],
    "to": ["now", "-1h", "+1m"],
    "timezone": ["Europe/Berlin", "Australia/Lord_Howe", "UTC", "Mars/Base"],
    "limit": ["1", "2", "50"],
    "cursor": KNOWN["cursor"],
    "sort": ["count", "users", "last_seen", "first_seen", "trend", "priority"],
    "state": ["new", "resolved"],
    "window": ["5m", "1h", "3d"],
    "a": WINDOWS,
    "b": WINDOWS,
    "with": ["users", "releases", "users,releases"],
    "fields": ["id,message", "tags.tenant,user.id", "nothing"],
    "format": ["ndjson", "gzip"],
    "prefix": ["s", "prod", ""],
    "day": ["2026-01-31", "1970-01-01"],
    "issue": [each["issue"] for each in KNOWN["about"]],
    "interval": ["1h", "1d", "5m", "hour", "day"],
}
BY = {
    "/api/v1/sessions": ["release", "environment", "release,environment", "project"],
    "/api/v1/client-reports": ["reason", "category", "reason,category"],
    "/api/v1/projects/{project}/usage": ["category", "reason", "key"],
    "/api/v1/stats/top": FIELDS + ["error.type,service", "release,level"],
}
# How bodies of these media types are written.
schemathesis.serializer.alias(["application/x-sentry-envelope", "application/x-ndjson", "application/x-protobuf"], "application/octet-stream")
schemathesis.serializer.alias(["application/csp-report", "application/reports+json"], "application/json")
REPORT = {"document-uri": "https://shop.example/cart", "violated-directive": "img-src", "blocked-uri": "https://pixel.example"}
TRACE = 'Traceback (most recent call last):\n  File "app.py", line 3, in main\n    cart()\nValueError: bad order\n'
RULES = {"storms": {"enabled": False}, "filters": [{"name": "quiet", "condition": "level:debug"}]}
EVENT = {"message": "hello", "exception": {"values": [{"type": "ValueError", "value": "bad"}]}}


def about_path(path, draw):
    """Values of the path's parameters that exist and belong together, and what bodies say of them."""
    about = dict(draw.choice(KNOWN["about"]))
    half = len(KNOWN["merged"]) // 2
    if path.endswith("/undo"):
        about |= draw.choice(KNOWN["merged"][:half])
    if path.endswith("/split"):
        about |= draw.choice(KNOWN["merged"][half:])
    if path.endswith("/attachments/{attachment}"):
        about |= KNOWN["attachment"]
    about |= {name: draw.choice(KNOWN[name]) for name in ("position", "token", "job", "key")}
    about |= {"field": draw.choice(FIELDS + ["tags"]), "name": draw.choice(["cart", "shop"]), "trace": f"{draw.randint(1, 9):032x}"}
    if "{key}" in path:
        about["project"] = "shop"
    return about


def body_for(path, method, about, draw):
    others = [each["issue"] for each in KNOWN["about"] if each["project"] == about["project"]]
    bodies = {
        "/merge": {"issues": draw.sample(others, min(2, len(others)))},
        "/split": {"fingerprints": [draw.choice(about["fingerprints"])]},
        "/undo": {"change": about.get("change", draw.randint(1, 30))},
        "/erase": {"user": {"id": f"user-{draw.randint(10, 16)}"}, "what": draw.choice(["events", "identity"]), "dry_run": draw.random() < 0.5},
        "/rules": RULES,
        "/rules/try": draw.choice([{"event_id": about["event"]}, {"event": EVENT}, {"event": EVENT, "rules": RULES}]),
        "/rules/preview": {"rules": RULES},
        "/projects": {"name": f"made {draw.randint(1, 99)}"},
        "/projects/{project}": {"settings": {}},
        "/deploys": {"release": "shop@1.3", "environment": draw.choice([None, "production"])},
        "/keys/{key}": {"enabled": True},
        "/rotate": {"overlap_hours": 1},
        "/services/{name}": {"team": "sales", "services": ["cart*"]},
        "/tokens": {"role": "viewer", "projects": [about["project"]]},
    }
    fitting = [end for end in bodies if path.endswith(end)]
    return bodies[max(fitting, key=len)] if fitting else None


def name_of(path, parameter):
    """What the parameter of a path is: `/issues/{id}` is an issue."""
    if parameter != "id":
        return parameter
    before = path.split("/{id}")[0].rsplit("/", 1)[-1]
    return {"issues": "issue", "events": "event", "jobs": "job", "tokens": "token", "traces": "trace"}[before]


def send(path, case, draw):
    """Makes what a client sends something that is taken, most of the time."""
    if draw.random() < 0.8:
        case.headers["X-Sentry-Auth"] = f"Sentry sentry_version=7, sentry_key={KNOWN['inbox']['key']}"
        if "project" in (case.path_parameters or {}):
            case.path_parameters["project"] = KNOWN["inbox"]["project"]
    if case.query and "sentry_data" in case.query and draw.random() < 0.6:
        case.query["sentry_data"] = json.dumps(EVENT)
    if case.query and "offset" in case.query and draw.random() < 0.6:
        case.query["offset"] = str(draw.randint(0, 9999))
    if case.body in (None, NOT_SET) or draw.random() < 0.4:
        return
    own = '{"event_id":"%032x"}\n{"type":"event"}\n%s\n' % (draw.getrandbits(128), json.dumps(EVENT))
    bodies = {
        "application/x-sentry-envelope": own.encode(),
        "application/csp-report": {"csp-report": REPORT},
        "application/reports+json": [{"type": "csp-violation", "url": "https://shop.example", "body": {"documentURL": "https://shop.example"}}],
        "application/x-ndjson": b'{"message":"one"}\n{"message":"two"}\n{"message":3}\n',
        "application/x-protobuf": b"",
        "text/plain": TRACE,
    }
    json_bodies = {
        "/store/": EVENT,
        "/security/": {"csp-report": REPORT},
        "/csp-report/": {"csp-report": REPORT},
        "/nel/": {"csp-report": REPORT},
        "/events": draw.choice([{"message": "hello"}, [{"message": "hello"}, {"message": 7}]]),
        "/logs": {"resourceLogs": [{"scopeLogs": [{"logRecords": [{"severityNumber": 17, "body": {"stringValue": "it broke"}}]}]}]},
        "/traces": {"resourceSpans": []},
    }
    if case.media_type in bodies:
        case.body = bodies[case.media_type]
    elif case.media_type == "application/json":
        case.body = next((body for end, body in json_bodies.items() if path.endswith(end)), case.body)


@schemathesis.hook
def before_call(context, case, kwargs):
    path = case.operation.path
    made = [case.method, path, dict(case.path_parameters or {}), dict(case.query or {}), case.body]
    draw = random.Random(repr(made))
    if "ingest" in (case.operation.tags or []):
        send(path, case, draw)
        return
    about = about_path(path, draw)
    if draw.random() < 0.85:
        for parameter in case.path_parameters or {}:
            case.path_parameters[parameter] = about[name_of(path, parameter)]
    for parameter in list(case.query or {}):
        kind = draw.random()
        values = BY.get(path, FIELDS) if parameter == "by" else QUERY.get(parameter)
        required = any(each.name == parameter and each.is_required for each in case.operation.query)
        if values is None or kind < AS_MADE:
            continue
        if kind < LEFT_OUT + AS_MADE and not required:
            del case.query[parameter]
        else:
            case.query[parameter] = draw.choice(values)
    if case.body and isinstance(case.body, dict) and draw.random() < 0.6:
        case.body = body_for(path, case.method, about, draw) or case.body


@schemathesis.hook
def after_call(context, case, response):
    with open(ANSWERS, "a", encoding="utf-8") as file:
        file.write(f"{response.status_code} {case.method} {case.operation.path}\n")
