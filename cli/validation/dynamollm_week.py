"""
A week of DynamoLLM, its baselines, and what the size of SinglePool rests on.

The paper's trace, carbon and prices were never published. Here: lengths of one recorded
hour of chat and code (Azure 2023), rates of the second week of a recorded fortnight
(ServeGen m-large), its first week as history; California's carbon by hour of the week.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from cli.validation.dynamollm_forecast import daily_template, from_template
from store.exchange.series_files import read_series
from twin.catalogue import find_server
from twin.scenario.serving import ServingTraffic
from twin.scenario.workload import RateArrivals, RequestClass
from twin.serving.dynamollm.parameters import DynamoParameters
from twin.serving.dynamollm.prepare import Prepared, prepare
from twin.serving.dynamollm.profiles import measure_profile
from twin.serving.fleet.engines import make_engine
from twin.serving.fleet.parts import FCFS, Engine
from twin.serving.fleet.scaling import as_tuple, idle_frac, tensor_laws
from twin.serving.ground import draw_requests, slo_classes
from twin.serving.systems.base import DYNAMO_SLO, Ground, Outcome
from twin.serving.systems.dynamollm import run_levers, seen_rates
from twin.serving.traffic import RecordedRates, Recordings
from twin.types import Report

RATES = "servegen-m-large"
LENGTHS = {"chat": "azure-llm-2023-conv", "code": "azure-llm-2023-code"}
DAY_S, WEEK_S, HOUR_S = 86_400.0, 604_800.0, 3600.0
PEAK_RPS = 20.0
"""Busiest ten minutes of the week: about twenty servers. Ours."""
SERVERS = 64
MIXED = 50
"""Times as many requests where all lengths are profiled together: misses of the rarest
come in bursts behind long prompts."""
WEEKEND = np.array([False] * 5 + [True] * 2)
SINGLES = ("scale_inst", "scale_shard", "scale_freq")


def hourly_carbon(content: bytes) -> tuple[float, ...]:
    """Mean intensity by hour of the week over a year, from Monday 0 h there. [g/kWh]"""
    series = read_series("carbon", content).evened.series
    start = dt.datetime.fromtimestamp(series.start_us / 1e6, dt.UTC)
    local = start - dt.timedelta(hours=8)
    hour = local.weekday() * 24 + local.hour + np.arange(series.values.size)
    return tuple(float(np.nanmean(series.values[hour % 168 == h])) for h in range(168))


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """
    What came of a week.

    Args:
        by: Every lever setting, by its key; SinglePool sized for the busiest window.
        equal: SinglePool with the fewest servers that attain what DynamoLLM does.
        oversized: SinglePool of instances sized one by one.
        by_law: Settings with decode power by the law of the A100.
    """

    by: dict[str, Outcome]
    equal: Outcome
    oversized: Outcome
    by_law: dict[str, Outcome]


def run_week(
    recordings: Recordings, carbon_g_per_kwh: tuple[float, ...], report: Report
) -> Week:
    """Every lever setting over the second week, and what the baseline rests on."""
    rates = recordings.rates[RATES]
    bins = round(WEEK_S / rates.window_s)
    first, second = rates.rate_rps[:bins], rates.rate_rps[bins : 2 * bins]
    scale = PEAK_RPS / float(second.max())
    ground = _ground(_week(recordings, rates, bins), scale, carbon_g_per_kwh)
    p = DynamoParameters()
    report(0.0, "profiles")
    prepared = prepare(ground, p)
    mix = np.bincount(prepared.length, minlength=9) / prepared.length.size
    per = round(rates.window_s / p.sharding_period_s)
    template = daily_template(np.repeat(scale * first, per), weekend=WEEKEND)
    forecast = from_template(template, weekend=WEEKEND, mix=mix)

    def run(name: str, with_: Prepared = prepared, count: int | None = None) -> Outcome:
        return run_levers(ground, with_, p, name, forecast, count)

    by: dict[str, Outcome] = {}
    names = ("single_pool", "multi_pool", *SINGLES, "dynamollm")
    for k, name in enumerate(names):
        report(0.15 + 0.08 * k, f"a week of {name}")
        by[name] = run(name)
    report(0.65, "SinglePool at equal attainment")
    equal = equal_attainment(
        lambda n: run("single_pool", count=n), sized=by["single_pool"],
        least=by["dynamollm"].attained_frac,
    )  # fmt: skip
    count = isolated_count(ground, prepared, p)
    oversized = run("single_pool", count=count)
    report(0.75, "decode power by the law of the A100")
    lawful = prepare(ground, p, tuple(power_by_law(e) for e in prepared.engines))
    by_law = {n: run(n, lawful) for n in ("scale_shard", "dynamollm")}
    return Week(by=by, equal=equal, oversized=oversized, by_law=by_law)


def equal_attainment(
    run: Callable[[int], Outcome], *, sized: Outcome, least: float
) -> Outcome:
    """Fewest servers, up to those sized, whose attainment is at least `least`."""
    low, best = 0, sized
    while (high := round(best.figures["groups_mean"])) - low > 1:
        middle = (low + high) // 2
        tried = run(middle)
        low, best = (low, tried) if tried.attained_frac >= least else (middle, best)
    return best


def isolated_count(ground: Ground, prepared: Prepared, p: DynamoParameters) -> int:
    """Instances if each is sized alone: none helps another out, so too many."""
    requests = prepared.requests
    one = measure_profile(
        prepared.engines[-1:], requests, ground.classes,
        clock_mhz=prepared.clock_mhz[-1:], queue=FCFS, slo_frac=p.slo_frac,
        count=MIXED * p.profile_requests, seed=ground.seed,
    )  # fmt: skip
    peak = seen_rates(ground, prepared, p.sharding_period_s).sum(axis=1).max()
    return int(np.ceil((1.0 + p.margin) * peak / one.cap_rps[-1, -1]))


def power_by_law(engine: Engine) -> Engine:
    """
    Decode power that falls with the degree as measured on the A100.

    Eight GPUs keep their value, so neither SinglePool nor MultiPool changes. Prefill
    draws no less than decode.
    """
    table, gpu = engine.table, engine.gpu.key
    idle, factor = idle_frac(gpu), (8 / engine.gpu_count) ** tensor_laws(gpu).power
    was = np.array(table.decode_power_frac)
    power = np.minimum(1.0, idle + (was - idle) * factor)
    grown = float(((power - idle) / (was - idle)).max())
    prefill = np.maximum(table.prefill_power_frac, power.max())
    return replace(engine, table=replace(
        table, decode_power_frac=as_tuple(power), prefill_power_frac=as_tuple(prefill),
        decode_memory_power_frac=table.decode_memory_power_frac / grown,
    ))  # fmt: skip


def _week(recordings: Recordings, rates: RecordedRates, bins: int) -> Recordings:
    """The second week alone."""
    cut = slice(bins, 2 * bins)
    week = replace(rates, rate_rps=rates.rate_rps[cut], cv=rates.cv[cut])
    return replace(recordings, rates={RATES: week})


def _ground(
    recordings: Recordings, scale: float, carbon_g_per_kwh: tuple[float, ...]
) -> Ground:
    size = {k: recordings.requests[n].arrived_s.size for k, n in LENGTHS.items()}
    total = sum(size.values())
    traffic = ServingTraffic(
        classes=tuple(
            RequestClass(name=k, share=size[k] / total, lengths=name)
            for k, name in LENGTHS.items()
        ),
        arrivals=RateArrivals(dataset=RATES),
        rate_rps=scale * float(recordings.rates[RATES].rate_rps.mean()),
        length_s=WEEK_S,
    )
    server = find_server("dgx-h100")
    return Ground(
        model="llama2-70b", server=server, server_count=SERVERS,
        engine=make_engine("llama2-70b", server, tensor_parallel=8),
        requests=draw_requests(traffic, seed=2408, recordings=recordings),
        classes=slo_classes(DYNAMO_SLO), horizon_s=WEEK_S, slo=DYNAMO_SLO, pue=1.0,
        energy_usd_per_kwh=0.07, carbon_g_per_kwh=carbon_g_per_kwh, seed=2408,
    )  # fmt: skip
