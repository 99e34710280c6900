"""Answers about one training job, from a server without a network."""

from __future__ import annotations

import pytest

from app.pages.stabilize import state
from tests.app.serving_pages import in_process


@pytest.fixture(scope="package")
def client(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stabilize-page")
    with in_process(folder) as opened:
        yield opened


@pytest.fixture(scope="package")
def study_of(client):
    """Coarse study of a view."""
    kept = {}

    def found(**more):
        view = state.view_from(more)
        key = view.to_query()
        if key not in kept:
            asked = state.question(view, coarse=True)
            kept[key] = client.stabilize_run(points=300, **asked)
        return kept[key]

    return found
