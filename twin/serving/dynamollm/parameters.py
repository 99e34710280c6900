"""Knobs of DynamoLLM: levers, periods, margins, overheads, errors of predictions."""

from __future__ import annotations

from typing import Literal

from twin.scenario.base import Model, quantity

_RULE = "a public re-implementation of DynamoLLM, second-hand"


class DynamoParameters(Model):
    """Levers, periods, margins, overheads and errors of the predictions."""

    levers: Literal[
        "single_pool", "multi_pool", "scale_inst", "scale_shard", "scale_freq",
        "dynamollm",
    ] = quantity(
        "dynamollm",
        unit="1",
        doc="Which levers follow the load; the others are the published baselines.",
        example="scale_freq",
        source="DynamoLLM, from memory",
    )  # fmt: skip
    degrees: tuple[int, ...] = quantity(
        (2, 4, 8), "Tensor-parallel degrees; the largest is the reference. Degrees "
        "that the model does not fit are left out.", unit="GPUs", example=[2, 4, 8],
        source="DynamoLLM, from memory", min_length=1,
    )  # fmt: skip
    clock_mhz: tuple[float, ...] = quantity(
        (800.0, 1000.0, 1200.0, 1400.0, 1600.0, 1800.0, 1980.0),
        "Clocks to choose from, rising; held within the GPU's own.",
        unit="MHz",
        example=[800.0, 1200.0, 1600.0, 1980.0],
        source="DynamoLLM sweeps 0.8 to 1.98 GHz, from memory; steps assumed",
        min_length=1,
    )
    cluster_period_s: float = quantity(
        1800.0, "Time between decisions on groups.", unit="s", source=_RULE, gt=0.0
    )
    sharding_period_s: float = quantity(
        300.0, "Time between decisions on sharding.", unit="s", source=_RULE, gt=0.0
    )
    clock_period_s: float = quantity(
        5.0, "Time between decisions on clocks.", unit="s", source=_RULE, ge=1.0
    )
    margin: float = quantity(
        0.1, "Room above every load expected.", source="assumed", ge=0.0, le=2.0
    )
    slo_frac: float = quantity(
        0.95, "Part of requests inside their limits that a profile must reach.",
        source="assumed; the percentile is not in what is at hand", gt=0.0, lt=1.0,
    )  # fmt: skip
    output_error: float = quantity(
        0.3, "Standard deviation of ln(predicted ÷ true output length).",
        source="assumed", ge=0.0, le=3.0,
    )  # fmt: skip
    forecast_error: float = quantity(
        0.1, "Standard deviation of ln(forecast ÷ true rate), without a history.",
        source="assumed", ge=0.0, le=3.0,
    )  # fmt: skip
    start: Literal["cold", "warm", "standby"] = quantity(
        "warm", "What new groups start from: no machine, a machine, weights in memory.",
        example="cold", source="DynamoLLM keeps machines and weights warm, from memory",
    )  # fmt: skip
    start_ahead: bool = quantity(
        True, "Groups are started before they are needed.",
        source="DynamoLLM, from memory",
    )  # fmt: skip
    clock_delay_s: float = quantity(
        0.065, "Time a change of clock takes; commands count from the next second on.",
        unit="s", source="DynamoLLM: 50 to 80 ms, from memory", ge=0.0,
    )  # fmt: skip
    smooth_s: float = quantity(
        60.0, "Time over which the load of a clock is averaged.", unit="s",
        source="assumed", gt=0.0,
    )  # fmt: skip
    clock_rung: float = quantity(
        0.75, "Waiting prefill ÷ limit of the first token: highest clock.",
        source="assumed", gt=0.0,
    )  # fmt: skip
    reroute_rung: float = quantity(
        1.5, "The same at which routers keep away; above `clock_rung`.",
        source="assumed", gt=0.0,
    )  # fmt: skip
    swamped: float = quantity(
        3.0, "Pending tokens ÷ those at the highest load: sent to a larger pool.",
        source="assumed", gt=0.0,
    )  # fmt: skip
    drop_after: float = quantity(
        20.0, "Dropped when it waited this many limits of the first token.",
        source="assumed", ge=1.0,
    )  # fmt: skip
    profile_requests: int = quantity(
        2000, "Requests per point of a profile.", unit="requests",
        source="assumed: 0.95 within half a point", ge=50, le=100_000,
    )  # fmt: skip
