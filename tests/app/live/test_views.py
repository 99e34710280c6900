"""What the Live page draws and says, from answers written by hand."""

from __future__ import annotations

import json

import numpy as np
import plotly.graph_objects as go
import pytest
from numpy.testing import assert_allclose

from api.client import ApiProblem
from app.figures.live import live_figure, series_curve, y_range
from app.figures.tracking import forecast_figure, residual_figure, shadow_figure
from app.pages.live import answer, state, twin
from app.pages.live.callbacks import limit_of, respond, respond_lists

START_S = 1_763_733_600


def series(mean_w, *, every_s=60, skip=(), **more):
    """A series of the API: a bin each `every_s`, least 10 W below, highest above."""
    at = [i for i in range(len(mean_w)) if i not in skip]
    mean = [mean_w[i] for i in at]
    return {
        "of": "site", "level": "1min", "bin_s": float(every_s), "limit_w": None,
        "time_us": [(START_S + every_s * i) * 1_000_000 for i in at],
        "columns": {
            "power_mean_w": mean,
            "power_least_w": [None if v is None else v - 10.0 for v in mean],
            "power_highest_w": [None if v is None else v + 10.0 for v in mean],
        },
    } | more  # fmt: skip


def drawn(figure):
    """The figure as plotly reads it, refused if plotly does not know it."""
    return go.Figure(json.loads(figure.to_json()))


NOW = {
    "site": {"limit_w": 193_000.0},
    "details": [
        {"name": "a1", "devices": [
            {"key": "G0", "facts": {"slowdown_c": 87.0}, "power_limit_w": 700.0},
            {"key": "host", "facts": {}, "power_limit_w": None},
        ]}
    ],
}  # fmt: skip


class Answers:
    """A server that gives what a test says."""

    def __init__(self, **answers):
        self.answers, self.asked = answers, []

    def __getattr__(self, name):
        if name not in self.answers:
            raise AttributeError(name)

        def call(*args, **kwargs):
            self.asked.append((name, args, kwargs))
            found = self.answers[name]
            if isinstance(found, Exception):
                raise found
            return found

        return call


# --- the curve ------------------------------------------------------------------------


@pytest.mark.parametrize(("unit", "shown"), [("W", 5000.0), ("kW", 5.0), ("MW", 0.005)])
def test_a_curve_is_in_the_unit_shown(unit, shown):
    curve = series_curve(series([5000.0, 5000.0]), unit=unit)

    assert_allclose(curve.mean, [shown, shown])
    assert_allclose(curve.highest - curve.least, 20.0 * shown / 5000.0)


def test_a_gap_parts_the_mean_and_folds_the_band():
    curve = series_curve(series([100.0] * 20, skip=range(5, 15)), unit="W")

    missing = np.flatnonzero(np.isnan(curve.mean))
    assert missing.tolist() == [5, 6]
    assert_allclose(curve.highest[missing], curve.least[missing])
    assert np.all(np.diff(curve.time_ms) > 0)
    assert_allclose(curve.time_ms[missing],
                    [(START_S + 300) * 1e3, (START_S + 900) * 1e3 - 1])  # fmt: skip


def test_three_bins_missing_are_no_gap():
    """A slow agent's bins are not torn apart: four bins from reading to reading are."""
    joined = series_curve(series([100.0] * 8, skip=(3, 4)), unit="W")
    parted = series_curve(series([100.0] * 8, skip=(3, 4, 5)), unit="W")

    assert not np.isnan(joined.mean).any()
    assert np.isnan(parted.mean).sum() == 2


def test_missing_bins_are_left_out():
    curve = series_curve(series([100.0, None, 120.0]), unit="W")

    assert_allclose(curve.mean, [100.0, 120.0])


def test_temperature_has_no_band():
    asked = series([100.0, 100.0])
    asked["columns"]["gpu_c"] = [61.0, 64.0]
    curve = series_curve(asked, quantity="temp")

    assert curve.unit == "°C"
    assert_allclose(curve.least, [61.0, 64.0])
    assert_allclose(curve.highest, [61.0, 64.0])


# --- the figure -----------------------------------------------------------------------


def test_the_mean_is_drawn_in_its_band_with_its_limit():
    curve = series_curve(series([70_000.0, 80_000.0]))
    figure = drawn(live_figure(curve, (START_S, START_S + 900), limit=100.0,
                               limit_words="utility feeds"))  # fmt: skip

    assert [trace.name for trace in figure.data] == ["least", "highest", "mean"]
    assert figure.data[1].fill == "tonexty"
    assert figure.layout.annotations[0].text == "utility feeds 100.0 kW"
    assert tuple(figure.layout.xaxis.range) == (START_S * 1e3, (START_S + 900) * 1e3)


@pytest.mark.parametrize(
    ("limit", "to_limit", "shown"),
    [
        pytest.param(100.0, False, True, id="near the limit"),
        pytest.param(1000.0, False, False, id="far below"),
        pytest.param(1000.0, True, True, id="far below, asked for"),
        pytest.param(None, True, False, id="no limit known"),
    ],
)
def test_a_far_limit_does_not_flatten_the_curve_unless_asked(limit, to_limit, shown):
    curve = series_curve(series([70_000.0, 80_000.0]))
    low, high, is_shown = y_range(curve, limit, to_limit=to_limit)

    assert is_shown == shown
    assert low < 70.0 < 80.0 < high
    assert high > limit if shown else high < 100.0


def test_a_steady_curve_has_room_around_it():
    asked = series([500.0, 500.0])
    asked["columns"] |= {"power_least_w": [500.0] * 2, "power_highest_w": [500.0] * 2}
    low, high, _ = y_range(series_curve(asked, unit="W"), None)

    assert low < 500.0 < high


def test_no_reading_is_said():
    figure = live_figure(series_curve(series([])), (0, 900))

    assert "No reading" in drawn(figure).layout.annotations[0].text


@pytest.mark.parametrize(
    ("choices", "limit", "words"),
    [
        pytest.param({}, 193.0, "utility feeds", id="site"),
        pytest.param({"node": "x"}, 55.0, "limit", id="node"),
        pytest.param({"host": "a1"}, None, "", id="host"),
        pytest.param({"host": "a1", "gpu": "G0"}, 700.0, "enforced limit", id="gpu"),
        pytest.param({"host": "a1", "gpu": "G0", "quantity": "temp"}, 87.0,
                     "slows down at", id="heat of a gpu"),
        pytest.param({"host": "a1", "gpu": "host"}, None, "enforced limit", id="meter"),
    ],
)  # fmt: skip
def test_each_selection_has_its_own_limit(choices, limit, words):
    found = limit_of(state.view_from(choices), series([], limit_w=55_000.0), NOW)

    assert found == (limit, words)


def test_one_request_draws_chart_table_and_what_the_browser_goes_on_with():
    client = Answers(telemetry_series=series([70_000.0, 80_000.0]), telemetry_now=NOW)
    request = {"seq": 3, "view": {"range": "1h"}}
    figure, table, problem, kept = respond(client, request, START_S + 3600.0)

    assert len(figure["data"]) == 3
    assert problem is None
    assert (kept["seq"], kept["ok"], kept["of"], kept["level"]) == (
        3, True, "site", "1min")  # fmt: skip
    _, args, _ = client.asked[0]
    assert args == ("site", START_S * 1_000_000, (START_S + 3600) * 1_000_000)
    cells = [c.children for c in table.children[2].children[0].children]
    assert cells[1:] == ["80.0", "80.0", "80.0"]


def test_a_refusal_is_shown_and_the_last_picture_stays():
    refusal = ApiProblem({"title": "Not allowed", "status": 403, "detail": "no scope"})
    client = Answers(telemetry_series=refusal)
    _, _, problem, kept = respond(client, {"seq": 1, "view": {}}, 1e9)

    assert "Not allowed" in str(problem)
    assert "ok" not in kept


# --- alerts and events ----------------------------------------------------------------


def alert(kind, value, limit, severity="warning", target="row-7"):
    return {"kind": kind, "value": value, "limit": limit, "severity": severity,
            "target": target, "rule_name": "Rule",
            "created_at": "2026-01-05T00:00:00Z"}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "value", "limit", "words"),
    [
        ("load", 0.97, 0.95, "97.0 % of its limit, above 95.0 %"),
        ("threshold", 52_000.0, 50_000.0, "52.0 kW, above 50.0 kW"),
        ("ramp", 9000.0, 5000.0, "9.0 kW/s, above 5.0 kW/s"),
        ("missing-agent", 400.0, 300.0, "silent for 6 min 40 s, above 5 min"),
        ("model-drift", 0.081, 0.05, "8.1 % off the model, above 5.0 %"),
    ],
)  # fmt: skip
def test_an_alert_says_its_figure_and_its_limit(kind, value, limit, words):
    assert answer.alert_words(alert(kind, value, limit), "kW") == words


def test_the_worst_alert_comes_first_and_differs_by_sign():
    found = [alert("load", 1, 1, "info"), alert("load", 1, 1, "critical", "ups-a")]
    shown = answer.alerts_list(found, "kW").children

    assert [item.children[0].children for item in shown] == ["✕", "i"]


def test_nothing_wrong_is_said():
    client = Answers(alerts=[], telemetry_events=[])
    alerts, events = respond_lists(client, {}, START_S)

    assert alerts.children == "Nothing fires."
    assert events.children == "Nothing was reported."


# --- the twin -------------------------------------------------------------------------


def entry(name, measured, predicted, **more):
    return {
        "name": name, "of": name, "basis": "calibrated", "measured_w": measured,
        "predicted_w": predicted, "bias_w": measured - predicted, "hosts": 2,
        "hosts_predicted": 2, "drift": None, "unwatched": "",
    } | more  # fmt: skip


def test_what_drifts_comes_first_then_what_is_farthest_off():
    drift = {"since_us": START_S * 1_000_000, "size_w": 400.0, "direction": "more"}
    found = {
        "start_us": START_S * 1_000_000, "end_us": (START_S + 3600) * 1_000_000,
        "origins": ["c"],
        "nodes": [entry("a", 100.0, 99.0), entry("b", 100.0, 80.0)],
        "hosts": [entry("c", 100.0, 100.0, drift=drift)],
    }  # fmt: skip
    rows = twin.shadow_table(found, "W").children[2].children

    assert [row.children[0].children for row in rows] == ["c", "b", "a"]
    assert "400 W more" in rows[0].children[-1].children
    assert "begins here" in rows[0].children[-1].children
    assert rows[1].children[3].children == "+20.0 %"


def test_without_a_prediction_the_way_to_one_is_said():
    found = {"nodes": [], "hosts": [entry("a", 1.0, 1.0, basis="none")]}

    assert "Calibrate a host" in str(twin.shadow_table(found, "W"))


FORECAST = {
    "horizon_s": 86_400.0, "time_us": [START_S * 1_000_000] * 2, "mean_w": [80e3, 81e3],
    "low_w": [70e3, 71e3], "high_w": [90e3, 91e3], "peak_w": 85e3, "peak_low_w": 82e3,
    "peak_high_w": 91e3, "limit_w": 100e3, "passed_frac": 0.02, "headroom_w": 9e3,
    "model": "seasonal", "warnings": [], "history": {"have_days": 21.0},
    "backtest": {"origins": 20, "covered_frac": 0.91}, "backtest_missing": "",
}  # fmt: skip


def test_a_forecast_says_headroom_and_how_good_it_was():
    words = str(twin.forecast_words(FORECAST, "kW"))

    assert "85.0 kW; 90 % between 82.0 kW and 91.0 kW" in words
    assert "Headroom then 9.0 kW below the limit of 100.0 kW" in words
    assert "chance of passing it 2.0 %" in words
    assert "20 forecasts of its past held 91 %" in words


def test_a_forecast_is_drawn_in_its_range_under_its_limit():
    figure = drawn(forecast_figure(FORECAST, unit="kW"))

    assert tuple(figure.data[2].y) == (80.0, 81.0)
    assert figure.data[1].fill == "tonexty"
    assert "100.0 kW" in figure.layout.annotations[0].text


def test_measured_and_predicted_differ_by_dash_and_word():
    curves = {"time_us": [1, 2], "measured_w": [1000.0, None],
              "predicted_w": [900.0, 950.0]}  # fmt: skip
    figure = drawn(shadow_figure(curves, unit="kW"))

    assert [trace.line.dash for trace in figure.data] == [None, "dash"]
    assert tuple(figure.data[0].y) == (1.0, None)


def test_the_part_not_seen_is_marked_in_the_residuals():
    residuals = {"time_us": [1_000, 2_000], "measured": [1.0, 2.0],
                 "modelled": [1.5, 2.0], "residual": [-0.5, 0.0],
                 "held_out_from_us": 2_000}  # fmt: skip
    figure = drawn(residual_figure(residuals, unit="W"))

    assert figure.layout.shapes[0].x0 == 2.0
    assert figure.layout.annotations[0].text == "not seen by the fit"
    assert figure.data[2].yaxis == "y2"


def test_a_short_history_is_forecast_as_far_as_it_allows():
    short = ApiProblem({"title": "Too short", "status": 422, "errors": [
        {"rule": "must be at least 48 h", "repair": "wait"}]})  # fmt: skip

    class Young:
        def shadow(self, **_):
            return {"nodes": [], "hosts": [], "series": None}

        def forecast(self, _, horizon_s):
            if horizon_s > 3600:
                raise short
            return FORECAST | {"horizon_s": horizon_s}

    request = {"view": {}, "root": ""}
    *_, words = twin.respond_twin(Young(), request)
    assert "next 1 h" in str(words)

    Young.forecast = lambda *_: (_ for _ in ()).throw(short)
    *_, words = twin.respond_twin(Young(), request)
    assert "must be at least 48 h; wait" in str(words)


def test_a_what_if_from_now_is_stored_and_says_what_it_could_not_take_over():
    client = Answers(
        from_now={"scenario": {"name": "Hall"}, "carried": ["the moment"],
                  "not_carried": ["requests in flight"]},
        create_scenario={"id": "scenario_1"},
    )  # fmt: skip
    words = str(twin.begin(client, START_S))

    assert "/site/?scenario=scenario_1" in words
    assert "requests in flight" in words
    assert client.asked[1][1][0]["name"] == "Hall from 2025-11-21 14:00 UTC"
