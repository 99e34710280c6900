"""
N-1 and N-2: every failure and every pair at the site's worst hour, ranked.

Failures are nodes, single modules of a node, parts of a hall's cooling, and the path
that commands take. Each case is followed event by event (`twin.facility.cascade`):
the survivors' load is computed, breakers heat and trip in their order, the cap lands
somewhere between, and halls get warm.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np

from twin.errors import Cancelled, ScenarioError
from twin.facility import cascade
from twin.facility.cascade import Stage
from twin.power.network import Network
from twin.power.protection import protection_step
from twin.types import BoolArray, FloatArray, IntArray

BLOCK = 512
"""Cases between two looks at progress and cancel."""
COMMAND_PATH = "command path"
_PARTS = {
    cascade.AIR_HANDLER: "air handler",
    cascade.CHILLER: "chiller",
    cascade.CDU_PUMP: "CDU pump",
}


def failures_of(
    network: Network, stage: Stage, halls: tuple[str, ...]
) -> dict[str, int]:
    """
    Everything that can fail, by name, and its number for the compiled code.

    Args:
        network: The site.
        stage: Its loads; parts of cooling that a plant does not have are NaN there.
        halls: Names of its halls.
    """
    n = network.rack_first
    found = {network.nodes[i].name: i for i in range(n)}
    for i in range(n):
        if stage.modules[i, 0] > 1:
            found[f"{network.nodes[i].name} module"] = n + i
    for h, hall in enumerate(halls):
        for part, title in _PARTS.items():
            if not math.isnan(stage.hot_after_s[h, part]):
                number = 2 * n + cascade.HALL_PARTS * h + part
                found[f"{hall} {title}"] = number
    if stage.cap_lands_s.size:
        found[COMMAND_PATH] = 2 * n + cascade.HALL_PARTS * stage.cooling_node.size
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """
    One failure, or a pair of them, followed to its end.

    Args:
        failed: Names of what is lost at time zero.
        lost_servers: Servers without power, restarting or too hot at the end.
        lost_at_once: Of these, from the first moment; minutes of a store that has
            lost its feed for good are not counted.
        trips: Breakers that tripped.
        first_trip_s: Time to the first trip, infinite for none. [s]
        worst_node: Node that comes nearest to its limit, "" for none.
        worst_frac: Its load ÷ its limit right after the failure.
        race_node: Breaker that would trip first without a cap, "" for none.
        race_trip_s: When it would. [s]
        cap_lands_s: From an overload to the first cap that holds; infinite where
            none comes. [s]
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
    """
    One event of a cascade.

    Args:
        t_s: When, from the failure. [s]
        what: "trip", "cap" or "hot".
        node: The breaker that trips, or the hall that gets too hot.
        ratio: Load ÷ setting of the breaker; of a cap its number, the first is 1.
    """

    t_s: float
    what: str
    node: str
    ratio: float

    @property
    def words(self) -> str:
        """What happens, in words."""
        if self.what == "cap":
            return "the cap lands" if self.ratio == 1 else "a deeper cap lands"
        if self.what == "hot":
            return f"{self.node} is too hot: its servers switch off"
        return f"{self.node} trips at {100 * self.ratio:.0f} %"


@dataclass(frozen=True, slots=True, kw_only=True)
class Screening:
    """
    Every case, worst first.

    Args:
        cases: Cases in order of servers lost, time to the first trip, SLO damage.
        single: How many single failures were followed.
        pairs: How many pairs.
        planned_out: Nodes that are out of service by plan in every case.
        worst_t_s: The hour the loads are taken from. [s]
        server_count: Servers of the site.
        failover_w: Highest load of each node under any single failure of another.
            [W], shape (nodes,)
        failover_cause: That failure's node per node, -1 for none.
    """

    cases: tuple[Case, ...]
    single: int
    pairs: int
    planned_out: tuple[str, ...]
    worst_t_s: float
    server_count: int
    failover_w: FloatArray
    failover_cause: IntArray


def screen_site(
    network: Network,
    stage: Stage,
    halls: tuple[str, ...] = (),
    *,
    pairs: bool = True,
    keep: int = 400,
    workers: int = 2,
    on_progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Screening:
    """
    Follow every failure of one thing, and of two.

    A hall's whole cooling is no one thing: its parts are, and what feeds it.

    Args:
        network: The site.
        stage: Loads of the worst hour, limits and breakers.
        halls: Names of its halls.
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
    failures = failures_of(network, stage, halls)
    names = {number: name for name, number in failures.items()}
    cooling = {node.name for node in network.nodes if node.kind == "cooling"}
    single = [k for name, k in failures.items() if name not in cooling]
    number = np.array(single, dtype=np.int64)
    alone = np.column_stack([number, np.full(number.size, -1)])
    first, second = np.triu_indices(number.size if pairs else 0, k=1)
    both = np.column_stack([number[first], number[second]])
    cases = np.vstack([alone, both])
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
        _case(network, stage, names, cases[k], outcomes[k])
        for k in _kept(outcomes, len(alone), keep)
    ]
    found.sort(
        key=lambda c: (
            -c.lost_servers, c.first_trip_s, -c.slo_damage_frac, -c.worst_frac
        )
    )  # fmt: skip
    failover_w, cause = failover(network, stage)
    return Screening(
        cases=tuple(found), single=len(alone), pairs=len(both),
        planned_out=tuple(network.nodes[i].name for i in np.flatnonzero(stage.out)),
        worst_t_s=stage.worst_t_s, server_count=int(stage.servers.sum()),
        failover_w=failover_w, failover_cause=cause,
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


def _case(
    network: Network, stage: Stage, names: dict[int, str], case: IntArray,
    outcome: FloatArray,
) -> Case:  # fmt: skip
    def name(index: float) -> str:
        return network.nodes[int(index)].name if index >= 0 else ""

    return Case(
        failed=tuple(names[i] for i in case.tolist() if i >= 0),
        lost_servers=int(outcome[cascade.LOST_SERVERS]),
        lost_at_once=int(outcome[cascade.LOST_AT_ONCE]),
        trips=int(outcome[cascade.TRIPS]),
        first_trip_s=float(outcome[cascade.FIRST_TRIP_S]),
        worst_node=name(outcome[cascade.WORST_NODE]),
        worst_frac=float(outcome[cascade.WORST_FRAC]),
        race_node=name(outcome[cascade.RACE_NODE]),
        race_trip_s=float(outcome[cascade.RACE_TRIP_S]),
        cap_lands_s=(
            math.inf
            if not stage.cap_lands_s.size
            or COMMAND_PATH in {names.get(i) for i in case.tolist()}
            else float(stage.cap_lands_s[0])
        ),
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
        ratio_after: Load ÷ setting once the last of a policy's caps has landed.
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


def follow_case(
    network: Network, stage: Stage, failed: tuple[str, ...],
    halls: tuple[str, ...] = (),
) -> Story:  # fmt: skip
    """
    Follow one failure of any number of things and keep its steps.

    Args:
        network: The site.
        stage: Loads, limits and breakers.
        failed: Names of what is lost at time zero, of `failures_of`.
        halls: Names of its halls.

    Returns:
        The story.

    Raises:
        ScenarioError: If a name is unknown.
    """
    known = failures_of(network, stage, halls)
    for name in failed:
        if name not in known:
            near = get_close_matches(name, known, n=1) or ["a node of the site"]
            raise ScenarioError("failed", "is nothing that can fail here", name,
                                f"did you mean {near[0]}?")  # fmt: skip
    index = np.array([known[name] for name in failed], dtype=np.int64)
    n = len(network.nodes)
    steps = np.zeros((cascade.MOST_STEPS, 3))
    frames = np.zeros((cascade.MOST_STEPS + 1, 2, n))
    outcome = np.zeros(cascade.OUTCOMES)
    work = cascade.scratch(stage)
    count = cascade.follow(stage, work, index, steps, outcome, frames)
    found = tuple(_step(network, halls, *step) for step in steps[:count].tolist())
    names = {number: name for name, number in known.items()}
    case = _case(network, stage, names, index, outcome)
    return Story(
        case=case, steps=found, before_w=_loads(stage, work, -1),
        out_w=frames[: count + 1, 0], heat=frames[: count + 1, 1],
        race=_race(network, stage, case, frames[0, 0], index),
    )  # fmt: skip


def _step(
    network: Network, halls: tuple[str, ...], t_s: float, node: float, value: float
) -> Step:
    if node == cascade.CAP_LANDS:
        return Step(t_s=t_s, what="cap", node="", ratio=value)
    if node == cascade.TOO_HOT:
        return Step(t_s=t_s, what="hot", node=halls[int(value)], ratio=0.0)
    return Step(t_s=t_s, what="trip", node=network.nodes[int(node)].name, ratio=value)


def _race(
    network: Network, stage: Stage, case: Case, out_w: FloatArray, failed: IntArray
) -> Race | None:
    if not case.race_node or math.isinf(case.race_trip_s):
        return None
    i = network.index[case.race_node]
    row, start = stage.protect[i], float(stage.heat[i])
    work = cascade.scratch(stage)
    for number in failed.tolist():
        cascade.fail(stage, work, number)
    setting_w = float(work.capacity[i] * stage.protect_w[i])
    before = float(out_w[i]) / setting_w
    ratios = [before]
    caps_s = stage.cap_lands_s if math.isfinite(case.cap_lands_s) else np.empty(0)
    for cap in range(1, caps_s.size + 1):
        cascade.settle(stage, work)
        if cascade.mark_overloaded(stage, work, cap):
            cascade.land_cap(stage, work, cap)
            cascade.settle(stage, work)
        ratios.append(float(work.out_w[i]) / setting_w)
    latest_s = max([case.race_trip_s, *caps_s.tolist()])
    t_s = np.linspace(0.0, 1.5 * latest_s, RACE_POINTS)
    alone = [protection_step(row, before, start, t) for t in t_s]
    capped = [_heated(row, start, ratios, caps_s, t) for t in t_s.tolist()]
    return Race(
        node=case.race_node, t_s=t_s, without_cap=np.minimum(alone, 1.0),
        with_cap=np.minimum(capped, 1.0), ratio_before=before, ratio_after=ratios[-1],
        cap_lands_s=case.cap_lands_s, trip_s=case.race_trip_s,
    )  # fmt: skip


def _heated(
    row: FloatArray, start: float, ratios: list[float], caps_s: FloatArray, t_s: float
) -> float:
    """State of a protection at a time, its load falling with every cap."""
    state, now_s = start, 0.0
    for ratio, until_s in zip(ratios, [*caps_s.tolist(), math.inf], strict=True):
        state = protection_step(row, ratio, state, min(until_s, t_s) - now_s)
        now_s = min(until_s, t_s)
        if now_s >= t_s or state >= 1.0:
            break
    return float(state)


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
    most = np.maximum(normal_w(stage), normal_w(stage._replace(out=stage.out & False)))
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
    work.down[:] = stage.out
    work.capped[:] = 0
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
    if math.isinf(case.cap_lands_s):
        return f"{trip}, and no cap comes"
    cap = f"the cap lands after {case.cap_lands_s:.0f} s"
    return f"{trip}, {cap}: " + ("saved" if case.saved_by_cap else "too late")
