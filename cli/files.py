"""Write a plan or a run into a folder: JSON, CSV, Parquet and an HTML report."""

from __future__ import annotations

import csv
import io
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from cli.problem import CANNOT, Problem, refusal
from cli.session import err_console
from store.csv_files import written_whole
from twin.types import Document


def prepare_folder(folder: Path | None, option: str = "--out") -> Path | None:
    """
    Make the folder that an option names before any work is done.

    Raises:
        Problem: Exit code 3 where it cannot be made or written.
    """
    if folder is None:
        return None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise unwritable(folder, error, option, "folder") from error
    return folder


def unwritable(
    path: Path, error: OSError, option: str = "--out", what: str = "file"
) -> Problem:
    """Say that what an option names cannot be written: exit code 3."""
    return refusal(
        f"The {what} cannot be written",
        option, f"must be a {what} that can be written", str(path),
        f"choose another ({error.strerror})", code=CANNOT,
    )  # fmt: skip


def prepare_file(
    file: Path | None, *, endings: Sequence[str] = (), option: str = "--out",
    read: Path | None = None,
) -> None:  # fmt: skip
    """
    Look whether a file can be written, and make its folder, before any work is done.

    Args:
        file: The file, if one is wanted.
        endings: What its name may end in; empty is anything.
        option: What named it.
        read: A file that is read and must stay.

    Raises:
        Problem: Exit code 2 where the name cannot be meant, 3 where the folder cannot
            be made or written.
    """
    if file is None:
        return
    title = "The result cannot be written"
    if endings and file.suffix.lower() not in endings:
        raise refusal(title, option, f"must end in {', '.join(endings)}", str(file),
                      f"for example {file.stem}{endings[0]}")  # fmt: skip
    if file.is_dir():
        raise refusal(title, option, "must be a file", str(file), "name a file in it")
    if read is not None and file.exists() and file.samefile(read):
        raise refusal(title, option, "must not be the file that is read", str(file),
                      "choose another name")  # fmt: skip
    prepare_folder(file.parent, option)


def write_answer(
    folder: Path, kind: str, found: Document, export: Callable[[str], bytes], page: str
) -> None:
    """
    Write the answer of a job, and its report.

    Args:
        folder: Where to.
        kind: "plan" or "run", the name of the files.
        found: The answer.
        export: Gives it as "csv" and "parquet".
        page: The report.
    """
    exports = {f"{kind}.{ending}": export(ending) for ending in ("csv", "parquet")}
    files = {f"{kind}.json": as_json(found)} | exports
    write_all(folder, files | {"report.html": page.encode()})


def best_changes(plan: Document) -> Document:
    """Choose the point the report draws: the scenario's policy at its best count."""
    policy = plan["scenario"]["policy"]
    label = policy.get("label") or policy["name"]
    added = plan["best"].get(label)
    if added is None:
        return {}
    base = plan["scenario"]["row"]["base_server_count"]
    return {"fleet.server_count": base + added}


def write_all(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Write files into a folder by their names, and say what was written."""
    announce([write_whole(folder / name, of) for name, of in contents.items()])


def announce(paths: Iterable[Path]) -> None:
    """Say what was written."""
    for path in paths:
        err_console().print(f"wrote {path}", markup=False)


def write_whole(path: Path, content: bytes) -> Path:
    """
    Write under a temporary name, then rename: whole or not at all.

    Raises:
        Problem: Exit code 3 where it cannot be written.
    """
    try:
        with written_whole(path) as file:
            file.write(content)
            os.fchmod(file.fileno(), 0o644)
    except OSError as error:
        raise unwritable(path, error) from error
    return path


def as_json(document: Document, indent: int | None = 1) -> bytes:
    """Text of an answer; without an indent for those with long series."""
    return json.dumps(document, indent=indent, allow_nan=False).encode()


def as_csv(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """Text of a table."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return text.getvalue().encode()


def write_tables(
    folder: Path, name: str, found: Document, tables: Mapping[str, Sequence[Document]]
) -> None:
    """Write an answer as JSON, and records of it as CSV."""
    sheets = {f"{key}.csv": records_csv(rows) for key, rows in tables.items()}
    write_all(folder, {f"{name}.json": as_json(found, None)} | sheets)


def records_csv(records: Sequence[Document]) -> bytes:
    """Records as a table; what is a list or a record itself is left out."""
    flat = [
        {k: v for k, v in record.items() if not isinstance(v, list | dict)}
        for record in records
    ]
    return as_csv(list(flat[0]), ([one.get(k) for k in flat[0]] for one in flat))
