"""Colours that meet in a chart differ, whatever cones a reader has, and stand out."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from app.figures.template import DARK, LIGHT, SERIES, sisters

ASSETS = Path(__file__).parents[3] / "assets"
# Machado, Oliveira & Fernandes 2009, severity 1.0, of linear RGB
SEEN = {
    "all cones": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                   [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                     [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
                   [0.004733, 0.691367, 0.303900]],
}  # fmt: skip
# Ottosson 2020: linear RGB to cones, roots of cones to OKLab
CONES = np.array([[0.4122214708, 0.5363325363, 0.0514459929],
                  [0.2119034982, 0.6806995451, 0.1073969566],
                  [0.0883024619, 0.2817188376, 0.6299787005]])  # fmt: skip
OKLAB = np.array([[0.2104542553, 0.7936177850, -0.0040720468],
                  [1.9779984951, -2.4285922050, 0.4505937099],
                  [0.0259040371, 0.7827717662, -0.8086757660]])  # fmt: skip
LEAST_APART = 0.08
"""About four steps that side by side are just seen (0.02)."""
THEMES = [pytest.param(LIGHT, False, id="light"), pytest.param(DARK, True, id="dark")]


def series(dark):
    return tuple(sisters()[c] if dark else c for c in SERIES)


def linear(colour):
    rgb = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def apart(one, other):
    """Smallest distance in OKLab over all ways to see."""

    def place(colour, cones):
        seen = np.clip(np.asarray(SEEN[cones]) @ linear(colour), 0, 1)
        return OKLAB @ np.cbrt(CONES @ seen)

    return min(np.linalg.norm(place(one, c) - place(other, c)) for c in SEEN)


def contrast(one, other):
    """WCAG 2.2 relative luminances, brighter ÷ darker."""
    weights = np.array([0.2126, 0.7152, 0.0722])
    low, high = sorted(0.05 + weights @ linear(c) for c in (one, other))
    return high / low


@pytest.mark.parametrize(("p", "dark"), THEMES)
@pytest.mark.parametrize("group", ["series", "policies", "sides", "priorities"])
def test_colours_that_meet_in_a_chart_differ_for_every_reader(p, dark, group):
    colours = {
        "series": series(dark), "policies": p.policies.values(),
        "sides": (p.bad, p.power), "priorities": (p.low, p.high),
    }[group]  # fmt: skip

    close = [(a, b) for a, b in combinations(colours, 2) if apart(a, b) < LEAST_APART]

    assert close == []


@pytest.mark.parametrize(("p", "dark"), THEMES)
def test_what_is_written_and_drawn_stands_out_from_the_ground(p, dark):
    words = [p.ink, p.muted, p.power, p.first, p.second, p.low, p.high, p.good, p.bad,
             *p.policies.values(), *series(dark)]  # fmt: skip

    assert [c for c in words if contrast(c, p.ground) < 4.5] == []
    assert contrast(p.baseline, p.ground) >= 3.0


def test_a_chart_turned_dark_and_back_has_its_own_colours():
    pairs = sisters()

    assert len({*pairs, *pairs.values()}) == 2 * len(pairs)


@pytest.mark.parametrize(("p", "dark"), THEMES)
def test_style_sheets_have_the_colours_of_the_figures(p, dark):
    def named(sheet, name):
        found = re.findall(rf"--np-{name}: (#\w+)", (ASSETS / sheet).read_text())
        return found[int(dark)]

    assert tuple(named("base.series.css", f"s{k}") for k in range(1, 7)) == series(dark)
    assert named("site.css", "side-a") == p.bad
    assert named("site.css", "side-b") == p.power
    for name in ("ground", "ink", "muted", "power", "good", "bad"):
        assert named("base.css", name) == getattr(p, name), name
