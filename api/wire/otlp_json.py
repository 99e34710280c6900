"""OpenTelemetry metrics over HTTP, as JSON; names are in lowerCamelCase."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
from pydantic_core import from_json

from api.wire.compression import damaged
from api.wire.otlp import CUMULATIVE, DELTA, MOST_POINTS, NO_TIME, NO_VALUE, samples
from api.wire.parts import check_parts
from api.wire.samples import NAME, Labels, Samples

MOST_BYTES = 8_000_000
"""As objects of Python a text takes twenty times its length and more."""


class _Points:
    """Points as they are found, one series each."""

    def __init__(self) -> None:
        self.keys: list[tuple[Any, ...]] = []
        self.labels: list[Labels] = []
        self.time_ns: list[int] = []
        self.value: list[float] = []
        self.unsupported: Counter[str] = Counter()

    def samples(self) -> Samples:
        """What they come to."""
        return samples(
            self.keys, lambda wanted: [dict(self.labels[i]) for i in wanted],
            np.array(self.time_ns, np.uint64), np.array(self.value, np.float64),
            self.unsupported,
        )  # fmt: skip


# --- JSON -------------------------------------------------------------------------


def read_json(data: bytes) -> Samples:
    """
    Take a request apart.

    Raises:
        Refusal: 400 where it is no JSON or has another shape, 413 where it has too
            many values.
    """
    check_parts(data)
    try:
        document = from_json(data, allow_inf_nan=False, cache_strings=False)
        return _from_document(document).samples()
    except (ValueError, TypeError, AttributeError, KeyError, OverflowError) as error:
        raise damaged("OTLP request in JSON") from error


def _from_document(document: Any) -> _Points:
    points = _Points()
    for resource in document.get("resourceMetrics", ()):
        own = _json_pairs(resource.get("resource", {}).get("attributes", ()))
        for scope in resource.get("scopeMetrics", ()):
            for metric in scope.get("metrics", ()):
                _add_metric(points, own, metric)
    return points


def _add_metric(points: _Points, own: Labels, metric: Mapping[str, Any]) -> None:
    for kind in ("histogram", "exponentialHistogram", "summary"):
        count = len(metric.get(kind, {}).get("dataPoints", ()))
        points.unsupported[f"{kind}s"] += count
    total = metric.get("sum", {})
    temporality = total.get("aggregationTemporality", 0)
    found = list(total.get("dataPoints", ()))
    if temporality not in (CUMULATIVE, "AGGREGATION_TEMPORALITY_CUMULATIVE"):
        points.unsupported[DELTA] += len(found)
        found = []
    for point in (*metric.get("gauge", {}).get("dataPoints", ()), *found):
        _add_point(points, own, str(metric.get("name", "")), point)
    if len(points.keys) > MOST_POINTS:
        raise damaged(f"request: more than {MOST_POINTS} points")


def _add_point(
    points: _Points, own: Labels, name: str, point: Mapping[str, Any]
) -> None:
    time_ns = int(point.get("timeUnixNano", 0))
    if time_ns <= 0:
        points.unsupported[NO_TIME] += 1
        return
    value = float(point.get("asDouble", point.get("asInt", "nan")))
    if int(point.get("flags", 0)) & NO_VALUE:
        value = float("nan")
    labels = {**own, **_json_pairs(point.get("attributes", ())), NAME: name}
    points.keys.append(tuple(sorted(labels.items())))
    points.labels.append(labels)
    points.time_ns.append(time_ns)
    points.value.append(value)


def _json_pairs(attributes: Any) -> Labels:
    found = {}
    for attribute in attributes:
        for kind, value in attribute.get("value", {}).items():
            if kind in ("stringValue", "intValue"):
                found[str(attribute["key"])] = str(value)
            elif kind == "boolValue":
                found[str(attribute["key"])] = str(bool(value)).lower()
            elif kind == "doubleValue":
                found[str(attribute["key"])] = f"{float(value):g}"
    return found
