"""Supply air, fans, and the thermal figures of servers."""

from __future__ import annotations

import csv

import pytest

from twin.catalogue.cooling import THERMAL_FIGURES, ServerThermal, server_thermal
from twin.catalogue.servers import SERVERS
from twin.cooling import server


@pytest.mark.parametrize(
    ("outdoor_c", "load", "supply_c"),
    [
        pytest.param(-10.0, 0.0, 18.0, id="flat in the cold"),
        pytest.param(15.0, 0.0, 18.0, id="flat to 15 C"),
        pytest.param(20.0, 0.0, 20.5, id="half a kelvin per kelvin"),
        pytest.param(25.0, 1.0, 25.0, id="end of the steep part, full hall"),
        pytest.param(35.0, 0.5, 26.0, id="a fifth of a kelvin above 25 C"),
    ],
)
def test_outside_air_supply_has_the_published_shape(outdoor_c, load, supply_c):
    assert server.supply_c(outdoor_c, load) == pytest.approx(supply_c)


@pytest.mark.data
def test_fan_share_follows_azures_table(data_dir):
    """The fit's own error, 1.2 points of 9 to 15, is the tolerance."""
    path = data_dir / "cooling_curves" / "azure_server_fan_power.csv"
    with path.open() as lines:
        table = [
            (float(r["server_power_w"]), float(r["fan_fraction"]))
            for r in csv.DictReader(lines)
        ]
    rated_w = max(power for power, _share in table)
    for power_w, share in table:
        assert server.fan_share(power_w / rated_w) == pytest.approx(share, abs=0.012)


def test_gpus_of_a_server_spread_evenly_round_the_middle():
    thermal = server_thermal(SERVERS["dgx-a100"])
    places = [thermal.position_k(i, 8) for i in range(8)]

    assert places[0] == -5.0
    assert places[-1] == 5.0
    assert sum(places) == pytest.approx(0.0)
    assert thermal.position_k(0, 1) == 0.0


def test_every_server_has_thermal_data_that_runs_cool_at_25_c():
    """At TDP from 25 C (35 C water for the liquid one) no GPU needs throttling."""
    assert set(THERMAL_FIGURES) == set(SERVERS)
    for key, machine in SERVERS.items():
        thermal = server_thermal(SERVERS[key])
        inlet_c = 35.0 if key == "gb200-nvl72" else 25.0
        above_k = thermal.r_k_per_w * machine.gpu.tdp_w.value
        hot_c = inlet_c + above_k + thermal.position_spread_k
        assert 50.0 < hot_c < thermal.limit_c


def test_thermal_data_that_cannot_be_is_refused():
    values = {k: f.value for k, f in THERMAL_FIGURES["dgx-a100"].items()}
    with pytest.raises(ValueError, match="r_k_per_w must be above 0 and finite, got 0"):
        ServerThermal(**{**values, "r_k_per_w": 0.0})
    with pytest.raises(ValueError, match=r"clock_floor_frac must be 0 to 1, got 1.5"):
        ServerThermal(**{**values, "clock_floor_frac": 1.5})
    with pytest.raises(ValueError, match="leakage_frac_per_k must be 0 or more"):
        ServerThermal(**{**values, "leakage_frac_per_k": -0.1})
