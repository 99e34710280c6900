"""
A campus is its site: cut into halls and put together again, nothing is different.

The reference is `run_site`, which runs all halls in one loop, tick by tick. Sums are
added in another order, so energies agree to rounding: 1e-12 of each.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from tests.twin.campus.conftest import (
    assembled,
    behind_one_transformer,
    campus_scenario,
)
from twin.campus.answer import run_campus
from twin.facility.simulate import run_site

COUNTED = ("command", "landed", "brake", "brake-landed")
OUTAGE = {"t_s": 900, "kind": "utility-outage", "duration_s": 600}
BAD_DAY = (
    OUTAGE,
    {"t_s": 2400, "kind": "slow-bmc", "duration_s": 300},
    {"t_s": 2000, "kind": "lose-crah", "target": "H2", "duration_s": 600},
    {"t_s": 2600, "kind": "stuck-cap", "target": "H1R1", "duration_s": 300},
    {"t_s": 3000, "kind": "heat-wave"},
)
LOSSES = {"2n": "UPS-H2-A", "3n2": "SWB-A", "catcher": "SWB-P1", "n+1": "MV-H3"}


def rounded(event):
    return replace(event, value=float(f"{event.value:.9g}"))


def assert_same(a):
    campus, effort = run_campus(a)
    site = run_site(a)
    got, nodes = campus.nodes, site.nodes
    assert got.name == tuple(n.name for n in nodes)
    for mine, name in (
        (got.in_wh, "in_wh"), (got.out_wh, "out_wh"), (got.peak_w, "peak_w"),
        (got.discharged_wh, "discharged_wh"), (got.charged_wh, "charged_wh"),
    ):  # fmt: skip
        assert_allclose(mine, [getattr(n, name) for n in nodes], rtol=1e-12, atol=1e-9)
    racks = site.racks
    assert_allclose(campus.racks.peak_w, [r.peak_w for r in racks], rtol=1e-12)
    assert_allclose(campus.racks.lost_s, [r.lost_s for r in racks], rtol=1e-12)
    assert_allclose(campus.racks.gpu_peak_c, [r.gpu_peak_c for r in racks], rtol=1e-12)
    assert_allclose(campus.facility_wh, site.facility_wh, rtol=1e-12)
    assert_allclose(campus.series.mean["it_w"], site.series.it_w, rtol=1e-12)
    told = Counter(rounded(e) for e in site.events if e.kind not in COUNTED)
    assert site.events_dropped == 0
    assert Counter(rounded(e) for e in campus.events) == told
    return campus, effort


@pytest.mark.parametrize("design", ["2n", "3n2", "catcher", "n+1"])
def test_a_bad_day_is_the_same_in_every_design(design, weather):
    """The utility fails, a chain is lost, caps are slow, a hall loses its air."""
    lost = {"t_s": 1800, "kind": "lose-node", "target": LOSSES[design]}
    scenario = campus_scenario(
        design=design, events=(*BAD_DAY, lost), added_servers_per_row=6
    )
    campus, _ = assert_same(assembled(scenario, weather))
    assert any(e.kind == "on-store" for e in campus.events)


def test_a_shared_breaker_that_trips_is_dead_for_all_halls_in_the_next_tick(weather):
    """MAIN is set to nine tenths of the load: it trips within the hour."""
    setting_w = 0.8 * 180 * 4000.0
    scenario = behind_one_transformer(setting_w, policy="no-cap")
    campus, effort = assert_same(assembled(scenario, weather))

    trip = next(e for e in campus.events if e.kind == "trip")
    dark = [e for e in campus.events if e.kind == "dead" and e.target.startswith("MV")]
    assert trip.target == "MAIN"
    assert {e.t_s for e in dark} == {trip.t_s + 1.0}
    assert len(dark) == 6  # two chains of three halls
    assert effort.repeated_frac > 0.0  # nobody knew it before


def test_a_shared_generator_is_started_by_the_halls_that_want_it(weather):
    scenario = behind_one_transformer(
        4e6, events=(OUTAGE, {"t_s": 900, "kind": "generator-fails-to-start",
                              "duration_s": 120}),
    )  # fmt: skip
    campus, _ = assert_same(assembled(scenario, weather))

    started = next(e for e in campus.events if e.kind == "generator-start")
    ready = next(e for e in campus.events if e.kind == "generator-ready")
    assert (started.t_s, started.target) == (1020.0, "GEN")
    assert ready.t_s == 1030.0


def test_a_node_shared_by_halls_that_is_nearly_full_caps_rows_of_all(weather):
    """With one of three chains lost, POLCA sees the two left above its threshold."""
    lost = {"t_s": 600, "kind": "lose-node", "target": "UPS-A"}
    scenario = campus_scenario(
        design="3n2", events=(lost,), added_servers_per_row=8, margin_frac=0.0
    )
    campus, _ = assert_same(assembled(scenario, weather))
    assert np.all([hall.capped_server_h > 0.0 for hall in campus.halls])
