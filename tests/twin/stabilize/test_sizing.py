"""Sizing tries everything, prices it by hand's arithmetic, and keeps the front."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.catalogue.gpus import A100_CLOCKS
from twin.errors import Cancelled
from twin.stabilize.at_connection import Contract
from twin.stabilize.chain import Measures, Plant, Site
from twin.stabilize.costs import Costs, Prices, costs, yearly
from twin.stabilize.options import Choice, Options, combinations, measures_of
from twin.stabilize.rules import Rule
from twin.stabilize.sensitivity import sensitivity
from twin.stabilize.sizing import Case, Tried, coarsened, pareto_front, size
from twin.stabilize.smoothing import Smoothing
from twin.training.job import Levels, TrainingJob

ABOUT = {"authority": "test", "title": "test", "source": "none", "date": "2026-01-01"}
SWING = Rule(key="swing", kind="change", limit=2e5, window_s=4.0, **ABOUT)
BAND = Rule(key="band", kind="band-swing", limit=2.5e5, window_s=5.0, low_hz=0.1,
            high_hz=20.0, **ABOUT)  # fmt: skip
JOB = TrainingJob(
    gpu_count=1000, tdp_w=1000.0, compute_s=0.8, communicate_s=0.2, straggle_frac=0.01,
    levels=Levels(compute=1.0, communicate=0.4, idle=0.1),
)  # fmt: skip
SITE = Site(jobs=(JOB,), plant=Plant(gpus_per_rack=50), clocks=A100_CLOCKS)
CASE = Case(
    site=SITE, base=Measures(), rules=(SWING, BAND), contract=Contract(),
    horizon_s=60.0, sample_s=1e-3,
)  # fmt: skip
PRICES = Prices(
    energy_per_mwh=50.0, gpu_hour=2.0, psu_store_per_gpu=30.0, store_per_kw=200.0,
    store_per_kwh=300.0, rack_store_per_kwh=1000.0, years=10.0, starts_per_year=100.0,
)  # fmt: skip
NONE = Options(
    floors_frac=(0.0,), ballasts_frac=(0.0,), ramps_s=(0.0,), psu_j_per_gpu=(0.0,),
    rack_kwh=(0.0,), site_power_frac=(0.0,), site_hours=(0.1,), site_filter_s=(10.0,),
)  # fmt: skip
FEW = replace(
    NONE, floors_frac=(0.0, 0.5, 0.9), psu_j_per_gpu=(0.0, 65.0), rack_kwh=(0.0, 0.5)
)


def running(job):
    return replace(CASE, site=replace(SITE, jobs=(job,)))


@pytest.fixture(scope="module")
def sized():
    return size(CASE, FEW, PRICES)


def test_every_combination_is_tried_once():
    options = replace(FEW, site_power_frac=(0.0, 0.5), site_hours=(0.1, 0.2),
                      site_filter_s=(5.0, 9.0, 20.0))  # fmt: skip
    found = list(combinations(options))

    assert len(found) == len(set(found)) == 12 * (1 + 2 * 3)


def test_the_best_passes_and_nothing_that_passes_is_cheaper(sized):
    best = sized.tried[sized.best]

    assert best.passes
    assert all(t.cost_per_year >= best.cost_per_year for t in sized.tried if t.passes)
    assert sized.best in sized.front


def test_objectives_choose_differently():
    waste = size(CASE, FEW, PRICES, objective="waste")
    best = waste.tried[waste.best]

    assert all(t.wasted_frac >= best.wasted_frac for t in waste.tried if t.passes)


def test_without_measures_the_job_fails_and_a_floor_of_a_half_is_not_enough(sized):
    by_choice = {
        (t.choice.floor_frac, t.choice.psu_j_per_gpu, t.choice.rack_kwh): t
        for t in sized.tried
    }

    assert not by_choice[0.0, 0.0, 0.0].passes
    assert not by_choice[0.5, 0.0, 0.0].passes
    assert by_choice[0.9, 0.0, 0.0].passes  # a tenth of 1 MW is left of 0.2


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 4),
                          st.booleans()), min_size=1, max_size=25))  # fmt: skip
def test_the_front_is_what_nothing_beats(points):
    choice = next(iter(combinations(NONE)))
    tried = [
        Tried(choice=choice, margins_frac={"r": 0.1 if passes else -0.1},
              costs=Costs(stores=float(a), energy=0.0, time=0.0),
              wasted_frac=float(b), slowdown_frac=float(c), highest_w=1.0)
        for a, b, c, passes in points
    ]  # fmt: skip
    front = pareto_front(tried)

    def beats(one, other):
        pairs = list(zip(one.objectives, other.objectives, strict=True))
        return all(a <= b for a, b in pairs) and any(a < b for a, b in pairs)

    passing = [t for t in tried if t.passes]
    kept = {tried[k].objectives for k in front}
    assert kept == {
        t.objectives for t in passing if not any(beats(o, t) for o in passing)
    }
    assert len(front) == len(kept)


def test_costs_by_hand():
    """A floor of 0.9 burns 0.5 TDP a fifth of the time: 0.1 MW, 876.6 MWh a year."""
    still = replace(running(replace(JOB, straggle_frac=0.0)), sample_s=5e-3)
    fast = Smoothing(ramp_up_w_per_s=9e4, ramp_down_w_per_s=9e4, hysteresis_s=0.0)
    still = replace(still, base=Measures(smoothing=fast))
    choice = replace_choice(floor_frac=0.9, psu_j_per_gpu=130.0, rack_kwh=0.5)
    measures = measures_of(choice, still.base, 1e6)
    found = still.run(measures)
    paid = costs(still.site, found, measures, PRICES)
    losses_w = found.books.store_loss_j / 60.0

    assert paid.energy == pytest.approx((1e5 + losses_w) * 8766 / 1e6 * 50, rel=0.01)
    # 1000 supplies of twice 65 J, and 20 racks of half a kWh, over ten years
    assert paid.stores == pytest.approx((60 * 1000 + 20 * 500) / 10)
    assert paid.time == pytest.approx(found.slowdown_frac * 1000 * 8766 * 2)


def test_starts_count_at_their_own_pace():
    """A cap over 20 s costs ten at each start: a hundred a year are 1000 s of it."""
    case = running(replace(JOB, communicate_s=0.0, straggle_frac=0.0, start_s=5.0))
    measures = measures_of(replace_choice(ramp_s=20.0), Measures(), 1e6)
    found = case.run(measures)
    _, slowdown_frac = yearly(found, PRICES)

    assert slowdown_frac == pytest.approx(1000 / (8766 * 3600), rel=0.01)


def test_a_store_that_wears_out_is_paid_sooner():
    choice = replace_choice(site_power_frac=0.5, site_hours=0.01, site_filter_s=10.0)
    measures = measures_of(choice, Measures(), 1e6)
    found = CASE.run(measures)
    years = found.stores["site"].life_years
    price = 500 * 200.0 + 5 * 300.0

    assert years < 10
    assert costs(SITE, found, measures, PRICES).stores == pytest.approx(price / years)


def replace_choice(**more):
    return replace(next(iter(combinations(NONE))), **more)


def test_a_choice_of_nothing_is_no_measure():
    made = measures_of(replace_choice(), Measures(smoothing=Smoothing()), 1e6)

    assert (made.smoothing, made.ballast, made.psu, made.rack, made.site) == (None,) * 5


def test_samples_are_as_long_as_the_rules_allow():
    assert coarsened(CASE, ballast=False).sample_s == pytest.approx(
        1 / (2.56 * 20), rel=0.01
    )
    assert coarsened(CASE, ballast=True).sample_s <= 0.005
    short = running(replace(JOB, compute_s=0.05, communicate_s=0.05))
    assert coarsened(short, ballast=False).sample_s <= 0.002


def test_sensitivity_turns_prices_limits_and_swing(sized):
    found = {s.what: s for s in sensitivity(CASE, FEW, PRICES, sized)}

    assert len(found) == 10
    dear = found["price of energy +20 %"].best
    assert dear.costs.energy == pytest.approx(
        1.2 * next(t for t in sized.tried if t.choice == dear.choice).costs.energy
    )
    tight = found["limits of the rules -20 %"].best
    assert tight.passes
    assert found["prices of stores -20 %"].best.passes


def test_limits_turn_margins_as_they_would_be_measured(sized):
    """At limits of 80 % the margins must be those of rules written so."""
    tight = replace(CASE, rules=(replace(SWING, limit=1.6e5), replace(BAND, limit=2e5)))
    again = size(tight, FEW, PRICES)
    turned = {s.what: s for s in sensitivity(CASE, FEW, PRICES, sized)}
    best = turned["limits of the rules -20 %"].best

    assert best.choice == again.tried[again.best].choice
    assert best.worst_margin_frac == pytest.approx(
        again.tried[again.best].worst_margin_frac, abs=1e-9
    )


def test_where_nothing_passes_there_is_no_best():
    hard = replace(CASE, rules=(replace(SWING, limit=1.0),))
    found = size(hard, NONE, PRICES)

    assert found.best is None
    assert found.front == ()
    assert all(s.best is None for s in sensitivity(hard, NONE, PRICES, found))


def test_rules_that_cannot_be_judged_are_named_or_refused():
    long = replace(SWING, key="long", window_s=600.0)
    found = size(replace(CASE, rules=(SWING, long)), NONE, PRICES)

    assert [u.rule.key for u in found.unjudged] == ["long"]
    with pytest.raises(ValueError, match="rules must hold one"):
        size(replace(CASE, rules=(long,)), NONE, PRICES)


def test_a_search_can_be_stopped_and_tells_how_far_it_is():
    told = []
    size(CASE, FEW, PRICES, on_progress=lambda part, _: told.append(part))

    assert told[-1] == 1.0
    assert len(told) == 12
    with pytest.raises(Cancelled):
        size(CASE, FEW, PRICES, cancelled=lambda: True)


def test_choices_are_their_options():
    assert set(Choice.__slots__) == {
        "floor_frac", "ballast_frac", "ramp_s", "psu_j_per_gpu", "rack_kwh",
        "site_power_frac", "site_hours", "site_filter_s",
    }  # fmt: skip
