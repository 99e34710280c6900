"""Systems side by side: one row a system, one column a quantity, limits drawn in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from app import format as say
from app.figures.serving import BASELINE, Look, looks, source_of

Json = dict[str, Any]

SAME_WORK = 0.05
"""Part by which tokens given out may differ for two systems to do the same work."""
SAME_QUALITY = 0.99
_PER_1000 = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """
    One quantity of one system; parts are of the column's largest value.

    Args:
        value: With its unit.
        delta: Change against the baseline, empty for itself.
        more: A second value.
        part: Length of the bar; None draws none.
        peak: Length of a second, paler bar.
        base: Where the baseline stands.
        limit: Where a limit stands.
        broken: Whether the limit is not kept.
    """

    value: str
    delta: str = ""
    more: str = ""
    part: float | None = None
    peak: float | None = None
    base: float | None = None
    limit: float | None = None
    broken: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """
    One system.

    Args:
        source: How sure it is, and where it is from.
        fits: Whether it meets what is asked, doing the baseline's work.
        work: What sets its work apart from the baseline's; empty if nothing does.
        old: Whether the values are of the last settled answer.
    """

    label: str
    system: str
    look: Look
    mean_w: float
    attained: float | None
    source: str
    fits: bool
    work: str
    old: bool
    cells: tuple[Cell, ...]


COLUMNS = (
    ("Within the SLO", ("Requests within every limit ÷ those known at the end; line: "
     "the share asked for")),
    ("Power, mean and peak", ("Site energy ÷ time, solid; largest mean over a "
     "control tick, pale; dotted: the baseline's mean")),
    ("Energy per token", "Site energy ÷ output tokens"),
    ("Cost per 1,000 requests", ("Rent of GPU-hours, and energy where rent leaves it "
     "out, ÷ requests finished")),
    ("Carbon per 1,000 requests", ("Site energy × grid intensity of its hour ÷ "
     "requests finished")),
)  # fmt: skip


def compare_frame(
    study: Json,
    *,
    target_frac: float,
    unit: str = "kW",
    old: frozenset[str] = frozenset(),
) -> list[Row]:
    """
    Rows of the systems that serve the study's requests, the baseline first.

    Args:
        study: Answer of a study.
        target_frac: Share of requests asked for. 0..1
        unit: Power unit.
        old: Labels whose values are of the last settled answer.
    """
    shown = [o for o in study["outcomes"] if not o["own_terms"]]
    look_of = looks(study)
    base = next((o for o in shown if o["system"] == BASELINE), None)
    top = {name: _top(shown, of) for name, of in _VALUES.items()}
    top["peak"] = max((o["peak_power_w"] or 0.0 for o in shown), default=0.0) or 1.0
    slo = study["inputs"]["slo"]
    return [
        Row(
            label=o["label"], system=o["system"], look=look_of[o["label"]],
            source=source_of(study, o["label"]), mean_w=o["mean_power_w"],
            attained=o["attained_frac"],
            work=_work(o, base, slo), old=o["label"] in old,
            fits=(o["attained_frac"] or 0.0) >= target_frac and not _work(o, base, slo),
            cells=_cells(o, base, top, target_frac, unit),
        )
        for o in shown
    ]  # fmt: skip


def _per_1000(one: Json, name: str) -> float | None:
    return _PER_1000 * one[name] / one["finished"] if one["finished"] else None


_VALUES: dict[str, Callable[[Json], float | None]] = {
    "power": lambda o: o["mean_power_w"],
    "token": lambda o: o["energy_per_token_j"],
    "cost": lambda o: _per_1000(o, "cost_usd"),
    "carbon": lambda o: _per_1000(o, "carbon_g"),
}


def _top(shown: list[Json], of: Callable[[Json], float | None]) -> float:
    return max((of(o) or 0.0 for o in shown), default=0.0) or 1.0


def _work(one: Json, base: Json | None, slo: Json) -> str:
    """Say what makes an outcome hard to set beside the baseline."""
    if _own_limits(one, slo):
        return "limits of its own"
    if one["quality_frac"] < SAME_QUALITY:
        return f"{say.percent(one['quality_frac'], 0)} of the quality"
    if base is None or not base["output_tokens"]:
        return ""
    ratio = one["output_tokens"] / base["output_tokens"]
    if abs(ratio - 1.0) <= SAME_WORK:
        return ""
    return f"{ratio:.2g} × the tokens: other work"


def _own_limits(one: Json, slo: Json) -> bool:
    """
    Whether a system keeps other limits than the study's.

    Where more than a share of requests is within the limits, that percentile of the
    first token cannot lie above the longest of them.
    """
    attained, first = one["attained_frac"] or 0.0, one["latency_s"].get("ttft") or {}
    longest = max(slo[f"ttft_{k}_s"] for k in ("short", "medium", "long"))
    return any(
        attained > share and (first.get(name) or 0.0) > longest
        for name, share in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99))
    )


def _cells(
    one: Json, base: Json | None, top: dict[str, float], target_frac: float, unit: str
) -> tuple[Cell, ...]:
    against = base if base is not None and base is not one else None
    attained = one["attained_frac"]
    digits = 2 if attained is not None and 0.99 <= attained < 1 else 1
    met = Cell(
        value=say.percent(attained, digits),
        delta="" if against is None or attained is None
        or against["attained_frac"] is None
        else points(attained - against["attained_frac"]),
        part=attained, limit=target_frac, broken=(attained or 0.0) < target_frac,
    )  # fmt: skip
    power = replace(
        _cell("power", one, against, base, top["peak"], lambda v: say.power(v, unit)),
        peak=(one["peak_power_w"] or 0.0) / top["peak"],
    )
    peak = say.power(one["peak_power_w"], unit)
    words: dict[str, Callable[[float | None], str]] = {
        "token": lambda v: f"{say.number(v, 1)} J", "cost": money, "carbon": grams,
    }  # fmt: skip
    return (
        met, replace(power, more=f"peak {peak}"),
        *(_cell(n, one, against, base, top[n], said) for n, said in words.items()),
    )  # fmt: skip


def _cell(
    name: str, one: Json, against: Json | None, base: Json | None, top: float,
    words: Callable[[float | None], str],
) -> Cell:  # fmt: skip
    of = _VALUES[name]
    value, before = of(one), of(base) if base else None
    change = "" if against is None or not before or value is None else delta(
        value / before - 1.0
    )  # fmt: skip
    return Cell(
        value=words(value),
        delta=change,
        part=None if value is None else value / top,
        base=None if before is None else before / top,
    )


def points(change: float) -> str:
    """Write a change of a share in points of a per cent."""
    return f"{say.number(100 * change, 1, signed=True)} pts"


def delta(change: float) -> str:
    """Write a change against the baseline."""
    text = say.percent(change, 0, signed=True)
    return "±0 %" if text in ("+0 %", "\N{MINUS SIGN}0 %") else text


def money(dollars: float | None) -> str:
    """Format dollars with the digits that matter."""
    if dollars is None:
        return say.MISSING
    return f"${dollars:,.0f}" if dollars >= 100 else f"${dollars:,.3g}"


def grams(mass_g: float | None) -> str:
    """Format a mass of carbon dioxide."""
    if mass_g is None:
        return say.MISSING
    return f"{mass_g / 1e3:,.3g} kg" if mass_g >= 1e3 else f"{mass_g:,.3g} g"
