"""A tab's newest question is answered; stopped and older ones are not."""

from __future__ import annotations

import pytest

from api.client import ApiProblem
from app.pages.under_way import UnderWay

TAKEN_OVER = {"status": 409, "title": "superseded", "detail": ""}


@pytest.fixture
def stops():
    return []


@pytest.fixture
def under_way(stops):
    return UnderWay(lambda **asked: stops.append(asked["view"]))


def test_all_calls_of_a_tab_have_its_view_and_say_how_far_they_are(under_way):
    seen = []

    def call(*, view, on_progress, racks):
        seen.append(view)
        on_progress(0.25, "running")
        return {"told": under_way.progress("tab"), "racks": racks}

    ask = under_way.begin("tab", 1)
    assert under_way.progress("tab") is None
    told = ask(call, racks=4)["told"]
    ask(call, racks=8)

    assert seen == ["tab", "tab"]
    assert told[:2] == (0.25, "running")
    assert told[2] >= 0


def test_a_call_that_another_ended_is_put_again_while_it_is_wanted(under_way):
    calls = []

    def call(**_):
        calls.append(1)
        if len(calls) == 1:
            raise ApiProblem(TAKEN_OVER)
        return {"ok": True}

    assert under_way.begin("tab", 1)(call) == {"ok": True}
    assert len(calls) == 2


def test_a_stopped_question_ends_there_and_puts_nothing_more(under_way, stops):
    def call(**_):
        under_way.cancel("tab", 7)
        raise ApiProblem(TAKEN_OVER)

    ask = under_way.begin("tab", 7)
    for _ in range(2):
        with pytest.raises(ApiProblem) as refused:
            ask(call)
        assert refused.value.status == 409
    assert stops == ["tab"]


def test_a_newer_question_makes_the_older_one_unwanted(under_way, stops):
    older = under_way.begin("tab", 1)
    more = under_way.further("tab", 1)
    under_way.begin("tab", 2)
    under_way.cancel("tab", 1)  # too late: it is another question now

    for ask in (older, more):
        with pytest.raises(ApiProblem):
            ask(lambda **_: {})
    assert stops == []
    assert under_way.further("tab", 2)(lambda **_: {"ok": 1}) == {"ok": 1}
