"""
Write docs/validation.md and the README's table from recorded results.

The prose lives in `docs/validation.in.md`; the tables replace its markers. Results
are a recording of our own run: `docs/results/validation.json`. Benchmarks are written
the same way by `bench/document.py`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from cli.validation.row import tally, verdict

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "docs" / "results"
VALIDATION_MARKER = "<!-- table: validation -->"
OWN_TABLES = {
    "tapas": ("tapas.",),
    "stabilize": ("stabilize.",),
    "tracking": ("tracking.",),
    "planning": ("uncertainty.", "optimise."),
}
"""Marked `table: validation NAME` -> how the ids in it begin."""
SERVING_MARKER = "<!-- table: validation serving -->"
END_MARKER = "<!-- end -->"


def validation_table(rows: list[dict[str, Any]], *, short: bool = False) -> str:
    """Markdown table of validation rows; `short` leaves source and reason out."""
    head = ["what", "published", "here", "difference", "holds"]
    head += [] if short else ["mark", "why"]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for row in rows:
        cells = [
            f"{row['quantity']} (`{row['id']}`)",
            _published(row),
            _number(row["ours"], row["unit"]),
            _number(row["difference"], row["unit"], signed=True),
            _VERDICTS[verdict(row)],
        ]
        cells += [] if short else [row["mark"], row["why"]]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


SERVING = {
    "splitwise": "Splitwise (ISCA 2024)",
    "dynamollm": "DynamoLLM (HPCA 2025)",
    "energy_per_query": "Energy of a query (two published versions)",
    "greener": "Greener LLMs",
    "batch_model": "Models left out of the fit (ML.ENERGY benchmark v3)",
    "engines": "Engines: groups of GPUs nobody measured",
    "ssjf": "SSJF",
    "intelligent_router": "Intelligent Router",
    "qlm": "QLM",
    "medha": "Medha",
    "tapas_router": "TAPAS, its router",
    "modserve": "ModServe",
    "streamwise": "StreamWise",
    "murakkab": "Murakkab",
    "droidspeak": "DroidSpeak",
    "brane": "BRANE",
    "slim_sc": "Slim-SC",
    "test_time": "Test-time compute",
    "input_power": "Input-dependent power",
    "prune_train": "PruneTrain",
    "buddy": "Buddy Compression",
    "junction": "Junction",
}
"""Suite -> its title in the section on serving."""


def serving_tables(rows: list[dict[str, Any]]) -> str:
    """One table per serving suite, with how many of its rows hold."""
    parts = []
    for suite, title in SERVING.items():
        own = [r for r in rows if r["id"].startswith(f"{suite}.")]
        parts.append(f"### {title}: {tally(own)}\n")
        parts.append(validation_table(own) + "\n")
    return "\n".join(parts).rstrip()


def summary(rows: list[dict[str, Any]]) -> str:
    """What stands above the README's few rows: how many of all hold, and which fail."""
    missed = [r for r in rows if verdict(r) == "no"]
    serving = sum(r["id"].partition(".")[0] in SERVING for r in missed)
    unknown = sum("shape only" in r["why"].lower() for r in missed)
    return (
        f"{len(rows)} published figures: {tally(rows)}. Of the {len(missed)} that do "
        f"not hold, {serving} are of serving systems and their engines, {unknown} of "
        "those on inputs that nobody published. Eight figures of the sample row:"
    )


def filled(text: str, marker: str, table: str) -> str:
    """Put a table between a marker and the next end marker."""
    before, found, rest = text.partition(marker)
    if not found:
        return text
    _, end, after = rest.partition(END_MARKER)
    if not end:
        raise ValueError(f"{marker} has no {END_MARKER} after it")
    return f"{before}{marker}\n{table}\n{END_MARKER}{after}"


def documents() -> dict[Path, str]:
    """Text that each generated document should have."""
    rows = json.loads((RESULTS / "validation.json").read_text())
    headline = [r for r in rows if r["id"] in _HEADLINE]
    page = (ROOT / "docs" / "validation.in.md").read_text()
    serving = [r for r in rows if r["id"].partition(".")[0] in SERVING]
    page = filled(page, SERVING_MARKER, serving_tables(serving))
    rest = [r for r in rows if r not in serving]
    for name, prefixes in OWN_TABLES.items():
        own = [r for r in rest if r["id"].startswith(prefixes)]
        rest = [r for r in rest if r not in own]
        marker = f"<!-- table: validation {name} -->"
        page = filled(page, marker, validation_table(own))
    page = filled(page, VALIDATION_MARKER, validation_table(rest))
    readme = (ROOT / "README.md").read_text()
    short = f"{summary(rows)}\n\n{validation_table(headline, short=True)}"
    readme = filled(readme, VALIDATION_MARKER, short)
    return {ROOT / "docs" / "validation.md": page, ROOT / "README.md": readme}


_HEADLINE = {
    "polca.extra_servers", "polca.brakes", "polca.high_p50_impact",
    "polca.high_p99_impact", "polca.low_p50_impact", "polca.low_p99_impact",
    "polca.rise_40s", "polca.deep_cap_saving",
}  # fmt: skip


_VERDICTS = {"yes": "yes", "no": "**no**", "sign": "sign only", "input": "input"}


def _published(row: dict[str, Any]) -> str:
    low = _number(row["published"], row["unit"])
    if row["rule"] == "within":
        return f"{low} to {_number(row['most'], row['unit'])}"
    return {"at most": "≤ ", "at least": "≥ ", "near": ""}[row["rule"]] + low


def _number(value: float, unit: str, *, signed: bool = False) -> str:
    plus = "+" if signed else ""
    if unit == "1":
        value = round(value * 100, 2) + 0.0  # -0.001 reads 0.00
        return f"{value:{plus}.2f} {'points' if signed else '%'}"
    return f"{value:{plus}g} {unit}"


def main() -> int:
    """Write the documents, or with --check say whether they are current."""
    stale = [p for p, text in documents().items()
             if not p.exists() or p.read_text() != text]  # fmt: skip
    if "--check" in sys.argv:
        for path in stale:
            print(f"{path.relative_to(ROOT)} is stale; run scripts/document_validation")
        return 1 if stale else 0
    for path, text in documents().items():
        path.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
