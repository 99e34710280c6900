"""What the columns of somebody's file are: time, device, or one of our fields."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from twin.errors import ScenarioError
from twin.telemetry.fields import BY_NAME, FIELDS

Kind = Literal["time", "device", "index", "model", "field"]

_TIMES = {
    "timestamp": "", "time": "", "datetime": "", "date": "", "ts": "", "epoch": "",
    "time_s": "s", "time_ms": "ms", "time_us": "us", "epoch_s": "s", "epoch_ms": "ms",
    "t_s": "from start, s", "t_ms": "from start, ms", "t_us": "from start, us",
}  # fmt: skip
_DEVICES = {"uuid", "gpu_uuid", "device", "device_key", "key"}
_INDICES = {"index", "gpu", "gpu_index", "gpu_id"}
_MODELS = {"name", "model", "modelname"}

_SCALES = {
    "W": {"W": 1.0, "mW": 1e-3, "kW": 1e3},
    "J": {"J": 1.0, "mJ": 1e-3, "kJ": 1e3, "Wh": 3600.0, "kWh": 3.6e6},
    "Hz": {"Hz": 1.0, "kHz": 1e3, "MHz": 1e6, "GHz": 1e9},
    "1": {"1": 1.0, "%": 1e-2},
    "°C": {"C": 1.0, "°C": 1.0, "degC": 1.0},
    "bits": {},
}
_UNIT = re.compile(r"^(.*?)\s*[\[(]([^\])]*)[\])]$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """
    One column that is used.

    Attributes:
        place: Where it stands in a row.
        header: As the file has it.
        kind: What it tells.
        field: Our field, of kind "field".
        factor: Ours is theirs times this.
        unit: As the header has it, "" if it does not.
        scale: How a time is counted, "" if that must be found out.
        rank: Of several that tell the same field, the lowest is used.
    """

    place: int
    header: str
    kind: Kind
    field: str = ""
    factor: float = 1.0
    unit: str = ""
    scale: str = ""
    rank: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The columns of a file: those used, and headers that mean nothing here."""

    time: Column
    fields: tuple[Column, ...]
    device: Column | None
    index: Column | None
    model: Column | None
    ignored: tuple[str, ...]


def recognise(headers: Sequence[str]) -> Columns:
    """
    Find out what each column of a file is.

    Args:
        headers: First row of the file.

    Raises:
        ScenarioError: If there is no time, no field of ours, or a unit of another kind.
    """
    found = [_column(i, header) for i, header in enumerate(headers)]
    best: dict[str, Column] = {}
    for column in sorted((c for c in found if c), key=lambda c: c.rank):
        best.setdefault(column.field or column.kind, column)
    fields = tuple(c for c in best.values() if c.kind == "field")
    if "time" not in best:
        raise _missing("a column with the time", headers, "name it timestamp")
    if not fields:
        raise _missing(
            "a column that is known",
            headers,
            "name one power_w, or see docs/receivers.md",
        )
    used = {c.place for c in best.values()}
    return Columns(
        time=best["time"], fields=fields, device=best.get("device"),
        index=best.get("index"), model=best.get("model"),
        ignored=tuple(h.strip()[:80] for i, h in enumerate(headers) if i not in used),
    )  # fmt: skip


def _column(place: int, header: str) -> Column | None:
    text = header.strip().lstrip("\ufeff").strip()
    split = _UNIT.match(text)
    name, unit = (split[1], split[2].strip()) if split else (text, "")
    low = name.lower()
    if low in _TIMES:
        return Column(place=place, header=text, kind="time", scale=_TIMES[low])
    for names, kind in _ROLES:
        if low in names:
            return Column(place=place, header=text, kind=kind)
    known = _FIELDS.get(name) or _FIELDS.get(low)
    if known is None:
        return None
    field, factor, rank = known
    if unit:
        factor = _factor(field, unit, text)
    return Column(
        place=place, header=text, kind="field", field=field, factor=factor, unit=unit,
        rank=rank,
    )  # fmt: skip


_ROLES: tuple[tuple[set[str], Kind], ...] = (
    (_DEVICES, "device"), (_INDICES, "index"), (_MODELS, "model"),
)  # fmt: skip


def _names() -> dict[str, tuple[str, float, int]]:
    found: dict[str, tuple[str, float, int]] = {}
    for field in FIELDS:
        theirs = ((field.name, 1.0), *field.files, *field.dcgm, *field.otel)
        for rank, (name, factor) in enumerate(theirs):
            found.setdefault(name, (field.name, factor, rank))
    return found


_FIELDS = _names()


def _factor(field: str, unit: str, header: str) -> float:
    scales = _SCALES[BY_NAME[field].unit]
    if unit not in scales:
        known = ", ".join(scales) or "no unit"
        raise ScenarioError(header[:80], f"must be in one of {known}", unit,
                            "convert the column and name the unit in its "
                            "header")  # fmt: skip
    return scales[unit]


def _missing(what: str, headers: Sequence[str], repair: str) -> ScenarioError:
    return ScenarioError("line 1", f"must have {what}",
                         ", ".join(h.strip()[:40] for h in headers[:10]) or "nothing",
                         repair)  # fmt: skip
