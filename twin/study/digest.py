"""The address of a ground: a hash of its content, however it came to be in memory."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
from pydantic import BaseModel

from twin.study.questions.base import Ground


def digest(ground: Ground) -> str:
    """Hash a ground: equal content, equal hash, on every machine."""
    whole = hashlib.sha256()
    _feed(whole, ground)
    return whole.hexdigest()


def _feed(whole: Any, value: Any) -> None:
    """Feed any value that a ground is made of, with its kind and size before it."""
    if isinstance(value, np.ndarray):
        whole.update(f"a{value.dtype.str}{value.shape}".encode())
        whole.update(np.ascontiguousarray(value).tobytes())
    elif is_dataclass(value) and not isinstance(value, type):
        whole.update(f"d{type(value).__name__}".encode())
        for part in fields(value):
            whole.update(part.name.encode())
            _feed(whole, getattr(value, part.name))
    elif isinstance(value, BaseModel):
        _feed(whole, value.model_dump(mode="json"))
    elif isinstance(value, Mapping):
        whole.update(f"m{len(value)}".encode())
        for key in sorted(value, key=str):
            _feed(whole, key)
            _feed(whole, value[key])
    elif isinstance(value, tuple | list):
        whole.update(f"s{len(value)}".encode())
        for item in value:
            _feed(whole, item)
    elif isinstance(value, dt.datetime):
        whole.update(value.isoformat().encode())
    elif value is None or isinstance(value, bool | int | float | str):
        whole.update(f"{type(value).__name__[0]}{value!r};".encode())
    else:
        raise TypeError(f"a ground must not hold {type(value).__name__}")
