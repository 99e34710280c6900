"""
From supply air to the GPU: inlet, temperatures, throttling, fans, leakage.

Scalars in, scalar out, compiled: a tick calls these per server or per GPU. The
structure (hall, position and load make the inlet; inlet and watts make the GPU) is
that of TAPAS; every coefficient is ours. `docs/models/server_thermal.md`.
Temperatures in Celsius, differences in kelvin; heat removed is positive.
"""

from __future__ import annotations

import math

from numba import njit

AIR_J_PER_M3_K = 1206.0
"""Heat capacity of air [J/(m³ K)]: 1.2 kg/m³ × 1005 J/(kg K), about 20 C, sea level."""
FAN_REFERENCE_C = 25.0
"""Up to this inlet [C] fans follow load alone. Assumed."""
FAN_SPEED_PER_K = 0.03
"""Fan speed added per kelvin of inlet above the reference. Assumed."""
FAN_SPEED_LIMIT = 1.5
"""Fans run out of speed at this multiple of what load alone asks. Assumed."""
FAN_SHARE_FULL = 0.1542
FAN_SHARE_SLOPE = 0.0290
"""Fan share = full - slope × (rated ÷ power - 1). Fitted to Azure's table, to 0.011."""
FAN_SHARE_LEAST = 0.02
"""Far below the fitted range the share would turn negative. Assumed."""


# --- air ------------------------------------------------------------------------------


@njit(cache=True, nogil=True)
def supply_c(outdoor_c, load_frac=0.0, base_c=18.0, rise_k=2.0):
    """
    Supply air [C] of a hall cooled with outside air; TAPAS shape, our slopes.

    Flat at `base_c` below 15 C outside (air is mixed back for humidity), 0.5 K/K to
    25 C, 0.2 K/K above (evaporative help); up to `rise_k` more in a full hall.
    """
    middle_k = min(max(outdoor_c - 15.0, 0.0), 10.0)
    above_k = max(outdoor_c - 25.0, 0.0)
    return base_c + 0.5 * middle_k + 0.2 * above_k + rise_k * load_frac


@njit(cache=True, nogil=True)
def inlet_c(supply_c, recirculation_k, position_k, load_frac):
    """Server inlet [C]: supply, plus recirculation with hall load, plus its place."""
    return supply_c + recirculation_k * load_frac + position_k


@njit(cache=True, nogil=True)
def airflow_m3_s(load_frac, full_m3_s, idle_frac):
    """Air [m³/s] one server draws: a part that always flows, the rest with load."""
    return full_m3_s * (idle_frac + (1.0 - idle_frac) * load_frac)


@njit(cache=True, nogil=True)
def air_rise_k(power_w, flow_m3_s):
    """Rise [K] of air that takes up `power_w`."""
    return power_w / (AIR_J_PER_M3_K * flow_m3_s) if flow_m3_s > 0.0 else 0.0


@njit(cache=True, nogil=True)
def short_air_k(wanted_m3_s, supplied_m3_s, rise_k):
    """
    Inlet rise [K] in an aisle that gets less air than its servers draw.

    What is missing is drawn back from the exhaust: with a part r of it,
    inlet = (1 - r) × supply + r × (inlet + rise), so the rise is r ÷ (1 - r) × rise.
    """
    if supplied_m3_s >= wanted_m3_s:
        return 0.0
    if supplied_m3_s <= 0.0:
        return math.inf
    return (wanted_m3_s / supplied_m3_s - 1.0) * rise_k


# --- GPU ------------------------------------------------------------------------------


@njit(cache=True, nogil=True)
def gpu_c(inlet_c, gpu_w, r_k_per_w, position_k):
    """Settled GPU temperature [C] at a power."""
    return inlet_c + r_k_per_w * gpu_w + position_k


@njit(cache=True, nogil=True)
def relax(now, target, dt_s, tau_s):
    """Value after `dt_s` of first-order approach to a constant target; exact."""
    return target + (now - target) * math.exp(-dt_s / tau_s)


@njit(cache=True, nogil=True)
def power_limit_w(limit_c, inlet_c, r_k_per_w, position_k):
    """GPU power [W] that settles at the limit; negative if the air alone is above."""
    return (limit_c - inlet_c - position_k) / r_k_per_w


@njit(cache=True, nogil=True)
def throttle_frac(
    limit_c, inlet_c, gpu_w, idle_w, r_k_per_w, position_k, exponent, floor_frac
):
    """
    Part of the present clock that brings the settled temperature to the limit.

    1 while cool; never below `floor_frac`: then the GPU stays above its limit.
    Dynamic power (above idle) goes with clock to `exponent`.
    """
    allowed_w = power_limit_w(limit_c, inlet_c, r_k_per_w, position_k)
    if gpu_w <= allowed_w or gpu_w <= idle_w:
        return 1.0
    if allowed_w <= idle_w:
        return floor_frac
    return max(
        floor_frac, ((allowed_w - idle_w) / (gpu_w - idle_w)) ** (1.0 / exponent)
    )


@njit(cache=True, nogil=True)
def leakage_factor(gpu_c, leakage_frac_per_k, reference_c):
    """Factor on GPU power at a temperature; 1 at the reference, never negative."""
    return max(0.0, 1.0 + leakage_frac_per_k * (gpu_c - reference_c))


@njit(cache=True, nogil=True)
def settled_gpu_w(
    gpu_w, inlet_c, r_k_per_w, position_k, leakage_frac_per_k, reference_c
):
    """
    GPU power [W] once leakage and temperature agree; `gpu_w` is at the reference.

    Solves P = P0 (1 + k (T - T_ref)), T = T_inlet + position + R P. Infinite where
    k R P0 >= 1: heat then feeds itself without end.
    """
    gain = leakage_frac_per_k * r_k_per_w * gpu_w
    if gain >= 1.0:
        return math.inf
    offset_k = inlet_c + position_k - reference_c
    return max(0.0, gpu_w * (1.0 + leakage_frac_per_k * offset_k) / (1.0 - gain))


# --- fans -----------------------------------------------------------------------------


@njit(cache=True, nogil=True)
def fan_speed(inlet_c):
    """Fan speed over what load alone asks; rises with inlet above 25 C to a limit."""
    above_k = max(0.0, inlet_c - FAN_REFERENCE_C)
    return min(FAN_SPEED_LIMIT, 1.0 + FAN_SPEED_PER_K * above_k)


@njit(cache=True, nogil=True)
def fan_share(server_power_frac):
    """Part of server power its fans take up to 25 C; Azure's servers, fitted."""
    if server_power_frac <= 0.0:
        return 0.0
    share = FAN_SHARE_FULL - FAN_SHARE_SLOPE * (1.0 / server_power_frac - 1.0)
    return max(FAN_SHARE_LEAST, share)


@njit(cache=True, nogil=True)
def fan_power_frac(server_power_frac, inlet_c):
    """
    Fan power over server power at 25 C or less; cubic fan law above 25 C.

    Args:
        server_power_frac: Server power over its rated power. [1]; fitted 0.35 to 1.
        inlet_c: Air at the inlet. [C]
    """
    return fan_share(server_power_frac) * fan_speed(inlet_c) ** 3


@njit(cache=True, nogil=True)
def fan_extra_w(server_w, rated_w, inlet_c):
    """Fan power [W] a warm inlet adds to `server_w`, itself taken at 25 C or less."""
    share = fan_share(server_w / rated_w)
    return server_w * share * (fan_speed(inlet_c) ** 3 - 1.0)
