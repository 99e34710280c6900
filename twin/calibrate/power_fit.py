"""
Power of GPUs and servers from telemetry, with error bars. Consumption is positive.

`docs/models/calibration.md`, eq. 5 to 8.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from twin.calibrate.least_squares import fit_model, standard_errors
from twin.calibrate.problem import HELD_OUT_FRAC, Data, Problem, Unknown, learned_from
from twin.calibrate.record import Fit, Parameter
from twin.errors import ScenarioError
from twin.types import FloatArray

UTILISATION_SPAN = 0.2
"""Utilisation must move by this much (P5 to P95) to tell a slope. Assumed."""
IDLE_SCALE = 0.1
"""Size of idle power that matters ÷ full power: a GPU's idle is about a tenth of its
full power, so an error that is small beside full power may still be all of it."""
CLOCK_SPAN = 0.15
"""Clock ÷ highest clock must move by this much to tell an exponent. Assumed."""
INLET_SPAN_K = 3.0
"""Inlet must move by this much to tell leakage. Assumed."""
NO_LEAKAGE = (
    "leakage was not looked for: without inlet temperatures a GPU's own temperature "
    "only says that it draws power"
)
LEAKAGE_REFERENCE_C = 60.0
"""GPU temperature that leakage is relative to: the catalogue's. Assumed."""
WARMTH = (("warm_c", "C"), ("warm_per_use_k", "K"), ("warm_per_inlet", "1"))
"""The temperature that leakage goes by: at rest in air of 0 C, more at full
utilisation, and per kelvin of inlet."""


def fit_gpu_utilisation(
    name: str,
    *,
    t_s: FloatArray,
    power_w: FloatArray,
    utilisation_frac: FloatArray,
    idle_w: float,
    full_w: float,
    gpu_c: FloatArray | None = None,
    inlet_c: FloatArray | None = None,
    held_out_frac: float = HELD_OUT_FRAC,
) -> Fit:
    """
    Fit a GPU's power against its utilisation, and leakage where inlets were read.

    A GPU is warm because it draws power, so its own temperature cannot tell leakage;
    the part of it that follows the inlet can (two-stage least squares). That part is
    kept with the fit, and power is told from utilisation and inlet alone.

    Args:
        name: What is calibrated.
        t_s: Times, rising. [s], shape (readings,)
        power_w: Power. [W], NaN is missing
        utilisation_frac: Part of the time busy. 0..1, NaN is missing
        idle_w: Prior: the catalogue's idle power. [W]
        full_w: Prior: power at full utilisation, TDP most often. [W]
        gpu_c: GPU temperature. [C]
        inlet_c: Air at the server's inlet. [C]
        held_out_frac: Last part that is held out. [1], 0..0.9

    Returns:
        `idle_w`, `swing_w` and, with temperatures, `leakage_per_k` and the `WARMTH` it
        goes by.

    Raises:
        ScenarioError: If utilisation hardly moves or readings are too few.

    Source:
        docs/models/calibration.md, eq. 5.
    """
    unknowns = [
        Unknown(
            name="idle_w", unit="W", prior=idle_w, scale=IDLE_SCALE * full_w, low=0.0,
            needs="record hours in which the GPU rests",
        ),
        Unknown(
            name="swing_w", unit="W", prior=full_w - idle_w, scale=full_w, low=0.0,
            needs="record a time with both light and heavy load",
        ),
    ]  # fmt: skip
    data: dict[str, FloatArray] = {"utilisation_frac": utilisation_frac}
    spans = {"utilisation_frac": (UTILISATION_SPAN, "swing_w")}
    warnings: tuple[str, ...] = ()
    settled: tuple[Parameter, ...] = ()
    if gpu_c is not None and inlet_c is not None:
        whole = np.isfinite(power_w + utilisation_frac + gpu_c + inlet_c)
        settled = _warmth(
            gpu_c[whole], utilisation_frac[whole], inlet_c[whole], held_out_frac
        )
        data["inlet_c"] = np.where(whole, inlet_c, np.nan)
        spans["inlet_c"] = (INLET_SPAN_K, "leakage_per_k")
        unknowns.append(Unknown(
            name="leakage_per_k", unit="1/K", prior=0.003, scale=0.01, low=0.0,
            high=0.05, optional=True,
            needs="record inlets that move by several kelvin under the same load",
        ))  # fmt: skip
    elif gpu_c is not None:
        warnings = (NO_LEAKAGE,)
    return fit_model(Problem(
        name=name, kind="gpu-utilisation", unit="W", model=gpu_utilisation_w,
        unknowns=tuple(unknowns), data=data, measured=power_w, t_s=t_s, spans=spans,
        settled=settled, warnings=warnings, held_out_frac=held_out_frac,
    ))  # fmt: skip


def gpu_utilisation_w(values: Mapping[str, float], data: Data) -> FloatArray:
    """Power of a GPU at a utilisation and, with leakage, an inlet. [W] Eq. 5."""
    use = data["utilisation_frac"]
    power = values["idle_w"] + values["swing_w"] * use
    if "leakage_per_k" in values:
        rest_c, use_k, per_inlet = (values[name] for name, _ in WARMTH)
        gpu_c = rest_c + use_k * use + per_inlet * data["inlet_c"]
        power = power * (1.0 + values["leakage_per_k"] * (gpu_c - LEAKAGE_REFERENCE_C))
    return power


def fit_gpu_clock(
    name: str,
    *,
    t_s: FloatArray,
    power_w: FloatArray,
    sm_clock_hz: FloatArray,
    highest_hz: float,
    idle_w: float,
    full_w: float,
    exponent: float = 2.5,
    held_out_frac: float = HELD_OUT_FRAC,
) -> Fit:
    """
    Fit a busy GPU's power against its clock.

    Args:
        name: What is calibrated.
        t_s: Times, rising. [s], shape (readings,)
        power_w: Power under one kind of load. [W], NaN is missing
        sm_clock_hz: SM clock. [Hz], NaN is missing
        highest_hz: Clock that counts as one. [Hz], > 0
        idle_w: Prior: the catalogue's idle power. [W] It is held unless clocks reach
            low enough to tell it from the exponent.
        full_w: Prior: power at the highest clock. [W]
        exponent: Prior: dynamic power goes with clock to this power. [1]
        held_out_frac: Last part that is held out. [1], 0..0.9

    Returns:
        `idle_w`, `dynamic_w`, `exponent`.

    Raises:
        ScenarioError: If clocks hardly move or readings are too few.

    Source:
        docs/models/calibration.md, eq. 6.
    """
    if highest_hz <= 0:
        raise ScenarioError(f"{name}.highest_hz", "must be above 0", highest_hz,
                            "give the GPU's highest SM clock")  # fmt: skip
    more = "record the same load under several clocks or caps, down to half the highest"
    return fit_model(Problem(
        name=name, kind="gpu-clock", unit="W", model=gpu_clock_w,
        unknowns=(
            Unknown(name="idle_w", unit="W", prior=idle_w, scale=IDLE_SCALE * full_w,
                    low=0.0, needs=more, optional=True),
            Unknown(name="dynamic_w", unit="W", prior=full_w - idle_w, scale=full_w,
                    low=0.0, needs=more),
            Unknown(name="exponent", unit="1", prior=exponent, scale=exponent, low=0.5,
                    high=6.0, needs=more),
        ),
        data={"clock_frac": sm_clock_hz / highest_hz}, measured=power_w, t_s=t_s,
        spans={"clock_frac": (CLOCK_SPAN, "exponent")},
        held_out_frac=held_out_frac,
    ))  # fmt: skip


def gpu_clock_w(values: Mapping[str, float], data: Data) -> FloatArray:
    """Power of a busy GPU at a clock. [W] Eq. 6."""
    dynamic = values["dynamic_w"] * data["clock_frac"] ** values["exponent"]
    return np.asarray(values["idle_w"] + dynamic)


def fit_server(
    name: str,
    *,
    t_s: FloatArray,
    server_w: FloatArray,
    gpus_w: FloatArray,
    host_w: float,
    slope: float,
    fan_frac: FloatArray | None = None,
    fan_full_w: float = 0.0,
    gpu_error_frac: float = 0.0,
    held_out_frac: float = HELD_OUT_FRAC,
) -> Fit:
    """
    Fit a server's power against the sum of its GPUs' and its fans.

    Args:
        name: What is calibrated.
        t_s: Times, rising. [s], shape (readings,)
        server_w: At the server's inlet. [W], NaN is missing
        gpus_w: Sum over its GPUs at the same times. [W], NaN is missing
        host_w: Prior: the catalogue's constant part. [W]
        slope: Prior: server watts per GPU watt. [1]
        fan_frac: Fan speed ÷ full. 0..1, NaN is missing; None folds fans into the line.
        fan_full_w: Prior: all fans at full speed. [W]
        gpu_error_frac: Standard error of one GPU sum ÷ its mean, for a warning. [1]
        held_out_frac: Last part that is held out. [1], 0..0.9

    Returns:
        `host_w`, `slope` and, with fan speeds, `fan_full_w`.

    Raises:
        ScenarioError: If GPU power hardly moves or readings are too few.

    Source:
        docs/models/calibration.md, eq. 7.
    """
    most = float(np.nanmax(gpus_w)) if gpus_w.size else 1.0
    unknowns = [
        Unknown(name="host_w", unit="W", prior=host_w, scale=max(host_w, 0.1 * most),
                low=0.0, needs="record hours in which the GPUs rest"),
        Unknown(name="slope", unit="1", prior=slope, scale=slope, low=0.0,
                needs="record a time with both light and heavy load"),
    ]  # fmt: skip
    data: dict[str, FloatArray] = {"gpus_w": gpus_w}
    spans = {"gpus_w": (0.2 * most, "slope")}
    if fan_frac is not None:
        data["fan_frac"] = fan_frac
        spans["fan_frac"] = (0.1, "fan_full_w")
        unknowns.append(Unknown(
            name="fan_full_w", unit="W", prior=fan_full_w,
            scale=max(fan_full_w, 0.1 * most), low=0.0, optional=True,
            needs="record fan speeds that differ under the same load: other inlet "
            "temperatures, or fans set by hand",
        ))  # fmt: skip
    warnings = _attenuation(gpus_w, gpu_error_frac)
    return fit_model(Problem(
        name=name, kind="server", unit="W", model=server_from_gpus_w,
        unknowns=tuple(unknowns), data=data, measured=server_w, t_s=t_s, spans=spans,
        warnings=warnings, held_out_frac=held_out_frac,
    ))  # fmt: skip


def server_from_gpus_w(values: Mapping[str, float], data: Data) -> FloatArray:
    """Power of a server: a line in its GPUs' power, and fans by the cube. [W] Eq. 7."""
    power = values["host_w"] + values["slope"] * data["gpus_w"]
    if "fan_frac" in data:
        power = power + values["fan_full_w"] * data["fan_frac"] ** 3
    return power


# --- parts ----------------------------------------------------------------------------


def _warmth(
    gpu_c: FloatArray, utilisation: FloatArray, inlet_c: FloatArray,
    held_out_frac: float,
) -> tuple[Parameter, ...]:  # fmt: skip
    """What utilisation and inlet explain of a temperature, in what is learned from."""
    base = np.stack([np.ones_like(inlet_c), utilisation, inlet_c], axis=1)
    kept = learned_from(gpu_c.size, held_out_frac)
    if kept <= len(WARMTH):
        return ()  # too few to fit anything
    base, gpu_c = base[:kept], gpu_c[:kept]
    solved = np.linalg.lstsq(base, gpu_c, rcond=None)[0]
    errors, _ = standard_errors(base, base @ solved - gpu_c)
    return tuple(
        Parameter(name=name, value=float(v), standard_error=float(e), unit=unit)
        for (name, unit), v, e in zip(WARMTH, solved, errors, strict=True)
    )


def _attenuation(gpus_w: FloatArray, error_frac: float) -> tuple[str, ...]:
    """Warn where errors of the input flatten the slope. Eq. 8."""
    spread = float(np.nanvar(gpus_w))
    noise = (error_frac * float(np.nanmean(gpus_w))) ** 2 if gpus_w.size else 0.0
    if spread <= 0.0 or noise < 0.01 * spread:
        return ()
    return (
        f"errors of the GPU readings flatten the slope by about {noise / spread:.0%}",
    )
