"""Figures draw what the numbers say, on either ground, within their budget."""

from __future__ import annotations

import base64
import re

import numpy as np
import plotly.graph_objects as go
import pytest

from app.figures.compare import compare_figure
from app.figures.latency import latency_figure
from app.figures.power import power_figure
from app.figures.risk import METRICS, risk_figure, risk_frame, risk_table
from app.figures.template import DARK, LIGHT, percents
from app.pages.explore import answer, state


def drawn(figure):
    """Let plotly look every property of a figure up; arrays unpacked."""

    def unpacked(value):
        if isinstance(value, dict) and "bdata" in value:
            flat = np.frombuffer(base64.b64decode(value["bdata"]), value["dtype"])
            shape = value.get("shape")
            return flat.reshape([int(n) for n in shape.split(",")]) if shape else flat
        if isinstance(value, dict):
            return {k: unpacked(v) for k, v in value.items()}
        return value

    return go.Figure([unpacked(t) for t in figure.data], figure.layout)


def power_instant(t_s):
    """Instant of a time from the default start, as the chart writes it."""
    return str(np.datetime64("2026-01-05") + np.timedelta64(int(t_s), "s")).replace(
        "T", " "
    )


def luminance(colour):
    """Relative luminance, WCAG 2.2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [
        v / 12.92 if v <= 0.03928 else ((v + 0.055) / 1.055) ** 2.4 for v in parts
    ]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


def contrast(one, other):
    """Contrast ratio of two colours."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_power_chart_draws_band_mean_baseline_and_levels(whatif):
    run = whatif["run"]
    figure = drawn(power_figure(run, whatif["baseline"], fine=True))
    named = {t.name: t for t in figure.data}

    assert named["mean"].y[7] == pytest.approx(
        run["series"]["row_mean_w"][7] / 1e3, rel=1e-5
    )
    assert {"lowest", "highest"} <= set(named)
    assert any("no control" in name for name in named)
    texts = " ".join(a.text for a in figure.layout.annotations)
    assert "T1</b> 80 %" in texts
    assert "T2</b> 89 %" in texts
    assert "Limit</b> 100 % · 204.5 kW" in texts


def test_no_trace_has_more_than_two_thousand_points(whatif):
    figure = drawn(power_figure(whatif["run"], whatif["baseline"]))

    assert all(len(t.y) <= 2000 for t in figure.data if t.y is not None)
    assert all(t.type in ("scatter", "heatmap") for t in figure.data)


def test_a_thinned_curve_keeps_peak_trough_and_mean(whatif):
    series = whatif["run"]["series"]
    figure = drawn(power_figure(whatif["run"], None))
    named = {t.name: t for t in figure.data}

    assert len(named["mean"].y) <= 720
    assert max(named["highest"].y) == pytest.approx(max(series["row_max_w"]) / 1e3)
    assert min(named["lowest"].y) == pytest.approx(min(series["row_min_w"]) / 1e3)
    assert np.mean(named["mean"].y) == pytest.approx(
        np.mean(series["row_mean_w"]) / 1e3, rel=1e-3
    )


def test_the_baseline_is_thinned_and_keeps_its_mean(whatif):
    base = whatif["baseline"]
    figure = drawn(power_figure(whatif["run"], base))
    line = next(t for t in figure.data if "no control" in t.name)
    mean = np.mean(base["series"]["row_mean_w"]) / 1e3

    assert len(line.y) <= 240
    assert np.mean(line.y) == pytest.approx(mean, rel=0.01)


def test_on_a_phone_labels_stand_inside_the_axes(whatif):
    figure = drawn(power_figure(whatif["run"], None, narrow=True))

    assert figure.layout.margin.r < 20
    assert {a.xanchor for a in figure.layout.annotations} == {"right"}


def test_brakes_are_marked_where_they_held(whatif):
    series = whatif["run"]["series"]
    series["brake"] = [0.0] * len(series["t_s"])
    series["t_s"][3], series["brake"][3] = 3600.0, 1.0
    figure = drawn(power_figure(whatif["run"], None))
    marks = next(t for t in figure.data if t.name == "power brake")

    assert list(marks.x) == ["2026-01-05 01:00:00"]


def test_a_day_full_of_brakes_is_marked_from_end_to_end(whatif):
    series = whatif["run"]["series"]
    series["brake"] = [1.0] * len(series["t_s"])
    figure = drawn(power_figure(whatif["run"], None))
    marks = next(t for t in figure.data if t.name == "power brake")

    assert 2 <= len(marks.x) <= 240
    covered = len(series["t_s"]) / len(marks.x)
    last = len(series["t_s"]) - covered
    assert marks.x[-1] >= power_instant(series["t_s"][int(last)])


@pytest.mark.parametrize(("unit", "watts"), [("W", 1.0), ("kW", 1e3), ("MW", 1e6)])
def test_the_unit_scales_the_curve_and_its_labels(whatif, unit, watts):
    run = whatif["run"]
    figure = drawn(power_figure(run, None, unit=unit, fine=True))
    mean = next(t for t in figure.data if t.name == "mean")

    assert mean.y[3] * watts == pytest.approx(run["series"]["row_mean_w"][3], rel=1e-5)
    assert figure.layout.yaxis.ticksuffix == f" {unit}"


def test_latency_bars_are_shares_of_the_allowed_rise(whatif):
    run = whatif["run"]
    run["low"]["p50_impact_frac"] = 0.025
    bar = drawn(latency_figure(run)).data[0]

    assert dict(zip(bar.y, bar.x, strict=True))["Low P50"] == pytest.approx(0.5)


def test_a_broken_level_differs_by_hatching_and_sign_too(whatif):
    run = whatif["run"]
    run["low"]["p50_impact_frac"] = 0.10
    figure = drawn(latency_figure(run))
    bar = figure.data[0]

    assert bar.marker.pattern.shape[bar.y.index("Low P50")] == "/"
    assert any("✕" in a.text for a in figure.layout.annotations)


@pytest.mark.parametrize("metric", METRICS)
def test_the_risk_chart_has_a_curve_per_policy_told_apart_without_colour(plan, metric):
    figure = drawn(risk_figure(plan["cells"], policy="polca", added=12, metric=metric))

    assert [t.name for t in figure.data] == ["POLCA", "no cap"]
    assert len({t.line.dash for t in figure.data}) == 2
    ticks = figure.layout.yaxis.ticktext
    assert (ticks is not None) == METRICS[metric].part
    assert all(re.fullmatch(r"≥?[\d.]+ %", tick) for tick in ticks or ())


@pytest.mark.parametrize(
    ("top", "words"),
    [
        pytest.param(0.0719, ["0 %", "2 %", "4 %", "6 %"], id="whole steps"),
        pytest.param(0.012, ["0.0 %", "0.5 %", "1.0 %"], id="parts of one"),
        pytest.param(1.6, ["0 %", "50 %", "100 %", "150 %"], id="past all"),
    ],
)
def test_ticks_of_a_part_have_a_space_before_the_sign(top, words):
    axis = percents(top, 4)

    assert axis["ticktext"] == words
    assert [f"{100 * v:g}" for v in axis["tickvals"]] == [
        f"{float(w.removesuffix(' %')):g}" for w in words
    ]


def test_whiskers_span_the_seeds(plan):
    cells = [answer.slim_cell(c) for c in plan["cells"]]
    low, high = dict(cells[0]["runs"][0]), dict(cells[0]["runs"][0])
    low["peak_frac"], high["peak_frac"] = 0.70, 0.80
    cells[0]["runs"] = [low, high]
    curve = risk_frame(cells, metric="peak")[0]

    assert (curve.low[0], curve.high[0]) == (0.70, 0.80)
    assert curve.mean[0] == pytest.approx(0.75)
    figure = drawn(risk_figure(cells, policy="polca", added=0, metric="peak"))
    assert figure.data[0].error_y.array[0] == pytest.approx(0.05)


def test_slim_cells_draw_the_same_curve(plan):
    slim = [answer.slim_cell(c) for c in plan["cells"]]
    for metric in METRICS:
        assert risk_frame(slim, metric=metric) == risk_frame(
            plan["cells"], metric=metric
        )
    assert risk_table(slim) == risk_table(plan["cells"])


def test_an_empty_curve_says_what_comes():
    figure = drawn(risk_figure([], policy="polca", added=12))

    assert "as the plan runs" in figure.layout.annotations[0].text


@pytest.mark.parametrize("ground", [LIGHT, DARK], ids=["light", "dark"])
def test_text_colours_reach_the_contrast_of_wcag_aa(ground):
    words = ["ink", "muted", "first", "second", "low", "high", "good", "bad", "power"]
    found = {w: contrast(getattr(ground, w), ground.ground) for w in words}
    found |= {k: contrast(v, ground.ground) for k, v in ground.policies.items()}

    assert {k: round(v, 2) for k, v in found.items() if v < 4.5} == {}


def test_pinned_runs_are_compared_with_different_dashes(whatif):
    pin = answer.pin_of(whatif, state.view_from({}))
    figure = drawn(compare_figure([pin, pin]))

    assert [t.line.dash for t in figure.data] == ["solid", "dash"]
    assert len(pin["curve_w"]) <= 288
