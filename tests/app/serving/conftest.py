"""Answers about short traffic, from a server without a network."""

from __future__ import annotations

import pytest

from app.pages.serving import state
from app.pages.serving.answers import Answers
from tests.app.serving_pages import in_process

SHORT = {"minutes": 5, "rate": 10, "systems": "greener,buddy"}
"""A view that is quick to answer."""


@pytest.fixture(scope="package")
def client(tmp_path_factory):
    folder = tmp_path_factory.mktemp("serving-page")
    with in_process(folder) as opened:
        yield opened


@pytest.fixture(scope="package")
def answers(client):
    return Answers(client)


@pytest.fixture(scope="package")
def study_of(answers):
    """Study of a view."""

    def found(**more):
        asked = state.study(state.view_from(SHORT | more))
        return answers.study(asked, tab="tests", view="main")

    return found
