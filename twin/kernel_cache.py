"""
When a compiled kernel on disk is still true: its file and all it imports are unchanged.

Numba looks at the file of a kernel alone. A kernel takes in what it calls and the
constants it reads, so that after an update of another file it would go on with the code
of before.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Any

from numba.core import caching

_IMPORT = re.compile(
    r"^\s*(?:from (twin[\w.]*) import (\([^)]*\)|[^\n]*)|import (twin[\w.]*))",
    re.MULTILINE,
)


@cache
def imported_sha256(path: Path) -> bytes:
    """
    Hash of a file of this package and of all it imports from here, and they.

    Args:
        path: The file.

    Returns:
        Of the contents as they are at the first call; empty for files of others.
    """
    root = _root(path)
    if root is None:
        return b""
    known, todo = {path}, [path]
    while todo:
        for one in _imports(todo.pop(), root) - known:
            known.add(one)
            todo.append(one)
    held = [hashlib.sha256(one.read_bytes()).digest() for one in sorted(known)]
    return hashlib.sha256(b"".join(held)).digest()


def _root(path: Path) -> Path | None:
    """Folder that has the package which a file belongs to."""
    for folder in path.parents:
        if folder.name == "twin" and (folder / "__init__.py").exists():
            return folder.parent
    return None


def _imports(path: Path, root: Path) -> set[Path]:
    found = set()
    for package, names, module in _IMPORT.findall(path.read_text("utf-8")):
        place = root.joinpath(*(package or module).split("."))
        inner = (place / f"{name}.py" for name in re.findall(r"\w+", names))
        found |= {place.with_suffix(".py"), place / "__init__.py", *inner}
    return {one for one in found if one.exists()}


class _WithImports:
    """A locator whose stamp changes with whatever a kernel is made of."""

    _py_file: str

    def get_source_stamp(self) -> Any:
        """What must be as it was when the kernel was compiled."""
        own: Any = super().get_source_stamp()  # type: ignore[misc]
        return own, imported_sha256(Path(self._py_file))


class GivenFolder(_WithImports, caching.UserProvidedCacheLocator):  # type: ignore[misc]
    """The folder of NUMBA_CACHE_DIR."""


class BesideSource(_WithImports, caching.InTreeCacheLocator):  # type: ignore[misc]
    """`__pycache__` beside the source."""


class UserFolder(_WithImports, caching.UserWideCacheLocator):  # type: ignore[misc]
    """The user's cache, where the source's folder is read-only."""
