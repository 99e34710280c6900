"""A command line whose database, cache and settings live in a temporary folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from cli.main import app

SHORT = {
    "horizon": {"days": 0.02, "tick_s": 1},
    "workload": {"load": {"requests_per_server_s": 0.1}},
}


OTHER_INPUTS = {
    "build_out", "cost", "placement", "search", "serving", "shift", "study",
    "study_site",
}  # fmt: skip
"""Examples that are no scenario; each has a test of its own command."""


def example_scenarios():
    """Paths of the examples that are scenarios."""
    examples = Path(__file__).parents[2] / "examples"
    return [p for p in sorted(examples.glob("*.yaml")) if p.stem not in OTHER_INPUTS]


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("NAMEPLATE_DATABASE_URL", f"sqlite:///{tmp_path}/test.db")
    monkeypatch.setenv("NAMEPLATE_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("NAMEPLATE_SERVER", raising=False)
    return tmp_path


@pytest.fixture
def nameplate(home):
    def run(*arguments):
        return CliRunner().invoke(app, [str(a) for a in arguments])

    return run


@pytest.fixture
def scenario_file(tmp_path):
    def make(text="", name="row.yaml"):
        path = tmp_path / name
        path.write_text(text if isinstance(text, str) else yaml.safe_dump(text))
        return path

    return make


@pytest.fixture
def answer():
    """The one JSON document a command printed on stdout."""

    def read(result):
        return json.loads(result.stdout)

    return read
