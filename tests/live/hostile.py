"""Bodies that want to hurt: what a stranger, or a broken sender, may post."""

from __future__ import annotations

import base64
import gzip
import json
import struct
import zlib
from collections.abc import Iterator
from typing import Any

NOW_US = 1_763_733_600_000_000
SPOOL = "6f1d" + 28 * "0"


def good(now_us: int = NOW_US, **changed: Any) -> dict[str, Any]:
    """A small batch that breaks no rule, or one in which something was changed."""
    return {
        "format": 1,
        "agent": {"name": "node", "version": "0.1.0", "spool": SPOOL},
        "sequence": 0, "start_us": now_us, "clock": {},
        "devices": [{"key": "GPU-0", "kind": "gpu"}],
        "columns": {"device": [0, 0], "offset_us": [0, 1_000_000],
                    "power_w": [400.0, 410.0]},
        "events": [],
    } | changed  # fmt: skip


def columns(**changed: Any) -> dict[str, Any]:
    """The good batch with other columns."""
    return good(columns=good()["columns"] | changed)


def device(**changed: Any) -> dict[str, Any]:
    """The good batch with another device."""
    return good(devices=[{"key": "GPU-0", "kind": "gpu"} | changed])


def agent(**changed: Any) -> dict[str, Any]:
    """The good batch of another agent."""
    return good(agent=good()["agent"] | changed)


def text(document: Any) -> bytes:
    """JSON as Python writes it: NaN and Infinity too."""
    return json.dumps(document).encode()


def bomb(size: int, *, layers: int = 1) -> bytes:
    """So many zeros, gzipped: a thousandth of it, or less in layers."""
    pack = zlib.compressobj(9, wbits=31)
    block = b"0" * 1_000_000
    parts = [pack.compress(block) for _ in range(size // len(block))]
    packed = b"".join([*parts, pack.flush()])
    for _ in range(layers - 1):
        packed = gzip.compress(packed, 9)
    return packed


def doubles(*values: float) -> dict[str, str]:
    """A packed column."""
    return {"f8": base64.b64encode(struct.pack(f"<{len(values)}d", *values)).decode()}


NAMES = {
    "a path upwards": "../../etc/passwd",
    "an absolute path": "/etc/passwd",
    "a NUL": "node\0.txt",
    "text that runs from right to left": "\u202egpj.exe",
    "a very long name": "n" * 100_000,
    "a spreadsheet formula": "=cmd|' /C calc'!A0",
    "a line break": "node\r\nX-Injected: 1",
    "a terminal's escape": "\x1b[2J",
    "an empty name": "",
    "markup": "<script>alert(1)</script>",
    "a quote of SQL": "x'; DROP TABLE telemetry_inbox; --",
    "an underscore of Unicode": "node\ufe4f",
}
"""Names that are tricks; each is tried wherever a batch has a name."""


def batches() -> Iterator[tuple[str, bytes, dict[str, str]]]:
    """What is tried as a batch: name, body, headers beside the usual ones."""
    gz = {"content-encoding": "gzip"}
    yield "a gigabyte of zeros in gzip", bomb(1_000_000_000), gz
    yield "gzip in gzip in gzip", bomb(1_000_000_000, layers=3), gz
    yield "half of a gzip stream", gzip.compress(text(good()))[:-20], gz
    yield "gzip with something behind", gzip.compress(text(good())) + b"x", gz
    yield "two gzip members", 2 * gzip.compress(text(good())), gz
    yield "no gzip at all", text(good()), gz
    yield "an unknown encoding", text(good()), {"content-encoding": "br"}
    yield (
        "two encodings",
        gzip.compress(text(good())),
        {"content-encoding": "gzip, gzip"},
    )
    yield "nothing", b"", {}
    yield "a body of 9 MB", b" " * 9_000_000, {}
    yield "bytes that are no UTF-8", b'{"format": "\xff\xfe"}', {}
    yield "a cut document", text(good())[:-5], {}
    yield "a list", b"[]", {}
    yield "null", b"null", {}
    for opened in (b"[", b'{"a":', b'{"columns":['):
        name = opened.decode()
        yield f"100,000 levels of {name}", opened * 100_000, {}
    yield "deep and closed", b"[" * 100_000 + b"]" * 100_000, {}
    yield "a number of a million digits", b'{"format":1' + b"0" * 1_000_000 + b"}", {}
    for value in ("NaN", "Infinity", "-Infinity", "1e400"):
        body = text(columns(power_w=[400.0, 12345.0])).replace(
            b"12345.0", value.encode()
        )
        yield f"{value} among numbers", body, {}
    for name, document in _documents():
        yield name, text(document), {}
    for what, trick in NAMES.items():
        yield f"{what} as the agent", text(agent(name=trick)), {}
        yield f"{what} as a device", text(device(key=trick)), {}
        yield f"{what} as a spool", text(agent(spool=trick)), {}
        yield f"{what} as a kind", text(device(kind=trick)), {}
        yield f"{what} as a column", text(columns(**{trick: [1, 2]})), {}
        yield f"{what} as a key", text(good(**{trick: 1})), {}
    for what in ("a NUL", "text that runs from right to left", "a terminal's escape"):
        yield f"{what} as a model", text(device(model=NAMES[what])), {}
        yield f"{what} as an event", text(good(events=[
            {"time_us": NOW_US, "device": 0, "kind": "x", "text": NAMES[what]}
        ])), {}  # fmt: skip


def _documents() -> Iterator[tuple[str, Any]]:
    yield "infinity in a packed column", columns(power_w=doubles(float("inf"), 1.0))
    yield "a packed column that is too short", columns(power_w=doubles(1.0))
    yield (
        "base64 of nine bytes",
        columns(power_w={"f8": base64.b64encode(b"9" * 9).decode()}),
    )
    yield "base64 with a wrong letter", columns(power_w={"f8": "AAAA*AAA"})
    yield "base64 without its end", columns(power_w={"f8": "AAA"})
    yield "an unknown packing", columns(power_w={"f16": "AAAA"})
    yield "two packings", columns(power_w={"f8": "", "f4": ""})
    yield "text for numbers", columns(power_w=["400", "410"])
    yield "lists in a column", columns(power_w=[[1], [2]])
    yield "objects in a column", columns(power_w=[{}, {}])
    yield "a number as a column", columns(power_w=10**9)
    yield "a device that is not there", columns(device=[0, 1])
    yield "a negative device", columns(device=[0, -1])
    yield "half a device", columns(device=[0, 0.5])
    yield "a missing device", columns(device=[0, None])
    yield "a huge offset", columns(offset_us=[0, 10**30])
    yield "a column nobody knows", columns(power_mw=[1, 2])
    yield "readings without times", good(columns={"device": [0]})
    yield "no columns", good(columns={})
    yield "no devices", good(devices=[])
    yield "a device twice", good(devices=2 * [{"key": "GPU-0"}])
    yield "1,025 devices", good(devices=[{"key": f"GPU-{i}"} for i in range(1025)])
    yield "201,000 readings", good(columns={"device": [0] * 201_000,
                                            "offset_us": [0] * 201_000})  # fmt: skip
    yield "10^9 elements claimed", good(columns={"device": 10**9, "offset_us": 10**9})
    yield "an int of 400 digits", good(sequence=10**400)
    yield "a sequence from the far future", good(sequence=2**53 - 1)
    yield "a forged sequence", good(sequence=20_000_000)
    yield "a negative sequence", good(sequence=-1)
    yield "a true sequence", good(sequence=True)
    yield "half a sequence", good(sequence=0.5)
    yield "a time before 1970", good(start_us=-1)
    yield "a time past all years", good(start_us=2**60)
    yield "another format", good(format=2)
    yield "another agent", agent(name="other")
    yield "no agent", good(agent=None)
    yield "1,001 events", good(events=1001 * [{"time_us": NOW_US, "kind": "x"}])
    yield "an event of a missing device", good(events=[{"time_us": 0, "device": 7}])
    yield "41 facts", device(facts={f"f{i}": 1 for i in range(41)})
    yield "a fact in a fact", device(facts={"a": {"b": 1}})
    yield "a huge fact", device(facts={"a": 10**300})
    yield "a clock of text", good(clock={"offset_s": "soon"})
    yield "a clock of infinity", good(clock={"offset_s": 1e308, "steps": -1e308})


ANYWHERE = {
    "nothing": b"",
    "null": b"null",
    "a list": b"[]",
    "a cut document": b'{"name": "x',
    "100,000 open lists": b"[" * 100_000,
    "100,000 open objects": b'{"a":' * 100_000,
    "a million digits": b'{"name": 1' + b"0" * 1_000_000 + b"}",
    "NaN": b'{"name": NaN, "limit": NaN, "start_us": NaN}',
    "Infinity": b'{"name": "x", "limit": Infinity, "series": "site"}',
    "1e400": b'{"name": 1e400}',
    "no UTF-8": b'{"name": "\xff\xfe\x80"}',
    "a lone surrogate": b'{"name": "\\ud800"}',
    "a key of 100 kB": b'{"' + b"k" * 100_000 + b'": 1}',
    "10,000 keys": b"{" + b",".join(b'"k%d":1' % i for i in range(10_000)) + b"}",
    "zeros": b"\0" * 10_000,
    "a gzip bomb": bomb(100_000_000),
}
"""Tried as the body of every route that takes one."""
