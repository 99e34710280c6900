"""
DynamoLLM: a week of Llama-2-70B on DGX H100, every baseline and all levers.

Savings are against the smallest SinglePool that keeps as many requests inside their
limits as DynamoLLM does; a larger one saves more and is a row of its own.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from pathlib import Path

from cli.validation.dynamollm_week import (
    LENGTHS,
    PEAK_RPS,
    RATES,
    SINGLES,
    Week,
    hourly_carbon,
    run_week,
)
from cli.validation.row import Suite, ValidationRow
from store.datasets import DatasetStore
from store.settings import Settings
from twin.serving.dynamollm.busiest import BUSIEST
from twin.serving.ground import RANGES
from twin.serving.systems.base import Outcome
from twin.types import Report

PREFIX = "dynamollm"
GRID = "grid_weather_hourly/US-CAL-CISO_2022.csv.gz"
_ABSTRACT = "DynamoLLM (arXiv 2408.00741), abstract"
_DERIVED = "inferred from idle 550 W and busy 4 to 5.6 kW of 8 GPUs"
_WHY_BUSIEST = {
    "single_pool": "sized for this",
    "scale_inst": "95 % is ours. It has the groups that DynamoLLM has, for the rate "
    "forecast; as instances of eight GPUs they carry less than cut into smaller ones",
}
_SHAPE = (
    "shape only: trace, carbon, prices and percentile were never published. Assumed: "
    "lengths of Azure 2023, rates of ServeGen m-large (second week; first as history; "
    f"day 0 a Monday) at a peak of {PEAK_RPS:g}/s, 95 % of each prompt range inside "
    "its limits; decode time hardly follows the clock while its power does"
)
_row = Suite(PREFIX, "DynamoLLM", _ABSTRACT).row


def rows(report: Report) -> list[ValidationRow]:
    """Recompute the table; none without the recorded traffic, `report` says so."""
    settings = Settings()
    store = DatasetStore(settings)
    absent = [n for n in (RATES, *LENGTHS.values()) if not store.info(n).present]
    grid = None if settings.data_dir is None else Path(settings.data_dir) / GRID
    if absent or grid is None or not grid.is_file():
        names = ", ".join([*absent, *([] if grid and grid.is_file() else ["CISO"])])
        report(1.0, f"dynamollm: {names} not on this machine")
        return []
    recordings = store.recordings([RATES, *LENGTHS.values()])
    carbon = hourly_carbon(gzip.decompress(grid.read_bytes()))
    return _rows(run_week(recordings, carbon, report))


# --- rows ---


def saving_percent(ours: float, baseline: float) -> float:
    """What is saved of the baseline. [%]"""
    return 100.0 * (1.0 - ours / baseline)


def attainment(one: Outcome) -> str:
    """In words: all requests, then short, medium and long prompts."""
    week = _by_range(one, "")
    return (
        f"{one.label} {100 * one.attained_frac:.2f} % inside limits "
        f"({week} by prompt; busiest half hour {_by_range(one, ' ' + BUSIEST)})"
    )


def _by_range(one: Outcome, ending: str) -> str:
    found = [100 * one.figures[f"attained_frac {r}{ending}"] for r in RANGES]
    return " / ".join(f"{v:.1f}" for v in found)


def _beside(ours: Outcome, baseline: Outcome) -> str:
    """Servers and attainment of both sides of a saving."""
    return (
        f"{baseline.figures['groups_mean']:g} servers against "
        f"{ours.figures['groups_mean']:.1f} on average; {attainment(ours)}; "
        f"{attainment(baseline)}"
    )


def _rows(week: Week) -> list[ValidationRow]:
    single, ours = week.equal, week.by["dynamollm"]
    energy = saving_percent(ours.energy_j, single.energy_j)
    beside = _beside(ours, single)
    flat = "decode is taken to draw 54 % of TDP at any batch, on 2, 4 and 8 GPUs alike"
    at_equal = "saved against SinglePool at equal attainment"
    published = [
        _row("energy", f"energy {at_equal}", "%", 53.0, energy, 10.0, "near",
             f"{beside}; {flat}; {_SHAPE}"),
        _row("energy_camera_ready", "the same, camera-ready figure", "%", 52.0, energy,
             10.0, "near", f"{beside}; {flat}; {_SHAPE}",
             source="DynamoLLM (HPCA 2025), via notes", mark="second-hand"),
        _row("carbon", f"operational carbon {at_equal}", "%", 38.0,
             saving_percent(ours.carbon_g, single.carbon_g), 10.0, "near",
             f"{beside}; California's carbon by hour of the week, 2022; {flat}; "
             f"{_SHAPE}"),
        _row("cost", f"cost {at_equal}", "%", 61.0,
             saving_percent(ours.cost_usd, single.cost_usd), 10.0, "near",
             f"{beside}; GPU-hours at one price, energy included: the SinglePool that "
             f"keeps as many requests inside limits is hardly larger; {_SHAPE}"),
    ]  # fmt: skip
    return [
        *published, *_sensitivity(week), *_limits([*week.by.values()]),
        *_order(week.by),
    ]  # fmt: skip


def _sensitivity(week: Week) -> list[ValidationRow]:
    """What the savings become under other baselines and another decode power."""
    ours, multi = week.by["dynamollm"], week.by["multi_pool"]
    found = []
    for key, baseline, how in (
        ("busiest", week.by["single_pool"],
         "sized as a pool for 95 % of each prompt range in the busiest half hour"),
        ("oversized", week.oversized,
         "over-provisioned: instances sized one by one, no pooling gain"),
    ):  # fmt: skip
        for what, saved in (
            ("energy", saving_percent(ours.energy_j, baseline.energy_j)),
            ("cost", saving_percent(ours.cost_usd, baseline.cost_usd)),
        ):
            found.append(_sign(
                f"{what}_{key}", f"{what} saved against a SinglePool {how}", saved,
                f"sensitivity, not at equal attainment; {_beside(ours, baseline)}",
            ))  # fmt: skip
    by_law = (
        "sensitivity: H100's decode power on 2 and 4 GPUs by the A100's law (engines.md"
        ", eight as before) instead of one value for all"
    )
    shard, all_ = week.by_law["scale_shard"], week.by_law["dynamollm"]
    for key, name, one in (
        ("law_sharding", "ScaleShard", shard), ("law_all", "all levers", all_)
    ):  # fmt: skip
        flat = week.by[one.system].energy_j
        found.append(_sign(
            key, f"{name}, decode power by the law: energy saved against MultiPool",
            saving_percent(one.energy_j, multi.energy_j),
            f"{by_law}: that gives {saving_percent(flat, multi.energy_j):.1f} %; "
            f"{attainment(one)}",
        ))  # fmt: skip
    found.append(_sign(
        "law_energy", "all levers, decode power by the law: energy saved against "
        "SinglePool at equal attainment",
        saving_percent(all_.energy_j, week.equal.energy_j),
        f"{by_law}; {_beside(all_, week.equal)}", source=_ABSTRACT,
    ))  # fmt: skip
    return found


def _limits(outcomes: Iterable[Outcome]) -> list[ValidationRow]:
    found = []
    for one in outcomes:
        worst = min(one.figures[f"attained_frac {r} {BUSIEST}"] for r in RANGES)
        sized = one.system == "single_pool"
        found += [
            _row(f"slo_{one.system}", f"{one.label}: requests inside their limits", "%",
                 95.0, 100.0 * one.attained_frac, 0.0, "at least",
                 f"{attainment(one)}; the paper says limits are met; 95 % is ours",
                 mark="inferred"),
            _row(f"slo_busiest_{one.system}", f"{one.label}: worst prompt range inside "
                 "its limits in the busiest half hour", "%", 95.0, 100.0 * worst, 0.0,
                 "at least",
                 f"{attainment(one)}; {_WHY_BUSIEST.get(one.system, '95 % is ours')}",
                 mark="inferred", shows="input" if sized else "size"),
        ]  # fmt: skip
    return found


def _order(by: dict[str, Outcome]) -> list[ValidationRow]:
    multi = by["multi_pool"]
    saved = {n: saving_percent(by[n].energy_j, multi.energy_j) for n in SINGLES}
    found = [
        _sign(f"saves_{n}", f"{by[n].label}: energy saved against MultiPool", saved[n],
              "published: each single lever saves something (its figure is not at "
              "hand); MultiPool has the same pools, for the peak at the highest clock; "
              f"{attainment(by[n])}; {attainment(multi)}", mark="memory")
        for n in SINGLES
    ]  # fmt: skip
    together = saving_percent(by["dynamollm"].energy_j, multi.energy_j)
    slower = max(saved["scale_inst"], saved["scale_shard"])
    return [
        *found,
        _row("all_levers", "sign: energy saved by all levers ÷ by the best single one",
             "ratio", 1.0, together / max(saved.values()), 0.0, "at least",
             f"published: all three save most; {attainment(by['dynamollm'])}",
             mark="memory", shows="sign"),
        _row("frequency_bound", "energy saved by clocks alone against MultiPool", "%",
             20.0, saved["scale_freq"], 0.0, "at most", "a bound inferred from "
             "compute-bound work on the A100. Most time here is decode, whose dynamic "
             "power is taken to follow the clock (6 % of it is memory's on eight GPUs) "
             "and whose time only to a fifth: both assumed; "
             f"{attainment(by['scale_freq'])}", source=_DERIVED, mark="inferred"),
        _row("instances_first", "sign: energy saved by instances or sharding ÷ by "
             "clocks alone", "ratio", 1.0, slower / saved["scale_freq"], 0.0,
             "at least", "most saving must come from instances and sharding; "
             "sharding's rests on one decode power for 2, 4 and 8 GPUs: see "
             "law_sharding", source=_DERIVED, mark="inferred", shows="sign"),
    ]  # fmt: skip


def _sign(
    name: str, quantity: str, ours: float, why: str, *, source: str = _ABSTRACT,
    mark: str = "inferred",
) -> ValidationRow:  # fmt: skip
    """A row that only says that something is saved."""
    return _row(
        name, f"sign: {quantity}", "%", 0.0, ours, 0.0, "at least", why, source=source,
        mark=mark, shows="sign",
    )  # fmt: skip
