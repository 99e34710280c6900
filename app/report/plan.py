"""Report of a plan: the largest server count per policy that keeps service levels."""

from __future__ import annotations

from typing import Any

from app import format as say
from app.markup import table
from app.report.inputs import scenario_of
from app.report.page import Html, Report, Section, Tile, tiles
from app.report.plan_parts import plan_section
from app.report.row import asked_section, closing_sections
from twin.scenario import Scenario

Json = dict[str, Any]
_LEAVE = ("facility", "training")


def plan_report(plan: Json) -> Report:
    """Lay out the report of a stored plan."""
    scenario = plan.get("scenario") or {}
    base = plan["baseline"]["base_server_count"]
    label = _best_policy(plan)
    found = {k: v for k, v in plan["best"].items() if v is not None}
    if label is None:
        answer = f"None of {len(plan['cells'])} combinations"
        rest = "keeps every service level: add fewer servers, or cap more gently"
    else:
        added = plan["best"][label]
        answer = f"{base + added} servers (+{added})"
        rest = (
            f"are the most that keep every service level, under "
            f"{say.policy_title(label)}; {base} were planned for, and {len(found)} of "
            f"{len(plan['best'])} policies carry them at all"
        )
    return Report(
        kind="Row: plan", title=str(scenario.get("name") or "Row"), answer=answer,
        rest=rest, good=label is not None, sections=tuple(_sections(plan, scenario)),
    )  # fmt: skip


def _best_policy(plan: Json) -> str | None:
    """Policy that carries most; the scenario's own among equals."""
    own = ((plan.get("scenario") or {}).get("policy") or {}).get("name")
    known = [(v, k == own, k) for k, v in plan["best"].items() if v is not None]
    return max(known)[2] if known else None


def _sections(plan: Json, scenario: Json) -> list[Section]:
    asked = scenario_of(scenario)
    return [
        ("What was asked", asked_section(asked, _words(plan, asked), leave=_LEAVE)),
        ("Key figures", _numbers(plan)),
        ("Server count and risk", plan_section(plan, scenario.get("slo"))),
        *closing_sections(
            asked, plan.get("provenance") or {},
            ["nameplate plan scenario.yaml --out out/"],
            [("/plans", '{"scenario": …}, the inputs as JSON')], leave=_LEAVE),
    ]  # fmt: skip


def _words(plan: Json, asked: Scenario | None) -> str:
    counts = sorted({c["added_servers"] for c in plan["cells"]})
    seeds = max(len(c["runs"]) for c in plan["cells"])
    days = "" if asked is None else f", {asked.horizon.days:g} d each"
    return (
        f"{len(counts)} server counts, {', '.join(f'+{c}' for c in counts)}, under "
        f"{len(plan['best'])} policies with {seeds} seed{'s' if seeds > 1 else ''}"
        f"{days}. The inputs that differ from their defaults:"
    )


def _numbers(plan: Json) -> Html:
    base = plan["baseline"]
    best = [
        Tile(
            name=say.policy_title(policy),
            value="none" if added is None
            else f"{base['base_server_count'] + added} servers",
            part="no count keeps them" if added is None else f"+{added}",
            alarm=added is None,
        )
        for policy, added in plan["best"].items()
    ]  # fmt: skip
    rows = []
    for policy, added in plan["best"].items():
        if added is None:
            continue
        cell = next(
            c for c in plan["cells"]
            if c["policy"] == policy and c["added_servers"] == added
        )  # fmt: skip
        peaks = [r["peak_w"] for r in cell["runs"]]
        held = sum(not r["slo_breaches"] for r in cell["runs"])
        rows.append([
            f"{say.policy_title(policy)}, +{added}",
            say.power(min(peaks), "kW"), say.power(max(peaks), "kW"),
            say.percent(max(peaks) / base["provisioned_w"]),
            f"{held} of {len(cell['runs'])}",
            f"≥ {say.percent(cell['meets_slo_confidence'], 0)}",
        ])  # fmt: skip
    head = ("At the best count", "Lowest peak", "Highest peak", "Highest ÷ limit",
            "Seeds that keep all", "Chance of another, 95 % sure")  # fmt: skip
    shown = tiles(best)
    return shown + (table(head, rows) if rows else "")
