"""Documents of the tracking twin: calibrations, the shadow, forecasts, from now."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from api.schemas.base import In, Out, Page, said
from api.schemas.problem import FieldError
from api.schemas.telemetry import TIME

Kind = Literal[
    "gpu-utilisation", "gpu-clock", "server", "conversion", "thermal", "levels"
]
Basis = Literal["calibrated", "expected", "mixed", "none"]
_DAY_US = 86_400_000_000
_MOST_US = 2**53 - 1
_AT = "2026-01-31T12:00:00Z"


class CalibrationIn(In):
    """Fit a model to a stored period."""

    kind: Kind = said("Which model", "gpu-utilisation")
    source: str = said("Host whose readings are used", "node017", min_length=1,
                       max_length=120)  # fmt: skip
    device: str = said(
        "One of its devices; empty fits every GPU, or the host itself", "GPU-8f6c", "",
        max_length=120,
    )  # fmt: skip
    start_us: int = said("First instant", TIME - _DAY_US, ge=0, le=_MOST_US, unit="µs")
    end_us: int = said("End", TIME, ge=0, le=_MOST_US, unit="µs")
    held_out_frac: float = said(
        "Last part of the readings that the fit is judged on", 0.3, 0.3, ge=0.1, le=0.9
    )
    server: str | None = said(
        "Server of the catalogue whose figures are the prior; empty looks by the "
        "GPUs' names", "dgx-h100", None, max_length=60,
    )  # fmt: skip
    output_source: str | None = said(
        "Source of a conversion stage's output", "ups-a-out", None, max_length=120
    )
    output_device: str = said("Its device", "meter", "", max_length=120)
    rated_w: float | None = said(
        "Rated output of a conversion stage", 500e3, None, gt=0, le=2e8, unit="W"
    )
    activate: bool = said(
        "Let the fit count at once, unless it is worse than its prior", False, False
    )
    force: bool = said("Let it count even then", False, False)


class ActivateQuery(In):
    """How to let a calibration count."""

    force: bool = said("Even where it is worse than its prior", False, False)


class ParameterOut(Out):
    """One number of a model."""

    name: str = said("As the model's equation has it", "idle_w")
    value: float | None = said("Fitted, or the prior", 71.3, unit="its own")
    standard_error: float | None = said("One standard deviation", 0.8, unit="its own")
    unit: str = said("Unit of both", "W")
    fitted: bool = said("Whether the readings could tell it", True)


class HeldOutOut(Out):
    """Error on time that the fit has not seen: with the prior, then with the fit."""

    samples: int = said("Readings held out", 3240)
    bias_before: float | None = said("Modelled less measured", 41.0, unit="its own")
    bias_after: float | None = said("The same with the fit", 0.4, unit="its own")
    rms_before: float | None = said("Root mean square", 55.0, unit="its own")
    rms_after: float | None = said("The same with the fit", 9.1, unit="its own")
    mape_before: float | None = said("Mean error ÷ measured", 0.14)
    mape_after: float | None = said("The same with the fit", 0.02)


class UntoldOut(Out):
    """A parameter the readings cannot tell, held at its prior."""

    parameter: str = said("Which", "leakage_per_k")
    why: str = said("Why", "inlet_c spans 0.4")
    needs: str = said("What would tell it", "record inlets that move by several kelvin")


class CalibrationOut(Out):
    """A stored calibration."""

    id: str = said("Id", "calibration_0f9a1c22d3e4b5a6")
    created_at: dt.datetime = said("When it was made, UTC", _AT)
    kind: Kind = said("Which model", "gpu-utilisation")
    target: str = said("What it is of", "node017/GPU-8f6c")
    source: str = said("Host", "node017")
    device: str = said("Device; empty is the host itself", "GPU-8f6c")
    version: str = said(
        "The same readings and settings give the same", "3f2a9c01b45d7e88"
    )
    status: Literal["fitted", "refused"] = said(
        "Whether the readings told it", "fitted"
    )
    active: bool = said("Whether it counts", True)
    start_us: int = said("First instant", TIME - _DAY_US, unit="µs")
    end_us: int = said("End", TIME, unit="µs")
    held_out_frac: float = said("Last part it was judged on", 0.3)
    level: str = said("Bins that were used", "1s")
    prior: str = said("Where the prior is from", "catalogue: h100-sxm-80gb")
    unit: str = said("Unit of what is modelled", "W")
    parameters: list[ParameterOut] = said("Numbers of the model", [])
    held_out: HeldOutOut | None = said("Before and after, on time not seen", None)
    held_back: str = said(
        "Why it counts only by force: it is worse than its prior on time not seen",
        "RMS 60.1 W on time held out, and its prior's is 22.4 W", "",
    )  # fmt: skip
    samples: int = said("Readings learned from", 7560)
    effective_samples: float | None = said("Independent ones worth as much", 420.0)
    residual_rms: float | None = said("Of those", 8.7, unit="its own")
    residual_autocorrelation: float | None = said("One reading apart", 0.4)
    warnings: list[str] = said("What to know", [])
    refused: list[UntoldOut] = said("Parameters held at their prior", [])
    samples_needed: dict[str, int] = said(
        "Readings like these that bring each error to 5 %", {"idle_w": 240}, unit="1"
    )
    error: FieldError | None = said(
        "Why it was refused, and the data that is missing", None
    )


class CalibrationPage(Page):
    """A page of calibrations."""

    items: list[CalibrationOut] = said("Newest first", [])


class ResidualsOut(Out):
    """Measured and modelled over the period; means of groups where there are many."""

    readings: int = said("Readings that had all that is needed", 10_800)
    held_out_from_us: int | None = said("Where the part not seen begins", TIME,
                                        unit="µs")  # fmt: skip
    time_us: list[int] = said("Times", [TIME], unit="µs")
    measured: list[float | None] = said("Measured", [412.0], unit="its own")
    modelled: list[float | None] = said("The fit", [409.5], unit="its own")
    residual: list[float | None] = said("Their difference", [2.5], unit="its own")


class CalibrationDetail(CalibrationOut):
    """A calibration with its residuals."""

    residuals: ResidualsOut | None = said("Over the period, read again", None)
    residuals_missing: str = said("Why there are none", "")


# --- the shadow -----------------------------------------------------------------------


class ShadowQuery(In):
    """Which period; none is the newest hour."""

    start_us: int | None = said("First instant", TIME, None, ge=0, le=_MOST_US,
                                unit="µs")  # fmt: skip
    end_us: int | None = said("End", TIME + 3_600_000_000, None, ge=0, le=_MOST_US,
                              unit="µs")  # fmt: skip
    node: str = said('Give curves of this host or "node/NAME"', "node/ups-a", "",
                     max_length=160)  # fmt: skip


class DriftOut(Out):
    """Measured and predicted have parted for good."""

    since_us: int = said("When it began", TIME, unit="µs")
    found_us: int = said("When it was sure", TIME, unit="µs")
    size_w: float | None = said("Measured less predicted since then", 410.0, unit="W")
    direction: Literal["more", "less"] = said("Which way", "more")
    sigmas: float | None = said("The same ÷ what is usual", 6.2)


class ShadowEntry(Out):
    """A host or node: measured beside predicted."""

    name: str = said("Host or node", "node017")
    of: str = said("How series and forecasts call it", "node017")
    kind: str = said("What it is", "host")
    basis: Basis = said("What the prediction rests on", "calibrated")
    note: str = said("What to know of it", "")
    compared: int = said("Minutes with both", 60)
    missing: int = said("Minutes without one of them", 0)
    measured_w: float | None = said("Mean measured", 5210.0, unit="W")
    predicted_w: float | None = said("Mean predicted", 5190.0, unit="W")
    bias_w: float | None = said("Measured less predicted", 20.0, unit="W")
    rms_w: float | None = said("Root mean square of it", 61.0, unit="W")
    mape_frac: float | None = said("Mean error ÷ measured", 0.009)
    p95_off_frac: float | None = said("Predicted P95 ÷ measured, less 1", -0.004)
    drift: DriftOut | None = said("What changed for good", None)
    unwatched: str = said("Why drift is not looked for; empty where it is", "")
    metered: bool = said("Whether a node's own meter is compared", False)
    hosts: int = said("Hosts below", 1)
    hosts_predicted: int = said("Those with a prediction", 1)


class ShadowCurves(Out):
    """Curves of one host or node."""

    of: str = said("Which", "node/ups-a")
    bin_s: float = said("Length of a bin", 60.0, unit="s")
    time_us: list[int] = said("Starts of bins", [TIME], unit="µs")
    measured_w: list[float | None] = said("Measured", [91e3], unit="W")
    predicted_w: list[float | None] = said("Predicted", [90.5e3], unit="W")


class ShadowOut(Out):
    """The twin beside the site."""

    start_us: int = said("First instant", TIME, unit="µs")
    end_us: int = said("End", TIME + 3_600_000_000, unit="µs")
    computed_us: int = said("When it was compared", TIME, unit="µs")
    hosts: list[ShadowEntry] = said("Hosts", [])
    nodes: list[ShadowEntry] = said("Nodes of the watched tree", [])
    origins: list[str] = said("Where drift begins: nothing below drifts", ["node017"])
    series: ShadowCurves | None = said("Curves, where asked for", None)


# --- forecasts ------------------------------------------------------------------------


class ForecastQuery(In):
    """What to forecast."""

    of: str = said('"site", "node/NAME" or a host', "site", "site", max_length=160)
    horizon_s: float = said(
        "How far ahead", 86_400, 86_400.0, ge=300, le=60 * 86_400, unit="s"
    )
    backtest: bool = said("Forecast its own past, too", True, True)


class HistoryOut(Out):
    """How much history there is, and what more would tell."""

    have_days: float = said("History", 21.0, unit="d")
    known_frac: float = said("Part of it that was read", 0.99)
    partly_frac: float = said(
        "Part of its bins that was read of some hosts, or some of the time", 0.02
    )
    least_days: float = said("Least for this horizon", 2.0, unit="d")
    day_days: float = said("For the hour of the day", 7.0, unit="d")
    week_days: float = said("For the hour of the week", 42.0, unit="d")
    trend_days: float = said("For a trend", 84.0, unit="d")


class BacktestOut(Out):
    """Forecasts of its own past beside what came."""

    origins: int = said("Forecasts made", 20)
    covered_frac: float = said("Readings inside the range; 0.9 is meant", 0.91)
    peak_covered_frac: float = said("Peaks inside theirs", 0.9)
    peak_above_frac: float = said("Peaks above it; 0.05 is meant", 0.05)
    bias_w: float | None = said("Forecast less measured", -120.0, unit="W")
    mape_frac: float = said("Mean error ÷ mean", 0.06)
    width_w: float | None = said("Mean width of the range", 8e3, unit="W")


class ForecastOut(Out):
    """Futures of a power."""

    of: str = said("What is forecast", "site")
    end_us: int = said("End of the history", TIME, unit="µs")
    step_s: float = said("Length of a step", 300.0, unit="s")
    horizon_s: float = said("How far ahead", 86_400.0, unit="s")
    time_us: list[int] = said("Ends of steps", [TIME], unit="µs")
    mean_w: list[float | None] = said("Mean of the futures", [84e3], unit="W")
    low_w: list[float | None] = said("5 % are below", [80e3], unit="W")
    high_w: list[float | None] = said("5 % are above", [88e3], unit="W")
    peak_w: float | None = said("Median of their peaks", 92e3, unit="W")
    peak_low_w: float | None = said("5 % of the peaks are below", 88e3, unit="W")
    peak_high_w: float | None = said("5 % of the peaks are above", 96e3, unit="W")
    limit_w: float | None = said("Limit, where one is known", 1e5, unit="W")
    passed_frac: float | None = said("Chance of passing it", 0.02)
    passed_us: int | None = said("When, if it does (median)", None, unit="µs")
    headroom_w: float | None = said("Limit less the high peak", 4e3, unit="W")
    model: Literal["seasonal", "naive"] = said("Which model the history allows",
                                               "seasonal")  # fmt: skip
    season: Literal["none", "day", "week"] = said("What repeats", "day")
    trend_w_per_day: float = said("Trend used", 0.0, unit="W/d")
    futures: int = said("Earlier forecasts whose errors were used", 800)
    warnings: list[str] = said("What to know", [])
    time_zone: str = said("Zone that days go by", "Europe/Oslo")
    history: HistoryOut = said("How much there is and what more would tell", {})
    backtest: BacktestOut | None = said("How good it was", None)
    backtest_missing: str = said("Why there is none", "")


# --- from now -------------------------------------------------------------------------


class FromNowIn(In):
    """Which scenario begins from now."""

    scenario_id: str | None = said(
        "Scenario; empty takes the watched one", "sample-row", None, max_length=64
    )
    load: Literal["auto", "replay", "traffic"] = said(
        "Play measured power, or generate traffic that peaks as measured; auto plays "
        "where the past is whole", "auto", "auto",
    )  # fmt: skip
    past_s: float = said(
        "How much of the past is played", 86_400, 86_400.0, ge=600, le=28 * 86_400,
        unit="s",
    )  # fmt: skip


class FromNowOut(Out):
    """Changes that make a scenario begin from now."""

    scenario_id: str = said("The scenario they are of", "sample-row")
    changes: dict[str, Any] = said("New value per dotted path", {"horizon.start": _AT})
    carried: list[str] = said("What was taken over", ["the moment"])
    not_carried: list[str] = said("What was not", ["requests in flight"])
    scenario: dict[str, Any] = said("The scenario after the changes", {"name": "Site"})
