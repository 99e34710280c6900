"""The inner loops of `protobuf`, compiled: varints and fields, every step bounded."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def _varint(data, at, end):
    """Value and place after it; place -1 if it is cut off or longer than 64 bits."""
    value, shift = np.uint64(0), np.uint64(0)
    while at < end and shift < 64:
        byte = np.uint64(data[at])
        at += 1
        if shift == 63 and byte > 1:
            return np.int64(0), -1
        value |= (byte & np.uint64(0x7F)) << shift
        if byte < 0x80:
            return np.int64(value), at
        shift += np.uint64(7)
    return np.int64(0), -1


@njit(cache=True, nogil=True, error_model="numpy")
def _next(data, at, stop):
    """Field, kind, start, end of the field at a place; field 0 if it is damaged."""
    tag, at = _varint(data, at, stop)
    if at < 0 or tag < 8 or tag > 0xFFFFFFFF:
        return 0, 0, 0, 0
    field, kind = tag >> 3, tag & 7
    if kind == 0:
        value, at = _varint(data, at, stop)
        return (field, kind, value, at) if at >= 0 else (0, 0, 0, 0)
    size = np.int64(8)
    if kind == 5:
        size = np.int64(4)
    elif kind == 2:
        size, at = _varint(data, at, stop)
        if at < 0:
            return 0, 0, 0, 0
    elif kind != 1:
        return 0, 0, 0, 0  # groups ended with version 2 of the language
    if size < 0 or size > stop - at:
        return 0, 0, 0, 0
    return field, kind, at, at + size


@njit(cache=True, nogil=True, error_model="numpy")
def count(data, start, end):
    """How many fields messages have; -1 if one is damaged."""
    seen = 0
    for message in range(start.size):
        at = start[message]
        while at < end[message]:
            field, _, _, at = _next(data, at, end[message])
            if field == 0:
                return -1
            seen += 1
    return seen


@njit(cache=True, nogil=True, error_model="numpy")
def fill(data, start, end, out):
    """Write down message, field, kind, tag, start and end of every field."""
    row = 0
    for message in range(start.size):
        at = start[message]
        while at < end[message]:
            tag = at
            field, kind, first, at = _next(data, at, end[message])
            out[0, row], out[1, row], out[2, row] = message, field, kind
            out[3, row], out[4, row], out[5, row] = tag, first, at
            row += 1


@njit(cache=True, nogil=True, error_model="numpy")
def packed(data, start, end, values, bounds):
    """Read varints without tags; -1 if one is cut off, else how many there are."""
    seen = 0
    for row in range(start.size):
        at = start[row]
        while at < end[row]:
            value, at = _varint(data, at, end[row])
            if at < 0:
                return -1
            values[seen] = value
            seen += 1
        bounds[row + 1] = seen
    return seen
