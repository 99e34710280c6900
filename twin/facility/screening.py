"""
N-1 and N-2: every failure and every pair at the site's worst hour, ranked.

Each case is followed event by event (`twin.facility.cascade`): the survivors' load is
computed, breakers heat and trip in their order, and the cap lands somewhere between.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import combinations

import numpy as np

from twin.errors import Cancelled, ScenarioError
from twin.facility import cascade
from twin.facility.cascade import Stage
from twin.power.network import Network
from twin.power.protection import protection_step
from twin.types import BoolArray, FloatArray, IntArray

BLOCK = 512
"""Cases between two looks at progress and cancel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """
    One failure, or a pair of them, followed to its end.

    Args:
        failed: Names of the nodes lost at time zero.
        lost_servers: Servers without power at the end.
        lost_at_once: Of these, without power from the first moment.
        trips: Breakers that tripped.
        first_trip_s: Time to the first trip, infinite for none. [s]
        worst_node: Node that comes nearest to its limit, "" for none.
        worst_frac: Its load ÷ its limit right after the failure.
        race_node: Breaker that would trip first without a cap, "" for none.
        race_trip_s: When it would. [s]
        cap_lands_s: From an overload to the cap that holds. [s]
        saved_by_cap: Whether a breaker was on its way and the cap came first.
        slowed_servers: Servers with power that a cap slows at the end.
        slo_damage_frac: Part of that hour's work that nobody has room for, or that
            a cap makes slower than its median may be. 0..1
    """

    failed: tuple[str, ...]
    lost_servers: int
    lost_at_once: int
    trips: int
    first_trip_s: float
    worst_node: str
    worst_frac: float
    race_node: str
    race_trip_s: float
    cap_lands_s: float
    saved_by_cap: bool
    slowed_servers: int
    slo_damage_frac: float

    @property
    def binding(self) -> str:
        """The constraint that binds, in words."""
        if not self.worst_node:
            return "nothing else carries load"
        lost = " and ".join(self.failed)
        return f"{self.worst_node} at {100 * self.worst_frac:.0f} % on loss of {lost}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One event of a cascade: a trip at a load ratio, or the cap that lands."""

    t_s: float
    node: str
    ratio: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Screening:
    """
    Every case, worst first.

    Args:
        cases: Cases in order of servers lost, time to the first trip, SLO damage.
        single: How many single failures were followed.
        pairs: How many pairs.
        worst_t_s: The hour the loads are taken from. [s]
        server_count: Servers of the site.
        failover_w: Highest load of each node under any single failure of another.
            [W], shape (nodes,)
        failover_cause: That failure's node per node, -1 for none.
    """

    cases: tuple[Case, ...]
    single: int
    pairs: int
    worst_t_s: float
    server_count: int
    failover_w: FloatArray
    failover_cause: IntArray


def screen_site(
    network: Network,
    stage: Stage,
    *,
    worst_t_s: float,
    pairs: bool = True,
    keep: int = 400,
    workers: int = 2,
    on_progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Screening:
    """
    Follow every failure of one node, and of two.

    Args:
        network: The site.
        stage: Loads of the worst hour, limits and breakers.
        worst_t_s: When that hour is. [s]
        pairs: Whether pairs are followed too.
        keep: Pairs kept, worst first; single failures are all kept.
        workers: Threads.
        on_progress: Told the part done, 0..1.
        cancelled: Asked between blocks.

    Returns:
        The screening.

    Raises:
        Cancelled: If asked to stop.
    """
    nodes = np.arange(network.rack_first)
    alone = np.column_stack([nodes, np.full(nodes.size, -1)])
    both = np.array(list(combinations(nodes, 2)) if pairs else [], dtype=np.int64)
    cases = np.vstack([alone, both.reshape(-1, 2)])
    outcomes = np.zeros((len(cases), cascade.OUTCOMES))
    blocks = [slice(k, k + BLOCK) for k in range(0, len(cases), BLOCK)]
    done = 0

    def run(block: slice) -> None:
        if cancelled is not None and cancelled():
            raise Cancelled
        work = cascade.scratch(stage)
        cascade.screen(stage, work, cases[block], outcomes[block])

    with ThreadPoolExecutor(workers) as pool:
        for _ in pool.map(run, blocks):
            done += 1
            if on_progress is not None:
                on_progress(done / len(blocks))
    found = [
        _case(network, stage, cases[k], outcomes[k])
        for k in _kept(outcomes, len(nodes), keep)
    ]
    found.sort(
        key=lambda c: (
            -c.lost_servers, c.first_trip_s, -c.slo_damage_frac, -c.worst_frac
        )
    )  # fmt: skip
    failover_w, cause = failover(network, stage)
    return Screening(
        cases=tuple(found), single=len(alone), pairs=len(both), worst_t_s=worst_t_s,
        server_count=int(stage.servers.sum()), failover_w=failover_w,
        failover_cause=cause,
    )  # fmt: skip


def _kept(outcomes: FloatArray, single: int, keep: int) -> IntArray:
    """All single failures, and the worst pairs."""
    pairs = outcomes[single:]
    order = np.lexsort(
        (
            -pairs[:, cascade.WORST_FRAC],
            -pairs[:, cascade.SLO_DAMAGE],
            pairs[:, cascade.FIRST_TRIP_S],
            -pairs[:, cascade.LOST_SERVERS],
        )
    )
    return np.concatenate([np.arange(single), single + order[:keep]])


def _case(network: Network, stage: Stage, case: IntArray, outcome: FloatArray) -> Case:
    def name(index: float) -> str:
        return network.nodes[int(index)].name if index >= 0 else ""

    return Case(
        failed=tuple(name(i) for i in case if i >= 0),
        lost_servers=int(outcome[cascade.LOST_SERVERS]),
        lost_at_once=int(outcome[cascade.LOST_AT_ONCE]),
        trips=int(outcome[cascade.TRIPS]),
        first_trip_s=float(outcome[cascade.FIRST_TRIP_S]),
        worst_node=name(outcome[cascade.WORST_NODE]),
        worst_frac=float(outcome[cascade.WORST_FRAC]),
        race_node=name(outcome[cascade.RACE_NODE]),
        race_trip_s=float(outcome[cascade.RACE_TRIP_S]),
        cap_lands_s=stage.cap_lands_s,
        saved_by_cap=bool(outcome[cascade.SAVED_BY_CAP]),
        slowed_servers=int(outcome[cascade.SLOWED_SERVERS]),
        slo_damage_frac=float(outcome[cascade.SLO_DAMAGE]),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """
    One failure, step by step.

    Args:
        case: How it ends.
        steps: What happens, in order.
        before_w: Output of every node before the failure. [W], shape (nodes,)
        out_w: The same after the failure and after each step; NaN where dead. [W],
            shape (steps + 1, nodes)
        heat: State of each protection at those moments; 1 trips. Same shape.
        race: The first overloaded breaker against the cap; None without one.
    """

    case: Case
    steps: tuple[Step, ...]
    before_w: FloatArray
    out_w: FloatArray
    heat: FloatArray
    race: Race | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Race:
    """
    A breaker's way to its trip on one time axis with the cap.

    Args:
        node: The breaker.
        t_s: Time since the failure. [s]
        without_cap: State of the protection if no cap comes; 1 trips.
        with_cap: The same if the cap lands when it does.
        ratio_before: Load ÷ setting until the cap lands.
        ratio_after: Load ÷ setting from then on.
        cap_lands_s: When the cap lands. [s]
        trip_s: When the breaker trips without a cap. [s]
    """

    node: str
    t_s: FloatArray
    without_cap: FloatArray
    with_cap: FloatArray
    ratio_before: float
    ratio_after: float
    cap_lands_s: float
    trip_s: float


RACE_POINTS = 240


def follow_case(network: Network, stage: Stage, failed: tuple[str, ...]) -> Story:
    """
    Follow one failure of any number of nodes and keep its steps.

    Args:
        network: The site.
        stage: Loads, limits and breakers.
        failed: Names of the nodes lost at time zero.

    Returns:
        The story.

    Raises:
        ScenarioError: If a name is unknown.
    """
    for name in failed:
        if name not in network.index:
            near = get_close_matches(name, network.index, n=1) or ["a node of the site"]
            raise ScenarioError(
                field="failed", rule="is not a node", value=name,
                repair=f"did you mean {near[0]}?",
            )  # fmt: skip
    index = np.array([network.index[name] for name in failed], dtype=np.int64)
    n = len(network.nodes)
    steps = np.zeros((cascade.MOST_STEPS, 3))
    frames = np.zeros((cascade.MOST_STEPS + 1, 2, n))
    outcome = np.zeros(cascade.OUTCOMES)
    work = cascade.scratch(stage)
    count = cascade.follow(stage, work, index, steps, outcome, frames)
    found = tuple(
        Step(
            t_s=float(t), node=network.nodes[int(node)].name if node >= 0 else "",
            ratio=float(ratio),
        )
        for t, node, ratio in steps[:count]
    )  # fmt: skip
    case = _case(network, stage, index, outcome)
    return Story(
        case=case, steps=found, before_w=_loads(stage, work, -1),
        out_w=frames[: count + 1, 0], heat=frames[: count + 1, 1],
        race=_race(network, stage, case, frames[0, 0], index),
    )  # fmt: skip


def _race(
    network: Network, stage: Stage, case: Case, out_w: FloatArray, failed: IntArray
) -> Race | None:
    if not case.race_node or math.isinf(case.race_trip_s):
        return None
    i = network.index[case.race_node]
    row, start = stage.protect[i], float(stage.heat[i])
    before = float(out_w[i] / stage.protect_w[i])
    work = cascade.scratch(stage)
    work.down[failed] = True
    cascade.settle(stage, work)
    cascade.mark_overloaded(stage, work)
    cascade.land_cap(stage, work)
    cascade.settle(stage, work)
    after = float(work.out_w[i] / stage.protect_w[i])
    cap_s = case.cap_lands_s
    finite = [t for t in (case.race_trip_s, cap_s) if math.isfinite(t)]
    t_s = np.linspace(0.0, 1.5 * max(finite), RACE_POINTS)
    alone = [protection_step(row, before, start, t) for t in t_s]
    at_cap = protection_step(row, before, start, cap_s) if math.isfinite(cap_s) else 0.0
    capped = [
        protection_step(row, before, start, t) if t <= cap_s
        else protection_step(row, after, at_cap, t - cap_s)
        for t in t_s
    ]  # fmt: skip
    return Race(
        node=case.race_node, t_s=t_s, without_cap=np.minimum(alone, 1.0),
        with_cap=np.minimum(capped, 1.0), ratio_before=before, ratio_after=after,
        cap_lands_s=cap_s, trip_s=case.race_trip_s,
    )  # fmt: skip


def failover(network: Network, stage: Stage) -> tuple[FloatArray, IntArray]:
    """
    Highest load of each node when any single other node is lost.

    Args:
        network: The site.
        stage: Loads of the worst hour.

    Returns:
        Load [W] and the index of the node whose loss causes it, -1 where no loss
        raises it. Shape (nodes,)
    """
    most = normal_w(stage)
    cause = np.full(most.size, -1, dtype=np.int64)
    for lost, out_w, _ in losses_of_one(network, stage):
        higher = out_w > most * (1 + 1e-12)
        most[higher] = out_w[higher]
        cause[higher] = lost
    return most, cause


def normal_w(stage: Stage) -> FloatArray:
    """Output of every node with nothing lost. [W], shape (nodes,)"""
    return _loads(stage, cascade.scratch(stage), -1)


def losses_of_one(
    network: Network, stage: Stage
) -> Iterator[tuple[int, FloatArray, BoolArray]]:
    """Index of each node that may be lost; every node's output [W] and life then."""
    work = cascade.scratch(stage)
    for lost in range(network.rack_first):
        yield lost, _loads(stage, work, lost), work.live.copy()


def _loads(stage: Stage, work: cascade.Scratch, lost: int) -> FloatArray:
    work.down[:] = False
    work.capped[:] = False
    if lost >= 0:
        work.down[lost] = True
    cascade.settle(stage, work)
    return work.out_w.copy()


def race_words(case: Case) -> str:
    """Say who wins: the cap or the breaker."""
    if not case.race_node:
        return "no breaker is overloaded"
    trip = f"{case.race_node} would trip after {case.race_trip_s:.0f} s"
    if math.isinf(case.race_trip_s):
        return f"{case.race_node} is overloaded but holds"
    cap = f"the cap lands after {case.cap_lands_s:.0f} s"
    return f"{trip}, {cap}: " + ("saved" if case.saved_by_cap else "too late")
