"""
Fit phase tables from the ML.ENERGY benchmark v3: decode measured, the rest estimated.

The benchmark holds steady-state averages per batch limit. Decode time and power are
fitted to it; prefill time, the cache and its cost are estimated from the model's
shape, calibrated where a measurement exists. `docs/models/serving-tables.md` has the
equations.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
import scipy  # its parts load when they are used

from twin.calibrate.model_shapes import CHIPS, MEASURED, Chip
from twin.calibrate.serving_fit import (
    DECODE_CLOCK_SENSITIVITY,
    HBM_ENERGY_J_PER_BYTE,
    USABLE_MEMORY_FRAC,
    Row,
)
from twin.catalogue.architectures import BYTES_PER_PARAMETER
from twin.catalogue.gpus import H100
from twin.catalogue.llm_shapes import LlmShape
from twin.catalogue.performance import PhaseTable
from twin.types import FloatArray

MAX_BATCH = 256
"""
Highest batch limit used. Assumed: an engine's usual limit in service. Above it the
benchmark's median time between tokens is mostly prefill of other requests.
"""

PROMPT_TOKENS = 200
"""
Mean prompt behind the benchmark's rows, which do not record it. Assumed.

Rows whose batch stays below its limit have a full cache: capacity ÷ batch less half
the output gives 330 to 480 tokens, an upper bound, because long answers stay longer
and an engine has less memory than `USABLE_MEMORY_FRAC`.
"""

PREFILL_TOKENS = (128.0, 256.0, 512.0, 1024.0, 2048.0, 4096.0, 8192.0)
PREFILL_POWER_FRAC = (0.69, 0.72, 0.88, 1.0, 1.0, 1.0, 1.0)
"""GPU power in prefill ÷ TDP: BLOOM-176B on A100 (Splitwise). Assumed for others."""

_REFERENCE_LAYERS = 80
_REFERENCE_PARAMETERS = 70e9
_CALIBRATED = (2, 4, 8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """
    What measured tables say about the parts the benchmark does not measure.

    Args:
        launch_s_per_layer: GPUs per instance -> fixed prefill time ÷ layers. [s]
        mfu_frac: GPUs per instance -> FLOP/s reached in prefill ÷ peak. 0..1
        cache_read_frac: Memory bandwidth reached reading the cache ÷ peak. 0..1
    """

    launch_s_per_layer: Mapping[int, float]
    mfu_frac: Mapping[int, float]
    cache_read_frac: float


def calibrate(splitwise: Iterable[PhaseTable], mlenergy: Sequence[Row]) -> Calibration:
    """
    Read launch time, compute use and cache bandwidth off measured points.

    Prefill: a line through 256 to 2048 tokens of Llama-2-70B on H100, per GPU count;
    one GPU takes the two-GPU values. Cache: long against short answers of Qwen3-8B
    and Qwen3-14B on one H100 at the same batch limit, 8 to 32.

    Raises:
        ValueError: If a table or the paired rows are missing.
    """
    launch, mfu = {}, {}
    tables = {
        t.tensor_parallel: t
        for t in splitwise
        if (t.model, t.gpu) == ("llama2-70b", H100.key)
    }
    for gpus in _CALIBRATED:
        if gpus not in tables:
            raise ValueError(f"calibration needs llama2-70b on {gpus} H100, got none")
        per_token_s, fixed_s = np.polyfit(
            tables[gpus].prefill_tokens[1:5], tables[gpus].prefill_s[1:5], 1
        )
        flop_s = 2 * _REFERENCE_PARAMETERS / per_token_s
        launch[gpus] = float(fixed_s) / _REFERENCE_LAYERS
        mfu[gpus] = float(flop_s) / (gpus * CHIPS["H100"].bf16_flop_s)
    launch[1], mfu[1] = launch[2], mfu[2]
    return Calibration(
        launch_s_per_layer=launch,
        mfu_frac=mfu,
        cache_read_frac=_cache_read_frac(mlenergy),
    )


def _cache_read_frac(rows: Sequence[Row]) -> float:
    """Bandwidth at which decode reads the cache ÷ the H100's peak, median of pairs."""
    found = []
    for model in ("qwen3-8b", "qwen3-14b"):
        measured = MEASURED[model]
        peak_s = _cache_bytes(measured.shape, 1) / CHIPS["H100"].memory_byte_s
        for limit in (8.0, 16.0, 32.0):
            pair = [
                r
                for task in ("lm-arena-chat", "gpqa")
                for r in _pick(rows, measured.rows, "H100", 1, task)
                if float(r["max_num_seqs"]) == limit
            ]
            if len(pair) != 2:  # one short, one long
                continue
            short, long = pair
            longer_s = (
                float(long["median_itl_ms"]) - float(short["median_itl_ms"])
            ) / 1e3
            longer_tokens = _context_tokens(long) - _context_tokens(short)
            batch = 0.5 * sum(float(r["avg_batch_size"]) for r in pair)
            found.append(peak_s * batch * longer_tokens / longer_s)
    if not found:
        raise ValueError(
            "calibration needs qwen3-8b or qwen3-14b on one H100, got none"
        )
    return median(found)


def _pick(
    rows: Iterable[Row], name: str, gpu: str, gpu_count: int, task: str
) -> list[Row]:
    return [
        r
        for r in rows
        if (r["model"], r["gpu_model"], r["task"]) == (name, gpu, task)
        and int(r["num_gpus"]) == gpu_count
    ]


def _context_tokens(row: Row) -> float:
    """Mean tokens a decoding sequence holds: its prompt and half its answer."""
    return PROMPT_TOKENS + 0.5 * float(row["avg_output_len"])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Points:
    """Rows of one configuration as arrays, ordered by batch."""

    batch: FloatArray
    decode_s: FloatArray
    power_frac: FloatArray
    context_tokens: float


def _points(rows: Sequence[Row], gpu_count: int, tdp_w: float) -> _Points:
    ordered = sorted(rows, key=lambda r: float(r["avg_batch_size"]))

    def column(name: str) -> FloatArray:
        return np.array([float(r[name]) for r in ordered])

    return _Points(
        batch=column("avg_batch_size"),
        decode_s=column("median_itl_ms") / 1e3,
        power_frac=column("avg_power_watts") / gpu_count / tdp_w,
        context_tokens=median(_context_tokens(r) for r in ordered),
    )


def _rising_knots(
    batch: FloatArray, value: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Isotonic fit; rows within 2 % of a batch become one knot. A knot at one leads."""
    fitted = np.asarray(scipy.optimize.isotonic_regression(value).x)  # type: ignore[attr-defined]
    starts = [0, *(np.flatnonzero(np.diff(batch) > 0.02 * batch[:-1]) + 1)]
    groups = np.split(np.arange(batch.size), starts[1:])
    x = np.array([batch[g].mean() for g in groups])
    y = np.array([fitted[g].mean() for g in groups])
    return np.concatenate([[1.0], x]), np.concatenate([y[:1], y])


def _errors(batch: FloatArray, value: FloatArray) -> tuple[float, float, float]:
    """Median and worst residual, and the worst when a row is left out; all ÷ value."""
    x, y = _rising_knots(batch, value)
    residual = np.abs(np.interp(batch, x, y) / value - 1.0)
    left_out = []
    for i in range(1, batch.size - 1):
        kept = np.arange(batch.size) != i
        x, y = _rising_knots(batch[kept], value[kept])
        left_out.append(abs(float(np.interp(batch[i], x, y)) / value[i] - 1.0))
    return float(np.median(residual)), float(residual.max()), max(left_out)


def fit_mlenergy(
    rows: Sequence[Row], *, model: str, gpu: str, calibration: Calibration
) -> PhaseTable:
    """
    Fit the phase table of one model on one GPU type.

    Decode time is the median time between tokens and decode power the mean power,
    both made monotone in batch; both hold some prefill of other requests. Flat below
    the smallest measured batch, which is 8. The source text records the errors.

    Args:
        rows: Benchmark rows with the published column names.
        model: A key of `MEASURED`.
        gpu: "H100" or "B200".
        calibration: See `calibrate`.

    Returns:
        The table.

    Raises:
        ValueError: If fewer than three rows fit.
    """
    measured, chip = MEASURED[model], CHIPS[gpu]
    count, shape = measured.gpu_counts[gpu], measured.shape
    picked = [
        r
        for r in _pick(rows, measured.rows, gpu, count, measured.task)
        if float(r["max_num_seqs"]) <= MAX_BATCH
    ]
    if len(picked) < 3:  # a curve needs three points
        raise ValueError(f"{model} on {count} {gpu}: needs 3 rows, got {len(picked)}")
    tdp_w = chip.gpu.tdp_w.value
    points = _points(picked, count, tdp_w)
    knots, decode_s = _rising_knots(points.batch, points.decode_s)
    _, power_frac = _rising_knots(points.batch, points.power_frac)
    weights = _weight_bytes(picked[0])
    cache = _cache_bytes(shape, count)
    return PhaseTable(
        model=model,
        gpu=chip.gpu.key,
        tensor_parallel=count,
        prefill_tokens=PREFILL_TOKENS,
        prefill_s=_prefill_s(picked[0], shape, chip, count, calibration),
        prefill_power_frac=tuple(
            round(max(p, float(power_frac[0])), 3) for p in PREFILL_POWER_FRAC
        ),
        decode_batch=tuple(round(float(b), 1) for b in knots),
        decode_s=tuple(round(float(t), 5) for t in decode_s),
        decode_power_frac=tuple(round(float(p), 3) for p in power_frac),
        decode_context_tokens=float(round(points.context_tokens)),
        decode_kv_token_s=float(
            f"{cache / count / chip.memory_byte_s / calibration.cache_read_frac:.4g}"
        ),
        decode_memory_power_frac=_memory_power_frac(
            picked[0], count, chip, float(decode_s[0]), float(power_frac[0])
        ),
        decode_clock_sensitivity=DECODE_CLOCK_SENSITIVITY,
        kv_capacity_tokens=float(
            int(
                (USABLE_MEMORY_FRAC * chip.gpu.memory_gb.value * 1e9 * count - weights)
                / cache
            )
        ),
        max_batch=int(knots[-1]),
        source=_source(points),
    )


def _weight_bytes(row: Row) -> float:
    return float(row["total_params_b"]) * 1e9 * BYTES_PER_PARAMETER[row["precision"]]


def _cache_bytes(shape: LlmShape, gpu_count: int) -> float:
    """Bytes one token takes over all GPUs of an instance, copies included."""
    copies = max(1.0, gpu_count / shape.cache_heads) if shape.cache_heads else 1.0
    return shape.layers * shape.cache_bytes_per_layer * copies


def _prefill_s(
    row: Row, shape: LlmShape, chip: Chip, gpu_count: int, calibration: Calibration
) -> tuple[float, ...]:
    """Fixed part (launch, or one read of the weights) plus compute, per knot."""
    double = 2.0 if row["precision"] == "fp8" else 1.0
    flop_s = gpu_count * double * chip.bf16_flop_s * calibration.mfu_frac[gpu_count]
    read_s = _weight_bytes(row) / (gpu_count * chip.memory_byte_s)
    fixed_s = max(calibration.launch_s_per_layer[gpu_count] * shape.layers, read_s)
    flop_per_token = 2 * float(row["activated_params_b"]) * 1e9
    return tuple(
        round(fixed_s + flop_per_token * n / flop_s, 5) for n in PREFILL_TOKENS
    )


def _memory_power_frac(
    row: Row, gpu_count: int, chip: Chip, decode_s: float, power_frac: float
) -> float:
    """Energy of reading the active weights ÷ dynamic power of decode, per GPU."""
    active = float(row["activated_params_b"]) * 1e9
    active *= BYTES_PER_PARAMETER[row["precision"]]
    memory_w = active / gpu_count / decode_s * HBM_ENERGY_J_PER_BYTE
    dynamic_w = power_frac * chip.gpu.tdp_w.value - chip.gpu.idle_w.value
    return round(memory_w / dynamic_w, 3)


def _source(points: _Points) -> str:
    """Source text with the errors of the two fits."""
    time, power = (
        _errors(points.batch, v) for v in (points.decode_s, points.power_frac)
    )

    def words(error: tuple[float, float, float]) -> str:
        middle, worst, left_out = (f"{100 * e:.1f}" for e in error)
        return f"{middle} % median, {worst} % worst, {left_out} % left out"

    return (
        f"ML.ENERGY benchmark v3 (Chung et al., NeurIPS 2025, Apache-2.0), "
        f"{points.batch.size} rows; fit error of decode time {words(time)}; of decode "
        f"power {words(power)}; prefill, cache and clock response assumed, see "
        "serving-tables.md"
    )


def fit_all(splitwise: Sequence[PhaseTable], rows: Sequence[Row]) -> list[PhaseTable]:
    """Every table of `MEASURED`, by model and then GPU."""
    calibration = calibrate(splitwise, rows)
    return [
        fit_mlenergy(rows, model=model, gpu=gpu, calibration=calibration)
        for model, measured in MEASURED.items()
        for gpu in measured.gpu_counts
    ]
