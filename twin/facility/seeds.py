"""A site over several seeds of its traffic: how far its headline figures range."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

from twin.cooling.weather import Weather
from twin.facility.answer import answer_site
from twin.facility.result import SiteResult
from twin.plan.memo import Memo, load_key, scenario_sha256
from twin.plan.search import SEED_STRIDE
from twin.scenario.model import Scenario
from twin.serving.traffic import Recordings
from twin.types import Cancel, Report

MOST_SEEDS = 9
_SEEDS = 2**31
"""Seeds of a scenario lie below this."""
Figures = dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedRanges:
    """
    Lowest and highest of a site's figures over seeds; each seed is scaled to its load.

    Args:
        seeds: Seeds run, the scenario's own first. [1]
        facility_peak_w: Highest record of the power drawn from all sources. [W]
        it_peak_w: Highest record of all racks together. [W]
        facility_wh: Energy drawn from all sources. [Wh]
        it_wh: Energy of the racks. [Wh]
        pue: Energy from all sources ÷ energy of the racks. [1]
        tightest_frac: Load after the worst single loss ÷ limit, tightest node. [1]
        hottest_c: Hottest GPU. [°C]
    """

    seeds: tuple[int, ...]
    facility_peak_w: tuple[float, float]
    it_peak_w: tuple[float, float]
    facility_wh: tuple[float, float]
    it_wh: tuple[float, float]
    pue: tuple[float, float]
    tightest_frac: tuple[float, float]
    hottest_c: tuple[float, float]


def figures_of(result: SiteResult) -> Figures:
    """Return the figures of a run that a range is given for, by field name."""
    used = [
        max(node.peak_w, node.failover_w) / node.limit_w
        for node in result.nodes if 0 < node.limit_w < float("inf")
    ]  # fmt: skip
    return {
        "facility_peak_w": float(result.series.facility_w.max()),
        "it_peak_w": float(result.series.it_w.max()),
        "facility_wh": result.facility_wh, "it_wh": result.it_wh, "pue": result.pue,
        "tightest_frac": max(used, default=0.0), "hottest_c": result.hottest_c,
    }  # fmt: skip


def seed_ranges(
    scenario: Scenario,
    recordings: Recordings,
    weather: Weather,
    first: SiteResult,
    *,
    count: int,
    memo: Memo,
    on_progress: Report,
    cancelled: Cancel,
) -> SeedRanges | None:
    """
    Run a site with further seeds and say how far its figures range.

    Args:
        scenario: The site.
        recordings: The traffic datasets it names.
        weather: Outdoor air by hour.
        first: Its run with its own seed.
        count: Seeds in all, 1..MOST_SEEDS.
        memo: Remembers what a seed came to.
        on_progress: Told the part done of the further seeds, 0..1, and which one runs.
        cancelled: Asked between chunks.

    Returns:
        The ranges; None where one seed is asked for or the second changes nothing: then
        none would.

    Raises:
        Cancelled: If asked to stop.
    """
    seeds = [(scenario.seed + SEED_STRIDE * k) % _SEEDS for k in range(count)]
    found = [figures_of(first)]
    for k, seed in enumerate(seeds[1:], 1):
        report = _share(on_progress, k, count)
        one = scenario.model_copy(update={"seed": seed})
        key = f"seed:{load_key(one, recordings)}:{scenario_sha256(one)}"

        def run(one: Scenario = one, report: Report = report) -> Figures:
            answer = answer_site(
                one, recordings, weather, memo=memo, on_progress=report,
                cancelled=cancelled,
            )  # fmt: skip
            return figures_of(answer.result)

        found.append(memo.remember(key, run))
        if found[1] == found[0]:
            return None
    return ranges_of(tuple(seeds), found) if count > 1 else None


def ranges_of(seeds: tuple[int, ...], found: list[Figures]) -> SeedRanges:
    """Put lowest and highest of each figure together."""
    names = [part.name for part in fields(SeedRanges) if part.name != "seeds"]
    spans = {name: [one[name] for one in found] for name in names}
    return SeedRanges(
        seeds=seeds, **{name: (min(v), max(v)) for name, v in spans.items()}
    )


def _share(report: Report, k: int, count: int) -> Callable[[float, str], None]:
    """Progress of the k-th of the further seeds."""
    return lambda part, text: report(
        (k - 1 + part) / (count - 1), f"seed {k + 1} of {count}, {text}"
    )
