"""Stands between an SDK and Belfry: writes down what the SDK sends, and refuses what it is told to. Standard library only."""
import collections
import gzip
import http.client
import http.server
import json
import sys
import threading
import zlib
from dataclasses import dataclass, field

CLOSE = "close"  # end the connection without an answer
DECODERS = {"gzip": gzip.decompress, "deflate": zlib.decompress}
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}


@dataclass
class Refusal:
    """What the next requests with an event are answered with; the others go on to Belfry."""

    status: int | str
    headers: dict = field(default_factory=dict)
    # how many such requests; a connection that is closed may be tried again at once by what is beneath the SDK
    times: int = 1


@dataclass
class Request:
    items: list  # (type, payload)
    status: int | str  # Belfry's answer or the refusal

    def types(self):
        return [kind for kind, _ in self.items]


def items(body):
    """The items of an envelope: (type, payload)."""
    lines, found = body.partition(b"\n")[2], []
    while lines:
        header, _, rest = lines.partition(b"\n")
        if not header.strip():
            lines = rest
            continue
        header = json.loads(header)
        length = header.get("length", len(rest.partition(b"\n")[0]))
        found.append((header["type"], rest[:length]))
        lines = rest[length:].removeprefix(b"\n")
    return found


class Listener(http.server.ThreadingHTTPServer):
    daemon_threads = False  # closing it waits until everything has gone on

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):  # a client that goes away is nothing to write about
            super().handle_error(request, client_address)


class Proxy:
    """Listens on a port of its own; `dsn` is the server's or the given one, by way of here."""

    def __init__(self, server, dsn=None):
        self.upstream = server.address()
        self.said = collections.Counter() if dsn else server.said
        self.requests, self.refusal = [], None
        self.lock = threading.Lock()
        handler = type("Handler", (Handler,), {"proxy": self})
        self.http = Listener(("127.0.0.1", 0), handler)
        self.address = f"127.0.0.1:{self.http.server_port}"
        self.dsn = (dsn or server.dsn).replace(self.upstream, self.address)

    def __enter__(self):
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *error):
        self.http.shutdown()
        self.http.server_close()
        self.said.update(self.reports())

    def refuse(self, refusal):
        with self.lock:
            self.refusal = refusal

    def verdict(self, types):
        """The refusal that meets a request with these items, if any."""
        with self.lock:
            if not self.refusal or "event" not in types or self.refusal.times == 0:
                return None
            self.refusal.times -= 1
            return self.refusal

    def events(self):
        """The answers to the requests that had an event in them, in order."""
        with self.lock:
            return [request.status for request in self.requests if "event" in request.types()]

    def others(self):
        """The answers to requests with neither an event nor a report of losses alone."""
        with self.lock:
            return [request.status for request in self.requests if not {"event"} & set(request.types()) and set(request.types()) - {"client_report"}]

    def reports(self):
        """What the SDK said it lost: (reason, category) to quantity."""
        said = collections.Counter()
        with self.lock:
            payloads = [payload for request in self.requests for kind, payload in request.items if kind == "client_report"]
        for loss in (loss for payload in payloads for loss in json.loads(payload)["discarded_events"]):
            said[loss["reason"], loss["category"]] += loss["quantity"]
        return said


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy = None
    timeout = 30  # for a client that was killed

    def log_message(self, *_):
        pass

    def body(self):
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def forwarded(self, body):
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP | {"host"}}
        upstream = http.client.HTTPConnection(self.proxy.upstream, timeout=30)
        upstream.request(self.command, self.path, body, headers)
        answer = upstream.getresponse()
        return answer.status, answer.getheaders(), answer.read()

    def handle_request(self):
        body = self.body()
        plain = DECODERS.get(self.headers.get("Content-Encoding") or "", bytes)(body)
        sent = items(plain) if self.command == "POST" and "/envelope/" in self.path else []
        if self.path in ("/v1/logs", "/v1/traces"):
            sent = [("event", plain)]
        refusal = self.proxy.verdict([kind for kind, _ in sent])
        if refusal and refusal.status == CLOSE:
            status, self.close_connection = CLOSE, True
        else:
            # A refused request goes on without its body, for the headers that Belfry puts on every answer.
            status, headers, answer = self.forwarded(b"" if refusal else body)
            if refusal:
                status, headers, answer = refusal.status, headers + list(refusal.headers.items()), b"{}"
        with self.proxy.lock:
            self.proxy.requests.append(Request(sent, status))
        if status != CLOSE:
            self.answer(status, headers, answer)

    def answer(self, status, headers, body):
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_OPTIONS = handle_request
