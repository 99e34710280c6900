"""What a page with knobs shows: slider values and choices, read from a URL and back."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self
from urllib.parse import urlencode

from pydantic_core import from_json

from app.pages.knobs import Control

Json = dict[str, Any]
EVERYWHERE = {"units": ("kW", "MW", "W"), "theme": ("auto", "light", "dark")}
"""All that choices of every page can be."""
NONE = "none"
"""In the URL: nothing chosen of a list that starts with something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnobView:
    """
    Slider values by key, and choices by name: plain data, the same in the URL.

    Args:
        sliders: Values in display units.
        choices: Everything else, as text.
    """

    CONTROLS: ClassVar[tuple[Control, ...]] = ()
    CHOICES: ClassVar[dict[str, str]] = {}
    """Choices with their defaults."""
    ONE_OF: ClassVar[dict[str, tuple[str, ...]]] = {}
    """All that a choice can be, where that is known."""
    PLAIN: ClassVar[str] = ""
    """Signs that the URL need not escape."""

    sliders: dict[str, float]
    choices: dict[str, str]

    def __getitem__(self, key: str) -> Any:
        return self.sliders[key] if key in self.sliders else self.choices[key]

    @classmethod
    def read(cls, data: Json | None) -> Self:
        """Read a view from loose data; what is absent falls to its default."""
        given, known = data or {}, EVERYWHERE | cls.ONE_OF

        def chosen(key: str, default: str) -> str:
            text = "" if given.get(key) is None else str(given[key])
            return text if text and text in known.get(key, (text,)) else default

        return cls(
            sliders={
                c.key: cls.inside(c, given.get(c.key, c.default)) for c in cls.CONTROLS
            },
            choices={k: chosen(k, default) for k, default in cls.CHOICES.items()},
        )

    @classmethod
    def inside(cls, control: Control, value: Any) -> float:
        """Read a slider's value; inside its range."""
        return control.inside(value)

    def to_query(self) -> str:
        """Write a view as a URL query; only what differs from the default."""
        pairs = [
            (c.key, f"{self.sliders[c.key]:g}") for c in self.CONTROLS
            if self.sliders[c.key] != c.default
        ]  # fmt: skip
        pairs += [(k, v) for k, v in self.choices.items() if v != self.CHOICES[k]]
        return urlencode(pairs, safe=self.PLAIN)

    def listed(self, key: str) -> list[str]:
        """Names of a list, each once."""
        names = self.choices[key].split(",")
        return list(dict.fromkeys(n for n in names if n and n != NONE))


def one_of(value: str, known: Sequence[str]) -> str:
    """Read a choice; the first of those known where it is none of them."""
    return value if value in known else known[0]


def json_of(text: str) -> Any:
    """
    Read JSON that a URL or a field holds.

    Raises:
        ValueError: If it is none, or holds what JSON cannot be written with.
    """
    found = from_json(text, allow_inf_nan=False)
    json.dumps(found, allow_nan=False)  # 1e999 is read as infinity
    return found


def errors_at(problem: Json, key_of: Callable[[Json], str | None]) -> dict[str, str]:
    """Messages of a problem by the knob they concern, which `key_of` an error names."""
    found: dict[str, str] = {}
    for error in problem.get("errors") or []:
        key = key_of(error)
        if key:
            found.setdefault(key, str(error.get("repair") or error.get("rule") or ""))
    return found
