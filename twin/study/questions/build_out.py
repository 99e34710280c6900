"""What to build and buy, and when: the best plan of a build-out."""

from __future__ import annotations

from twin.buildout.answer import best_plan
from twin.buildout.program import BY_CLOCK
from twin.plan.memo import Memo
from twin.scenario.build_out import BuildOutInput
from twin.study.questions.base import Ground, Metric, Outputs, Question


def answer(inputs: BuildOutInput, _: Ground, _memo: Memo) -> Outputs:
    """Find the best plan; see `QUESTION.metrics` for what comes out."""
    plan = best_plan(inputs)
    if plan.status == BY_CLOCK:  # another machine might find another plan
        raise TimeoutError(f"the search for the best plan was {BY_CLOCK}")
    blocks = [o for o in plan.orders if o.kind != "servers"]
    capital = {p.key: p.present_usd for p in plan.parts}
    return {
        "net_present_cost_usd": plan.net_present_cost_usd,
        "spend_usd": plan.spend_usd,
        "cost_per_server_h_usd": plan.cost_per_server_h_usd,
        "carbon_t": plan.carbon_t, "water_m3": plan.water_m3,
        "unmet_server_years": plan.unmet_server_years,
        "unmet_frac": plan.unmet_frac,
        "served_server_years": plan.served_server_years,
        "stranded_w": plan.stranded_w, "spare_w": plan.spare_w,
        "blocks_usd": capital["blocks"], "servers_usd": capital["servers"],
        "blocks_ordered": float(sum(o.count for o in blocks)),
        "short_periods": float(sum(bool(p.short) for p in plan.periods)),
        "last_peak_w": plan.periods[-1].meter_w, "gap_frac": plan.gap_frac,
    }  # fmt: skip


QUESTION = Question(
    key="build-out", label="A build-out over years",
    doc="The best times to order power, cooling and servers for a growing demand, "
    "under lead times, limits and prices.",
    model=BuildOutInput, evaluate=answer,
    metrics=(
        Metric("net_present_cost_usd", "USD", "Net present cost", "less"),
        Metric("spend_usd", "USD", "Spent, without unserved demand", "less"),
        Metric("cost_per_server_h_usd", "USD", "Cost per server-hour", "less"),
        Metric("carbon_t", "t", "Carbon", "less"),
        Metric("water_m3", "m3", "Water", "less"),
        Metric("unmet_server_years", "years", "Server-years unserved", "less"),
        Metric("unmet_frac", "1", "Demand unserved", "less"),
        Metric("served_server_years", "years", "Server-years served", "more"),
        Metric("stranded_w", "W", "Stranded power, mean", "less"),
        Metric("spare_w", "W", "Spare utility power, mean"),
        Metric("blocks_usd", "USD", "Blocks ordered", "less"),
        Metric("servers_usd", "USD", "Servers bought", "less"),
        Metric("blocks_ordered", "blocks", "Blocks ordered"),
        Metric("short_periods", "periods", "Periods with demand waiting", "less"),
        Metric("last_peak_w", "W", "Peak at the meter at the end"),
        Metric("gap_frac", "1", "Gap to the best plan", "less"),
    ),
)  # fmt: skip
