"""A study asks what is new, keeps what came out, and does not depend on its engine."""

from __future__ import annotations

import math
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace

import numpy as np
import pytest

from tests.twin.study.conftest import COUNTS, LEVEL, SMALL, InThread, Kept
from twin.errors import Cancelled, ScenarioError, ScenarioErrors
from twin.plan.whatif import what_if
from twin.scenario import apply_changes, parse_scenario
from twin.serving.traffic import Recordings
from twin.study.analysis import analyse
from twin.study.prepare import parse_study, prepare
from twin.study.questions import QUESTIONS, find_question
from twin.study.runner import EngineLostError
from twin.uncertainty.exceedance import exceedance


def figures(finished):
    return [(p.index, p.changes, p.outputs, p.error) for p in finished.points]


def test_each_point_gives_what_the_question_gives_alone(study, answered):
    found = answered(study()).points[4]
    alone = what_if(
        apply_changes(parse_scenario(SMALL), found.changes), Recordings.none()
    )

    assert found.changes == {"fleet.server_count": 5, "workload.load.level": 0.5}
    assert found.outputs["peak_w"] == alone.run.peak_w
    assert found.outputs["energy_wh"] == alone.run.energy_wh


def test_what_was_answered_before_is_not_asked_again(study, answered):
    cache, first, second = Kept(), InThread(), InThread()
    once = answered(study(), engine=first, cache=cache)
    again = answered(study(), engine=second, cache=cache)

    assert figures(once) == figures(again)
    assert first.asked > 0
    assert second.asked == 0
    assert all(p.cached for p in again.points)


def test_another_version_of_the_model_asks_again(study, answered):
    cache, engine = Kept(), InThread()
    answered(study(), cache=cache, stamp="1")
    answered(study(), cache=cache, stamp="2", engine=engine)

    assert engine.asked >= 6


def test_a_study_stopped_half_way_goes_on_where_it_stopped(study, answered):
    cache, seen = Kept(), []

    def after_three():
        return len(seen) >= 3

    with pytest.raises(Cancelled):
        answered(study(), cache=cache, on_points=seen.extend, cancelled=after_three)
    engine = InThread()
    whole = answered(study(), cache=cache, engine=engine)

    assert len(cache.known) > 0
    assert sum(p.cached for p in whole.points) >= 3
    assert figures(whole) == figures(answered(study()))


def test_a_point_that_breaks_a_rule_says_which_and_the_rest_goes_on(study, answered):
    counts = COUNTS | {"values": [1, 4]}
    found = answered(study(axes=[counts])).points

    assert found[0].outputs is None
    assert found[0].error["field"] == "fleet.server_count"
    assert "two servers" in found[0].error["rule"]
    assert found[1].outputs is not None


def test_every_drawn_point_draws_its_own_traffic_unless_told_not_to(study):
    own = study(design={"kind": "random", "points": 3})
    same = study(design={"kind": "random", "points": 3, "vary_seed": False})
    units = own.sampler().ask()

    assert len({own.changes(k, u)["seed"] for k, u in enumerate(units)}) == 3
    assert "seed" not in same.changes(0, units[0])


class Fragile(InThread):
    """Loses its worker at the first submits, and at every one of a deadly point."""

    def __init__(self, *, deadly=None, losses=1, gone=False):
        super().__init__()
        self.deadly, self.losses, self.gone = deadly, losses, gone

    def submit(self, work, /, *given):
        documents = given[-1]
        deadly = self.deadly is not None and any(self.deadly in d for d in documents)
        if deadly or self.losses > 0:
            self.losses -= 1
            broken = Future()
            broken.set_exception(BrokenProcessPool("a worker died"))
            return broken
        return super().submit(work, *given)

    def mend(self, error):
        return not self.gone


def test_a_lost_worker_loses_no_point(study, answered):
    assert figures(answered(study(), engine=Fragile(losses=2))) == figures(
        answered(study())
    )


def test_a_point_that_takes_its_worker_down_is_given_up_alone(study, answered):
    engine = Fragile(deadly=b'"server_count":4', losses=0)
    found = answered(study(axes=[COUNTS], base=SMALL | {"row": {}}), engine=engine)

    assert [p.outputs is None for p in found.points] == [False, True, False]
    assert "took its worker down 3 times" in found.points[1].error["rule"]


def test_a_lost_engine_ends_the_study_and_says_how_to_go_on(study, answered):
    with pytest.raises(EngineLostError, match="start the study again to go on"):
        answered(study(), engine=Fragile(gone=True))


def test_it_stops_as_soon_as_the_mean_is_known_well_enough(study, answered):
    design = {"kind": "random", "points": 200}
    stop = {"output": "energy_wh", "half_width": 0.2, "every": 16}
    found = answered(study(design=design, stop=stop))

    assert 16 <= len(found.points) < 200
    assert len(found.points) % 16 == 0
    assert "mean of energy_wh known to ±" in found.stopped


@pytest.mark.parametrize(
    ("more", "said"),
    [
        pytest.param({"question": "rows"}, "did you mean 'row'", id="question"),
        pytest.param({"outputs": ["peak"]}, "outputs.0 is not an output", id="output"),
        pytest.param(
            {"limits": [{"output": "peak_fraction", "at_most": 1}]},
            "did you mean 'peak_frac'", id="limit",
        ),
        pytest.param(
            {"objectives": [{"output": "watts", "goal": "min"}]},
            "objectives.0.output is not an output", id="objective",
        ),
        pytest.param(
            {"base": {"fleet": {"servers": 3}}}, r"base\.fleet\.servers", id="base"
        ),
        pytest.param(
            {"axes": [{"field": "facility.template.halls", "values": [1]}]},
            "is not part of the base, .*add facility.template", id="absent part",
        ),
        pytest.param(
            {"design": {"kind": "saltelli", "points": 131_072}},
            "must not make more than 200,000 points", id="too many",
        ),
        pytest.param(
            {"stop": {"output": "peak_frac", "of": "probability"},
             "design": {"kind": "random"}},
            "needs a limit", id="stop without limit",
        ),
        pytest.param(
            {"stop": {"output": "peak_frac"}}, "stop must be left out with design grid",
            id="stop of a grid",
        ),
        pytest.param(
            {"design": {"kind": "rare", "most_points": 1000},
             "limits": [{"output": "peak_w", "at_most": 1}]},
            "must be at least points × replicas, 5000", id="too few for a step",
        ),
        pytest.param(
            {"axes": [{"field": "policy.name", "values": ["polca", "no-cap"]}],
             "objectives": [{"output": "policy.name", "goal": "max"}]},
            "objectives.0.output is not an output", id="the best of words",
        ),
        pytest.param(
            {"axes": [{"field": "policy", "values": [{"name": "no-cap"}]},
                      {"field": "policy.t1_frac", "values": [0.8]}]},
            "has policy and policy.t1_frac inside it", id="one inside another",
        ),
        pytest.param(
            {"design": {"kind": "search"}}, "objectives must not be empty",
            id="search for nothing",
        ),
        pytest.param(
            {"axes": [COUNTS, COUNTS]}, "fleet.server_count twice", id="axis twice"
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_study_is_said_before_it_starts(more, said):
    with pytest.raises((ScenarioError, ScenarioErrors), match=said):
        prepare(parse_study({"base": SMALL, "axes": [COUNTS], **more}))


def test_a_search_finds_the_best_of_all_points_of_a_grid(study, answered):
    counts = {"field": "fleet.server_count", "range": {"low": 2, "high": 9, "count": 8}}
    limits = [{"output": "peak_w", "at_most": 22_000}]
    goals = [{"output": "fleet.server_count", "goal": "max"}]
    grid = answered(study(axes=[counts, LEVEL], limits=limits, objectives=goals))
    within = [p for p in grid.points if p.outputs["peak_w"] <= 22_000]
    most = max(p.changes["fleet.server_count"] for p in within)
    search = study(
        axes=[counts, LEVEL], limits=limits, objectives=goals,
        design={"kind": "search", "evaluations": 24, "batch": 4},
    )  # fmt: skip
    found = answered(search)
    best = analyse(search, found).best

    assert 2 < most < 9
    assert found.points[best].changes["fleet.server_count"] == most
    assert figures(found) == figures(answered(search))


def test_a_rare_event_of_a_study_is_as_likely_as_its_axis_says(study, answered):
    axis = {"field": "workload.load.level",
            "distribution": {"kind": "uniform", "low": 0.5, "high": 1.5}}  # fmt: skip
    base = SMALL | {"policy": {"name": "no-cap"}, "horizon": {"days": 0.001}}
    design = {"kind": "rare", "method": "splitting", "points": 100, "replicas": 5}
    grid = answered(study(
        base=base, axes=[axis], design={"kind": "grid", "levels": 200}
    ))  # fmt: skip
    energies = sorted(p.outputs["energy_wh"] for p in grid.points)
    limit = energies[-5]  # four of two hundred equally likely levels lie beyond
    rare = study(
        base=base, axes=[axis], design=design,
        limits=[{"output": "energy_wh", "at_most": limit}],
    )  # fmt: skip
    found = analyse(rare, answered(rare)).rare

    assert found.low <= 0.02 <= found.high
    assert found.method == "splitting"


def test_what_has_not_happened_yet_is_not_known_not_to_happen(study, answered):
    stop = {"output": "brakes", "half_width": 0.5, "every": 16}
    found = answered(study(design={"kind": "random", "points": 40}, stop=stop))

    assert {p.outputs["brakes"] for p in found.points} == {0.0}
    assert len(found.points) == 40
    assert found.stopped == ""


def test_points_that_were_not_drawn_have_no_interval(study, answered):
    asked = study(limits=[{"output": "peak_w", "at_most": 15_000}])
    found = analyse(asked, answered(asked))

    (limit,) = found.exceedance
    assert limit.found.method == "share of the points"
    assert math.isnan(limit.found.low)
    assert all(math.isnan(q.low) for q in found.outputs[0].summary.quantiles)


def test_an_interval_that_was_looked_at_on_the_way_is_wider(study, answered):
    limits = [{"output": "energy_wh", "at_most": 1500}]
    stop = {"output": "energy_wh", "of": "probability", "half_width": 0.3, "every": 16}
    asked = study(design={"kind": "random", "points": 200}, stop=stop, limits=limits)
    run = answered(asked)
    (limit,) = analyse(asked, run).exceedance
    plain = exceedance(
        np.array([p.outputs["energy_wh"] for p in run.points]), 1500, side="above"
    )

    assert run.stopped
    assert limit.found.high - limit.found.low > plain.high - plain.low
    assert "looked at on the way" in limit.found.method


def test_an_answer_that_failed_for_want_of_memory_is_asked_again(
    study, answered, monkeypatch
):
    calls = []

    def short_of_memory(inputs, ground, memo):
        calls.append(inputs.fleet.server_count)
        if calls.count(4) == 1 and inputs.fleet.server_count == 4:
            raise MemoryError
        return whole(inputs, ground, memo)

    whole = find_question("row").evaluate
    broken = replace(find_question("row"), evaluate=short_of_memory)
    monkeypatch.setitem(QUESTIONS, "row", broken)
    found = answered(study(axes=[COUNTS]))

    assert all(p.outputs is not None for p in found.points)
    assert calls.count(4) == 2
