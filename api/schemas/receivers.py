"""Documents of the receivers: what came from others' senders, and what became of it."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from api.schemas.base import In, Out, said
from api.schemas.telemetry import RefusedOut

_AT = "2026-01-31T12:00:00Z"


class IgnoredOut(Out):
    """Series that have no place here."""

    name: str = said("Name of the metric", "node_load1")
    reason: str = said("Why it is not kept", "unknown name")
    samples: int = said("How many samples", 480)


class ReceiverOut(Out):
    """What one receiver got since the server started."""

    kind: Literal["prometheus", "otlp", "upload"] = said("Protocol", "prometheus")
    requests: int = said("Requests, files or pulls", 12)
    last_at: dt.datetime | None = said("When the last one came, UTC", _AT)
    samples: int = said("Samples or rows in them", 24_000)
    stored: int = said("Readings stored: samples of a device at one instant", 1600)
    missing: int = said("Samples without a value: stale markers, blanks", 3)
    refused: list[RefusedOut] = said("What broke a rule", [])
    ignored: list[IgnoredOut] = said("Names that have no place here, most first", [])
    ignored_more: int = said("Samples of further names", 0)
    unsupported: dict[str, int] = said(
        "What else was there and is not kept", {"histograms": 2}, unit="1"
    )


class ReceiverList(Out):
    """All receivers."""

    items: list[ReceiverOut] = said("Receivers", [])


class UploadQuery(In):
    """What a file does not say itself."""

    source: str = said(
        "Host the readings are of", "node017", min_length=1, max_length=120
    )
    kind: Literal["gpu", "host", "cpu", "psu", "meter"] = said(
        "What its devices are", "gpu", "gpu"
    )
    device: str = said(
        "Key of the one device, where no column tells", "GPU-8f6c", "", max_length=120
    )
    time_zone: str | None = said(
        "Zone of times that name none", "Europe/Oslo", None, max_length=60
    )
    start: dt.datetime | None = said(
        "Start of a recording whose times count from it", _AT, None
    )


class UploadOut(Out):
    """What became of a file."""

    rows: int = said("Rows read", 3600)
    stored: int = said("Readings stored", 3600)
    times: str = said("How times were read", "times are milliseconds since 1970")
    devices: list[str] = said("Keys of its devices, at most 200", ["GPU-8f6c"])
    fields: dict[str, str] = said(
        "Column to field", {"power.draw.instant [W]": "power_w"}
    )
    ignored_columns: list[str] = said("Columns that mean nothing here", ["pstate"])
    refused: list[RefusedOut] = said("What broke a rule and was left out", [])


class PullIn(In):
    """A range of a Prometheus."""

    url: str = said(
        "Its address, without /api", "http://prometheus.site:9090", max_length=500
    )
    preset: Literal["dcgm"] | None = said("A query by name", "dcgm", None)
    query: str | None = said(
        "PromQL that keeps names and labels", "DCGM_FI_DEV_POWER_USAGE", None,
        min_length=1, max_length=5000,
    )  # fmt: skip
    start: dt.datetime = said("First instant", _AT)
    end: dt.datetime = said("Last instant", "2026-02-01T12:00:00Z")
    step_s: float = said(
        "Between two instants; the scrape interval keeps every sample", 15.0,
        unit="s", ge=0.1, le=86_400,
    )  # fmt: skip
    source: str | None = said(
        "Host for series that name none", "node017", None, max_length=120
    )
    authorization: str = said(
        "Value of the header Authorization; used for this pull, kept nowhere",
        "Bearer …", "", max_length=4000, repr=False,
    )  # fmt: skip
