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
        Metric(
            key="net_present_cost_usd", unit="USD", label="Net present cost",
            better="less",
        ),
        Metric(
            key="spend_usd", unit="USD", label="Spent, without unserved demand",
            better="less",
        ),
        Metric(
            key="cost_per_server_h_usd", unit="USD", label="Cost per server-hour",
            better="less",
        ),
        Metric(key="carbon_t", unit="t", label="Carbon", better="less"),
        Metric(key="water_m3", unit="m3", label="Water", better="less"),
        Metric(
            key="unmet_server_years", unit="years", label="Server-years unserved",
            better="less",
        ),
        Metric(key="unmet_frac", unit="1", label="Demand unserved", better="less"),
        Metric(
            key="served_server_years", unit="years", label="Server-years served",
            better="more",
        ),
        Metric(
            key="stranded_w", unit="W", label="Stranded power, mean", better="less"
        ),
        Metric(key="spare_w", unit="W", label="Spare utility power, mean"),
        Metric(key="blocks_usd", unit="USD", label="Blocks ordered", better="less"),
        Metric(key="servers_usd", unit="USD", label="Servers bought", better="less"),
        Metric(key="blocks_ordered", unit="blocks", label="Blocks ordered"),
        Metric(
            key="short_periods", unit="periods", label="Periods with demand waiting",
            better="less",
        ),
        Metric(key="last_peak_w", unit="W", label="Peak at the meter at the end"),
        Metric(key="gap_frac", unit="1", label="Gap to the best plan", better="less"),
    ),
)  # fmt: skip
