"""Knobs of the Serving page, each with the source of its default."""

from __future__ import annotations

from app.pages.knobs import Control

_OURS = "No published value."
_MEMORY = "DynamoLLM (HPCA 2025), from memory."
_SECOND_HAND = "DynamoLLM (HPCA 2025), second-hand."

TRAFFIC: tuple[Control, ...] = (
    Control(
        key="rate", label="Rate", group="Traffic", low=1, high=200, step=1, default=20,
        unit="req/s", help="Mean requests per second over the whole length: a few "
        f"tens of servers are busy. {_OURS}",
    ),
    Control(
        key="minutes", label="Length", group="Traffic", low=5, high=360, step=5,
        default=60, unit="min", help="Length of the traffic. While a knob moves, the "
        "first minutes of it answer where the whole takes long.",
    ),
    Control(
        key="hour", label="Starts at", group="Traffic", low=0, high=23, step=1,
        default=12, unit="h UTC", help="Hour of Tuesday 5 July 2022. It moves the "
        f"generated day, recorded rates, and hours of price and carbon. {_OURS}",
    ),
)  # fmt: skip
HALL: tuple[Control, ...] = (
    Control(
        key="servers", label="Servers", group="Hall", low=1, high=128, step=1,
        default=16, unit="", help=f"Servers at hand; a system may leave some off. "
        f"{_OURS}",
    ),
)  # fmt: skip
LIMITS: tuple[Control, ...] = (
    Control(
        key="target", label="Attained by", group="Limits", low=50, high=100, step=0.5,
        default=99, unit="%", help="Share of requests that must meet every limit for "
        f"a system to count as within the SLO. {_OURS}",
    ),
    Control(
        key="short", label="First token, < 256", group="Limits", low=50, high=5000,
        step=10, default=250, unit="ms", badge="published", help="Limit of the time to "
        f"first token of prompts below 256 tokens. {_MEMORY}",
    ),
    Control(
        key="medium", label="First token, < 1,024", group="Limits", low=50, high=5000,
        step=10, default=400, unit="ms", badge="published", help="The same for prompts "
        f"of 256 to 1,023 tokens. {_SECOND_HAND}",
    ),
    Control(
        key="long", label="First token, longer", group="Limits", low=50, high=10_000,
        step=10, default=2000, unit="ms", badge="published", help="The same for "
        f"prompts of 1,024 tokens and more. {_MEMORY}",
    ),
    Control(
        key="tbt", label="Between tokens", group="Limits", low=10, high=500, step=5,
        default=100, unit="ms", badge="published", help="Limit of the mean time "
        f"between the tokens of a request. {_SECOND_HAND}",
    ),
)  # fmt: skip
SITE: tuple[Control, ...] = (
    Control(
        key="pue", label="PUE", group="Site", low=1, high=2, step=0.01, default=1.2,
        unit="", help="Site power ÷ IT power: the geometric mean of 1.05 and 1.40.",
    ),
    Control(
        key="price", label="Energy price", group="Site", low=0, high=50, step=0.5,
        default=7, unit="ct/kWh", help="Of site energy, US cents: a large user in the "
        "United States. Hours of a grid replace it.",
    ),
    Control(
        key="carbon", label="Carbon", group="Site", low=0, high=1000, step=5,
        default=360, unit="g/kWh", badge="measured", help="Grid intensity: PJM 2022 "
        "mean, 362.6 (EIA hourly generation). Hours of a grid replace it.",
    ),
)  # fmt: skip
QUERY: tuple[Control, ...] = (
    Control(
        key="long_frac", label="Long queries", group="Query", low=0, high=100, step=1,
        default=10, unit="%", badge="published", help="Share of queries that reason or "
        "act at length, for the fleet's day. arXiv 2509.20241, abstract.",
    ),
)  # fmt: skip
CONTROLS = (*TRAFFIC, *HALL, *LIMITS, *SITE, *QUERY)
