"""
Prometheus remote-write, versions 1.0 and 2.0.

Histograms and exemplars are counted and left.

Source: prometheus.io/docs/specs/prw (1.0; 2.0-rc.4), the tables of fields in them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from itertools import pairwise

import numpy as np

from api.problems import Refusal
from api.wire.compression import damaged
from api.wire.protobuf import (
    BYTES,
    FIXED64,
    VARINT,
    Level,
    doubles,
    packed,
    scan,
    spans,
    whole,
)
from api.wire.samples import Labels, Samples
from twin.types import IntArray

V1, V2 = "prometheus.WriteRequest", "io.prometheus.write.v2.Request"
MOST_SERIES = 200_000
_YEAR_9999_MS = 253_402_300_800_000


def message_of(content_type: str) -> str:
    """
    Find out which message a content type announces.

    Raises:
        Refusal: 415 where it is none of the two.
    """
    media, *parameters = (part.strip() for part in content_type.lower().split(";"))
    named = {}
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        named[name.strip()] = value.strip().strip('"')
    proto = named.get("proto", V1.lower())
    for message in (V1, V2):
        if media == "application/x-protobuf" and proto == message.lower():
            return message
    raise Refusal(
        415,
        f"content-type {content_type[:120]!r} is none that is taken here; send "
        f"application/x-protobuf, with ;proto={V2} for version 2.0",
        headers={"accept": f"application/x-protobuf;proto={V2}"},
    )


def read(data: bytes, message: str) -> Samples:
    """
    Take a request apart.

    Args:
        data: The message, unpacked.
        message: `V1` or `V2`.

    Raises:
        Refusal: 400 where it is damaged or breaks the specification.
    """
    raw = np.frombuffer(data, np.uint8)
    return _read_v1(data, raw) if message == V1 else _read_v2(data, raw)


def _read_v1(data: bytes, raw: np.ndarray) -> Samples:
    series = whole(raw).of(1, BYTES)
    inside = _series(raw, series)
    labels = inside.of(1, BYTES)
    first, last = spans(labels.parent, len(series))
    if (first == last).any():
        raise damaged("request: a series has no labels")
    start, end = labels.tag[first].tolist(), labels.end[last - 1].tolist()
    keys = [data[a:b] for a, b in zip(start, end, strict=True)]

    def labels_of(wanted: Sequence[int]) -> list[Labels]:
        rows = [np.arange(first[i], last[i]) for i in wanted]
        chosen = labels.take(np.concatenate([np.zeros(0, np.int64), *rows]))
        pairs = scan(raw, chosen.start, chosen.end)
        names: dict[int, bytes] = {}
        values: dict[int, bytes] = {}
        for found, level in ((names, pairs.of(1, BYTES)), (values, pairs.of(2, BYTES))):
            for row, a, b in level.rows():
                found[row] = data[a:b]
        place, answer = 0, []
        for of_series in rows:
            span = range(place, place + of_series.size)
            answer.append(
                _texts([(names.get(r, b""), values.get(r, b"")) for r in span])
            )
            place += of_series.size
        return answer

    return _written(raw, inside, keys, labels_of, exemplars=3, histograms=4)


def _read_v2(data: bytes, raw: np.ndarray) -> Samples:
    top = whole(raw)
    words = top.of(4, BYTES)
    symbols = [data[a:b] for _, a, b in words.rows()]
    series = top.of(5, BYTES)
    if len(series) and (not symbols or symbols[0]):
        raise damaged("request: symbols must start with an empty string")
    inside = _series(raw, series)
    references, bounds = _references(raw, inside, len(series))
    if references.size and not 0 <= references.min() <= references.max() < len(symbols):
        raise damaged("request: a reference points outside the symbols")
    if (np.diff(bounds) % 2).any() or (np.diff(bounds) == 0).any():
        raise damaged("request: labels_refs must be pairs")
    numbers, edges = references.tolist(), bounds.tolist()
    keys = [tuple([symbols[n] for n in numbers[a:b]]) for a, b in pairwise(edges)]

    def labels_of(wanted: Sequence[int]) -> list[Labels]:
        return [
            _texts(list(zip(keys[i][::2], keys[i][1::2], strict=True))) for i in wanted
        ]

    return _written(raw, inside, keys, labels_of, exemplars=4, histograms=3)


def _series(raw: np.ndarray, series: Level) -> Level:
    if len(series) > MOST_SERIES:
        raise damaged(f"request: more than {MOST_SERIES} series")
    return scan(raw, series.start, series.end)


def _references(
    raw: np.ndarray, inside: Level, count: int
) -> tuple[IntArray, IntArray]:
    """References of each series; parsers must take them packed or one by one."""
    rows = inside.take(np.flatnonzero(inside.field == 1))
    if (rows.kind == BYTES).all():
        values, bounds = packed(raw, rows.start, rows.end)
        sizes = np.bincount(rows.parent, np.diff(bounds), count)
    else:
        values = rows.of(1, VARINT).start
        sizes = np.bincount(rows.parent, minlength=count)
    return values, np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


def _written(
    raw: np.ndarray,
    inside: Level,
    keys: Sequence[Hashable],
    labels: Callable[[Sequence[int]], list[Labels]],
    *,
    exemplars: int,
    histograms: int,
) -> Samples:
    samples = inside.of(2, BYTES)
    pairs = scan(raw, samples.start, samples.end)
    value, time_ms = np.zeros(len(samples)), np.zeros(len(samples), np.int64)
    values, times = pairs.of(1, FIXED64), pairs.of(2, VARINT)
    value[values.parent] = doubles(
        raw, values.start
    )  # absent is 0, as the format has it
    time_ms[times.parent] = times.start
    if (np.abs(time_ms) > _YEAR_9999_MS).any():
        raise damaged("request: a timestamp is not in milliseconds")
    return Samples(
        keys=keys, labels=labels, series=samples.parent, time_us=time_ms * 1000,
        value=value,
        unsupported={
            "histograms": len(inside.of(histograms, BYTES)),
            "exemplars": len(inside.of(exemplars, BYTES)),
        },
    )  # fmt: skip


def _texts(pairs: Sequence[tuple[bytes, bytes]]) -> Labels:
    try:
        labels = {name.decode(): value.decode() for name, value in pairs}
    except UnicodeDecodeError as error:
        raise damaged("request: a label is not UTF-8") from error
    if len(labels) != len(pairs):
        raise damaged("request: a label is there twice")
    return labels
