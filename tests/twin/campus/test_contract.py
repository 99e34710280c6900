"""The contract is kept, power is neither lost nor made, and who has to give gives."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose

from tests.twin.campus.conftest import assembled, campus_scenario
from twin.campus.answer import run_campus
from twin.errors import ScenarioErrors

PERIOD_S, CAP_S, TICK_S = 60.0, 40.0, 1.0
CUT = {"t_s": 1830, "duration_s": 1200, "contract_w": 560e3}


@pytest.fixture(scope="module")
def free(weather):
    return run_campus(assembled(campus_scenario(policy="no-cap"), weather))[0]


def bound_by(contract_w, weather, **campus):
    given = {"contract_w": contract_w} | campus
    scenario = campus_scenario(policy="no-cap", campus=given)
    return run_campus(assembled(scenario, weather))[0]


def test_a_contract_above_the_peak_changes_nothing(free, weather):
    found = bound_by(1.02 * free.utility_peak_w / 0.99, weather)

    assert found.contract.ceiling_s == 0.0
    assert found.facility_wh == free.facility_wh


def test_a_sudden_cut_is_exceeded_for_one_period_and_one_cap_latency(free, weather):
    """Told at 1830 s; decided at 1860 s; caps land in tick 1900, act from the next."""
    found = bound_by(2.0 * free.utility_peak_w, weather, curtailments=[CUT])

    assert free.utility_peak_w > CUT["contract_w"]
    assert found.contract.longest_s == 1860 + CAP_S + TICK_S - CUT["t_s"]
    assert found.contract.exceeded_s == found.contract.longest_s


def test_a_cut_that_was_announced_is_not_exceeded_at_all(free, weather):
    told = CUT | {"notice_s": 600}
    found = bound_by(2.0 * free.utility_peak_w, weather, curtailments=[told])

    assert found.contract.exceeded_s == 0.0
    assert found.contract.ceiling_s > 0.0


def test_a_contract_that_binds_is_kept_and_used(free, weather):
    """Within the margin and the band, after the first period and its cap."""
    contract_w = 0.9 * free.utility_peak_w
    found = bound_by(contract_w, weather)
    later = found.series.t_s >= 300.0

    assert found.contract.longest_s <= PERIOD_S + CAP_S + TICK_S
    assert found.series.most["utility_w"][later].max() <= contract_w
    assert found.series.mean["utility_w"][later].mean() >= 0.96 * contract_w
    assert found.it_wh < free.it_wh
    assert all(h.capped_server_h > 0.0 for h in found.halls)


def test_low_priority_is_slowed_before_high(free, weather):
    mild = bound_by(0.97 * free.utility_peak_w, weather).contract
    hard = bound_by(0.70 * free.utility_peak_w, weather).contract

    assert math.isnan(mild.least_mhz[1])
    assert mild.least_mhz[0] > hard.least_mhz[0]
    assert hard.least_mhz[1] > 0.0


def test_shares_add_up_to_what_may_be_drawn(free, weather):
    contract_w = 0.9 * free.utility_peak_w
    share_w = bound_by(contract_w, weather).series.share_w
    given = share_w[np.isfinite(share_w).all(axis=1)]

    assert len(given) > 0
    assert (given.sum(axis=1) <= contract_w).all()
    assert (given.sum(axis=1) >= 0.98 * contract_w).all()


def test_what_no_clock_takes_away_is_said(free, weather):
    """Idle servers alone draw more than a tenth of the peak."""
    found = bound_by(0.1 * free.utility_peak_w, weather)

    assert found.contract.short_w > 0.0
    assert found.contract.longest_s > PERIOD_S + CAP_S


@pytest.mark.parametrize("design", ["2n", "3n2"])
def test_power_is_neither_lost_nor_made(design, weather):
    outage = {"t_s": 900, "kind": "utility-outage", "duration_s": 600}
    scenario = campus_scenario(
        design=design, events=(outage,), campus={"contract_w": 600e3}
    )
    found = run_campus(assembled(scenario, weather))[0]
    halls_wh = sum(h.drawn_wh + h.generated_wh for h in found.halls)

    assert_allclose(halls_wh + found.shared_loss_wh, found.facility_wh, rtol=1e-9)
    for h in found.halls:
        used_wh = h.it_wh + h.mechanical_wh + h.loss_wh
        assert_allclose(h.drawn_wh + h.generated_wh, used_wh, rtol=1e-9)
    assert sum(h.it_wh for h in found.halls) == pytest.approx(found.it_wh, rel=1e-12)


def test_a_curtailment_without_a_contract_is_refused():
    with pytest.raises(ScenarioErrors, match="add contract_w"):
        campus_scenario(campus={"curtailments": [CUT]})


def test_a_curtailment_above_the_contract_is_refused():
    with pytest.raises(ScenarioErrors, match="above contract_w"):
        campus_scenario(campus={"contract_w": 1e5, "curtailments": [CUT]})
