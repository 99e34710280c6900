"""Mix-aware routing: kinds of requests, and where they are sent."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from tests.twin.serving.systems.small_ground import small_ground
from twin.serving.fleet.parts import plain_requests
from twin.serving.systems.intelligent_router import (
    KINDS,
    RouterParameters,
    evaluate,
    kinds_of,
)


def test_kinds_by_hand():
    requests = plain_requests(
        np.zeros(4), np.array([10, 10, 900, 900]), np.array([5, 500, 5, 500])
    )
    given = RouterParameters(heavy_prompt_tokens=100.0, heavy_decode_tokens=100.0)

    assert_array_equal(kinds_of(requests, given), [0, 1, 2, 3])
    assert KINDS[2] == "heavy, light"


def alternating(count=200):
    """Heavy and light requests in turn: round robin gives one instance all heavy."""
    ground = small_ground(requests=count)
    heavy = np.arange(count) % 2 == 0
    requests = plain_requests(
        np.arange(count) * 1.0,
        np.where(heavy, 2000, 100), np.where(heavy, 300, 2),
    )  # fmt: skip
    return replace(ground, requests=requests)


def test_the_heuristic_does_not_give_one_instance_everything_heavy():
    outcome = evaluate(alternating(), RouterParameters(predictor="oracle"))

    assert outcome.figures["e2e_mean_change_frac"] < 0.0
    assert outcome.figures["e2e_mean_change_frac_heavy_heavy"] < 0.0


def test_one_instance_leaves_nothing_to_choose():
    outcome = evaluate(small_ground(servers=1), RouterParameters())

    assert outcome.figures["e2e_mean_change_frac"] == pytest.approx(0.0)


def test_every_request_is_counted_in_one_kind():
    outcome = evaluate(alternating(), RouterParameters())

    shares = [v for k, v in outcome.figures.items() if k.startswith("share_frac")]
    assert sum(shares) == pytest.approx(1.0)
    assert outcome.arrived == 200


def test_the_outcome_says_what_it_is_not():
    outcome = evaluate(small_ground(), RouterParameters())

    assert any("no RL trained" in note for note in outcome.notes)
