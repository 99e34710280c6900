"""
What a calibration leaves behind: parameters with error bars, and what they rest on.

A fit is versioned by its content: the same kind, data and settings give the same
version. `docs/models/calibration.md`.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from twin.types import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """
    One number of a model.

    Args:
        name: As the model's equation has it.
        value: Fitted, or the prior where `fitted` is false.
        standard_error: One standard deviation; NaN where it was not fitted.
        unit: Unit of both.
        fitted: Whether the data could tell it.
    """

    name: str
    value: float
    standard_error: float
    unit: str
    fitted: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOut:
    """
    Error on time that the fit has not seen: prior's parameters, then the fit's.

    Args:
        samples: Readings held out, all after those learned from.
        bias_before: Mean of modelled minus measured, unit of the fit's readings.
        bias_after: The same with the fit.
        rms_before: Root mean square of it.
        rms_after: The same with the fit.
        mape_before: Mean of its absolute value ÷ measured. [1]
        mape_after: The same with the fit. [1]
    """

    samples: int
    bias_before: float
    bias_after: float
    rms_before: float
    rms_after: float
    mape_before: float
    mape_after: float


def held_out_errors(
    measured: FloatArray, before: FloatArray, after: FloatArray
) -> HeldOut:
    """Sum up modelled minus measured on readings not learned from."""
    size = np.maximum(np.abs(measured), 1e-12)
    return HeldOut(
        samples=int(measured.size), bias_before=float(before.mean()),
        bias_after=float(after.mean()), rms_before=float(np.sqrt(np.mean(before**2))),
        rms_after=float(np.sqrt(np.mean(after**2))),
        mape_before=float(np.mean(np.abs(before) / size)),
        mape_after=float(np.mean(np.abs(after) / size)),
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A parameter that the data cannot tell, and what would."""

    parameter: str
    why: str
    needs: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """
    Result of one calibration.

    Args:
        name: What was calibrated, e.g. a device's key.
        kind: Which model: "gpu-utilisation", "gpu-clock", "levels", "server",
            "conversion", "thermal".
        unit: Unit of what is modelled.
        parameters: Its numbers, those held at their prior included.
        residual_rms: Of the readings learned from.
        residual_autocorrelation: Of residuals one reading apart. [1]
        samples: Readings learned from.
        effective_samples: Independent readings that are worth as much.
        from_s: First reading. [s]
        to_s: Last one, held out ones included. [s]
        held_out: Error before and after on time not learned from.
        warnings: What a user should know.
        refused: Parameters the data cannot tell.
        version: First 16 digits of the SHA-256 over kind, data and settings.
    """

    name: str
    kind: str
    unit: str
    parameters: tuple[Parameter, ...]
    residual_rms: float
    residual_autocorrelation: float
    samples: int
    effective_samples: float
    from_s: float
    to_s: float
    held_out: HeldOut | None
    warnings: tuple[str, ...]
    refused: tuple[Refused, ...]
    version: str

    def __getitem__(self, name: str) -> Parameter:
        """Look a parameter up by name."""
        return next(p for p in self.parameters if p.name == name)

    @property
    def held_back(self) -> str:
        """Why it should not take its prior's place; empty where it may."""
        held = self.held_out
        if held is None or held.rms_after <= held.rms_before:
            return ""
        return (
            f"RMS {held.rms_after:.4g} {self.unit} on time held out, and its prior's "
            f"is {held.rms_before:.4g} {self.unit}"
        )

    def value(self, name: str) -> float:
        """Value of a parameter by name."""
        return self[name].value

    def to_json(self) -> dict[str, Any]:
        """JSON values; what is not a finite number becomes null."""
        plain: dict[str, Any] = _plain(asdict(self))
        return plain

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Fit:
        """Read what `to_json` wrote."""
        held = document["held_out"]
        return cls(**{
            **document,
            "residual_rms": _number(document["residual_rms"]),
            "residual_autocorrelation": _number(document["residual_autocorrelation"]),
            "parameters": tuple(
                Parameter(**{k: _number(v) for k, v in p.items()})
                for p in document["parameters"]
            ),
            "held_out": held and HeldOut(**{k: _number(v) for k, v in held.items()}),
            "warnings": tuple(document["warnings"]),
            "refused": tuple(Refused(**one) for one in document["refused"]),
        })  # fmt: skip


def content_version(
    kind: str, data: Mapping[str, FloatArray], settings: Mapping[str, Any]
) -> str:
    """
    Version of a fit: the same content gives the same one.

    Args:
        kind: Which model.
        data: Arrays by name.
        settings: JSON values.

    Returns:
        First 16 hexadecimal digits of the SHA-256.
    """
    whole = hashlib.sha256(kind.encode())
    for name in sorted(data):
        array = np.ascontiguousarray(data[name], dtype="<f8")
        whole.update(f"{name}{array.shape}".encode())
        whole.update(array.tobytes())
    whole.update(json.dumps(settings, sort_keys=True).encode())
    return whole.hexdigest()[:16]


def samples_needed(fit: Fit, *, error_frac: float = 0.05) -> dict[str, int]:
    """
    Readings like those at hand that would bring each error to a part of its value.

    Args:
        fit: A fit.
        error_frac: Standard error wanted ÷ value. [1], > 0

    Returns:
        Readings by parameter, those not fitted left out. Errors fall with the root of
        the count; more readings of the same load do not replace another load.
    """
    needed = {}
    for p in fit.parameters:
        if p.fitted and p.value and math.isfinite(p.standard_error):
            ratio = p.standard_error / (error_frac * abs(p.value))
            needed[p.name] = max(1, math.ceil(fit.samples * ratio**2))
    return needed


# --- JSON -----------------------------------------------------------------------------


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _number(value: Any) -> Any:
    return math.nan if value is None else value
