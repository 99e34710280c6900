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


def pytest_runtest_setup(item):
    """Skip with a reason where a need is absent; in CI an absent need is a failure."""
    needs = []
    if "data" in item.keywords and not os.environ.get("NAMEPLATE_DATA_DIR"):
        needs.append("published data: set NAMEPLATE_DATA_DIR")
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
