"""The questions of the benchmark as one would put them to Elasticsearch by hand, for the same figures.

Each is a list of requests, path and body, that are sent one after the other on one connection.
"""
from datetime import timedelta

EVENTS = "/belfry-events-*/_search"
NEWEST = [{"@timestamp": "desc"}, {"event.id": "asc"}]


def search(window, aggregations=None, where=(), **rest):
    span = {"range": {"@timestamp": {"gte": window["from"], "lt": window["to"], "format": "strict_date_time_no_millis"}}}
    body = {"size": 0, "track_total_hits": True, "query": {"bool": {"filter": [span, *where]}}, **rest}
    return EVENTS, {**body, "aggs": aggregations} if aggregations else body


def terms(field, size, **aggregations):
    return {"terms": {"field": field, "size": size}, **({"aggs": aggregations} if aggregations else {})}


def hours(interval="1h"):
    return {"date_histogram": {"field": "@timestamp", "fixed_interval": interval, "min_doc_count": 1}}


USERS = {"cardinality": {"field": "belfry.user", "precision_threshold": 40_000}}
SEEN = {"first": {"min": {"field": "@timestamp"}}, "last": {"max": {"field": "@timestamp"}}}
EXAMPLE = {"top_hits": {"size": 1, "sort": NEWEST, "_source": ["event.id", "error.type", "message"]}}


def events(window, where):
    return search(window, where=[where], size=51, sort=NEWEST, track_total_hits=False, _source=["event.original", "belfry.position"])


def issues(window, size, **aggregations):
    return [search(window, {"by": terms("belfry.fingerprint", size, users=USERS, **SEEN, **aggregations)})]


def rates(end):
    def window(ago):
        span = {"gte": (end - ago - timedelta(minutes=5)).isoformat(), "lt": (end - ago).isoformat()}
        return {"range": {"@timestamp": span}}

    ago = {"now": timedelta(), "before": timedelta(minutes=5), "day": timedelta(days=1), "week": timedelta(days=7)}
    windows = {name: window(each) for name, each in ago.items()}
    body = {"size": 0, "query": {"bool": {"should": list(windows.values())}}}
    return [(EVENTS, {**body, "aggs": {"windows": {"filters": {"filters": windows}, "aggs": {"by": terms("service.name", 5)}}}})]


def summary(window, before):
    kinds = {name: terms(field, 20) for name, field in (("category", "belfry.category"), ("level", "log.level"), ("environment", "service.environment"))}
    groups = {"groups": terms("belfry.fingerprint", 100, **SEEN)}
    return [search(window, {"users": USERS, **kinds, **groups}), search(before, groups)]


def questions(issue, fingerprint, phrase):
    """By the names that they have in `run`; those that are not here have no counterpart in one or two requests."""
    group = {"term": {"belfry.fingerprint": fingerprint}}
    page = {"users": USERS, **SEEN, "hours": hours("12h"), "releases": terms("service.version", 20)}
    words = {"match_phrase": {"belfry.text": phrase.strip('"').lower()}}
    def before(at, **length):
        return {"from": at.window(**{k: 2 * v for k, v in length.items()})["from"], "to": at.window(**length)["from"]}

    return {
        "trend, 30 days by hour": lambda at: [search(at.window(days=30), {"hours": hours()})],
        "trend, 30 days by hour, split by service": lambda at: [search(at.window(days=30), {"hours": hours(), "by": terms("service.name", 5, hours=hours())})],
        "top 10 issues, 24 h": lambda at: [*issues(at.window(hours=24), 10, example=EXAMPLE), search(before(at, hours=24), {"by": terms("belfry.fingerprint", 10)})],
        "top 10 issues, 30 days": lambda at: [*issues(at.window(days=30), 10, example=EXAMPLE), search(before(at, days=30), {"by": terms("belfry.fingerprint", 10)})],
        "rates by service": lambda at: rates(at.end),
        "summary, 24 h": lambda at: summary(at.window(hours=24), before(at, hours=24)),
        "50 issues with sparklines, 24 h": lambda at: issues(at.window(hours=24), 50, hours=hours()),
        "50 issues with sparklines, 30 days": lambda at: issues(at.window(days=30), 50, hours=hours("12h")),
        "phrase, 50 hits of 30 days": lambda at: [events(at.window(days=30), words)],
        "page of one issue": lambda at: [("/belfry-catalog*/_search", {"query": {"ids": {"values": [issue]}}}), search(at.window(days=30), page, [group]), events(at.window(days=30), group)],
        "50 events of one issue": lambda at: [events(at.window(days=30), group)],
    }
