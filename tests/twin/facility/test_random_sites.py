"""
Sites of random depth, feeds, ratings, stores and failures keep the invariants.

What a run says is recomputed from its own records, one per tick, by other code: the
steady flow of `twin.power.network` and a protection stepped here.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from twin.facility.screening import follow_case, losses_of_one
from twin.power.network import flow
from twin.power.protection import protection_step

TICK_S = 2.0
HOURS = 0.39
"""Fewer ticks than a run keeps records: each record is one tick."""
KINDS = ("transformer", "switchboard", "ups", "pdu", "rpp", "busway")
PHASES = ("abc", "abc", "abc", "ab", "c")


@st.composite
def sites(draw):
    """Nodes in 2 to 8 levels, each fed by one or two of the levels above."""
    depth = draw(st.integers(2, 8))
    levels = [["U0", "U1"][: draw(st.integers(1, 2))]]
    nodes = [{"name": n, "kind": "utility", "rated_w": 1e7} for n in levels[0]]
    for level in range(1, depth):
        names = [f"N{level}x{k}" for k in range(draw(st.integers(1, 3)))]
        above = levels[-1] + (levels[-2] if len(levels) > 1 else [])
        for name in names:
            feeds = draw(st.lists(st.sampled_from(above), min_size=1, max_size=2,
                                  unique=True))  # fmt: skip
            kind = draw(st.sampled_from(KINDS))
            node = {
                "name": name, "kind": kind, "fed_by": feeds,
                "rated_w": draw(st.floats(8e3, 6e4)),
            }  # fmt: skip
            if len(feeds) == 2:
                node["transfer"] = draw(st.sampled_from(["share", "first"]))
            if kind == "ups" and draw(st.booleans()):
                node["store"] = {"runtime_s": draw(st.floats(20.0, 600.0))}
            nodes.append(node)
        levels.append(names)
    racks = []
    last = levels[-1]
    for k in range(draw(st.integers(1, 4))):
        feeds = draw(st.lists(st.sampled_from(last), min_size=1, max_size=2,
                              unique=True))  # fmt: skip
        racks.append({
            "name": f"K{k}", "fed_by": feeds, "row": f"R{k}",
            "server_count": draw(st.integers(1, 4)),
            "phases": draw(st.sampled_from(PHASES)),
        })  # fmt: skip
    fed = {f for n in nodes for f in n.get("fed_by", ())}
    fed |= {f for r in racks for f in r["fed_by"]}
    kept = _needed(nodes, fed)
    return {"electrical": kept, "racks": racks}


def _needed(nodes, fed):
    """Drop what feeds nothing, from the bottom up."""
    kept = []
    for node in reversed(nodes):
        if node["name"] in fed:
            kept.append(node)
        else:
            others = [n for n in nodes if n is not node and n["name"] in fed]
            used = {f for n in others for f in n.get("fed_by", ())}
            for f in node.get("fed_by", ()):
                if f not in used:
                    fed.discard(f)
    return kept[::-1]


@st.composite
def failing(draw):
    """A site, and nodes that are lost and come back."""
    site = draw(sites())
    names = [n["name"] for n in site["electrical"]]
    events = [
        {"t_s": draw(st.floats(0, 1200)), "kind": "lose-node",
         "target": draw(st.sampled_from(names))}
        | ({"duration_s": draw(st.floats(10, 900))} if draw(st.booleans()) else {})
        for _ in range(draw(st.integers(0, 3)))
    ]  # fmt: skip
    return (
        site,
        events,
        draw(st.floats(0.2, 1.0)),
        draw(st.sampled_from(["no-cap", "polca"])),
    )


HAIR = 1e-6
"""Of a load; single precision keeps 6e-8 of it."""
EXAMPLES = settings(
    max_examples=60, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip


@EXAMPLES
@given(failing())
def test_no_energy_appears_or_vanishes_on_any_site(run, case):
    site, events, activity, policy = case
    _, result, _ = run(
        facility=site, events=events, activity=activity, policy=policy, hours=HOURS,
        tick_s=TICK_S,
    )  # fmt: skip
    given_wh: dict[str, float] = {}
    for part in (*result.nodes, *result.racks):
        for feed, wh in zip(part.fed_by, part.feed_wh, strict=True):
            given_wh[feed] = given_wh.get(feed, 0.0) + wh
    for node in result.nodes:
        assert_allclose(
            node.in_wh + node.owed_wh, node.out_wh + node.loss_wh, rtol=1e-9, atol=1e-6
        )
        assert node.loss_wh >= -1e-9
        if node.kind != "cooling":
            assert_allclose(given_wh.get(node.name, 0.0), node.out_wh, rtol=1e-9,
                            atol=1e-6)  # fmt: skip
    drawn = sum(sum(r.feed_wh) for r in result.racks)
    assert_allclose(drawn, result.it_wh, rtol=1e-9, atol=1e-6)


@EXAMPLES
@given(failing())
def test_nothing_overloaded_is_missed_and_nothing_else_trips(run, case):
    """Each protection, stepped again over the recorded loads, trips when it did."""
    site, events, activity, policy = case
    a, result, _ = run(
        facility=site, events=events, activity=activity, policy=policy, hours=HOURS,
        tick_s=TICK_S,
    )  # fmt: skip
    assert a.site.ticks_per_record == 1
    back = {e.target.removeprefix("node back ") for e in result.events
            if e.kind == "event" and e.target.startswith("node back")}  # fmt: skip
    start = a.site.protect_w
    before = flow(
        a.network,
        a.site.servers.sum(axis=1) * (a.site.idle_w + a.site.swing_w * activity),
        np.array([], dtype=np.int64),
    ).out_w
    for i, node in enumerate(result.nodes):
        if node.name in back:
            continue  # resetting clears its heat
        row = a.site.protect[i]
        loads = node.max_series_w.astype(float) / start[i]
        # records are in single precision: on the edge of a curve a hair decides
        early, late = (
            trip_tick(row, before[i] / start[i], loads * scale)
            for scale in (1.0 + HAIR, 1.0 - HAIR)
        )
        ours = math.inf if node.trip_t_s is None else round(node.trip_t_s / TICK_S)
        assert early - 1 <= ours <= late + 1, node.name


def trip_tick(row, before, loads):
    """Tick at which a protection trips, stepped by itself; infinite for never."""
    heat = min(0.999, (before / row[1]) ** 2) if row[0] == 1.0 else 0.0
    for tick, load in enumerate(loads):
        heat = protection_step(row, load, heat, TICK_S)
        if heat >= 1.0:
            return tick
    return math.inf


@EXAMPLES
@given(failing())
def test_no_load_is_fed_from_a_dead_node(run, case):
    site, events, activity, policy = case
    a, result, _ = run(
        facility=site, events=events, activity=activity, policy=policy, hours=HOURS,
        tick_s=TICK_S,
    )  # fmt: skip
    lost = {e["target"] for e in events if "duration_s" not in e
            and e["t_s"] < 1300}  # fmt: skip
    tripped = {n.name for n in result.nodes if n.trip_t_s is not None}
    healed = {e["target"] for e in events if "duration_s" in e}
    down = np.array(
        [a.network.index[n] for n in (lost | tripped) - (healed - lost)], dtype=np.int64
    )
    for i in down:
        assert result.nodes[i].max_series_w[-1] == 0.0, result.nodes[i].name
    live = flow(a.network, np.ones(len(a.racks)), down).live
    stores = (a.site.store_w > 0).any()
    for i, node in enumerate(result.nodes):
        if not live[i] and not stores:
            assert node.max_series_w[-1] == 0.0, node.name


@EXAMPLES
@given(sites(), st.floats(0.2, 1.0))
def test_a_screening_sees_every_overload_of_every_single_loss(run, site, activity):
    a, _, stage = run(facility=site, activity=activity, hours=0.02)
    limited = np.isfinite(stage.limit_w)
    for lost, out_w, alive in losses_of_one(a.network, stage):
        name = a.network.nodes[lost].name
        case = follow_case(a.network, stage, (name,), a.halls).case
        part = np.where(alive & limited, out_w / stage.limit_w, 0.0)
        part = part[: stage.rack_first]
        assert case.worst_frac == pytest.approx(float(part.max()), rel=1e-9)
        if case.race_node:
            i = a.network.index[case.race_node]
            assert out_w[i] > stage.protect_w[i]
            assert case.first_trip_s <= case.race_trip_s or math.isinf(
                case.first_trip_s
            )
