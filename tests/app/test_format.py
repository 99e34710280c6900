"""Numbers read as people write them."""

from __future__ import annotations

import math

import pytest

from app import format as say


@pytest.mark.parametrize(
    ("watts", "unit", "text"),
    [
        pytest.param(204_520.0, "kW", "204.5 kW", id="kilowatts keep one decimal"),
        pytest.param(204_520.0, "MW", "0.2045 MW", id="megawatts keep four"),
        pytest.param(204_520.4, "W", "204,520 W", id="watts are whole"),
        pytest.param(-6_000.0, "kW", "\N{MINUS SIGN}6.0 kW", id="a true minus sign"),
        pytest.param(math.nan, "kW", "–", id="nothing is a dash"),
        pytest.param(None, "kW", "–", id="null is a dash"),
    ],
)
def test_power_carries_its_unit(watts, unit, text):
    assert say.power(watts, unit) == text


def test_a_number_that_rounds_to_zero_has_no_minus():
    assert say.percent(-0.00001) == "0.0 %"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (48, "48 s"), (60, "1 min"), (3_661, "1 h 1 min"), (86_400, "1 d"),
        (12_900, "3 h 35 min"), (59.7, "1 min"),
    ],
)  # fmt: skip
def test_spans_show_their_two_largest_units(seconds, text):
    assert say.duration(seconds) == text


def test_latencies_below_a_second_are_milliseconds():
    assert say.latency(0.0605) == "60 ms"
    assert say.latency(34.94) == "34.9 s"
