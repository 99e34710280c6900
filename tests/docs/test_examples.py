"""Every example is run: with a short horizon, as the product's commands read it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app
from scripts.documentation.blocks import ROOT, stage
from scripts.documentation.short import shorten

EXAMPLES = ROOT / "examples"
COMMANDS = {
    "row.yaml": "plan", "row-h100-llama.yaml": "run", "row-six-weeks.yaml": "run",
    "row-own-policy.yaml": "plan", "row-servegen.yaml": "run", "site.yaml": "site",
    "campus.yaml": "campus", "stabilize.yaml": "stabilize", "study.yaml": "study",
    "study_site.yaml": "study", "search.yaml": "study", "placement.yaml": "placement",
    "build_out.yaml": "build-out", "cost.yaml": "cost", "shift.yaml": "shift",
    "serving.yaml": "serving", "imports/netbox": "import netbox",
    "imports/opendcim": "import opendcim", "imports/hall.csv": "import csv",
    "imports/prices.csv": "import price --zone Europe/Madrid",
    "extend/site.yaml": "site",
}  # fmt: skip
"""Example, or folder of them -> the command that it is an input of."""
CODE = {"client.py", "extend/agent_reader.py", "extend/import_racks.py",
        "extend/send_readings.py"}  # fmt: skip
"""Python: run by tests/clients/test_package.py and tests/test_extending.py."""
OWN = {"extend/servers/our-8x-h100.yaml", "extend/plants/lake-water.yaml",
       "extend/grid_rules/our-utility.yaml"}  # fmt: skip
"""Read from NAMEPLATE_OWN_DIR by `extend/site.yaml`."""
NEEDS_DATA = "row-servegen.yaml"
seen: set[str] | None = None


def _listen(event: str, details: tuple[object, ...]) -> None:
    if event == "open" and seen is not None and isinstance(details[0], str | Path):
        seen.add(os.path.realpath(details[0]))


sys.addaudithook(_listen)


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """The shortened examples in a folder; what was opened of them, and what failed."""
    global seen
    folder = tmp_path_factory.mktemp("examples")
    failed: dict[str, str] = {}
    skip = set() if os.environ.get("NAMEPLATE_DATA_DIR") else {NEEDS_DATA}
    with stage(folder):
        os.environ |= {
            "NAMEPLATE_OWN_DIR": str(folder / "examples/extend"),
            "NAMEPLATE_ALLOW_USER_POLICY": "true", "NAMEPLATE_STUDY_ENGINE": "serial",
        }  # fmt: skip
        shorten(folder / "examples")
        seen = set()
        for name, command in COMMANDS.items():
            if name not in skip:
                words = [*command.split(), f"examples/{name}"]
                done = CliRunner().invoke(app, words)
                if done.exit_code or not done.stdout.strip():
                    failed[name] = f"{done.exit_code}: {done.output[-500:]}"
        CliRunner().invoke(app, ["stabilize", "examples/extend/site.yaml"])
        found, seen = seen, None
    kept = {os.path.relpath(path, folder.resolve() / "examples") for path in found}
    return kept | skip, failed


def test_every_command_answers_its_example(opened):
    assert opened[1] == {}


def test_every_file_of_the_examples_was_read_by_the_command_that_wants_it(opened):
    files = {
        str(path.relative_to(EXAMPLES))
        for path in EXAMPLES.rglob("*")
        if path.is_file() and path.suffix not in {".pyc", ".md"}
    }

    assert len(files) > 30
    assert files >= OWN
    assert sorted(files - opened[0] - CODE) == []
    assert sorted(CODE - files) == []
