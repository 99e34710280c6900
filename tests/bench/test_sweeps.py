"""Studies and curves of the benchmarks run as the product runs them."""

from __future__ import annotations

import pytest

from api.engines import open_engine
from bench.draw import place
from bench.kernels import roofline
from bench.scaling import horizon_curve, servers_curve
from bench.sweeps import database, row_study, sweep

DAYS = 0.01


@pytest.fixture(scope="module")
def twice():
    """The same small study asked twice of one database."""
    engine = open_engine("serial", workers=1)
    asked = row_study("row", 6, days=DAYS)
    with database() as kept:
        return sweep(asked, engine, kept), sweep(asked, engine, kept)


def test_a_study_asked_again_answers_every_point_from_the_database(twice):
    first, again = twice

    assert (first.points, first.failed, first.cached) == (6, 0, 0)
    assert (again.points, again.failed, again.cached) == (6, 0, 6)
    assert [o["peak_w"] for o in again.outputs] == [o["peak_w"] for o in first.outputs]


def test_every_point_of_a_study_draws_its_own_traffic(twice):
    energies = {one["energy_wh"] for one in twice[0].outputs}

    assert len(energies) == 6


def test_the_curve_over_servers_counts_forty_servers_a_row():
    curve = servers_curve(sites=((1, 1), (2, 1)), days=DAYS)

    (line,) = curve["series"]
    assert line["x"] == [40, 80]
    assert all(seconds > 0 for seconds in line["values"])


def test_the_curve_over_the_horizon_is_in_hours():
    curve = horizon_curve(horizons=(DAYS, 2 * DAYS))

    assert [one["x"] for one in curve["series"]] == [[0.24, 0.48], [0.24, 0.48]]


def test_a_kernel_is_placed_by_what_a_step_does_and_how_many_there_are():
    known = {"name": "", "flop": 3, "bytes": 16, "steps_per_s": 2e8}

    assert place(known) == (0.1875, 6e8)


def test_every_kernel_of_the_roofline_was_measured():
    found = roofline(samples=50_000)

    assert found["chain_flop_per_s"] > 0
    assert all(one["steps_per_s"] > 0 for one in found["kernels"])
