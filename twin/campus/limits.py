"""What binds a campus: how much of each thing that halls share it used, in words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.campus.result import CampusResult
from twin.scenario.campus import Campus
from twin.types import BoolArray, FloatArray

FULL_FRAC = 0.98
"""From here on a plant, or its water, counts as full: shares are rounded down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedLimit:
    """
    One thing that halls share, and how much of it was used.

    Args:
        key: contract, cooling or water.
        used: Highest use, in `unit`; of the contract where it was used most.
        limit: What there was then, in `unit`.
        unit: W or kg/s.
        used_frac: Highest use ÷ what there was then; with a curtailment by the record.
        bound_s: Time in which it held halls back: clocks under the contract, a plant or
            its water in records in which they were full. [s]
        words: The same for people.
    """

    key: str
    used: float
    limit: float
    unit: str
    used_frac: float
    bound_s: float
    words: str


def shared_limits(result: CampusResult, campus: Campus | None) -> list[SharedLimit]:
    """
    Say how much of each shared thing was used.

    Args:
        result: The run.
        campus: Its limits.

    Returns:
        One for each limit that is set: contract, cooling, water.
    """
    given = campus or Campus()
    found = []
    if given.contract_w is not None:
        found.append(_contract(result))
    if given.cooling_capacity_w is not None:
        found.append(_cooling(result, given))
    if given.make_up_kg_s is not None:
        found.append(_water(result, given))
    return found


def binding(result: CampusResult, limits: list[SharedLimit]) -> str:
    """
    Say what binds.

    Shared limits that held halls back, the longest first; without any, whatever came
    nearest to its limit, shared or a node.
    """
    held = sorted((x for x in limits if x.bound_s > 0.0), key=lambda x: -x.bound_s)
    if held:
        return "; ".join(x.words for x in held)
    near = [(x.used_frac, x.words) for x in limits]
    frac = _node_frac(result)
    if frac.size:
        at = int(np.argmax(frac))
        near.append((float(frac[at]), f"{result.nodes.name[at]} at {frac[at]:.1%}"))
    return max(near, default=(0.0, "nothing"))[1]


def _contract(result: CampusResult) -> SharedLimit:
    kept, series = result.contract, result.series
    later_w = np.append(series.contract_w[1:], series.contract_w[-1])
    allowed_w = np.maximum(series.contract_w, later_w)  # it may change in a record
    used_w = series.most["utility_w"]
    at = int(np.argmax(used_w / allowed_w))
    frac = float(used_w[at] / allowed_w[at])
    words = f"contract at {frac:.1%} of {_watts(allowed_w[at])}"
    if kept.ceiling_s > 0.0:
        low, high = (_clock(mhz) for mhz in kept.least_mhz)
        words += (
            f", clocks held down for {_length(kept.ceiling_s)} (low priority to {low}, "
            f"high to {high})"
        )
    if kept.exceeded_s > 0.0:
        words += f", exceeded for {_length(kept.exceeded_s)}"
    if kept.short_w > 0.0:
        words += f", {_watts(kept.short_w)} more than clocks can take away"
    return SharedLimit(
        key="contract", used=float(used_w[at]), limit=float(allowed_w[at]), unit="W",
        used_frac=frac, bound_s=kept.ceiling_s, words=words,
    )  # fmt: skip


def _cooling(result: CampusResult, given: Campus) -> SharedLimit:
    capacity_w = given.cooling_capacity_w or 0.0
    used_w = float(result.series.most["removed_w"].max())
    bound_s = _seconds(result, _full(result) & ~_dry(result, given))
    words = f"cooling plant at {used_w / capacity_w:.1%} of {_watts(capacity_w)}"
    return SharedLimit(
        key="cooling", used=used_w, limit=capacity_w, unit="W",
        used_frac=used_w / capacity_w, bound_s=bound_s,
        words=words + _full_for(bound_s),
    )  # fmt: skip


def _water(result: CampusResult, given: Campus) -> SharedLimit:
    make_up_kg_s = given.make_up_kg_s or 0.0
    used_kg_s = float(result.series.most["water_kg_s"].max())
    bound_s = _seconds(result, _full(result) & _dry(result, given))
    words = f"water at {used_kg_s / make_up_kg_s:.1%} of {make_up_kg_s:,.3g} kg/s"
    return SharedLimit(
        key="water", used=used_kg_s, limit=make_up_kg_s, unit="kg/s",
        used_frac=used_kg_s / make_up_kg_s, bound_s=bound_s,
        words=words + _full_for(bound_s),
    )  # fmt: skip


def _full(result: CampusResult) -> BoolArray:
    """Records in which halls used all the cooling they were given."""
    given_w = result.series.heat_w.sum(axis=1)
    full: BoolArray = result.series.most["removed_w"] >= FULL_FRAC * given_w
    return full


def _dry(result: CampusResult, given: Campus) -> BoolArray:
    """Records in which all fresh water was used."""
    most = np.inf if given.make_up_kg_s is None else given.make_up_kg_s
    dry: BoolArray = result.series.most["water_kg_s"] >= FULL_FRAC * most
    return dry


def _seconds(result: CampusResult, records: BoolArray) -> float:
    """Length of some records. [s]"""
    lengths = np.diff(np.append(result.series.t_s, result.horizon_s))
    return float(lengths[records].sum())


def _node_frac(result: CampusResult) -> FloatArray:
    """Highest load of each node ÷ its limit."""
    nodes = result.nodes
    frac: FloatArray = nodes.peak_w / nodes.limit_w
    return frac


def _clock(mhz: float) -> str:
    return "full clock" if np.isnan(mhz) else f"{mhz:,.0f} MHz"


def _watts(watts: float) -> str:
    return f"{watts / 1e6:,.1f} MW" if watts >= 1e7 else f"{watts / 1e3:,.1f} kW"


def _length(s: float) -> str:
    return f"{s / 3600.0:,.1f} h" if s >= 3600.0 else f"{s:,.0f} s"


def _full_for(s: float) -> str:
    return f", full for {_length(s)}" if s > 0.0 else ""
