"""
TAPAS (ASPLOS 2025) in its shape: structure the paper's, coefficients ours.

About a thousand A100 servers in rows of forty and aisles of two, half opaque machines
and half served endpoints, one generated week; the same demand for every scheduler.
"""

from __future__ import annotations

from cli.validation.row import Rule, Suite, ValidationRow
from twin.catalogue import find_server
from twin.catalogue.cooling import server_thermal
from twin.tapas.fleet import Demand, Grounds, make_demand, make_grounds
from twin.tapas.simulate import SLO_SLOWDOWN, Emergency, Levers, Outcome, run_week
from twin.types import Report

PREFIX = "tapas"
ROWS = 24
_SUITE = Suite(PREFIX, "TAPAS", "TAPAS (ASPLOS 2025), via summaries", "second-hand")
_OURS = "coefficients ours, see docs/models/tapas.md"
ALL = Levers(place=True, route=True, configure=True)
NONE = Levers()


LET_FRAC = 0.8
"""Servers let in the second fleet: how many the publication's had is not known."""


def fleet(added_frac: float, let_frac: float = 0.95) -> tuple[Grounds, Demand]:
    """Return the hall with servers added at the same limits, and its demand."""
    server = find_server("dgx-a100")
    grounds = make_grounds(
        server, server_thermal(server), rows=ROWS, added_frac=added_frac
    )
    return grounds, make_demand(grounds.servers, occupancy_frac=let_frac)


def rows(report: Report) -> list[ValidationRow]:
    """Recompute the table; `report` is told the part done."""
    found: dict[tuple[float, Levers], Outcome] = {}
    single = [Levers(place=True), Levers(route=True), Levers(configure=True)]
    wanted = [(a, lv) for a in (0.0, 0.3, 0.4) for lv in (NONE, ALL)]
    wanted += [(0.4, lv) for lv in single]
    for k, (added, levers) in enumerate(wanted):
        report(k / len(wanted), f"{levers.label}, +{added:.0%}")
        found[added, levers] = run_week(*fleet(added), levers)
    report(0.9, "emergencies")
    return [
        *_peaks(found), *_throttling(found), *_harm(found, [*single, ALL]),
        *_users(found), *_emergency(), *_let(),
    ]  # fmt: skip


def _let() -> list[ValidationRow]:
    """The same with a fifth of the servers free: there is somewhere to spread to."""
    out = []
    for added in (0.0, 0.4):
        ground = fleet(added, LET_FRAC)
        before, after = run_week(*ground, NONE), run_week(*ground, ALL)
        title = f"at +{added:.0%} servers, 80 % of them let"
        name = f"let_80_{'base' if added == 0 else f'{added:.0%}'.rstrip('%')}"
        why = "sensitivity: how many servers the publication's fleet had let is unknown"
        out += [
            _row(f"peak_row_{name}", f"peak row power, change {title}", "%", -23,
                 _change(after.peak_row_w, before.peak_row_w), 5, "near", why),
            _row(f"hottest_{name}", f"hottest GPU, change {title}", "%", -17,
                 _change(after.hottest_c, before.hottest_c), 7, "near", why),
            _row(f"p99_{name}", f"SaaS P99 response ÷ idle {title}", "x", SLO_SLOWDOWN,
                 after.saas_p99, 0, "at most", why),
        ]  # fmt: skip
    return out


def _change(after: float, before: float) -> float:
    return 100.0 * (after / before - 1.0)


def _peaks(found: dict[tuple[float, Levers], Outcome]) -> list[ValidationRow]:
    out = []
    for added, name in ((0.0, "base"), (0.4, "40")):
        before, after = found[added, NONE], found[added, ALL]
        title = f"at +{added:.0%} servers"
        out += [
            _row(f"peak_row_{name}", f"peak row power, change {title}", "%", -23,
                 _change(after.peak_row_w, before.peak_row_w), 5, "near"),
            _row(f"hottest_{name}", f"hottest GPU, change {title}", "%", -17,
                 _change(after.hottest_c, before.hottest_c), 7, "near"),
        ]  # fmt: skip
    return out


def _throttling(found: dict[tuple[float, Levers], Outcome]) -> list[ValidationRow]:
    return [
        _row(f"throttle_{name}",
             f"throttled server minutes, change at +{added:.0%} servers", "%", -95,
             _change(found[added, ALL].throttle_min, found[added, NONE].throttle_min),
             0, "at most")
        for added, name in ((0.3, "30"), (0.4, "40"))
    ]  # fmt: skip


HARM = (
    ("throttle", "throttled server minutes", "throttle_min"),
    ("p99", "SaaS P99 response", "saas_p99"),
    ("heat", "hottest GPU", "hottest_c"),
)
"""Measures that no lever may make worse: row's name, words, field of the outcome."""


def _harm(
    found: dict[tuple[float, Levers], Outcome], levers: list[Levers]
) -> list[ValidationRow]:
    """Judge each lever alone, and all of them, against none; no tolerance."""
    before = found[0.4, NONE]
    return [
        _row(f"{name}_40_{_short(lever)}",
             f"{words} at +40 % servers, change by {_words(lever)}", "%", 0,
             _change(getattr(found[0.4, lever], field), getattr(before, field)), 0,
             "at most", "no figure is published; a lever must not do harm")
        for name, words, field in HARM
        for lever in levers
        if (name, lever) != ("throttle", ALL)  # judged by the publication
    ]  # fmt: skip


def _short(levers: Levers) -> str:
    return "all" if levers == ALL else levers.label


def _words(levers: Levers) -> str:
    return "all levers" if levers == ALL else f"{levers.label} alone"


def _users(found: dict[tuple[float, Levers], Outcome]) -> list[ValidationRow]:
    after = found[0.4, ALL]
    return [
        _row("saas_p99", "SaaS P99 response ÷ idle at +40 % servers, levers on", "x",
             SLO_SLOWDOWN, after.saas_p99, 0, "at most",
             "the limit is ours: the publication says that its own was kept; ours is "
             "the upper edge of a bin 0.8 % wide"),
        _row("quality", "quality of SaaS answers lost at +40 % servers", "%", 1,
             100 * (1 - after.quality_frac), 0, "at most",
             "outside emergencies the publication reports none; 1 % is our reading"),
    ]  # fmt: skip


def _emergency() -> list[ValidationRow]:
    """75 % of the power for five minutes, on the third day's afternoon."""
    grounds, demand = fleet(0.0)
    start = 2 * 1440 + 15 * 60
    cut = Emergency(start=start, minutes=5, power_frac=0.75)
    plain = run_week(grounds, demand, NONE, emergency=cut).lost_in_emergency
    steered = run_week(grounds, demand, ALL, emergency=cut).lost_in_emergency
    return [
        _row("emergency_iaas_oblivious", "IaaS work lost at 75 % power, oblivious", "%",
             35, 100 * plain[0], 10, "near"),
        _row("emergency_iaas", "IaaS work lost at 75 % power, levers on", "%", 0,
             100 * steered[0], 0, "at most"),
        _row("emergency_quality", "SaaS quality lost at 75 % power, levers on", "%", 12,
             100 * steered[2], 6, "near"),
    ]  # fmt: skip


def _row(
    name: str, quantity: str, unit: str, published: float, ours: float,
    tolerance: float, rule: Rule, why: str = _OURS,
) -> ValidationRow:  # fmt: skip
    if rule == "near":
        why += f"; near is within {tolerance:g} {unit}, ours"
    return _SUITE.row(name, quantity, unit, published, ours, tolerance, rule, why)
