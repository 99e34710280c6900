"""The program finds the best of every plan there is, and accounts it to the cent."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from tests.twin.buildout.oracle import Oracle
from tests.twin.buildout.scenes import scene, server, ups
from twin.buildout.answer import aims_of, best_plan
from twin.buildout.program import Program
from twin.scenario.build_out import BuildOutInput

REPETITIONS = 6


def _rates(draw):
    return {
        "energy_usd_per_kwh": draw.uniform(0, 0.2), "pue": 1.2, "peak_pue": 1.4,
        "energy_growth_per_year": draw.uniform(-0.05, 0.1),
        "demand_usd_per_kw_month": draw.uniform(0, 20),
        "carbon_usd_per_t": draw.uniform(0, 200), "carbon_g_per_kwh": 400,
        "carbon_growth_per_year": 0.03, "intensity_growth_per_year": -0.05,
        "water_usd_per_m3": 3, "water_l_per_it_kwh": 1,
        "discount_rate": draw.uniform(0, 0.15), "residual_frac": draw.uniform(0, 1),
        "lost_usd_per_server_h": draw.uniform(0.5, 4),
    }  # fmt: skip


def _server(draw, name, **changes):
    return server(
        name=name, usd=draw.uniform(5e3, 4e4), upkeep_frac=0.05, embodied_kg=900,
        price_growth_per_year=draw.uniform(-0.2, 0.1), peak_w=draw.uniform(800, 1600),
        mean_w=700, lead_months=float(draw.choice([0, 6, 12])),
        life_years=float(draw.choice([1, 2, 5])), **changes,
    )  # fmt: skip


def _ups(draw, **changes):
    return ups(
        size_w=7000, usd=draw.uniform(5e3, 6e4), upkeep_frac=0.03,
        lead_months=float(draw.choice([0, 12])), existing=int(draw.integers(0, 2)),
        price_growth_per_year=draw.uniform(-0.1, 0.1), **changes,
    )  # fmt: skip


def one_generation(draw):
    """Two kinds of block and one generation; nothing useful takes more than two."""
    limits = {}
    if draw.random() < 0.4:
        limits["contract_w"] = draw.uniform(5e3, 2e4)
    if draw.random() < 0.4:
        limits["budget_usd_per_period"] = draw.uniform(5e4, 4e5)
    cooling = _ups(draw, name="Chiller", kind=str(draw.choice(["cooling", "utility"])))
    return scene(
        wanted=tuple(float(n) for n in draw.uniform(2, 8, 3)), server_lot=5,
        blocks=[_ups(draw, most=int(draw.integers(1, 4))),
                cooling | {"size_w": 9000, "least_order": int(draw.integers(1, 3))}],
        generations=[_server(draw, "A", existing=4, existing_left_months=12.0)],
        rates=_rates(draw), limits=limits,
    )  # fmt: skip


def two_generations(draw):
    """One kind of block and two generations, the second doing more."""
    return scene(
        wanted=tuple(float(n) for n in draw.uniform(2, 10, 3)), server_lot=5,
        blocks=[_ups(draw)],
        generations=[_server(draw, "A"), _server(draw, "B", work=1.8)],
        rates=_rates(draw),
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(REPETITIONS))
@pytest.mark.parametrize("make", [one_generation, two_generations])
def test_no_plan_of_all_is_better(make, seed):
    given = make(np.random.default_rng(1000 + seed))

    plan = best_plan(given)

    assert plan.status == "optimal"
    assert_allclose(
        plan.net_present_cost_usd, Oracle(given, most=2).least_cost(), rtol=1e-6
    )


@pytest.mark.parametrize("aim", ["cost", "carbon", "servers"])
def test_a_plan_is_accounted_as_it_was_minimised(aim):
    given = BuildOutInput(aim=aim, rates={"carbon_usd_per_t": 80, "discount_rate": 0.1})

    plan = best_plan(given)

    program = Program(given)
    solution = program.solve(aims_of(given))
    existing_usd = program.costs.existing_upkeep_usd
    assert_allclose(
        plan.net_present_cost_usd,
        program.value("cost", solution) * 1e6 + existing_usd, rtol=1e-9,
    )  # fmt: skip
    assert_allclose(
        plan.spend_usd, program.value("spend", solution) * 1e6 + existing_usd, rtol=1e-9
    )
    assert_allclose(plan.carbon_t, program.value("carbon", solution) * 1e3, rtol=1e-9)
