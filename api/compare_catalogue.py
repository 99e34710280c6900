"""
The figures, curves and counts that are compared.

Three columns say what difference is usual: `usual_frac` is how far a figure moves from
one seed to the next, the standard deviation ÷ the mean over 40 seeds of the sample row
with 52 servers for a day, and for a site's own figures over 12 seeds of
examples/site.yaml. Below one per cent it counts as one per cent, and never less than
`usual` in the figure's own unit. docs/compare.md says how to measure them anew.
"""

from __future__ import annotations

from dataclasses import dataclass

from twin.compare import Better, Figure, Reduce
from twin.study.questions.base import Metric

LEAST_FRAC = 0.01
"""Assumed: less than one per cent decides nothing, however steady the figure is."""
CHANCE_TIMES = 2.0
"""
A difference below so many usual ones may be chance. Two seeds differ by the square root
of 2 of their scatter, so one usual difference is passed by chance every other time.
"""
TENFOLD = 0.9
"""Difference ÷ the larger of two values, of which one is ten times the other."""


def _figure(
    key: str, label: str, unit: str, better: Better, group: str, usual_frac: float,
    usual: float, doc: str,
) -> Figure:  # fmt: skip
    return Figure(
        key=key, label=label, unit=unit, better=better, group=group,
        usual_frac=max(usual_frac, LEAST_FRAC), usual=usual, doc=doc,
    )  # fmt: skip


_IMPACT = "Latency ÷ that of the same traffic without any control − 1"


def figure_of(metric: Metric) -> Figure:
    """Take a figure of a study's question as one to compare; nothing of it is usual."""
    return Figure(
        key=metric.key, label=metric.label, unit=metric.unit, better=metric.better,
        group="study", usual_frac=LEAST_FRAC, usual=0.0, doc=metric.label,
    )  # fmt: skip


FIGURES: tuple[Figure, ...] = (
    _figure("peak_w", "Highest row power", "W", "less", "power", 0.0066, 1,
            "Highest mean over a control tick"),
    _figure("peak_frac", "Fullest row ÷ limit", "1", "less", "power",
            0.031, 0.0066, "Highest tick ÷ power limit of the row"),
    _figure("mean_w", "Mean IT power", "W", "neither", "power", 0.0015, 1,
            "Energy of the servers ÷ time"),
    _figure("rise_2s_frac", "Rise within 2 s ÷ limit", "1", "less", "power",
            0.079, 0.008, "Largest rise of row power within 2 s ÷ limit"),
    _figure("rise_40s_frac", "Rise within 40 s ÷ limit", "1", "less", "power",
            0.066, 0.009, "Largest rise within 40 s, the time a cap takes, ÷ limit"),
    _figure("it_wh", "IT energy", "Wh", "less", "energy", 0.0015, 1,
            "Energy at the server inputs over the horizon"),
    _figure("energy_per_token_j", "Energy per token", "J", "less", "energy", 0.0615,
            0.1, "Row energy ÷ tokens produced"),
    _figure("requests_per_server_s", "Requests per server", "1/s", "neither", "users",
            0.063, 0.001, "Rate that the load asked for came to"),
    _figure("finished", "Requests finished", "requests", "neither", "users", 0.063, 1,
            "Over the horizon, both priorities"),
    _figure("rejected", "Requests turned away", "requests", "less", "users", 0, 1,
            "Queue full, or too long for the model; both priorities"),
    _figure("throughput_tokens_per_s", "Tokens per second", "1/s", "more", "users",
            0.0624, 1, "Output tokens of finished requests ÷ time, both priorities"),
    _figure("high_ttft_p50_s", "First token, median, high priority", "s", "less",
            "users", 0.044, 0.01, "Arrival to first token"),
    _figure("high_ttft_p99_s", "First token, P99, high priority", "s", "less",
            "users", 1.1, 0.05, "Arrival to first token"),
    _figure("high_tbt_p50_s", "Between tokens, median, high priority", "s", "less",
            "users", 0.02, 0.001, "Time between tokens"),
    _figure("high_e2e_p50_s", "Whole request, median, high priority", "s", "less",
            "users", 0.025, 0.1, "Arrival to last token"),
    _figure("high_e2e_p99_s", "Whole request, P99, high priority", "s", "less",
            "users", 0.085, 0.1, "Arrival to last token"),
    _figure("low_ttft_p50_s", "First token, median, low priority", "s", "less",
            "users", 0.008, 0.01, "Arrival to first token"),
    _figure("low_ttft_p99_s", "First token, P99, low priority", "s", "less",
            "users", 0.57, 0.05, "Arrival to first token"),
    _figure("low_tbt_p50_s", "Between tokens, median, low priority", "s", "less",
            "users", 0.019, 0.001, "Time between tokens"),
    _figure("low_e2e_p50_s", "Whole request, median, low priority", "s", "less",
            "users", 0.033, 0.1, "Arrival to last token"),
    _figure("low_e2e_p99_s", "Whole request, P99, low priority", "s", "less",
            "users", 0.044, 0.1, "Arrival to last token"),
    _figure("high_p50_impact_frac", "Slowed by control, median, high priority", "1",
            "less", "users", 0, 0.0005, _IMPACT),
    _figure("high_p99_impact_frac", "Slowed by control, P99, high priority", "1",
            "less", "users", 0, 0.0033, _IMPACT),
    _figure("low_p50_impact_frac", "Slowed by control, median, low priority", "1",
            "less", "users", 0, 0.0052, _IMPACT),
    _figure("low_p99_impact_frac", "Slowed by control, P99, low priority", "1",
            "less", "users", 0, 0.0072, _IMPACT),
    _figure("caps_low", "Caps, low priority", "commands", "less", "control", 0.072, 1,
            "Commands; of a site the sum of its rows'"),
    _figure("caps_high", "Caps, high priority", "commands", "less", "control", 0.66, 1,
            "Commands; of a site the sum of its rows'"),
    _figure("brakes", "Power brakes", "brakes", "less", "control", 0.94, 1,
            "Times the brake was pulled; of a site the sum of its rows'"),
    _figure("brake_s", "Time under the brake", "s", "less", "control", 0, 10,
            "Time the power brake held"),
    _figure("capped_low_s", "Low priority slowed", "s", "less", "control", 0.072, 60,
            "Time with low priority capped; of a site the sum of its rows'"),
    _figure("capped_high_s", "High priority slowed", "s", "less", "control", 0.66, 60,
            "Time with high priority capped; of a site the sum of its rows'"),
    _figure("facility_wh", "Site energy", "Wh", "less", "site", 0.01, 1,
            "Energy drawn from all sources"),
    _figure("facility_peak_w", "Site peak", "W", "less", "site", 0.01, 1,
            "Highest record of the power drawn from all sources"),
    _figure("pue", "PUE over the horizon", "1", "less", "site", 0, 0.001,
            "Energy from all sources ÷ IT energy"),
    _figure("mechanical_wh", "Cooling energy", "Wh", "less", "site", 0.01, 1,
            "Energy of chillers, towers, pumps and fans"),
    _figure("tightest_frac", "Tightest node ÷ limit", "1", "less",
            "site", 0.018, 0.01, "Highest of load after the worst single loss ÷ limit"),
    _figure("stranded_w", "Stranded at the feed", "W", "less", "site", 0.01, 1000,
            "Limit of the utility feeds that no row below can use"),
    _figure("lost_server_h", "Server-hours lost", "h", "less", "site", 0, 1,
            "Servers without service × time"),
    _figure("throttled_server_h", "Server-hours throttled by heat", "h", "less", "site",
            0, 1, "Servers whose GPUs are throttled by heat × time"),
    _figure("hottest_c", "Hottest GPU", "°C", "less", "site", 0, 0.5,
            "Hottest GPU of the site"),
    _figure("inlet_peak_c", "Warmest inlet", "°C", "less", "site", 0, 0.5,
            "Warmest air at a server's inlet"),
)  # fmt: skip
"""Everything that is compared, in the order shown where nothing differs."""


def chance_times(key: str) -> float:
    """
    Usual differences of a figure below which a difference may be chance.

    No difference is more than the larger value, so where that scatters widely none
    could pass `CHANCE_TIMES`: there a tenfold rise, or one from nothing, is enough.
    """
    part = next((f.usual_frac for f in FIGURES if f.key == key), LEAST_FRAC)
    return min(CHANCE_TIMES, TENFOLD / part)


GROWS = frozenset({"Wh", "h", "commands", "caps", "brakes", "requests"})
"""Units of figures that grow with the length of time covered."""
_GROWING_S = frozenset({"brake_s", "capped_low_s", "capped_high_s", "above_limit_s"})


def grows(figure: Figure) -> bool:
    """Whether a figure grows with the length of time covered."""
    return figure.unit in GROWS or figure.key in _GROWING_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """
    One quantity over time that runs may have.

    Args:
        name: Name, its unit last.
        label: What it is.
        unit: Its unit.
        how: What becomes of several records where they are drawn as one.
    """

    name: str
    label: str
    unit: str
    how: Reduce


CURVES = (
    Curve(name="it_w", label="IT power", unit="W", how="mean"),
    Curve(name="it_peak_w", label="IT power, highest tick", unit="W", how="max"),
    Curve(name="facility_w", label="Site power", unit="W", how="mean"),
    Curve(name="mechanical_w", label="Cooling power", unit="W", how="mean"),
    Curve(name="low_clock_mhz", label="Clock cap, low priority", unit="MHz", how="min"),
    Curve(name="high_clock_mhz", label="Clock cap, high priority", unit="MHz",
          how="min"),
    Curve(name="brake", label="Power brake", unit="1", how="max"),
    Curve(name="queued", label="Requests waiting", unit="requests", how="mean"),
    Curve(name="arrivals_rps", label="Requests arriving", unit="1/s", how="mean"),
    Curve(name="capped_rows", label="Rows slowed", unit="rows", how="mean"),
    Curve(name="lost_servers", label="Servers without service", unit="servers",
          how="max"),
)  # fmt: skip

COUNTS = {
    "caps_low": "Caps, low priority", "caps_high": "Caps, high priority",
    "releases": "Caps lifted", "brakes": "Power brakes", "trip": "Breakers tripped",
    "dead": "Nodes gone dead", "on-store": "Switched to batteries",
    "store-empty": "Batteries empty", "generator-start": "Generators started",
}  # fmt: skip
"""What happened, as counted; the last five only happen on sites."""
ROW_COUNTS = ("caps_low", "caps_high", "releases", "brakes")
