"""
Points of a study as Parquet: written row group by row group, read with Arrow.

A study of many points does not fit an answer: it is a file, and questions about it
(which points keep a limit, the best of them) are filters that Arrow pushes into it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from store.studies import StudyPoint
from twin.errors import ScenarioError
from twin.scenario.parse import nearest

ROWS_PER_GROUP = 10_000
_HEAD = "index"


def write_points(
    path: Path,
    points: Iterable[StudyPoint],
    *,
    fields: Mapping[str, bool],
    outputs: Sequence[str],
    count: int,
) -> None:
    """
    Write points; the file is there whole or not at all.

    Args:
        path: Where to.
        points: In order.
        fields: What varies; whether its values are numbers.
        outputs: Keys of the outputs.
        count: How many points there must be.

    Raises:
        RuntimeError: If there are more or fewer: somebody works on the study.
    """
    schema = _schema(fields, outputs)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        written = 0
        with pq.ParquetWriter(part, schema, compression="zstd") as writer:  # type: ignore[no-untyped-call]
            for group in _groups(points):
                rows = [_row(one, fields, outputs) for one in group]
                written += len(rows)
                table = pa.Table.from_pylist(rows, schema=schema)  # type: ignore[attr-defined]
                writer.write_table(table)  # type: ignore[no-untyped-call]
        if written != count:
            raise RuntimeError(f"{written} points of {count} were there to be written")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def query_points(
    path: Path,
    *,
    where: Sequence[tuple[str, str, float | str]] = (),
    order_by: str | None = None,
    descending: bool = False,
    limit: int = 100,
) -> tuple[list[dict[str, Any]], int]:
    """
    Ask for points of a file.

    Args:
        path: A file that `write_points` wrote.
        where: Column, operator (<, <=, =, !=, >=, >) and value; all must hold.
        order_by: Column to sort by; the order of the study where empty.
        descending: Whether the largest come first.
        limit: Most rows to return.

    Returns:
        Rows, and how many there are without the limit.

    Raises:
        ScenarioError: If a column or operator is not known, or a value does not suit
            its column.
    """
    import pyarrow.dataset as ds  # here, for it loads pandas: a third of a second

    data = ds.dataset(path, format="parquet")  # type: ignore[no-untyped-call]
    condition = None
    for k, (column, operator, value) in enumerate(where):
        one = _condition(f"where.{k}", data.schema, column, operator, value)
        condition = one if condition is None else condition & one
    table = data.to_table(filter=condition)
    if order_by is not None:
        _known("order_by", data.schema, order_by)
        way = "descending" if descending else "ascending"
        table = table.sort_by([(order_by, way), (_HEAD, "ascending")])
    return table.slice(0, limit).to_pylist(), table.num_rows


def output_column(name: str, fields: Collection[str]) -> str:
    """Column of an output; one that an axis has the name of is told apart."""
    return f"{name} (output)" if name in fields else name


def _schema(fields: Mapping[str, bool], outputs: Sequence[str]) -> Any:
    columns = [(_HEAD, pa.int64())]  # type: ignore[attr-defined]
    for name, numeric in fields.items():
        columns.append((name, pa.float64() if numeric else pa.string()))  # type: ignore[attr-defined]
    columns += [(output_column(name, fields), pa.float64()) for name in outputs]  # type: ignore[attr-defined]
    return pa.schema([*columns, ("error", pa.string())])  # type: ignore[attr-defined]


def _row(
    point: StudyPoint, fields: Mapping[str, bool], outputs: Sequence[str]
) -> dict[str, Any]:
    row: dict[str, Any] = {_HEAD: point.index}
    for name in outputs:
        value = None if point.outputs is None else point.outputs.get(name)
        row[output_column(name, fields)] = value
    for name, numeric in fields.items():
        value = point.changes.get(name)
        if numeric:
            row[name] = None if value is None else float(value)
        else:
            row[name] = value if isinstance(value, str) else json.dumps(value)
    row["error"] = None
    if point.error is not None:
        row["error"] = f"{point.error['field']} {point.error['rule']}"
    return row


def _groups(points: Iterable[StudyPoint]) -> Iterator[list[StudyPoint]]:
    source = iter(points)
    while group := list(islice(source, ROWS_PER_GROUP)):
        yield group


def _known(field: str, schema: Any, column: str) -> None:
    if column not in schema.names:
        raise ScenarioError(field, "is not a column of the study", column,
                            nearest(column, schema.names))  # fmt: skip


def _condition(
    field: str, schema: Any, column: str, operator: str, value: float | str
) -> Any:
    _known(f"{field}.column", schema, column)
    text = pa.types.is_string(schema.field(column).type)  # type: ignore[attr-defined]
    if text != isinstance(value, str):
        wanted = "text" if text else "a number"
        raise ScenarioError(f"{field}.value", f"must be {wanted} for {column}", value,
                            f"give {wanted}")  # fmt: skip
    left = pc.field(column)  # type: ignore[no-untyped-call]
    return {
        "<": left < value, "<=": left <= value, "=": left == value,
        "!=": left != value, ">=": left >= value, ">": left > value,
    }[operator]  # fmt: skip
