"""A Live view goes to the URL and comes back, and names its period and its series."""

from __future__ import annotations

import pytest

from app.pages.live import state


@pytest.mark.parametrize("name", ["range", "metric", "units", "theme", "shape", "sort"])
def test_an_unknown_choice_falls_to_its_default(name):
    assert state.view_from({name: "<script>"})[name] == state.CHOICES[name]


@pytest.mark.parametrize(
    ("choices", "of", "device", "unit"),
    [
        pytest.param({}, "site", "", "kW", id="nothing chosen"),
        pytest.param({"node": "ups-a"}, "node/ups-a", "", "kW", id="node"),
        pytest.param({"node": "ups-a", "host": "a1"}, "a1", "", "kW", id="its host"),
        pytest.param({"host": "a1", "gpu": "G0"}, "a1", "G0", "W", id="gpu in watts"),
        pytest.param({"gpu": "G0"}, "site", "", "kW", id="gpu of no host"),
    ],
)
def test_what_is_chosen_names_the_series(choices, of, device, unit):
    view = state.view_from(choices)

    assert (view.of, view.device, view.unit) == (of, device, unit)


def test_the_period_ends_now_unless_one_is_looked_at():
    assert state.view_from({"range": "1h"}).period_s(10_000.0) == (6_400.0, 10_000.0)
    assert state.view_from({"zoom": "100~400"}).period_s(10_000.0) == (100.0, 400.0)


@pytest.mark.parametrize("zoom", ["", "x~y", "400~100", "100~105", "-5~90", "nan~nan"])
def test_a_period_that_is_none_is_not_looked_at(zoom):
    assert state.view_from({"zoom": zoom}).zoom_s() is None


def test_sums_have_no_temperature():
    assert state.view_from({"quantity": "temp", "host": "a1"}).quantity == "power"
    asked = {"quantity": "temp", "host": "a1", "gpu": "G0"}
    assert state.view_from(asked).quantity == "temp"
