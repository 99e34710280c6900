"""
A server for tests that keeps docs/telemetry.md: exactly once, whatever goes wrong.

It fails at random with 500, 429 or a closed connection, before or after it stored the
batch, and keeps what it stored so that a test can count every reading.
"""

from __future__ import annotations

import base64
import gzip
import json
import random
import ssl
import struct
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

TOKEN = "npt_test-token-that-must-not-leak"
PROBLEM = {"Content-Type": "application/problem+json"}


def problem(kind: str, field: str, rule: str = "breaks a rule") -> dict[str, Any]:
    """A problem document of ours."""
    return {
        "type": f"urn:nameplate:problem:{kind}", "title": "No", "status": 0,
        "detail": f"{field} {rule}", "id": "0" * 12,
        "errors": [{"field": field, "rule": rule, "value": 1, "repair": "mend it"}],
    }  # fmt: skip


class Receiver:
    """Counts every reading by (device, time)."""

    def __init__(
        self,
        *,
        trouble: float = 0.0,
        seed: int = 1,
        ahead_us: int = 0,
        certificate: tuple[Path, Path] | None = None,
    ) -> None:
        self.trouble = trouble
        self.ahead_us = ahead_us
        self.random = random.Random(seed)
        self.readings: Counter[tuple[str, int]] = Counter()
        self.power_w: dict[tuple[str, int], float] = {}
        self.seen: set[tuple[str, str, int]] = set()
        self.bodies: dict[tuple[str, str, int], set[bytes]] = {}
        self.batches: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        self.answers: list[Any] = []
        self.max_readings = 200_000
        self.pace_s = 0
        self.lock = threading.Lock()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                receiver.get(self)

            def do_POST(self):
                receiver.post(self)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # an agent that was killed
        scheme = "http"
        if certificate is not None:
            scheme, context = "https", ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True
            )
        self.url = f"{scheme}://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def now_us(self) -> int:
        return time.time_ns() // 1000 + self.ahead_us

    def get(self, request: Any) -> None:
        self._remember(request)
        if self._ordered(request):
            return
        path, _, asked = request.path.partition("?spool=")
        if path != "/api/v1/telemetry/hello":
            self._answer(request, 404, {"title": "no such page"})
        elif not self._allowed(request):
            self._answer(request, 401, {"title": "unknown token"})
        else:
            self._answer(
                request, 200,
                {
                    "server_time_us": self.now_us(), "agent": "node",
                    "next_sequence": self.next_of(asked),
                    "max_readings": self.max_readings, "max_bytes": 1 << 24,
                },
            )  # fmt: skip

    def next_of(self, spool: str) -> int:
        """The number after the highest stored of a spool."""
        with self.lock:
            return max((n + 1 for _, s, n in self.seen if s == spool), default=0)

    def post(self, request: Any) -> None:
        body = request.rfile.read(int(request.headers["Content-Length"]))
        self._remember(request)
        if self._ordered(request):
            return
        if not self._allowed(request):
            self._answer(request, 401, {"title": "unknown token"})
            return
        before, after = self._mishaps()
        if before:
            self._mishap(request, before)
            return
        answer = self._store(body)
        if after:
            self._mishap(request, after)
        else:
            self._answer(request, 200, answer)

    def _remember(self, request: Any) -> None:
        with self.lock:
            self.requests.append(
                (request.command, request.path, dict(request.headers.items()))
            )

    def _ordered(self, request: Any) -> bool:
        """Give the next answer a test ordered: (status, body, headers)."""
        with self.lock:
            ordered = self.answers.pop(0) if self.answers else None
        if ordered is None:
            return False
        self._answer(request, *ordered)
        return True

    def _allowed(self, request: Any) -> bool:
        return request.headers.get("Authorization") == f"Bearer {TOKEN}"

    def _mishaps(self) -> tuple[str, str]:
        with self.lock:
            if self.random.random() >= self.trouble:
                return "", ""
            what = self.random.choice(["500", "429", "close"])
            return ("", what) if self.random.random() < 0.5 else (what, "")

    def _mishap(self, request: Any, what: str) -> None:
        if what == "close":
            request.close_connection = True
            request.connection.close()
        elif what == "429":
            self._answer(request, 429, {"title": "busy"}, {"Retry-After": "0.05"})
        else:
            self._answer(request, 500, {"title": "broken"})

    def _store(self, body: bytes) -> dict[str, Any]:
        document = json.loads(gzip.decompress(body))
        agent = document["agent"]
        key = (agent["name"], agent["spool"], document["sequence"])
        with self.lock:
            self.bodies.setdefault(key, set()).add(body)
            duplicate = key in self.seen
            count = len(unpacked(document["columns"]["device"]))
            if not duplicate:
                self.seen.add(key)
                self.batches.append(document)
                self.events += document["events"]
                for place, power in readings_of(document):
                    self.readings[place] += 1
                    self.power_w[place] = power
        return {
            "stored": 0 if duplicate else count, "duplicate": duplicate, "refused": [],
            "server_time_us": self.now_us(), "pace_s": self.pace_s,
        }  # fmt: skip

    def _answer(
        self,
        request: Any,
        status: int,
        body: dict[str, Any] | bytes,
        headers: dict[str, str] | None = None,
    ) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        try:
            request.send_response(status)
            request.send_header("Content-Length", str(len(data)))
            for name, value in (headers or {}).items():
                request.send_header(name, value)
            request.end_headers()
            request.wfile.write(data)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the agent was killed


def readings_of(document: dict[str, Any]) -> list[tuple[tuple[str, int], float]]:
    """((device, time [µs]), power [W]) of every reading of a batch."""
    keys = [device["key"] for device in document["devices"]]
    columns = document["columns"]
    places = unpacked(columns["device"])
    offsets = unpacked(columns["offset_us"])
    power = (
        unpacked(columns["power_w"]) if "power_w" in columns else [0.0] * len(places)
    )
    start_us = document["start_us"]
    return [
        ((keys[d], start_us + t), w)
        for d, t, w in zip(places, offsets, power, strict=True)
    ]


def unpacked(column: Any) -> list[Any]:
    """A column's values, packed or not."""
    if isinstance(column, list):
        return column
    ((code, text),) = column.items()
    data = base64.b64decode(text)
    letter = {"i4": "i", "i8": "q", "f4": "f", "f8": "d"}[code]
    return list(
        struct.unpack(f"<{len(data) // struct.calcsize('<' + letter)}{letter}", data)
    )
