"""
Air of a server: supply from outside, and the fans' share of its power.

The shape of the supply is that of TAPAS; every coefficient is ours.
`docs/models/server_thermal.md`. Temperatures in Celsius, differences in kelvin.
"""

from __future__ import annotations

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
def fan_share(server_power_frac):
    """Part of server power its fans take up to 25 C; Azure's servers, fitted."""
    if server_power_frac <= 0.0:
        return 0.0
    share = FAN_SHARE_FULL - FAN_SHARE_SLOPE * (1.0 / server_power_frac - 1.0)
    return max(FAN_SHARE_LEAST, share)
