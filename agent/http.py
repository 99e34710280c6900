"""The server as the agent sees it: two requests, and what each answer means."""

from __future__ import annotations

import os
import ssl
import stat
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from agent.clock import HostClock, ServerClock

HELLO = "/api/v1/telemetry/hello"
TELEMETRY = "/api/v1/telemetry"
PROBLEM_MEDIA_TYPE = "application/problem+json"
PROBLEM_TYPE = "urn:nameplate:problem:"
VERDICTS = frozenset({409, 415, 422})
"""What Nameplate answers to a batch that it never will take."""
KEPT_S = 30.0
"""A connection is used again within this: batches go out every few seconds."""
LONGEST_WAIT_S = 3600.0
"""A Retry-After beyond this is taken as this: the spool's own limit comes first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """
    What came of a request.

    Attributes:
        kind: "ok", "denied" (the token), "refused" (the batch, for good), "large",
            "early" (the batch is ahead of the server's clock), "busy", "unknown"
            (nobody knows whether it was stored), "barred" (Nameplate refused the
            request, not the batch) or "wrong" (not Nameplate).
        status: HTTP status; 0 without an answer.
        ours: Whether it is one of Nameplate's problem documents.
        body: The answer's JSON object, {} if there is none.
        retry_after_s: What the server asks for, 0 if nothing.
        why: In words, for logs; never holds the token.
    """

    kind: str
    status: int = 0
    ours: bool = False
    body: dict[str, Any]
    retry_after_s: float = 0.0
    why: str = ""


class TokenError(Exception):
    """There is no token to be had."""


@dataclass(frozen=True, slots=True)
class Token:
    """Where the token comes from: it is read anew for each connection's request."""

    file: Path | None

    def read(self) -> str:
        """
        The token.

        Raises:
            TokenError: If there is none, saying where one belongs.
        """
        if self.file is None:
            found = os.environ.get("NAMEPLATE_AGENT_TOKEN", "").strip()
            if not found:
                raise TokenError(
                    "no token: write it into a file and name that with --token-file, "
                    "or set NAMEPLATE_AGENT_TOKEN"
                )
        else:
            try:
                found = self.file.read_text().strip()
            except (OSError, UnicodeDecodeError) as error:
                raise TokenError(f"the token cannot be read: {error}") from None
        if not found or not found.isascii() or not found.isprintable() or " " in found:
            raise TokenError("the token is empty, or not one printable word")
        return found

    def warning(self) -> str:
        """Whether others on this host can read the file, and what to do then."""
        try:
            mode = self.file.stat().st_mode if self.file else 0
        except OSError:
            return ""
        if mode & (stat.S_IROTH | stat.S_IWOTH):
            return f"{self.file} can be read by every user: chmod 600 {self.file}"
        return ""


def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """The system's certificates, or those of one file."""
    return ssl.create_default_context(cafile=str(ca_file) if ca_file else None)


class Server:
    """One Nameplate server."""

    def __init__(
        self,
        url: str,
        token: Token,
        clock: HostClock,
        server_clock: ServerClock,
        *,
        ca_file: Path | None = None,
        timeout_s: float = 30.0,
        proxy: str | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.url = url.rstrip("/")
        self.token = token
        self.clock = clock
        self.server_clock = server_clock
        plain = urlsplit(self.url).scheme == "http"
        self._client = httpx.Client(
            timeout=httpx.Timeout(timeout_s, connect=min(10.0, timeout_s)),
            limits=httpx.Limits(keepalive_expiry=KEPT_S),
            follow_redirects=False,  # a token goes to the server it was meant for only
            trust_env=False,
            proxy=proxy,
            transport=transport,
            verify=False if plain else tls_context(ca_file),
            headers={"User-Agent": "nameplate-agent", "Accept": "application/json"},
        )

    def hello(self, spool: str | None = None) -> Answer:
        """Ask for the time, the limits and the number that comes next in a spool."""
        return self._ask("GET", HELLO, params={"spool": spool} if spool else {})

    def send(self, body: bytes) -> Answer:
        """Send a batch's gzip bytes."""
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        return self._ask("POST", TELEMETRY, content=body, headers=headers)

    def close(self) -> None:
        """Close connections."""
        self._client.close()

    def _ask(self, method: str, path: str, **more: Any) -> Answer:
        try:
            headers = more.pop("headers", {}) | {
                "Authorization": f"Bearer {self.token.read()}"
            }
        except TokenError as error:
            return Answer(kind="denied", body={}, why=str(error))
        sent_us = self.clock.boot_us()
        try:
            answer = self._client.request(
                method, self.url + path, headers=headers, **more
            )
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            why = f"{type(error).__name__}: {error}"
            return Answer(kind="unknown", body={}, why=why)
        received_us = self.clock.boot_us()
        understood = understand(
            answer, expects="stored" if method == "POST" else "agent"
        )
        self._learn_time(understood, sent_us, received_us)
        return understood

    def _learn_time(self, answer: Answer, sent_us: int, received_us: int) -> None:
        server_us = answer.body.get("server_time_us")
        if answer.kind == "ok" and isinstance(server_us, int):
            self.server_clock.add(
                sent_us=sent_us, received_us=received_us, server_us=server_us
            )


def understand(answer: httpx.Response, *, expects: str) -> Answer:
    """What a response means, by its status and by whether Nameplate speaks in it."""
    body = _object(answer)
    status = answer.status_code
    why = f"{status} {body.get('detail') or body.get('title') or ''}".strip()[:300]
    if answer.is_redirect:
        why = f"{status}: redirects to {answer.headers.get('location', '?')[:200]}"
    ours = _is_problem(answer, body)
    return Answer(
        kind=_kind(status, body, ours=ours, receipt=expects in body),
        status=status, ours=ours, body=body, why=why,
        retry_after_s=_retry_after_s(answer.headers.get("retry-after", "")),
    )  # fmt: skip


def _kind(status: int, body: dict[str, Any], *, ours: bool, receipt: bool) -> str:
    """
    Name what a status means.

    Proxies answer 400, 404 or 422 too, and Nameplate's gate a 400 before it reads the
    body: only a problem document about the batch is a verdict on it.
    """
    if status == 200:
        # A login page of some proxy is no receipt.
        return "ok" if receipt else "wrong"
    if status in (401, 403):
        return "denied"
    if status == 413:
        return "large"
    if status == 503 and ours and _is_early(body):
        return "early"
    if status in (408, 429, 503):
        return "busy"
    if status >= 500:
        return "unknown"
    if not ours:
        return "wrong"
    return "refused" if status in VERDICTS else "barred"


def _is_problem(answer: httpx.Response, body: dict[str, Any]) -> bool:
    media_type = answer.headers.get("content-type", "").partition(";")[0]
    return (
        media_type.strip().lower() == PROBLEM_MEDIA_TYPE
        and str(body.get("type")).startswith(PROBLEM_TYPE)
        and bool(body.get("errors") or body.get("detail"))
    )


def _is_early(body: dict[str, Any]) -> bool:
    errors = body.get("errors")
    return isinstance(errors, list) and any(
        isinstance(error, dict) and error.get("field") == "start_us" for error in errors
    )


def _object(answer: httpx.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except (ValueError, UnicodeDecodeError):
        return {}
    return body if isinstance(body, dict) else {}


def _retry_after_s(value: str) -> float:
    """Seconds in a Retry-After, written as a number or as a date."""
    try:
        wait_s = float(value)
    except ValueError:
        wait_s = _until_s(value)
    if not wait_s >= 0.0:
        return 0.0
    return min(wait_s, LONGEST_WAIT_S)


def _until_s(value: str) -> float:
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return 0.0
    return (date - type(date).now(date.tzinfo)).total_seconds()
