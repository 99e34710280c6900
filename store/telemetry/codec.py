"""Columns as bytes: Arrow streams, plain while they wait, compressed when folded."""

# mypy: disable-error-code="attr-defined,no-untyped-call"
# pyarrow ships no types of its own

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
from pyarrow import ipc

from twin.telemetry.readings import Readings
from twin.telemetry.rollup import Rollup

EXACT = frozenset({"energy_j", "covered_s", "throttle_reasons"})
"""Columns that single precision would spoil: counters, sums and bits."""

_PLAIN = ipc.IpcWriteOptions()
_SMALL = ipc.IpcWriteOptions(compression="zstd")


def pack(
    device_id: np.ndarray,
    time_us: np.ndarray,
    columns: Mapping[str, np.ndarray],
    *,
    small: bool,
) -> bytes:
    """
    Write columns as one Arrow stream.

    Args:
        device_id: Stored id of each row's device.
        time_us: Time of each row. [µs]
        columns: Values; single precision but for `EXACT`. All-missing columns are
            left out.
        small: Compress; three times slower to write, half the bytes.

    Returns:
        The stream.
    """
    arrays = {"device": pa.array(device_id, pa.int32()), "time_us": pa.array(time_us)}
    for name, values in columns.items():
        if np.isnan(values).all():
            continue
        exact = name in EXACT
        arrays[name] = pa.array(values if exact else values.astype(np.float32))
    batch = pa.RecordBatch.from_arrays(list(arrays.values()), list(arrays))
    out = pa.BufferOutputStream()
    options = _SMALL if small else _PLAIN
    with ipc.new_stream(out, batch.schema, options=options) as stream:
        stream.write_batch(batch)
    return bytes(out.getvalue().to_pybytes())


def unpack(body: bytes) -> dict[str, np.ndarray]:
    """Columns of a stream that `pack` wrote, "device" and "time_us" among them."""
    batch = ipc.open_stream(body).read_next_batch()
    columns = {}
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        values = column.to_numpy(zero_copy_only=False)
        whole = name in {"device", "time_us"}
        columns[name] = values.astype(np.int64 if whole else np.float64)
    return columns


def pack_readings(readings: Readings, ids: np.ndarray, *, small: bool) -> bytes:
    """Write readings; `ids` are the stored ids of their devices, by place."""
    return pack(ids[readings.device], readings.time_us, readings.columns, small=small)


def pack_rollup(rollup: Rollup, ids: np.ndarray) -> bytes:
    """Write bins, compressed."""
    return pack(ids[rollup.device], rollup.start_us, rollup.columns, small=True)
