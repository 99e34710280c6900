"""Writes foreign protocols byte by byte, from their published tables of fields."""

from __future__ import annotations

import struct

import pyarrow as pa

STALE = struct.pack("<Q", 0x7FF0000000000002)


def varint(number):
    number &= (1 << 64) - 1
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def message(field, *parts):
    content = b"".join(p.encode() if isinstance(p, str) else p for p in parts)
    return varint(field << 3 | 2) + varint(len(content)) + content


def number(field, value):
    return varint(field << 3) + varint(value)


def double(field, value):
    packed = value if isinstance(value, bytes) else struct.pack("<d", value)
    return varint(field << 3 | 1) + packed


def fixed(field, value):
    return varint(field << 3 | 1) + struct.pack("<q", value)


def snappy(data):
    return pa.compress(data, codec="snappy", asbytes=True)


# --- remote-write -------------------------------------------------------------------


def sample(value, time_ms):
    return message(2, double(1, value), number(2, time_ms))


def write_v1(*series):
    """Series as (labels, [(value, time_ms)])."""
    return b"".join(
        message(
            1,
            *(
                message(1, message(1, k), message(2, v))
                for k, v in sorted(labels.items())
            ),
            *(sample(value, at) for value, at in samples),
        )
        for labels, samples in series
    )


def write_v2(*series):
    symbols = {"": 0}
    written = []
    for labels, samples in series:
        texts = [text for pair in sorted(labels.items()) for text in pair]
        refs = [symbols.setdefault(text, len(symbols)) for text in texts]
        written.append(
            message(5, message(1, *map(varint, refs)), *(sample(*s) for s in samples))
        )
    return b"".join([*(message(4, s) for s in symbols), *written])


# --- OpenTelemetry ------------------------------------------------------------------


def attribute(field, key, value):
    if isinstance(value, bool):
        content = number(2, value)
    elif isinstance(value, int):
        content = number(3, value)
    elif isinstance(value, float):
        content = double(4, value)
    else:
        content = message(1, value)
    return message(field, message(1, key), message(2, content))


def point(value, time_ns, attributes, flags=0):
    told = fixed(6, value) if isinstance(value, int) else double(4, value)
    return message(
        1, *(attribute(7, k, v) for k, v in attributes.items()), fixed(3, time_ns),
        told, number(8, flags),
    )  # fmt: skip


def gauge(name, *points):
    return message(2, message(1, name), message(5, *points))


def total(name, *points, temporality=2):
    body = (*points, number(2, temporality), number(3, 1))
    return message(2, message(1, name), message(7, *body))


def histogram(name, count):
    return message(2, message(1, name), message(9, *[message(1)] * count))


def export(resource, *metrics):
    described = message(1, *(attribute(1, k, v) for k, v in resource.items()))
    return message(1, described, message(2, *metrics))
