"""BRANE: choices per query against the best fixed pipeline and the oracle."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from tests.twin.serving.systems.small_ground import TABLE, small_ground
from twin.errors import ScenarioError
from twin.serving.fleet.parts import plain_requests
from twin.serving.systems.baseline import BaselineParameters
from twin.serving.systems.baseline import evaluate as serve_plain
from twin.serving.systems.brane import (
    BraneParameters,
    chosen_pipelines,
    draw_queries,
    evaluate,
    piped_requests,
    split_gpus,
)
from twin.serving.systems.brane_queries import (
    CATALOGUE,
    Odds,
    Queries,
    best_fixed,
    choose,
    every_nth,
    guess,
    learned_half,
    logit,
    oracle,
    sweep,
    taken,
    thinned,
    token_gpu_s,
    token_shares,
)

# two pipelines, four queries: the dear one is right on three, the cheap one on two
BY_HAND = Queries(
    cost=np.tile([1.0, 9.0], (4, 1)),
    guessed_frac=np.array([[0.9, 0.95], [0.3, 0.9], [0.8, 0.82], [0.1, 0.2]]),
    right=np.array([[True, True], [False, True], [True, True], [False, False]]),
)


def place(*, large: bool, documents: int, hops: int) -> int:
    """Where a pipeline stands in the catalogue."""
    names = [(p.large, p.documents, p.hops) for p in CATALOGUE]
    return names.index((large, documents, hops))


def drawn(parameters: BraneParameters | None = None, requests: int = 4000) -> Queries:
    """Queries of the small ground, with an engine a fifth as slow as smaller one."""
    engine = small_ground().engine
    small = replace(
        engine,
        table=replace(TABLE, prefill_s=(0.002, 0.02, 0.04), decode_s=(0.008, 0.008)),
    )
    return draw_queries(
        small_ground(requests=requests).requests, parameters or BraneParameters(),
        seed=1, large=engine, small=small,
    )  # fmt: skip


def test_cost_of_nothing_takes_the_most_likely_and_all_the_cheapest():
    assert_array_equal(choose(BY_HAND, 0.0), [1, 1, 1, 1])
    # mean cost 5: the dear pipeline is 1.6 dearer; only 0.6 more is worth 0.1 × 1.6
    assert_array_equal(choose(BY_HAND, 0.1), [0, 1, 0, 0])
    assert_array_equal(choose(BY_HAND, 9.0), [0, 0, 0, 0])


def test_accuracy_and_cost_of_a_choice_are_means_over_queries():
    assert taken(BY_HAND, np.array([0, 1, 0, 0])) == (0.75, 3.0)


def test_the_best_fixed_pipeline_and_the_oracle_by_hand():
    assert best_fixed(BY_HAND) == 1
    assert_array_equal(oracle(BY_HAND), [0, 1, 0, 0])


def test_log_odds_term_by_term():
    odds = Odds()
    features = np.array([[False, False, False], [True, True, True]])

    found = logit(features, odds)

    plain_large = place(large=True, documents=0, hops=1)
    assert found[0, plain_large] == 2.5
    # 8 documents too many
    assert found[0, place(large=True, documents=8, hops=1)] == pytest.approx(2.1)
    # 2.5 - 3 - 2: nothing found, one hop missing
    assert found[1, plain_large] == pytest.approx(-2.5)
    # smaller model on a hard query with all documents and hops: 2.5 - 0.3 - 2 + 0
    assert found[1, place(large=False, documents=8, hops=3)] == pytest.approx(0.2)


def test_each_hop_reads_the_question_and_its_documents():
    read, written = token_shares(200, 250)

    # at most 3 × (200 + 8 × 250) = 6600; two hops of 4 documents: 2 × 1200
    assert read[place(large=True, documents=8, hops=3)] == 1.0
    assert read[place(large=False, documents=4, hops=2)] == pytest.approx(2400 / 6600)
    assert written[place(large=True, documents=8, hops=1)] == pytest.approx(1 / 3)


def test_gpu_time_of_a_token_by_hand():
    # 8 GPUs; 0.1 s for 1000 tokens rising to 0.2 s at 2000, flat after; 40 ms for 16
    read, written = token_gpu_s(small_ground().engine)

    assert read == pytest.approx(8 * 0.2 / 2048)
    assert written == pytest.approx(8 * 0.04 / 16)


def test_nobody_beats_the_oracle_and_dearer_is_never_chosen_for_more_weight():
    queries = drawn()
    _, accuracy, cost = sweep(queries)
    best_accuracy, best_cost = taken(queries, oracle(queries))

    assert np.all(accuracy <= best_accuracy)
    assert np.all(np.diff(cost) <= 1e-12)
    fixed = np.full(4000, best_fixed(queries))
    assert best_cost < taken(queries, fixed)[1]


def test_as_accurate_as_the_best_fixed_at_lower_cost_where_it_was_learned():
    queries = drawn()
    chosen = chosen_pipelines(queries, BraneParameters())
    learned = learned_half(queries)
    fixed = np.full(2000, best_fixed(learned))
    accuracy, cost = taken(learned, chosen[::2])
    fixed_accuracy, fixed_cost = taken(learned, fixed)

    assert accuracy >= fixed_accuracy
    assert cost < fixed_cost
    # the other half was not looked at: within four standard errors of a difference
    other = every_nth(queries, 2, first=1)
    lost = taken(other, fixed)[0] - taken(other, chosen[1::2])[0]
    assert lost < 4 * math.sqrt(2 * 0.25 / 2000)


def test_what_the_other_half_answers_does_not_move_the_choice():
    queries = drawn()
    right = queries.right.copy()
    right[1::2] = False

    other = replace(queries, right=right)

    assert_array_equal(
        chosen_pipelines(other, BraneParameters()),
        chosen_pipelines(queries, BraneParameters()),
    )


def test_worse_features_never_help():
    good, bad = (
        taken(q, choose(q, 0.02))[0]
        for q in (
            drawn(BraneParameters(feature_error=0.0)),
            drawn(BraneParameters(feature_error=0.5)),
        )
    )

    assert good > bad


def test_features_that_say_nothing_leave_one_pipeline_for_all():
    queries = drawn(BraneParameters(feature_error=0.5))

    assert len(set(choose(queries, 0.0))) == 1
    assert np.ptp(queries.guessed_frac, axis=0).max() < 1e-12


def test_a_guess_weighs_what_the_feature_may_be():
    # a document is needed by half; read as needed with error 0.2: needed at 0.8
    shares = np.array([0.5, 0.0, 0.0])
    odds = Odds(hidden_spread=0.0)
    found = guess(np.array([[True, False, False]]), odds, shares=shares, error=0.2)

    bare = place(large=True, documents=0, hops=1)
    needed, needless = (1 / (1 + np.exp(-x)) for x in (-0.5, 2.5))
    assert found[0, bare] == pytest.approx(0.8 * needed + 0.2 * needless)


def test_guesses_are_calibrated():
    queries = drawn(requests=40_000)
    near = np.abs(queries.guessed_frac - 0.8) < 0.05

    # thousands of answers guessed at 0.75 to 0.85
    expected = queries.guessed_frac[near].mean()
    assert queries.right[near].mean() == pytest.approx(expected, abs=0.015)


def test_where_no_choice_is_as_accurate_all_take_the_best_fixed_pipeline():
    twice = Queries(  # every query twice, so that each half is all of them
        cost=np.repeat(BY_HAND.cost, 2, axis=0),
        guessed_frac=1.0 - np.repeat(BY_HAND.guessed_frac, 2, axis=0),
        right=np.repeat(BY_HAND.right, 2, axis=0),
    )

    assert_array_equal(chosen_pipelines(twice, BraneParameters()), [1] * 8)


def test_requests_of_the_smaller_model_are_classes_of_their_own():
    requests = small_ground(requests=4).requests
    small, large = (place(large=x, documents=0, hops=1) for x in (False, True))

    rows = piped_requests(
        requests, np.array([small, large, small, large]), BraneParameters(),
        classes=1, reads_features=True,
    )  # fmt: skip

    assert_array_equal(rows.klass, [1, 0, 1, 0])
    # 1000 × 2 × 200 ÷ 6600: once for the features, once to answer; 50 ÷ 3 and 16
    assert_array_equal(rows.prompt, 61)
    assert_array_equal(rows.output, 33)
    assert_allclose(rows.predicted, 33)


def test_the_pipeline_that_reads_the_most_is_the_traffic_as_recorded():
    requests = small_ground(requests=2).requests
    most = np.full(2, place(large=True, documents=8, hops=3))

    rows = piped_requests(
        requests, most, BraneParameters(), classes=1, reads_features=False
    )

    assert_array_equal(rows.prompt, requests.prompt)
    assert_array_equal(rows.output, requests.output)
    assert_array_equal(rows.klass, requests.klass)


def test_a_sweep_over_many_queries_looks_at_every_nth():
    few = thinned(BY_HAND, most=2)

    assert_array_equal(few.cost, BY_HAND.cost[[0, 2]])
    assert_array_equal(few.right, BY_HAND.right[[0, 2]])


@pytest.mark.parametrize(
    ("large_frac", "counts"),
    [
        pytest.param(1.0, (4, 0), id="larger model alone"),
        pytest.param(0.0, (0, 32), id="smaller model alone"),
        pytest.param(0.5, (2, 16), id="half the work each"),
        pytest.param(0.01, (1, 24), id="never none of a model that is needed"),
        pytest.param(0.99, (3, 8), id="nor of the smaller"),
    ],
)
def test_gpus_are_split_by_work(large_frac, counts):
    assert split_gpus(32, large_frac, large_gpus=8, small_gpus=1) == counts


def test_two_models_that_do_not_fit_are_refused():
    with pytest.raises(ScenarioError, match="got 8"):
        split_gpus(8, 0.5, large_gpus=8, small_gpus=1)


def test_the_fleet_serves_every_query_for_less_energy_per_answer():
    outcome = evaluate(
        small_ground(requests=400, servers=4), BraneParameters(cost_weight=0.1)
    )

    assert outcome.baseline is not None
    assert outcome.arrived == outcome.baseline.arrived == 400
    assert outcome.figures["query_cost_change_frac"] < 0
    assert outcome.output_tokens < outcome.baseline.output_tokens


def test_no_traffic_is_refused():
    nothing = plain_requests(np.zeros(0), np.zeros(0), np.zeros(0))

    with pytest.raises(ScenarioError, match="got 0"):
        evaluate(replace(small_ground(), requests=nothing), BraneParameters())


def test_the_best_fixed_pipeline_is_the_studys_baseline_to_the_joule():
    ground = small_ground(requests=2000, servers=4, horizon_s=6000.0)

    fixed = evaluate(ground, BraneParameters()).baseline
    plain = serve_plain(ground, BaselineParameters())

    assert fixed is not None
    assert "large, 8 documents, 3 hops" in fixed.label
    assert fixed.energy_j == plain.energy_j
    assert fixed.latency_s == plain.latency_s
