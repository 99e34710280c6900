"""What every call shares: the connection, its patience, what it makes of answers."""

from __future__ import annotations

import json as jsons
import random
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote

import httpx

from nameplate_client.downloads import Download
from nameplate_client.errors import (
    JobTimeout,
    ServerUnreachable,
    problem_from,
    problem_in,
)
from nameplate_client.pages import Pages
from nameplate_client.progress import Line, Progress, Wish, line_for_here
from nameplate_client.record import Document, Record

__all__ = ["Connection", "Content", "Document", "Event", "Noun", "Progress"]

PREFIX = "/api/v1"
FINISHED = frozenset({"done", "failed", "cancelled"})
NO_FIELDS = frozenset({"self", "on_progress", "body", "content"})
"""Arguments of methods that are neither of a query nor of a body."""
AGAIN = frozenset({429, 503})
"""Refusals that pass: nothing was done, and the server may say when to come back."""
REPEATABLE = frozenset({"GET", "PUT", "DELETE"})
LOOK_S, LONGEST_LOOK_S = 0.05, 1.0
"""Time between looks at a job: short at first, so that quick answers are quick."""
BACKOFF_S = 0.5
Content = bytes | Iterable[bytes]
R = TypeVar("R", bound=Record)


@dataclass(frozen=True)
class Event:
    """
    One server-sent event.

    Attributes:
        name: Its kind; a job's is its state.
        data: Its document.
    """

    name: str
    data: Document


class Connection:
    """
    One connection; safe to share between threads.

    Args:
        url: Address of the server.
        token: What a server in tokens mode wants to see.
        timeout_s: Longest wait for one answer. [s]
        patience_s: Longest wait in all for a server that is busy. [s]
        progress: Told of jobs; "auto" shows a line where somebody would see it.
        transport: Replaces the network, in tests.
    """

    def __init__(
        self,
        url: str,
        token: str | None,
        *,
        timeout_s: float,
        patience_s: float,
        progress: Wish,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        self._http = httpx.Client(
            base_url=url, headers=headers, timeout=timeout_s, transport=transport
        )
        self._patience_s = patience_s
        self._progress = progress

    def close(self) -> None:
        """End the connection."""
        self._http.close()

    # --- answers ------------------------------------------------------------------

    def json(self, method: str, path: str, **more: Any) -> Document:
        """Ask for a plain document."""
        document: Document = self.send(method, path, **more).json()
        return document

    def one(self, kind: type[R], method: str, path: str, **more: Any) -> R:
        """Ask for a record."""
        return kind(self.json(method, path, **more))

    def nothing(self, method: str, path: str, **more: Any) -> None:
        """Ask for something that has no answer but that it was done."""
        self.send(method, path, **more)

    def download(self, method: str, path: str, **more: Any) -> Download:
        """Ask for a file."""
        response = self.send(method, path, **more)
        return Download(response.content, response.headers.get("content-type", ""))

    def pages(
        self, kind: type[R], method: str, path: str, *, query: Mapping[str, Any]
    ) -> Pages[R]:
        """Ask for a list, page by page as it is read."""

        def fetch(cursor: str | None) -> Document:
            return self.json(method, path, query={**query, "cursor": cursor})

        return Pages(kind, fetch)

    def answer(
        self,
        kind: type[R],
        method: str,
        path: str,
        *,
        on_progress: Progress | None,
        **more: Any,
    ) -> R:
        """Put a question; where it becomes a job, wait for its answer."""
        response = self.send(method, path, **more)
        if response.status_code != httpx.codes.ACCEPTED:
            return kind(response.json())
        return kind(self.wait(response.json()["id"], on_progress)["answer"])

    def events(self, method: str, path: str, **more: Any) -> Iterator[Event]:
        """Follow server-sent events until the server ends them."""
        request = self._request(method, path, more)
        request.extensions["timeout"] = httpx.Timeout(None).as_dict()
        response = self._once(request, stream=True)
        try:
            name, data = "message", ""
            for line in response.iter_lines():
                field, _, value = line.partition(": ")
                if field == "event":
                    name = value
                elif field == "data":
                    data += value
                elif not line and data:
                    yield Event(name, jsons.loads(data))
                    name, data = "message", ""
        except httpx.TransportError as error:
            where = request.url.path.removeprefix(PREFIX)
            raise ServerUnreachable(f"the events of {where} broke off") from error
        finally:
            response.close()

    # --- jobs ---------------------------------------------------------------------

    def wait(
        self,
        job_id: str,
        on_progress: Progress | None = None,
        timeout_s: float | None = None,
    ) -> Document:
        """
        Wait until a job is done; an interrupt from the keyboard cancels it.

        Args:
            job_id: The job.
            on_progress: Told part and phase; the connection's own way if not given.
            timeout_s: Longest wait; None waits for ever. [s]

        Returns:
            The finished job.

        Raises:
            Problem: If it failed or was cancelled; the job's own.
            JobTimeout: If it takes longer than allowed.
        """
        told: Progress | None = on_progress
        if told is None:
            told = line_for_here() if self._progress == "auto" else self._progress
        try:
            return self._watch(job_id, told, timeout_s)
        except KeyboardInterrupt:
            self.send("DELETE", "/jobs/{job_id}", query={"job_id": job_id})
            raise
        finally:
            if isinstance(told, Line):
                told.clear()

    def _watch(
        self, job_id: str, told: Progress | None, timeout_s: float | None
    ) -> Document:
        end_s = None if timeout_s is None else time.monotonic() + timeout_s
        look_s = LOOK_S
        while True:
            job = self.json("GET", "/jobs/{job_id}", query={"job_id": job_id})
            if told is not None:
                told(job["part"], job["text"])
            if job["state"] == "done":
                return job
            if job["state"] in FINISHED:
                raise problem_from(job["error"])
            if end_s is not None and time.monotonic() > end_s:
                raise JobTimeout(f"job {job_id} is still {job['state']}")
            time.sleep(look_s)
            look_s = min(look_s * 1.3, LONGEST_LOOK_S)

    # --- requests -----------------------------------------------------------------

    def send(self, method: str, path: str, **more: Any) -> httpx.Response:
        """
        Send a request, again where the server is busy and says so.

        Args:
            method: HTTP method.
            path: Address below the prefix; arguments fill its braces.
            **more: `headers`, `body` (JSON), `content`, and a method's arguments by
                name as `query` or as `fields` of the body, as they apply. What the
                address or a header says is not said again.

        Raises:
            Problem: If the server refuses.
            ServerUnreachable: If it gives no answer.
        """
        end_s = time.monotonic() + self._patience_s
        once = not isinstance(more.get("content", b""), bytes)
        wait_s = BACKOFF_S
        while True:
            request = self._request(method, path, more)
            try:
                response = self._once(request)
            except ServerUnreachable:
                if once or method not in REPEATABLE:
                    raise
                pause_s: float | None = wait_s
                if time.monotonic() + wait_s > end_s:
                    raise
            else:
                pause_s = None if once else _pause_s(response, method, wait_s)
                if pause_s is None or time.monotonic() + pause_s > end_s:
                    if response.is_error:
                        raise problem_in(response)
                    return response
            time.sleep(pause_s or 0.0)
            wait_s *= 2.0

    def _request(
        self, method: str, path: str, more: Mapping[str, Any]
    ) -> httpx.Request:
        headers = given(more.get("headers") or {})
        arguments = more.get("fields") or more.get("query") or {}
        parts = {name: arguments[name] for name in re.findall(r"{(\w+)}", path)}
        said = {*NO_FIELDS, *parts, *(k.lower().replace("-", "_") for k in headers)}
        rest = given({k: v for k, v in arguments.items() if k not in said})
        address = path.format(**{k: quote(str(v), safe="") for k, v in parts.items()})
        return self._http.build_request(
            method, PREFIX + address, params={} if "fields" in more else rest,
            headers={k: str(v) for k, v in headers.items()},
            json=rest if "fields" in more else more.get("body"),
            content=more.get("content"),
        )  # fmt: skip

    def _once(self, request: httpx.Request, *, stream: bool = False) -> httpx.Response:
        try:
            response = self._http.send(request, stream=stream)
            if stream and response.is_error:
                response.read()
                raise problem_in(response)
        except httpx.TransportError as error:
            where = self._http.base_url
            why = f"{type(error).__name__}: {error}"
            raise ServerUnreachable(f"{where} gave no answer; {why}") from error
        return response


def given(arguments: Mapping[str, Any]) -> Document:
    """Leave out what was not given."""
    return {k: v for k, v in arguments.items() if v is not None}


def _pause_s(response: httpx.Response, method: str, wait_s: float) -> float | None:
    """Time until a refused request may be made again; None if it may not. [s]"""
    if response.status_code not in AGAIN:
        return None
    try:
        return float(response.headers["retry-after"])
    except (KeyError, ValueError):
        scattered = wait_s * random.uniform(0.75, 1.25)  # noqa: S311 - not a secret
        return scattered if method in REPEATABLE else None


class Noun:
    """Operations on one noun."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
