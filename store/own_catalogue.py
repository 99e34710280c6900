"""Servers and cooling plants of a user's own, from files in a folder by setting."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from store.own_files import own_texts, parsed
from twin.errors import ScenarioError, ScenarioErrors
from twin.scenario.own import NONE, Own, OwnPlant, OwnServer
from twin.scenario.parse import translate

E = TypeVar("E", OwnServer, OwnPlant)
SETTING = "NAMEPLATE_OWN_DIR"


def own_catalogue(folder: Path | None) -> Own:
    """
    Read a user's servers and plants.

    Args:
        folder: Holds `servers/` and `plants/`, one YAML file each; either may be left
            out. None is nothing.

    Returns:
        Both, in order of file names, each with the file it stands in.

    Raises:
        ScenarioError: If the folder is missing, or two files give one key.
        ScenarioErrors: If a file is wrong; names file and field, rule, value, repair.
    """
    if folder is None:
        return NONE
    if not folder.is_dir():
        raise ScenarioError(SETTING, "must be a folder", str(folder),
                            "create it, or leave the variable out")  # fmt: skip
    return Own(
        servers=_read(OwnServer, folder / "servers"),
        plants=_read(OwnPlant, folder / "plants"),
    )


def _read(model: type[E], folder: Path) -> tuple[E, ...]:
    found: dict[str, E] = {}
    for name, text in own_texts(folder, SETTING) if folder.is_dir() else ():
        entry = read_entry(model, text, f"{folder.name}/{name}")
        if entry.key in found:
            raise ScenarioError(f"{entry.file}.key", f"is in {found[entry.key].file} "
                                "too", entry.key, "rename one")  # fmt: skip
        found[entry.key] = entry
    return tuple(found.values())


def read_entry(model: type[E], text: str, file: str) -> E:
    """
    Read one server or plant.

    Args:
        model: What it is.
        text: YAML.
        file: Where it stands, below the folder.

    Raises:
        ScenarioError: If it is no mapping in YAML.
        ScenarioErrors: One entry per wrong field, each below the file's name.
    """
    data = parsed(text, file)
    if not isinstance(data, dict):
        raise ScenarioError(file, "must be a mapping", type(data).__name__,
                            "write key: value")  # fmt: skip
    try:
        return model.model_validate(data | {"file": file})
    except ValidationError as error:
        raise ScenarioErrors(
            [
                ScenarioError(f"{file}: {e.field}", e.rule, e.value, e.repair)
                for e in translate(error, model)
            ]
        ) from error
