"""Calibrations and shadows as documents."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from api.tracking_fits import Gathered
from api.watch_documents import number
from store.models_tracking import CalibrationRow
from store.telemetry.levels import SECOND_US
from twin.calibrate.record import Fit, samples_needed
from twin.tracking.shadow import NodeShadow
from twin.types import Document, FloatArray, IntArray

MOST_POINTS = 2000
DIGITS = 6


def calibration_document(row: CalibrationRow) -> Document:
    """A stored calibration without its residuals."""
    document: Document = {
        name: getattr(row, name)
        for name in ("id", "created_at", "kind", "target", "source", "device",
                     "version", "status", "active", "start_us", "end_us",
                     "held_out_frac", "error")
    }  # fmt: skip
    document |= {
        "level": row.settings.get("level", ""), "prior": row.settings.get("prior", ""),
        "parameters": [], "held_out": None, "unit": "", "samples": 0,
        "effective_samples": 0.0, "residual_rms": None,
        "residual_autocorrelation": None, "warnings": [], "refused": [],
        "samples_needed": {}, "held_back": "",
    }  # fmt: skip
    if row.fit is None:
        return document
    fit = row.fit
    shown = ("parameters", "held_out", "unit", "samples", "effective_samples",
             "residual_rms", "residual_autocorrelation", "warnings",
             "refused")  # fmt: skip
    known = Fit.from_json(fit)
    return document | {name: fit[name] for name in shown} | {
        "samples_needed": samples_needed(known), "held_back": known.held_back,
    }  # fmt: skip


def residual_document(
    row: CalibrationRow, found: Gathered, said: FloatArray
) -> Document:
    """Measured, modelled and their difference over time, at most `MOST_POINTS`."""
    whole = np.flatnonzero(np.isfinite(found.measured) & np.isfinite(said))
    t_s, measured, modelled = found.t_s[whole], found.measured[whole], said[whole]
    groups = _groups(whole.size)
    return {
        "readings": int(whole.size),
        "held_out_from_us": row.settings.get("held_from_us"),
        "time_us": [round(t * SECOND_US) for t in t_s[groups]],
        "measured": _means(measured, groups), "modelled": _means(modelled, groups),
        "residual": _means(measured - modelled, groups),
    }  # fmt: skip


def entry_document(
    node: NodeShadow, *, name: str, of: str, kind: str, basis: str, note: str,
    unwatched: str, **more: Any,
) -> Document:  # fmt: skip
    """A host or a node of a shadow."""
    drift = node.drift
    return {
        "name": name, "of": of, "kind": kind, "basis": basis, "note": note,
        "compared": node.compared, "missing": node.missing,
        "measured_w": number(node.measured_w), "predicted_w": number(node.predicted_w),
        "bias_w": number(node.bias_w), "rms_w": number(node.rms_w),
        "mape_frac": _ratio(node.mape_frac),
        "p95_off_frac": _ratio(node.p95_off_frac), "unwatched": unwatched,
        "drift": None if drift is None else {
            "since_us": round(drift.since_s * SECOND_US),
            "found_us": round(drift.found_s * SECOND_US),
            "size_w": number(drift.size_w), "direction": drift.direction,
            "sigmas": number(drift.sigmas),
        }, **more,
    }  # fmt: skip


def curve_document(
    t_s: FloatArray, measured_w: FloatArray, predicted_w: FloatArray, bin_s: float
) -> Document:
    """Curves of one host or node, at most `MOST_POINTS`."""
    groups = _groups(t_s.size)
    per = math.ceil(t_s.size / MOST_POINTS) if t_s.size else 1
    return {
        "bin_s": bin_s * per,
        "time_us": [round((t - bin_s) * SECOND_US) for t in t_s[groups]],
        "measured_w": _means(measured_w, groups),
        "predicted_w": _means(predicted_w, groups),
    }  # fmt: skip


def _groups(count: int) -> IntArray:
    """Where groups of equal size begin, so that there are not too many."""
    per = max(1, math.ceil(count / MOST_POINTS))
    return np.arange(0, count, per, dtype=np.int64)


def _means(values: FloatArray, starts: IntArray) -> list[float | None]:
    """Means of groups over what is there; None where nothing is."""
    if not starts.size:
        return []
    there = np.isfinite(values)
    total = np.add.reduceat(np.where(there, values, 0.0), starts)
    count = np.add.reduceat(there.astype(np.float64), starts)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.round(total / count, DIGITS)
    return [float(v) if math.isfinite(v) else None for v in mean]


def _ratio(value: float) -> float | None:
    return round(value, DIGITS) if math.isfinite(value) else None
