"""A what-if with and without what earlier ones left behind."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest

from twin.plan import Memo, what_if
from twin.scenario.model import Scenario
from twin.serving.traffic import Recordings

NOTHING = Recordings(rates={}, requests={})


def asked(server_count, t1_frac):
    return Scenario.model_validate({
        "horizon": {"days": 0.5},
        "fleet": {"server_count": server_count},
        "policy": {"name": "polca", "t1_frac": t1_frac},
    })  # fmt: skip


@pytest.mark.parametrize(
    ("server_count", "acts"),
    [pytest.param(30, False, id="idle"), pytest.param(56, True, id="busy")],
)
def test_an_answer_is_the_same_whatever_is_remembered(server_count, acts):
    memo = Memo()
    what_if(asked(server_count, 0.8), NOTHING, memo=memo)
    moved = asked(server_count, 0.81)

    warm = what_if(moved, NOTHING, memo=memo)
    again = what_if(moved, NOTHING, memo=memo)
    fresh = what_if(moved, NOTHING)

    assert bool(fresh.run.low.capped_s) is acts
    for found in (warm, again):
        np.testing.assert_equal(asdict(found.run), asdict(fresh.run))
        np.testing.assert_equal(asdict(found.baseline), asdict(fresh.baseline))
