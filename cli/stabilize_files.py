"""Write a run or a search of a training site: JSON, CSV and the HTML report."""

from __future__ import annotations

from pathlib import Path

from cli.files import as_csv, as_json, write_whole
from cli.scenario_file import ScenarioFile
from twin.types import Document

_KINDS = ("low", "high", "mean")


def write_report(
    run: Document, detail: Document, source: ScenarioFile, path: Path
) -> Path:
    """Write the compliance report, with a closer look at the waveform."""
    from app.report.stabilize import stabilize_report

    asked = source.scenario.model_dump(mode="json", exclude_defaults=True)
    page = stabilize_report(
        run, source.name, detail=detail, scenario=asked,
        file=source.path.name,
    )  # fmt: skip
    return write_whole(path, page.encode())


def run_files(run: Document) -> dict[str, bytes]:
    """Files of a run by their names."""
    return {
        "stabilize.json": as_json(run), "waveform.csv": waveform_csv(run["window"]),
        "verdicts.csv": verdicts_csv(run["verdicts"]),
    }  # fmt: skip


def search_files(sized: Document) -> dict[str, bytes]:
    """Files of a search by their names."""
    return {"size.json": as_json(sized), "tried.csv": tried_csv(sized)}


def waveform_csv(window: Document) -> bytes:
    """
    Write a waveform's buckets, one a line, with lowest, highest and mean.

    Args:
        window: `before`, `after`, `drawn` in W, `stores` as charge ÷ energy, and
            `frequency` in Hz where there are gensets.
    """
    series = [(name, "w", window[name]) for name in ("before", "after", "drawn")]
    series += [(f"{p}_charge", "frac", s) for p, s in window["stores"].items()]
    if window["frequency"] is not None:
        series.append(("frequency", "hz", window["frequency"]))
    edges = window["before"]["t_s"]
    head = ["from_s", "to_s"]
    head += [f"{name}_{kind}_{unit}" for name, unit, _ in series for kind in _KINDS]
    columns = [edges[:-1], edges[1:]]
    columns += [one[kind] for _, _, one in series for kind in _KINDS]
    return as_csv(head, list(zip(*columns, strict=True)))


def verdicts_csv(verdicts: list[Document]) -> bytes:
    """Write each rule with its values before and after, in the rule's unit."""
    plain = ("key", "authority", "title", "kind", "unit", "source", "date")
    figures = ("worst", "limit", "margin_frac", "passes", "at_s", "worst_hz", "note")
    head = [*plain, *(f"{side}_{f}" for side in ("before", "after") for f in figures),
            "why_not"]  # fmt: skip
    rows = [
        [
            *(v[name] for name in plain),
            *((v[side] or {}).get(f) for side in ("before", "after") for f in figures),
            v["why_not"],
        ]
        for v in verdicts
    ]
    return as_csv(head, rows)


def tried_csv(sized: Document) -> bytes:
    """Write every combination that a search tried."""
    front = set(sized["front"])
    choices, costs = (list(sized["tried"][0][k]) for k in ("choice", "costs"))
    figures = ("passes", "worst_rule", "worst_margin_frac", "cost_per_year",
               "wasted_frac", "slowdown_frac", "highest_w")  # fmt: skip
    head = ["index", *choices, *figures, *(f"{c}_per_year" for c in costs), "front",
            "best"]  # fmt: skip
    rows = [
        [
            t["index"], *t["choice"].values(), *(t[f] for f in figures),
            *t["costs"].values(), t["index"] in front, t["index"] == sized["best"],
        ]
        for t in sized["tried"]
    ]  # fmt: skip
    return as_csv(head, rows)
