"""Critical frequencies from a file: ours, and a user's own beside them."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

from store.own_files import check_numbers, parsed, record_fields, text_of
from twin.errors import ScenarioError
from twin.stabilize.resonance import CriticalMode

OURS = "critical_modes.yaml"


def critical_modes(path: Path | None = None) -> dict[str, CriticalMode]:
    """
    Read every mode.

    Args:
        path: A user's own file; a mode of a name of ours takes its place.

    Returns:
        Modes by key, ours first.

    Raises:
        ScenarioError: If a file holds no modes; names it, what is wrong, and the
            repair.
    """
    found = read_modes(files("store").joinpath(OURS).read_text(), OURS)
    if path is not None:
        found |= read_modes(text_of(path), path.name)
    return found


def read_modes(text: str, name: str) -> dict[str, CriticalMode]:
    """
    Read a list of modes.

    Args:
        text: YAML.
        name: Of its file, for errors.

    Raises:
        ScenarioError: If it is none.
    """
    data = parsed(text, name)
    if not isinstance(data, list):
        raise ScenarioError(name, "must be a list", type(data).__name__,
                            "begin each with '-'")  # fmt: skip
    found: dict[str, CriticalMode] = {}
    for k, entry in enumerate(data):
        mode = _mode(entry, f"{name}[{k}]")
        if mode.key in found:
            raise ScenarioError(f"{name}[{k}].key", "is there twice", mode.key,
                                "rename one")  # fmt: skip
        found[mode.key] = mode
    return found


def _mode(data: Any, name: str) -> CriticalMode:
    data = record_fields(data, name, CriticalMode)
    check_numbers(data, ("low_hz", "high_hz", "limit_w", "limit_frac"), name)
    try:
        return CriticalMode(**(data | {"date": str(data.get("date", "unknown"))}))
    except (TypeError, ValueError) as error:
        raise ScenarioError(name, "is no mode", str(error), "mend that") from error
