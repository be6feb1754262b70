"""Shows each SDK a refusal and looks at what it does then: what it sends on, what it loses, and what it says it lost."""
import os
import queue
import re
import subprocess
import threading
import time

from checks import FOUND_SECS, ask, equal, found
from proxy import CLOSE, Proxy, Refusal

STEP_SECS = 30
LIMITED = {"X-Sentry-Rate-Limits": "60:error:key", "Retry-After": "60"}

# The reason that each SDK gives for the one error it lost, by what it was refused with; None where it says nothing. As
# observed: Node and the browser keep silent about 5xx, Java about a connection that broke.
SAYS = {
    "python": {429: "ratelimit_backoff", 413: "send_error", 503: "network_error", CLOSE: "network_error"},
    "node": {429: "ratelimit_backoff", 413: "send_error", 503: None, CLOSE: "network_error"},
    "browser": {429: "ratelimit_backoff", 413: "send_error", 503: None, CLOSE: "network_error"},
    "rust": {429: "ratelimit_backoff", 413: "send_error", 503: "send_error", CLOSE: "network_error"},
    "go": {429: "ratelimit_backoff", 413: "send_error", 503: "send_error", CLOSE: "network_error"},
    "java": {429: "ratelimit_backoff", 413: "send_error", 503: "send_error", CLOSE: None},
}
# Whose HTTP client may itself send a request again when the connection closes without an answer: Java's HttpURLConnection
# does, Chromium does when the connection had been used before.
TRIES_AGAIN = {"java", "browser"}


class Steps:
    """A program that does what it is asked, line by line."""

    def __init__(self, program, dsn):
        env = {**os.environ, "SENTRY_DSN": dsn, "PROGRAM": program.name, **program.env}
        self.popen = subprocess.Popen([*program.command, "steps"], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.popen.stdout:
            self.lines.put(line.strip())

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.popen.stdin.close()
        try:
            self.popen.wait(STEP_SECS)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()

    def ask(self, line):
        """Has the program do it; returns its answer, which comes when the SDK has sent what it would send."""
        self.popen.stdin.write(line + "\n")
        self.popen.stdin.flush()
        try:
            return self.lines.get(timeout=STEP_SECS)
        except queue.Empty:
            raise AssertionError(f"no answer to {line!r} within {STEP_SECS} s") from None


def language(program):
    return program.name.split(" ")[0]


def check_says(program, proxy, steps, refusal):
    """What it says it lost, at the latest when it ends; the browser says it when its page is left."""
    reason = SAYS[language(program)][refusal]
    expected = {(reason, "error"): 1} if reason else {}
    if language(program) == "browser":
        steps.ask("leave")
    deadline = time.monotonic() + STEP_SECS
    while proxy.reports() != expected and time.monotonic() < deadline:
        time.sleep(0.05)
    equal("what the SDK says it lost", proxy.reports(), expected)


def limited(server, program):
    """After a 429 for errors alone it sends no errors, but other things."""
    with Proxy(server) as proxy, Steps(program, proxy.dsn) as steps:
        proxy.refuse(Refusal(429, LIMITED))
        steps.ask("error refused")
        equal("the answers to errors", proxy.events(), [429])
        before = len(proxy.others())
        steps.ask("error held back")
        equal("the answers to errors while they are limited", proxy.events(), [429])
        steps.ask("other")
        others = proxy.others()[before:]
        assert others and set(others) == {200}, f"the answers to what is not limited are {others}"
        check_says(program, proxy, steps, 429)
    return ": errors stop, others go on, ratelimit_backoff report"


def limit_ends(server, program):
    """After the time that a 429 told it sends errors again."""
    with Proxy(server) as proxy, Steps(program, proxy.dsn) as steps:
        proxy.refuse(Refusal(429, {"X-Sentry-Rate-Limits": "1:error:key", "Retry-After": "1"}))
        steps.ask("error refused")
        equal("the answers to errors", proxy.events(), [429])
        deadline, count = time.monotonic() + STEP_SECS, 0
        while proxy.events() == [429] and time.monotonic() < deadline:
            count += 1  # the JavaScript SDKs drop an error that is like the one before it
            steps.ask(f"error again {count}")
        equal("the answers to errors", proxy.events()[:2], [429, 200])
    return ": errors come again"


def goes_on(server, program, refusal):
    """After any other refusal it gives that error up and goes on with the next."""
    lost, next_one = (f"{word} {language(program)} {refusal}" for word in ("refused", "following"))
    with Proxy(server) as proxy, Steps(program, proxy.dsn) as steps:
        proxy.refuse(Refusal(refusal, times=9))
        steps.ask(f"error {lost}")
        tried = proxy.events()
        most = 2 if refusal == CLOSE and language(program) in TRIES_AGAIN else 1
        assert tried in ([refusal] * times for times in range(1, most + 1)), f"the answers to errors are {tried}"
        proxy.refuse(None)
        steps.ask(f"error {next_one}")
        steps.ask("other")
        equal("the answers to errors", proxy.events(), [*tried, 200])
        check_says(program, proxy, steps, refusal)
    found(server, f'message:"{next_one}"', 1)
    # By its message: breadcrumbs of the next one may tell of it.
    equal("the events that came of the refused one", ask(server, "events", f'message:"{lost}"'), [])
    return f": sent {len(tried)} time{'s'[: len(tried) - 1]}, given up, {SAYS[language(program)][refusal] or 'no'} report; goes on"


def over_quota(server, program):
    """What Belfry answers over a project's quota for errors holds the SDK back in the same way."""
    dsn = server.new_project(program.name, {"limits": [{"categories": ["error"], "per": "month", "events": 1}]})
    with Proxy(server, dsn) as proxy, Steps(program, proxy.dsn) as steps:
        for text in ("taken", "refused", "held back"):
            steps.ask(f"error {text}")
        equal("the answers to errors", proxy.events(), [200, 429])
        before = len(proxy.others())
        steps.ask("other")
        others = proxy.others()[before:]
        assert others and set(others) == {200}, f"the answers to what is not limited are {others}"
        if language(program) == "browser":
            check_page_reads(steps.ask("limits"))
    return ": errors stop, others go on"


def check_page_reads(answer):
    """A script of a page from another origin may read the status and the headers that limit."""
    parts = re.fullmatch(r"429 (\d+):error:\w+:\w+ (\d+)", answer)
    assert parts and parts[1] == parts[2], f"what the page could read is {answer!r}"


def losses_counted(server):
    """Belfry's count of what the SDKs said they lost is what they said."""
    deadline = time.monotonic() + FOUND_SECS
    while True:
        rows = server.get("client-reports", by="reason,category", project=server.project())["rows"]
        counted = {(row["key"]["reason"], row["key"]["category"]): row["quantity"] for row in rows}
        if counted == server.said or time.monotonic() > deadline:
            break
        time.sleep(0.05)
    equal("what is counted", counted, dict(server.said))
    return f": {sum(counted.values())} losses, as they said"


def checks(program):
    """(what, check, its further arguments) for a program of the current version."""
    yield "429 for errors", limited, ()
    yield "the limit ends", limit_ends, ()
    yield "over a quota", over_quota, ()
    for refusal in (413, 503, CLOSE):
        yield str(refusal), goes_on, (refusal,)
