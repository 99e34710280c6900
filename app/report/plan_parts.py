"""What a plan found, as a figure and a table; parts of several reports."""

from __future__ import annotations

from typing import Any

from app import format as say
from app import frames
from app.markup import sign, table
from app.report import charts
from app.report.page import Html, figure
from app.svg import Axis

Json = dict[str, Any]
_TOP = 2.0


def plan_section(plan: Json, slo: Json | None) -> Html:
    """Draw how much of the tightest service level is used, and list the cells."""
    drawn = figure(
        _risk(plan["cells"], slo),
        "Part of the tightest service level that is used, worst of the seeds. Hollow: "
        "a service level is broken; points past 200 % are drawn there.",
    )
    return drawn + _cells(plan["cells"], slo)


def _risk(cells: list[Json], slo: Json | None) -> str:
    policies = list(dict.fromkeys(c["policy"] for c in cells))
    groups = []
    for k, policy in enumerate(policies):
        mine = [c for c in cells if c["policy"] == policy]
        colour = charts.COLOURS[k % len(charts.COLOURS)]
        named = f"{say.policy_title(policy)}"
        points = [(float(c["added_servers"]), 100 * min(_TOP, used_frac(c, slo)),
                   bool(c["meets_slo"])) for c in mine]  # fmt: skip
        groups.append(charts.Dots(
            name=named, x=[p[0] for p in points], y=[p[1] for p in points],
            colour=colour, size=0.5, line=True))  # fmt: skip
        for kept in (True, False):
            some = [p for p in points if p[2] is kept]
            groups.append(charts.Dots(
                name="", x=[p[0] for p in some], y=[p[1] for p in some], colour=colour,
                size=4.5, hollow=not kept))  # fmt: skip
    return charts.dots(
        "Part of the tightest service level used, by servers added and policy", groups,
        charts.axis_over([c["added_servers"] for c in cells], "Servers added"),
        Axis(title="Tightest service level used, %", low=0.0, high=208.0),
        level=(100.0, "limit"),
    )  # fmt: skip


def used_frac(cell: Json, slo: Json | None) -> float:
    """Part of the tightest service level that the worst seed uses."""
    return max(frames.limit_used_frac(run, slo) for run in cell["runs"])


def _cells(cells: list[Json], slo: Json | None) -> Html:
    rows = [
        [
            f"{say.policy_title(c['policy'])}, +{c['added_servers']}",
            _range([r["peak_frac"] for r in c["runs"]]),
            str(max(r["brakes"] for r in c["runs"])),
            _range([r["high"]["p99_impact_frac"] for r in c["runs"]]),
            _range([r["low"]["p99_impact_frac"] for r in c["runs"]]),
            say.percent(used_frac(c, slo), 0), sign(good=c["meets_slo"]),
        ]
        for c in cells
    ]  # fmt: skip
    head = ("Policy, servers added", "Peak ÷ limit", "Brakes", "High P99", "Low P99",
            "Limit used", "Service levels")  # fmt: skip
    return table(head, rows, caption="Range over the seeds where there are several")


def _range(values: list[float | None]) -> str:
    known = [v for v in values if v is not None]
    if not known:
        return say.MISSING
    low, high = say.percent(min(known)), say.percent(max(known))
    return low if low == high else f"{low} to {high}"
