"""
Who lends power to whom at a site, and who is shed where lending is not enough.

Domains are rows or halls under one parent. Each is entitled to its share of the parent
by its limit; what it is predicted to want comes from a run of the site. Rules are those
of `twin.tapas.steering`; power flowing towards servers is positive.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from twin.catalogue import CLOCK_CURVES
from twin.facility.answer import SiteAnswer
from twin.facility.result import NodeResult, RowResult
from twin.simulate import clock_range_mhz
from twin.tapas.steering import lent_w, predict_w, reserve_w, shed
from twin.types import FloatArray, IntArray

Level = Literal["row", "hall"]
Priority = Literal["low", "high"]
PREDICTED_QUANTILE = 0.95
PRIORITIES: tuple[Priority, Priority] = ("low", "high")


@dataclass(frozen=True, slots=True, kw_only=True)
class SteeredDomain:
    """
    One row or hall and its share of the parent's power.

    Args:
        name: Row or hall.
        limit_w: Its limit. [W]
        breaker_w: What its own feeds carry after the largest of each row's is lost. [W]
        peak_w: Highest tick of the run, a hall's rows at their own moments. [W]
        predicted_w: What it is predicted to want: the 95th percentile of the run's
            records, grown as asked. [W]
        floor_w: Least it can be capped to: idle, high priority, and low priority at
            its lowest clock; after shedding. [W]
        entitled_w: Its share of the parent by its limit. [W]
        reserved_w: What it gets. [W]
        lent_w: What it lends (positive) or borrows (negative). [W]
        capped_w: What low priority gives up to its cap. [W]
        shed_w: What was predicted for servers that are shed. [W]
        shed_servers: Servers shed.
    """

    name: str
    limit_w: float
    breaker_w: float
    peak_w: float
    predicted_w: float
    floor_w: float
    entitled_w: float
    reserved_w: float
    lent_w: float
    capped_w: float
    shed_w: float
    shed_servers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShedLoad:
    """
    Servers of one priority in a rack that are switched off.

    Args:
        rack: The rack.
        domain: Its row or hall.
        priority: "low" or "high".
        servers: Servers.
        load_w: Their load as capped. [W]
    """

    rack: str
    domain: str
    priority: Priority
    servers: int
    load_w: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteSteering:
    """
    A parent's power shared out among its rows or halls.

    Args:
        name: Name of the site.
        by: "row" or "hall".
        parent_w: What the parent carries. [W]
        predicted_w: Sum of what is wanted. [W]
        reserved_w: Sum of what is reserved. [W]
        spare_w: What nobody needs. [W]
        lent_w: Sum of what is lent. [W]
        borrowed_w: Sum of what is borrowed. [W]
        capped_w: Sum of what caps take from low priority. [W]
        shed_w: Sum of what was predicted for servers that are shed. [W]
        shed_servers: Servers shed.
        domains: Rows or halls.
        shed: What is shed, by rack and priority, lowest priority first.
    """

    name: str
    by: Level
    parent_w: float
    predicted_w: float
    reserved_w: float
    spare_w: float
    lent_w: float
    borrowed_w: float
    capped_w: float
    shed_w: float
    shed_servers: int
    domains: tuple[SteeredDomain, ...]
    shed: tuple[ShedLoad, ...]

    @property
    def words(self) -> tuple[str, ...]:
        """Who lends, borrows, is capped and is shed; empty where nobody borrows."""
        lines = []
        borrow = [d for d in self.domains if d.lent_w < -_SMALL_W]
        lend = [d for d in self.domains if d.lent_w > _SMALL_W]
        if self.borrowed_w > _SMALL_W:
            lines.append(f"{_names(borrow)} borrow {_kw(self.borrowed_w)}, covered by "
                         f"{_names(lend)}")  # fmt: skip
        if self.capped_w > _SMALL_W:
            lines.append(f"caps on low priority give up {_kw(self.capped_w)}")
        if self.shed:
            high = sum(s.servers for s in self.shed if s.priority == "high")
            lines.append(
                f"{self.shed_servers} servers are shed, {high} of high priority"
            )
        return tuple(lines)


_SMALL_W = 500.0
"""Less than this is not worth a sentence: half a kilowatt."""
_MOST_NAMES = 4


def _kw(watts: float) -> str:
    return f"{watts / 1e3:,.1f} kW"


def _names(domains: list[SteeredDomain]) -> str:
    names = [d.name for d in domains]
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Loads:
    """Low and high priority of every rack, low ones first: what can be shed."""

    rack: IntArray
    domain: IntArray
    priority: IntArray
    servers: IntArray
    wanted_w: FloatArray
    floor_w: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """What each domain wants and needs at least once servers are shed."""

    wanted_w: FloatArray
    floor_w: FloatArray
    shed_servers: FloatArray


def steer_site(
    answer: SiteAnswer,
    *,
    by: Level = "row",
    parent_w: float | None = None,
    left_frac: float = 1.0,
    growth_frac: float = 0.0,
) -> SiteSteering:
    """
    Share a parent's power out among a site's rows or halls.

    Without a parent that is tighter than the sum of limits nobody needs to borrow: a
    row's own feeds carry no more than its limit in most designs.

    Args:
        answer: A run of the site.
        by: Whether rows or halls are the domains.
        parent_w: What the parent carries for ever. None is the sum of limits. [W]
        left_frac: What is left of the parent, 0.75 after a loss of one in four. 0..1
        growth_frac: What is wanted beyond the prediction ÷ the prediction. >= 0

    Returns:
        Every domain's reservation, what it lends or borrows, and what is shed.

    Raises:
        ValueError: If the parent or a share is out of its range.

    Source:
        docs/models/tapas.md, power reservation steering; rules ours.
    """
    if parent_w is not None and parent_w <= 0:
        raise ValueError(f"parent_w must be positive, got {parent_w}")
    if not 0.0 <= left_frac <= 1.0:
        raise ValueError(f"left_frac must be 0 to 1, got {left_frac}")
    if growth_frac < 0:
        raise ValueError(f"growth_frac must not be negative, got {growth_frac}")
    names, domain_of = _domains(answer, by)
    limit_w = _sum([row.limit_w for row in answer.result.rows], domain_of)
    parent_w = left_frac * (float(limit_w.sum()) if parent_w is None else parent_w)
    predicted_w = _predicted_w(answer, domain_of) * (1.0 + growth_frac)
    breaker_w = _sum(_breakers_w(answer), domain_of)
    loads = _loads(answer, domain_of, predicted_w)
    entitled_w = parent_w * limit_w / limit_w.sum()
    off = _shed(loads, breaker_w, entitled_w, parent_w)
    kept = _Kept(
        wanted_w=_sum(np.where(off, 0.0, loads.wanted_w), loads.domain),
        floor_w=_sum(np.where(off, 0.0, loads.floor_w), loads.domain),
        shed_servers=_sum(np.where(off, loads.servers, 0), loads.domain),
    )
    domains = _shared_out(
        names, kept, limit_w=limit_w, breaker_w=breaker_w, predicted_w=predicted_w,
        peak_w=_sum([row.peak_w for row in answer.result.rows], domain_of),
        entitled_w=entitled_w, parent_w=parent_w,
    )  # fmt: skip
    off_loads = _shed_loads(answer, names, loads, off)
    return _answer(answer, by, parent_w, domains, off_loads)


def _shared_out(
    names: list[str], kept: _Kept, *, limit_w: FloatArray, breaker_w: FloatArray,
    predicted_w: FloatArray, peak_w: FloatArray, entitled_w: FloatArray,
    parent_w: float,
) -> tuple[SteeredDomain, ...]:  # fmt: skip
    """Reserve for what is kept, and compare with each domain's share."""
    reserved_w = reserve_w(kept.wanted_w, kept.floor_w, breaker_w, parent_w)
    lent = lent_w(reserved_w, entitled_w)
    return tuple(
        SteeredDomain(
            name=name, limit_w=float(limit_w[k]), breaker_w=float(breaker_w[k]),
            peak_w=float(peak_w[k]), predicted_w=float(predicted_w[k]),
            floor_w=float(kept.floor_w[k]), entitled_w=float(entitled_w[k]),
            reserved_w=float(reserved_w[k]), lent_w=float(lent[k]),
            capped_w=_clean_w(kept.wanted_w[k] - reserved_w[k]),
            shed_w=_clean_w(predicted_w[k] - kept.wanted_w[k]),
            shed_servers=int(kept.shed_servers[k]),
        )
        for k, name in enumerate(names)
    )  # fmt: skip


def _clean_w(difference_w: float) -> float:
    """A difference without what rounding left of it. [W]"""
    return max(0.0, round(float(difference_w), 6))


def _answer(
    answer: SiteAnswer, by: Level, parent_w: float,
    domains: tuple[SteeredDomain, ...], off: tuple[ShedLoad, ...],
) -> SiteSteering:  # fmt: skip
    reserved_w = sum(d.reserved_w for d in domains)
    return SiteSteering(
        name=answer.result.name, by=by, parent_w=parent_w,
        predicted_w=sum(d.predicted_w for d in domains), reserved_w=reserved_w,
        spare_w=parent_w - reserved_w, lent_w=sum(max(0.0, d.lent_w) for d in domains),
        borrowed_w=sum(max(0.0, -d.lent_w) for d in domains),
        capped_w=sum(d.capped_w for d in domains),
        shed_w=sum(d.shed_w for d in domains),
        shed_servers=sum(d.shed_servers for d in domains), domains=domains, shed=off,
    )  # fmt: skip


def _sum(values: object, domain_of: IntArray) -> FloatArray:
    """Sum by domain."""
    total = np.bincount(domain_of, np.asarray(values, dtype=np.float64))
    return total.astype(np.float64)


def _domains(answer: SiteAnswer, by: Level) -> tuple[list[str], IntArray]:
    """Names of the domains, and the domain of each row."""
    specs = answer.assembled.rows
    keys = [spec.name if by == "row" else spec.hall for spec in specs]
    names = list(dict.fromkeys(keys))
    return names, np.array([names.index(key) for key in keys])


def _nodes(answer: SiteAnswer, row: RowResult) -> list[NodeResult]:
    by_name = {node.name: node for node in answer.result.nodes}
    return [by_name[name] for name in row.nodes]


def _breakers_w(answer: SiteAnswer) -> list[float]:
    """What each row's feeds carry; of several the largest may be lost. [W]"""
    found = []
    for row in answer.result.rows:
        limits = sorted(node.limit_w for node in _nodes(answer, row))
        found.append(float(sum(limits[:-1])) if len(limits) > 1 else float(limits[0]))
    return found


def _predicted_w(answer: SiteAnswer, domain_of: IntArray) -> FloatArray:
    """High quantile of each domain's highest ticks by record; a hall's rows as one."""
    rows = answer.result.rows
    history = np.array(
        [
            np.sum([node.max_series_w for node in _nodes(answer, row)], axis=0)
            for row in rows
        ]
    )
    whole = np.zeros((int(domain_of.max()) + 1, history.shape[1]))
    np.add.at(whole, domain_of, history)
    return predict_w(whole, quantile=PREDICTED_QUANTILE)


def _loads(answer: SiteAnswer, domain_of: IntArray, predicted_w: FloatArray) -> _Loads:
    """Split what a domain wants over its racks and priorities, by their servers."""
    a = answer.assembled
    domain = domain_of[a.site.rack_row]
    count = a.site.servers
    idle_w, swing_w = count * a.site.idle_w[:, None], count * a.site.swing_w[:, None]
    idle, swing = _sum(idle_w.sum(axis=1), domain), _sum(swing_w.sum(axis=1), domain)
    still = np.minimum(1.0, predicted_w / np.maximum(idle, 1e-9))
    busy = np.maximum(0.0, predicted_w - idle) / np.maximum(swing, 1e-9)
    base_w = idle_w * still[domain, None]
    dynamic_w = swing_w * busy[domain, None]
    kept = np.array([_lowest_power(answer), 1.0])
    racks = np.arange(count.shape[0])
    return _Loads(
        rack=np.concatenate([racks, racks]), domain=np.concatenate([domain, domain]),
        priority=np.repeat([0, 1], racks.size), servers=count.T.ravel().astype(int),
        wanted_w=(base_w + dynamic_w).T.ravel(),
        floor_w=(base_w + dynamic_w * kept).T.ravel(),
    )  # fmt: skip


def _lowest_power(answer: SiteAnswer) -> float:
    """Power above idle at the lowest clock ÷ that at full clock."""
    site = answer.assembled.site
    server = answer.assembled.scenario.server()
    low_mhz, _ = clock_range_mhz(server, CLOCK_CURVES[server.gpu.key])
    return float(np.interp(low_mhz, site.curve_mhz, site.curve_power))


def _shed(
    loads: _Loads, breaker_w: FloatArray, entitled_w: FloatArray, parent_w: float
) -> np.ndarray:
    """
    Choose who is shed until floors fit breakers and parent.

    First whoever a domain's own breaker cannot carry. Then low priority where a domain
    needs more than its share and what others lend it: who stays within its share does
    not pay for who does not. Then anywhere, low priority before high.
    """
    off = np.zeros(loads.rack.size, dtype=np.bool_)

    def cut(among: np.ndarray, limit_w: float) -> None:
        off[among] = shed(loads.floor_w[among], loads.priority[among], limit_w)

    for k, most_w in enumerate(breaker_w):
        cut(loads.domain == k, float(most_w))
    floor_w = _sum(np.where(off, 0.0, loads.floor_w), loads.domain)
    if floor_w.sum() <= parent_w:
        return off
    high_w = _sum(
        np.where(off | (loads.priority == 0), 0.0, loads.floor_w), loads.domain
    )
    for k, most_w in enumerate(_allowed_w(floor_w, entitled_w)):
        low = (loads.domain == k) & (loads.priority == 0) & ~off
        cut(low, float(most_w - high_w[k]))
    cut(~off, parent_w)
    return off


def _allowed_w(floor_w: FloatArray, entitled_w: FloatArray) -> FloatArray:
    """Share of each domain, and what others lend in proportion to what it lacks. [W]"""
    lacks_w = np.maximum(0.0, floor_w - entitled_w)
    pool_w = np.maximum(0.0, entitled_w - floor_w).sum()
    part = lacks_w / max(float(lacks_w.sum()), 1e-9)
    allowed: FloatArray = np.minimum(floor_w, entitled_w) + pool_w * part
    return allowed


def _shed_loads(
    answer: SiteAnswer, names: list[str], loads: _Loads, off: np.ndarray
) -> tuple[ShedLoad, ...]:
    racks = answer.assembled.racks
    return tuple(
        ShedLoad(
            rack=racks[loads.rack[k]].name, domain=names[loads.domain[k]],
            priority=PRIORITIES[loads.priority[k]], servers=int(loads.servers[k]),
            load_w=float(loads.floor_w[k]),
        )
        for k in np.flatnonzero(off)
        if loads.servers[k]
    )  # fmt: skip
