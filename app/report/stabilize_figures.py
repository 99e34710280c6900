"""Figures of the compliance report, as plain SVG."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

from app.report import charts
from app.stabilize_words import PLACES, watts
from app.svg import Axis, Figure, Limit, Series, Span

Json = dict[str, Any]
BEFORE, AFTER, LIMIT, MODE = "#9aa1a9", charts.BLUE, charts.RED, charts.PURPLE
_PLACE_COLOURS = {
    "psu": charts.ORANGE, "rack": charts.BLUE, "row": charts.PURPLE,
    "site": charts.GREEN,
}  # fmt: skip
_MODE_SPAN = "#e3d3e0"
_MEGA, _KILO = 1e6, 1e3
_DECADES = 6
_LEAST_HZ = 0.01


def waveform(
    window: Json, title: str, *, limit: tuple[float, str] | None = None
) -> str:
    """
    Draw the grid's power before and after as bands of lowest and highest values.

    Args:
        window: A study's window, or a closer look.
        title: What it shows.
        limit: A power to draw as a line [W], and its name.
    """
    sides = [window["before"], window["after"]]
    highest = max(v for s in sides for v in s["high"] if v is not None)
    highest = max(highest, limit[0] if limit else 0.0)
    scale, unit = (_MEGA, "MW") if highest >= _MEGA / 10 else (_KILO, "kW")
    x = Axis(title="Time, s", low=window["from_s"], high=window["to_s"])
    limits = () if limit is None else (
        Limit(x=(x.low, x.high), y=limit[0] / scale, words=limit[1]),
    )  # fmt: skip
    return Figure(
        title=title, x=x, y=Axis(title=f"Grid power, {unit}", low=0.0,
                                 high=1.08 * highest / scale),
        series=(
            _band("Without measures", sides[0], BEFORE, scale),
            _band("With measures", sides[1], AFTER, scale),
        ), limits=limits,
    ).svg()  # fmt: skip


def _band(name: str, envelope: Json, colour: str, scale: float = 1.0) -> Series:
    low, high = (
        [None if v is None else v / scale for v in envelope[k]] for k in ("low", "high")
    )
    middles = [(a + b) / 2 for a, b in pairwise(envelope["t_s"])]
    return Series(name=name, x=middles, low=low, high=high, colour=colour)


def charge(window: Json) -> str:
    """Draw the charge of each place's stores."""
    return Figure(
        title="Charge of the stores over time",
        x=Axis(title="Time, s", low=window["from_s"], high=window["to_s"]),
        y=Axis(title="Charge, %", low=0.0, high=100.0),
        series=tuple(
            _band(PLACES[place].capitalize(), envelope, _PLACE_COLOURS[place], 0.01)
            for place, envelope in window["stores"].items()
        ),
        height=230,
    ).svg()


def frequency(window: Json) -> str:
    """Draw the frequency of gensets with measures."""
    envelope = window["frequency"]
    low = min(v for v in envelope["low"] if v is not None)
    high = max(v for v in envelope["high"] if v is not None)
    room = 0.1 * max(high - low, 0.1)
    return Figure(
        title="Frequency of the gensets over time, with measures",
        x=Axis(title="Time, s", low=window["from_s"], high=window["to_s"]),
        y=Axis(title="Frequency, Hz", low=low - room, high=high + room),
        series=(_band("With measures", envelope, AFTER),),
        height=230,
    ).svg()


def spectrum(study: Json) -> str:
    """
    Draw the spectra with the rules' bands and limits, and the critical frequencies.

    A swing's limit is peak to peak; half of it is the amplitude of the one line that
    would use all of it.
    """
    sides = [study["spectrum"][k] for k in ("before", "after")]
    rules = [v for v in study["verdicts"] if v["kind"] == "band-swing"]
    tops = [v for s in sides for v in s["power_w"] if v]
    high = 10.0 ** math.ceil(math.log10(max([*tops, 1.0]) / _MEGA))
    x = _hertz_axis(sides)
    limits = [
        Limit(x=edges, y=_limit_w(v) / 2 / _MEGA, words=_swing(v),
              colour=LIMIT)
        for v in rules if (edges := _inside(v, x))
    ]  # fmt: skip
    modes = [(m, edges) for m in study["modes"] if (edges := _inside(m, x))]
    limits += [
        Limit(x=edges, y=m["limit_w"] / _MEGA, words="", colour=MODE)
        for m, edges in modes if m["limit_w"]
    ]  # fmt: skip
    return Figure(
        title="Spectrum of the grid's power before and after measures, with limits",
        x=x, y=Axis(title="Amplitude of a line, MW", low=high / 10**_DECADES, high=high,
                    log=True),
        series=tuple(
            Series(name=name, x=s["hertz"], low=[(v or 0.0) / _MEGA for v in
                   s["power_w"]], colour=colour, width=1.0)
            for s, name, colour in zip(
                sides, ("Without measures", "With measures"), (BEFORE, AFTER),
                strict=True)
        ),
        limits=tuple(limits),
        spans=tuple(Span(x=edges, words=m["key"], colour=_MODE_SPAN)
                    for m, edges in modes),
        height=420,
    ).svg()  # fmt: skip


def _hertz_axis(sides: list[Json]) -> Axis:
    known = [v for s in sides for v in s["hertz"] if v]
    low, high = min(known), max(known)
    return Axis(
        title="Frequency, Hz", low=max(low, min(_LEAST_HZ, high / 10)), high=high,
        log=True,
    )  # fmt: skip


def _swing(verdict: Json) -> str:
    return f"{verdict['key']}: {watts(_limit_w(verdict))} peak to peak"


def _limit_w(verdict: Json) -> float:
    """Return the limit that held; the rule's own where none was judged. [W]"""
    return float((verdict["after"] or verdict)["limit"])


def _inside(band: Json, x: Axis) -> tuple[float, float] | None:
    """Return the part of a band that the axis shows."""
    low, high = max(band["low_hz"], x.low), min(band["high_hz"], x.high)
    return (low, high) if low < high else None
