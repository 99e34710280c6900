"""Data files that ship with the product, and a user's own beside them."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from twin.errors import ScenarioError

MODES_FILE = "critical_modes.yaml"
"""Stands among a user's rules and is none."""


def yaml_texts(ours: str, own: Path | None) -> Iterator[tuple[str, str]]:
    """
    Read every YAML file of a kind.

    Args:
        ours: Folder inside `store`.
        own: A user's folder, read after ours.

    Yields:
        Name and text of each, ours first, each in order of names.

    Raises:
        ScenarioError: If the user's folder is not there.
    """
    shipped = files("store").joinpath(ours)
    for name in sorted(entry.name for entry in shipped.iterdir()):
        if name.endswith(".yaml"):
            yield name, shipped.joinpath(name).read_text()
    if own is None:
        return
    if not own.is_dir():
        raise ScenarioError(
            field="NAMEPLATE_GRID_RULES_DIR", rule="must be a folder", value=str(own),
            repair="create it, or leave the variable out",
        )  # fmt: skip
    for path in sorted(own.glob("*.yaml")):
        if path.name != MODES_FILE:
            yield path.name, path.read_text()
