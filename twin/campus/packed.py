"""
A tuple of arrays in one block of memory: kept, copied and sent in one piece.

What changes in a hall is some eighty arrays. A window of a run starts from a copy of
them, so that it can be run again; a copy of one block costs a tenth of eighty.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from twin.types import AnyArray

_ALIGN = 64


@dataclass(frozen=True, slots=True)
class Layout:
    """Name, type, shape and place of each array of a block of `size` bytes."""

    fields: tuple[tuple[str, str, tuple[int, ...], int], ...]
    size: int


def layout_of(arrays: dict[str, AnyArray]) -> Layout:
    """Lay arrays out in one block."""
    fields, place = [], 0
    for name, array in arrays.items():
        fields.append((name, array.dtype.str, array.shape, place))
        place += -(-array.nbytes // _ALIGN) * _ALIGN
    return Layout(tuple(fields), place)


def pack(layout: Layout, arrays: dict[str, AnyArray]) -> AnyArray:
    """Copy arrays into a new block."""
    block = np.zeros(layout.size, dtype=np.uint8)
    for name, view in views(layout, block).items():
        view[...] = arrays[name]
    return block


def views(layout: Layout, block: AnyArray) -> dict[str, Any]:
    """The arrays of a block; writing to them writes to it."""
    found = {}
    for name, dtype, shape, place in layout.fields:
        size = prod(shape) * np.dtype(dtype).itemsize
        found[name] = block[place : place + size].view(dtype).reshape(shape)
    return found
