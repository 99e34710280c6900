"""
OpenTelemetry metrics over HTTP, as protobuf; `otlp_json` reads them as JSON.

Gauges and cumulative sums are taken; a sum of differences is not, because a counter
cannot be put together from pieces of which one may be lost.

Source: opentelemetry-proto, collector/metrics/v1/metrics_service.proto and
metrics/v1/metrics.proto (stable); the specification of OTLP/HTTP.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from pydantic_core import to_json

from api.problems import Refusal
from api.wire.compression import damaged
from api.wire.protobuf import (
    BYTES,
    FIXED64,
    VARINT,
    Level,
    doubles,
    integers,
    scan,
    spans,
    whole,
)
from api.wire.samples import NAME, Labels, Samples
from twin.types import FloatArray, IntArray

PROTOBUF, JSON = "application/x-protobuf", "application/json"
MOST_POINTS = 200_000
CUMULATIVE = 2
NO_VALUE = 1
_NONE = np.zeros(0, np.int64)
DELTA = "sums of differences (set the temporality to cumulative)"
NO_TIME = "points without a time"
_OTHER = {9: "histograms", 10: "exponential histograms", 11: "summaries"}


def encoding_of(content_type: str) -> str:
    """
    Find out how a request is written.

    Raises:
        Refusal: 415 where it is neither protobuf nor JSON.
    """
    media = content_type.split(";")[0].strip().lower()
    if media in {PROTOBUF, JSON}:
        return media
    raise Refusal(
        415, f"content-type {media[:80]!r} is none that is taken here; send {PROTOBUF} "
        f"or {JSON}",
    )  # fmt: skip


def answer(encoding: str, *, rejected: int, message: str) -> bytes:
    """Write an ExportMetricsServiceResponse; all taken without a word is empty."""
    if encoding == JSON:
        part = {"rejectedDataPoints": str(rejected), "errorMessage": message}
        return to_json({"partialSuccess": part} if rejected or message else {})
    text = message.encode()
    inside = (b"\x08" + _varint(rejected) if rejected else b"") + (
        b"\x12" + _varint(len(text)) + text if text else b""
    )
    return b"\x0a" + _varint(len(inside)) + inside if inside else b""


def status(encoding: str, message: str) -> bytes:
    """Write a google.rpc.Status, the body of every refusal of OTLP/HTTP."""
    if encoding == JSON:
        return to_json({"code": _INVALID, "message": message})
    text = message.encode()
    return b"\x08" + _varint(_INVALID) + b"\x12" + _varint(len(text)) + text


_INVALID = 3


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def samples(
    keys: Sequence[Any],
    labels: Any,
    time_ns: np.ndarray,
    value: FloatArray,
    unsupported: Mapping[str, int],
) -> Samples:
    """Put points together, one series each."""
    return Samples(
        keys=keys, labels=labels, series=np.arange(len(keys)),
        time_us=(time_ns // np.uint64(1000)).astype(np.int64), value=value,
        unsupported={k: n for k, n in unsupported.items() if n},
    )  # fmt: skip


# --- protobuf ---------------------------------------------------------------------


def read_protobuf(data: bytes) -> Samples:
    """
    Take an ExportMetricsServiceRequest apart.

    Raises:
        Refusal: 400 where it is damaged.
    """
    raw = np.frombuffer(data, np.uint8)
    unsupported: Counter[str] = Counter()
    tops = whole(raw).of(1, BYTES)
    resources = _inside(raw, tops)
    own = np.full(len(tops), -1)
    described = resources.of(1, BYTES)
    own[described.parent] = np.arange(len(described))
    scopes = resources.of(2, BYTES)
    metrics = _inside(raw, scopes).of(2, BYTES)
    of_metric = scopes.parent[metrics.parent]
    fields = _inside(raw, metrics)
    texts = {p: data[a:b] for p, a, b in fields.of(1, BYTES).rows()}
    for field, kind in _OTHER.items():
        points = _inside(raw, fields.of(field, BYTES)).of(1, BYTES)
        unsupported[kind] += len(points)
    points, metric = _number_points(raw, fields, unsupported)
    names = [texts.get(m, b"") for m in metric.tolist()]
    resource = own[of_metric[metric]]
    return _points(data, raw, points, described, resource, names, unsupported)


def _inside(raw: np.ndarray, messages: Level) -> Level:
    return scan(raw, messages.start, messages.end)


def _number_points(
    raw: np.ndarray, fields: Level, unsupported: Counter[str]
) -> tuple[Level, IntArray]:
    """Points of gauges and cumulative sums, and which metric each is of."""
    gauges, sums = fields.of(5, BYTES), fields.of(7, BYTES)
    of_sum = _inside(raw, sums)
    temporality = np.zeros(len(sums), np.int64)
    said = of_sum.of(2, VARINT)
    temporality[said.parent] = said.start
    of_gauge, points = _inside(raw, gauges).of(1, BYTES), of_sum.of(1, BYTES)
    cumulative = temporality[points.parent] == CUMULATIVE
    unsupported[DELTA] += int(np.count_nonzero(~cumulative))
    points = points.take(np.flatnonzero(cumulative))
    metric = np.concatenate(
        [gauges.parent[of_gauge.parent], sums.parent[points.parent]]
    )
    both = Level(*(
        np.concatenate([getattr(of_gauge, name), getattr(points, name)])
        for name in Level.__slots__
    ))  # fmt: skip
    if len(both) > MOST_POINTS:
        raise damaged(f"request: more than {MOST_POINTS} points")
    return both, metric


def _points(
    data: bytes,
    raw: np.ndarray,
    points: Level,
    resources: Level,
    resource: IntArray,
    names: Sequence[bytes],
    unsupported: Counter[str],
) -> Samples:
    time_ns, value, attributes = _columns(raw, points)
    first, last = spans(attributes.parent, len(points))
    chosen = np.flatnonzero(time_ns > 0)
    unsupported[NO_TIME] += len(points) - chosen.size
    places = list(
        zip(chosen.tolist(), resource[chosen].tolist(), first[chosen].tolist(),
            last[chosen].tolist(), strict=True)
    )  # fmt: skip
    keys = [
        (
            data[resources.start[r] : resources.end[r]] if r >= 0 else b"",
            names[i],
            data[attributes.tag[a] : attributes.end[b - 1]] if b > a else b"",
        )
        for i, r, a, b in places
    ]

    def labels_of(wanted: Sequence[int]) -> list[Labels]:
        some = [places[i] for i in wanted]
        theirs = sorted({r for _, r, _, _ in some if r >= 0})
        rows = _inside(raw, resources.take(np.array(theirs, np.int64))).of(1, BYTES)
        edges = np.searchsorted(rows.parent, np.arange(len(theirs) + 1)).tolist()
        own = dict(zip(theirs, _labels(data, raw, rows, edges), strict=True))
        spread = [_NONE, *(np.arange(a, b) for _, _, a, b in some)]
        edges = np.cumsum([part.size for part in spread]).tolist()
        mine = _labels(data, raw, attributes.take(np.concatenate(spread)), edges)
        return [
            own.get(r, {}) | labels | {NAME: _text(names[i])}
            for (i, r, _, _), labels in zip(some, mine, strict=True)
        ]

    return samples(keys, labels_of, time_ns[chosen], value[chosen], unsupported)


def _columns(raw: np.ndarray, points: Level) -> tuple[np.ndarray, FloatArray, Level]:
    """Times, values and attributes of points."""
    inside = _inside(raw, points)
    time_ns, value = np.zeros(len(points), np.uint64), np.full(len(points), np.nan)
    times, flags = inside.of(3, FIXED64), inside.of(8, VARINT)
    time_ns[times.parent] = integers(raw, times.start).view(np.uint64)
    whole_numbers, real = inside.of(6, FIXED64), inside.of(4, FIXED64)
    value[whole_numbers.parent] = integers(raw, whole_numbers.start)
    value[real.parent] = doubles(raw, real.start)
    value[flags.parent[flags.start & NO_VALUE == 1]] = np.nan
    return time_ns, value, inside.of(7, BYTES)


def _labels(
    data: bytes, raw: np.ndarray, rows: Level, edges: Sequence[int]
) -> list[Labels]:
    """Attributes as text, a mapping per span; lists and bytes are no labels."""
    pairs = _inside(raw, rows)
    names = {row: _text(data[a:b]) for row, a, b in pairs.of(1, BYTES).rows()}
    boxes = pairs.of(2, BYTES)
    values = _inside(raw, boxes)
    found: dict[int, str] = {}
    for row, field, kind, start, end in zip(
        boxes.parent[values.parent].tolist(), values.field.tolist(),
        values.kind.tolist(), values.start.tolist(), values.end.tolist(), strict=True,
    ):  # fmt: skip
        if field == 1 and kind == BYTES:
            found[row] = _text(data[start:end])
        elif field == 2 and kind == VARINT:
            found[row] = str(bool(start)).lower()
        elif field == 3 and kind == VARINT:
            found[row] = str(start)
        elif field == 4 and kind == FIXED64:
            found[row] = f"{doubles(raw, np.array([start]))[0]:g}"
    return [
        {names.get(r, ""): found[r] for r in range(a, b) if r in found}
        for a, b in pairwise(edges)
    ]


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise damaged("request: a text is not UTF-8") from error
