"""Answers about one small site, from a server without a network."""

from __future__ import annotations

import pytest

from app.pages.site import state
from app.pages.site.callbacks import Known
from tests.app.serving_pages import in_process

SMALL = {"rows": 3, "racks": 4, "added": 4}


@pytest.fixture(scope="package")
def client(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site-pages")
    with in_process(folder) as opened:
        yield opened


@pytest.fixture(scope="package")
def known(client):
    return Known(client)


@pytest.fixture
def small():
    """View of a small site."""

    def made(**more):
        return state.view_from(SMALL | more)

    return made


@pytest.fixture(scope="package")
def run_of(client, known):
    """Run of a small site, by design."""
    kept = {}

    def found(design="2n", **more):
        view = state.view_from(SMALL | {"design": design} | more)
        key = view.to_query()
        if key not in kept:
            kept[key] = client.site_run(**known.question(view))
        return kept[key]

    return found
