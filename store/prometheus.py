"""
Fetches a range query from a Prometheus, piece by piece of time.

Only hosts that the owner of this server has named are spoken to, redirects are not
followed, and what is fetched at once is bounded, so a year does not come in one answer.
The secret is handed on in one header and stands in no message.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

import httpx
import numpy as np
from pydantic_core import from_json

from twin.errors import Cancelled, ScenarioError
from twin.telemetry.fields import FIELDS
from twin.types import FloatArray, IntArray

TIMEOUT_S = 60.0
MOST_ANSWER_BYTES = 16_000_000
MOST_STEPS = 10_000
"""Prometheus itself refuses more than 11,000 steps."""
FIRST_STEPS = 1000
MOST_QUERIES = 100_000
MOST_PORT = 65_535
PRESETS = {
    "dcgm": '{__name__=~"' + "|".join(name for f in FIELDS for name, _ in f.dcgm) + '"}'
}
"""Queries by name; each hands on what dcgm-exporter tells, as it was stored."""


class PrometheusError(ScenarioError):
    """A Prometheus cannot be asked, or did not answer as one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeQuery:
    """
    What is fetched.

    Attributes:
        url: Address of the Prometheus, without /api.
        query: PromQL that keeps names and labels: a selector.
        start_s: First instant. [s] since 1970
        end_s: Last instant. [s]
        step_s: Between two instants; the scrape interval keeps every sample. [s]
        authorization: Value of the header, or "".
    """

    url: str
    query: str
    start_s: float
    end_s: float
    step_s: float
    authorization: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Piece:
    """Samples of a stretch of time, and the bytes they came in."""

    labels: list[Mapping[str, str]]
    series: IntArray
    time_us: IntArray
    value: FloatArray
    body: bytes


def check_host(url: str, allowed: str) -> None:
    """
    Look whether an address may be asked.

    Args:
        url: Address somebody sent.
        allowed: `host` or `host:port`, with commas between; without a port, 443 and
            80 are meant.

    Raises:
        PrometheusError: If it is no plain HTTP address, or of another host.
    """
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError) as error:
        raise PrometheusError(
            "url", "must be an address", url, "send http://host:9090"
        ) from error
    if parsed.scheme not in {"http", "https"} or not parsed.host or parsed.userinfo:
        raise PrometheusError(
            "url", "must be http or https, without a password in it", "not shown",
            "send http://host:9090, and the secret in authorization",
        )  # fmt: skip
    names = {name.strip().lower() for name in allowed.split(",") if name.strip()}
    host = f"[{parsed.host}]" if ":" in parsed.host else parsed.host
    named = (host if parsed.port is None else f"{host}:{parsed.port}").lower()
    if named not in names or (parsed.port or 0) > MOST_PORT:
        raise PrometheusError(
            "url", "must be a host that this server may ask", named[:120],
            f"its owner adds {named[:120]} to NAMEPLATE_IMPORT_HOSTS",
        )  # fmt: skip


def check_range(query: RangeQuery) -> None:
    """
    Look whether times make sense.

    Raises:
        PrometheusError: If they do not.
    """
    if query.end_s < query.start_s:
        raise PrometheusError(
            "end", "must not be before start", query.end_s, "swap them"
        )
    if (query.end_s - query.start_s) / query.step_s > MOST_QUERIES * MOST_STEPS:
        raise PrometheusError(
            "step_s", "leads to too many instants", query.step_s, "raise it"
        )


def fetch(
    query: RangeQuery,
    *,
    client: httpx.Client | None = None,
    on_progress: Callable[[float, str], None] = lambda _part, _text: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Iterator[Piece]:
    """
    Fetch a range, oldest first.

    Args:
        query: What; its host has been checked.
        client: HTTP client; None makes one.
        on_progress: Told the part done and a phrase.
        cancelled: Asked between pieces.

    Raises:
        PrometheusError: If it cannot be reached or does not answer as one.
        Cancelled: If `cancelled` said so.
    """
    with (
        nullcontext(client) if client is not None
        else httpx.Client(timeout=TIMEOUT_S, trust_env=False)
    ) as own:  # fmt: skip
        at_s, steps = query.start_s, FIRST_STEPS
        while at_s <= query.end_s:
            if cancelled():
                raise Cancelled
            last_s = min(at_s + (steps - 1) * query.step_s, query.end_s)
            body = _ask(own, query, at_s, last_s)
            if body is None:  # too much at once
                if steps == 1:
                    raise PrometheusError(
                        "query", "answers too much for one instant", query.query[:200],
                        "ask for fewer series",
                    )  # fmt: skip
                steps = max(1, steps // 4)
                continue
            yield _piece(body)
            at_s = last_s + query.step_s
            if len(body) < MOST_ANSWER_BYTES // 4:
                steps = min(MOST_STEPS, steps * 2)
            whole_s = max(query.end_s - query.start_s, query.step_s)
            on_progress(min(1.0, (at_s - query.start_s) / whole_s), "fetching")


def _ask(
    client: httpx.Client, query: RangeQuery, start_s: float, end_s: float
) -> bytes | None:
    headers = {"authorization": query.authorization} if query.authorization else {}
    form = {
        "query": query.query, "start": f"{start_s:.3f}", "end": f"{end_s:.3f}",
        "step": f"{query.step_s:g}",
    }  # fmt: skip
    address = query.url.rstrip("/") + "/api/v1/query_range"
    try:
        with client.stream("POST", address, data=form, headers=headers) as response:
            body = bytearray()
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > MOST_ANSWER_BYTES:
                    return None
            _check(response.status_code, bytes(body))
            return bytes(body)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise PrometheusError(
            "network", "must reach the Prometheus", type(error).__name__,
            "look whether the address is right and the server up",
        ) from error  # fmt: skip


def _check(status: int, body: bytes) -> None:
    if status == 200:
        return
    if status in {401, 403}:
        raise PrometheusError(
            "authorization", "must be accepted there", f"status {status}",
            'send the whole header, for example "Bearer" and the token',
        )  # fmt: skip
    try:
        said = str(from_json(body).get("error", ""))[:200]
    except (ValueError, AttributeError):
        said = ""
    raise PrometheusError(
        "query", "must be answered there", f"status {status} {said}".strip(),
        "try the query in that Prometheus",
    )  # fmt: skip


def _piece(body: bytes) -> Piece:
    try:
        document = from_json(body)
        data = document["data"]
        if data["resultType"] != "matrix":
            raise ValueError(data["resultType"])
        return _matrix(data["result"], body)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise PrometheusError(
            "url", "must answer as a Prometheus does", type(error).__name__,
            "give the address of a Prometheus, without /api",
        ) from error  # fmt: skip


def _matrix(result: list[dict[str, Any]], body: bytes) -> Piece:
    labels: list[Mapping[str, str]] = []
    counts: list[int] = []
    times: list[float] = []
    values: list[float] = []
    for series in result:
        pairs = series.get("values", [])
        labels.append({str(k): str(v) for k, v in series["metric"].items()})
        counts.append(len(pairs))
        times.extend(float(pair[0]) for pair in pairs)
        values.extend(float(pair[1]) for pair in pairs)
    time_s = np.array(times, np.float64)
    return Piece(
        labels, np.repeat(np.arange(len(counts)), counts).astype(np.int64),
        np.round(time_s * 1e6).astype(np.int64), np.array(values, np.float64), body,
    )  # fmt: skip
