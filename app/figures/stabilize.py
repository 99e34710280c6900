"""Figures of a training site: waveform and spectrum, limits drawn in."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from app import format as say
from app.figures.template import LIGHT, Figure, base_layout, note

Json = dict[str, Any]

PLACES = {
    "psu": ("supplies", "dot"), "rack": ("racks", "dash"),
    "row": ("rows", "dashdot"), "site": ("site battery", "solid"),
}  # fmt: skip
"""Where stores stand: words and dash."""
_GREY_BAND = "rgba(120,130,140,0.22)"
_LANE, _GAP = 0.17, 0.08
"""Height of a lane below the waveform, and of the words above it ÷ all."""
_SWINGS = ("band-swing", "change", "range")
_RIGHT = {"l": 56, "r": 12, "t": 20, "b": 34}


# --- waveform -------------------------------------------------------------------------


def waveform_figure(
    study: Json, window: Json, *, focus: str = "", unit: str = "MW"
) -> Figure:
    """
    Draw power before and after measures, charge of stores, frequency of gensets.

    Each bucket is a band from its lowest to its highest value: no peak is lost.

    Args:
        study: Answer of a study.
        window: Its own window, or a closer look.
        focus: Key of the rule whose worst moment is marked.
        unit: Display unit of power.
    """
    scale = say.power_scale(unit)
    lanes = bool(window["stores"]) + (window["frequency"] is not None)
    figure = Figure(base_layout(
        margin={"l": 56, "r": 12, "t": 22, "b": 34},
        hovermode="x unified", showlegend=False,
    ))  # fmt: skip
    base = lanes * (_LANE + _GAP)
    measured = study["after"]["highest_w"] != study["before"]["highest_w"] or any(
        study["after"][k] != study["before"][k] for k in ("mean_w", "lowest_w")
    )
    looks = {"before": (LIGHT.baseline, _GREY_BAND)}
    looks |= {"after": (LIGHT.power, LIGHT.band)} if measured else {}
    for name, (line, fill) in looks.items():
        _band(figure, window[name], 1 / scale, name, line, fill, unit)
    low, high = _span([window["before"], window["after"]])
    _worst(figure, study, window, focus, scale, unit)
    _key(figure, measured=measured)
    seconds = window["to_s"] - window["from_s"]
    figure.arrange(
        uirevision=f"{window['from_s']}~{window['to_s']}",
        xaxis={
            "range": [window["from_s"], window["to_s"]], "anchor": _lowest(lanes),
            "title": {"text": "time [s]"}, "hoverformat": f",.{_decimals(seconds)}f",
            "tickformat": ",",
        },
        yaxis={
            "domain": [base, 1], "ticksuffix": f" {unit}", "nticks": 6,
            "range": [(low - 0.06 * (high - low)) / scale,
                      (high + 0.1 * (high - low)) / scale],
            "fixedrange": True,
        },
    )  # fmt: skip
    if window["stores"]:
        _charge(figure, window["stores"], top=base - _GAP)
    if window["frequency"] is not None:
        _frequency(figure, window["frequency"], first=not window["stores"])
    return figure


def _lowest(lanes: int) -> str:
    return "y" if not lanes else f"y{lanes + 1}"


def _decimals(seconds: float) -> int:
    return max(0, min(4, 3 - math.floor(math.log10(max(seconds, 1e-3)))))


def _middles(cut: Json) -> Any:
    t_s = np.array(cut["t_s"], dtype=np.float64)
    return 0.5 * (t_s[1:] + t_s[:-1])


def _series(cut: Json, name: str, scale: float) -> Any:
    return (np.array(cut[name], dtype=np.float64) * scale).astype(np.float32)


def _band(
    figure: Figure, cut: Json, scale: float, name: str, colour: str, pale: str,
    unit: str, *, axis: str = "y", dash: str = "solid",
) -> None:  # fmt: skip
    """Band from lowest to highest, and the mean as a line."""
    low, high = _series(cut, "low", scale), _series(cut, "high", scale)
    common = {"x": _middles(cut), "yaxis": axis, "mode": "lines"}
    if np.any(high - low > 1e-4 * max(1e-9, float(np.abs(high).max()))):
        edge = {"width": 0, "shape": "hvh"}
        figure.add_band(low, high, pale, **common, line=edge, hoverinfo="skip")
    figure.add(
        "scatter", **common, y=_series(cut, "mean", scale), name=name,
        line={"color": colour, "width": 1.4, "dash": dash},
        customdata=np.stack([low, high], axis=1),
        hovertemplate="%{y:.4~r} " + unit + " (%{customdata[0]:.4~r} to "
        "%{customdata[1]:.4~r})",
    )  # fmt: skip


def _span(cuts: list[Json]) -> tuple[float, float]:
    low = min(v for c in cuts for v in c["low"] if v is not None)
    high = max(v for c in cuts for v in c["high"] if v is not None)
    return low, high if high > low else low + 1.0


def _key(figure: Figure, *, measured: bool) -> None:
    words = f"<b style='color:{LIGHT.baseline}'>before measures</b>" + (
        f"   <b style='color:{LIGHT.power}'>after</b>" if measured
        else "   (no measure is switched on)"
    ) + "   band: lowest to highest"  # fmt: skip
    figure.add_key(words)


def _worst(
    figure: Figure, study: Json, window: Json, focus: str, scale: float,
    unit: str,
) -> None:  # fmt: skip
    """Mark the window in which a rule is worst, and what the rule allows there."""
    rule = next((v for v in study["verdicts"] if v["key"] == focus), None)
    found = rule and rule["after"]
    if not rule or not found or found["at_s"] is None:
        return
    colour = LIGHT.good if found["passes"] else LIGHT.bad
    begin, end = found["at_s"], found["at_s"] + max(rule["window_s"], 0.0)
    if end < window["from_s"] or begin > window["to_s"]:
        return
    figure.add_shape(
        type="rect", xref="x", x0=begin, x1=end, yref="y domain", y0=0, y1=1,
        fillcolor=colour, opacity=0.16, line={"width": 1, "color": colour},
        layer="below",
    )  # fmt: skip
    seen = _window_of(window["after"], begin, end)
    if rule["kind"] in _SWINGS and seen is not None and rule["window_s"]:
        middle, half = 0.5 * (seen[0] + seen[1]), 0.5 * found["limit"]
        figure.add_shape(
            type="rect", xref="x", x0=begin, x1=end, yref="y",
            y0=(middle - half) / scale, y1=(middle + half) / scale,
            line={"width": 1.4, "color": LIGHT.limit, "dash": "dash"},
        )  # fmt: skip
    share = (begin - window["from_s"]) / (window["to_s"] - window["from_s"])
    value = value_words(found["worst"], rule["unit"], unit)
    limit = value_words(found["limit"], rule["unit"], unit)
    figure.add_label(
        f"<b>{rule['authority'].split(' /')[0]}</b> worst: {value}, limit {limit}",
        colour=colour, xref="x", x=begin, yref="y domain", y=0.03, yanchor="bottom",
        xanchor="left" if share < 0.5 else "right", bgcolor=LIGHT.ground, borderpad=2,
    )  # fmt: skip


def _window_of(cut: Json, begin: float, end: float) -> tuple[float, float] | None:
    """Lowest and highest value of a time span, from the buckets that touch it."""
    t_s = cut["t_s"]
    touched = [
        k for k in range(len(t_s) - 1) if t_s[k + 1] > begin and t_s[k] < end
    ]  # fmt: skip
    if not touched:
        return None
    return min(cut["low"][k] for k in touched), max(cut["high"][k] for k in touched)


def _charge(figure: Figure, stores: Json, *, top: float) -> None:
    """Charge of each place's stores, in per cent."""
    for place, cut in stores.items():
        words, dash = PLACES[place]
        _band(figure, cut, 100.0, words, LIGHT.second, "rgba(184,74,0,0.16)", "%",
              axis="y2", dash=dash)  # fmt: skip
    low, high = _span(list(stores.values()))
    room = max(2.0, 12.0 * (high - low))
    figure.arrange(yaxis2={
        "domain": [top - _LANE, top], "ticksuffix": " %", "nticks": 3,
        "range": [max(0.0, 100 * low - room), min(100.0, 100 * high + room)],
        "fixedrange": True,
    })  # fmt: skip
    names = ", ".join(PLACES[place][0] for place in stores)
    figure.add_key(
        f"<b style='color:{LIGHT.second}'>charge</b> of {names}", yref="y2 domain"
    )


def _frequency(figure: Figure, cut: Json, *, first: bool) -> None:
    axis = "y2" if first else "y3"
    _band(figure, cut, 1.0, "gensets", LIGHT.high, "rgba(143,63,128,0.16)", "Hz",
          axis=axis)  # fmt: skip
    figure.arrange(**{f"yaxis{axis[1:]}": {
        "domain": [0.0, _LANE], "ticksuffix": " Hz", "nticks": 3, "fixedrange": True,
    }})  # fmt: skip
    figure.add_key(
        f"<b style='color:{LIGHT.high}'>frequency</b> of gensets with measures",
        yref=f"{axis} domain",
    )  # fmt: skip


def value_words(value: float | None, rule_unit: str, unit: str) -> str:
    """Write a rule's value as people do: power, ramp a minute, share, number."""
    if value is None:
        return say.MISSING
    if rule_unit == "W":
        return short_power(value, unit)
    if rule_unit == "W/s":
        return f"{short_power(60 * value, unit)}/min"
    if rule_unit == "1":
        return say.percent(value)
    return f"{value:.2f}".rstrip("0").rstrip(".") + f" {rule_unit}"


def short_power(watts: float | None, unit: str) -> str:
    """Write a power with three figures."""
    if watts is None or not math.isfinite(watts):
        return say.MISSING
    scaled = watts / say.power_scale(unit)
    size = math.floor(math.log10(abs(scaled))) if scaled else 0
    return f"{say.number(scaled, max(0, min(4, 2 - size)))} {unit}"


# --- spectrum -------------------------------------------------------------------------


def spectrum_figure(study: Json, *, focus: str = "") -> Figure:
    """Draw amplitudes of lines before and after, bands and limits drawn in. [W]"""
    figure = Figure(base_layout(hovermode="closest", margin=_RIGHT))
    top = 0.0
    for name, colour, width in (
        ("before", LIGHT.baseline, 1.0), ("after", LIGHT.power, 1.4),
    ):  # fmt: skip
        lines = study["spectrum"][name]
        pairs = [
            (f, w)
            for f, w in zip(lines["hertz"], lines["power_w"], strict=True)
            if f and w and w > 0
        ]
        if not pairs:
            continue
        top = max(top, *(w for _, w in pairs))
        figure.add_line(
            colour, width, name=name, x=np.array([f for f, _ in pairs]),
            y=np.array([w for _, w in pairs], dtype=np.float32),
            hovertemplate="%{x:.3~r} Hz: %{y:.3~s}W" + f", {name}",
        )  # fmt: skip
    if not figure.data:
        return note("The load does not change: no spectrum.")
    _modes(figure, study["modes"])
    _bands(figure, study["verdicts"], focus)
    figure.arrange(
        xaxis={
            "type": "log", "title": {"text": "frequency [Hz]"}, "range": [-3, 2.4],
            "tickvals": [0.001, 0.01, 0.1, 1, 10, 100],
            "ticktext": ["0.001", "0.01", "0.1", "1", "10", "100"],
        },
        yaxis={
            "type": "log", "tickvals": list(_WATTS), "ticktext": list(_WATTS.values()),
            "range": [math.log10(top) - 6, math.log10(top) + 0.5],
        },
    )  # fmt: skip
    figure.add_key(
        f"<b style='color:{LIGHT.baseline}'>before</b>   "
        f"<b style='color:{LIGHT.power}'>after</b>   "
        f"<b style='color:{LIGHT.second}'>shaded</b>: critical frequencies, "
        "limit dotted",
    )  # fmt: skip
    return figure


_WATTS = {
    10.0**k: f"{10 ** (k % 3)} {('W', 'kW', 'MW', 'GW')[k // 3]}" for k in range(11)
}


def _bands(figure: Figure, verdicts: list[Json], focus: str) -> None:
    """Limits of rules over a band: what one line alone may reach."""
    banded = [v for v in verdicts if v["high_hz"] and v["kind"] == "band-swing"]
    for rule in banded:
        found = rule["after"] or {}
        limit = (found.get("limit") or rule["limit"]) / 2
        colour = LIGHT.limit if found.get("passes", True) else LIGHT.bad
        ends = [rule["low_hz"], rule["high_hz"]]
        figure.add_shape(
            type="line", x0=ends[0], x1=ends[1], y0=limit, y1=limit,
            line={"color": colour, "width": 2.4 if rule["key"] == focus else 1.4,
                  "dash": "dash"},
        )  # fmt: skip
        figure.add_label(
            f"{rule['authority'].split(' /')[0]}", colour=colour, size=10,
            x=math.log10(ends[1]), y=math.log10(limit), xanchor="right",
            yanchor="bottom",
        )  # fmt: skip
    rule_now = next((v for v in verdicts if v["key"] == focus and v["high_hz"]), None)
    if rule_now:
        figure.shade_x(
            rule_now["low_hz"], rule_now["high_hz"], LIGHT.power, opacity=0.07
        )
        hertz = (rule_now["after"] or {}).get("worst_hz")
        if hertz:
            figure.rule_x(hertz, colour=LIGHT.bad, width=1, dash="dot")


def _modes(figure: Figure, modes: list[Json]) -> None:
    """Critical frequencies, each with its limit across."""
    for mode in modes:
        figure.shade_x(mode["low_hz"], mode["high_hz"], LIGHT.second, opacity=0.09)
        if mode["limit_w"]:
            limit = mode["limit_w"]
            figure.add_shape(
                type="line", x0=mode["low_hz"], x1=mode["high_hz"], y0=limit, y1=limit,
                line={"color": LIGHT.second, "width": 1.2, "dash": "dot"},
            )  # fmt: skip
