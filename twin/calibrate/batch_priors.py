"""
Where the fit of `batch_model` starts and how far each constant may move.

Starts are orders of magnitude from data sheets and common knowledge of serving
engines (memory); the width is one standard deviation of the logarithm. Assumed.
"""

from __future__ import annotations

import numpy as np

from twin.serving.batch_terms import POWERED

TERMS: dict[str, tuple[float, float]] = {
    "launch_s_h100": (50e-6, 0.5),  # per layer
    "launch_s_b200": (40e-6, 0.5),
    "expert_launch_s_h100": (40e-6, 0.7),
    "expert_launch_s_b200": (40e-6, 0.7),
    "fixed_s": (1e-3, 0.7),
    "weights_h100": (1.1, 0.15),  # time ÷ time at peak bandwidth
    "weights_b200": (1.2, 0.15),
    "experts_h100": (1.4, 0.4),
    "experts_b200": (1.5, 0.4),
    "fp8_weights": (1.1, 0.2),
    "fp8_experts": (1.1, 0.3),
    "mxfp4_experts": (1.1, 0.3),
    "tile_s_h100": (3e-6, 1.0),  # per expert and layer on one GPU
    "tile_s_b200": (2e-6, 1.0),
    "large_tile_s": (80e-6, 0.5),  # per expert layer
    "cache_h100": (1.2, 0.2),
    "cache_b200": (1.3, 0.2),
    "state": (1.2, 0.3),
    "compute_h100": (1.6, 0.2),  # time ÷ time at peak FLOP/s
    "compute_b200": (1.6, 0.2),
    "expert_compute": (5.0, 0.7),
    "roofline": (3.0, 0.3),
    "reduce2_s": (10e-6, 0.7),
    "reduce4_s": (15e-6, 0.7),
    "reduce8_s": (20e-6, 0.7),
    "reduce_b200": (1.0, 0.4),
    "link": (1.5, 0.5),
    "sequence_s": (25e-6, 0.6),
    "eager_s": (100e-6, 0.5),
    "eager_expert_s": (100e-6, 0.7),
    "coverage": (0.9, 0.2),
    "prompt_chat": (250.0, 0.3),
    "prompt_reasoning": (250.0, 0.3),
    "prompt_code": (600.0, 0.4),
    "prompt_image": (800.0, 0.4),
    "prompt_video": (3000.0, 0.4),
    "prefill": (1.0, 0.3),
    "mixed_s": (4e-3, 0.7),
    "media_s_code": (3e-3, 0.8),
    "media_s_image": (20e-3, 0.8),
    "media_s_video": (50e-3, 0.8),
    "median_at": (0.8, 0.3),
    "median_width": (0.4, 0.3),
    "stall_s_chat": (1.5e-3, 0.8),
    "stall_s_reasoning": (25e-3, 0.5),
    "stall_s_code": (1.5e-3, 0.8),
    "stall_s_image": (25e-3, 0.5),
    "stall_s_video": (5e-3, 0.8),
    "stall_root_s": (0.5e-3, 0.8),
}
"""Constant of `batch_terms` -> start, and how far its logarithm may move."""

_POWER = {
    "launch": (0.35, 0.35), "expert_launch": (0.4, 0.4), "weights": (0.8, 1.1),
    "experts": (0.7, 0.9), "tiles": (0.8, 1.0), "large_tiles": (0.5, 0.5),
    "cache": (0.7, 0.9), "state": (0.7, 0.9), "compute": (1.1, 1.3),
    "expert_compute": (0.9, 1.0), "reduce": (0.33, 0.33), "eager": (0.4, 0.4),
    "sequences": (0.3, 0.3), "stall": (0.18, 0.22), "prefill": (1.0, 1.1),
    "image": (0.4, 0.4), "video": (0.3, 0.3),
}  # fmt: skip
_POWER_WIDTH = 0.25

_ALL = {
    **TERMS,
    **{f"power_{t}_h100": (_POWER[t][0], _POWER_WIDTH) for t in POWERED},
    **{f"power_{t}_b200": (_POWER[t][1], _POWER_WIDTH) for t in POWERED},
    "power_knee": (6.0, 0.25),
}
NAMES = tuple(_ALL)
PRIOR_LOG = np.log([start for start, _ in _ALL.values()])
PRIOR_WIDTH = np.array([width for _, width in _ALL.values()])
