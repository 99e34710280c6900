"""Device models of other tools, and which server of the catalogue stands for them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from twin.catalogue import SERVERS
from twin.errors import ScenarioError

_TRAYS = 18
"""Compute trays of an NVL72 rack, four GPUs each; the catalogue has the rack whole."""
_WORD = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """`per` devices make one server of the catalogue; `note` says a doubt."""

    server: str
    per: int = 1
    note: str = ""


_NEAR = "the catalogue has no GB300; GB200 NVL72 stands for it, say otherwise if known"
_KNOWN: tuple[tuple[str, Match], ...] = (
    (r"gb300.*nvl72|nvl72.*gb300", Match(server="gb200-nvl72", note=_NEAR)),
    (r"gb200.*nvl72|nvl72.*gb200", Match(server="gb200-nvl72")),
    (r"gb300", Match(server="gb200-nvl72", per=_TRAYS, note=_NEAR)),
    (r"gb200", Match(server="gb200-nvl72", per=_TRAYS)),
    (r"(dgx|hgx).*a100", Match(server="dgx-a100")),
    (r"(dgx|hgx).*h100", Match(server="dgx-h100")),
    (r"(dgx|hgx).*h200", Match(server="dgx-h200")),
    (r"(dgx|hgx).*b200", Match(server="dgx-b200")),
    (r"mi300x", Match(server="mi300x-8")),
)


def match_model(model: str, own: Mapping[str, Match]) -> Match | None:
    """
    Find the server that stands for a device model.

    Args:
        model: As the source spells it.
        own: The user's choices, by model; they come first, without regard to case.
    """
    wanted = model.strip().lower()
    chosen = {key.strip().lower(): match for key, match in own.items()}
    if wanted in chosen:
        return chosen[wanted]
    plain = _WORD.sub("-", wanted)
    if plain.strip("-") in SERVERS:
        return Match(server=plain.strip("-"))
    return next((m for pattern, m in _KNOWN if re.search(pattern, plain)), None)


def parse_matches(text: str) -> dict[str, Match]:
    """
    Read a user's choices, `MODEL=SERVER` or `MODEL=SERVER:N`, separated by commas.

    Raises:
        ScenarioError: Names the part that is wrong.
    """
    found: dict[str, Match] = {}
    for part in filter(None, (p.strip() for p in text.split(","))):
        model, equals, rest = part.rpartition("=")
        server, _, per = rest.partition(":")
        if not equals or server not in SERVERS or not (per or "1").isdecimal():
            raise ScenarioError(
                field="servers", rule="must be MODEL=SERVER or MODEL=SERVER:N",
                value=part, repair=f"choose a server of {', '.join(sorted(SERVERS))}",
            )  # fmt: skip
        found[model] = Match(server=server, per=max(1, int(per or 1)))
    return found


def export_model(server: str) -> tuple[str, int]:
    """Model name and devices per server, as NVIDIA's power software spells them."""
    if server == "gb200-nvl72":
        return "DGX_GB200", _TRAYS
    if server.startswith("dgx-"):
        return server.upper().replace("-", "_"), 1
    return server, 1
