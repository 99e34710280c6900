"""Databases of an earlier schema with rows in every table, whatever tables it has."""

from __future__ import annotations

import datetime as dt
import random
import re
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, MetaData, Table

from store.migrate import upgrade_engine

ROWS = 5
NOW = dt.datetime(2026, 1, 5, tzinfo=dt.UTC)
Rows = dict[str, list[dict[str, Any]]]


def fill(engine: Engine, revision: str, *, rows: int = ROWS, seed: int = 3) -> Rows:
    """
    Make a database of a revision and put rows into each of its tables.

    Values are drawn for the columns that the database itself reports; they keep its
    checks ("IN (...)", "between 0 and 1") and its references.

    Returns:
        The rows by table.
    """
    upgrade_engine(engine, revision)
    draw, made = random.Random(seed), {}
    with engine.begin() as connection:
        for table in tables(connection):
            _partition(connection, table.name)
            made[table.name] = [_row(connection, table, i, draw, made)
                                for i in range(rows)]  # fmt: skip
            connection.execute(table.insert(), made[table.name])
    return made


def tables(connection: Connection) -> list[Table]:
    """Tables of ours, those first that others refer to."""
    known = MetaData()
    known.reflect(connection)
    apart = re.compile(r"alembic_version|telemetry_(raw|1s|1min|1h)_.+")
    return [t for t in known.sorted_tables if not apart.fullmatch(t.name)]


def _partition(connection: Connection, name: str) -> None:
    """PostgreSQL keeps no row of a table in parts before there is a part for it."""
    if connection.dialect.name != "postgresql":
        return
    asked = sa.text("SELECT relkind FROM pg_class WHERE relname = :name")
    if connection.scalar(asked, {"name": name}) in {"p", b"p"}:
        connection.exec_driver_sql(
            f"CREATE TABLE {name}_filled PARTITION OF {name} "
            "FOR VALUES FROM (0) TO (1000)"
        )


def _row(
    connection: Connection, table: Table, i: int, draw: random.Random, made: Rows
) -> dict[str, Any]:
    checks = _checks(connection, table)
    row = {}
    for column in table.columns:
        parents = [key.column for key in column.foreign_keys]
        if parents:
            row[column.name] = made[parents[0].table.name][i][parents[0].name]
        elif column.name in checks:
            row[column.name] = draw.choice(checks[column.name])
        else:
            row[column.name] = _value(column, i, draw)
    return row


def _checks(connection: Connection, table: Table) -> dict[str, list[Any]]:
    """Values a column may have, as its checks list them."""
    found = {}
    for check in sa.inspect(connection).get_check_constraints(table.name):
        text = re.sub(r"::(text|character varying)(\[\])?", "", check["sqltext"])
        listed = re.search(r"(\w+)\)? (?:IN \(|= ANY \(+ARRAY\[)(.*)[\])]", text)
        if listed:
            found[listed[1]] = re.findall(r"'([^']*)'", listed[2])
    return found


def _value(column: sa.Column[Any], i: int, draw: random.Random) -> Any:
    kind = column.type
    if isinstance(kind, sa.JSON):
        return {"n": i, "x": [draw.random(), None, "µ"]}
    if isinstance(kind, sa.Boolean):
        return i % 2 == 0
    if isinstance(kind, sa.DateTime):
        return NOW + dt.timedelta(hours=i)
    if isinstance(kind, sa.LargeBinary):
        return i.to_bytes(4, "big") + draw.randbytes(20)
    if isinstance(kind, sa.Float | sa.Numeric):
        return (i % 8) / 8
    if isinstance(kind, sa.Integer):
        return i + 1
    most = getattr(kind, "length", None) or 40
    return f"{column.name[:8]}-{i}-{draw.randrange(10**6)}"[:most]


def read(connection: Connection, made: Rows) -> Rows:
    """The same tables and columns, as they are by now."""
    found: Rows = {}
    for table in tables(connection):
        if table.name in made:
            names = [table.c[n] for n in made[table.name][0] if n in table.c]
            found[table.name] = [
                dict(row._mapping) for row in connection.execute(sa.select(*names))
            ]
    return found


def as_words(rows: Rows) -> dict[str, list[str]]:
    """Rows in a form that both databases agree on."""
    return {
        name: sorted(str(sorted((k, _plain(v)) for k, v in row.items()))
                     for row in some)
        for name, some in rows.items()
    }  # fmt: skip


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value.replace(tzinfo=None).isoformat()
    if isinstance(value, memoryview):
        return bytes(value)
    return value
