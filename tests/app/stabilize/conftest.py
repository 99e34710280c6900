"""Answers about one training job, from a server without a network."""

from __future__ import annotations

import pytest

from api.client import Client
from api.main import create_app
from app.pages.stabilize import state
from store.settings import Settings


@pytest.fixture(scope="package")
def client(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stabilize-page")
    settings = Settings(
        database_url=f"sqlite:///{folder / 'nameplate.db'}", cache_dir=folder
    )
    with Client.in_process(create_app(settings)) as opened:
        yield opened


@pytest.fixture(scope="package")
def study_of(client):
    """Coarse study of a view."""
    kept = {}

    def found(**more):
        view = state.view_from(more)
        key = state.to_query(view)
        if key not in kept:
            asked = state.question(view, coarse=True)
            kept[key] = client.stabilize_run(points=300, **asked)
        return kept[key]

    return found
