"""
Energy, cost and carbon of servers that draw the same all along.

For systems whose subject has no course in time: a training job, a pool of CPU cores.
"""

from __future__ import annotations

import math

from twin.serving.systems.base import Ground, Outcome

HOUR_S = 3600.0


def mean_carbon_g_per_kwh(by_hour: tuple[float, ...], time_s: float) -> float:
    """
    Mean grid intensity from the start over a time, hours repeated. [g/kWh]

    Args:
        by_hour: Intensity of each hour; at least one.
        time_s: How long. > 0 [s]
    """
    hours = time_s / HOUR_S
    rounds, rest = divmod(hours, len(by_hour))
    whole = math.floor(rest)
    total = rounds * sum(by_hour) + sum(by_hour[:whole])
    if rest > whole:
        total += (rest - whole) * by_hour[whole]
    return total / hours


def steady_outcome(
    ground: Ground,
    *,
    system: str,
    label: str,
    unit: str,
    units: int,
    it_power_w: float,
    time_s: float,
    gpus: int,
    **more: object,
) -> Outcome:
    """
    Outcome of constant power over a time, everything finished at its end.

    Args:
        ground: Prices, grid and PUE.
        system: Key of the system.
        label: Name for people.
        unit: What is counted.
        units: How many arrived and finished.
        it_power_w: Power at the server inputs. [W]
        time_s: How long. [s]
        gpus: GPUs held meanwhile, paid by the hour.
        **more: Further fields of the outcome.
    """
    power_w = it_power_w * ground.pue
    energy_j = power_w * time_s
    energy_kwh = energy_j / 3.6e6
    gpu_hours = gpus * time_s / HOUR_S
    grid = mean_carbon_g_per_kwh(ground.carbon_g_per_kwh, time_s)
    fields = {
        "system": system, "label": label, "unit": unit,
        "arrived": units, "finished": units,
        "energy_j": energy_j, "mean_power_w": power_w, "peak_power_w": power_w,
        "output_tokens": 0.0, "gpu_hours": gpu_hours,
        "cost_usd": ground.cost_usd(
            gpu_hours * ground.engine.gpu_hour_usd, energy_j
        ),
        "carbon_g": energy_kwh * grid,
    }  # fmt: skip
    return Outcome(**(fields | more))  # type: ignore[arg-type]
