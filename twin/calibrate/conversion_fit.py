"""
Losses of a conversion stage, from power in and out. Consumption is positive.

Meters that do not read at the same instant make single readings worthless: what goes
in now came out a second ago. Such readings are refused, or averaged over whole runs.
`docs/models/calibration.md`, eq. 9 and 10.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from twin.calibrate.least_squares import fit_model
from twin.calibrate.problem import HELD_OUT_FRAC, Data, Problem, Unknown
from twin.calibrate.record import Fit
from twin.errors import ScenarioError
from twin.types import FloatArray, IntArray

IMPOSSIBLE_FRAC = 0.01
"""More readings than this with more power out than in: meters are not simultaneous."""
OUTPUT_SPAN = 0.15
"""Output ÷ rating must move by this much (P5 to P95). Assumed."""


def fit_conversion(
    name: str,
    *,
    t_s: FloatArray,
    input_w: FloatArray,
    output_w: FloatArray,
    rated_w: float,
    fixed: float = 0.01,
    linear: float = 0.01,
    quadratic: float = 0.01,
    run: IntArray | None = None,
    held_out_frac: float = HELD_OUT_FRAC,
) -> Fit:
    """
    Fit fixed, linear and quadratic loss, each a part of rated output.

    Args:
        name: What is calibrated.
        t_s: Times, rising. [s], shape (readings,)
        input_w: Power in. [W], NaN is missing
        output_w: Power out. [W], NaN is missing
        rated_w: Output that counts as one. [W], > 0
        fixed: Prior. [1]
        linear: Prior. [1]
        quadratic: Prior. [1]
        run: Which run each reading is of: the fit is of runs' means, and nothing is
            held out. None fits single readings.
        held_out_frac: Last part that is held out. [1], 0..0.9

    Returns:
        `fixed`, `linear`, `quadratic`.

    Raises:
        ScenarioError: If readings were not simultaneous, output hardly moves, or
            readings are too few.

    Source:
        docs/models/calibration.md, eq. 9 and 10.
    """
    _check(name, input_w, output_w, rated_w, averaged=run is not None)
    warnings: tuple[str, ...] = ()
    if run is not None:
        t_s, input_w, output_w = _means(run, t_s, input_w, output_w)
        warnings = (f"means of {t_s.size} runs: meters need not read at one instant",)
    out = output_w / rated_w
    low = "record loads from a tenth of the rating to near it"
    return fit_model(Problem(
        name=name, kind="conversion", unit="1", model=loss_frac,
        unknowns=(
            Unknown(name="fixed", unit="1", prior=fixed, scale=0.02, low=0.0, high=0.5,
                    needs=low, optional=True),
            Unknown(name="linear", unit="1", prior=linear, scale=0.05, low=0.0,
                    high=0.5, needs=low),
            Unknown(name="quadratic", unit="1", prior=quadratic, scale=0.02, low=0.0,
                    high=0.5, needs=low, optional=True),
        ),
        data={"output_frac": out}, measured=(input_w - output_w) / rated_w, t_s=t_s,
        spans={"output_frac": (OUTPUT_SPAN, "linear")}, warnings=warnings,
        held_out_frac=0.0 if run is not None else held_out_frac,
    ))  # fmt: skip


def loss_frac(values: Mapping[str, float], data: Data) -> FloatArray:
    """Loss ÷ rated output at an output ÷ rated output. Eq. 9."""
    out = data["output_frac"]
    loss = values["fixed"] + out * (values["linear"] + out * values["quadratic"])
    return np.asarray(loss)


def _check(
    name: str, input_w: FloatArray, output_w: FloatArray, rated_w: float, *,
    averaged: bool,
) -> None:  # fmt: skip
    if rated_w <= 0:
        raise ScenarioError(f"{name}.rated_w", "must be above 0", rated_w,
                            "give the stage's rated output")  # fmt: skip
    if input_w.shape != output_w.shape:
        raise ScenarioError(f"{name}.output_w", "must have one value per input",
                            f"{output_w.shape} for {input_w.shape}",
                            "pair the readings")  # fmt: skip
    both = np.isfinite(input_w) & np.isfinite(output_w)
    above = float(np.mean(output_w[both] > input_w[both])) if both.any() else 0.0
    if above > IMPOSSIBLE_FRAC and not averaged:
        raise ScenarioError(f"{name}.output_w", "must not exceed the input at the same "
                            f"instant in more than {IMPOSSIBLE_FRAC:.0%} of the "
                            "readings", f"{above:.1%}", "the meters do not read at one "
                            "instant: give means of whole runs (run), or readings of "
                            "one instrument")  # fmt: skip


def _means(
    run: IntArray, t_s: FloatArray, input_w: FloatArray, output_w: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Means of each run over the readings that have both, in order of time."""
    both = np.isfinite(input_w) & np.isfinite(output_w)
    which, place = np.unique(run[both], return_inverse=True)
    count = np.bincount(place, minlength=which.size)
    found = [np.bincount(place, one[both]) / count for one in (t_s, input_w, output_w)]
    order = np.argsort(found[0])
    # runs recorded on clocks of their own may share a mean time: their rank serves
    return np.arange(which.size, dtype=np.float64), found[1][order], found[2][order]
