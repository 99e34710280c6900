"""Send what was generated to a server in a process of its own, and judge each answer."""  # noqa: E501

from __future__ import annotations

import base64
import contextlib
import hashlib
import http.client
import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psutil

MOST_S, MOST_WAITED_S = 5.0, 60.0
MOST_MB = 1000.0
PROBLEM_KEYS = {"type", "title", "status", "detail", "id", "errors"}
ERROR_KEYS = {"field", "rule", "value", "repair"}
NEEDS_ERRORS = {400, 422}
CASES = Path(__file__).parent / "cases"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One input: a request."""

    part: str
    method: str = "POST"
    target: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def document(self) -> dict[str, Any]:
        """As a saved case."""
        body = base64.b64encode(self.body).decode()
        return {"part": self.part, "method": self.method, "target": self.target,
                "headers": self.headers, "body_base64": body}  # fmt: skip

    @classmethod
    def of(cls, saved: dict[str, Any]) -> Shot:
        """A saved case, to be sent again."""
        kept = {k: saved[k] for k in ("part", "method", "target", "headers")}
        return cls(**kept, body=base64.b64decode(saved["body_base64"]))


@dataclass(slots=True)
class Tally:
    """What came of the inputs of one part."""

    count: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    slowest_ms: float = 0.0
    slowest: str = ""
    cancelled: int = 0
    slowest_cancel_ms: float = 0.0
    busy: int = 0
    unexplained: int = 0
    long: int = 0
    failures: list[dict[str, Any]] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """As it goes into docs/results/hostile.json."""
        return {
            "inputs": self.count, "statuses": dict(sorted(self.statuses.items())),
            "slowest_ms": round(self.slowest_ms), "slowest": self.slowest[:200],
            "jobs_cancelled": self.cancelled,
            "slowest_cancel_ms": round(self.slowest_cancel_ms),
            "long_questions_of_pages": self.long,
            "asked_to_wait": self.busy, "refusals_not_explained": self.unexplained,
            "failures": [f["why"] for f in self.failures],
        }  # fmt: skip


class _Raw(http.client.HTTPConnection):
    """A connection that sends an address as it is."""

    def _validate_path(self, url: str) -> None:
        """Let every address through: to judge it is the server's work."""

    def _encode_request(self, request: str) -> bytes:
        return request.encode("latin-1", "replace")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: status 0 is a connection that ended without an answer."""

    status: int
    headers: dict[str, str]
    body: bytes
    took_s: float


class Gun:
    """Sends shots to one server; a connection a thread."""

    def __init__(self, port: int) -> None:
        self._port, self._local = port, threading.local()

    def send(self, shot: Shot, timeout_s: float = MOST_WAITED_S) -> Answer:
        """Send one; a connection that the server closed since is opened again."""
        for attempt in (0, 1):
            link = self._link(timeout_s)
            began_s = time.perf_counter()
            try:
                link.putrequest(shot.method, shot.target, skip_host=True,
                                skip_accept_encoding=True)  # fmt: skip
                link.putheader("host", "127.0.0.1")
                for name, told in shot.headers.items():
                    link.putheader(name, told.encode("latin-1", "replace"))
                link.putheader("content-length", str(len(shot.body)))
                link.endheaders()
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    link.send(shot.body)  # it may be refused before its end
                got = link.getresponse()
                headers = {k.lower(): v for k, v in got.getheaders()}
                events = headers.get("content-type", "").startswith("text/event-stream")
                endless = events and (shot.method, shot.target) != ("POST", "/mcp")
                content = b"" if endless else got.read()
                if endless or got.will_close:
                    self._drop()
                return Answer(got.status, headers, content,
                              time.perf_counter() - began_s)  # fmt: skip
            except (http.client.HTTPException, OSError) as error:
                self._drop()
                took_s = time.perf_counter() - began_s
                if attempt or took_s > 1.0 or isinstance(error, TimeoutError):
                    return Answer(0, {}, repr(error).encode(), took_s)
        raise AssertionError("unreachable")

    def _link(self, timeout_s: float) -> _Raw:
        link: _Raw | None = getattr(self._local, "link", None)
        if link is None:
            link = self._local.link = _Raw("127.0.0.1", self._port, timeout=timeout_s)
            link.connect()
            link.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return link

    def _drop(self) -> None:
        link, self._local.link = self._local.link, None
        link.close()


def is_long(shot: Shot, answer: Answer) -> bool:
    """Whether a page or a tool waited for a long question, which has its cancel there."""  # noqa: E501
    waits = shot.target.endswith(("/_dash-update-component", "/mcp"))
    return waits and answer.status == 200 and MOST_S < answer.took_s < MOST_WAITED_S


def fault(shot: Shot, answer: Answer) -> str | None:
    """Why an answer is none that may be, or None."""
    if answer.status == 0:
        return f"no answer: {answer.body[:100].decode()}"
    if answer.took_s > MOST_S and not is_long(shot, answer):
        return f"took {answer.took_s:.1f} s"
    if answer.status == 503 and answer.headers.get("retry-after", "").isdigit():
        return None
    if answer.status >= 500:
        return f"status {answer.status}"
    if answer.status == 429 and not answer.headers.get("retry-after", "").isdigit():
        return "429 without Retry-After"
    return None


def is_explained(shot: Shot, answer: Answer) -> bool:
    """Whether a refusal is a problem document that names field, rule and repair."""
    kind = answer.headers.get("content-type", "")
    if shot.target.startswith("/mcp") or shot.method == "HEAD":
        return True  # its own protocol's errors; no body
    if answer.body == b"Invalid HTTP request received.":
        return True  # no HTTP: the parser says so before there is a request
    if "/otlp/" in shot.target and not kind.startswith("application/problem"):
        return bool(answer.body)  # a Status message, as the protocol wants it
    try:
        found = json.loads(answer.body)
        errors = found["errors"]
    except (ValueError, KeyError, TypeError):
        return False
    whole = set(found) >= PROBLEM_KEYS and all(set(e) == ERROR_KEYS for e in errors)
    return whole and (bool(errors) or answer.status not in NEEDS_ERRORS)


class Memory:
    """Watches a process and its children; `peak_mb` is the most of any one."""

    def __init__(self, pid: int) -> None:
        self._root, self._stop = psutil.Process(pid), threading.Event()
        self.peak_mb = self.child_peak_mb = 0.0
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._stop.wait(0.2):
            with contextlib.suppress(psutil.Error):
                self.peak_mb = max(self.peak_mb, self._root.memory_info().rss / 1e6)
                for child in self._root.children(recursive=True):
                    with contextlib.suppress(psutil.Error):
                        rss_mb = child.memory_info().rss / 1e6
                        self.child_peak_mb = max(self.child_peak_mb, rss_mb)

    def stop(self) -> None:
        """End the watching."""
        self._stop.set()
        self._thread.join()


class Range:
    """
    Shoots at one server and keeps the score of one part.

    Args:
        gun: What sends; a `Gun`, or its like without a socket.
        threads: How many inputs are under way at once.
        save: Keep what fails as cases, made as small as may be.
    """

    def __init__(self, gun: Any, *, threads: int = 3, save: bool = True) -> None:
        self.gun, self._threads, self._save = gun, threads, save
        self._lock = threading.Lock()

    def run(
        self, shots: Iterable[Shot], *, until_s: float = float("inf"),
        tell: Callable[[Tally], None] | None = None,
    ) -> Tally:  # fmt: skip
        """Send all of them, so many at a time, and judge each."""
        tally, suspects = Tally(), list[tuple[Shot, str]]()
        source, lock = iter(shots), threading.Lock()

        def work() -> None:
            while time.monotonic() < until_s:
                with lock:
                    shot = next(source, None)
                if shot is None:
                    return
                wrong = self._one(shot, tally)
                if wrong is not None:
                    suspects.append((shot, wrong))
                if tell is not None and tally.count % 500 == 0:
                    tell(tally)

        with ThreadPoolExecutor(self._threads) as pool:
            for done in [pool.submit(work) for _ in range(self._threads)]:
                done.result()
        for shot, wrong in suspects:  # alone: a busy machine is no fault of ours
            again = self.judged(shot)
            if again is None and wrong.startswith("took "):
                continue
            self._keep(shot, again or wrong, tally)
        return tally

    def judged(self, shot: Shot) -> str | None:
        """Send one and judge it, its job included."""
        answer = self.gun.send(shot)
        return fault(shot, answer) or self._ended(answer, Tally())

    def _one(self, shot: Shot, tally: Tally) -> str | None:
        answer = self.gun.send(shot)
        wrong = fault(shot, answer)
        with self._lock:
            tally.count += 1
            tally.statuses[str(answer.status)] += 1
            if answer.took_s * 1e3 > tally.slowest_ms and not is_long(shot, answer):
                tally.slowest_ms = answer.took_s * 1e3
                tally.slowest = f"{shot.method} {shot.target}"
            tally.busy += answer.status in {429, 503}
            tally.long += is_long(shot, answer)
            if 400 <= answer.status < 500 and not is_explained(shot, answer):
                tally.unexplained += 1
                if tally.unexplained <= 20:
                    _note("unexplained", shot, answer)
        return wrong or self._ended(answer, tally)

    def _ended(self, answer: Answer, tally: Tally) -> str | None:
        """Cancel the job an answer tells of; it must end within the limit."""
        where = answer.headers.get("location", "")
        if answer.status != 202 or not where.startswith("/api/v1/jobs/"):
            return None
        began_s = time.perf_counter()
        self.gun.send(Shot(part="", method="DELETE", target=where))
        while (took_s := time.perf_counter() - began_s) < 3 * MOST_S:
            found = self.gun.send(Shot(part="", method="GET", target=where))
            job = json.loads(found.body) if found.status == 200 else {}
            if (job.get("error") or {}).get("status", 0) >= 500:
                return f"status {job['error']['status']} of its job"
            if job.get("state") not in {"queued", "running"}:
                with self._lock:
                    tally.cancelled += 1
                    most_ms = max(tally.slowest_cancel_ms, took_s * 1e3)
                    tally.slowest_cancel_ms = most_ms
                break
            time.sleep(0.02)
        return None if took_s < MOST_S else f"took {took_s:.1f} s to be cancelled"

    def _keep(self, shot: Shot, why: str, tally: Tally) -> None:
        """Note a failure; save the smallest input that still shows it."""
        known = {f["key"] for f in tally.failures}
        key = f"{shot.part} {shot.method} {shot.target.split('?')[0][:80]} {why[:12]}"
        tally.failures.append({"why": f"{key}: {why}", "key": key})
        if self._save and key not in known:
            small = self.smaller(shot, why)
            saved = small.document() | {"why": why}
            text = json.dumps(saved, indent=1) + "\n"
            name = hashlib.sha256(text.encode()).hexdigest()[:10]
            if len(text) < 200_000:
                (CASES / f"{shot.part}-{name}.json").write_text(text)

    def smaller(self, shot: Shot, why: str, *, within_s: float = 40.0) -> Shot:
        """Leave parts of a JSON body out for as long as the same goes wrong."""
        try:
            document = json.loads(shot.body)
        except (ValueError, RecursionError):
            return shot
        end_s, smaller = time.monotonic() + within_s, True
        while smaller and time.monotonic() < end_s:
            smaller = False
            for candidate in _less(document):
                if time.monotonic() > end_s:
                    break
                trial = replace(shot, body=json.dumps(candidate).encode())
                if (self.judged(trial) or "")[:10] == why[:10]:
                    document, shot, smaller = candidate, trial, True
                    break
        return shot


def _less(document: Any) -> Iterable[Any]:
    """The document without one of its parts, each in turn, large parts first."""
    if isinstance(document, dict):
        for key in sorted(document, key=lambda k: -len(str(document[k]))):
            yield {k: v for k, v in document.items() if k != key}
        for key, value in document.items():
            for less in _less(value):
                yield {**document, key: less}
    elif isinstance(document, list):
        half = len(document) // 2
        if half:
            yield document[:half]
            yield document[half:]
        for place, value in enumerate(document[:20]):
            for less in _less(value):
                yield [*document[:place], less, *document[place + 1 :]]


def _note(what: str, shot: Shot, answer: Answer) -> None:
    """One line on what a person should look at."""
    print(f"  {what}: {answer.status} {shot.method} {shot.target[:100]!r} "
          f"{shot.body[:120]!r} -> {answer.body[:200]!r}", flush=True)  # fmt: skip
