"""What a search for measures found, in words and tables."""

from __future__ import annotations

from typing import Any

from app import format as say
from app.components import html
from app.figures.sizing import choice_words
from app.pages.parts import table

Json = dict[str, Any]


def best_words(found: Json) -> Any:
    """Say the best combination, or that nothing passes."""
    count = len(found["tried"])
    if found["best"] is None:
        near = max(found["tried"], key=lambda t: t["worst_margin_frac"] or -1e9)
        return [
            html.P([html.Span("✕", className="np-sign"),
                    f"None of {count} combinations keeps every rule."],
                   className="np-best np-bad"),
            html.P(f"Nearest: {choice_words(near['choice'])}; {near['worst_rule']} at "
                   f"margin {say.percent(near['worst_margin_frac'], 0, signed=True)}. "
                   "Search among more, or take a rule away.", className="np-quiet"),
        ]  # fmt: skip
    best = found["tried"][found["best"]]
    costs = best["costs"]
    return [
        html.P([html.Span("✓", className="np-sign"),
                _capital(choice_words(best["choice"]))], className="np-best np-good"),
        html.P(
            f"{_money(best['cost_per_year'])} a year: stores "
            f"{_money(costs['stores'])}, wasted energy {_money(costs['energy'])}, lost "
            f"time {_money(costs['time'])}. Least margin "
            f"{say.percent(best['worst_margin_frac'], 0)}, {best['worst_rule']}. "
            f"{found['passing']} of {count} combinations pass; the front holds "
            f"{len(found['front'])}.",
        ),
    ]  # fmt: skip


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:] + "."


def _money(dollars: float | None) -> str:
    if dollars is None:
        return say.MISSING
    return f"${dollars / 1e6:,.2f} M" if dollars >= 1e5 else f"${dollars:,.0f}"


def sensitivity(found: Json) -> Any:
    """What the answer becomes when one thing is otherwise."""
    rows = []
    for turn in found["sensitivity"]:
        best = turn["best"]
        if best is None:
            rows.append([turn["what"], "nothing passes", say.MISSING])
            continue
        words = "stays" if turn["same"] else choice_words(best["choice"])
        rows.append([turn["what"], words, _money(best["cost_per_year"])])
    head = ["If", "The best combination", "Cost a year"]
    return table(head, rows, "One thing changed at a time") if rows else None
