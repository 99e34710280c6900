"""
GPUs for one video: the published rule for time, and two searches over it.

The rule sums the longest time of every component, as if one started when the one
before has ended; time to first frame is what is left of it when play runs meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from twin.errors import ScenarioError
from twin.serving.workflow.pools import StagePool
from twin.serving.workflow.program import Row, least
from twin.serving.workflow.streamcast import SCENES, SUBSCENES, VIDEO_S

Goal = Literal["time", "ttff", "energy"]
WORK = {
    "llm": (SCENES - 1.0, 1.0), "image": (1.0, 0.0), "audio": (float(SCENES), 0.0),
    "video": (float(SUBSCENES), 0.0), "vae": (float(SUBSCENES), 0.0),
    "lipsync": (float(SUBSCENES), 0.0), "upscale": (float(SUBSCENES), 0.0),
}  # fmt: skip
"""Units of one ten-minute video."""
SPLITS = frozenset({"video", "vae", "lipsync", "upscale"})
"""Components whose work can be split among instances."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """Some instances of one component, and what they do to one video."""

    pool: StagePool
    count: int
    time_s: float
    first_s: float
    active_j: float

    @property
    def gpus(self) -> float:
        """GPUs taken."""
        return self.pool.gpus * self.count


@dataclass(frozen=True, slots=True, kw_only=True)
class Video:
    """
    One video on a set of options.

    Args:
        options: One per component.
        gpus: GPUs paid for.
        time_s: Time of the whole video by the published rule. [s]
        first_s: Time to the first piece. [s]
        ttff_s: Time to first frame of a play that never stalls. [s]
        energy_j: Active and idle energy of the GPUs with work. [J]
        active_j: Without idle. [J]
    """

    options: tuple[Option, ...]
    gpus: float
    time_s: float
    first_s: float
    ttff_s: float
    energy_j: float
    active_j: float

    def cost_usd(self, gpu_hour_usd: float) -> float:
        """Price of the GPUs for the time of the video. [USD]"""
        return self.gpus * self.time_s / 3600.0 * gpu_hour_usd


def option(pool: StagePool, count: int) -> Option:
    """Work of one video split among `count` instances, as far as it can be."""
    work, first = WORK[pool.component]
    ways = count if pool.component in SPLITS else 1
    main_s, start_s = work * pool.unit_s[0], first * pool.unit_s[1]
    active_j = main_s * pool.active_w[0] + start_s * pool.active_w[1]
    return Option(
        pool=pool, count=count, time_s=start_s + max(main_s / ways, pool.unit_s[0]),
        first_s=start_s or pool.unit_s[0], active_j=active_j,
    )  # fmt: skip


def judge(options: Sequence[Option], gpus: float | None = None) -> Video:
    """
    Time, first frame and energy of one video.

    Args:
        options: One per component.
        gpus: GPUs paid for; None: those used.

    Returns:
        The video.

    Source:
        docs/models/streamwise.md, eq. 1 to 3.
    """
    time_s = sum(o.time_s for o in options)
    first_s = sum(o.first_s for o in options)
    active_j = sum(o.active_j for o in options)
    idle_j = sum(o.gpus * o.pool.idle_gpu_w * (time_s - o.time_s) for o in options)
    return Video(
        options=tuple(options),
        gpus=sum(o.gpus for o in options) if gpus is None else gpus, time_s=time_s,
        first_s=first_s, ttff_s=max(first_s, time_s - VIDEO_S),
        energy_j=active_j + idle_j, active_j=active_j,
    )  # fmt: skip


def all_options(pools: Sequence[StagePool], gpus: int) -> list[list[Option]]:
    """Every count of every pool within some GPUs, per component."""
    names = list(dict.fromkeys(p.component for p in pools))
    spare = gpus - (len(names) - 1)
    found = []
    for name in names:
        mine = [p for p in pools if p.component == name]
        many = name in SPLITS
        found.append(
            [
                option(p, count)
                for p in mine
                for count in range(1, (int(spare // p.gpus) if many else 1) + 1)
                if p.gpus * count <= spare
            ]
        )
    return found


def solve(pools: Sequence[StagePool], gpus: int, goal: Goal = "time") -> Video:
    """
    Find the best options for some GPUs by a mixed-integer linear program.

    One option per component. The rule for time is a sum over them, so that time and
    energy are linear; time to first frame is one more variable above both its bounds.

    Args:
        pools: One per component and size; counts are not looked at.
        gpus: GPUs at hand.
        goal: What to make least; idle energy counts.

    Returns:
        The best video.

    Raises:
        ScenarioError: If no options fit.

    Source:
        docs/models/streamwise.md, eq. 4.
    """
    per_component = all_options(pools, gpus)
    options = [o for own in per_component for o in own]
    times_s = np.array([o.time_s for o in options])
    taken = np.array([o.gpus for o in options])
    first_s = np.array([o.first_s for o in options])
    costs = times_s
    if goal == "energy":
        idle_w = taken * np.array([o.pool.idle_gpu_w for o in options])
        # idle GPUs × total time is bilinear; every GPU at hand is taken to idle
        price_w = max(o.pool.idle_gpu_w for o in options)
        costs = np.array([o.active_j for o in options])
        costs = costs + times_s * (price_w * gpus - idle_w)
    n = len(options)
    # the last variable is the time to first frame, above both of its bounds
    costs = np.append(1e-3 * costs if goal == "ttff" else costs, float(goal == "ttff"))
    rows: list[Row] = [
        (np.append(taken, 0.0), -np.inf, float(gpus)),
        (np.append(-first_s, 1.0), 0.0, np.inf),
        (np.append(-times_s, 1.0), -VIDEO_S, np.inf),
    ]
    for a, b in pairwise(np.cumsum([0, *(len(own) for own in per_component)])):
        row = np.zeros(n + 1)
        row[a:b] = 1.0
        rows.append((row, 1.0, 1.0))
    upper, whole = np.append(np.ones(n), np.inf), np.append(np.ones(n), 0.0)
    found = least(costs, rows, upper, whole) if all(per_component) else None
    if found is None:
        raise _too_few(gpus, len(per_component))
    return judge([options[k] for k in np.flatnonzero(found[:n] > 0.5)], gpus)


def naive_video(pools: Sequence[StagePool], lipsync: int = 4) -> Video:
    """One GPU for each component and four for lip-sync: a server, used as it comes."""
    single = [p for p in pools if p.gpus == 1]
    return judge(
        [option(p, lipsync if p.component == "lipsync" else 1) for p in single]
    )


def _too_few(gpus: int, fewest: int) -> ScenarioError:
    return ScenarioError("workflow.gpus", "must hold one instance of every component",
                         gpus, f"the least that can is {fewest}; add GPUs")  # fmt: skip
