"""
Thermal resistance and time constant of a GPU from its temperature, power and inlet.

The model runs freely from the first reading; it is not corrected by the readings that
follow, so their noise does not flatten it. `docs/models/calibration.md`, eq. 11.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import scipy  # its parts load when they are used: signal takes half a second

from twin.calibrate.least_squares import fit_model
from twin.calibrate.problem import HELD_OUT_FRAC, Data, Problem, Unknown
from twin.calibrate.record import Fit
from twin.errors import ScenarioError
from twin.types import FloatArray

EVEN_FRAC = 0.02
"""Time steps may differ by this part: the model steps evenly."""


def fit_thermal(
    name: str,
    *,
    t_s: FloatArray,
    gpu_c: FloatArray,
    power_w: FloatArray,
    inlet_c: FloatArray | None = None,
    r_k_per_w: float = 0.055,
    tau_s: float = 45.0,
    inlet_prior_c: float = 25.0,
    held_out_frac: float = HELD_OUT_FRAC,
) -> Fit:
    """
    Fit resistance, time constant and offset of a first-order GPU.

    Args:
        name: What is calibrated.
        t_s: Times, evenly spaced. [s], shape (readings,)
        gpu_c: GPU temperature. [C], no gaps
        power_w: GPU power, mean of the step that ends at each time. [W], no gaps
        inlet_c: Air at the inlet. [C]; None takes one constant inlet and fits it.
        r_k_per_w: Prior. [K/W]
        tau_s: Prior. [s]
        inlet_prior_c: Prior of a constant inlet. [C]
        held_out_frac: Last part that is held out. [1], 0..0.9

    Returns:
        `r_k_per_w`, `tau_s`, `offset_k` (with inlets: above them) or `inlet_c`
        (without), and `start_c`, the temperature before the first reading.

    Raises:
        ScenarioError: If power hardly moves, readings have gaps or are too few.

    Source:
        docs/models/calibration.md, eq. 11.
    """
    step_s = _even(name, t_s)
    with_inlet = inlet_c is not None
    faster = f"read temperature and power at least every {tau_s / 3.0:.0f} s"
    offset = Unknown(
        name="offset_k" if with_inlet else "inlet_c", unit="K" if with_inlet else "C",
        prior=0.0 if with_inlet else inlet_prior_c, scale=10.0, low=-60.0, high=100.0,
        needs="record a rest as well as load",
    )  # fmt: skip
    return fit_model(Problem(
        name=name, kind="thermal", unit="C", model=gpu_temperature_c,
        unknowns=(
            Unknown(name="r_k_per_w", unit="K/W", prior=r_k_per_w, scale=r_k_per_w,
                    low=0.0, high=1.0, needs="record loads that differ by hundreds of "
                    "watts, each for several minutes"),
            Unknown(name="tau_s", unit="s", prior=tau_s, scale=tau_s, low=0.01 * tau_s,
                    high=100.0 * tau_s, needs=faster, optional=True),
            offset,
            Unknown(name="start_c", unit="C", prior=float(gpu_c[0]), scale=10.0,
                    low=-60.0, high=150.0, needs=faster, optional=True),
        ),
        data={"power_w": power_w, "step_s": np.full(t_s.shape, step_s)}
        | ({"inlet_c": inlet_c} if inlet_c is not None else {}),
        measured=gpu_c, t_s=t_s, sequential=True,
        spans={"power_w": (20.0, "r_k_per_w")}, held_out_frac=held_out_frac,
    ))  # fmt: skip


def gpu_temperature_c(values: Mapping[str, float], data: Data) -> FloatArray:
    """Temperature of a GPU step by step, power and inlet held in each. [C] Eq. 11."""
    inlet = data.get("inlet_c")
    around = values["inlet_c"] if inlet is None else inlet + values["offset_k"]
    goal = around + values["r_k_per_w"] * data["power_w"]
    keep = float(np.exp(-data["step_s"][0] / values["tau_s"])) if goal.size else 0.0
    start = np.array([keep * values["start_c"]])
    out, _ = scipy.signal.lfilter([1.0 - keep], [1.0, -keep], goal, zi=start)
    return np.asarray(out, dtype=np.float64)


def _even(name: str, t_s: FloatArray) -> float:
    """Length of the even steps. [s]"""
    steps = np.diff(t_s)
    if not steps.size or np.ptp(steps) > EVEN_FRAC * float(np.median(steps)):
        raise ScenarioError(f"{name}.t_s", "must be evenly spaced",
                            f"steps of {steps.min() if steps.size else 0:g} to "
                            f"{steps.max() if steps.size else 0:g} s",
                            "resample to means of equal intervals, or cut out an even "
                            "stretch")  # fmt: skip
    return float(np.median(steps))
