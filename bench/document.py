"""
Write docs/benchmarks.md, its drawings and the README's table from what was recorded.

The prose lives in `docs/benchmarks.in.md`; tables replace its markers. Everything else
is `bench/history.jsonl`.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

from bench import draw
from bench.history import Line, latest_curves, latest_rows, read, series_of
from bench.rows import ROW_BARS, judged
from bench.words import GROUPS, HEADLINE, WORDS, bar, number, quantity
from cli.validation.document import filled

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
MAIN_MARKER = "<!-- table: bench -->"
GROUPS_MARKER = "<!-- table: groups -->"
CURVES_MARKER = "<!-- table: curves -->"
ROOFLINE_MARKER = "<!-- table: roofline -->"
RUNS_MARKER = "<!-- table: runs -->"
CURVES = {
    "servers": "More servers",
    "horizon": "A longer horizon",
    "workers": "More workers",
}


MORE = (
    "All rows, their history, scaling curves and the roofline: "
    "[docs/benchmarks.md](docs/benchmarks.md)."
)
ROOFLINE_HEAD = (
    "| kernel | flop per step | bytes per step | flop/B | million steps/s "
    "| Gflop/s | part of copies' bandwidth |"
)
RUNS_HEAD = (
    "| run | recorded | commit | rows | curves | cores | copies | matrices "
    "| Python | note |"
)


def main_table(rows: dict[str, Line]) -> str:
    """Table of the README: what a planner waits for, met or not, below the tally."""
    lines = [f"{tally(rows)}\n"]
    lines += ["| model | what | measured | bar | holds |", "|---|---|---|---|---|"]
    lines += [f"| {GROUPS[one.partition('.')[0]]} {_shown(rows, one)}"
              for one in HEADLINE]  # fmt: skip
    lines += ["", MORE]
    return "\n".join(lines)


def tally(rows: dict[str, Line]) -> str:
    """How many rows keep their bar, and the names of those that do not."""
    recorded = [rows[name] for name in WORDS if name in rows]
    missed = [f"`{row['id']}`" for row in recorded if not row["passes"]]
    kept = len(recorded) - len(missed)
    said = f"{kept} of {len(recorded)} recorded rows keep their bar"
    said += f"; not kept: {', '.join(missed)}" if missed else ""
    left = len(WORDS) - len(recorded)
    return said + (f". {left} rows are not recorded yet." if left else ".")


def _shown(rows: dict[str, Line], name: str) -> str:
    if name in rows:
        return _row(rows[name])
    return f"| {WORDS[name]} (`{name}`) | not recorded | {bar(ROW_BARS[name])} | – |"


def _row(row: Line) -> str:
    holds = "yes" if row["passes"] else "**no**"
    words = WORDS.get(row["id"], "")
    measured = quantity(row["value"], row["unit"])
    return f"| {words} (`{row['id']}`) | {measured} | {bar(row)} | {holds} |"


def group_tables(rows: dict[str, Line]) -> str:
    """Every group: its drawing, its table with when each row was measured."""
    parts = []
    for group, title in GROUPS.items():
        own = _of_group(rows, group)
        if not own:
            continue
        parts.append(f"### {title}\n\n![{title}](images/bench_{group}.svg)\n")
        parts.append(
            "| what | measured | bar | holds | recorded |\n|---|---|---|---|---|"
        )
        parts += [
            f"{_row(one)} {one['recorded_at'][:10]}, run {one['run'] + 1} |"
            for one in own
        ]
        parts.append("")
    if left := [f"`{name}`" for name in WORDS if name not in rows]:
        parts.append(f"Not recorded yet: {', '.join(left)}.")
    return "\n".join(parts).rstrip()


def _of_group(rows: dict[str, Line], group: str) -> list[Line]:
    known = [name for name in WORDS if name in rows]
    return [rows[name] for name in known if name.startswith(f"{group}.")]


def curve_tables(curves: dict[str, Line]) -> str:
    """Scaling curves, drawn and in figures."""
    parts = []
    for key, title in CURVES.items():
        if key not in curves:
            continue
        one, unit = curves[key], curves[key].get("unit", "s")
        parts.append(f"### {title}\n\n![{title}](images/bench_{key}.svg)\n")
        xs = sorted({x for line in one["series"] for x in line["x"]})
        heads = [number(x) for x in xs]
        parts.append(f"| {one['y']} by {one['x']} | " + " | ".join(heads) + " |")
        parts.append("|---|" + "---|" * len(heads))
        for line in one["series"]:
            known = dict(zip(line["x"], line["values"], strict=True))
            cells = [quantity(known[x], unit) if x in known else "" for x in xs]
            parts.append(f"| {line['name']} | " + " | ".join(cells) + " |")
        parts.append(f"\nRecorded {_when(one)}.\n")
    return "\n".join(parts).rstrip()


def roofline_table(found: Line) -> str:
    """Kernels with what was counted, and the roof each could reach."""
    copy = found["machine"]["copy_bandwidth_bytes_per_s"]
    lines = ["![Roofline](images/bench_roofline.svg)", "", ROOFLINE_HEAD]
    lines.append("|" + "---|" * 7)
    for one in found["kernels"]:
        intensity, speed = draw.place(one)
        used = one["bytes"] * one["steps_per_s"] / copy
        lines.append(
            f"| {one['name']} | {one['flop']} | {one['bytes']} | {intensity:.2g} "
            f"| {number(one['steps_per_s'] / 1e6)} | {speed / 1e9:.2g} | {used:.0%} |"
        )
    return "\n".join([*lines, "", f"Recorded {_when(found)}."])


def runs_table(lines: list[Line]) -> str:
    """Every recorded run and the machine it ran on."""
    out = [RUNS_HEAD, "|" + "---|" * 10]
    for number_, line in enumerate(lines, start=1):
        machine: dict[str, Any] = line["machine"]
        out.append(
            f"| {number_} | {line['recorded_at'][:16].replace('T', ' ')} "
            f"| {line['commit'] or '?'} | {len(line['rows'])} | {len(line['curves'])} "
            f"| {machine['cores']} "
            f"| {machine['copy_bandwidth_bytes_per_s'] / 1e9:.1f} GB/s "
            f"| {machine['matrix_flop_per_s'] / 1e9:.0f} Gflop/s "
            f"| {machine['python']} | {line['note']} |"
        )
    return "\n".join(out)


def _when(one: Line) -> str:
    return f"{one['recorded_at'][:10]} on {one['machine']['cores']} cores"


def documents(lines: list[Line] | None = None) -> dict[Path, str]:
    """Text that each generated file should have."""
    lines = read() if lines is None else lines
    rows, curves = latest_rows(lines), latest_curves(lines)
    rows = {name: judged(row) for name, row in rows.items()}
    page = (ROOT / "docs" / "benchmarks.in.md").read_text()
    page = filled(page, GROUPS_MARKER, group_tables(rows))
    if CURVES.keys() & curves.keys():
        page = filled(page, CURVES_MARKER, curve_tables(curves))
    else:
        page = without(page, "Scaling")
    if "roofline" in curves:
        page = filled(page, ROOFLINE_MARKER, roofline_table(curves["roofline"]))
    else:
        page = without(page, "Roofline")
    page = filled(page, RUNS_MARKER, runs_table(lines))
    readme = filled((ROOT / "README.md").read_text(), MAIN_MARKER, main_table(rows))
    found = {ROOT / "docs" / "benchmarks.md": page, ROOT / "README.md": readme}
    return found | drawings(lines, rows, curves)


def without(page: str, section: str) -> str:
    """A section whose drawing nobody has recorded says so, and explains nothing."""
    said = "Not recorded yet: run `scripts/bench --scaling --record`."
    found = rf"(?<=^## {section}\n).*?(?=^## |\Z)"
    return re.sub(found, f"{said}\n\n", page, flags=re.MULTILINE | re.DOTALL)


def drawings(
    lines: list[Line], rows: dict[str, Line], curves: dict[str, Line]
) -> dict[Path, str]:
    """Every drawing of the page."""
    found = {}
    for group, title in GROUPS.items():
        own = _of_group(rows, group)
        if own:
            runs = [series_of(lines, one["id"]) for one in own]
            found[IMAGES / f"bench_{group}.svg"] = draw.history(
                title, own, runs, len(lines)
            )
    for key in CURVES:
        if key in curves:
            drawn = draw.workers if key == "workers" else draw.scaling
            found[IMAGES / f"bench_{key}.svg"] = drawn(curves[key])
    if "roofline" in curves:
        found[IMAGES / "bench_roofline.svg"] = draw.roofline(curves["roofline"])
    return found


def main() -> int:
    """Write the files, or with --check say whether they are current."""
    stale = [p for p, text in documents().items()
             if not p.exists() or p.read_text() != text]  # fmt: skip
    if "--check" in sys.argv:
        for path in stale:
            print(f"{path.relative_to(ROOT)} is stale; run scripts/document_benchmarks")
        return 1 if stale else 0
    for path, text in documents().items():
        path.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
