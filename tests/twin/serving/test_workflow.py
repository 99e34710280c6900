"""Workflows of stages: graphs, the simulation, conservation, the assignment."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from tests.twin.serving.workflow_ground import critical_path_s, make_ground
from tests.twin.serving.workflow_oracle import ends_of
from twin.errors import ScenarioError
from twin.serving.workflow.assign import Config, Demand, assign
from twin.serving.workflow.graph import (
    Batch,
    Graph,
    Stage,
    make_batch,
    make_graph,
    path_units,
)
from twin.serving.workflow.outcome import workflow_outcome
from twin.serving.workflow.pools import FULL, Failure, Ladder, Rung, StagePool
from twin.serving.workflow.run import run_workflows

NAMES = ("read", "draw", "join")


def pool(
    component: str,
    unit_s: float = 1.0,
    *,
    times_s: tuple[float, float] | None = None,
    **other: object,
) -> StagePool:
    """One instance of two GPUs: 100 W at work, 10 W per GPU that waits."""
    given = {"name": component, "count": 1, "gpus": 2.0, "idle_gpu_w": 10.0}
    given |= {"unit_s": times_s or (unit_s, 0.0), "gpu": "any"}
    given |= {"active_w": (100.0, 100.0)}
    return StagePool(component=component, **(given | other))  # type: ignore[arg-type]


def diamond() -> Graph:
    """read 2, then draw 3 and draw 5, then join 1."""
    return make_graph(
        [
            Stage(name="end", component="join", units=(1, 0), after=("a", "b")),
            Stage(name="a", component="draw", units=(3, 0), after=("start",)),
            Stage(name="b", component="draw", units=(5, 0), after=("start",)),
            Stage(name="start", component="read", units=(2, 0)),
        ],
        NAMES,
    )


def one(graph: Graph, *, at: float = 0.0, limit: float = 100.0) -> Batch:
    """A single workflow."""
    return make_batch([graph], np.array([at]), np.array([limit]))


def chain(units: list[float], names: tuple[str, ...] = ("read",)) -> Graph:
    """Stages of the first component that need nothing."""
    return make_graph(
        [
            Stage(name=str(k), component=names[0], units=(u, 0.0))
            for k, u in enumerate(units)
        ],
        names,
    )


def ends(batch: Batch, graph: Graph, ended_s: np.ndarray) -> dict[str, float]:
    """End of each stage by name."""
    return dict(zip(graph.names, ended_s.tolist(), strict=True))


# --- graphs -----------------------------------------------------------------------


def test_the_critical_path_is_the_longest_way_through() -> None:
    seconds = np.array([[1.0, 0.0], [1.0, 0.0], [1.0, 0.0]])

    assert critical_path_s(diamond(), seconds) == 2 + 5 + 1


def test_the_path_to_the_first_output_counts_units_by_component() -> None:
    units = path_units(diamond(), np.ones((3, 2)))

    assert_allclose(units[:, 0], [2, 5, 1])


def test_stages_are_ordered_by_what_they_need() -> None:
    names = diamond().names

    assert names[0] == "start"
    assert names[-1] == "end"


def test_two_kinds_of_work_add_up() -> None:
    graph = make_graph([Stage(name="x", component="read", units=(3, 2))], ("read",))

    assert critical_path_s(graph, np.array([[1.0, 10.0]])) == 23.0


@pytest.mark.parametrize(
    ("stages", "said"),
    [
        pytest.param([], "stages must not be empty", id="nothing"),
        pytest.param(
            [Stage(name="a", component="read", units=(1, 0), after=("b",)),
             Stage(name="b", component="read", units=(1, 0), after=("a",))],
            "circle, got 'a, b'", id="circle",
        ),
        pytest.param(
            [Stage(name="a", component="paint", units=(1, 0))],
            "known, got 'paint'", id="unknown component",
        ),
        pytest.param(
            [Stage(name="a", component="read", units=(1, 0), after=("z",))],
            "name a stage, got 'z'", id="unknown stage",
        ),
        pytest.param(
            [Stage(name="a", component="read", units=(1, 0))] * 2,
            "unique, got 'a'", id="twice the same name",
        ),
        pytest.param(
            [Stage(name="a", component="read", units=(-1, 0))],
            "not be negative", id="negative work",
        ),
    ],
)  # fmt: skip
def test_a_graph_that_cannot_be_is_refused(stages: list[Stage], said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        make_graph(stages, NAMES)


# --- the simulation by hand -------------------------------------------------------


def test_a_workflow_alone_takes_its_critical_path() -> None:
    graph = diamond()
    pools = [pool("read"), pool("draw", count=2), pool("join")]

    result = run_workflows(one(graph, at=10.0), pools, horizon_s=100.0)

    assert ends(one(graph), graph, result.ended_s) == {
        "start": 12.0, "a": 15.0, "b": 17.0, "end": 18.0,
    }  # fmt: skip
    assert result.done_s[0] == 8.0


def test_one_instance_runs_the_more_urgent_branch_first() -> None:
    # due: end 100, so a and b by 99; equal, so the lower number ("a") goes first
    graph = diamond()

    result = run_workflows(one(graph), [pool(n) for n in NAMES], horizon_s=100.0)

    assert ends(one(graph), graph, result.ended_s) == {
        "start": 2.0, "a": 5.0, "b": 10.0, "end": 11.0,
    }  # fmt: skip


def test_energy_is_active_and_idle_by_hand() -> None:
    # 11 s of work at 100 W; three instances idle at 20 W for 3 x 100 - 11 s
    result = run_workflows(one(diamond()), [pool(n) for n in NAMES], horizon_s=100.0)

    assert result.energy_j == pytest.approx(11 * 100 + (300 - 11) * 20)
    assert result.gpu_hours == pytest.approx(3 * 2 * 100 / 3600)


@pytest.mark.parametrize(
    ("limit", "attained"),
    [
        pytest.param(50.0, 1.0, id="deadline still ahead: not known, left out"),
        pytest.param(2.0, 0.5, id="deadline passed: missed"),
    ],
)
def test_of_workflows_under_way_only_the_late_ones_count(limit, attained) -> None:
    batch = make_batch([diamond()], np.array([0.0, 12.0]), np.array([50.0, limit]))
    result = run_workflows(batch, [pool(n) for n in NAMES], horizon_s=15.0)

    outcome = workflow_outcome(
        make_ground(horizon_s=15.0), batch, result, key="some", label="Some",
        output_tokens=np.zeros(2),
    )  # fmt: skip

    assert (outcome.finished, outcome.in_flight) == (1, 1)
    assert outcome.attained_frac == attained
    assert "peak power is the largest mean over 300 s" in outcome.notes[-1]


def test_deadlines_run_back_along_the_graph() -> None:
    graph = diamond()
    batch = one(graph, at=10.0, limit=30.0)

    result = run_workflows(batch, [pool(n) for n in NAMES], horizon_s=100.0)

    assert ends(batch, graph, result.due_s) == {
        "end": 40.0, "a": 39.0, "b": 39.0, "start": 34.0,
    }  # fmt: skip


def test_outputs_are_due_when_they_are_played() -> None:
    graph = make_graph(
        [
            Stage(name="0", component="read", units=(4, 0), play_s=0.0),
            Stage(name="1", component="read", units=(4, 0), play_s=3.0),
        ],
        ("read",),
    )

    result = run_workflows(one(graph, limit=5.0), [pool("read")], horizon_s=50.0)

    assert result.due_s.tolist() == [5.0, 8.0]
    assert result.first_output_s[0] == 4.0
    assert result.start_s[0] == 5.0  # the second ends at 8, played 3 after the start
    assert result.on_time[0]


@pytest.mark.parametrize(
    ("order", "first"),
    [
        pytest.param("ready", 0, id="first come first served"),
        pytest.param("deadline", 1, id="earliest deadline"),
    ],
)
def test_the_queue_follows_its_order(order: str, first: int) -> None:
    # a stage of 10 s is running; then one due at 500, then one due at 50 arrive
    batch = make_batch(
        [chain([10.0])], np.array([0.0, 1.0, 2.0]), np.array([99.0, 499.0, 48.0])
    )

    result = run_workflows(batch, [pool("read")], horizon_s=100.0, order=order)  # type: ignore[arg-type]

    assert result.started_s[1 + first] == 10.0


def test_a_stage_goes_where_it_ends_first_even_if_it_must_wait() -> None:
    # fast instance busy until 4, then 2 s; the slow one is free but takes 10 s
    pools = [
        pool("read", unit_s=1.0, name="fast"), pool("read", unit_s=5.0, name="slow"),
    ]  # fmt: skip
    batch = make_batch(
        [chain([4.0]), chain([2.0])],
        np.array([0.0, 1.0]),
        np.array([99.0, 99.0]),
        graph=np.array([0, 1]),
    )

    result = run_workflows(batch, pools, horizon_s=100.0)

    assert result.ended_s.tolist() == [4.0, 6.0]


LADDER = Ladder(
    rungs=(FULL, Rung(name="half", work_frac=0.5, quality_frac=0.8)),
    components=("read",),
)


@pytest.mark.parametrize(
    ("limit_s", "margin_s", "end_s", "quality"),
    [
        pytest.param(10.0, 0.0, 10.0, 1.0, id="in time as it is"),
        pytest.param(9.0, 0.0, 5.0, 0.8, id="in time at half the work"),
        pytest.param(10.0, 1.0, 5.0, 0.8, id="too near the deadline"),
        pytest.param(1.0, 0.0, 5.0, 0.8, id="late in any case, so the lowest"),
    ],
)
def test_quality_gives_way_to_the_deadline(
    limit_s: float, margin_s: float, end_s: float, quality: float
) -> None:
    ladder = Ladder(rungs=LADDER.rungs, components=LADDER.components, margin_s=margin_s)

    result = run_workflows(
        one(chain([10.0]), limit=limit_s), [pool("read")], horizon_s=50.0, ladder=ladder
    )

    assert result.ended_s[0] == end_s
    assert result.quality_frac[0] == quality
    assert result.active_j[0] == end_s * 100.0


def test_a_component_off_the_ladder_keeps_its_quality() -> None:
    ladder = Ladder(rungs=LADDER.rungs, components=("draw",))

    result = run_workflows(
        one(chain([10.0]), limit=1.0), [pool("read")], horizon_s=50.0, ladder=ladder
    )

    assert result.ended_s[0] == 10.0
    assert result.quality_frac[0] == 1.0


def test_slots_share_the_gpus_and_the_power_of_their_instance() -> None:
    shared = pool("read", slots=4, active_w=(100.0, 0.0))

    result = run_workflows(one(chain([10.0] * 4)), [shared], horizon_s=10.0)

    assert result.ended_s.tolist() == [10.0] * 4
    assert result.energy_j == pytest.approx(100.0 * 10)
    assert result.gpu_hours == pytest.approx(2 * 10 / 3600)


def test_a_group_keeps_to_its_own_instances() -> None:
    pools = [pool("read", name=f"{g}", group=g) for g in (0, 1)]
    batch = make_batch([chain([10.0])], np.zeros(3), np.full(3, 99.0))

    result = run_workflows(
        batch, pools, horizon_s=50.0, group=np.array([0, 0, 1], dtype=np.int64)
    )

    assert result.ended_s.tolist() == [10.0, 20.0, 10.0]


def test_what_a_failure_cuts_starts_again_elsewhere() -> None:
    # runs 4 of 10 s, fails; again from 4 to 14 on the other; 4 s at 100 W are lost
    pools = [pool("read", count=2)]
    broken = Failure(at_s=4.0, pool="read", slot=0, repair_s=6.0)

    result = run_workflows(one(chain([10.0])), pools, horizon_s=20.0, failures=[broken])

    assert result.ended_s[0] == 14.0
    assert (result.starts, result.ends, result.lost, result.running) == (2, 1, 1, 0)
    assert_allclose(result.busy_s, [4.0, 10.0])
    assert_allclose(result.down_s, [6.0, 0.0])
    assert result.energy_j == pytest.approx(14 * 100 + (10 + 10) * 20)


def test_the_only_instance_takes_up_its_queue_after_repair() -> None:
    broken = Failure(at_s=4.0, pool="read", slot=0, repair_s=6.0)

    result = run_workflows(
        one(chain([5.0])), [pool("read")], horizon_s=50.0, failures=[broken]
    )

    assert result.ended_s[0] == 15.0


def test_nothing_ends_where_nothing_is_ever_repaired() -> None:
    broken = Failure(at_s=4.0, pool="read", slot=0, repair_s=float("inf"))

    result = run_workflows(
        one(chain([5.0])), [pool("read")], horizon_s=50.0, failures=[broken]
    )

    assert np.isnan(result.done_s[0])
    assert not result.on_time[0]
    assert result.down_s[0] == 46.0


def test_what_runs_at_the_horizon_counts_its_joules() -> None:
    result = run_workflows(one(chain([10.0])), [pool("read")], horizon_s=4.0)

    assert result.running == 1
    assert result.energy_j == 400.0


def test_a_component_without_instances_is_refused() -> None:
    with pytest.raises(ScenarioError, match="no instance for 'join'"):
        run_workflows(one(diamond()), [pool("read"), pool("draw")], horizon_s=9.0)


def test_a_failure_of_no_slot_is_refused() -> None:
    broken = Failure(at_s=0.0, pool="read", slot=1, repair_s=1.0)

    with pytest.raises(ScenarioError, match=r"read\[1\].*read\[0..0\]"):
        run_workflows(
            one(chain([1.0])), [pool("read")], horizon_s=9.0, failures=[broken]
        )


# --- laws -------------------------------------------------------------------------


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Batch, list[StagePool], list[Failure], float]:
    """Random graphs, pools, arrivals and failures; times on an odd grid."""
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    graphs = []
    for _ in range(rng.integers(1, 4)):
        size = int(rng.integers(1, 9))
        graphs.append(
            make_graph(
                [
                    Stage(
                        name=str(k),
                        component=NAMES[rng.integers(3)],
                        units=(float(rng.uniform(0.1, 4)), float(rng.uniform(0, 2))),
                        after=tuple(str(m) for m in range(k) if rng.random() < 0.3),
                    )
                    for k in range(size)
                ],
                NAMES,
            )
        )
    n = int(rng.integers(1, 15))
    batch = make_batch(
        graphs,
        np.sort(rng.uniform(0, 30, n)),
        rng.uniform(1, 40, n),
        graph=rng.integers(len(graphs), size=n),
    )
    pools = [
        pool(
            name, name=f"{name} {k}", count=int(rng.integers(1, 3)),
            slots=int(rng.integers(1, 3)), times_s=tuple(rng.uniform(0.3, 3, 2)),
            active_w=tuple(rng.uniform(50, 200, 2)),
        )
        for name in NAMES
        for k in range(rng.integers(1, 3))
    ]  # fmt: skip
    failures = []
    for _ in range(rng.integers(0, 5)):
        hit = pools[rng.integers(len(pools))]
        failures.append(
            Failure(
                at_s=float(rng.uniform(0, 50)),
                pool=hit.name,
                slot=int(rng.integers(hit.count * hit.slots)),
                repair_s=float(rng.choice([rng.uniform(0.5, 20), np.inf])),
            )
        )
    return batch, pools, failures, float(rng.uniform(20, 80))


@settings(max_examples=60, deadline=None)
@given(worlds(), st.sampled_from(["ready", "deadline"]), st.booleans())
def test_stages_seconds_and_joules_balance(
    world: tuple[Batch, list[StagePool], list[Failure], float], order: str, steps: bool
) -> None:
    batch, pools, failures, horizon_s = world

    result = run_workflows(
        batch, pools, horizon_s=horizon_s, order=order, failures=failures,  # type: ignore[arg-type]
        ladder=LADDER if steps else None, record_s=7.0,
    )  # fmt: skip

    ended = ~np.isnan(result.ended_s)
    assert result.starts == result.ends + result.lost + result.running
    assert result.ends == ended.sum()
    assert np.all(result.busy_s + result.down_s <= horizon_s + 1e-6)
    per_pool_j = np.bincount(result.slot_pool, result.active_j, minlength=len(pools))
    assert_allclose(result.pool_active_j.sum(axis=1), per_pool_j, atol=1e-6)
    assert_allclose(result.pool_busy_s.sum(), result.busy_s.sum(), atol=1e-6)
    assert np.all(result.queued >= 0)
    if not failures:  # with none down, the course in time has every joule
        length_s = np.diff(np.append(np.arange(0, horizon_s, 7.0), horizon_s))
        assert_allclose((result.pool_power_w * length_s).sum(), result.energy_j)


@settings(max_examples=60, deadline=None)
@given(worlds(), st.sampled_from(["ready", "deadline"]))
def test_no_stage_starts_before_what_it_needs_and_no_slot_runs_two(
    world: tuple[Batch, list[StagePool], list[Failure], float], order: str
) -> None:
    batch, pools, failures, horizon_s = world

    result = run_workflows(
        batch,
        pools,
        horizon_s=horizon_s,
        order=order,
        failures=failures,  # type: ignore[arg-type]
    )

    for k in range(batch.component.size):
        for n in batch.next_node[batch.next_start[k] : batch.next_start[k + 1]]:
            if not np.isnan(result.started_s[n]):
                assert result.ended_s[k] <= result.started_s[n]
    for slot in range(result.busy_s.size):
        mine = np.flatnonzero((result.slot == slot) & ~np.isnan(result.ended_s))
        mine = mine[np.argsort(result.started_s[mine])]
        assert np.all(result.ended_s[mine][:-1] <= result.started_s[mine][1:] + 1e-9)


@settings(max_examples=60, deadline=None)
@given(worlds(), st.sampled_from(["ready", "deadline"]))
def test_ends_are_those_of_the_plain_rules(
    world: tuple[Batch, list[StagePool], list[Failure], float], order: str
) -> None:
    batch, pools, failures, horizon_s = world

    result = run_workflows(
        batch,
        pools,
        horizon_s=horizon_s,
        order=order,
        failures=failures,  # type: ignore[arg-type]
    )

    expected = np.full(batch.component.size, np.nan)
    by_deadline = order == "deadline"
    for node, end in ends_of(
        batch, pools, horizon_s, by_deadline=by_deadline, failures=tuple(failures)
    ).items():
        expected[node] = end
    assert_allclose(result.ended_s, expected, rtol=1e-9)


# --- the assignment ---------------------------------------------------------------


def configs() -> list[Config]:
    """Two ways to read and two to draw: good and slow, poor and quick."""
    return [
        Config(pool=pool("read", 4.0, name="good read"), quality_frac=1.0),
        Config(pool=pool("read", 1.0, name="poor read"), quality_frac=0.9),
        Config(pool=pool("draw", 6.0, name="good draw", gpus=4.0), quality_frac=1.0),
        Config(pool=pool("draw", 2.0, name="poor draw", gpus=1.0), quality_frac=0.8),
    ]


def demand(**other: object) -> Demand:
    """One unit of each, a tenth of a workflow per second."""
    ones = np.array([[1.0, 0.0], [1.0, 0.0]])
    given = {"name": "paint", "rate_s": 0.1, "units": ones, "path": ones}
    given |= {"limit_s": 20.0, "quality_floor": 0.0}
    return Demand(**(given | other))  # type: ignore[arg-type]


def by_hand(limit_s: float, floor: float, busy: float = 0.7) -> float:
    """Least GPUs over all choices."""
    found = []
    every = configs()
    for a, b in product(every[:2], every[2:]):
        pair = (a, b)
        latency_s = sum(c.pool.unit_s[0] for c in pair)
        quality = a.quality_frac * b.quality_frac
        if latency_s > limit_s or quality < floor - 1e-12:
            continue
        counts = [np.ceil(0.1 * c.pool.unit_s[0] / busy - 1e-9) for c in pair]
        found.append(sum(n * c.pool.gpus for n, c in zip(counts, pair, strict=True)))
    return float(min(found))


@pytest.mark.parametrize(
    ("limit_s", "floor"),
    [
        pytest.param(20.0, 0.0, id="anything goes"),
        pytest.param(20.0, 0.8, id="some quality"),
        pytest.param(20.0, 1.0, id="the best"),
        pytest.param(7.0, 0.9, id="quick and fair"),
    ],
)
def test_the_program_finds_what_trying_everything_finds(
    limit_s: float, floor: float
) -> None:
    found = assign(
        ("read", "draw"), configs(), [demand(limit_s=limit_s, quality_floor=floor)],
        gpu_limit=99, goal="gpus",
    )  # fmt: skip

    assert found.gpus == by_hand(limit_s, floor)
    assert found.latency_s["paint"] <= limit_s
    assert found.quality_frac["paint"] >= floor - 1e-9


def test_workflows_share_instances() -> None:
    # 0.04 x 1 s of reading each: one instance carries both, one each would not
    light = [
        demand(name=name, rate_s=0.04, quality_floor=0.72) for name in ("one", "two")
    ]

    together = assign(("read", "draw"), configs(), light, gpu_limit=99, goal="gpus")
    alone = assign(("read", "draw"), configs(), light[:1], gpu_limit=99, goal="gpus")

    assert together.gpus == alone.gpus


@pytest.mark.parametrize(
    ("given", "gpus", "said"),
    [
        pytest.param({"limit_s": 2.0}, 99, "latency.*2 s.*reachable is 3 s", id="time"),
        pytest.param(
            {"quality_floor": 1.01}, 99, "quality.*1.01.*reachable is 1;", id="quality"
        ),
        pytest.param(
            {"limit_s": 9.0, "quality_floor": 1.0}, 99,
            "latency.*9 s at 1.*that quality is 10 s", id="time at that quality",
        ),
        pytest.param(
            {"rate_s": 10.0}, 9, "gpu_limit.*9.*least that does has 59 GPUs", id="GPUs"
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_met_is_named_with_the_best_that_can(
    given: dict[str, float], gpus: float, said: str
) -> None:
    # 10 per second: 15 poor readers of 2 GPUs and 29 poor drawers of 1
    with pytest.raises(ScenarioError, match=said):
        assign(("read", "draw"), configs(), [demand(**given)], gpu_limit=gpus)
