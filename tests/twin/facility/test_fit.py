"""Where servers fit: what a row takes, what stops the next, where many find a place."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose

from twin.facility.fit import where_it_fits
from twin.facility.screening import failover

SMALL = {"rows_per_hall": 2, "racks_per_row": 3}


def test_a_row_is_full_when_one_busway_would_have_to_carry_it_alone(run):
    # row limit = 12 × the provisioned power; the survivor carries the whole row
    a, _, stage = run(design="2n", **SMALL)
    row = where_it_fits(a, stage).rows[0]
    racks = [k for k, rack in enumerate(a.racks) if rack.row == row.row]
    left_w = a.rows[0].limit_w - stage.rack_w[racks].sum()

    assert row.server_w == pytest.approx(stage.rack_w[racks].sum() / 12)
    assert row.more_servers == math.floor(left_w / row.server_w)
    assert row.binding.startswith(f"ROW-{row.row}-")
    assert row.lost != ""
    assert row.binding_frac <= 1.0
    assert "on loss of" in row.words


@pytest.mark.parametrize("design", ["n", "n+1", "2n", "3n2", "catcher"])
def test_what_fits_holds_under_any_loss_and_one_more_does_not(run, design):
    a, _, stage = run(design=design, rows_per_hall=3, racks_per_row=2)
    for row in where_it_fits(a, stage).rows:
        racks = [k for k, rack in enumerate(a.racks) if rack.row == row.row]

        def worst(count, racks=racks, row=row):
            rack_w = stage.rack_w.copy()
            rack_w[racks] += count * row.server_w / len(racks)
            loads_w, _ = failover(a.network, stage._replace(rack_w=rack_w))
            limited = np.isfinite(stage.limit_w)
            return (loads_w[limited] / stage.limit_w[limited]).max()

        assert worst(row.more_servers) <= 1.0
        if not row.binding.startswith("inlets of"):
            assert worst(row.more_servers + 1) > 1.0


def test_servers_asked_for_share_what_is_above_them(run):
    """Alone each row has room; together they fill the UPS."""
    a, _, stage = run(design="2n", margin_frac=0.0, **SMALL)
    alone = where_it_fits(a, stage)
    many = sum(row.more_servers for row in alone.rows)
    found = where_it_fits(a, stage, servers=many + 50)

    assert found.placed_servers + found.unplaced_servers == many + 50
    assert found.placed_servers == sum(row.placed_servers for row in found.rows)
    assert 0 < found.placed_servers <= many
    rack_w = stage.rack_w.copy()
    for row in found.rows:
        racks = [k for k, rack in enumerate(a.racks) if rack.row == row.row]
        rack_w[racks] += row.placed_servers * row.server_w / len(racks)
    loads_w, _ = failover(a.network, stage._replace(rack_w=rack_w))
    limited = np.isfinite(stage.limit_w)
    assert (loads_w[limited] <= stage.limit_w[limited] * (1 + 1e-12)).all()


def test_a_heavier_server_fits_less_often(run):
    a, _, stage = run(design="2n", **SMALL)
    light = where_it_fits(a, stage, server_w=1000.0).rows[0].more_servers
    heavy = where_it_fits(a, stage, server_w=10_000.0).rows[0].more_servers

    assert light == pytest.approx(10 * heavy, abs=10)


def test_an_overloaded_row_takes_none(run):
    a, _, stage = run(design="2n", activity=1.0, added_servers_per_row=12, **SMALL)
    row = where_it_fits(a, stage, servers=3)

    assert row.rows[0].more_servers == 0
    assert row.unplaced_servers == 3
    assert row.rows[0].binding_frac > 1.0


def test_cooling_binds_where_it_is_the_weakest(run):
    facility = {
        "template": {"design": "2n", "margin_frac": 1.0} | SMALL,
        "cooling": {"capacity_frac": 0.75, "airflow_frac": 3.0},
    }
    a, _, stage = run(facility=facility)
    row = where_it_fits(a, stage).rows[0]

    assert row.binding == "cooling of H1"
    heat_w = stage.rack_w.sum() + row.more_servers * row.server_w
    able_w = stage.cooling_able_w[0]
    assert_allclose(row.binding_frac, heat_w / able_w)
    assert heat_w <= able_w < heat_w + row.server_w
    # the loops carry what they were sized for, less their own pumps and fans
    assert_allclose(able_w, 0.75 * a.rows[0].limit_w * len(a.rows), rtol=0.05)


def test_inlets_of_an_aisle_bind_where_air_is_the_weakest(run):
    """More servers draw exhaust back until the inlet reaches its limit."""
    facility = {
        "template": {"design": "2n", "margin_frac": 2.0, "rows_per_hall": 2,
                     "racks_per_row": 5, "row_limit_w": 400_000.0},
        "cooling": {"airflow_frac": 0.25},
    }  # fmt: skip
    a, _, stage = run(facility=facility, activity=0.5)
    row = where_it_fits(a, stage, server_w=2500.0).rows[0]
    site, each_w = a.site, a.servers[0].full_w

    assert row.binding == "inlets of H1A1"
    for count, fits in ((row.more_servers, True), (row.more_servers + 1, False)):
        full_w = site.aisle_full_w[0] + count * each_w
        load = (stage.rack_w.sum() + 2500 * count) / full_w
        short = full_w * (0.4 + 0.6 * load) / site.aisle_air_w[0] - 1
        inlet = 24.0 + short * site.air_rise_k + 0.5 * load + 0.5
        assert (inlet <= 32.0) == fits
    assert row.binding_frac <= 1.0


@pytest.mark.parametrize("asked", [{"servers": -1}, {"server_w": 0.0}])
def test_senseless_questions_are_refused(run, asked):
    a, _, stage = run(design="n", **SMALL)
    with pytest.raises(ValueError, match="got"):
        where_it_fits(a, stage, **asked)


def test_without_a_loss_to_survive_a_row_takes_what_its_feeds_carry_together(run):
    # both busways share the row: about twice what one of them takes alone
    a, _, stage = run(design="2n", **SMALL)
    kept = where_it_fits(a, stage, keep_cooling=False).rows[0]
    free = where_it_fits(a, stage, keep_losses=False, keep_cooling=False).rows[0]

    assert free.lost == ""
    total_w = kept.server_count * kept.server_w
    assert free.more_servers * free.server_w > kept.more_servers * kept.server_w
    assert free.more_servers * free.server_w > 0.5 * total_w


def test_what_is_left_after_a_placement_is_what_a_second_one_finds(run):
    a, _, stage = run(design="2n", **SMALL)
    many = sum(row.more_servers for row in where_it_fits(a, stage).rows)
    found = where_it_fits(a, stage, servers=many + 50)

    assert found.unplaced_servers > 0
    assert [row.left_servers for row in found.rows] == [0] * len(found.rows)
