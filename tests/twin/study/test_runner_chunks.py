"""How much work is handed out at a time: much where it is quick, little where slow."""

from __future__ import annotations

import time

from tests.twin.study.conftest import InThread, Kept


class Counted(Kept):
    """A cache that counts look-ups."""

    def __init__(self):
        super().__init__()
        self.looked = []

    def find(self, keys):
        self.looked.append(len(keys))
        return super().find(keys)


class Slow(InThread):
    """Takes a tenth of a second for each point, as far as the caller can see."""

    def __init__(self):
        super().__init__()
        self.sizes = []

    def submit(self, work, /, *given):
        self.sizes.append(len(given[-1]))
        time.sleep(0.1 * len(given[-1]))
        return super().submit(work, *given)


def drawn(study, points):
    return study(design={"kind": "latin-hypercube", "points": points})


def test_answers_known_before_are_looked_up_many_at_a_time(study, answered):
    cache = Counted()
    first = answered(drawn(study, 200), cache=cache)
    cache.looked = []
    again = answered(drawn(study, 200), cache=cache)

    assert all(one.cached for one in again.points)
    assert [p.outputs for p in again.points] == [p.outputs for p in first.points]
    # 1 + 2 + 4 + ... + 128 is 255, more than 200; the last look finds nobody
    assert len(cache.looked) == 8
    assert max(cache.looked) >= 64


def test_points_found_among_known_ones_are_still_handed_out_little_by_little(
    study, answered
):
    cache = Counted()
    whole = answered(drawn(study, 60), cache=cache)
    for one in whole.points[20:]:
        del cache.known[one.key]
    engine = Slow()
    again = answered(drawn(study, 60), cache=cache, engine=engine)

    assert [p.cached for p in again.points] == [True] * 20 + [False] * 40
    assert [p.outputs for p in again.points] == [p.outputs for p in whole.points]
    assert max(engine.sizes) <= 5


def test_an_engine_that_answers_while_it_takes_work_gets_little_of_slow_work(
    study, answered
):
    engine = Slow()
    answered(drawn(study, 20), engine=engine)

    assert max(engine.sizes) <= 5
