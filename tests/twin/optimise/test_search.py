"""Known optima within stated budgets, and the same answer however it is run."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest

from twin.optimise.search import Dimension, Search
from twin.plan.memo import Memo
from twin.scenario import apply_changes, parse_scenario
from twin.scenario.study import Limit, Objective
from twin.study.questions.base import Ground
from twin.study.questions.row import answer

LINE = Dimension()
SEEDS = [1, 2, 3]


def least(key="f"):
    return Objective(output=key, goal="min")


def run(search, evaluate):
    """Ask until done; outputs in the order asked for."""
    points, outputs = [], []
    while (asked := search.ask()) is not None:
        told = [evaluate(point) for point in asked]
        search.tell(told)
        points += list(asked)
        outputs += told
    return np.array(points), outputs


def found(search, outputs, key="f"):
    assert search.best is not None
    return outputs[search.best][key]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_bowl_of_five_axes_is_found_in_200(seed):
    search = Search([LINE] * 5, [least()], evaluations=200, seed=seed)
    _, outputs = run(search, lambda u: {"f": float(((u - 0.37) ** 2).sum())})

    assert len(outputs) == 200
    assert found(search, outputs) < 0.01  # 200 random points come to about 0.1


def gomez_levy(u):
    """Gomez and Levy (1982): -1.0316 at (0.0898, -0.7127); its twin is cut off."""
    x, y = -1.0 + 1.75 * u[0], -1.0 + 2.0 * u[1]
    f = 4 * x * x - 2.1 * x**4 + x**6 / 3 + x * y - 4 * y * y + 4 * y**4
    g = -math.sin(4 * math.pi * x) + 2 * math.sin(2 * math.pi * y) ** 2
    return {"f": f, "g": g}


@pytest.mark.parametrize("seed", SEEDS)
def test_gomez_and_levy_is_found_within_its_limit_in_300(seed):
    limit = Limit(output="g", at_most=1.5)
    search = Search([LINE] * 2, [least()], [limit], evaluations=300, seed=seed)
    _, outputs = run(search, gomez_levy)

    assert found(search, outputs) == pytest.approx(-1.0316, abs=2e-3)
    assert found(search, outputs, "g") <= 1.5


VALUE = np.array([24, 13, 23, 15, 16, 11, 28, 9])
WEIGHT = np.array([12, 7, 11, 8, 9, 6, 14, 5])


@pytest.mark.parametrize("seed", SEEDS)
def test_a_knapsack_of_eight_whole_axes_is_nearly_full_in_300(seed):
    """Of 65,536 packings the best is known by trying all."""
    best = max(
        int(VALUE @ n) for n in map(np.array, product(range(4), repeat=8))
        if WEIGHT @ n <= 60
    )  # fmt: skip

    def pack(u):
        n = np.round(u * 3.0)
        return {"value": float(VALUE @ n), "weight": float(WEIGHT @ n)}

    search = Search(
        [Dimension(kind="whole", count=4)] * 8,
        [Objective(output="value", goal="max")], [Limit(output="weight", at_most=60.0)],
        evaluations=300, seed=seed,
    )  # fmt: skip
    _, outputs = run(search, pack)

    assert found(search, outputs, "weight") <= 60.0
    assert found(search, outputs, "value") >= 0.94 * best


def test_choices_lists_and_numbers_are_searched_together():
    """The best of each is known: third choice, last of the list, 0.6."""
    dims = [
        Dimension(kind="choice", count=5), Dimension(kind="ordered", count=7), LINE,
    ]  # fmt: skip

    def score(u):
        choice, level = int(u[0] * 5), int(u[1] * 7)
        return {"f": (choice != 2) + (6 - level) / 6 + (u[2] - 0.6) ** 2}

    search = Search(dims, [least()], evaluations=120, seed=4)
    _, outputs = run(search, score)

    assert found(search, outputs) < 0.01


def zdt1(u):
    """Zitzler, Deb and Thiele (2000), of five axes: the front is b = 1 - sqrt(a)."""
    g = 1.0 + 9.0 * float(np.mean(u[1:]))
    return {"a": float(u[0]), "b": g * (1.0 - math.sqrt(float(u[0]) / g))}


def distance(front):
    """Mean distance from the true front to the nearest point found."""
    a = np.linspace(0.0, 1.0, 200)
    true = np.column_stack([a, 1.0 - np.sqrt(a)])
    return np.linalg.norm(true[:, None] - front[None], axis=2).min(axis=1).mean()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_front_of_two_objectives_is_found_in_600(seed):
    search = Search([LINE] * 5, [least("a"), least("b")], evaluations=600, seed=seed)
    _, outputs = run(search, zdt1)
    ours = np.array([[outputs[k]["a"], outputs[k]["b"]] for k in search.front])
    rng = np.random.default_rng(seed)
    drawn = np.array([list(zdt1(u).values()) for u in rng.random((600, 5))])

    assert distance(ours) < 0.25
    assert distance(ours) < 0.3 * distance(drawn)
    assert search.best is not None


def test_the_same_seed_asks_the_same_bytes_and_another_does_not():
    def asked(seed):
        search = Search(
            [LINE, Dimension(kind="choice", count=3)], [least()],
            [Limit(output="g", at_most=0.0)], evaluations=60, seed=seed,
        )  # fmt: skip
        points, _ = run(search, lambda u: {"f": float(u.sum()), "g": 0.3 - u[0]})
        return points.tobytes()

    assert asked(1) == asked(1)
    assert asked(1) != asked(2)


def test_the_middle_and_the_corners_are_asked_for_first():
    search = Search([LINE] * 2, [least()], evaluations=100, batch=5)

    assert search.ask().tolist() == [[0.5, 0.5], [0, 0], [0, 1], [1, 0], [1, 1]]


def test_points_that_could_not_be_answered_are_avoided():
    """Half the square has no answer; the best of the rest lies on its edge."""
    search = Search([LINE] * 2, [least()], evaluations=150, seed=3)

    def only_below(u):
        return None if u[0] >= u[1] else {"f": float((u[0] - 1) ** 2 + u[1] ** 2)}

    points, outputs = run(search, only_below)

    assert found(search, outputs) == pytest.approx(0.5, abs=0.02)
    later = points[75:]
    assert (later[:, 0] < later[:, 1]).mean() > 0.5


def test_nothing_within_the_limits_has_no_best():
    search = Search(
        [LINE], [least()], [Limit(output="f", at_most=-1.0)], evaluations=20
    )
    run(search, lambda u: {"f": float(u[0])})

    assert search.best is None
    assert search.front.size == 0


def test_a_search_without_progress_stops():
    search = Search([LINE] * 2, [least()], evaluations=400, patience=20, seed=1)
    points, _ = run(search, lambda _u: {"f": 1.0})

    assert 100 <= len(points) < 130  # the points that fill the space, and no more


def test_no_point_is_asked_for_twice_and_the_last_ends_it():
    search = Search([Dimension(kind="ordered", count=3)] * 3, [least()], evaluations=90)
    points, _ = run(search, lambda u: {"f": float(u.sum())})

    assert len(points) == 27
    assert len({p.tobytes() for p in points}) == 27


def test_what_is_known_is_built_upon():
    """The floor is known; the first steps are around it."""
    known = [([0.9, 0.9], {"f": 0.0001}), ([0.1, 0.1], None)]
    search = Search([LINE] * 2, [least()], evaluations=24, known=known, seed=2)
    points, _ = run(search, lambda u: {"f": float(((u - 0.905) ** 2).sum()) + 5e-5})

    assert len(points) == 24
    assert np.abs(points - 0.9).max(axis=1).min() < 0.1
    assert search.best is not None


@pytest.mark.parametrize(
    ("value", "name"), [({"evaluations": 0}, "evaluations"), ({"batch": 0}, "batch")]
)
def test_senseless_searches_are_refused(value, name):
    with pytest.raises(ValueError, match=f"{name} must be at least 1, got 0"):
        Search([LINE], [least()], **value)


def test_outputs_come_one_per_point():
    search = Search([LINE], [least()], evaluations=8, batch=4)
    search.ask()
    with pytest.raises(RuntimeError, match="tell the outputs"):
        search.ask()
    with pytest.raises(ValueError, match="got 1 for 4"):
        search.tell([{"f": 1.0}])


# --- the sample row -------------------------------------------------------------------

HOURS = 0.5
COUNTS = range(40, 61)
SLO = {
    "high_p50_impact_frac": 0.01, "high_p99_impact_frac": 0.05,
    "low_p50_impact_frac": 0.05, "low_p99_impact_frac": 0.5, "brakes": 0.0,
}  # fmt: skip


@pytest.fixture(scope="module")
def row():
    """Answer a plan of the sample row over half an afternoon's hour."""
    base = parse_scenario({
        "horizon": {"start": "2026-01-05T15:00:00Z", "days": HOURS / 24.0},
    })  # fmt: skip
    memo, ground = Memo(limit=4096), Ground()

    def _row(u):
        t1, t2 = 0.6 + 0.35 * float(u[0]), 0.6 + 0.4 * float(u[1])
        if t1 >= t2:
            return None
        changed = apply_changes(base, {
            "policy.t1_frac": t1, "policy.t2_frac": t2,
            "policy.hysteresis_frac": 0.01 + 0.14 * float(u[2]),
            "fleet.server_count": COUNTS[round(float(u[3]) * (len(COUNTS) - 1))],
        })  # fmt: skip
        return answer(changed, ground, memo)

    return _row


def test_150_plans_are_as_good_as_the_best_of_1000_random_ones(row):
    whole = Dimension(kind="whole", count=len(COUNTS))
    limits = [Limit(output=key, at_most=most) for key, most in SLO.items()]
    search = Search(
        [LINE, LINE, LINE, whole], [Objective(output="server_count", goal="max")],
        limits, evaluations=150, seed=1,
    )  # fmt: skip
    _, outputs = run(search, row)
    best = found(search, outputs, "server_count")
    # more servers than that, and only then is a plan of any use against ours
    rng = np.random.default_rng(11)
    drawn = rng.random((1000, 4))
    more = [u for u in drawn if COUNTS[round(u[3] * (len(COUNTS) - 1))] > best]
    better = [
        o for o in map(row, more)
        if o is not None and not any(lim.passed(o[lim.output]) for lim in limits)
    ]  # fmt: skip

    assert best > 40
    assert outputs[search.best]["meets_slo"] == 1.0
    assert better == []
