"""A study answers for the grid before and after, and a zoom loses no peak."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from store.grid_files import critical_modes, grid_rules, ride_tables
from twin.compliance.size_study import size_study
from twin.compliance.study import WARM_UP_S, Known, study
from twin.compliance.zoom import envelope, spectra, zoom
from twin.errors import Cancelled, ScenarioError
from twin.scenario import parse_scenario
from twin.stabilize.excerpts import liveliest_s
from twin.stabilize.rules import Unjudged
from twin.training.waveform import Waveform

KNOWN = Known(rules=grid_rules(), tables=ride_tables(), modes=critical_modes())
SITE = {"power_w": 1e7, "energy_j": 1e9, "filter_s": 20.0}
BASE = {
    "jobs": [{"gpu_count": 8000, "start_s": 20.0, "end_s": 160.0,
              "straggle_frac": 0.0}],
    "horizon_s": 200.0, "sample_s": 0.005, "rules": ["ercot-2026", "caiso-ramp"],
    "measures": {"smoothing": {"floor_frac": 0.8}, "site": SITE},
}  # fmt: skip


def scenario(**more):
    return parse_scenario({"training": BASE | more})


@pytest.fixture(scope="module")
def found():
    return study(scenario(), KNOWN)


def test_rules_are_judged_before_and_after_or_say_why_not(found):
    (before, after), (_, ramp) = found.verdicts

    assert after.worst < before.worst
    assert isinstance(ramp, Unjudged)
    assert "1200 s" in ramp.why


def test_the_highest_power_is_the_contract_where_none_is_given(found):
    assert found.contract.power_w == found.before.grid.power_w.max()
    given = study(scenario(connection={"contract_w": 5e7}), KNOWN)
    assert given.contract.power_w == 5e7


def test_own_rules_stand_beside_those_known():
    own = {"key": "ours", "kind": "change", "limit": 1e6, "window_s": 5}
    ours = study(scenario(own_rules=[own]), KNOWN)

    assert [after.rule.key for _, after in ours.verdicts][-1] == "ours"


def test_a_study_stops_before_its_next_rule():
    asked = []
    with pytest.raises(Cancelled):
        study(scenario(), KNOWN, cancelled=lambda: asked.append(1) or len(asked) > 1)

    assert len(asked) == 2


def test_without_measures_before_and_after_are_one():
    bare = study(scenario(measures={}), KNOWN)

    assert bare.after is bare.before
    assert bare.after.books.wasted_frac == 0.0


def test_what_is_known_of_the_bare_site_changes_no_answer():
    given = scenario(ups={}, generator={}, measures={"smoothing": {"floor_frac": 0.7}})
    other = study(scenario(ups={}, generator={}), KNOWN)
    fresh, again = study(given, KNOWN), study(given, KNOWN, other)

    assert [v.worst for v, _ in again.verdicts[:1]] == [
        v.worst for v, _ in fresh.verdicts[:1]
    ]
    assert again.verdicts[0][1].worst == fresh.verdicts[0][1].worst
    assert [m.amplitude_w for pair in again.modes for m in pair] == [
        m.amplitude_w for pair in fresh.modes for m in pair
    ]
    assert again.generators[0].lowest_hz == fresh.generators[0].lowest_hz
    assert again.generators[1].lowest_hz == fresh.generators[1].lowest_hz


def test_ups_and_gensets_carry_the_load():
    both = study(scenario(ups={}, generator={}), KNOWN)
    before, after = both.generators

    assert abs(after.worst_off_hz) < abs(before.worst_off_hz)
    assert both.after.books.ups_loss_j > 0
    assert abs(both.after.books.unexplained_frac) < 1e-9


def test_a_disturbance_is_held_against_each_table(found):
    by_key = {table.key: ride for table, ride in found.rides}

    # a UPS that leaves in 10 ms does not stay 0.25 s at 0.4 pu
    assert not by_key["nogrr282"].passes
    assert by_key["itic"].passes


def test_peaks_averaged_away_are_admitted():
    fine = {"compute_s": 0.2, "communicate_s": 0.01}
    coarse = study(scenario(jobs=[fine], sample_s=0.007), KNOWN)

    assert any("peaks are averaged" in note for note in coarse.notes)


@pytest.mark.parametrize(
    ("more", "field", "says"),
    [
        ({"rules": ["ercot"]}, "training.rules", "ercot-2026"),
        ({"ride_tables": ["none"]}, "training.ride_tables", "nogrr282"),
        ({"measures": {"ballast": {"kernel_s": 0.001}}},
         "training.measures.ballast.kernel_s", "0.001 s or finer"),
        ({"measures": {"site": SITE | {"control": "mpc", "step_s": 0.001}}},
         "training.measures.site.step_s", "shorter than a sample"),
    ],
)  # fmt: skip
def test_what_cannot_be_answered_says_why(more, field, says):
    with pytest.raises(ScenarioError) as refused:
        study(scenario(**more), KNOWN)

    assert refused.value.field == field
    assert says in str(refused.value)


def test_a_scenario_without_training_says_what_to_add():
    with pytest.raises(ScenarioError, match="is needed to stabilize"):
        study(parse_scenario({}), KNOWN)


def test_a_run_too_coarse_for_a_rule_is_judged_on_excerpts():
    """A start without ramp is the worst: found at 0.5 s, judged at 7 ms."""
    long = {"horizon_s": 1200.0, "jobs": [BASE["jobs"][0] | {"end_s": 1100.0}]}
    coarse = study(scenario(sample_s=0.5, rules=["ercot-2026"], **long), KNOWN)
    fine = study(scenario(sample_s=0.005, rules=["ercot-2026"], **long), KNOWN)

    for rough, exact in zip(coarse.verdicts[0], fine.verdicts[0], strict=True):
        assert rough.worst == pytest.approx(exact.worst, rel=0.02)
        assert rough.at_s == pytest.approx(exact.at_s, abs=6.0)
        assert "3 excerpts" in rough.note


def test_the_liveliest_stretches_do_not_overlap():
    power = np.zeros(1000)
    power[[105, 505, 506, 900]] = [5.0, 9.0, 9.0, 7.0]
    found = liveliest_s(Waveform(power_w=power, sample_s=1.0), 100.0)

    assert len(found) == 3
    for moment, begin_s in zip((505, 900, 105), found, strict=True):
        assert begin_s <= moment < begin_s + 100


# --- looking closer -------------------------------------------------------------------


def test_buckets_keep_every_peak():
    values = np.zeros(100_000)
    values[[77, 50_001]] = [5.0, -3.0]
    cut = envelope(values, 0.001, from_s=0.0, to_s=100.0, points=300)

    assert cut.high.max() == 5.0
    assert cut.low.min() == -3.0
    assert cut.t_s.size == 301
    widths = np.diff(cut.t_s)
    assert_allclose((cut.mean * widths).sum(), values.sum() * 0.001, atol=1e-12)


def test_a_window_of_a_few_samples_is_those_samples():
    values = np.arange(1000.0)
    cut = envelope(values, 0.01, from_s=2.0, to_s=2.05, points=300)

    assert_allclose(cut.low, [200, 201, 202, 203, 204])
    assert_allclose(cut.t_s[[0, -1]], [2.0, 2.05])


def test_the_whole_run_shows_its_extremes(found):
    whole = zoom(found, points=50)

    assert whole.after.high.max() == found.after.grid.power_w.max()
    assert whole.before.low.min() == found.before.grid.power_w.min()
    assert whole.sample_s == 0.005


def test_a_closer_look_is_finer_and_the_same(found):
    """Ten minutes' edges are the run's own: the finer run must lie on the coarser."""
    near = zoom(found, from_s=100.0, to_s=101.0, points=1000)
    k = slice(20_000, 20_200)

    assert near.sample_s == pytest.approx(0.001)
    assert near.before.mean.size == 1000
    coarse = near.before.mean.reshape(200, 5).mean(axis=1)
    assert_allclose(coarse, found.before.grid.power_w[k], rtol=2e-3)
    swing = np.ptp(found.after.grid.power_w[k])
    after = near.after.mean.reshape(200, 5).mean(axis=1)
    off = np.abs(after - found.after.grid.power_w[k])
    assert off.max() < 0.03 * found.after.grid.power_w.mean() + swing
    assert WARM_UP_S > 100  # so that this look began at the run's own start
    charge = found.after.stores["site"].charge_frac[k]
    assert_allclose(near.stores["site"].mean.reshape(200, 5).mean(axis=1), charge,
                    atol=2e-3)  # fmt: skip


def test_a_window_outside_is_refused(found):
    for from_s, to_s in ((50.0, 50.0), (300.0, 400.0), (-1.0, 5.0)):
        with pytest.raises(ScenarioError, match="window inside"):
            zoom(found, from_s=from_s, to_s=to_s)


def test_spectra_show_the_line_of_the_iteration(found):
    (hertz, power_w), (after_hz, after_w) = spectra(found)
    high = (hertz > 0.3) & (hertz < 0.7)
    high_after = (after_hz > 0.3) & (after_hz < 0.7)

    assert hertz[high][power_w[high].argmax()] == pytest.approx(0.5, abs=0.01)
    assert after_w[high_after].max() < 0.2 * power_w[high].max()


def test_sizing_takes_options_and_prices_from_the_scenario():
    few = {
        "floors_frac": [0.0, 0.8], "ballasts_frac": [0.0], "ramps_s": [0.0, 30.0],
        "psu_j_per_gpu": [0.0], "rack_kwh": [0.0, 1.0], "site_power_frac": [0.0],
        "site_hours": [0.1], "site_filter_s": [30.0],
    }  # fmt: skip
    sized, turned = size_study(scenario(sizing=few, measures={}), KNOWN)

    assert len(sized.tried) == 8
    assert [u.rule.key for u in sized.unjudged] == ["caiso-ramp"]
    assert len(turned) == 10
