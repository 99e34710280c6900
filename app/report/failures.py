"""Failures in a site's report: what each costs, and which puts servers out."""

from __future__ import annotations

from typing import Any

from app import format as say
from app import frames
from app.markup import Markup, table, text
from app.report.page import Html

Json = dict[str, Any]
_CASES = 25


def failures_said(failures: Json) -> str:
    """Say how many single failures put servers out, inside a sentence."""
    one = [c for c in failures["cases"] if len(c["failed"]) == 1]
    lost = [c for c in one if c["lost_servers"]]
    if not lost:
        return f"none of {len(one)} single failures puts a server out"
    worst = max(lost, key=lambda c: c["lost_servers"])
    return (
        f"{len(lost)} of {len(one)} single failures put servers out, at worst "
        f"{worst['lost_servers']:,} on loss of {' and '.join(worst['failed'])}"
    )


def cases(failures: Json) -> Html:
    """List the worst failures."""

    def order(case: Json) -> tuple[float, float, float]:
        return -case["lost_servers"], -case["trips"], -(case["worst_frac"] or 0.0)

    rows = [
        [
            " and ".join(c["failed"]), _count(c["lost_servers"]), str(c["trips"]),
            c["worst_node"] or say.MISSING, say.percent(c["worst_frac"], 0),
            say.number(c["slowed_servers"]), say.percent(c["slo_damage_frac"], 0),
            c["race"],
        ]
        for c in sorted(failures["cases"], key=order)[:_CASES]
    ]  # fmt: skip
    head = ("Lost", "Servers out", "Trips", "Fullest node", "Its load ÷ limit",
            "Servers slowed", "Work harmed", "Breaker against cap")  # fmt: skip
    words = (
        f"{failures['single']} failures alone and {failures['pairs']} in pairs, each "
        f"followed to its end at the worst hour, "
        f"{frames.clock_text(failures['worst_t_s'])} from the start. "
        f"{failures_said(failures).capitalize()}."
    )
    more = len(failures["cases"]) - len(rows)
    caption = f"Worst first; {more} more" if more > 0 else "Worst first"
    return f"<p>{text(words)}</p>" + table(head, rows, caption=caption,
                                                  kind="words")  # fmt: skip


def _count(lost: int) -> str | Markup:
    return Markup(f'<b class="bad">{lost:,}</b>') if lost else "0"
