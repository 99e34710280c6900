"""A server with three hosts that go on reporting, for the Live page."""

from __future__ import annotations

import threading

import pytest

from tests.app.live.seed import serving


class Feeder:
    """Reports every host once a second; how much is a test's to say."""

    def __init__(self, site):
        self.site, self.gpu_w = site, 500.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        while not self._stop.wait(1.0):
            self.site.fill(2, gpu_w=self.gpu_w)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join(timeout=30)


@pytest.fixture(scope="module")
def fed(tmp_path_factory):
    """Three hosts in three racks, reporting."""
    with serving(tmp_path_factory.mktemp("live")) as site:
        site.fill(120)
        site.place()
        with Feeder(site) as feeder:
            yield feeder


@pytest.fixture(scope="module")
def origin(fed):
    return fed.site.origin


@pytest.fixture(autouse=True)
def _as_before(request):
    """Leave the feeder as the next test expects it."""
    yield
    if "fed" in request.fixturenames or "origin" in request.fixturenames:
        request.getfixturevalue("fed").gpu_w = 500.0
