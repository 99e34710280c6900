"""Losses, trip curves and stores meet the points they were drawn to."""

from __future__ import annotations

import math
from dataclasses import fields
from pathlib import Path

import pytest
from numpy.testing import assert_allclose

from twin.catalogue.electrical import (
    CONTINUOUS_DERATE,
    GENERATOR,
    LOSSES,
    PROTECTION_OF_KIND,
    PROTECTIONS,
    STORES,
    TRANSFER,
    find_loss,
    find_protection,
    find_store,
)
from twin.catalogue.figure import Figure
from twin.errors import ScenarioError
from twin.power.protection import device_row, time_to_trip_s
from twin.power.stores import (
    Battery,
    Flywheel,
    generator_allowed_frac,
    generator_row,
    runtime_s,
    store_row,
)

KINDS = {
    "utility", "generator", "transformer", "switchboard", "ups", "sts", "pdu", "rpp",
    "busway", "rack-pdu", "psu",
}  # fmt: skip
TERMS = ("fixed", "linear", "quadratic")
MARKS = {"measured", "published", "second-hand", "memory", "fitted", "assumed"}
PAGE = Path(__file__).parents[2] / "docs" / "models" / "electrical.md"


def figures():
    """Every sourced value of the module, by name."""
    found = {"continuous derating": CONTINUOUS_DERATE}
    for record in (*LOSSES.values(), *PROTECTIONS.values(), *STORES.values()):
        for f in fields(record):
            if isinstance(value := getattr(record, f.name), Figure):
                found[f"{record.key} {f.name}"] = value
    for curve in PROTECTIONS.values():
        for i, point in enumerate(curve.points):
            found[f"{curve.key} at {point.ratio:g} ({i + 1})"] = point.time_s
    for f in fields(GENERATOR):
        found[f"generator {f.name}"] = getattr(GENERATOR, f.name)
    return found | {f"transfer {k}": v for k, v in TRANSFER.items()}


def trip_s(key, ratio):
    return time_to_trip_s(device_row(find_protection(key).device()), ratio)


# --- sources -------------------------------------------------------------------------


@pytest.mark.parametrize("figure", figures().values(), ids=figures().keys())
def test_every_value_has_a_unit_a_source_and_a_mark(figure):
    assert figure.unit in {"1", "s", "W"}
    assert figure.mark in MARKS
    assert len(figure.source) > 5
    assert math.isfinite(figure.value)


def page_rows():
    """Rows the page must have: one per loss curve, one per other value."""
    terms = {f"{key} {term}" for key in LOSSES for term in TERMS}
    for curve in LOSSES.values():
        fixed, linear, quadratic = (getattr(curve, term) for term in TERMS)
        values = f"{fixed.value:g} | {linear.value:g} | {quadratic.value:g}"
        yield f"| `{curve.key}` | {values} | {fixed.mark} | {fixed.source} |"
    for name, f in figures().items():
        if name not in terms:
            yield f"| {name} | {f.value:g} | {f.unit} | {f.mark} | {f.source} |"


def test_the_page_lists_every_value_with_its_mark():
    lines = set(PAGE.read_text().splitlines())

    assert [row for row in page_rows() if row not in lines] == []


@pytest.mark.parametrize("curve", LOSSES.values(), ids=LOSSES)
def test_the_terms_of_a_loss_curve_rest_on_one_source(curve):
    assert len({(f.source, f.mark) for f in (getattr(curve, t) for t in TERMS)}) == 1


# --- losses --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "output_frac", "efficiency", "tolerance"),
    [
        pytest.param("transformer", 0.5, 0.9953, 1e-4, id="DOE 2016, 2500 kVA liquid"),
        pytest.param("pdu", 0.35, 0.9902, 1e-4, id="DOE 2016, 300 kVA dry"),
        pytest.param("ups", 1.0, 0.96, 5e-4, id="double conversion, full"),
        pytest.param("ups", 0.5, 0.96, 5e-4, id="double conversion, half"),
        pytest.param("ups-eco", 1.0, 0.99, 5e-4, id="eco mode, full"),
        pytest.param("ups-eco", 0.5, 0.99, 2e-3, id="eco mode, half"),
        pytest.param("psu", 0.1, 0.90, 5e-3, id="Titanium at 10 %"),
        pytest.param("psu", 0.2, 0.94, 5e-3, id="Titanium at 20 %"),
        pytest.param("psu", 0.5, 0.96, 5e-3, id="Titanium at 50 %"),
        pytest.param("psu", 1.0, 0.94, 5e-3, id="Titanium at 100 %"),
        pytest.param("psu-titanium-redundant", 0.1, 0.90, 17e-3, id="redundant, 10 %"),
        pytest.param("psu-titanium-redundant", 0.2, 0.94, 17e-3, id="redundant, 20 %"),
        pytest.param("psu-titanium-redundant", 0.5, 0.96, 17e-3, id="redundant, 50 %"),
        pytest.param("psu-titanium-redundant", 1.0, 0.91, 17e-3, id="redundant, 100 %"),
        pytest.param("psu-platinum", 0.2, 0.90, 1e-2, id="Platinum at 20 %"),
        pytest.param("psu-platinum", 0.5, 0.94, 1e-2, id="Platinum at 50 %"),
        pytest.param("psu-platinum", 1.0, 0.91, 1e-2, id="Platinum at 100 %"),
        pytest.param("rectifier", 0.3, 0.96, 1e-6, id="RAPS rectifier"),
        pytest.param("sivoc", 0.3, 0.98, 1e-6, id="RAPS dc converter"),
    ],
)
def test_efficiency_meets_the_point_it_was_drawn_to(
    key, output_frac, efficiency, tolerance
):
    assert LOSSES[key].efficiency(output_frac) == pytest.approx(
        efficiency, abs=tolerance
    )


def test_a_ups_wastes_more_of_a_small_load():
    # 0.2 · 1 MW: 11 + 1.74 + 0.88 = 13.62 kW lost of 213.62 kW: 93.62 %
    ups = find_loss("ups")

    assert ups.efficiency(0.2) == pytest.approx(0.9362, abs=1e-4)
    assert ups.efficiency(0.1) < ups.efficiency(0.2) < ups.efficiency(0.5)
    assert ups.efficiency(0.0) == 0.0
    assert ups.loss_frac(0.0) == 0.011


def test_coefficients_of_a_one_megawatt_ups_by_hand():
    # at 500 kW: 11 000 + 0.0087 · 500 000 + 2.2e-8 · 500 000² = 20 850 W
    fixed_w, linear, quadratic_per_w = find_loss("ups").coefficients(1e6)

    assert_allclose([fixed_w, linear, quadratic_per_w], [11_000, 0.0087, 2.2e-8])
    assert_allclose(fixed_w + linear * 5e5 + quadratic_per_w * 5e5**2, 20_850)


def test_the_dc_chain_of_raps_passes_94_percent_at_any_load():
    # 0.96 · 0.98 = 0.9408
    for load in (0.1, 0.5, 1.0):
        chain = LOSSES["rectifier"].efficiency(load) * LOSSES["sivoc"].efficiency(load)
        assert chain == pytest.approx(0.9408, abs=1e-5)


@pytest.mark.parametrize("curve", LOSSES.values(), ids=LOSSES)
def test_nothing_gains_energy_and_losses_rise_with_load(curve):
    losses = [curve.loss_frac(u / 10) for u in range(13)]

    assert losses[0] >= 0
    assert losses == sorted(losses)
    assert losses[10] < 0.11


def test_eco_mode_is_a_mode_of_the_ups_only():
    assert find_loss("ups", ups_mode="eco") is LOSSES["ups-eco"]
    assert find_loss("pdu", ups_mode="eco") is LOSSES["pdu"]
    assert LOSSES["ups-eco"].loss_frac(0.5) < LOSSES["ups"].loss_frac(0.5)


def test_every_kind_of_node_has_losses_and_a_trip_curve():
    assert set(LOSSES) >= KINDS
    assert set(PROTECTION_OF_KIND) == KINDS
    assert set(PROTECTION_OF_KIND.values()) <= set(PROTECTIONS)


# --- protection ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "ratio", "time_s"),
    [
        pytest.param("thermal-magnetic", 2.0, 120, id="UL 489: 200 % in 2 min"),
        pytest.param("thermal-magnetic", 5.0, 0, id="magnet"),
        pytest.param("thermal-magnetic-fast", 2.0, 30, id="early edge"),
        pytest.param("thermal-magnetic-slow", 2.0, 360, id="100 A at its limit"),
        pytest.param("thermal-magnetic-slow", 10.0, 0, id="late magnet"),
        pytest.param("electronic-lsi", 6.0, 12, id="band of 12 s at 6 times"),
        pytest.param("electronic-lsi", 2.0, 108, id="12 s · (6 / 2)²"),
        pytest.param("electronic-lsi", 7.0, 0.3, id="short time"),
        pytest.param("electronic-lsi", 10.0, 0, id="instantaneous"),
        pytest.param("ups-overload", 1.05, math.inf, id="UPS at 105 %"),
        pytest.param("ups-overload", 1.25, 600, id="UPS at 125 %"),
        pytest.param("ups-overload", 4 / 3, 60, id="UPS at 133 %, patient"),
        pytest.param("ups-overload", 1.6, 0.2, id="UPS above 150 %"),
        pytest.param("ups-overload-short", 4 / 3, 10, id="UPS at 133 %, impatient"),
        pytest.param("ups-overload-short", 1.25, 30, id="UPS at 125 %, impatient"),
        pytest.param("transformer", 2.0, 1800, id="C57: twice for half an hour"),
        # 28800 / 1.5^4 = 5689 s
        pytest.param("transformer", 1.5, 5688.9, id="fourth power from 8 h at 1"),
        pytest.param("generator", 1.1, 3600, id="ISO 8528: 110 % for an hour"),
        pytest.param("generator", 1.2, 10, id="engine bogs down"),
    ],
)
def test_time_to_trip_meets_the_point_it_was_drawn_to(key, ratio, time_s):
    assert_allclose(trip_s(key, ratio), time_s, rtol=1e-4)


@pytest.mark.parametrize("key", sorted(PROTECTIONS))
def test_rated_load_is_carried_for_ever(key):
    assert trip_s(key, 1.0) == math.inf


@pytest.mark.parametrize(
    "key", ["thermal-magnetic", "thermal-magnetic-fast", "thermal-magnetic-slow"]
)
def test_breakers_trip_within_the_hour_at_135_percent_as_ul_489_asks(key):
    assert trip_s(key, 1.35) < 3600


@pytest.mark.parametrize("ratio", [1.06, 1.2, 1.5, 2.0, 4.0, 6.0, 12.0])
def test_the_edges_of_the_breaker_band_enclose_the_breaker(ratio):
    fast, mid, slow = (
        trip_s(f"thermal-magnetic{edge}", ratio) for edge in ("-fast", "", "-slow")
    )

    assert fast <= mid <= slow


def test_a_generator_earns_its_hour_of_overload_back_in_eleven():
    # reset 13200 s: e^(-39600 / 13200) = e^-3 = 5 % still used after eleven hours
    device = find_protection("generator").device()

    assert math.exp(-11 * 3600 / device.reset_s) == pytest.approx(0.0498, abs=1e-4)


def test_an_unprotected_node_has_no_device():
    assert find_protection("none").device() is None


# --- stores and generators -----------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "load_frac", "time_s"),
    [
        pytest.param("battery", 1.0, 300.0, id="VRLA, full load"),
        # 300 s · 2^1.3 = 300 · 2.46229
        pytest.param("battery", 0.5, 738.69, id="VRLA, half load"),
        pytest.param("battery", 0.05, 6000.0, id="VRLA, clipped at 20 times"),
        # 300 s · 2^1.05 = 300 · 2.07053
        pytest.param("battery-li", 0.5, 621.16, id="lithium-ion, half load"),
        pytest.param("flywheel", 1.0, 15.0, id="flywheel, full load"),
        # 15.075 / 0.505
        pytest.param("flywheel", 0.5, 29.851, id="flywheel, half load"),
    ],
)
def test_default_stores_last_as_calculated_by_hand(key, load_frac, time_s):
    row = store_row(find_store(key).store())

    assert_allclose(runtime_s(row, load_frac), time_s, rtol=1e-4)


def test_a_scenario_may_set_runtime_and_recharge():
    # the rest scales: 600 s, clip at 20 times, recharge as said or 20 times
    battery = find_store("battery").store(runtime_s=600.0, recharge_s=7200.0)
    default = find_store("battery").store(runtime_s=600.0)
    wheel = find_store("flywheel").store(runtime_s=20.0)

    assert isinstance(battery, Battery)
    assert isinstance(wheel, Flywheel)
    assert (battery.longest_s, battery.recharge_s) == (12_000.0, 7200.0)
    assert default.recharge_s == 12_000.0
    assert (wheel.runtime_s, wheel.recharge_s) == (20.0, 200.0)


@pytest.mark.parametrize("key", sorted(STORES))
def test_a_default_store_outlasts_the_generators_start_at_full_load(key):
    generator = GENERATOR.generator()
    row = store_row(find_store(key).store())

    assert runtime_s(row, 1.0) > generator.start_s


def test_the_default_generator_takes_60_percent_after_10_s_and_all_after_15():
    row = generator_row(GENERATOR.generator())
    slow = generator_row(GENERATOR.generator(start_s=30.0))

    assert [generator_allowed_frac(row, t) for t in (9.9, 10, 14.9, 15)] == [
        0.0, 0.6, 0.6, 1.0,
    ]  # fmt: skip
    assert generator_allowed_frac(slow, 29.0) == 0.0


# --- refusals ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("find", "wrong", "right"),
    [
        pytest.param(find_loss, "transformers", "transformer", id="loss"),
        pytest.param(find_protection, "electronic-lis", "electronic-lsi", id="curve"),
        pytest.param(find_store, "batteries", "battery", id="store"),
    ],
)
def test_an_unknown_key_is_refused_and_the_nearest_named(find, wrong, right):
    with pytest.raises(ScenarioError, match=f"{wrong}.*did you mean '{right}'"):
        find(wrong)


def test_the_refusal_names_the_input_it_came_from():
    with pytest.raises(ScenarioError, match=r"^nodes\[3\]\.protection must be in"):
        find_protection("fuse", field="nodes[3].protection")
