"""A kernel on disk is used again only while all it was compiled from is unchanged."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import twin

KERNEL = """
from numba import njit
from twin.callee import (
    step,
)

@njit(cache=True)
def run(x):
    return step(x)
"""
CALLEE = """
from numba import njit
from twin import held

@njit
def step(x):
    return x * held.FACTOR
"""
ASK = "from twin.kernel import run; print(run(10.0), len(run.stats.cache_hits))"


@pytest.fixture
def package(tmp_path):
    """A package of this name with our locators and two kernels."""
    made = tmp_path / "twin"
    made.mkdir()
    for name in ("__init__.py", "kernel_cache.py"):
        shutil.copy(Path(twin.__path__[0]) / name, made)
    (made / "kernel.py").write_text(KERNEL)
    (made / "callee.py").write_text(CALLEE)
    (made / "held.py").write_text("FACTOR = 2.0\n")
    return made


def asked(package, **env):
    told = subprocess.run(
        [sys.executable, "-c", ASK], cwd=package.parent, check=True, text=True,
        capture_output=True, env={**os.environ, "PYTHONPATH": "", **env},
    )  # fmt: skip
    return told.stdout.split()


@pytest.mark.parametrize("given", [False, True], ids=["beside", "in a given folder"])
def test_a_change_of_what_a_kernel_imports_is_compiled_in(package, tmp_path, given):
    env = {"NUMBA_CACHE_DIR": str(tmp_path / "kernels")} if given else {}

    assert asked(package, **env) == ["20.0", "0"]
    assert asked(package, **env) == ["20.0", "1"]
    (package / "held.py").write_text("FACTOR = 3.0\n")
    assert asked(package, **env) == ["30.0", "0"]
