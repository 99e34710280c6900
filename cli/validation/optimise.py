"""
What is found against what is provably best, and against a thousand random tries.

Nothing here was published about this twin: the figures held against are worked by hand,
found by trying everything, or are known optima of test functions.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import numpy as np

from cli.validation.row import Suite, ValidationRow
from twin.catalogue import find_server
from twin.cooling.weather import generated
from twin.facility.electrical import electrical_network
from twin.optimise.placement import Placement, place
from twin.optimise.search import Dimension, Search
from twin.plan.memo import Memo
from twin.power.network import flow
from twin.scenario import apply_changes, parse_scenario
from twin.scenario.parse import parse_inputs
from twin.scenario.placement import PlacementInput
from twin.scenario.study import Limit, Objective
from twin.serving.traffic import Recordings
from twin.study.questions.base import Ground, Outputs
from twin.study.questions.row import answer
from twin.types import FloatArray, Report

PREFIX = "optimise"
_TRIES = 1000
_SITES = 20
_EACH_W = 5000.0
_SAMPLE = {"facility": {"template": {"design": "2n"}}}
_HERE = "computed here"
_row = Suite(PREFIX, "Optimisation", _HERE, "inferred").row


def rows(report: Report) -> list[ValidationRow]:
    """Recompute the table; `report` is told the part done."""
    report(0.0, "placements of all there are")
    found = [_two_feeds(), _phases(), _all_placements()]
    report(0.2, "a thousand random placements")
    found.append(_random_placements())
    report(0.3, "test functions")
    found.append(_gomez_levy())
    report(0.4, "a thousand random plans")
    found += _random_plans()
    return found


# --- placement ------------------------------------------------------------------------


def _place(document: dict[str, Any]) -> Placement:
    inputs = parse_inputs(PlacementInput, document, example="examples/placement.yaml")
    return place(inputs, Recordings.none(), generated())


def _node(name: str, kind: str, rated_w: float, *feeds: str, **more: Any) -> Any:
    loss = {"fixed": 0.0, "linear": 0.0, "quadratic": 0.0}
    return {
        "name": name, "kind": kind, "rated_w": rated_w, "fed_by": list(feeds),
        "loss": loss, "derate_frac": 1.0,
    } | more  # fmt: skip


def _site(ups_w: list[float], counts: list[int], **more: Any) -> dict[str, Any]:
    """One row of racks on one or two UPS, without losses."""
    ups = [f"UPS-{k}" for k in range(len(ups_w))]
    nodes = [_node("U", "utility", 1e8)]
    nodes += [
        _node(name, "ups", w, "U", **more) for name, w in zip(ups, ups_w, strict=True)
    ]
    racks = [
        {"name": f"K{k}", "position": k + 1, "fed_by": ups, "server_count": n}
        for k, n in enumerate(counts)
    ]
    return {"facility": {
        "electrical": nodes, "racks": racks, "row_limits_w": {"R1": 1e7},
    }}  # fmt: skip


def _two_feeds() -> ValidationRow:
    found = _place({
        "scenario": _site([52_000.0, 52_000.0], [0] * 4), "present": "gone",
        "place": [{"planned_w": _EACH_W}],
    })  # fmt: skip
    return _row(
        "two_feeds", "servers of 5 kW on two feeds of 52 kW, either lost", "servers",
        10, found.placed, 0, source="by hand: floor(52 ÷ 5)",
    )  # fmt: skip


def _phases() -> ValidationRow:
    found = _place({
        "scenario": _site([1e6], [1, 2, 3, 4, 5, 6]), "place": [{"server_count": 0}],
        "objectives": ["least-imbalance"], "wirings": [{"phases": p} for p in "abc"],
        "survive": "nothing",
    })  # fmt: skip
    return _row(
        "six_loads", "imbalance of loads 1 to 6 on three phases", "1", 0.0,
        found.imbalance_frac, 1e-6, source="by hand: 1 + 6 = 2 + 5 = 3 + 4",
    )  # fmt: skip


def _all_placements() -> ValidationRow:
    """Random small sites: every placement tried, loads added up by other code."""
    rng = np.random.default_rng(5)
    same = 0
    for _ in range(_SITES):
        linear, quadratic = (0.1 * rng.random(2)).tolist()
        loss = {"fixed": 0.01, "linear": linear, "quadratic": quadratic}
        site = _site((rng.random(2) * 40_000 + 10_000).tolist(), [0] * 3, loss=loss)
        cut = rng.integers(0, 3)  # one rack hangs on one feed
        site["facility"]["racks"][cut]["fed_by"] = ["UPS-0"]
        found = _place({
            "scenario": site, "present": "gone", "rack_units": 18,
            "place": [{"planned_w": _EACH_W}],
        })  # fmt: skip
        network = electrical_network(parse_scenario(site))
        best = max(
            sum(n) for n in product(range(4), repeat=3)
            if _worst_frac(network, _EACH_W * np.array(n)) <= 1.0
        )  # fmt: skip
        same += found.placed == best and found.verified.agrees
    return _row(
        "all_placements", f"{_SITES} random sites placed as well as by trying all",
        "sites", _SITES, same, 0, source=f"enumeration, {_HERE}",
    )  # fmt: skip


def _worst_frac(network: Any, rack_w: FloatArray) -> float:
    limit_w = network.limit_w()[: network.rack_first]
    limited = np.isfinite(limit_w)
    return max(
        float((flow(network, rack_w, down).out_w[: network.rack_first] / limit_w)
              [limited].max())
        for down in (
            np.array([lost] if lost >= 0 else [], dtype=np.int64)
            for lost in range(-1, network.rack_first)
        )
    )  # fmt: skip


def _random_placements() -> ValidationRow:
    """110 servers of two types on the sample site, the fullest node least full."""
    kinds = {"dgx-a100": 90, "dgx-h100": 20}
    found = _place({
        "scenario": _SAMPLE, "present": "gone", "planned_for": "peak",
        "objectives": ["least-loading"],
        "place": [{"server": k, "server_count": n} for k, n in kinds.items()],
    })  # fmt: skip
    network = electrical_network(parse_scenario(_SAMPLE))
    room = {"dgx-a100": 8, "dgx-h100": 6}
    rng = np.random.default_rng(7)
    best = math.inf
    for _ in range(_TRIES):
        halves = np.split(rng.permutation(40), 2)  # 40 racks, half for each type
        rack_w = np.zeros(40)
        for racks, (key, count) in zip(halves, kinds.items(), strict=True):
            places = rng.permutation(np.repeat(racks, room[key]))[:count]
            np.add.at(rack_w, places, find_server(key).full_w)
        best = min(best, _worst_frac(network, rack_w))
    return _row(
        "random_placements", "sample site, 110 servers: highest load ÷ limit after any "
        "loss", "1", best, found.worst_frac, 0, "at most",
        "the bound was proven within 0.1 %: " + found.proofs[-1].words,
        source=f"best of {_TRIES} random placements, {_HERE}",
    )  # fmt: skip


# --- search ---------------------------------------------------------------------------


def _run(search: Search, evaluate: Callable[[FloatArray], Outputs | None]) -> Outputs:
    """Search to the end and return the outputs of the best."""
    told: list[Outputs | None] = []
    while (points := search.ask()) is not None:
        fresh = [evaluate(point) for point in points]
        search.tell(fresh)
        told += fresh
    best = None if search.best is None else told[search.best]
    return best or {}


def _gomez_levy() -> ValidationRow:
    def test_function(u: FloatArray) -> Outputs:
        x, y = -1.0 + 1.75 * float(u[0]), -1.0 + 2.0 * float(u[1])
        f = 4 * x * x - 2.1 * x**4 + x**6 / 3 + x * y - 4 * y * y + 4 * y**4
        g = -math.sin(4 * math.pi * x) + 2 * math.sin(2 * math.pi * y) ** 2
        return {"f": f, "g": g}

    search = Search(
        [Dimension()] * 2, [Objective(output="f", goal="min")],
        [Limit(output="g", at_most=1.5)], evaluations=300,
    )  # fmt: skip
    return _row(
        "gomez_levy", "Gomez and Levy's function within its limit, 300 evaluations",
        "1", -1.031628, _run(search, test_function).get("f", math.nan), 0.002,
        source="Gomez and Levy (1982), from memory", mark="memory",
    )  # fmt: skip


_COUNTS = range(40, 61)
_LIMITS = {
    "high_p50_impact_frac": 0.01, "high_p99_impact_frac": 0.05,
    "low_p50_impact_frac": 0.05, "low_p99_impact_frac": 0.5, "brakes": 0.0,
}  # fmt: skip


def _random_plans() -> Iterator[ValidationRow]:
    """The sample row over an afternoon hour: thresholds, hysteresis, server count."""
    base = parse_scenario({
        "horizon": {"start": "2026-01-05T15:00:00Z", "days": 1.0 / 24.0},
    })  # fmt: skip
    memo, ground = Memo(limit=4096), Ground()

    def count(u: FloatArray) -> int:
        return _COUNTS[round(float(u[3]) * (len(_COUNTS) - 1))]

    def evaluate(u: FloatArray) -> Outputs | None:
        t1, t2 = 0.6 + 0.35 * float(u[0]), 0.6 + 0.4 * float(u[1])
        if t1 >= t2:
            return None
        changes = {
            "policy.t1_frac": t1,
            "policy.t2_frac": t2,
            "fleet.server_count": count(u),
            "policy.hysteresis_frac": 0.01 + 0.14 * float(u[2]),
        }
        return answer(apply_changes(base, changes), ground, memo)

    limits = [Limit(output=key, at_most=most) for key, most in _LIMITS.items()]
    search = Search(
        [*[Dimension()] * 3, Dimension(kind="whole", count=len(_COUNTS))],
        [Objective(output="server_count", goal="max")], limits, evaluations=150,
    )  # fmt: skip
    ours = _run(search, evaluate).get("server_count", math.nan)
    drawn = np.random.default_rng(11).random((_TRIES, 4))
    best = math.nan
    for u in sorted(drawn, key=count, reverse=True):  # the first that holds is best
        found = evaluate(u)
        if found and not any(lim.passed(found[lim.output]) for lim in limits):
            best = count(u)
            break
    yield _row(
        "random_plans", "sample row, an hour: servers within every service level, 150 "
        "evaluations", "servers", best, ours, 0, "at least",
        source=f"best of {_TRIES} random plans, {_HERE}",
    )  # fmt: skip
