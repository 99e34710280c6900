"""Turn good documents and bytes into hostile ones: pure functions of a Random."""

from __future__ import annotations

import contextlib
import copy
import gzip
import json
import math
import zlib
from random import Random
from typing import Any

import yaml

MOST_BYTES = 400_000
"""Most of what one ordinary mutation makes; the few huge ones say so by name."""
TEXTS = (
    "", " ", "\0", "NaN", "null", "true", "-1", "1e400", "9" * 400, "²", "٣", "ı", "\ud800",  # noqa: E501
    "\u202egpj.exe", "\x1b[2J", "a\r\nX-Injected: 1", "../../etc/passwd", "/dev/zero",
    "=cmd|' /C calc'!A0", "<script>alert(1)</script>", "x'; DROP TABLE jobs; --",
    "{{7*7}}", "${HOME}", "%s%n%x", "%00", "2026-02-30T25:61:61Z", "9999-12-31T23:59:59Z",  # noqa: E501
    "0001-01-01T00:00:00+14:00", "2026-01-05T00:00:00", "n" * 5000, "\U0001f600" * 300,
    "e\u0301" * 200, "__class__.__init__", "policy.name", ".", "..", "a." * 500,
    "file:///etc/passwd", "http://169.254.169.254/", "inf", "-Infinity", "0x1F", "1_000",  # noqa: E501
)  # fmt: skip
NUMBERS = (
    0, -0.0, -1, 1, 2, 0.5, 1e-300, 5e-324, 1e308, -1e308, 2**31, 2**53, 2**63, 2**64,
    -(2**63), 10**9, 10**12, 10**30, 10**400, 1.0000000001, 0.999999999, 1e-9, 65536,
    100_000, 3.5, 1e15, math.nan, math.inf, -math.inf,
)  # fmt: skip
KEYS = ("", "name", "kind", "__proto__", "constructor", "n" * 3000, "\0", "\ud800", "²",
        "a.b", "fleet.server_count", "..", "$ref", "<<", "0", "-1")  # fmt: skip


def places(document: Any, most: int = 3000) -> list[tuple[Any, Any]]:
    """Every (container, key) of a document, so many at most."""
    found: list[tuple[Any, Any]] = []
    waiting = [document]
    while waiting and len(found) < most:
        here = waiting.pop()
        pairs = here.items() if isinstance(here, dict) else enumerate(here)
        for key, value in pairs:
            found.append((here, key))
            if isinstance(value, dict | list):
                waiting.append(value)
    return found


def value(rng: Random, *, flat: bool = False) -> Any:
    """A value that few expect; `flat` has no value inside it."""
    roll = rng.random() * (0.85 if flat else 1.0)
    if roll < 0.4:
        return rng.choice(NUMBERS)
    if roll < 0.75:
        return rng.choice(TEXTS)
    if roll < 0.85:
        return rng.choice((None, True, False, [], {}, [[]], [{}], {"": None}))
    if roll < 0.92:
        return [value(rng, flat=True) for _ in range(rng.choice((1, 2, 50, 1000)))]
    if roll < 0.97:
        return {rng.choice(KEYS): value(rng, flat=True) for _ in range(3)}
    return nested(rng.choice((50, 400, 3000)), rng)


def shown(what: Any) -> str:
    """As text, however deep it is."""
    try:
        return str(what)
    except (RecursionError, ValueError):
        return "9" * 5000


def nested(levels: int, rng: Random) -> Any:
    """Lists or objects in each other."""
    key = rng.choice(("a", "facility", "policy"))
    inner: Any = 1
    for _ in range(levels):
        inner = {key: inner} if rng.random() < 0.5 else [inner]
    return inner


def near(found: Any, rng: Random) -> Any:
    """Something close to a good value: where bounds and units are got wrong."""
    if isinstance(found, bool) or found is None:
        return rng.choice((True, False, None, 0, 1, "true"))
    if isinstance(found, int | float):
        factor = rng.choice((-1, 0, 0.1, 0.5, 1.01, 2, 10, 100, 1e3, 1e6, 1e9))
        try:
            out = found * factor
        except OverflowError:
            return -1
        if isinstance(out, int):
            return out
        as_int = isinstance(found, int) and math.isfinite(out) and rng.random() < 0.8
        return int(out) if as_int else out
    if isinstance(found, str):
        ends = (found[:-1], found + "x", found.upper(), found * 50, [found], {found: 1})
        return rng.choice(ends)
    if isinstance(found, list):
        some = rng.choice((2, 10, 300, 3000)) if len(shown(found)) < 100 else 2
        return rng.choice((found[:-1], found * some, found[::-1], [found]))
    return rng.choice(([found], {}, {**found, rng.choice(KEYS): 1}))


def document(good: Any, rng: Random) -> Any:
    """A good document with one to four things wrong, half of them by little."""
    if not isinstance(good, dict | list):
        return near(good, rng) if rng.random() < 0.5 else value(rng)
    out = _copied(good)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 4))):
        known = places(out)
        if not known:
            return value(rng)
        container, key = rng.choice(known)
        try:
            here = container[key]
        except (KeyError, IndexError):
            continue
        roll = rng.random()
        if roll < 0.4:
            container[key] = near(here, rng)
        elif roll < 0.75:
            container[key] = value(rng)
        elif roll < 0.85 and isinstance(container, dict):
            container[rng.choice((*KEYS, str(key) + "s"))] = container.pop(key)
        elif roll < 0.92:
            del container[key]
        else:  # a part of it somewhere else
            other, place = rng.choice(known)
            with contextlib.suppress(LookupError):
                container[key] = _copied(other[place])
    return out


def _copied(what: Any) -> Any:
    try:
        return copy.deepcopy(what)
    except RecursionError:
        return "too deep to copy"


def as_json(content: Any, rng: Random) -> bytes:
    """Written as JSON, in one of the ways that parsers disagree about."""
    try:
        text = json.dumps(content, ensure_ascii=rng.random() < 0.7)
    except (ValueError, RecursionError):
        text = "[" * 2000 + "]" * 2000
    if rng.random() < 0.03 and text.startswith("{"):  # keys twice
        text = text[:-1] + ("," if len(text) > 2 else "") + text[1:]
    data = text.encode("utf-8", "surrogatepass")
    return spoiled(data, rng) if rng.random() < 0.12 else data


def spoiled(data: bytes, rng: Random) -> bytes:
    """Bytes with a fault: cut, flipped, doubled, in another encoding, packed."""
    roll, at = rng.randrange(10), rng.randrange(len(data) + 1)
    if roll == 0:
        return data[:at]
    if roll == 1:
        few = bytearray(data)
        for _ in range(rng.choice((1, 3, 20))):
            if few:
                few[rng.randrange(len(few))] = rng.randrange(256)
        return bytes(few)
    if roll == 2:
        return data[:at] + data[: MOST_BYTES // 2]
    if roll == 3:
        return data.decode("latin-1").encode("utf-16")
    if roll == 4:
        return b"\xef\xbb\xbf" + data
    if roll == 5:
        return gzip.compress(data, 1)
    if roll == 6:
        return zlib.compress(data)[: rng.choice((None, -5, 10))]
    if roll == 7:
        return (
            data[:at] + rng.choice(TEXTS).encode("utf-8", "surrogatepass") + data[at:]
        )
    if roll == 8:
        return data[:at] + bytes(rng.randrange(256) for _ in range(20)) + data[at:]
    return data.replace(b":", b"=") if rng.random() < 0.5 else data * 3


def many_keys(count: int) -> bytes:
    """An object of so many keys that nobody knows."""
    return b"{" + b",".join(b'"k%d":1' % i for i in range(count)) + b"}"


def as_yaml(content: Any, rng: Random) -> bytes:
    """Written as YAML, with what YAML has more than JSON: anchors, tags, merges."""
    try:
        text = yaml.safe_dump(content, allow_unicode=True, sort_keys=False)
    except (yaml.YAMLError, RecursionError, ValueError, UnicodeEncodeError):
        text = "a: &a [*a]\n"
    roll = rng.randrange(14)
    if roll == 0:
        text = bomb(rng.choice((5, 9, 30))) + text
    elif roll == 1:
        text = text.replace(": ", ": !!python/object/apply:os.system ", 1)
    elif roll == 2:
        text += "? [a, b]\n: 1\n? {x: 1}\n: 2\n"
    elif roll == 3:
        text += "<<: *nobody\n"
    elif roll == 4:
        text = "---\n" + text + "---\n" + text
    elif roll == 5:
        text = text.replace("  ", "\t")
    elif roll == 6:
        text += text
    elif roll == 7:
        text = "&a\n" + text + "self: *a\n"
    elif roll == 8:
        text += "seed: 1:30:00\nname: 2026-13-45\nx: .nan\ny: -.inf\nz: 0o17\nw: =\n"
    data = text.encode("utf-8", "surrogatepass")
    return spoiled(data, rng) if rng.random() < 0.1 else data


def bomb(levels: int) -> str:
    """Aliases of aliases: nine times as much at every level."""
    lines = ["b0: &b0 [x, x, x, x, x, x, x, x, x]"]
    for n in range(1, levels):
        lines.append(f"b{n}: &b{n} [{', '.join([f'*b{n - 1}'] * 9)}]")  # noqa: PERF401
    return "\n".join(lines) + "\n"


def text_table(text: str, rng: Random) -> bytes:
    """A CSV with cells, rows or columns that are wrong."""
    rows = [line.split(",") for line in text.splitlines()]
    for _ in range(rng.choice((1, 1, 2, 5))):
        at = rng.randrange(len(rows))
        row = rows[at]
        cell = rng.randrange(len(row)) if row else 0
        roll = rng.randrange(8)
        if roll <= 2 and row:
            row[cell] = shown(value(rng))[:20_000]
        elif roll == 3 and row:
            row.pop(cell)
        elif roll == 4:
            rows.insert(at, list(row))
        elif roll == 5:
            rows[at] = row * rng.choice((2, 50, 1000))
        elif roll == 6:
            rows = rows[:at] or rows
        else:
            rows[at:] = rows[at:] * rng.choice((2, 40))
    joint = rng.choice((",", ",", ",", ";", "\t", '","'))
    end = rng.choice(("\n", "\n", "\r\n", "\r", "\n\n"))
    data = end.join(joint.join(r) for r in rows).encode("utf-8", "surrogatepass")
    data = data[: 20 * MOST_BYTES]
    return spoiled(data, rng) if rng.random() < 0.15 else data
