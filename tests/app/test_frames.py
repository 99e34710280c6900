"""Words and numbers of an answer follow from its figures."""

from __future__ import annotations

import copy

import pytest

from app import frames
from app.pages.explore.answer import events_note


def harmless(whatif):
    """The same answer with every service level held and nothing lost."""
    run = whatif["run"]
    run["slo_breaches"], run["brakes"] = [], 0
    for side in ("low", "high"):
        run[side]["p50_impact_frac"] = run[side]["p99_impact_frac"] = 0.0
    return whatif


def test_the_verdict_names_count_policy_peak_and_the_binding_level(whatif):
    harmless(whatif)["run"]["low"]["p50_impact_frac"] = 0.048
    whatif["run"]["peak_frac"] = 0.965
    whatif["run"]["warm_up_peak_frac"] = 0.97
    said = frames.verdict_frame(whatif, unit="kW")

    assert said.fits
    assert said.headline == "52 servers (+30 %) fit under POLCA"
    assert said.detail == (
        "peak 96.5 % of 204.5 kW, no brakes; "
        "tightest: low-priority P50 +4.8 % of 5 % allowed"
    )


def test_the_verdict_says_what_broke_and_how_many_more(whatif):
    whatif["run"]["slo_breaches"] = ["12 power brakes, allowed 0", "another"]
    whatif["run"]["brakes"] = 12
    said = frames.verdict_frame(whatif, unit="kW")

    assert not said.fits
    assert "do not fit" in said.headline
    assert "12 brakes; broken: 12 power brakes, allowed 0 and 1 more" in said.detail


def test_an_untouched_service_level_is_said_to_be_so(whatif):
    assert "no service level is touched" in (
        frames.verdict_frame(harmless(whatif), unit="kW").detail
    )


def test_every_key_number_has_value_part_and_change(whatif):
    shown = frames.numbers_frame(whatif, unit="MW")

    assert [f.key for f in shown] == [
        "peak", "headroom", "mean", "throughput", "energy", "above", "caps", "brakes",
    ]  # fmt: skip
    assert all(f.value and f.part and f.tooltip for f in shown)
    assert all(bool(f.delta) != bool(f.note) for f in shown)
    by_key = {f.key: f for f in shown}
    more = whatif["run"]["energy_wh"] / whatif["baseline"]["energy_wh"] - 1
    assert by_key["energy"].delta == f"+{100 * more:.1f} %"  # more servers, more energy
    assert not by_key["caps"].delta  # time capped is no change
    assert shown[0].value.endswith(" MW")


def test_headroom_and_peak_add_up_to_the_limit(whatif):
    bar = frames.headroom_frame(whatif, 6500.0)

    assert bar.nameplate_w == 52 * 6500
    assert bar.at(bar.limit_w) == pytest.approx(204_520 / (1.02 * 338_000))
    assert bar.at(1e12) == 1.0


def test_a_limit_of_zero_that_is_passed_counts_as_broken(whatif):
    run = harmless(whatif)["run"]
    assert frames.limit_used_frac(run) == 0.0

    run["brakes"] = 1
    assert frames.limit_used_frac(run) > 1.0


def test_a_level_recovers_the_latency_without_control(whatif):
    run = whatif["run"]
    run["low"]["e2e"]["p50_s"], run["low"]["p50_impact_frac"] = 33.0, 0.1
    level = next(x for x in frames.levels_frame(run) if x.key == "low_p50")

    assert level.before_s == pytest.approx(30.0)
    assert level.used_frac == pytest.approx(2.0)


def test_events_are_told_in_words(whatif):
    whatif["run"]["events"] = [
        {"t_s": 12.0, "kind": "command", "target": "low", "value": 1275.0},
        {"t_s": 90_061.0, "kind": "landed", "target": "high", "value": 0.0},
        {"t_s": 90_062.0, "kind": "brake-landed", "target": "all", "value": 1.0},
        {"t_s": 90_063.0, "kind": "brake-landed", "target": "all", "value": 0.0},
    ]
    rows = frames.events_frame(whatif["run"])

    assert rows[0] == {
        "t": "00:00:12", "event": "cap sent", "target": "low priority",
        "value": "1,275 MHz",
    }  # fmt: skip
    assert rows[1]["t"] == "1 d 01:01:01"
    assert rows[1]["event"] == "release in force"
    assert rows[1]["value"] == "uncapped"
    assert rows[2]["event"] == "brake in force"
    assert rows[3]["event"] == "brake release in force"


def test_the_hourly_table_keeps_the_highest_power(whatif):
    run = whatif["run"]
    run["series"]["row_max_w"][5] = 2 * run["provisioned_w"]
    rows = frames.hourly_frame(run, unit="kW")

    assert rows[0][3] == "409.0 kW"
    assert rows[0][4] == "200.0 %"


def test_a_row_that_brakes_while_it_fills_is_told(whatif):
    told = copy.deepcopy(whatif)
    told["run"] |= {"warm_up_peak_frac": 1.09, "brakes": 0}
    known = copy.deepcopy(told)
    known["run"]["brakes"] = 3

    assert "fills" not in frames.verdict_frame(known, unit="kW").detail
    assert (
        ", 109 % while it fills from empty;"
        in frames.verdict_frame(told, unit="kW").detail
    )


def test_a_row_that_no_command_moved_is_not_said_to_be_uncapped(whatif):
    run = copy.deepcopy(whatif["run"]) | {"events": [], "events_dropped": 0}
    for side in ("low", "high"):
        run[side]["capped_s"] = 0.0
    free = events_note(run)
    run["low"]["capped_s"] = run["horizon_s"]

    assert "nothing was capped" in free
    assert "nothing was capped" not in events_note(run)
    caps = next(
        f for f in frames.numbers_frame(whatif | {"run": run}, unit="kW")
        if f.key == "caps"
    )  # fmt: skip
    assert caps.note == "capped low 100 %"
