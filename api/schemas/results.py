"""Results of runs, what-ifs and plans as the API writes them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from api.schemas.base import Out, said
from twin.scenario import Scenario

_W = "W"
_S = "s"


class ProvenanceOut(Out):
    """What a result rests on; the same three give the same numbers again."""

    scenario_sha256: str = said("SHA-256 of the inputs as canonical JSON", "9c1e" * 16)
    model_version: str = said("Version of the model's numbers", "2")
    seed: int = said("Seed of every random draw", 1)
    created_at: dt.datetime = said("When it was computed, UTC", "2026-01-05T00:00:00Z")


class LatencyOut(Out):
    """One latency quantity; null where nothing finished."""

    p50_s: float | None = said("Median", 12.4, unit=_S)
    p90_s: float | None = said("90th percentile", 21.0, unit=_S)
    p99_s: float | None = said("99th percentile", 33.0, unit=_S)
    mean_s: float | None = said("Mean", 13.1, unit=_S)


_LATENCY = {"p50_s": 12.4, "p90_s": 21.0, "p99_s": 33.0, "mean_s": 13.1}


class PriorityOut(Out):
    """What the users of one priority saw."""

    priority: str = said("Priority", "low")
    server_count: int = said("Servers that carry it", 20, unit="servers")
    arrived: int = said("Requests that arrived", 91_034, unit="requests")
    carried_over: int = said("Requests under way at the start", 30, unit="requests")
    finished: int = said("Requests that finished", 91_032, unit="requests")
    in_flight: int = said("Requests under way at the end", 32, unit="requests")
    rejected_queue_full: int = said("Refused: queue full", 0, unit="requests")
    rejected_too_long: int = said("Refused: longer than the cache", 0, unit="requests")
    output_tokens: float | None = said("Tokens produced", 4.1e7, unit="tokens")
    throughput_tokens_per_s: float | None = said("Mean rate", 474.0, unit="tokens/s")
    ttft: LatencyOut = said("Time to first token", _LATENCY)
    tbt: LatencyOut = said("Time between tokens", _LATENCY)
    e2e: LatencyOut = said("Time from arrival to last token", _LATENCY)
    capped_s: float | None = said("Time under a clock cap", 5_400.0, unit=_S)
    p50_impact_frac: float | None = said(
        "Rise of median latency against no control", 0.012
    )
    p99_impact_frac: float | None = said("Rise of P99 latency against no control", 0.08)
    throughput_impact_frac: float | None = said(
        "Loss of throughput against no control", 0.0
    )


class ClassOut(Out):
    """Latency of one request class within one priority."""

    priority: str = said("Priority", "low")
    name: str = said("Class", "chat")
    finished: int = said("Requests that finished", 45_511, unit="requests")
    ttft: LatencyOut = said("Time to first token", _LATENCY)
    e2e: LatencyOut = said("Time from arrival to last token", _LATENCY)


class ThresholdTimeOut(Out):
    """Time the row spent above a level."""

    name: str = said("Level", "t1")
    level_frac: float | None = said("Row power ÷ provisioned", 0.8)
    above_s: float | None = said("Time above it", 5_210.0, unit=_S)
    crossings: int = said("How often it was crossed upwards", 14, unit="times")


class SeriesOut(Out):
    """Row power and controls over time, at most 2,000 records."""

    t_s: list[float | None] = said("Start of each record", [0.0, 60.0], unit=_S)
    row_min_w: list[float | None] = said("Lowest tick mean", [1.4e5, 1.5e5], unit=_W)
    row_mean_w: list[float | None] = said("Mean", [1.5e5, 1.6e5], unit=_W)
    row_max_w: list[float | None] = said("Highest tick mean", [1.6e5, 1.7e5], unit=_W)
    low_clock_mhz: list[float | None] = said(
        "Lowest clock cap of low priority in a record, 0 is none",
        [0.0, 1275.0],
        unit="MHz",
    )
    high_clock_mhz: list[float | None] = said(
        "Lowest clock cap of high priority in a record, 0 is none",
        [0.0, 0.0],
        unit="MHz",
    )
    brake: list[float | None] = said("1 where the brake held", [0.0, 0.0], unit="1")
    queued: list[float | None] = said("Requests waiting", [0.0, 2.0], unit="requests")
    arrivals_rps: list[float | None] = said("Arrivals", [1.9, 2.0], unit="1/s")


class EventOut(Out):
    """A command sent or landed."""

    t_s: float | None = said("Time from the start", 31_204.0, unit=_S)
    kind: str = said("command, landed, brake-command or brake-landed", "command")
    target: str = said("low, high or all", "low")
    value: float | None = said(
        "Clock cap, 0 for none; brake: 1 on", 1275.0, unit="MHz or 1"
    )


class EnergyOut(Out):
    """Row energy by what drew it."""

    prefill_wh: float | None = said("Prefill on GPUs", 4.1e5, unit="Wh")
    decode_wh: float | None = said("Decode on GPUs", 1.9e6, unit="Wh")
    gpu_idle_wh: float | None = said("GPUs with nothing to do", 1.0e5, unit="Wh")
    host_wh: float | None = said("Everything but GPUs", 8.0e5, unit="Wh")
    total_wh: float | None = said("Sum", 3.21e6, unit="Wh")


class RunOut(Out):
    """Result of one run."""

    policy: str = said("Policy", "polca")
    server_count: int = said("Servers deployed", 52, unit="servers")
    base_server_count: int = said("Servers the power is for", 40, unit="servers")
    added_servers: int = said("Servers beyond the base count", 12, unit="servers")
    seed: int = said("Seed", 1)
    horizon_s: float | None = said("Time simulated", 86_400.0, unit=_S)
    tick_s: float | None = said("Control tick", 1.0, unit=_S)
    provisioned_w: float | None = said("Power limit", 204_520.0, unit=_W)
    rate_per_server_s: float | None = said("Requests per server", 0.05, unit="1/s")
    peak_w: float | None = said("Highest row power of a tick", 197_000.0, unit=_W)
    peak_frac: float | None = said("The same ÷ provisioned", 0.963)
    peak_t_s: float | None = said("When, from the start", 54_321.0, unit=_S)
    warm_up_peak_frac: float | None = said(
        "Peak ÷ provisioned of the warm-up, which nothing else counts", 0.81
    )
    mean_w: float | None = said("Mean row power", 161_000.0, unit=_W)
    mean_frac: float | None = said("The same ÷ provisioned", 0.787)
    energy_wh: float | None = said("Row energy", 3.86e6, unit="Wh")
    energy_per_token_j: float | None = said("Per token produced", 170.0, unit="J")
    energy_split: EnergyOut = said(
        "Energy by what drew it",
        {
            "prefill_wh": 4.1e5, "decode_wh": 1.9e6, "gpu_idle_wh": 1.0e5,
            "host_wh": 8.0e5, "total_wh": 3.21e6,
        },
    )  # fmt: skip
    rise_2s_frac: float | None = said("Largest rise within 2 s ÷ provisioned", 0.04)
    rise_40s_frac: float | None = said("Largest rise within 40 s ÷ provisioned", 0.09)
    above: list[ThresholdTimeOut] = said(
        "Time above each level",
        [{"name": "t1", "level_frac": 0.8, "above_s": 5210.0, "crossings": 14}],
    )
    caps_low: int = said("Caps commanded on low priority", 14, unit="commands")
    caps_high: int = said("Caps commanded on high priority", 2, unit="commands")
    releases: int = said("Caps lifted", 16, unit="commands")
    brakes: int = said("Times the power brake was pulled", 0, unit="brakes")
    brake_s: float | None = said("Time under the brake", 0.0, unit=_S)
    low: PriorityOut = said("Low priority", {})
    high: PriorityOut = said("High priority", {})
    classes: list[ClassOut] = said("By request class", [])
    series: SeriesOut | None = said("Curves over time; null where not asked for", None)
    events: list[EventOut] = said("Commands, oldest first", [])
    events_dropped: int = said("Commands beyond those listed", 0, unit="events")
    slo_breaches: list[str] = said(
        "Every service level that was passed", ["2 power brakes, allowed 0"]
    )
    meets_slo: bool = said("Whether every service level holds", True)
    provenance: ProvenanceOut = said("What it rests on", {})


class TimingOut(Out):
    """What an answer cost."""

    computed_s: float = said("Time of computing", 0.21, unit=_S)


def rests(computed_s: float) -> dict[str, Any]:
    """Last fields of an answer: what it rests on and, once it is computed, its cost."""
    cost = said("What it cost", {"computed_s": computed_s}, None)
    return {
        "provenance": (ProvenanceOut, said("What the answer rests on", {})),
        "timing": (TimingOut | None, cost),
    }


class WhatIfOut(Out):
    """The answer to one question."""

    run: RunOut = said("The row as asked", {})
    reference: RunOut = said("Same traffic and servers, no control; no curves", {})
    baseline: RunOut = said("The base row without control: what stands today", {})
    scenario: Scenario = said("The question, every default filled in", {})
    provenance: ProvenanceOut = said("What it rests on", {})
    timing: TimingOut = said("What it cost", {"computed_s": 0.21})


class PlanCellOut(Out):
    """One server count under one policy."""

    added_servers: int = said("Servers beyond the base count", 12, unit="servers")
    server_count: int = said("All servers", 52, unit="servers")
    policy: str = said("Policy", "polca")
    runs: list[RunOut] = said("One per seed, without curves", [])
    meets_slo: bool = said("Whether every seed held every service level", True)
    meets_slo_confidence: float | None = said(
        "Lower 95 % bound of the chance that another seed holds", 0.37
    )
    breaches: list[str] = said("What was passed", ["1 power brakes, allowed 0"])


class PlanOut(Out):
    """Server counts × policies, and the largest count that holds."""

    cells: list[PlanCellOut] = said("By policy, then by server count", [])
    best: dict[str, int | None] = said(
        "Largest added count inside the service levels per policy, null for none",
        {"polca": 12, "no-cap": 8},
        unit="servers",
    )
    baseline: RunOut = said("The base row without control", {})
    rate_per_server_s: float | None = said("Requests per server", 0.05, unit="1/s")
    scenario: Scenario = said("The inputs", {})
    provenance: ProvenanceOut = said("What it rests on", {})
