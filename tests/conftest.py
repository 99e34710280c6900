"""What every test shares: where published data is, and when it may be missing."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("nameplate", deadline=None)  # the first call may compile
settings.load_profile("nameplate")
# dask looks for cards where it runs, and would find the agent's stand-in driver
os.environ["DASK_DISTRIBUTED__DIAGNOSTICS__NVML"] = "False"

CHROMIUM = ("chromium-headless-shell", "chromium")
"""The first that is there is used; the second draws a window for each page, too."""


DEAR = ("tests/drills", "tests/deploy", "tests/live", "tests/agent", "tests/app/")
"""Few tests, long ones: servers, databases, browsers."""


def pytest_collection_modifyitems(items):
    """Spread files of long tests over the run, so that none is left for its end."""
    files = {}
    for item in items:
        files.setdefault(item.nodeid.split("::")[0], []).append(item)
    dear = [f for f in files if f.startswith(DEAR)]
    places = {f: (k + 0.5) / len(dear) * 0.8 for k, f in enumerate(dear)}
    rest = [f for f in files if f not in places]
    places |= {f: (k + 0.5) / len(rest) for k, f in enumerate(rest)}
    items[:] = [
        item for f in sorted(files, key=places.__getitem__) for item in files[f]
    ]


def pytest_runtest_setup(item):
    """
    Skip with a reason where a need is absent.

    What the scripts can install is a failure in CI; published data they cannot.
    """
    if "data" in item.keywords and not os.environ.get("NAMEPLATE_DATA_DIR"):
        pytest.skip("needs published data: set NAMEPLATE_DATA_DIR")
    needs = []
    postgres = os.environ.get("NAMEPLATE_TEST_POSTGRES_URL")
    if "postgres" in item.keywords and not postgres:
        needs.append("PostgreSQL: run scripts/test")
    if "browser" in item.keywords and not any(map(shutil.which, CHROMIUM)):
        needs.append("Chromium: install Debian's package chromium-headless-shell")
    if "prometheus" in item.keywords and shutil.which("prometheus") is None:
        needs.append("Prometheus: install Debian's package prometheus")
    if not needs:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"needs {needs[0]}", pytrace=False)
    pytest.skip(f"needs {needs[0]}")


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Folder with the published datasets."""
    return Path(os.environ["NAMEPLATE_DATA_DIR"])
