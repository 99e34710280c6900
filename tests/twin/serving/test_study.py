"""Systems side by side: one traffic, one ground, every answer in the same terms."""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
import pytest

from twin.errors import ScenarioError
from twin.scenario.serving import (
    ServingInput,
    ServingSite,
    ServingTraffic,
    SystemChoice,
)
from twin.serving.ground import capacity_rps, make_ground
from twin.serving.study import run_study
from twin.serving.systems.registry import MODULES, find_system, systems
from twin.serving.traffic import Recordings

NONE = Recordings.none()
ROOT = Path(__file__).resolve().parents[3]


def study(*keys: str, rate_rps: float = 4.0, servers: int = 4, **more) -> ServingInput:
    return ServingInput(
        server_count=servers,
        traffic=ServingTraffic(rate_rps=rate_rps, length_s=900),
        systems=tuple(SystemChoice(key=k) for k in keys or ("baseline",)),
        **more,
    )


def test_every_system_named_by_the_issue_is_there():
    assert list(systems()) == list(MODULES)
    assert {
        "splitwise", "dynamollm", "greener", "modserve", "streamwise", "murakkab",
        "droidspeak", "brane", "slim_sc", "test_time", "input_power", "prune_train",
        "buddy", "junction", "qlm", "medha", "ssjf", "intelligent_router",
        "tapas_router",
    } <= set(systems())  # fmt: skip


@pytest.mark.parametrize("key", MODULES)
def test_a_system_tells_its_mechanism_source_and_page(key):
    system = systems()[key]
    module = importlib.import_module(f"twin.serving.systems.{key}")

    assert module.__doc__
    assert len(module.__doc__) > 120
    assert system.source
    assert (ROOT / "docs" / "models" / system.page).is_file()
    for name, field in system.parameters.model_fields.items():
        assert field.description, f"{key}.{name} says nothing"
        assert not field.is_required(), f"{key}.{name} has no default"


@pytest.mark.parametrize("key", MODULES)
def test_a_system_runs_with_its_defaults_and_accounts_for_every_unit(key):
    found = run_study(study(key, servers=8), NONE)
    (error,) = found.refused.values() or (None,)
    assert error is None, error

    outcome = found.outcomes[-1]
    assert outcome.system == key
    units = outcome.finished + sum(outcome.refused.values()) + outcome.in_flight
    assert units == outcome.arrived > 0
    assert outcome.energy_j > 0
    assert outcome.mean_power_w * 900 == pytest.approx(outcome.energy_j, rel=0.2) or (
        outcome.unit != "request"
    )
    assert outcome.peak_power_w >= outcome.mean_power_w * (1 - 1e-9)


def test_the_baseline_is_always_run_and_comes_first():
    found = run_study(study("greener"), NONE)

    assert [o.system for o in found.outcomes] == ["baseline", "greener"]


def test_the_same_seed_gives_the_same_answer():
    first, again = (run_study(study(), NONE).outcomes[0] for _ in range(2))

    assert first.energy_j == again.energy_j
    assert first.latency_s == again.latency_s


@pytest.mark.parametrize("key", ["baseline", "murakkab", "prune_train"])
def test_energy_is_paid_on_top_only_where_the_rent_leaves_it_out(key):
    def cost_and_energy(rent_includes_energy: bool) -> tuple[float, float]:
        site = ServingSite(rent_includes_energy=rent_includes_energy)
        found = run_study(
            study(*dict.fromkeys(("baseline", key)), site=site), NONE
        ).outcomes[-1]
        return found.cost_usd, found.energy_j

    (rent, same_j), (both, energy_j) = map(cost_and_energy, (True, False))

    assert same_j == energy_j
    assert both - rent == pytest.approx(energy_j / 3.6e6 * 0.07)


def test_carbon_and_cost_follow_the_energy():
    asked = study(site=ServingSite(rent_includes_energy=False))
    (found,) = run_study(asked, NONE).outcomes
    kwh = found.energy_j / 3.6e6

    assert found.carbon_g == pytest.approx(kwh * 360.0)
    gpu_usd = found.cost_usd - kwh * 0.07
    assert found.gpu_hours == pytest.approx(4 * 8 * 0.25)
    assert gpu_usd == pytest.approx(
        found.gpu_hours * make_ground(study(), NONE).engine.gpu_hour_usd
    )


def test_hourly_carbon_weighs_each_hour():
    hours = np.array([100.0, 300.0])
    asked = ServingInput(
        server_count=1, traffic=ServingTraffic(rate_rps=0.001, length_s=7200)
    )

    found = run_study(asked, NONE, carbon_g_per_kwh=hours).outcomes[0]

    assert found.carbon_g == pytest.approx(found.energy_j / 3.6e6 * 200.0, rel=0.01)


def test_traffic_above_capacity_is_answered_and_says_what_fits():
    asked = study(rate_rps=60.0, servers=1)

    found = run_study(asked, NONE)

    ground = make_ground(asked, NONE)
    able = capacity_rps(ground.engine, ground.requests)
    assert found.capacity_frac == pytest.approx(60.0 / able, rel=0.05)
    assert "servers keep up with" in found.warnings[0]
    (outcome,) = found.outcomes
    assert outcome.attained_frac < 0.5
    assert outcome.refused["queue full"] > 0


def test_more_servers_cost_watts_and_the_front_holds_no_loser():
    found = run_study(study(server_counts=(2, 8)), NONE)

    watts = {p.server_count: p.mean_power_w for p in found.pareto}
    assert watts[2] < watts[4] < watts[8]
    for point in found.pareto:
        beaten = any(
            p.attained_frac >= point.attained_frac
            and p.mean_power_w < point.mean_power_w
            for p in found.pareto
        )
        assert point.on_front is not beaten


@pytest.mark.parametrize(
    ("change", "match"),
    [
        pytest.param({"key": "splitwize"}, "did you mean 'splitwise'", id="system"),
        pytest.param(
            {"key": "baseline", "parameters": {"ruoting": "fcfs"}}, "ruoting", id="knob"
        ),
        pytest.param(
            {"key": "baseline", "parameters": {"routing": "fastest"}},
            "round_robin", id="choice",
        ),
    ],
)  # fmt: skip
def test_what_is_not_known_is_refused_by_name(change, match):
    asked = ServingInput(systems=(SystemChoice(**change),))

    with pytest.raises(ScenarioError, match=match):
        run_study(asked, NONE)


def test_a_system_that_cannot_run_here_does_not_stop_the_others():
    pools = [{"name": "main", "count": 99}]
    asked = study().model_copy(
        update={"systems": (SystemChoice(key="custom", parameters={"pools": pools}),)}
    )

    found = run_study(asked, NONE)

    assert [o.system for o in found.outcomes] == ["baseline"]
    assert "must fit" in str(found.refused["Own fleet"])


def test_too_many_requests_are_refused_with_the_repair():
    with pytest.raises(ValueError, match="shorten the traffic"):
        ServingTraffic(rate_rps=1000, length_s=86_400)


def test_an_unknown_system_names_the_nearest():
    with pytest.raises(ScenarioError, match="dynamollm"):
        find_system("dynamolm")
