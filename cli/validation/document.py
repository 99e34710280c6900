"""
Write docs/validation.md and the README's tables from recorded results.

The prose lives in `docs/validation.in.md`; the tables replace its markers. Results
are recordings of our own runs: `docs/results/validation.json` and `bench.json`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "docs" / "results"
VALIDATION_MARKER = "<!-- table: validation -->"
TAPAS_MARKER = "<!-- table: validation tapas -->"
STABILIZE_MARKER = "<!-- table: validation stabilize -->"
TRACKING_MARKER = "<!-- table: validation tracking -->"
BENCH_MARKER = "<!-- table: bench -->"
END_MARKER = "<!-- end -->"


def validation_table(rows: list[dict[str, Any]], *, short: bool = False) -> str:
    """Markdown table of validation rows; `short` leaves source and reason out."""
    head = ["what", "published", "here", "difference", "holds"]
    head += [] if short else ["mark", "why"]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for row in rows:
        cells = [
            f"{row['quantity']} (`{row['id']}`)",
            f"{_sign(row['rule'])}{_number(row['published'], row['unit'])}",
            _number(row["ours"], row["unit"]),
            _number(row["difference"], row["unit"], signed=True),
            "yes" if row["passes"] else "**no**",
        ]
        cells += [] if short else [row["mark"], row["why"]]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def bench_table(document: dict[str, Any]) -> str:
    """Markdown table of benchmark rows, the machine's limits below."""
    lines = ["| what | measured | bar | holds |", "|---|---|---|---|"]
    for row in document["rows"]:
        sign = "≥ " if row["better"] == "more" else "≤ "
        lines.append(
            f"| `{row['id']}` | {row['value']:,.4g} {row['unit']} | {sign}"
            f"{row['bar']:,g} {row['unit']} | {'yes' if row['passes'] else '**no**'} |"
        )
    machine = document["machine"]
    lines.append("")
    lines.append(
        f"Machine: {machine['cores']} cores, copies "
        f"{machine['copy_bandwidth_bytes_per_s'] / 1e9:.1f} GB/s, multiplies matrices "
        f"at {machine['matrix_flop_per_s'] / 1e9:.0f} Gflop/s, "
        f"Python {machine['python']}."
    )
    return "\n".join(lines)


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
    bench = json.loads((RESULTS / "bench.json").read_text())
    headline = [r for r in rows if r["id"] in _HEADLINE]
    page = (ROOT / "docs" / "validation.in.md").read_text()
    rest = list(rows)
    for prefix, marker in (
        ("tapas.", TAPAS_MARKER), ("stabilize.", STABILIZE_MARKER),
        ("tracking.", TRACKING_MARKER),
    ):  # fmt: skip
        own = [r for r in rows if r["id"].startswith(prefix)]
        rest = [r for r in rest if r not in own]
        page = filled(page, marker, validation_table(own))
    page = filled(page, VALIDATION_MARKER, validation_table(rest))
    page = filled(page, BENCH_MARKER, bench_table(bench))
    readme = (ROOT / "README.md").read_text()
    readme = filled(readme, VALIDATION_MARKER, validation_table(headline, short=True))
    readme = filled(readme, BENCH_MARKER, bench_table(bench))
    return {ROOT / "docs" / "validation.md": page, ROOT / "README.md": readme}


_HEADLINE = {
    "polca.extra_servers", "polca.brakes", "polca.high_p50_impact",
    "polca.high_p99_impact", "polca.low_p50_impact", "polca.low_p99_impact",
    "polca.rise_40s", "polca.deep_cap_saving",
}  # fmt: skip


def _sign(rule: str) -> str:
    return {"at most": "≤ ", "at least": "≥ ", "near": ""}[rule]


def _number(value: float, unit: str, *, signed: bool = False) -> str:
    plus = "+" if signed else ""
    if unit == "1":
        return f"{value * 100:{plus}.2f} {'points' if signed else '%'}"
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
