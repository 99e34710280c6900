"""
Intelligent Router: latency of the mix-aware heuristic against round robin, by load.

The paper's own traffic, GPUs and load were not published here, and its router learns;
ours is the heuristic it is guided by. Sign and range are what can be held against it.
"""

from __future__ import annotations

from cli.validation.even_ground import even_ground
from cli.validation.recorded_ground import CODE, CONVERSATION, recorded, recorded_ground
from cli.validation.row import Rule, Suite, ValidationRow
from twin.serving.systems.base import Ground
from twin.serving.systems.intelligent_router import SOURCE, RouterParameters, evaluate
from twin.serving.systems.loads import at_load
from twin.types import Report

PREFIX = "intelligent_router"
INSTANCES = 4
LOADS = (0.3, 0.5, 0.7, 0.9)
NEAR_POINTS = 3.0
_row = Suite(PREFIX, "Intelligent Router", SOURCE).row
_SHAPE = (
    "shape only: 4 instances of Llama-2-70B on 8 H100, loads of ours; mix-aware "
    "heuristic, no RL trained; classifier right in 70 % of cases, assumed"
)


def rows(report: Report) -> list[ValidationRow]:
    """Recompute the table; the recorded traffic only where it is here."""
    report(0.0, "router: synthetic traffic")
    synthetic = even_ground(
        rate_per_s=6, prompt_tokens=1000, output_tokens=200, horizon_s=1800.0,
        spread=1.2, servers=INSTANCES,
    )  # fmt: skip
    found = _by_load(
        synthetic, "synthetic", "11.43 % lower in the abstract; log-normal lengths, "
        "spread 1.2, assumed", published=-19.0, most=-11.0,
    )  # fmt: skip
    recordings = recorded()
    if recordings is None:
        report(1.0, "router: the recorded traffic is not on this machine")
        return found
    for place, (dataset, name) in enumerate(((CONVERSATION, "conv"), (CODE, "code"))):
        report(0.3 + 0.3 * place, f"router: {name}")
        ground = recorded_ground(recordings, dataset, servers=INSTANCES)
        found += _by_load(
            ground, name, "published on a provider's traces, which these are not; 3 "
            "points are ours", published=-7.8,
        )  # fmt: skip
    return found


def _by_load(
    ground: Ground, name: str, why: str, *, published: float, most: float | None = None
) -> list[ValidationRow]:
    found = []
    near: tuple[float, Rule] = (NEAR_POINTS, "near")
    near = near if most is None else (0.0, "within")
    for load in LOADS:
        figures = evaluate(at_load(ground, INSTANCES, load), RouterParameters()).figures
        change = 100 * figures["e2e_mean_change_frac"]
        key = f"{name}_load_{load:g}".replace(".", "_")
        words = f"{name}, load {load:g}: mean end-to-end latency"
        found += [
            _row(f"e2e_{key}", words, "%", published, change, *near, f"{_SHAPE}; {why}",
                 most=most),
            _row(f"e2e_sign_{key}", words, "%", 0.0, change, 0.0, "at most", _SHAPE,
                 shows="sign"),
        ]  # fmt: skip
    return found
