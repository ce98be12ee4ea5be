"""The HTTP server. It listens on loopback only: the gateway lets through what may be asked."""

import http.server
import logging

from . import shapes
from .store import Full

BODY_BYTES_MAX = 253
# A client that stops in the middle of its request must not keep a thread.
TIMEOUT_S = 10

log = logging.getLogger("ptero-ledger")


class Server(http.server.ThreadingHTTPServer):
    """Answers from a store."""

    daemon_threads = True

    def __init__(self, address, store):
        super().__init__(address, Handler)
        self.store = store


class Handler(http.server.BaseHTTPRequestHandler):
    """One request a connection: what a refused request still sends is never taken for the next one."""

    timeout = TIMEOUT_S
    # The gateway hands the version on, and a client that sees 1.0 goes on in 1.0 with everything behind the gateway.
    protocol_version = "HTTP/1.1"
    server_version = "ptero-ledger"
    sys_version = ""

    def do_GET(self):
        run = shapes.read(self.path)
        if run is None:
            return self.answer(404)
        return self.answer(200, self.server.store.lines(run))

    def do_POST(self):
        entry = shapes.write(self.path)
        if entry is None:
            return self.answer(404)
        body, refusal = self.body()
        if refusal:
            return self.answer(refusal)
        host = shapes.host(body)
        if host is None:
            return self.answer(400)
        try:
            self.server.store.add(entry, host)
        except (Full, OSError) as problem:
            log.warning("%s: not written: %s", entry.run, problem)
            return self.answer(507)
        return self.answer(204)

    def body(self):
        """The body, or the status to refuse it with."""
        if "Transfer-Encoding" in self.headers:
            return None, 411
        size = self.headers.get("Content-Length", "0")
        if not size.isascii() or not size.isdigit():
            return None, 400
        # Leading zeros and thousands of digits are no sizes either.
        if len(size) > 3 or int(size) > BODY_BYTES_MAX:
            return None, 413
        body = self.rfile.read(int(size))
        return (body, None) if len(body) == int(size) else (None, 400)

    def answer(self, status, body=b""):
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Type", "application/x-ndjson")
            self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *args):
        """The gateway logs each request already."""
