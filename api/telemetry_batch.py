"""
An agent's batch: bytes to readings, every rule checked before anything is kept.

docs/telemetry.md is the contract. Memory is bounded by the sizes here whatever a body
claims to be: it is decompressed in pieces, and a count is believed only once seen.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydantic_core import from_json

from api.problems import Refusal
from api.wire.parts import check_parts
from store.telemetry.writer import Event
from twin.errors import ScenarioError, ScenarioErrors
from twin.scenario.parse import nearest
from twin.telemetry.fields import BY_NAME, KINDS
from twin.telemetry.names import KEY, SOURCE
from twin.telemetry.readings import Device, Readings

FORMAT = 1
MAX_BYTES = 8_000_000
MAX_TEXT_BYTES = 40_000_000
"""A body's size as sent, and once decompressed."""
MAX_READINGS = 200_000
MAX_DEVICES = 1024
MAX_EVENTS = 1000
MAX_FACTS = 40
MAX_TEXT = 200
WHOLE = 2**53
"""Whole numbers beyond are not exact in JavaScript, nor needed."""

SPOOL = re.compile(r"[0-9a-f]{32}")
NUMBERS = {int, float, type(None)}
PACKED = {"f4": "<f4", "f8": "<f8", "i4": "<i4", "i8": "<i8"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One agent's batch; its readings are whole, not yet cleaned."""

    agent: str
    version: str
    spool: str
    sequence: int
    readings: Readings
    events: tuple[Event, ...]
    clock: Mapping[str, float]


def decompressed(body: bytes, encoding: str) -> bytes:
    """
    Undo a Content-Encoding.

    Raises:
        Refusal: 415 for another encoding than gzip, 413 if it unpacks to more than
            `MAX_TEXT_BYTES`, 422 if it is broken.
    """
    if encoding in {"", "identity"}:
        return body
    if encoding != "gzip":
        raise Refusal(415, f"Content-Encoding {encoding!r} is not offered; use gzip")
    unpack = zlib.decompressobj(wbits=31)
    try:
        text = unpack.decompress(body, MAX_TEXT_BYTES + 1)
    except zlib.error as error:
        raise Refusal(422, f"The body is not gzip: {error}") from error
    if len(text) > MAX_TEXT_BYTES:
        raise Refusal(413, f"The body unpacks to more than {MAX_TEXT_BYTES} bytes")
    if not unpack.eof or unpack.unused_data:
        raise Refusal(422, "The gzip stream is cut off, or something follows it")
    return text


def parse_batch(text: bytes) -> Batch:
    """
    Read a batch.

    Args:
        text: JSON.

    Returns:
        The batch.

    Raises:
        ScenarioErrors: With the field, rule, value and repair of everything wrong.
        Refusal: 413 where it would take far more memory than its text does.
    """
    check_parts(text)
    try:
        document = from_json(text, allow_inf_nan=False, cache_strings="keys")
    except ValueError as error:
        raise _wrong(
            "body", "must be JSON", str(error)[:MAX_TEXT], "see docs"
        ) from None
    body = _mapping("body", document)
    _known_keys(
        "", body, ("format", "agent", "sequence", "start_us", "clock", "devices",
                   "columns", "events"),
    )  # fmt: skip
    if body.get("format") != FORMAT:
        raise _wrong(
            "format", f"must be {FORMAT}", body.get("format"), "update the agent"
        )
    agent = _mapping("agent", body.get("agent"))
    _known_keys("agent.", agent, ("name", "version", "spool"))
    devices = _devices(body.get("devices"))
    return Batch(
        agent=_matching("agent.name", agent.get("name"), SOURCE),
        version=_text("agent.version", agent.get("version", ""), 40),
        spool=_matching("agent.spool", agent.get("spool"), SPOOL),
        sequence=_whole("sequence", body.get("sequence"), 0, WHOLE),
        readings=_readings(devices, body),
        events=_events(devices, body.get("events", [])),
        clock=_clock(body.get("clock", {})),
    )


# --- parts ------------------------------------------------------------------------


def _devices(value: Any) -> tuple[Device, ...]:
    items = _list("devices", value, MAX_DEVICES)
    devices = tuple(_device(f"devices.{i}", item) for i, item in enumerate(items))
    keys = [d.key for d in devices]
    for i, key in enumerate(keys):
        if key in keys[:i]:
            raise _wrong(f"devices.{i}.key", "must be given once", key, "remove one")
    return devices


def _device(field: str, value: Any) -> Device:
    body = _mapping(field, value)
    _known_keys(f"{field}.", body, ("key", "kind", "model", "index", "parent", "facts"))
    kind = body.get("kind", "gpu")
    if kind not in KINDS:
        raise _wrong(f"{field}.kind", f"must be one of {', '.join(KINDS)}", kind, "")
    facts = _mapping(f"{field}.facts", body.get("facts", {}))
    if len(facts) > MAX_FACTS:
        raise _wrong(f"{field}.facts", f"at most {MAX_FACTS}", len(facts), "send fewer")
    parent = body.get("parent") or ""
    return Device(
        key=_matching(f"{field}.key", body.get("key"), KEY), kind=kind,
        model=_text(f"{field}.model", body.get("model", "")),
        index=_whole(f"{field}.index", body.get("index", 0), 0, 10_000),
        parent=_matching(f"{field}.parent", parent, KEY) if parent else "",
        facts={
            _text(f"{field}.facts", k, 60): _fact(f"{field}.facts.{k}"[:90], v)
            for k, v in facts.items()
        },
    )  # fmt: skip


def _fact(field: str, value: Any) -> float | str:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise _wrong(field, "must be a number or text", value, "leave it out")
    if isinstance(value, str):
        return _text(field, value)
    if abs(value) > 1e18:
        raise _wrong(field, "must be below 1e18", str(value)[:40], "correct it")
    return float(value)


def _readings(devices: tuple[Device, ...], body: Mapping[str, Any]) -> Readings:
    columns = _mapping("columns", body.get("columns"))
    known = ("device", "offset_us", *BY_NAME)
    _known_keys("columns.", columns, known)
    start_us = _whole("start_us", body.get("start_us"), 0, WHOLE)
    device = _column("device", columns.get("device"))
    offset_us = _column("offset_us", columns.get("offset_us"))
    size = device.size
    values = {n: _column(n, columns[n]) for n in columns if n in BY_NAME}
    for name, column in (("offset_us", offset_us), *values.items()):
        if column.size != size:
            raise _wrong(
                f"columns.{name}", f"must be as long as columns.device, {size}",
                column.size, "send every column for every reading, null where missing",
            )  # fmt: skip
    _check_whole("device", device, 0, len(devices) - 1)
    _check_whole("offset_us", offset_us, -WHOLE, WHOLE)
    return Readings(
        devices=devices, device=device.astype(np.int64),
        time_us=start_us + offset_us.astype(np.int64), columns=values,
    )  # fmt: skip


def _column(name: str, value: Any) -> np.ndarray:
    field = f"columns.{name}"
    if isinstance(value, dict):
        array = _unpacked(field, value)
    else:
        items = _list(field, value, MAX_READINGS)
        others = set(map(type, items)) - NUMBERS
        if others:
            what = min(kind.__name__ for kind in others)
            raise _wrong(field, "must hold numbers and nulls", what, "remove it")
        try:
            array = np.array(items, dtype=np.float64)
        except OverflowError:
            raise _wrong(field, "must be finite", "a whole number beyond all doubles",
                         "correct it") from None  # fmt: skip
    if array.size > MAX_READINGS:
        raise _wrong(field, f"at most {MAX_READINGS} readings", array.size, "send less")
    if np.isinf(array).any():
        raise _wrong(field, "must be finite", "infinity", "send NaN where missing")
    return array


def _unpacked(field: str, value: Mapping[str, Any]) -> np.ndarray:
    kind, text = next(iter(value.items()), ("", ""))
    if len(value) != 1 or kind not in PACKED or not isinstance(text, str):
        raise _wrong(
            field, f"must be one of {', '.join(PACKED)} and base64",
            ", ".join(map(str, value))[:60], "see docs/telemetry.md",
        )  # fmt: skip
    packing = np.dtype(PACKED[kind])
    count = 3 * len(text) // 4 // packing.itemsize
    if count > MAX_READINGS + 1:  # the padding of base64 counts for less than one
        raise _wrong(field, f"at most {MAX_READINGS} readings", count, "send less")
    try:
        raw = base64.b64decode(text, validate=True)
        return np.frombuffer(raw, packing).astype(np.float64)
    except (binascii.Error, ValueError) as error:
        raise _wrong(f"{field}.{kind}", "must be base64 of whole numbers of bytes",
                     str(error)[:80], "encode it again") from None  # fmt: skip


def _check_whole(name: str, array: np.ndarray, low: int, high: int) -> None:
    field = f"columns.{name}"
    wrong = ~(np.isfinite(array) & (array >= low) & (array <= high))
    if array.size and not wrong.any():
        wrong = array != np.floor(array)
    if wrong.any():
        place = int(np.flatnonzero(wrong)[0])
        raise _wrong(f"{field}.{place}", f"must be a whole number from {low} to {high}",
                     float(array[place]), "correct it")  # fmt: skip


def _events(devices: tuple[Device, ...], value: Any) -> tuple[Event, ...]:
    events = []
    for i, item in enumerate(_list("events", value, MAX_EVENTS)):
        field = f"events.{i}"
        body = _mapping(field, item)
        _known_keys(f"{field}.", body, ("time_us", "device", "kind", "text"))
        place = body.get("device")
        if place is not None:
            place = _whole(f"{field}.device", place, 0, len(devices) - 1)
        events.append(
            Event(
                time_us=_whole(f"{field}.time_us", body.get("time_us"), 0, WHOLE),
                device="" if place is None else devices[place].key,
                kind=_text(f"{field}.kind", body.get("kind", ""), 40),
                text=_text(f"{field}.text", body.get("text", ""), 400),
            )
        )
    return tuple(events)


def _clock(value: Any) -> dict[str, float]:
    body = _mapping("clock", value)
    _known_keys("clock.", body, ("offset_s", "uncertainty_s", "steps"))
    for name, number in body.items():
        if type(number) not in NUMBERS or abs(number or 0) >= 1e12:
            raise _wrong(f"clock.{name}", "must be a number below 1e12",
                         _short(number), "correct it, or leave it out")  # fmt: skip
    return {k: float(v) for k, v in body.items() if v is not None}


# --- rules ------------------------------------------------------------------------


def _mapping(field: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _wrong(field, "must be an object", _short(value), "see docs/telemetry.md")
    return value


def _list(field: str, value: Any, most: int) -> list[Any]:
    if not isinstance(value, list):
        raise _wrong(field, "must be a list", _short(value), "see docs/telemetry.md")
    if len(value) > most:
        raise _wrong(field, f"at most {most}", len(value), "send it in parts")
    return value


def _known_keys(prefix: str, body: Mapping[str, Any], known: Sequence[str]) -> None:
    wrong = [key for key in body if key not in known]
    if wrong:
        raise ScenarioErrors(
            [
                ScenarioError(
                    field=f"{prefix}{key}"[:90], rule="is not a known key",
                    value=_short(body[key]), repair=nearest(key[:60], list(known)),
                )
                for key in wrong[:20]
            ]
        )  # fmt: skip


def _whole(field: str, value: Any, low: int, high: int) -> int:
    good = isinstance(value, int) and not isinstance(value, bool)
    if not good or not low <= value <= high:
        raise _wrong(field, f"must be a whole number from {low} to {high}",
                     _short(value), "correct it")  # fmt: skip
    return int(value)


def _text(field: str, value: Any, most: int = MAX_TEXT) -> str:
    if not isinstance(value, str) or not value.isprintable():
        raise _wrong(field, "must be printable text", _short(value), "correct it")
    if len(value) > most:
        raise _wrong(field, f"at most {most} characters", len(value), "shorten it")
    return value


def _matching(field: str, value: Any, pattern: re.Pattern[str]) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise _wrong(field, f"must match {pattern.pattern}", _short(value), "rename it")
    return value


def _short(value: Any) -> str:
    if isinstance(value, dict | list):
        return f"{type(value).__name__} of {len(value)}"
    return str(value)[:80]


def _wrong(field: str, rule: str, value: Any, repair: str) -> ScenarioErrors:
    return ScenarioErrors([ScenarioError(field, rule, value, repair or "correct it")])
