"""What the models behind a report were held against, and where they miss."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from app.format import number
from app.markup import Markup, table, text
from app.report.page import Html, code, quiet
from store.shipped import shipped

Json = dict[str, Any]
_FILE = shipped("docs/results/validation.json")
_MOST_MISSES = 20
NAMES = {
    "row": "Server power and phase times",
    "polca": "Capping of an oversubscribed row (POLCA)",
    "tapas": "Placing, routing, configuring under heat and power (TAPAS)",
    "stabilize": "Training power, and measures at the grid",
    "uncertainty": "Uncertainty, rare events and sensitivity",
    "tracking": "The twin that follows readings",
    "batch_model": "Batches of a serving engine",
}


def status(suites: Iterable[str], uncovered: str, *, file: Path = _FILE) -> Html:
    """
    Write how many recorded rows of the suites hold, and every miss.

    Args:
        suites: First words of row ids, the nearest to the report first.
        uncovered: What no suite covers, in words; empty for nothing to say.
        file: Recorded rows, as `nameplate validate --json` prints them.
    """
    wanted = list(dict.fromkeys(suites))
    rows = _recorded(file)
    if rows is None:
        return (
            "<p>This installation came without the recorded rows. "
            f"{code('nameplate validate')} computes them anew.</p>"
        )
    found = {s: [r for r in rows if r["id"].partition(".")[0] == s] for s in wanted}
    held = [s for s in wanted if found[s]]
    parts = [_counts(held, found)] if held else ["<p>No suite covers this.</p>"]
    parts.append(quiet(
        "A row holds a published figure against what comes out here, within a "
        "tolerance stated beforehand. Rows that show a sign only, or give back an "
        f"input, are counted apart. {uncovered}".rstrip()))  # fmt: skip
    misses = [r for s in held for r in found[s] if not r["passes"]]
    if misses:
        parts.append(_misses(misses))
    elif held:
        parts.append("<p>None of these rows misses.</p>")
    return "".join(parts)


def suites_of_systems(keys: Iterable[str]) -> list[str]:
    """Suites of serving systems, where they have one."""
    known = {r["id"].partition(".")[0] for r in _recorded(_FILE) or []}
    return [k for k in (key.replace("-", "_") for key in keys) if k in known]


@cache
def _recorded(file: Path) -> list[Json] | None:
    try:
        rows: list[Json] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return rows


def _counts(suites: Sequence[str], found: dict[str, list[Json]]) -> Html:
    rows = []
    for suite in suites:
        kinds: dict[str, list[bool]] = {"size": [], "sign": [], "input": []}
        for row in found[suite]:
            kinds[row.get("shows", "size")].append(row["passes"])
        size, sign = kinds["size"], kinds["sign"]
        name = NAMES.get(suite, suite.replace("_", " "))
        rows.append([
            Markup(f"{text(name)} {code(suite)}"),
            f"{sum(size)} of {len(size)}",
            f"{sum(sign)} of {len(sign)}" if sign else "–",
            str(len(kinds["input"])) if kinds["input"] else "–",
            str(sum(not r["passes"] for r in found[suite])),
        ])  # fmt: skip
    head = ("Suite", "Rows that hold", "In sign only", "Inputs, not counted", "Misses")
    return table(head, rows)


def _misses(misses: list[Json]) -> Html:
    rows = [
        [
            Markup(f"{text(r['quantity'])} {code(r['id'])}"),
            f"{_figure(r)} {_unit(r)}".rstrip(),
            f"{_short(r['ours'])} {_unit(r)}".rstrip(), r.get("mark", ""),
            r.get("why") or "not explained",
        ]
        for r in misses[:_MOST_MISSES]
    ]  # fmt: skip
    more = len(misses) - len(rows)
    caption = "Rows that miss" + (
        f"; {more} more are in docs/validation.md" if more > 0 else ""
    )
    head = ("Quantity", "Published", "Ours", "Figure is", "Why")
    return table(head, rows, caption=caption, kind="text misses")


def _unit(row: Json) -> str:
    return "" if row["unit"] == "1" else str(row["unit"])


def _figure(row: Json) -> str:
    sign = {"at most": "≤ ", "at least": "≥ "}.get(row["rule"], "")
    most = "" if row.get("most") is None else f" to {_short(row['most'])}"
    return f"{sign}{_short(row['published'])}{most}"


def _short(value: float) -> str:
    return number(value) if abs(value) >= 1e4 else f"{value:.4g}"
