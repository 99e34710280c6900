"""What holds of every per-query, training and host system alike."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.twin.serving.systems.small_ground import small_ground
from twin.serving.systems import (
    brane,
    buddy,
    droidspeak,
    input_power,
    junction,
    prune_train,
    slim_sc,
    test_time,
)
from twin.serving.systems.buddy import BuddyParameters
from twin.serving.systems.droidspeak import DroidSpeakParameters

KNOWN_BYTES = {
    "buddy": BuddyParameters(weights_byte=140e9),
    "droidspeak": DroidSpeakParameters(models=2, kv_byte_per_token=3e5),
}
"""The small ground's model is in no catalogue; these say what would be in it."""
SYSTEMS = [
    m.SYSTEM
    for m in (
        brane, buddy, droidspeak, input_power, junction, prune_train, slim_sc,
        test_time,
    )
]  # fmt: skip
EACH = pytest.mark.parametrize("system", SYSTEMS, ids=lambda s: s.key)


def run(system, **changes):
    """Evaluate a system on the small ground with its defaults."""
    given = KNOWN_BYTES.get(system.key) or system.parameters()
    return system.evaluate(replace(small_ground(servers=4), **changes), given)


@EACH
def test_every_unit_is_finished_refused_or_under_way(system):
    outcome = run(system)

    for one in (outcome, outcome.baseline or outcome):
        told = one.finished + sum(one.refused.values()) + one.in_flight
        assert one.arrived == told > 0


@EACH
def test_the_same_seed_gives_the_same_outcome(system):
    assert repr(run(system).figures) == repr(run(system).figures)
    assert run(system).energy_j == run(system).energy_j


@EACH
def test_power_is_never_above_its_peak_and_makes_the_energy(system):
    outcome = run(system)
    time_s = outcome.energy_j / outcome.mean_power_w

    assert 0 < outcome.mean_power_w <= outcome.peak_power_w * (1 + 1e-9)
    if system.kind == "fleet":
        assert time_s == pytest.approx(600.0)


@EACH
def test_energy_and_cost_follow_the_site_and_its_prices(system):
    plain = run(system, rent_includes_energy=False)
    dear = run(system, pue=2.5, energy_usd_per_kwh=0.2, rent_includes_energy=False)
    rent = run(system, pue=2.5, energy_usd_per_kwh=0.2)

    # twice the PUE is twice the energy at twice the price
    assert dear.energy_j == pytest.approx(2 * plain.energy_j)
    added_usd = (4 - 1) * plain.energy_j / 3.6e6 * 0.1
    assert dear.cost_usd - plain.cost_usd == pytest.approx(added_usd)
    assert dear.cost_usd - rent.cost_usd == pytest.approx(added_usd * 4 / 3)


@EACH
def test_every_parameter_has_a_unit_a_source_and_an_example(system):
    for name, field in system.parameters.model_fields.items():
        extra = field.json_schema_extra
        assert extra["unit"], name
        assert extra["source"], name
        assert field.examples, name
