"""
Power and time between tokens against batch, for models nobody measured.

A roofline of one iteration with fitted constants, a learned correction, and an
interval from models left out of the fit. All GPUs of an instance together draw
`power_w`; energy per token times throughput is that power, exactly.
docs/models/batch_model.md has the equations, the range and the errors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from twin.catalogue.architectures import BYTES_PER_PARAMETER
from twin.catalogue.chips import CHIPS
from twin.catalogue.gpus import B200, H100
from twin.catalogue.llm_shapes import LlmShape
from twin.catalogue.models import nearest
from twin.errors import ScenarioError
from twin.serving.batch_correction import Correction, coordinates
from twin.serving.batch_terms import TRAFFIC, Features, iteration, power_frac
from twin.types import FloatArray

PRECISIONS = ("bfloat16", "fp8", "mxfp4")


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """
    One model on one group of GPUs at one batch: what a planner knows beforehand.

    Args:
        total_params: Parameters. [1]
        active_params: Parameters one token uses. [1]
        shape: Layers, heads and experts; see `find_shape`.
        precision: Of the weights: bfloat16, fp8 or mxfp4.
        gpu: Key of the GPU: H100 or B200.
        gpu_count: GPUs of the instance.
        replicas: Data-parallel copies of attention; 1 is tensor parallel. Experts
            are spread over all GPUs either way.
        batch: Sequences decoding together. >= 1
        output_tokens: Mean answer. [tokens]
        traffic: What requests are, one of `TRAFFIC`.
        prompt_tokens: Mean prompt; None takes the benchmark's. [tokens]
        host_bound: Whether a lone B200 shares its host with seven others, as in the
            benchmark, and waits for it.
    """

    total_params: float
    active_params: float
    shape: LlmShape
    precision: str
    gpu: str
    gpu_count: int
    batch: float
    output_tokens: float
    replicas: int = 1
    traffic: str = "chat"
    prompt_tokens: float | None = None
    host_bound: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Constants:
    """
    Everything fitted.

    Args:
        terms: Constants of `batch_terms` by name.
        correction: See `batch_correction`.
        spread: "open" or "host_bound" -> quantiles 0.1 and 0.9 of log(measured ÷
            predicted) on models left out, for time between tokens, mean
            iteration and power.
        prefill_launch_s: GPUs -> fixed time of a prefill ÷ layers. [s]
        prefill_mfu_frac: GPUs -> FLOP/s reached in prefill ÷ peak. 0..1
    """

    terms: Mapping[str, float]
    correction: Correction
    spread: Mapping[str, tuple[tuple[float, float], ...]]
    prefill_launch_s: Mapping[int, float]
    prefill_mfu_frac: Mapping[int, float]

    def arrays(self) -> dict[str, FloatArray]:
        """Terms as arrays, as `batch_terms` takes them."""
        return {name: np.array([value]) for name, value in self.terms.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A prediction and where eight of ten left-out measurements lay around it."""

    value: FloatArray
    low: FloatArray
    high: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """
    What is expected at each point.

    Args:
        itl_s: Median time between tokens. [s]
        iteration_s: Mean time of an iteration. [s]
        power_w: Mean power of all GPUs. [W]
        decode_s: An iteration without other requests' prefill. [s]
        decode_power_frac: Power of one GPU in it ÷ TDP. 0..1
        throughput_tokens_s: Tokens out. [tokens/s]
        energy_per_token_j: GPU energy per token out. [J]
    """

    itl_s: Interval
    iteration_s: Interval
    power_w: Interval
    decode_s: FloatArray
    decode_power_frac: FloatArray
    throughput_tokens_s: FloatArray
    energy_per_token_j: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchModel:
    """The model with its constants."""

    constants: Constants

    def predict(self, points: Sequence[Point]) -> Prediction:
        """
        Power and time at operating points.

        Args:
            points: At least one.

        Returns:
            The prediction. Arrays of shape (point,).

        Raises:
            ScenarioError: If a GPU, precision, traffic or number is out of range.
        """
        f = features(points)
        p = self.constants.arrays()
        spent = iteration(p, f)
        log_itl, log_mean, log_power = self.constants.correction.at(
            coordinates(f, spent), f.host_bound
        )
        rated_w = np.array([CHIPS[x.gpu].gpu.tdp_w.value * x.gpu_count for x in points])
        frac = power_frac(p, f, spent.terms, spent.mean_s)
        decode = {n: t for n, t in spent.terms.items() if n not in _PREFILL}
        decode_frac = power_frac(p, f, decode, spent.decode_s)
        power_w = rated_w * np.minimum(frac * np.exp(log_power), 1.0)
        mean_s = spent.mean_s * np.exp(log_mean)
        rate = f.batch / mean_s
        return Prediction(
            itl_s=self._interval(0, f, spent.itl_s * np.exp(log_itl)),
            iteration_s=self._interval(1, f, mean_s),
            power_w=self._interval(2, f, power_w),
            decode_s=spent.decode_s * np.exp(log_itl),
            decode_power_frac=np.minimum(decode_frac * np.exp(log_power), 1.0),
            throughput_tokens_s=rate,
            energy_per_token_j=power_w / rate,
        )

    def _interval(self, output: int, f: Features, value: FloatArray) -> Interval:
        open_, bound = (
            self.constants.spread[kind][output] for kind in ("open", "host_bound")
        )
        low, high = (np.where(f.host_bound, bound[i], open_[i]) for i in (0, 1))
        return Interval(value=value, low=value * np.exp(low), high=value * np.exp(high))


_PREFILL = ("prefill", "image", "video")


def features(points: Sequence[Point]) -> Features:
    """
    Points as columns.

    Raises:
        ScenarioError: If a GPU, precision, traffic or number is out of range.
    """
    for point in points:
        _check(point)
    columns = [_columns(point) for point in points]
    return Features(**{k: np.array([c[k] for c in columns]) for k in columns[0]})


def _columns(x: Point) -> dict[str, float | bool]:
    chip, s = CHIPS[x.gpu], x.shape
    sparse = s.experts > 0 and x.total_params > x.active_params
    use = s.experts_per_token / s.experts if sparse else 0.0
    inside = (x.total_params - x.active_params) / (1.0 - use) if sparse else 0.0
    shared = x.total_params - inside
    fp8 = x.precision == "fp8"
    faster = chip.fp8_speedup.value if fp8 else 1.0
    return {
        "b200": x.gpu == B200.key,
        "gpus": float(x.gpu_count),
        "replicas": float(x.replicas),
        "byte_s": chip.memory_byte_s.value,
        "flop_s": chip.bf16_flop_s.value * faster,
        "link_byte_s": chip.peer_byte_s.value,
        "parameter_bytes": BYTES_PER_PARAMETER[x.precision],
        "shared_params": shared,
        "expert_params": inside,
        "active_expert_params": max(x.active_params - shared, 0.0) if sparse else 0.0,
        "use_frac": use,
        "experts": float(s.experts if sparse else 0),
        "expert_layers": float(s.expert_layers if sparse else 0),
        "layers": float(s.layers),
        "hidden": float(s.hidden),
        "cache_heads": float(s.cache_heads),
        "cache_layer_bytes": float(s.cache_bytes_per_layer),
        "full_layers": float(s.full_layers),
        "window_layers": float(s.window_layers),
        "window_tokens": float(s.window_tokens),
        "state_bytes": float(s.state_bytes),
        "fp8": fp8,
        "mxfp4": x.precision == "mxfp4",
        "block_fp8": fp8 and sparse and s.block_fp8,
        "traffic": float(TRAFFIC.index(x.traffic)),
        "prompt_tokens": np.nan if x.prompt_tokens is None else x.prompt_tokens,
        "output_tokens": x.output_tokens,
        "batch": x.batch,
        "host_bound": x.host_bound and x.gpu == B200.key and x.gpu_count == 1,
    }


def _check(x: Point) -> None:
    for field, value, known in (
        ("gpu", x.gpu, (H100.key, B200.key)),
        ("precision", x.precision, PRECISIONS),
        ("traffic", x.traffic, TRAFFIC),
    ):
        if value not in known:
            raise ScenarioError(field, "must be one the fit has seen", value,
                                nearest(value, list(known)))  # fmt: skip
    for field, number, least in (
        ("batch", x.batch, 1.0),
        ("output_tokens", x.output_tokens, 1.0),
        ("total_params", x.total_params, 1e6),
        ("gpu_count", float(x.gpu_count), 1.0),
        ("replicas", float(x.replicas), 1.0),
        ("prompt_tokens", x.prompt_tokens or 0.0, 0.0),
    ):
        if not least <= number < float("inf"):
            raise ScenarioError(field, f"must be at least {least:g}", number,
                                "raise it")  # fmt: skip
    if x.gpu_count > 8:
        raise ScenarioError("gpu_count", "must be at most 8: nothing larger was fitted",
                            x.gpu_count, "use instances inside one server")  # fmt: skip
    if not 0 < x.active_params <= x.total_params:
        raise ScenarioError("active_params", "must lie between 0 and total_params",
                            x.active_params,
                            "use total_params for a dense model")  # fmt: skip
    s = x.shape
    if x.total_params > x.active_params and s.experts:
        least_active = x.total_params * s.experts_per_token / s.experts
        if x.active_params < least_active:
            raise ScenarioError("active_params", "must be at least "
                                f"{least_active:.3g}: the experts one token uses",
                                x.active_params,
                                "check the shape's experts")  # fmt: skip
